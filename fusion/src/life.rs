//! How long a vessel may be silent before we stop believing that it is there.

use crate::{Config, Gone, Station, Track};
use serde::{Deserialize, Serialize};
use units::{Knots, UtcTime};

/// How sure it is that a track is a vessel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Life {
    /// Heard once.
    Tentative,
    /// Heard at least twice, consistently, and not overdue.
    Confirmed,
    /// Two expected reports are missing.
    Coasting,
    /// Silent for so long that nobody should rely on it; kept for a while so that it is seen to be lost.
    Lost,
}

/// What silence has made of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Lives(Life),
    Ends(Gone),
}

pub(crate) fn fate(track: &Track, now: UtcTime, config: &Config) -> Fate {
    let silent = |limit_s: f64| track.heard_at.plus_s(limit_s) <= now;
    let limits = Limits::of(track, config);
    if track.life == Life::Tentative {
        return if silent(limits.tentative) {
            Fate::Ends(Gone::Unconfirmed)
        } else {
            Fate::Lives(Life::Tentative)
        };
    }
    if silent(limits.gone) {
        return Fate::Ends(Gone::Lost);
    }
    let earned = if silent(limits.lost) {
        Life::Lost
    } else if silent(limits.coasting) {
        Life::Coasting
    } else {
        Life::Confirmed
    };
    // A longer interval learnt in the meantime does not bring anybody back; only a report does.
    Fate::Lives(track.life.max(earned))
}

/// When silence changes its fate next.
pub(crate) fn deadline(track: &Track, config: &Config) -> UtcTime {
    let limits = Limits::of(track, config);
    track.heard_at.plus_s(match track.life {
        Life::Tentative => limits.tentative,
        Life::Confirmed => limits.coasting,
        Life::Coasting => limits.lost,
        Life::Lost => limits.gone,
    })
}

/// How much silence, in seconds, ends which life.
struct Limits {
    tentative: f64,
    coasting: f64,
    lost: f64,
    gone: f64,
}

impl Limits {
    fn of(track: &Track, config: &Config) -> Self {
        let known_sog = || track.speed_known.then(|| Knots::from_mps(track.filter.speed_mps())).flatten();
        let Some(station) = track.station else {
            return Self { tentative: 40.0, coasting: 10.0, lost: 60.0, gone: 61.0 };
        };
        let interval_s = expected_interval_s(
            station,
            track.reported.and_then(|reported| reported.sog).or_else(known_sog),
            track.nav_status,
        );
        let lost_s = (3.5 * interval_s).max(90.0);
        Self {
            tentative: (3.0 * interval_s).max(360.0),
            coasting: (2.0 * interval_s).max(30.0),
            lost: lost_s,
            gone: lost_s + config.lost_hold_s.max(0.0),
        }
    }
}

/// How often it should report (ITU-R M.1371-5, Annex 1, tables 1 and 2), seconds. Turning is not asked for:
/// its shorter intervals are below every limit here.
fn expected_interval_s(station: Station, sog: Option<Knots>, nav_status: Option<u8>) -> f64 {
    const AT_ANCHOR: u8 = 1;
    const MOORED: u8 = 5;
    const AGROUND: u8 = 6;
    let sog_kn = sog.map(Knots::value);
    match station {
        // From a minute to an hour, as its card allows.
        Station::Terminal => 600.0,
        Station::ClassA => {
            let still = matches!(nav_status, Some(AT_ANCHOR | MOORED | AGROUND));
            if still && sog_kn.is_none_or(|kn| kn <= 3.0) { 180.0 } else { 10.0 }
        }
        Station::ClassB => {
            if sog_kn.is_none_or(|kn| kn <= 2.0) {
                180.0
            } else {
                30.0
            }
        }
        Station::Aircraft => 10.0,
    }
}
