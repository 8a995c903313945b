//! Encounters: two hulls that will come too close, soon.
//!
//! - 101, collision risk: it is more likely than not that the hulls come closer than they should, within the time
//!   that both need to turn away. 109 is the same between a merchant and a fishing vessel, with a longer lead.
//! - 102, collision attention: the same with twice the limits. It becomes 101 in place.
//! - 103, domain intrusion: in open water, one is inside the other's ship domain.
//! - 107, no manoeuvre seen: the one to give way has not.
//!
//! Pairs are found once a second among the boxes that vessels sweep ([`boxes`]), and judged with their
//! covariance and hulls.

mod approach;
mod boxes;
mod domain;
mod index;
mod meeting;
mod pages;
mod pair;
mod vessel;

pub use domain::{Domain, Violation};
pub use meeting::Meeting;

use crate::alert::{About, Delays, Duty, Evidence, Judgement, Key, Kind, Signal, Unit};
use crate::hull::Outline;
use crate::zone::shape::Shape;
use crate::zone::{Lane, Zone};
use crate::{Judge, Moment, Scene, is_live};
pub(crate) use approach::within;
use approach::{Approach, Relative, STILL_MPS};
use boxes::{Boxes, Limits, Near};
use fusion::{Fusion, Station, Track, TrackId};
pub(crate) use meeting::apart_deg;
use meeting::{Side, classify};
use pair::{Pair, Ship};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{KNOT_MPS, Position, UtcTime};
use vessel::Vessel;

/// When two vessels are too close.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which limits hold outside zones that say so themselves.
    pub profile: Profile,
    /// In confined waters hulls should stay this far apart, metres. In open water it is half the domain.
    pub gap_m: f64,
    /// The domain of ships in open water.
    pub domain: Domain,
    /// Least and most time ahead that a risk is told, seconds: within them it is what both need to turn by 30°,
    /// and a minute and a half.
    pub act_s: [f64; 2],
    /// How long a risk lasts before it is raised, seconds.
    pub on_delay_s: f64,
    /// How long it is over before it is cleared, seconds.
    pub off_delay_s: f64,
    /// How long the one to give way may keep its course before that is told, seconds. Not told where it is not
    /// given: a shore station does not put a breach of the regulations into evidence by itself.
    pub no_manoeuvre_s: Option<f64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            profile: Profile::Confined,
            gap_m: 50.0,
            domain: Domain::Fujii,
            act_s: [180.0, 480.0],
            on_delay_s: 10.0,
            off_delay_s: 20.0,
            no_manoeuvre_s: None,
        }
    }
}

/// What kind of water it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Ships keep their domains free.
    Open,
    /// Fairways and harbours.
    #[default]
    Confined,
}

/// The on-delay is at most this part of the time that is left.
const ON_PART: f64 = 20.0;
const RAISE_PROBABILITY: f64 = 0.5;
const CLEAR_PROBABILITY: f64 = 0.3;
/// An encounter is over this long after its closest point.
const PAST_S: f64 = -30.0;
/// One that moves away into the future is over at this multiple of the time limit.
const FAR_FACTOR: f64 = 1.5;
/// Attention is called at so many times the limits of a risk.
const ATTENTION_FACTOR: f64 = 2.0;
/// A merchant that meets a fishing vessel is told earlier.
const FISHING_LEAD: f64 = 1.5;
const DOMAIN_CLEAR: f64 = 1.15;
/// Two vessels that are both slower lie still, or nearly.
const SLOW_MPS: f64 = 2.0 * KNOT_MPS;
/// Vessels that stay this close, this slow to each other, for this long, belong together: tug and tow, pilot
/// and ship. They do until they part faster than `PARTING_MPS`.
const COMPANY_M: f64 = 100.0;
const COMPANY_MPS: f64 = KNOT_MPS;
const COMPANY_S: f64 = 120.0;
const PARTING_MPS: f64 = 2.0 * KNOT_MPS;
/// More pairs in company than any picture has; past this, new ones are not noted.
const MAX_COMPANY: usize = 65_536;
/// A vessel keeps its lane while its course is within this of it.
const LANE_DEG: f64 = 20.0;
/// A pair of which nothing was heard, and that reaches no limit until then, is looked at after this long.
const REST_S: f64 = 3.0;
/// One that slows down by a fifth or turns by ten degrees has done something.
const TURNED_DEG: f64 = 10.0;
const SLOWED: f64 = 0.8;

