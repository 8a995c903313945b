//! How one alert goes from state to state.

use super::{Alert, Category, Cause, Ends, Operator, Priority, State};
use units::UtcTime;

/// What the end of its condition makes of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is over.
    Clear,
    /// It waits for somebody to acknowledge it.
    Rectify,
    /// It stays as it is.
    Stay,
}

impl Alert {
    /// What follows when the condition ends; `base` is its priority without escalation.
    pub(super) fn end(&self, base: Priority) -> End {
        let row = self.kind.row();
        // Distress never clears by itself, and what tells of an event waits for its reader.
        if base == Priority::Emergency || self.shelf.is_some() {
            return End::Stay;
        }
        let needs_reader = base != Priority::Caution && row.category != Category::C;
        match self.state {
            State::Rectified | State::Cleared => End::Stay,
            State::Transferred => match self.transfer.as_ref().map(|transfer| transfer.before) {
                Some(State::Active | State::Silenced) if needs_reader => End::Rectify,
                _ => End::Clear,
            },
            State::Active | State::Silenced
                if row.ends == Ends::Acknowledged && row.category != Category::C =>
            {
                End::Stay
            }
            State::Active | State::Silenced if needs_reader => End::Rectify,
            State::Active | State::Silenced | State::Acknowledged => End::Clear,
        }
    }

    /// Goes to a state: one more revision.
    pub(super) fn enter(&mut self, state: State, now: UtcTime, cause: Cause, by: Option<&Operator>) {
        self.state = state;
        self.changed = now;
        if state == State::Cleared {
            self.cleared = Some(now);
        }
        if state != State::Transferred {
            self.transfer = None;
        }
        if !state.is_unacknowledged() {
            self.sounding = false;
        }
        self.revise(cause, by);
    }

    /// One more revision.
    pub(super) fn revise(&mut self, cause: Cause, by: Option<&Operator>) {
        self.revision = self.revision.saturating_add(1);
        self.cause = cause;
        self.by = by.cloned();
    }

    /// Becomes more urgent, in front of the supervisor too.
    pub(super) fn escalate(&mut self) {
        self.escalation = (self.escalation + 1).min(9);
        self.priority = self.priority.raised();
        if !self.sectors.iter().any(|name| name == super::flood::SUPERVISOR) {
            self.sectors.push(super::flood::SUPERVISOR.to_owned());
        }
    }
}
