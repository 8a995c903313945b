//! What BeiDou terminals and JT/T 808 terminals have in common: a fix by a number that the registry knows, with a time
//! by a clock that may be set wrong.
//!
//! Datum: CGCS 2000 and WGS 84 differ by less than a decimetre and are taken for one. GCJ-02 is never applied.

use crate::registry::Vessel;
use decoders::TimeOfDay;
use decoders::jt808::Stamp;
use fusion::{Body, Distress, Observation, Report, SourceId, Statics, Station};
use std::collections::BTreeSet;
use units::{Caller, Degrees, Knots, Position, UtcTime};

/// A fix that came at once: a clock that is fast by less than this is only that.
const FAST_S: f64 = 60.0;
/// A fix that is no older than this may have waited for its turn on the air.
const PROMPT_S: f64 = 1800.0;
/// A fix whose clock is set to another zone, or another day, is taken to be as prompt as this.
const CORRECTED_S: f64 = 300.0;
const DAY_S: i32 = 86_400;
/// Zones that terminals of these waters are set to.
const ZONES_S: [i32; 2] = [0, 8 * 3600];

/// What a fix says of its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Claim {
    /// Nothing, or a clock that was never set.
    Nothing,
    /// A time of day by the terminal's clock.
    OfDay(TimeOfDay),
    /// Date and time by the terminal's clock.
    Stamp(Stamp),
    /// Seconds since 1970.
    Unix(i64),
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it says.
    Sound,
    /// It did not say; the arrival stands for it.
    Absent,
    /// The clock is set to another zone; corrected.
    Zone,
    /// The clock is a day off; corrected.
    Day,
    /// Nothing that is known to happen explains it; left as it is for the tracker to judge.
    Implausible,
}

impl Verdict {
    /// Every one, in the order of [`Verdict::index`].
    pub const ALL: [Self; 5] = [Self::Sound, Self::Absent, Self::Zone, Self::Day, Self::Implausible];

    /// Its place in [`Verdict::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Absent => "absent",
            Self::Zone => "zone",
            Self::Day => "day",
            Self::Implausible => "implausible",
        }
    }
}

/// When a fix was true. `ahead_s` is how far the terminal's clock should be ahead of UTC; `kept` says that it was kept
/// back, so that being old is no wonder.
#[must_use]
pub fn believe(claim: Claim, ahead_s: i32, kept: bool, arrival: UtcTime) -> (UtcTime, Verdict) {
    let at = |ahead_s: i32| match claim {
        Claim::Nothing => None,
        Claim::OfDay(time) => Some(time.near(arrival, ahead_s)),
        Claim::Stamp(stamp) => stamp.utc(ahead_s),
        Claim::Unix(seconds) => Some(UtcTime::from_unix_s(seconds)),
    };
    let within = |at: UtcTime, limit_s: f64| (-FAST_S..=limit_s).contains(&arrival.since(at));
    let Some(said) = at(ahead_s) else { return (arrival, Verdict::Absent) };
    if within(said, if kept { f64::INFINITY } else { PROMPT_S }) {
        return (said, Verdict::Sound);
    }
    if !matches!(claim, Claim::Unix(_)) {
        let other = ZONES_S.into_iter().filter(|zone_s| *zone_s != ahead_s).filter_map(at);
        if let Some(at) = other.into_iter().find(|at| within(*at, CORRECTED_S)) {
            return (at, Verdict::Zone);
        }
    }
    if matches!(claim, Claim::Stamp(_)) {
        let days = [ahead_s - DAY_S, ahead_s + DAY_S].into_iter().filter_map(at);
        if let Some(at) = days.into_iter().find(|at| within(*at, CORRECTED_S)) {
            return (at, Verdict::Day);
        }
    }
    (said, Verdict::Implausible)
}

/// Where a terminal is.
#[derive(Clone, Copy, Debug)]
pub struct Fix {
    /// Where; `None` is only a sign of life.
    pub position: Option<Position>,
    /// One standard deviation on each axis, metres.
    pub sigma_m: f64,
    /// Speed over ground.
    pub sog: Option<Knots>,
    /// Course over ground.
    pub cog: Option<Degrees>,
    /// When, as it says.
    pub claim: Claim,
    /// It was kept back for a while.
    pub kept: bool,
    /// It comes with a call for help.
    pub distress: bool,
}

/// Turns the fixes of one source into observations, and counts what it thinks of them.
#[derive(Debug)]
pub struct Observer {
    source: SourceId,
    /// How far the terminals' clocks are ahead of UTC, where the registry does not say, seconds.
    ahead_s: i32,
    named: BTreeSet<Caller>,
    /// Fixes, by what was thought of their times; see [`Verdict::index`].
    pub times: [u64; Verdict::ALL.len()],
    /// Fixes of cards and terminals that the registry does not have: vessels by that number alone.
    pub strangers: u64,
    /// Fixes without a place: out of range, encrypted, or only the last one there was.
    pub nowhere: u64,
}

impl Observer {
    /// For one source.
    #[must_use]
    pub const fn new(source: SourceId, ahead_s: i32) -> Self {
        let named = BTreeSet::new();
        Self { source, ahead_s, named, times: [0; Verdict::ALL.len()], strangers: 0, nowhere: 0 }
    }

