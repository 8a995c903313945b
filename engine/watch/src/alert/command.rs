//! What operators do to alerts. One state for the whole centre: a command names the revision that its sender saw,
//! and is refused where somebody else was faster.

use super::case::Key;
use super::flood::{EVERYWHERE, SUPERVISOR};
use super::{Alert, AlertId, Category, Cause, Ends, Kind, Ledger, Priority, Shelf, State, Transfer};
use crate::{Change, Moment};
use fusion::TrackId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Somebody at a console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// Who.
    pub user: String,
    /// Where.
    pub console: String,
    /// May do what.
    pub role: Role,
    /// The sectors on show there; none: all of them.
    pub sectors: Vec<String>,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Look.
    Viewer,
    /// Acknowledge, silence, transfer, shelve for up to half an hour.
    Operator,
    /// Shelve for up to two hours, take kinds out of service, close emergencies.
    Supervisor,
}

/// Why an alert is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShelveReason {
    /// Somebody deals with it already.
    InHand,
    /// It is planned work.
    Planned,
    /// A sensor or a limit is wrong.
    FalseAlert,
    /// Something else.
    Other,
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Command {
    /// I have seen it and deal with it.
    Acknowledge {
        /// Which.
        alert: AlertId,
        /// As I saw it.
        revision: u32,
    },
    /// The same for every alert of its situation, each of them recorded.
    AcknowledgeGroup {
        /// Any of them.
        alert: AlertId,
        /// As I saw that one.
        revision: u32,
    },
    /// Be quiet for half a minute.
    Silence {
        /// Which.
        alert: AlertId,
        /// As I saw it.
        revision: u32,
    },
    /// Be quiet, all that I see. There is no such thing for acknowledging.
    SilenceAll,
    /// Somebody else should take it.
    Transfer {
        /// Which.
        alert: AlertId,
        /// As I saw it.
        revision: u32,
        /// Console, user or sector.
        to: String,
    },
    /// I take what was offered to me.
    Accept {
        /// Which.
        alert: AlertId,
        /// As I saw it.
        revision: u32,
    },
    /// Set it aside.
    Shelve {
        /// Which.
        alert: AlertId,
        /// As I saw it.
        revision: u32,
        /// How long, seconds.
        for_s: f64,
        /// Why.
        reason: ShelveReason,
    },
    /// Take it off the shelf.
    Unshelve {
        /// Which.
        alert: AlertId,
        /// As I saw it.
        revision: u32,
    },
    /// It is over, and I say so: the only way that an emergency ends.
    Close {
        /// Which.
        alert: AlertId,
        /// As I saw it.
        revision: u32,
    },
    /// Do not watch for a kind, or do again; in one zone only, where its number is given.
    Service {
        /// What.
        kind: Kind,
        /// Place of the zone in the configuration.
        zone: Option<u16>,
        /// Whether to watch.
        on: bool,
    },
    /// Two vessels belong together, or no longer do.
    Associate {
        /// Which.
        tracks: (TrackId, TrackId),
        /// Whether they do.
        on: bool,
    },
    /// Nobody sees far: who gives way is another matter (collision regulations, rule 19).
    Visibility {
        /// Whether it is below a mile.
        restricted: bool,
    },
}

/// A command and who gives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Who.
    pub by: Operator,
    /// What.
    pub command: Command,
}

/// Why a command changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such alert, or no longer.
    Unknown,
    /// Somebody was faster: the alert is now as this says.
    Stale {
        /// Its revision.
        revision: u32,
        /// Its state.
        state: State,
    },
    /// That cannot be done to an alert in this state.
    State(State),
    /// It is treated elsewhere.
    Category,
    /// It lies in no sector on show there.
    Sector,
    /// Not in that role.
    Role,
    /// Emergencies cannot be set aside.
    Emergency,
    /// Not for so long.
    TooLong,
    /// A name is empty, too long or unprintable.
    Name,
}