/// The judge of encounters.
#[derive(Debug)]
pub(crate) struct Encounters {
    config: Config,
    state: State,
    boxes: Boxes,
    /// Waters with a profile of their own.
    waters: Vec<(Shape, Profile)>,
    lanes: Vec<(Shape, Lane)>,
    near: Vec<Near>,
}

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// Pairs that keep company, the lower number first.
    company: BTreeMap<(TrackId, TrackId), Company>,
    /// What each pair was to each other when it came under watch: that stays until they are clear.
    met: BTreeMap<(TrackId, TrackId), Met>,
    is_restricted: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Company {
    since: UtcTime,
    is_settled: bool,
    /// An operator said so.
    is_said: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Met {
    since: UtcTime,
    /// 101 or 109.
    kind: Kind,
    meeting: Meeting,
    duty: Duty,
    courses_deg: [f64; 2],
    speeds_mps: [f64; 2],
    /// The versions of both tracks when it was last looked at, and when it is looked at again although they are the
    /// same.
    seen: (u32, u32),
    again: UtcTime,
    /// It was a risk then.
    is_risk: bool,
}

impl Met {
    /// Nothing new can be said of the pair yet. A version of 0 is none.
    fn rests(&self, versions: (u32, u32), now: UtcTime) -> bool {
        versions.0 > 0 && versions.1 > 0 && self.seen == versions && now < self.again
    }
}

/// The kinds that a pair can be under watch for, by itself.
const KINDS: [Kind; 5] = [
    Kind::CollisionRisk,
    Kind::CollisionAttention,
    Kind::DomainIntrusion,
    Kind::NoManoeuvre,
    Kind::FishingEncounter,
];

impl Encounters {
    pub fn new(config: Config, zones: &[Zone], state: State) -> Self {
        let (waters, lanes, boxes) = (Vec::new(), Vec::new(), Boxes::default());
        let mut encounters = Self { config, state, boxes, waters, lanes, near: Vec::new() };
        encounters.place(zones);
        encounters
    }

    /// Goes by these zones from now on.
    pub fn draw(&mut self, zones: &[Zone]) {
        self.place(zones);
        self.wake();
    }

    fn place(&mut self, zones: &[Zone]) {
        let shaped = |zone: &Zone| Shape::new(&zone.polygon).ok();
        let waters = zones.iter().filter_map(|zone| zone.profile.and_then(|own| Some((shaped(zone)?, own))));
        let lanes = zones.iter().filter_map(|zone| zone.lane.and_then(|lane| Some((shaped(zone)?, lane))));
        self.waters = waters.collect();
        self.lanes = lanes.collect();
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }

    /// An operator says that two vessels belong together, or no longer do.
    pub fn associate(&mut self, (one, other): (TrackId, TrackId), on: bool, now: UtcTime) {
        self.wake();
        let ids = order(one, other);
        if !on {
            self.state.company.remove(&ids);
        } else if self.state.company.len() < MAX_COMPANY {
            self.state.company.insert(ids, Company { since: now, is_settled: true, is_said: true });
        }
    }

    /// Whether vessels see each other.
    pub fn restrict(&mut self, is_restricted: bool) {
        self.state.is_restricted = is_restricted;
        self.wake();
    }

    /// Looks at every pair again.
    fn wake(&mut self) {
        for met in self.state.met.values_mut() {
            met.seen = (0, 0);
        }
    }

    fn profile_at(&self, place: Position) -> Profile {
        let own = self.waters.iter().find(|(shape, _)| shape.outside_m(place, 1.0) <= 0.0);
        own.map_or(self.config.profile, |(_, profile)| *profile)
    }

    /// Both keep a marked lane, the same or another.
    fn keep_lanes(&self, pair: &Pair<'_>) -> bool {
        let keeps = |ship: &Ship<'_>| {
            let at = ship.vessel.position;
            self.lanes.iter().any(|(shape, lane)| {
                apart_deg(ship.course_deg(), lane.course_deg) < LANE_DEG && shape.outside_m(at, 1.0) <= 0.0
            })
        };
        !self.lanes.is_empty() && keeps(&pair.one) && keeps(&pair.two)
    }

    /// Says what a pair is.
    fn judge(&mut self, pair: &Pair<'_>, versions: (u32, u32), scene: &mut Scene<'_>) {
        let Pair { one, two, approach } = pair;
        let ids = pair.ids();
        let profile = self.profile_at(one.vessel.position);
        let gap_m = match profile {
            Profile::Confined => self.config.gap_m,
            Profile::Open => {
                let gap = |ship: &Ship<'_>| {
                    self.config.domain.gap_m(ship.vessel.outline.length_m, ship.speed_mps())
                };
                gap(one).max(gap(two))
            }
        };
        let reach_m =
            one.vessel.outline.reach_m(approach.across) + two.vessel.outline.reach_m(approach.across);
        let sigma_m = pair.sigma_m();
        let probability = |gap_m: f64| within(approach.miss_m, sigma_m, gap_m + reach_m);
        let (risk, attention) = (probability(gap_m), probability(ATTENTION_FACTOR * gap_m));
        let company = self.state.company.get(&ids).is_some_and(|c| c.is_settled);
        let known = self.state.met.get(&ids);
        let is_clear =
            company || !pair.may_collide() || pair.is_following(known.is_some()) || self.keep_lanes(pair);

        // What is known of a vessel may change: what was begun as one kind ends as that kind.
        let kind = known.map_or_else(|| pair.kind(), |met| met.kind);
        let lead = if kind == Kind::FishingEncounter { FISHING_LEAD } else { 1.0 };
        let act_s = lead
            * self
                .act_s(&one.vessel.outline, one.speed_mps())
                .max(self.act_s(&two.vessel.outline, two.speed_mps()));
        let limits = |probability: f64, act_s: f64| {
            if is_clear { Signal::Off } else { limits(pair, probability, act_s) }
        };
        let (mut is_risk, is_attention) = (limits(risk, act_s), limits(attention, ATTENTION_FACTOR * act_s));
        // What was a risk does not become less of one because nothing more is heard.
        let was_risk = known.is_some_and(|met| met.is_risk && met.seen == versions);
        if was_risk && is_risk == Signal::Hold && approach.tcpa_s > 0.0 {
            is_risk = Signal::On;
        }

        if is_attention == Signal::On {
            let met = Met {
                since: scene.moment.now,
                kind,
                courses_deg: [one.course_deg(), two.course_deg()],
                speeds_mps: [one.speed_mps(), two.speed_mps()],
                ..pair.meet(self.state.is_restricted)
            };
            self.state.met.entry(ids).or_insert(met);
        }
        let is_open = self.is_open();
        let Some(met) = self.state.met.get_mut(&ids) else {
            // Nothing was begun, and nothing begins.
            self.judge_domain(pair, profile, is_clear, scene);
            return;
        };
        met.seen = versions;
        met.is_risk = is_risk == Signal::On;
        met.again = scene.moment.now.plus_s(if is_open { 0.0 } else { rest_s(approach.tcpa_s, act_s) });
        let met = *met;
        let confined_m = (profile == Profile::Confined).then_some(gap_m + reach_m);
        let cri = if is_clear { 0.0 } else { pair.risk(confined_m) };
        let evidence = Evidence::Encounter {
            cpa_m: (approach.miss_m.abs() - reach_m).max(0.0),
            tcpa_s: approach.tcpa_s,
            probability: risk,
            limit_m: gap_m,
            cri,
            meeting: met.meeting,
            duty: met.duty,
            bows_m: pair.bows_m(),
            violation: if profile == Profile::Open { pair.violation(self.config.domain) } else { None },
        };
        let urgency = (1.0 - approach.tcpa_s / act_s).clamp(0.0, 1.0);
        // Waiting to be sure may cost a part of the time that is left, and no more.
        let on_s = self.config.on_delay_s.min((approach.tcpa_s / ON_PART).max(0.0));
        let judgement = |kind| Judgement {
            delays: Delays { on_s, off_s: self.config.off_delay_s },
            rank: 0.4 * risk + 0.6 * urgency,
            ..Judgement::of(Key::pair(kind, ids.0, ids.1, About::Nothing), evidence)
        };

        scene.signal(is_risk, &judgement(kind));
        if !scene.ledger.is_told(&judgement(kind).key) {
            let signal = if is_risk == Signal::On { Signal::Hold } else { is_attention };
            let judgement = judgement(Kind::CollisionAttention);
            let evidence = match judgement.evidence {
                Evidence::Encounter { cpa_m, tcpa_s, cri, meeting, duty, bows_m, violation, .. } => {
                    Evidence::Encounter {
                        cpa_m,
                        tcpa_s,
                        probability: attention,
                        limit_m: ATTENTION_FACTOR * gap_m,
                        cri,
                        meeting,
                        duty,
                        bows_m,
                        violation,
                    }
                }
                other => other,
            };
            scene.signal(signal, &Judgement { evidence, ..judgement });
        }
        self.judge_domain(pair, profile, is_clear, scene);
        self.judge_manoeuvre(pair, &met, is_risk, scene);
    }

    /// Whether there is open water at all.
    fn is_open(&self) -> bool {
        self.config.profile == Profile::Open
            || self.waters.iter().any(|(_, profile)| *profile == Profile::Open)
    }

    fn judge_domain(&self, pair: &Pair<'_>, profile: Profile, is_clear: bool, scene: &mut Scene<'_>) {
        if !self.is_open() {
            return;
        }
        let Pair { one, two, .. } = pair;
        let domain = self.config.domain;
        let factor = if is_clear || profile == Profile::Confined {
            f64::INFINITY
        } else {
            let sees = |own: &Ship<'_>, other: &Ship<'_>| {
                domain.factor(own.vessel.outline.length_m, own.speed_mps(), own.sees(other))
            };
            sees(one, two).min(sees(two, one))
        };
        let ids = pair.ids();
        let key = Key::pair(Kind::DomainIntrusion, ids.0, ids.1, About::Nothing);
        let judgement = Judgement {
            delays: Delays { on_s: self.config.on_delay_s, off_s: self.config.off_delay_s },
            rank: 0.5 * (1.0 - factor).clamp(0.0, 1.0),
            ..Judgement::of(key, Evidence::against(factor.min(99.0), 1.0, Unit::Part))
        };
        scene.signal(Signal::of(factor < 1.0, factor > DOMAIN_CLEAR), &judgement);
    }

    fn judge_manoeuvre(&self, pair: &Pair<'_>, met: &Met, risk: Signal, scene: &mut Scene<'_>) {
        let Some(limit_s) = self.config.no_manoeuvre_s else { return };
        let ships = [&pair.one, &pair.two];
        let who = match met.duty {
            Duty::First => 0,
            Duty::Second => 1,
            Duty::Both | Duty::Neither => return,
        };
        let (Some(ship), Some(course_deg), Some(speed_mps)) =
            (ships.get(who), met.courses_deg.get(who), met.speeds_mps.get(who))
        else {
            return;
        };
        let acted =
            apart_deg(ship.course_deg(), *course_deg) > TURNED_DEG || ship.speed_mps() < SLOWED * speed_mps;
        let kept_s = scene.moment.now.since(met.since);
        let ids = pair.ids();
        let key = Key::pair(Kind::NoManoeuvre, ids.0, ids.1, About::Nothing);
        let judgement = Judgement {
            delays: Delays { on_s: 0.0, off_s: self.config.off_delay_s },
            ..Judgement::of(key, Evidence::of(kept_s, Unit::Seconds))
        };
        let holds = risk == Signal::On && !acted && kept_s >= limit_s;
        scene.signal(Signal::of(holds, risk == Signal::Off || acted), &judgement);
    }

    /// What a vessel needs to turn by 30°, and a minute and a half, seconds.
    fn act_s(&self, outline: &Outline, speed_mps: f64) -> f64 {
        act_s(&self.config, outline, speed_mps)
    }

    /// Takes down who keeps company.
    fn note_company(&mut self, pair: &Pair<'_>, now: UtcTime) {
        if is_close(&pair.approach) && self.state.company.len() < MAX_COMPANY {
            let company = self.state.company.entry(pair.ids());
            company.or_insert(Company { since: now, is_settled: false, is_said: false });
        }
    }

    /// Who still keeps company, who does so for good, and who has parted.
    fn sweep_company(&mut self, moment: Moment<'_>) {
        let Self { state, boxes, .. } = self;
        state.company.retain(|&ids, company| {
            let Some((one, other)) = both(ids, boxes, moment.picture) else { return false };
            if company.is_said {
                return true;
            }
            let approach = Pair::new(&one, &other, moment.now).approach;
            company.is_settled |= moment.now.since(company.since) > COMPANY_S;
            if company.is_settled { approach.speed_mps <= PARTING_MPS } else { is_close(&approach) }
        });
    }
}

