//! What an alert says, in English and in Chinese.

use super::{Alert, Evidence, Unit};
use fusion::{Fusion, TrackId};
use serde::{Deserialize, Serialize};

/// The same sentence in two languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// Which of the two words of a pair.
#[derive(Clone, Copy)]
enum Language {
    En,
    Zh,
}

impl Language {
    const fn pick<T: Copy>(self, [en, zh]: [T; 2]) -> T {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

/// Puts an alert into words; `picture` knows the names.
pub(super) fn of(alert: &Alert, picture: &Fusion) -> Text {
    Text { en: say(alert, picture, Language::En), zh: say(alert, picture, Language::Zh) }
}

const THROUGH: [&str; 2] = ["{who} went through {place}", "{who} 穿越 {place}"];

fn say(alert: &Alert, picture: &Fusion, language: Language) -> String {
    let row = alert.kind.row();
    let pattern = match alert.evidence {
        Evidence::Entry { through: true } => language.pick(THROUGH),
        _ => language.pick(row.says),
    };
    let mut text = language.pick(row.title).to_owned();
    text.push_str(language.pick([": ", "："]));
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (word, after) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(&word_of(word, alert, picture, language));
        rest = after;
    }
    text.push_str(rest);
    text
}

fn word_of(word: &str, alert: &Alert, picture: &Fusion, language: Language) -> String {
    match word {
        "who" => {
            let unknown = language.pick(["track", "航迹"]);
            let names = alert.tracks.iter().map(|id| name(id, picture, unknown));
            names.collect::<Vec<_>>().join(language.pick([" and ", " 与 "]))
        }
        "place" => alert.zone.clone().or_else(|| alert.cell.map(|cell| cell.to_string())).unwrap_or_default(),
        "value" => match alert.evidence {
            Evidence::Encounter { cpa_m, .. } => measure(cpa_m, Unit::Metres, language),
            Evidence::Density { vessels } => measure(vessels.into(), Unit::Vessels, language),
            Evidence::Measured { value, unit, .. } => measure(value, unit, language),
            Evidence::Fact | Evidence::Entry { .. } => String::new(),
        },
        "limit" => match alert.evidence {
            Evidence::Measured { limit: Some(limit), unit, .. } => measure(limit, unit, language),
            _ => String::new(),
        },
        "time" => match alert.evidence {
            Evidence::Encounter { tcpa_s, .. } => from_now(tcpa_s, language),
            // A rendezvous lasts, everything else is to come.
            Evidence::Measured { time_s: Some(time_s), .. } if alert.kind == super::Kind::Rendezvous => {
                duration(time_s, language)
            }
            Evidence::Measured { time_s: Some(time_s), .. } => from_now(time_s, language),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// The vessel's name, else its MMSI, else the track's number.
fn name(id: TrackId, picture: &Fusion, unknown: &str) -> String {
    let identity = picture.track(id).map(|track| &track.identity);
    let name = identity.and_then(|i| i.name.map(|name| name.to_string()));
    let mmsi = || identity.and_then(|i| i.mmsi.map(|mmsi| mmsi.to_string()));
    name.or_else(mmsi).unwrap_or_else(|| format!("{unknown} {}", id.0))
}

const GRADES: [[&str; 2]; 4] = [["blue", "蓝色"], ["yellow", "黄色"], ["orange", "橙色"], ["red", "红色"]];

fn measure(value: f64, unit: Unit, language: Language) -> String {
    let with = |digits: usize, words: [&str; 2]| format!("{value:.digits$} {}", language.pick(words));
    match unit {
        Unit::Metres if value.abs() >= 10_000.0 => {
            format!("{:.1} {}", value / 1000.0, language.pick(["km", "公里"]))
        }
        Unit::Metres => with(0, ["m", "米"]),
        Unit::Knots => with(1, ["kn", "节"]),
        Unit::Degrees => format!("{value:.0}°"),
        Unit::Seconds => duration(value, language),
        Unit::Vessels => with(0, ["vessels", "艘船舶"]),
        Unit::Part => format!("{:.0} %", value * 100.0),
        Unit::Moment => with(2, ["s", "秒"]),
        Unit::PerSecond => with(1, ["/s", "次/秒"]),
        Unit::Grade => {
            let grade = GRADES.get((value as usize).saturating_sub(1)).copied().unwrap_or(["none", "无"]);
            language.pick(grade).to_owned()
        }
    }
}

fn duration(seconds: f64, language: Language) -> String {
    let whole = seconds.abs().round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    let parts = match (hours, minutes) {
        (0, 0) => vec![(seconds, ["s", "秒"])],
        (0, _) => vec![(minutes, ["min", "分"]), (seconds, ["s", "秒"])],
        (_, _) => vec![(hours, ["h", "小时"]), (minutes, ["min", "分"])],
    };
    let parts: Vec<_> = parts.into_iter().map(|(n, words)| format!("{n} {}", language.pick(words))).collect();
    parts.join(" ")
}

fn from_now(seconds: f64, language: Language) -> String {
    let length = duration(seconds, language);
    match (language, seconds < 0.0) {
        (Language::En, true) => format!("{length} ago"),
        (Language::En, false) => format!("in {length}"),
        (Language::Zh, true) => format!("{length}前"),
        (Language::Zh, false) => format!("{length}后"),
    }
}
