//! What keeps alerts from drowning whoever reads them: a budget of sounds per sector, floods, chatter.

use super::{Alert, Audience, Key, Kind, Priority};
use crate::zone::shape::Shape;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use units::{Position, UtcTime};

/// The life cycle's times, and how much may be heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Who is told of what lies where; outside all of them is the sector `all`.
    pub sectors: Vec<Sector>,
    /// Alerts that may begin to sound in one sector in one hour; emergencies are not counted against it.
    pub sounding_budget: u32,
    /// How long a sound can be off before it comes back, seconds.
    pub silence_s: f64,
    /// How long a transfer may go unanswered, seconds.
    pub transfer_s: f64,
    /// How long an alert may go unacknowledged before it becomes more urgent, or is repeated, seconds.
    pub patience_s: f64,
    /// How long one that is over waits for somebody to acknowledge it, seconds.
    pub rectified_hold_s: f64,
    /// So many raises of one kind in one zone within `flood_s` are a flood.
    pub flood_raises: u32,
    /// See there, seconds.
    pub flood_s: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sectors: Vec::new(),
            sounding_budget: 6,
            silence_s: 30.0,
            transfer_s: 30.0,
            patience_s: 120.0,
            rectified_hold_s: 8.0 * 3600.0,
            flood_raises: 10,
            flood_s: 600.0,
        }
    }
}

/// A part of the sea with operators of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sector {
    /// What it is called: 1 to 64 characters.
    pub name: String,
    /// Its corners in order, each `[latitude, longitude]` in degrees.
    #[serde(with = "crate::zone::corners")]
    pub polygon: Vec<Position>,
    /// Its own budget, where it differs.
    #[serde(default)]
    pub sounding_budget: Option<u32>,
}

/// Where what lies in no sector belongs.
pub(super) const EVERYWHERE: &str = "all";
pub(super) const TECHNICAL: &str = "technical";
pub(super) const SUPERVISOR: &str = "supervisor";

/// The sectors with their shapes.
#[derive(Debug, Default)]
pub(super) struct Sectors(Vec<(String, Option<Shape>, Option<u32>)>);

impl Sectors {
    pub fn new(sectors: &[Sector]) -> Self {
        let shaped = |s: &Sector| (s.name.clone(), Shape::new(&s.polygon).ok(), s.sounding_budget);
        Self(sectors.iter().map(shaped).collect())
    }

    /// The names of those around a place.
    pub fn around(&self, place: Option<Position>, audience: Audience) -> Vec<String> {
        if audience == Audience::Technical {
            return vec![TECHNICAL.to_owned()];
        }
        let holds = |shape: &Option<Shape>| {
            place.zip(shape.as_ref()).is_some_and(|(place, shape)| shape.outside_m(place, 1.0) <= 0.0)
        };
        let found: Vec<_> =
            self.0.iter().filter(|(_, shape, _)| holds(shape)).map(|(name, ..)| name.clone()).collect();
        if found.is_empty() { vec![EVERYWHERE.to_owned()] } else { found }
    }

    fn budget(&self, name: &str, usual: u32) -> u32 {
        let own = self.0.iter().find(|(n, ..)| n == name).and_then(|(.., budget)| *budget);
        own.unwrap_or(usual)
    }
}

const HOUR_S: f64 = 3600.0;
/// So many raises of one case within a minute are chatter: its off-delay is at least a minute for ten minutes.
const CHATTER_RAISES: usize = 3;
const CHATTER_S: f64 = 60.0;
const CHATTER_HOLD_S: f64 = 600.0;
const CHATTER_OFF_S: f64 = 60.0;
/// More cases than this are not looked at for chatter.
const MAX_CHATTER: usize = 16_384;
/// Of one kind in one zone, the newest raises are remembered.
const MAX_FLOOD: usize = 256;
const MAX_FLOODS: usize = 16_384;

/// What was raised and heard lately.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Noise {
    /// When alerts began to sound, by sector, within the last hour.
    sounded: BTreeMap<String, VecDeque<UtcTime>>,
    raises: BTreeMap<(Kind, super::About), VecDeque<UtcTime>>,
    chatter: BTreeMap<Key, Chatter>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Chatter {
    raises: VecDeque<UtcTime>,
    until: Option<UtcTime>,
}

