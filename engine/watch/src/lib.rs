//! Judges the picture: encounters, zones, crowded cells, and the alerts that follow.
//!
//! Every kind of alert is one [`Kind`] and one judge, in a file of its own: a judge looks at the tracks that an
//! event changed and says of each case whether its condition holds. [`alert`] does the rest, for all kinds alike:
//! one live alert for one situation, delays, revisions, the end.
//!
//! **Invariant**: sees tracks and marks, never observations or messages. No clock: the same events give the same
//! changes, bit for bit.

mod aid;
pub mod alert;
mod beacon;
pub mod config;
pub mod cue;
pub mod density;
mod drag;
pub mod encounter;
pub mod gate;
mod hull;
mod invalid;
mod lag;
pub mod list;
pub mod motion;
mod nets;
pub mod notice;
pub mod passage;
mod renew;
pub mod risk;
mod silence;
pub mod storm;
mod twins;
pub mod zone;

pub use alert::{
    About, Alert, AlertId, Audience, Category, Cause, Command, Counts, Duty, Evidence, Kind, Operator, Order,
    Priority, Refusal, Role, ShelveReason, State, Subjects, Suppressed, Text, Unit,
};
pub use config::{Config, ConfigError, Registered};
pub use notice::{Health, Notice};
pub use risk::{CellRisk, Grade};

use aid::Aids;
use alert::{Judgement, Ledger, Signal};
use beacon::Beacons;
use density::Density;
use drag::Drag;
use encounter::Encounters;
use fusion::{Fusion, Life, Mark, Track, TrackId};
use gate::Gates;
use invalid::Invalid;
use lag::Lag;
use list::Lists;
use motion::Motion;
use nets::Nets;
use passage::Passages;
use risk::Risks;
use serde::{Deserialize, Serialize};
use silence::Silence;
use storm::Weather;
use twins::Twins;
use units::UtcTime;
use units::grid::Cell;
use zone::{Zone, Zones};

/// What an event changed in the judgement of the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// An alert was raised, revised or cleared: all of it, as it now is.
    Alert(Box<Alert>),
    /// A grid cell holds another number of vessels.
    Cell {
        /// Which.
        cell: Cell,
        /// How many now.
        vessels: u32,
    },
    /// A grid cell has another grade of risk.
    Risk {
        /// Which.
        cell: Cell,
        /// Its grade, its score and why.
        risk: CellRisk,
    },
}

/// Everything that is watched for, and what was found.
#[derive(Debug)]
pub struct Watch {
    config: Config,
    /// Zones as the configuration has them, whatever operators have made of them since.
    filed: Vec<Zone>,
    /// The last second of event time that was swept.
    second: Option<i64>,
    ledger: Ledger,
    judges: Judges,
}

/// One row per judge, here and below; and one in [`Memory`] where it remembers something.
#[derive(Debug)]
struct Judges {
    encounters: Encounters,
    zones: Zones,
    gates: Gates,
    passages: Passages,
    drag: Drag,
    motion: Motion,
    nets: Nets,
    silence: Silence,
    invalid: Invalid,
    lag: Lag,
    twins: Twins,
    beacons: Beacons,
    aids: Aids,
    lists: Lists,
    weather: Weather,
    density: Density,
    risks: Risks,
}

impl Judges {
    fn new(config: &Config, memory: Memory) -> Self {
        let grid = &config.grid;
        Self {
            encounters: Encounters::new(config.encounter, &config.zones, memory.encounters),
            zones: Zones::new(&config.zones, memory.zones),
            gates: Gates::new(&config.gates, memory.gates),
            passages: Passages::new(&config.routes, &config.objects, &config.bridges),
            drag: Drag::new(memory.drag),
            motion: Motion::new(config.motion, memory.motion),
            nets: Nets::new(memory.nets),
            silence: Silence::new(&config.register, memory.silence),
            invalid: Invalid,
            lag: Lag::new(memory.lag),
            twins: Twins::new(memory.twins),
            beacons: Beacons,
            aids: Aids::new(memory.aids),
            lists: Lists::new(&config.lists, memory.lists),
            weather: Weather::new(memory.weather),
            density: Density::new(*grid, memory.density),
            risks: Risks::new(grid.level, grid.limit, &config.units, memory.risks),
        }
    }

    /// In the order in which they judge: what judges the others' findings comes last.
    fn all(&mut self) -> [&mut dyn Judge; 17] {
        [
            &mut self.encounters,
            &mut self.zones,
            &mut self.gates,
            &mut self.passages,
            &mut self.drag,
            &mut self.motion,
            &mut self.nets,
            &mut self.silence,
            &mut self.invalid,
            &mut self.lag,
            &mut self.twins,
            &mut self.beacons,
            &mut self.aids,
            &mut self.lists,
            &mut self.weather,
            &mut self.density,
            &mut self.risks,
        ]
    }

