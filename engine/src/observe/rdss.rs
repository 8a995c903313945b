//! BeiDou short messages to observations.
//!
//! Error: a fix says whether it is good to 20 m or to 100 m; that is taken for two standard deviations. The time is a
//! time of day by the terminal's clock, resolved to the day nearest to its arrival.

use super::terminal::{Claim, Fix, Observer, Verdict};
use crate::registry::Registry;
use decoders::TimeOfDay;
use decoders::rdss::{Binary, Content, Sentence, Template, binary, sentence};
use fusion::Observation;
use std::collections::VecDeque;
use units::{Caller, Card, Position, UtcTime};

const SIGMA_FINE_M: f64 = 10.0;
const SIGMA_COARSE_M: f64 = 50.0;
/// What a maker's report inside a message is taken for: a satellite receiver's position, cut to few digits.
const SIGMA_PAYLOAD_M: f64 = 20.0;
/// Fixes that are remembered, to know one that came by several command units.
const RECENT: usize = 64;

/// What became of a frame or sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was understood.
    Used,
    /// It said what had been said before.
    Duplicate,
    /// It is none of ours, or says nothing that is known.
    Other,
}

/// Turns one source's short messages into observations.
#[derive(Debug)]
pub struct Rdss {
    /// Times, strangers, and fixes without a place.
    pub terminals: Observer,
    templates: Vec<Template>,
    recent: VecDeque<(u64, Option<TimeOfDay>, Position, bool)>,
    scratch: Vec<u8>,
    /// Texts and payloads that no template fits.
    pub texts: u64,
    /// Fixes that were asked for in an emergency.
    pub emergencies: u64,
}

impl Rdss {
    /// With the payloads that the configuration knows.
    #[must_use]
    pub fn new(terminals: Observer, templates: Vec<Template>) -> Self {
        let recent = VecDeque::with_capacity(RECENT);
        Self { terminals, templates, recent, scratch: Vec::new(), texts: 0, emergencies: 0 }
    }

    /// What a binary frame says of a vessel, if anything.
    pub fn binary(
        &mut self,
        frame: &Binary<'_>,
        registry: &Registry,
        arrival: UtcTime,
        observed: impl FnMut(Observation),
    ) -> Taken {
        match binary::Message::decode(frame) {
            binary::Message::Fix(fix) => {
                let card = fix.vessel().into();
                let said = located(fix.position(), fix.time(), fix.coarse(), fix.urgent());
                self.fix(registry, card, fix.time(), &said, arrival, observed)
            }
            binary::Message::Received(got) if !got.damaged => {
                self.text(registry, got.sender.into(), &got.content(), arrival, observed)
            }
            binary::Message::Other => Taken::Other,
            _ => Taken::Used,
        }
    }

    /// What a sentence says of a vessel, if anything.
    pub fn sentence(
        &mut self,
        sentence: &Sentence<'_>,
        registry: &Registry,
        arrival: UtcTime,
        observed: impl FnMut(Observation),
    ) -> Taken {
        match sentence::Message::decode(sentence) {
            sentence::Message::Fix(fix) => {
                let said = located(fix.position(), fix.time(), fix.coarse, fix.urgent);
                self.fix(registry, fix.card, fix.time(), &said, arrival, observed)
            }
            sentence::Message::Received(got) => {
                self.text(registry, got.sender, &got.content, arrival, observed)
            }
            sentence::Message::Other => Taken::Other,
            _ => Taken::Used,
        }
    }

    fn fix(
        &mut self,
        registry: &Registry,
        card: u64,
        time: Option<TimeOfDay>,
        fix: &Fix,
        arrival: UtcTime,
        observed: impl FnMut(Observation),
    ) -> Taken {
        if let Some(position) = fix.position {
            let this = (card, time, position, fix.distress);
            if self.recent.contains(&this) {
                return Taken::Duplicate;
            }
            if self.recent.len() >= RECENT {
                self.recent.pop_front();
            }
            self.recent.push_back(this);
        }
        self.emergencies += u64::from(fix.distress);
        self.say(registry, card, fix, arrival, observed);
        Taken::Used
    }

    fn say(
        &mut self,
        registry: &Registry,
        card: u64,
        fix: &Fix,
        arrival: UtcTime,
        observed: impl FnMut(Observation),
    ) {
        let on_air = Caller::Card(Card(card));
        let verdict = self.terminals.observe(on_air, registry.card(card), fix, arrival, observed);
        if matches!(verdict, Verdict::Zone | Verdict::Implausible) {
            tracing::debug!(card, verdict = verdict.as_str(), "a terminal's clock");
        }
    }