impl Judge for Encounters {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        let Self { config, boxes, .. } = self;
        let act_s = |outline: &Outline, speed_mps| act_s(config, outline, speed_mps);
        boxes.load(scene.moment.picture, &act_s);
        boxes.put(track, &act_s);
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        // Company is looked through every second.
        self.boxes.remove(id);
    }

    fn sweep(&mut self, scene: &mut Scene<'_>) {
        let Moment { picture, now, .. } = scene.moment;
        let Self { config, boxes, .. } = self;
        boxes.load(picture, &|outline, speed_mps| act_s(config, outline, speed_mps));
        self.sweep_company(scene.moment);
        let open_m = if self.is_open() { self.config.domain.gap_m(300.0, 10.0) } else { 0.0 };
        let limits = Limits {
            gap_m: ATTENTION_FACTOR * self.config.gap_m.max(open_m),
            horizon_s: ATTENTION_FACTOR * FISHING_LEAD * self.config.act_s[1],
            times_act: ATTENTION_FACTOR,
            fishing_lead: FISHING_LEAD,
            near_m: if open_m > 0.0 { 4.0 * 300.0 } else { COMPANY_M },
        };
        let mut near = std::mem::take(&mut self.near);
        self.boxes.pairs(scene.moment, &limits, &mut near);
        self.add_watched(&mut near, scene);
        for Near { ids, versions } in &near {
            if self.state.met.get(ids).is_some_and(|met| met.rests(*versions, now)) {
                continue;
            }
            let Some((one, other)) = both(*ids, &self.boxes, picture) else { continue };
            let pair = Pair::new(&one, &other, now);
            self.note_company(&pair, now);
            self.judge(&pair, *versions, scene);
        }
        self.near = near;
    }
}

