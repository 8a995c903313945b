//! What one track takes over from another, and what follows for where its antenna is.

use super::Track;
use crate::Identity;
use crate::heard::Recent;
use crate::imm::Pair;
use crate::motion;
use crate::relink::Astray;

/// One standard deviation on each axis of the speed of a ship that lies still, metres per second.
const STILL_MPS: f64 = 0.15;

impl Track {
    /// Believes of its motion what another track of the same vessel does, whose radar sees it.
    pub(crate) fn take_motion(&mut self, from: &Self) {
        (self.plane, self.imm, self.filter, self.time) = (from.plane, from.imm, from.filter, from.time);
        (self.looks, self.score) = (from.looks, from.score);
        (self.seen_length_m, self.seen_lengths) = (from.seen_length_m, from.seen_lengths);
        (self.restless, self.speed_known, self.lever) = (from.restless, from.speed_known, from.lever);
        self.fix = None;
        self.relearn_lever();
        let speed_mps = self.filter.speed_mps();
        self.imm.loosen_lever((speed_mps * 8.0).powi(2), 100.0);
        if self.lies_still() {
            let agility = self.agility();
            self.imm.go(
                Pair { z: [0.0; 2], r: [STILL_MPS * STILL_MPS, 0.0, STILL_MPS * STILL_MPS] },
                0.0,
                &agility,
            );
            self.filter = self.imm.combined();
        }
    }

    /// Was lost, and is found again as another echo.
    pub(crate) fn go_on_as(&mut self, echo: &Self) {
        let (length_m, lengths) = (self.seen_length_m, self.seen_lengths);
        self.take_motion(echo);
        self.heard_at = self.heard_at.max(echo.heard_at);
        for (source, at) in echo.heard.all() {
            self.heard.note(source, at);
        }
        if lengths > self.seen_lengths {
            (self.seen_length_m, self.seen_lengths) = (length_m, lengths);
        }
    }

    /// Becomes the track of a vessel that spoke under another number.
    pub(crate) fn take_identity(&mut self, from: &Self) {
        self.identity = from.identity;
        self.hull = from.hull;
        self.station = from.station;
        self.reported = from.reported;
        self.nav_status = from.nav_status;
        (self.heading, self.heading_at) = (from.heading, from.heading_at);
        (self.rot_deg_min, self.rot_at) = (from.rot_deg_min, from.rot_at);
        (self.recent, self.astray, self.noisy) = (from.recent, Astray::default(), 1.0);
        self.reports = self.reports.saturating_add(from.reports);
        for (source, at) in from.heard.all() {
            self.heard.note(source, at);
        }
        self.relearn_lever();
        let speed_mps = self.filter.speed_mps();
        self.imm.loosen_lever((speed_mps * 8.0).powi(2), 100.0);
    }

    /// Is an echo of nobody known from now on.
    pub(crate) fn lose_identity(&mut self) {
        self.identity = Identity::default();
        (self.hull, self.station, self.reported, self.fix) = (None, None, None, None);
        (self.nav_status, self.heading, self.rot_deg_min) = (None, None, None);
        (self.reports, self.noisy, self.doubt) = (0, 1.0, false);
        (self.recent, self.astray) = (Recent::default(), Astray::default());
        self.relearn_lever();
    }

    /// What is now known of the antenna's place.
    /// Whether the state changed.
    pub(crate) fn relearn_lever(&mut self) -> bool {
        let lever = motion::lever(self.station, self.hull, self.seen_size_m(), self.bow_known);
        if lever == self.lever {
            return false;
        }
        if lever.known {
            if self.lever.known {
                // It says something else than before: believe it anew.
                self.imm.loosen_lever(45.0_f64.powi(2), 100.0);
            }
            let agility = self.agility();
            self.imm.learn_lever(&lever, &agility);
            self.filter = self.imm.combined();
        } else if self.lever.known {
            self.imm.loosen_lever(lever.sigma[0].powi(2), lever.sigma[1].powi(2));
        } else {
            let more = |k: usize| {
                (lever.sigma.get(k).copied().unwrap_or(0.0).powi(2)
                    - self.lever.sigma.get(k).copied().unwrap_or(0.0).powi(2))
                .max(0.0)
            };
            self.imm.loosen_lever(more(0), more(1));
        }
        self.lever = lever;
        self.misplaced = false;
        self.filter = self.imm.combined();
        self.recentre();
        true
    }
}