    /// A message: a report that a template knows, or text for people.
    fn text(
        &mut self,
        registry: &Registry,
        sender: u64,
        content: &Content<'_>,
        arrival: UtcTime,
        observed: impl FnMut(Observation),
    ) -> Taken {
        let Self { templates, scratch, .. } = self;
        let report = templates.iter().find_map(|template| template.content(sender, content, scratch));
        let Some(report) = report else {
            self.texts += 1;
            return Taken::Used;
        };
        let claim = match (report.unix_s, report.time) {
            (Some(seconds), _) => Claim::Unix(seconds),
            (None, Some(time)) => Claim::OfDay(time),
            (None, None) => Claim::Nothing,
        };
        let fix = Fix {
            position: Some(report.position),
            sigma_m: SIGMA_PAYLOAD_M,
            sog: report.sog,
            cog: report.cog,
            claim,
            kept: false,
            distress: false,
        };
        self.say(registry, sender, &fix, arrival, observed);
        Taken::Used
    }
}

/// What both generations say of a fix.
fn located(position: Option<Position>, time: Option<TimeOfDay>, coarse: bool, urgent: bool) -> Fix {
    Fix {
        position,
        sigma_m: if coarse { SIGMA_COARSE_M } else { SIGMA_FINE_M },
        sog: None,
        cog: None,
        claim: time.map_or(Claim::Nothing, Claim::OfDay),
        kept: false,
        distress: urgent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Vessel;
    use decoders::rdss::{Field, Form, Item, Kind, Reader, Reading};
    use fusion::{Body, SourceId};
    use units::Mmsi;

    #[test]
    fn a_boat_is_heard_by_every_generation_and_by_its_makers_payload() {
        let mut registry = Registry::default();
        let vessel = Vessel { mmsi: Mmsi::new(412_001_234), ..Vessel::default() };
        registry.insert(vessel, Some(312_194), None);
        let field = |reading, offset| Field { reading, offset, width: 32, kind: Kind::Signed, scale: 1e-6 };
        let template = Template {
            name: "made up".to_owned(),
            senders: (0, u64::MAX),
            form: Some(Form::Mixed),
            prefix: vec![0xfb],
            fields: vec![field(Reading::Lat, 8), field(Reading::Lon, 40)],
        };
        let mut rdss = Rdss::new(Observer::new(SourceId(0), 8 * 3600), vec![template]);
        let arrival = UtcTime::from_unix_s(1_767_334_400);
        let at = Position::new(29.935, 121.885).unwrap();
        let time = |age_s: f64| TimeOfDay::of(arrival.plus_s(-age_s), 8 * 3600);
        let mut stream = Vec::new();
        sentence::encode_waa(&mut stream, 312_194, time(90.0), at, 0);
        sentence::encode_dwr(&mut stream, 312_194, time(60.0), at, 0, true);
        sentence::encode_dwr(&mut stream, 312_194, time(60.0), at, 0, true);
        sentence::encode_tci(&mut stream, 312_194, 1, time(0.0), "收到");
        let fix =
            binary::Fix { queried: 312_194, category: 8, ..binary::Fix::new(7, at, time(30.0)).unwrap() };
        fix.encode(&mut stream);
        let payload =
            [&[0xa4, 0xfb][..], &29_935_000_i32.to_be_bytes(), &121_885_000_i32.to_be_bytes()].concat();
        let got = binary::Received {
            card: 7,
            category: 0x62,
            sender: 312_194,
            sent_raw: [0, 0],
            bits: 80,
            bytes: &payload,
            damaged: false,
        };
        assert!(got.encode(&mut stream));
        let (mut seen, mut others, mut taken) = (Vec::new(), Vec::new(), Vec::new());
        Reader::default().drain(&stream, true, |item| {
            let mut observed = |o: Observation| {
                let Body::Report(report) = o.body else { return others.push(o.body) };
                assert_eq!(report.position.map(|p| (p.lat() * 1e4).round()), Some(299_350.0));
                seen.push((arrival.since(o.valid).round(), report.sigma_m));
            };
            taken.push(match item {
                Item::Binary(frame) => rdss.binary(&frame, &registry, arrival, &mut observed),
                Item::Sentence(sentence) => rdss.sentence(&sentence, &registry, arrival, &mut observed),
                other => panic!("{other:?}"),
            });
        });
        assert_eq!(seen, [(90.0, 10.0), (60.0, 10.0), (30.0, 50.0), (0.0, 20.0)]);
        assert!(matches!(others[..], [Body::Statics(_), Body::Distress(_)]), "{others:?}");
        assert_eq!(taken.iter().filter(|taken| **taken == Taken::Duplicate).count(), 1);
        assert_eq!((taken[2], taken.len()), (Taken::Duplicate, 6));
        assert_eq!((rdss.texts, rdss.emergencies, rdss.terminals.strangers), (1, 1, 0));
    }
}