impl Encounters {
    /// What is under watch is looked at whether its boxes still overlap or not; what is neither is forgotten.
    fn add_watched(&mut self, near: &mut Vec<Near>, scene: &Scene<'_>) {
        let Self { boxes, state, .. } = self;
        let mut far = Vec::new();
        let now = scene.moment.now;
        let mut rest = near.iter().map(|near| near.ids).peekable();
        // Both are in ascending order.
        state.met.retain(|ids, met| {
            while rest.next_if(|near| near < ids).is_some() {}
            if rest.peek() == Some(ids) {
                return true;
            }
            let versions = boxes.versions(*ids);
            if met.rests(versions, now) {
                return true;
            }
            let is_open = |kind| scene.ledger.is_case(&Key::pair(kind, ids.0, ids.1, About::Nothing));
            let is_watched = KINDS.into_iter().any(is_open);
            if is_watched {
                far.push(Near { ids: *ids, versions });
            }
            is_watched
        });
        // An intrusion needs no encounter.
        for ids in scene.ledger.open_cases(Kind::DomainIntrusion).filter_map(|key| key.tracks.both()) {
            far.push(Near { ids, versions: boxes.versions(ids) });
        }
        near.append(&mut far);
        near.sort_unstable();
        near.dedup_by_key(|near| near.ids);
    }
}