    fn memory(&self) -> Memory {
        Memory {
            encounters: self.encounters.state(),
            zones: self.zones.state(),
            gates: self.gates.state(),
            drag: self.drag.state(),
            motion: self.motion.state(),
            nets: self.nets.state(),
            silence: self.silence.state(),
            lag: self.lag.state(),
            twins: self.twins.state(),
            aids: self.aids.state(),
            lists: self.lists.state(),
            weather: self.weather.state(),
            density: self.density.state(),
            risks: self.risks.state(),
        }
    }
}

/// What the judges remember.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Memory {
    encounters: encounter::State,
    zones: zone::State,
    gates: gate::State,
    drag: drag::State,
    motion: motion::State,
    nets: nets::State,
    silence: silence::State,
    lag: lag::State,
    twins: twins::State,
    aids: aid::State,
    lists: list::State,
    weather: storm::State,
    density: density::State,
    risks: risk::State,
}

/// Everything that a [`Watch`] remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    config: Config,
    filed: Vec<Zone>,
    second: Option<i64>,
    ledger: alert::LedgerState,
    memory: Memory,
}

/// One kind of thing to watch for.
trait Judge {
    /// A track was born or has changed.
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>);
    /// A track is no more. Alerts about it are cleared already.
    fn gone(&mut self, id: TrackId, scene: &mut Scene<'_>);
    /// A mark was first heard or has changed.
    fn mark(&mut self, _mark: &Mark, _scene: &mut Scene<'_>) {}
    /// A second has passed.
    fn sweep(&mut self, _scene: &mut Scene<'_>) {}
}

/// The picture, and when it is of.
#[derive(Clone, Copy)]
struct Moment<'a> {
    picture: &'a Fusion,
    now: UtcTime,
    /// Where the water goes, degrees and knots, where somebody has said it.
    current: Option<[f64; 2]>,
}

impl<'a> Moment<'a> {
    const fn of(picture: &'a Fusion, config: &Config) -> Self {
        Self { picture, now: picture.now(), current: config.motion.current }
    }
}

/// What a judge has before it.
struct Scene<'a> {
    moment: Moment<'a>,
    ledger: &'a mut Ledger,
    out: &'a mut Vec<Change>,
}

impl Scene<'_> {
    /// Says of a case whether its condition holds.
    fn signal(&mut self, signal: Signal, judgement: &Judgement<'_>) {
        self.ledger.signal(signal, judgement, self.moment, self.out);
    }

    /// Says of a case that it came and went since then.
    fn flash(&mut self, judgement: &Judgement<'_>, since: UtcTime) {
        self.ledger.flash(judgement, since, self.moment, self.out);
    }
}

