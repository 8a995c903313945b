//! A vessel that speaks by AIS, and by a terminal of which no registry knows whose it is: one vessel, two numbers.
//!
//! What a terminal says is compared with who is there. Where that is clearly one vessel that speaks by AIS, again and
//! again, the terminal is aboard her: her track bears its number too, and a track that the terminal had of its own ends
//! in hers. Until that is settled the terminal begins no second track beside her. Where it then speaks from elsewhere
//! it is hers no more.

use crate::merge::distance2;
use crate::track::Seen;
use crate::{Change, Fusion, Gone, Identity, Life, Station, Track, TrackId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{Caller, UtcTime};

/// Aboard which vessel each terminal is, or may be.
pub(crate) type Aliases = BTreeMap<Caller, Alias>;

/// What is thought of one terminal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alias {
    /// The track that was there at its last report.
    host: Option<TrackId>,
    /// Reports in a row that were clearly from there.
    times: u8,
    /// Reports in a row that were from nowhere in particular, or from elsewhere than its host.
    odd: u8,
    /// It is aboard.
    bound: bool,
    heard: UtcTime,
}

impl Alias {
    /// It is aboard this vessel.
    pub(crate) fn is_of(&self, id: TrackId) -> bool {
        self.bound && self.host == Some(id)
    }
}

const ALIASES_MOST: usize = 20_000;
const FORGOTTEN_S: f64 = 3600.0;
/// A terminal's host is looked for so far about its report, metres.
const REACH_M: f64 = 400.0;
/// Squared distance of two beliefs (four degrees of freedom) below which one may be the other, and how much farther
/// everybody else must be.
const LIKE: f64 = 14.0;
const MARGIN: f64 = 6.0;
/// Room on each axis of place and speed, metres and metres per second.
const ROOM: [f64; 2] = [25.0, 0.6];
/// So many reports from one vessel are from aboard; of a terminal that has a track, more.
const ABOARD: u8 = 2;
const MERGED: u8 = 3;
/// So many reports from nowhere in particular begin a track; from elsewhere, end an alias.
const ODD_MOST: u8 = 3;

/// Who is where a terminal speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Here {
    Nobody,
    /// Several, or an echo without a name.
    Somebody,
    /// Clearly one who speaks by AIS.
    Vessel(TrackId),
}

impl Fusion {
    /// A terminal spoke that has no track, nor a vessel that it is known to be aboard: the vessel that it is, and
    /// whether its report waits for more.
    pub(crate) fn host(&mut self, seen: &Seen<'_>) -> (Option<TrackId>, bool) {
        let by = seen.report.by;
        if matches!(by, Caller::Mmsi(_)) {
            return (None, false);
        }
        let here = self.here(seen, None);
        let now = self.now;
        let Some(alias) = self.alias(by) else { return (None, false) };
        alias.heard = now;
        alias.bound = false;
        match here {
            Here::Nobody => {
                *alias = Alias { host: None, times: 0, odd: 0, bound: false, heard: now };
                (None, false)
            }
            Here::Somebody => {
                alias.odd = alias.odd.saturating_add(1);
                (None, alias.odd < ODD_MOST)
            }
            Here::Vessel(id) => {
                alias.times = if alias.host == Some(id) { alias.times.saturating_add(1) } else { 1 };
                alias.host = Some(id);
                if alias.times < ABOARD {
                    return (None, true);
                }
                self.bind(by, id);
                (Some(id), false)
            }
        }
    }

    /// A terminal spoke whose report fits a track: where that is its own, the vessel that it proves to be ends it; the
    /// track that goes on.
    pub(crate) fn board(&mut self, own: TrackId, seen: &Seen<'_>, changes: &mut Vec<Change>) -> TrackId {
        let by = seen.report.by;
        let is_own = self.track(own).is_some_and(|track| track.identity.caller() == Some(by));
        if matches!(by, Caller::Mmsi(_)) || !is_own {
            return own;
        }
        let here = self.here(seen, Some(own));
        let now = self.now;
        let Some(alias) = self.alias(by) else { return own };
        alias.heard = now;
        let Here::Vessel(host) = here else {
            alias.times = 0;
            return own;
        };
        alias.times = if alias.host == Some(host) { alias.times.saturating_add(1) } else { 1 };
        alias.host = Some(host);
        if alias.times < MERGED {
            return own;
        }
        self.unite(own.min(host), own.max(host), changes);
        own.min(host)
    }

    /// Whether a terminal that is aboard a vessel spoke from elsewhere, and is thought to be aboard all the same.
    pub(crate) fn strayed(&mut self, by: Caller) -> bool {
        let Some(alias) = self.aliases.get_mut(&by).filter(|alias| alias.bound) else { return false };
        alias.odd = alias.odd.saturating_add(1);
        if alias.odd < ODD_MOST {
            return true;
        }
        let host = alias.host;
        *alias = Alias { host: None, times: 0, odd: 0, bound: false, heard: self.now };
        if let Some(id) = host.filter(|&id| self.claims.remove(&(by, id)))
            && let Some(entry) = self.tracks.get_mut(id)
        {
            entry.track.identity.forget(by);
            self.touch(id);
        }
        false
    }

