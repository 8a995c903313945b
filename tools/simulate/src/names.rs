//! Invented identities: names in pinyin and otherwise, MMSIs, call signs, IMO numbers. Any likeness is chance.

use crate::random::Random;
use crate::vessel::Kind;
use std::collections::BTreeSet;
use units::{Imo, Label, Mmsi};

/// Flags that sail here, with the share of each among merchant ships in per mille and their call sign's beginning.
const FLAGS: &[(u32, usize, &str)] = &[
    (413, 400, "B"),
    (414, 140, "B"),
    (412, 100, "B"),
    (477, 100, "VR"),
    (352, 60, "3E"),
    (636, 60, "D5"),
    (538, 50, "V7"),
    (563, 40, "9V"),
    (440, 20, "D7"),
    (431, 15, "7J"),
    (574, 15, "XV"),
];

const FLEETS: &[&str] = &[
    "XIN HAI",
    "YONG HANG",
    "ZHOU DA",
    "DONG TAI",
    "HE SHUN",
    "JIN RUI",
    "CHANG NING",
    "HUA YU",
    "MING ZHOU",
    "PING AN DA",
    "RONG SHENG",
    "TIAN HE",
    "WAN LONG",
    "HONG BO",
    "QING FENG",
    "LONG TENG",
    "YU FA",
    "BO HAI XING",
];
const LEADS: &[&str] = &[
    "PACIFIC", "NORDIC", "ORIENT", "GOLDEN", "STELLAR", "CORAL", "AMBER", "SILVER", "BLUE", "ATLAS", "JADE",
    "POLAR",
];
const ENDS: &[&str] = &[
    "LARK", "ASTER", "HERON", "CREST", "VOYAGE", "PEARL", "LANTERN", "HORIZON", "WILLOW", "SUMMIT", "BREEZE",
    "ORCHID",
];
const FISHERS: &[&str] =
    &["ZHE LING YU", "ZHE XIANG YU", "ZHE PU YU", "ZHE DAI YU", "ZHE SHENG YU", "ZHE FENG YU", "MIN XIA YU"];
const FERRIES: &[&str] = &["ZHOU DU", "HAI XING LUN", "PU TUO DAO", "DAI SHAN LUN", "LIU HENG DU"];
const PORTS: &[&str] = &[
    "CN NGB",
    "CN ZOS",
    "CN NBG BEILUN",
    "NINGBO ZHOUSHAN",
    "ZHOUSHAN",
    "CN YSN",
    "YANGSHAN",
    "SHANGHAI",
    "CN SHA",
    "CN TAO>CN NGB",
    "XIAMEN",
    "CN DLC",
    "QINZHOU",
    "SG SIN",
    "KR PUS",
    "TAIZHOU",
    "WENZHOU",
    "NANTONG",
    "CN ZJG",
];

/// Who a vessel is.
pub(crate) struct Identity {
    pub(crate) mmsi: Mmsi,
    pub(crate) name: Label,
    pub(crate) call_sign: Option<Label>,
    pub(crate) imo: Option<Imo>,
    pub(crate) destination: Option<Label>,
}

/// Hands out identities, no MMSI and no name twice.
#[derive(Default)]
pub(crate) struct Names {
    mmsis: BTreeSet<u32>,
    imos: BTreeSet<u32>,
    taken: BTreeSet<String>,
}

impl Names {
    pub(crate) fn identity(&mut self, kind: Kind, length_m: f64, random: &mut Random) -> Option<Identity> {
        let (mid, _, sign) = if kind.is_merchant() && length_m > 90.0 {
            flag(random)
        } else {
            random.pick(&[(413, 0, "B"), (412, 0, "B"), (414, 0, "B")])
        };
        let mmsi = self.mmsi(mid, random)?;
        let name = self.name(kind, mid, random)?;
        let big = kind.is_merchant() && length_m >= 100.0;
        let (calls, bound) = (kind != Kind::Fishing, kind.is_merchant());
        let imo = if big { self.imo(random) } else { None };
        let call_sign = if calls { Label::new(call_sign(sign, random).as_bytes()) } else { None };
        let destination = if bound { Label::new(random.pick(PORTS).as_bytes()) } else { None };
        Some(Identity { mmsi, name, call_sign, imo, destination })
    }

    fn mmsi(&mut self, mid: u32, random: &mut Random) -> Option<Mmsi> {
        let mut number = mid * 1_000_000 + random.below(1_000_000) as u32;
        // One flag has a million numbers; stepping from a taken one always ends.
        while !self.mmsis.insert(number) {
            number = mid * 1_000_000 + (number + 1) % 1_000_000;
        }
        Mmsi::new(number)
    }

    fn imo(&mut self, random: &mut Random) -> Option<Imo> {
        loop {
            let six = 900_000 + random.below(99_000) as u32;
            let digits = [100_000, 10_000, 1000, 100, 10, 1].map(|power| six / power % 10);
            let sum: u32 = digits.iter().zip([7, 6, 5, 4, 3, 2]).map(|(digit, weight)| digit * weight).sum();
            if self.imos.insert(six) || self.imos.len() > 90_000 {
                return Imo::new(six * 10 + sum % 10);
            }
        }
    }

    fn name(&mut self, kind: Kind, mid: u32, random: &mut Random) -> Option<Label> {
        let text = match kind {
            Kind::Fishing => format!("{} {}", random.pick(FISHERS), 10_000 + random.below(80_000)),
            Kind::Ferry | Kind::FastFerry => format!("{} {}", random.pick(FERRIES), 1 + random.below(60)),
            Kind::Tug => format!("YONG TUO {}", 1 + random.below(60)),
            Kind::Pilot => format!("ZHOU YIN {}", 1 + random.below(40)),
            Kind::Patrol => format!("HAI XUN SIM {}", 1 + random.below(90)),
            _ if mid / 10 == 41 => format!("{} {}", random.pick(FLEETS), 1 + random.below(389)),
            _ => format!("{} {}", random.pick(LEADS), random.pick(ENDS)),
        };
        let mut unique = text.clone();
        let mut extra = 2;
        while !self.taken.insert(unique.clone()) {
            unique = format!("{text} {extra}");
            extra += 1;
        }
        Label::new(unique.as_bytes())
    }
}

fn flag(random: &mut Random) -> (u32, usize, &'static str) {
    let mut rest = random.below(1000);
    for &(mid, share, sign) in FLAGS {
        if rest < share {
            return (mid, share, sign);
        }
        rest -= share;
    }
    (413, 0, "B")
}

fn call_sign(beginning: &str, random: &mut Random) -> String {
    let mut sign = beginning.to_owned();
    while sign.len() < 4 {
        sign.push((b'A' + random.below(26) as u8) as char);
    }
    if beginning != "B" {
        sign.push((b'2' + random.below(8) as u8) as char);
    }
    sign
}
