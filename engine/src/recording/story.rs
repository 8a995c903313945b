//! What a stream of changes says, kept as whoever watched it would have known it: who was where, and what was raised.

use crate::feed::proto::{self, server_message::Body};
use std::collections::BTreeMap;
use units::UtcTime;

/// As far as it has been told.
#[derive(Clone, Debug, Default)]
pub struct Story {
    tracks: BTreeMap<u64, (Option<String>, f64, f64)>,
    alerts: BTreeMap<u64, Told>,
}

/// One alert, from when it was raised until it was over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The number of its kind.
    pub kind: u32,
    /// Whom and what it is about, in words that mean the same in another run.
    pub about: String,
    /// In words.
    pub text: String,
    /// emergency | alarm | warning | caution, as it was raised.
    pub priority: String,
    /// When it was raised.
    pub raised_us: i64,
    /// When it was over.
    pub cleared_us: Option<i64>,
}

impl Story {
    /// Takes a message.
    pub fn take(&mut self, at: UtcTime, body: Body) {
        match body {
            Body::Track(track) => {
                self.tracks.insert(track.id, (name(&track), track.lat, track.lon));
            }
            Body::TrackGone(gone) => drop(self.tracks.remove(&gone.id)),
            Body::Alert(alert) => self.alert(at, &alert),
            _ => {}
        }
    }

    fn alert(&mut self, at: UtcTime, alert: &proto::Alert) {
        let is_over = alert.state == i32::from(proto::AlertState::Cleared);
        let cleared_us = alert.cleared_us.or(is_over.then(|| at.unix_us()));
        if let Some(known) = self.alerts.get_mut(&alert.id) {
            known.cleared_us = cleared_us;
            return;
        }
        // Known by who it is about, not by numbers that another run gives to others.
        let mut about: Vec<String> = alert
            .tracks
            .iter()
            .map(|id| match self.tracks.get(id) {
                Some((Some(name), ..)) => name.clone(),
                _ => "a nameless track".to_owned(),
            })
            .collect();
        about.sort_unstable();
        about.extend(alert.zone.clone());
        about.extend(alert.cell.clone());
        let told = Told {
            kind: alert.kind,
            about: about.join(", "),
            text: alert.text_en.clone(),
            priority: alert.priority.clone(),
            raised_us: alert.raised_us,
            cleared_us,
        };
        self.alerts.insert(alert.id, told);
    }

    /// Every alert, by when it was raised.
    #[must_use]
    pub fn alerts(self) -> Vec<Told> {
        let mut all: Vec<Told> = self.alerts.into_values().collect();
        all.sort_by_key(|told| told.raised_us);
        all
    }

    /// Where whoever has a name is.
    #[must_use]
    pub fn vessels(&self) -> BTreeMap<String, (f64, f64)> {
        let named = self.tracks.values().filter_map(|(name, lat, lon)| Some((name.clone()?, (*lat, *lon))));
        named.collect()
    }

    /// How many have none.
    #[must_use]
    pub fn nameless(&self) -> usize {
        self.tracks.values().filter(|(name, ..)| name.is_none()).count()
    }
}

/// What a vessel is known by.
#[must_use]
pub fn name(track: &proto::Track) -> Option<String> {
    let identity = track.identity.as_ref()?;
    let mmsi = identity.mmsi.map(|mmsi| format!("MMSI {mmsi:09}"));
    let card = || identity.card.map(|card| format!("card {card}"));
    let terminal = || identity.terminal.as_ref().map(|terminal| format!("terminal {terminal}"));
    mmsi.or_else(card).or_else(terminal)
}