    /// What a fix says of its vessel. `on_air` is by what number it came, `vessel` what the registry has for that.
    pub fn observe(
        &mut self,
        on_air: Caller,
        vessel: Option<&Vessel>,
        fix: &Fix,
        arrival: UtcTime,
        mut observed: impl FnMut(Observation),
    ) -> Verdict {
        let ahead_s = vessel.and_then(|vessel| vessel.ahead_s).unwrap_or(self.ahead_s);
        let (valid, verdict) = believe(fix.claim, ahead_s, fix.kept, arrival);
        if let Some(count) = self.times.get_mut(verdict.index()) {
            *count += 1;
        }
        self.nowhere += u64::from(fix.position.is_none());
        self.strangers += u64::from(vessel.is_none());
        let by = who(on_air, vessel);
        let mut say = |body| observed(Observation { source: self.source, valid, arrival, body });
        say(Body::Report(Report {
            by,
            station: Station::Terminal,
            position: fix.position,
            sigma_m: fix.sigma_m,
            sog: fix.sog,
            cog: fix.cog,
            heading: None,
            rot_deg_min: None,
            nav_status: None,
        }));
        if fix.distress {
            let name = vessel.and_then(|vessel| vessel.name);
            say(Body::Distress(Distress { by, position: fix.position, name }));
        }
        // Bounded by the registry.
        if let Some(vessel) = vessel
            && self.named.insert(on_air)
        {
            let &Vessel { card, terminal, name, .. } = vessel;
            say(Body::Statics(Statics { card, terminal, name, ..Statics::of(by) }));
        }
        verdict
    }
}

/// By what the picture knows who came by that number.
fn who(on_air: Caller, vessel: Option<&Vessel>) -> Caller {
    vessel.and_then(Vessel::caller).unwrap_or(on_air)
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::{Card, Mmsi, Terminal};

    #[test]
    fn a_clock_that_is_hours_or_a_day_off_is_caught() {
        const BEIJING: i32 = 8 * 3600;
        // 2026-01-02 06:13:20 UTC.
        let arrival = UtcTime::from_unix_s(1_767_334_400);
        let stamp =
            |age_s: f64, ahead_s| Claim::Stamp(Stamp::from_utc(arrival.plus_s(-age_s), ahead_s).unwrap());
        let of_day = |age_s: f64, ahead_s| Claim::OfDay(TimeOfDay::of(arrival.plus_s(-age_s), ahead_s));
        let cases = [
            // What it says, whether it was kept, what it is taken for, and how old it then is.
            (stamp(20.0, BEIJING), false, Verdict::Sound, 20.0),
            (stamp(-30.0, BEIJING), false, Verdict::Sound, -30.0),
            (stamp(20.0, 0), false, Verdict::Zone, 20.0),
            (stamp(20.0 + 86_400.0, BEIJING), false, Verdict::Day, 20.0),
            (stamp(20.0 - 86_400.0, BEIJING), false, Verdict::Day, 20.0),
            (stamp(20.0 - 86_400.0, BEIJING), true, Verdict::Day, 20.0),
            (stamp(86_420.0, BEIJING), true, Verdict::Sound, 86_420.0),
            (stamp(7000.0, BEIJING), false, Verdict::Implausible, 7000.0),
            (stamp(7000.0, BEIJING), true, Verdict::Sound, 7000.0),
            (Claim::Stamp(Stamp([0; 6])), false, Verdict::Absent, 0.0),
            (of_day(90.0, BEIJING), false, Verdict::Sound, 90.0),
            (of_day(90.0, 0), false, Verdict::Zone, 90.0),
            (of_day(7000.0, BEIJING), false, Verdict::Implausible, 7000.0),
            (Claim::Unix(1_767_334_400 - 60), false, Verdict::Sound, 60.0),
            (Claim::Unix(0), false, Verdict::Implausible, 1_767_334_400.0),
            (Claim::Nothing, false, Verdict::Absent, 0.0),
        ];
        for (claim, kept, verdict, age_s) in cases {
            let (at, seen) = believe(claim, BEIJING, kept, arrival);
            assert_eq!((seen, arrival.since(at)), (verdict, age_s), "{claim:?}");
        }
    }

    #[test]
    fn a_vessel_goes_by_the_best_number_that_is_known() {
        let mut observer = Observer::new(SourceId(1), 0);
        let fix = Fix {
            position: None,
            sigma_m: 10.0,
            sog: None,
            cog: None,
            claim: Claim::Nothing,
            kept: false,
            distress: false,
        };
        let arrival = UtcTime::from_unix_s(1_767_334_400);
        let on_air = Caller::Card(Card(312_194));
        let named = Vessel { card: Some(Card(312_194)), name: units::Label::new(b"A"), ..Vessel::default() };
        let known = Vessel { mmsi: Mmsi::new(412_001_234), ..named };
        let by_terminal = Vessel { terminal: Some(Terminal([0; 10])), ..Vessel::default() };
        let cases = [
            (None, on_air),
            (Some(&by_terminal), Caller::Terminal(Terminal([0; 10]))),
            (Some(&named), on_air),
            (Some(&known), known.mmsi.unwrap().into()),
        ];
        for (vessel, expected) in cases {
            let mut seen = Vec::new();
            observer.named.clear();
            for _ in 0..2 {
                let fix = Fix { distress: !seen.is_empty(), ..fix };
                observer.observe(on_air, vessel, &fix, arrival, |observation| seen.push(observation.body));
            }
            let mut said = Vec::new();
            for body in &seen {
                said.push(match body {
                    Body::Report(report) => {
                        assert_eq!((report.by, report.station), (expected, Station::Terminal));
                        "report"
                    }
                    Body::Statics(statics) => {
                        assert_eq!((Some(statics.by), statics.name), (Some(expected), vessel.unwrap().name));
                        "statics"
                    }
                    Body::Distress(distress) => {
                        assert_eq!(distress.by, expected);
                        "distress"
                    }
                    other => panic!("{other:?}"),
                });
            }
            let once = if vessel.is_some() { &["statics"][..] } else { &[] };
            assert_eq!(said, [&["report"][..], once, &["report", "distress"]].concat());
        }
        assert_eq!((observer.strangers, observer.nowhere), (2, 8));
    }
}