impl Refusal {
    /// As a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_alert",
            Self::Stale { .. } => "stale_revision",
            Self::State(_) => "wrong_state",
            Self::Category => "category",
            Self::Sector => "sector",
            Self::Role => "role",
            Self::Emergency => "emergency",
            Self::TooLong => "too_long",
            Self::Name => "name",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no such alert"),
            Self::Stale { revision, state } => {
                write!(f, "the alert is at revision {revision} and {}", state.as_str())
            }
            Self::State(state) => write!(f, "not possible while the alert is {}", state.as_str()),
            Self::Category => f.write_str("this kind cannot be acknowledged here"),
            Self::Sector => f.write_str("the alert lies in no sector of this console"),
            Self::Role => f.write_str("this role may not do that"),
            Self::Emergency => f.write_str("an emergency cannot be set aside"),
            Self::TooLong => f.write_str("at most 30 minutes, or 2 hours for a supervisor"),
            Self::Name => f.write_str("names have 1 to 64 printable characters"),
        }
    }
}

impl std::error::Error for Refusal {}

const SHELVE_S: f64 = 1800.0;
const SUPERVISOR_SHELVE_S: f64 = 7200.0;
const MAX_NAME: usize = 64;

impl Operator {
    fn sees(&self, alert: &Alert) -> bool {
        self.sectors.is_empty()
            || alert.sectors.iter().any(|name| {
                self.sectors.contains(name) || name == SUPERVISOR && self.role == Role::Supervisor
            })
            || alert.sectors.iter().any(|name| name == EVERYWHERE)
    }
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

impl Ledger {
    /// Does what somebody wants to alerts. How many were changed.
    pub fn command(
        &mut self,
        order: &Order,
        moment: Moment<'_>,
        out: &mut Vec<Change>,
    ) -> Result<usize, Refusal> {
        let before = out.len();
        let done = self.obey(order, moment, out);
        let touched = out.iter().skip(before).filter_map(|change| match change {
            Change::Alert(alert) => self.state.by_id.get(&alert.id).copied(),
            _ => None,
        });
        let touched: Vec<Key> = touched.collect();
        for key in &touched {
            self.plan(key);
        }
        if done.is_err() {
            self.state.counts.refused += 1;
        }
        done
    }

    fn obey(&mut self, order: &Order, moment: Moment<'_>, out: &mut Vec<Change>) -> Result<usize, Refusal> {
        let Order { by, command } = order;
        if by.role == Role::Viewer {
            return Err(Refusal::Role);
        }
        if !is_name(&by.user) || !is_name(&by.console) {
            return Err(Refusal::Name);
        }
        let now = moment.now;
        match *command {
            Command::Acknowledge { alert, revision } => {
                self.seen(alert, revision)?;
                self.acknowledge(alert, order, moment, out)?;
                Ok(1)
            }
            Command::AcknowledgeGroup { alert, revision } => {
                self.seen(alert, revision)?;
                let group = self.alert(alert).and_then(|alert| alert.group);
                let members: Vec<AlertId> = match group {
                    Some(_) => self.alerts().filter(|a| a.group == group).map(|a| a.id).collect(),
                    None => vec![alert],
                };
                let done =
                    members.iter().filter(|id| self.acknowledge(**id, order, moment, out).is_ok()).count();
                if done == 0 { Err(self.wrong_state(alert)) } else { Ok(done) }
            }
            Command::Silence { alert, revision } => {
                self.seen(alert, revision)?;
                let found = self.alert_mut(alert).ok_or(Refusal::Unknown)?;
                if found.state != State::Active {
                    return Err(Refusal::State(found.state));
                }
                found.enter(State::Silenced, now, Cause::Command, Some(by));
                out.push(Change::Alert(Box::new(found.clone())));
                Ok(1)
            }
            Command::SilenceAll => {
                let sounding: Vec<AlertId> = self
                    .alerts()
                    .filter(|a| a.state == State::Active && a.sounding && by.sees(a))
                    .map(|a| a.id)
                    .collect();
                for id in &sounding {
                    let Some(found) = self.alert_mut(*id) else { continue };
                    found.enter(State::Silenced, now, Cause::Command, Some(by));
                    out.push(Change::Alert(Box::new(found.clone())));
                }
                Ok(sounding.len())
            }
            Command::Transfer { alert, revision, ref to } => {
                self.seen(alert, revision)?;
                if !is_name(to) {
                    return Err(Refusal::Name);
                }
                let found = self.alert_mut(alert).ok_or(Refusal::Unknown)?;
                if !matches!(found.state, State::Active | State::Silenced | State::Acknowledged) {
                    return Err(Refusal::State(found.state));
                }
                let before = found.state;
                found.enter(State::Transferred, now, Cause::Command, Some(by));
                found.transfer = Some(Transfer { to: to.clone(), at: now, before });
                out.push(Change::Alert(Box::new(found.clone())));
                Ok(1)
            }
            Command::Accept { alert, revision } => {
                self.seen(alert, revision)?;
                let found = self.alert(alert).ok_or(Refusal::Unknown)?;
                let Some(transfer) = found.transfer.as_ref() else { return Err(Refusal::State(found.state)) };
                let is_meant =
                    transfer.to == by.console || transfer.to == by.user || by.sectors.contains(&transfer.to);
                if !is_meant {
                    return Err(Refusal::Sector);
                }
                self.take(alert, order, moment, out)?;
                Ok(1)
            }
            Command::Shelve { alert, revision, for_s, reason } => {
                self.seen(alert, revision)?;
                let most_s = if by.role == Role::Supervisor { SUPERVISOR_SHELVE_S } else { SHELVE_S };
                if !(0.0..=most_s).contains(&for_s) {
                    return Err(Refusal::TooLong);
                }
                let found = self.alert_mut(alert).ok_or(Refusal::Unknown)?;
                if found.priority == Priority::Emergency {
                    return Err(Refusal::Emergency);
                }
                found.shelf = Some(Shelf { until: now.plus_s(for_s), reason, by: by.clone() });
                found.sounding = false;
                found.revise(Cause::Command, Some(by));
                out.push(Change::Alert(Box::new(found.clone())));
                Ok(1)
            }
            Command::Unshelve { alert, revision } => {
                self.seen(alert, revision)?;
                let found = self.alert_mut(alert).ok_or(Refusal::Unknown)?;
                if found.shelf.take().is_none() {
                    return Err(Refusal::State(found.state));
                }
                found.revise(Cause::Command, Some(by));
                out.push(Change::Alert(Box::new(found.clone())));
                Ok(1)
            }
            Command::Close { alert, revision } => {
                self.seen(alert, revision)?;
                if by.role < Role::Supervisor {
                    return Err(Refusal::Role);
                }
                self.finish(alert, now, Cause::Command, Some(by), out).ok_or(Refusal::Unknown)?;
                Ok(1)
            }
            Command::Service { kind, zone, on } => {
                if by.role < Role::Supervisor {
                    return Err(Refusal::Role);
                }
                Ok(self.serve(kind, zone, on, moment.now))
            }
            // Those are for the judges.
            Command::Associate { .. } | Command::Visibility { .. } => Ok(0),
        }
    }