impl Watch {
    /// Watches an empty picture. What [`Config::check`] refuses is not watched for.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::restore(Snapshot {
            filed: config.zones.clone(),
            second: None,
            ledger: alert::LedgerState::default(),
            memory: Memory::default(),
            config,
        })
    }

    /// Judges the picture after an event; `changes` are what that event changed in it. Appends what changed in
    /// the judgement.
    pub fn apply(&mut self, picture: &Fusion, changes: &[fusion::Change], out: &mut Vec<Change>) {
        let now = picture.now();
        let moment = Moment::of(picture, &self.config);
        let mut scene = Scene { moment, ledger: &mut self.ledger, out };
        for change in changes {
            match *change {
                fusion::Change::Track(id) => {
                    let Some(track) = picture.track(id) else { continue };
                    for judge in self.judges.all() {
                        judge.update(track, &mut scene);
                    }
                }
                fusion::Change::TrackGone { id, .. } => {
                    scene.ledger.end_of(id, now, scene.out);
                    for judge in self.judges.all() {
                        judge.gone(id, &mut scene);
                    }
                }
                fusion::Change::Mark(mmsi) => {
                    let Some(mark) = picture.mark(mmsi) else { continue };
                    for judge in self.judges.all() {
                        judge.mark(mark, &mut scene);
                    }
                }
                fusion::Change::MarkGone(_) => {}
            }
        }
        if self.second.is_none_or(|swept| now.unix_s() > swept) {
            self.second = Some(now.unix_s());
            for judge in self.judges.all() {
                judge.sweep(&mut scene);
            }
            self.judges.risks.grade(self.judges.density.counts(), &mut scene);
            scene.ledger.sweep(scene.moment, scene.out);
        }
    }

    /// The last second at which it looked at everything, Unix time.
    #[must_use]
    pub const fn swept(&self) -> Option<i64> {
        self.second
    }

    /// Takes in what is nobody's track, at the time of the picture.
    pub fn notice(&mut self, picture: &Fusion, notice: &Notice, out: &mut Vec<Change>) {
        if let Notice::Storm(storm) = notice {
            self.judges.weather.learn(storm);
        }
        let moment = Moment::of(picture, &self.config);
        notice::judge(notice, &mut Scene { moment, ledger: &mut self.ledger, out });
    }

    /// What it was told to watch for, and what operators have drawn since.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Storms, as they were last told.
    #[must_use]
    pub fn storms(&self) -> &[storm::Storm] {
        self.judges.weather.storms()
    }

    /// Live alerts, oldest first.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.ledger.alerts()
    }

    /// A live alert.
    #[must_use]
    pub fn alert(&self, id: AlertId) -> Option<&Alert> {
        self.ledger.alert(id)
    }

    /// Alerts that have been active for more than a day.
    pub fn stale(&self, now: UtcTime) -> impl Iterator<Item = &Alert> {
        self.ledger.stale(now)
    }

    /// Live alerts as an operator should look at them: what may be heard first, then the most urgent, then the
    /// highest rank. Shelved ones are last.
    #[must_use]
    pub fn ranked(&self, sector: Option<&str>) -> Vec<&Alert> {
        let is_here = |alert: &&Alert| sector.is_none_or(|name| alert.sectors.iter().any(|s| s == name));
        let mut found: Vec<&Alert> = self.alerts().filter(is_here).collect();
        found.sort_by(|a, b| {
            let place = |alert: &Alert| (alert.shelf.is_some(), !alert.sounding, alert.priority);
            place(a).cmp(&place(b)).then(b.rank.total_cmp(&a.rank)).then(a.id.cmp(&b.id))
        });
        found
    }

    /// What was found wrong with what vessels say, the newest last: for whoever looks after the data.
    pub fn report(&self) -> impl ExactSizeIterator<Item = &Alert> {
        self.ledger.report()
    }

    /// What became of every condition that began.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        self.ledger.counts()
    }

    /// Kinds that are not watched for, and in which zone if not everywhere.
    pub fn out_of_service(&self) -> impl Iterator<Item = (Kind, Option<u16>)> {
        self.ledger.out_of_service()
    }

    /// Does what somebody wants, at the time of the picture. How many alerts it changed.
    ///
    /// # Errors
    /// Why it changed nothing; the alert that it names is then as [`Watch::alert`] says.
    pub fn command(
        &mut self,
        picture: &Fusion,
        order: &Order,
        out: &mut Vec<Change>,
    ) -> Result<usize, Refusal> {
        let moment = Moment::of(picture, &self.config);
        let done = self.ledger.command(order, moment, out)?;
        if let Command::Associate { tracks, on } = order.command {
            self.judges.encounters.associate(tracks, on, moment.now);
            return Ok(1);
        }
        if let Command::Visibility { restricted } = order.command {
            self.judges.encounters.restrict(restricted);
            self.judges.risks.set_fog(restricted);
            return Ok(1);
        }
        Ok(done)
    }

    /// Grid cells with vessels in them, and how many, in the order of the cells.
    pub fn cells(&self) -> impl Iterator<Item = (Cell, u32)> {
        self.judges.density.cells()
    }

    /// Grid cells and their risk, in the order of the cells.
    pub fn risks(&self) -> impl Iterator<Item = (Cell, &CellRisk)> {
        self.judges.risks.cells()
    }

    /// What is known of a cell: how many vessels it holds, its risk where it is graded, and which unit has charge of it.
    #[must_use]
    pub fn cell(&self, cell: Cell) -> (u32, Option<&CellRisk>, Option<&risk::Responsibility>) {
        let vessels = self.judges.density.counts().get(&cell).copied().unwrap_or_default();
        (vessels, self.judges.risks.cell(cell), self.judges.risks.charge_of(cell))
    }

    /// Units of the supervision grid above one, nearest first.
    pub fn above<'a>(
        &'a self,
        unit: &'a risk::Responsibility,
    ) -> impl Iterator<Item = &'a risk::Responsibility> {
        self.judges.risks.above(unit)
    }

    /// The units of the supervision grid and the worst grade in each.
    #[must_use]
    pub fn units(&self) -> Vec<(&risk::Responsibility, Grade)> {
        self.judges.risks.units()
    }

    /// Everything it remembers.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            config: self.config.clone(),
            filed: self.filed.clone(),
            second: self.second,
            ledger: self.ledger.state(),
            memory: self.judges.memory(),
        }
    }

    /// The inverse of [`Watch::snapshot`].
    #[must_use]
    pub fn restore(snapshot: Snapshot) -> Self {
        let Snapshot { config, filed, second, ledger, memory } = snapshot;
        Self {
            ledger: Ledger::new(&config.alerts, ledger),
            judges: Judges::new(&config, memory),
            config,
            filed,
            second,
        }
    }
}

/// Whether a track is believed to be out there.
fn is_live(track: &Track) -> bool {
    matches!(track.life, Life::Confirmed | Life::Coasting)
}