    /// A report of a terminal from aboard.
    pub(crate) fn is_aboard(&mut self, by: Caller, id: TrackId) -> bool {
        let now = self.now;
        let alias = self.aliases.get_mut(&by).filter(|alias| alias.is_of(id));
        let Some(alias) = alias else { return false };
        (alias.odd, alias.heard) = (0, now);
        true
    }

    fn alias(&mut self, by: Caller) -> Option<&mut Alias> {
        let now = self.now;
        if self.aliases.len() >= ALIASES_MOST && !self.aliases.contains_key(&by) {
            self.aliases.retain(|_, alias| now.since(alias.heard) < FORGOTTEN_S);
            if self.aliases.len() >= ALIASES_MOST {
                return None;
            }
        }
        let fresh = Alias { host: None, times: 0, odd: 0, bound: false, heard: now };
        Some(self.aliases.entry(by).or_insert(fresh))
    }

    fn bind(&mut self, by: Caller, id: TrackId) {
        if let Some(alias) = self.aliases.get_mut(&by) {
            (alias.host, alias.bound, alias.odd) = (Some(id), true, 0);
        }
        if let Some(entry) = self.tracks.get_mut(id) {
            entry.track.identity.also(by);
        }
        self.claims.insert((by, id));
        self.touch(id);
    }

    fn here(&self, seen: &Seen<'_>, own: Option<TrackId>) -> Here {
        let mut found = Vec::new();
        self.near(seen.here.origin(), REACH_M, &mut found);
        let said = Track::born(TrackId(0), self.names.of(seen.report.by), seen, self.now);
        let mut best: Option<(f64, &Track)> = None;
        let mut second = f64::INFINITY;
        for track in found.iter().filter_map(|&id| self.track(id)) {
            if Some(track.id) == own || track.station == Some(Station::Aircraft) || track.life == Life::Lost {
                continue;
            }
            // A vessel carries one card, and one terminal: where a registry says which, this is none of hers. What
            // was only taken for hers may be a mistake.
            let known = match seen.report.by {
                Caller::Mmsi(_) => None,
                Caller::Card(_) => track.identity.card.map(Caller::Card),
                Caller::Terminal(_) => track.identity.terminal.map(Caller::Terminal),
            };
            if known.is_some_and(|known| !self.aliases.get(&known).is_some_and(|alias| alias.is_of(track.id)))
            {
                continue;
            }
            let d2 = distance2(track, &said, seen.valid, ROOM);
            if best.is_none_or(|(least, _)| d2 < least) {
                second = best.map_or(f64::INFINITY, |(least, _)| least);
                best = Some((d2, track));
            } else {
                second = second.min(d2);
            }
        }
        match best {
            Some((d2, track)) if d2 < LIKE => {
                if track.identity.mmsi.is_some() && d2 + MARGIN < second {
                    Here::Vessel(track.id)
                } else {
                    Here::Somebody
                }
            }
            _ => Here::Nobody,
        }
    }

    /// Two tracks are one vessel, one of them by AIS, the other by its terminal: the younger ends in the older.
    pub(crate) fn unite_named(
        &mut self,
        (older, its): (TrackId, Caller),
        (younger, theirs): (TrackId, Caller),
        changes: &mut Vec<Change>,
    ) {
        let (named, terminal) = if matches!(its, Caller::Mmsi(_)) { (older, theirs) } else { (younger, its) };
        let Some(gone) = self.track(younger).cloned() else { return };
        self.end(younger, Gone::Merged, changes);
        self.carry_series(younger, older);
        let now = self.now;
        if named == younger {
            self.unclaim(older);
        }
        let Some(entry) = self.tracks.get_mut(older) else { return };
        let kept = &mut entry.track;
        if !kept.is_seen(now) && (gone.is_seen(now) || named == younger) {
            kept.take_motion(&gone);
        }
        if named == younger {
            kept.take_identity(&gone);
        }
        kept.heard_at = kept.heard_at.max(gone.heard_at).min(now);
        self.claim(older);
        if self.alias(terminal).is_some() {
            self.bind(terminal, older);
        }
        self.live(older, Life::Confirmed);
        self.place(older);
        self.touch(older);
    }

    /// A track goes by its names from now on.
    pub(crate) fn claim(&mut self, id: TrackId) {
        let Some(identity) = self.track(id).map(|track| track.identity) else { return };
        for caller in identity.callers() {
            if let Some(alias) = self.aliases.get_mut(&caller).filter(|alias| alias.bound) {
                alias.host = Some(id);
            } else if identity.caller() != Some(caller) {
                continue;
            }
            self.claims.insert((caller, id));
        }
        if let Some(caller) = identity.caller() {
            self.judge(caller);
        }
    }

    /// A track goes by its names no more.
    pub(crate) fn unclaim(&mut self, id: TrackId) {
        let Some(identity) = self.track(id).map(|track| track.identity) else { return };
        self.disclaim(id, &identity);
    }

    pub(crate) fn disclaim(&mut self, id: TrackId, identity: &Identity) {
        for caller in identity.callers() {
            self.claims.remove(&(caller, id));
        }
    }
}