    /// Whether the sender saw the alert as it is.
    fn seen(&self, id: AlertId, revision: u32) -> Result<(), Refusal> {
        let alert = self.alert(id).ok_or(Refusal::Unknown)?;
        if alert.revision == revision {
            Ok(())
        } else {
            Err(Refusal::Stale { revision: alert.revision, state: alert.state })
        }
    }

    fn wrong_state(&self, id: AlertId) -> Refusal {
        self.alert(id).map_or(Refusal::Unknown, |alert| Refusal::State(alert.state))
    }

    fn acknowledge(
        &mut self,
        id: AlertId,
        order: &Order,
        moment: Moment<'_>,
        out: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        let alert = self.alert(id).ok_or(Refusal::Unknown)?;
        match alert.kind.category() {
            Category::C => return Err(Refusal::Category),
            Category::A if !order.by.sees(alert) => return Err(Refusal::Sector),
            Category::A | Category::B => {}
        }
        self.take(id, order, moment, out)
    }

    /// Makes somebody the owner of an alert.
    fn take(
        &mut self,
        id: AlertId,
        order: &Order,
        moment: Moment<'_>,
        out: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        let now = moment.now;
        let alert = self.alert_mut(id).ok_or(Refusal::Unknown)?;
        let by = Some(&order.by);
        match alert.state {
            State::Cleared | State::Acknowledged => return Err(Refusal::State(alert.state)),
            State::Active | State::Silenced | State::Transferred | State::Rectified => {}
        }
        alert.owner = by.cloned();
        let is_done = alert.state == State::Rectified
            || alert.kind.row().ends == Ends::Acknowledged && alert.priority != Priority::Emergency;
        if is_done {
            self.finish(id, now, Cause::Command, by, out);
        } else {
            alert.enter(State::Acknowledged, now, Cause::Command, by);
            out.push(Change::Alert(Box::new(alert.clone())));
        }
        self.state.counts.acknowledged += 1;
        Ok(())
    }
}