/// How long until a pair that goes on as it does reaches the next of its limits, seconds.
fn rest_s(tcpa_s: f64, act_s: f64) -> f64 {
    let far_s = FAR_FACTOR * act_s;
    let limits = [ATTENTION_FACTOR * far_s, ATTENTION_FACTOR * act_s, far_s, act_s, 0.0, PAST_S];
    let left = limits.into_iter().map(|limit_s| tcpa_s - limit_s).filter(|left_s| *left_s > 0.0);
    // What is near is looked at every second.
    left.fold(REST_S.min(tcpa_s / ON_PART), f64::min)
}

fn limits(pair: &Pair<'_>, probability: f64, act_s: f64) -> Signal {
    let tcpa_s = pair.approach.tcpa_s;
    // What may still be to come is.
    let is_ahead = tcpa_s >= 0.0 || tcpa_s > PAST_S && tcpa_s > -pair.doubt_s();
    let on = probability > RAISE_PROBABILITY && is_ahead && tcpa_s < act_s;
    let off = probability < CLEAR_PROBABILITY || tcpa_s < PAST_S || tcpa_s > act_s * FAR_FACTOR;
    Signal::of(on, off)
}

/// A ship answers its rudder after two lengths, and turns on a circle of two and a half (IMO MSC.137(76) allows
/// five across).
fn act_s(config: &Config, outline: &Outline, speed_mps: f64) -> f64 {
    const LENGTHS: f64 = 2.0 + 2.5 * std::f64::consts::FRAC_PI_6;
    let [least_s, most_s] = config.act_s;
    (90.0 + LENGTHS * outline.length_m / speed_mps.max(1.0)).clamp(least_s, most_s.max(least_s))
}

fn is_close(approach: &Approach) -> bool {
    approach.range_m < COMPANY_M && approach.speed_mps < COMPANY_MPS
}

fn order(one: TrackId, other: TrackId) -> (TrackId, TrackId) {
    (one.min(other), one.max(other))
}

fn both((one, other): (TrackId, TrackId), boxes: &Boxes, picture: &Fusion) -> Option<(Vessel, Vessel)> {
    // What has no box meets nobody, but what was begun with it has to end.
    let vessel = |id| boxes.vessel(id).copied().or_else(|| picture.track(id).map(Vessel::of));
    vessel(one).zip(vessel(other))
}

/// Whether a track is a vessel whose motion is known.
fn is_candidate(track: &Track) -> bool {
    is_live(track) && track.station != Some(Station::Aircraft) && track.speed_known() && !track.is_marker()
}