impl Noise {
    /// Whether an alert may be heard now: takes its share of the budget of every sector that it lies in. The
    /// less is left, the higher it has to stand.
    pub fn may_sound(&mut self, alert: &Alert, sectors: &Sectors, config: &Config, now: UtcTime) -> bool {
        if alert.priority == Priority::Caution {
            return false;
        }
        if alert.priority == Priority::Emergency {
            return true;
        }
        let has_room = |name: &String| {
            let used = self
                .sounded
                .get(name)
                .map_or(0, |times| times.iter().rev().take_while(|at| now.since(**at) < HOUR_S).count());
            let budget = sectors.budget(name, config.sounding_budget);
            (used as u64) < u64::from(budget) && alert.rank >= used as f64 / f64::from(budget)
        };
        if !alert.sectors.iter().all(has_room) {
            return false;
        }
        for name in &alert.sectors {
            self.sounded.entry(name.clone()).or_default().push_back(now);
        }
        true
    }

    /// Notes a raise. Whether it is one too many of its kind there.
    pub fn raised(&mut self, key: &Key, config: &Config, now: UtcTime) -> bool {
        let is_known = self.raises.contains_key(&(key.kind, key.zone()));
        if !is_known && self.raises.len() >= MAX_FLOODS {
            return false;
        }
        let times = self.raises.entry((key.kind, key.zone())).or_default();
        times.push_back(now);
        if times.len() > MAX_FLOOD {
            times.pop_front();
        }
        is_flood(times, config, now)
    }

    /// The kinds and zones that flood, and with how many raises.
    pub fn floods<'a>(
        &'a self,
        config: &'a Config,
        now: UtcTime,
    ) -> impl Iterator<Item = (Kind, super::About, usize)> + 'a {
        let flooding = self.raises.iter().filter(move |(_, times)| is_flood(times, config, now));
        flooding.map(move |((kind, about), times)| (*kind, *about, within(times, config.flood_s, now)))
    }

    /// Notes that a case was raised once more. Whether it began to chatter.
    pub fn chatters(&mut self, key: &Key, now: UtcTime) -> bool {
        if !self.chatter.contains_key(key) && self.chatter.len() >= MAX_CHATTER {
            return false;
        }
        let chatter = self.chatter.entry(*key).or_default();
        chatter.raises.push_back(now);
        if chatter.raises.len() > CHATTER_RAISES {
            chatter.raises.pop_front();
        }
        let is_new = chatter.until.is_none_or(|until| until <= now);
        let is_chatter = within(&chatter.raises, CHATTER_S, now) >= CHATTER_RAISES;
        if is_chatter {
            chatter.until = Some(now.plus_s(CHATTER_HOLD_S));
        }
        is_chatter && is_new
    }

    /// The off-delay of a case, longer where it chatters.
    pub fn off_delay_s(&self, key: &Key, usual_s: f64, now: UtcTime) -> f64 {
        let until = self.chatter.get(key).and_then(|chatter| chatter.until);
        if until.is_some_and(|until| now < until) { usual_s.max(CHATTER_OFF_S) } else { usual_s }
    }

    /// Forgets what no longer matters.
    pub fn sweep(&mut self, config: &Config, now: UtcTime) {
        let forget = |times: &mut VecDeque<UtcTime>, age_s: f64| {
            while times.front().is_some_and(|at| now.since(*at) >= age_s) {
                times.pop_front();
            }
            !times.is_empty()
        };
        self.sounded.retain(|_, times| forget(times, HOUR_S));
        self.raises.retain(|_, times| forget(times, config.flood_s));
        self.chatter.retain(|_, chatter| {
            forget(&mut chatter.raises, CHATTER_S) || chatter.until.is_some_and(|until| now < until)
        });
    }
}

fn within(times: &VecDeque<UtcTime>, age_s: f64, now: UtcTime) -> usize {
    times.iter().rev().take_while(|at| now.since(**at) < age_s).count()
}

fn is_flood(times: &VecDeque<UtcTime>, config: &Config, now: UtcTime) -> bool {
    config.flood_raises > 0 && within(times, config.flood_s, now) > config.flood_raises as usize
}
