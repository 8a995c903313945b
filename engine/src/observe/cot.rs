//! Cursor on Target events to observations: tracks of patrol boats, drones and other centres.

use super::ivef::{AHEAD_S, BELIEVED_M, SIGMA_COG_DEG, SIGMA_SOG_MPS, label, motion};
use super::series::{Series, State};
use decoders::cot::Event;
use fusion::{Body, Observation, SensorId, SensorTrack, SensorTrackStatus, SourceId};
use units::UtcTime;

/// One standard deviation of a place of which none is told, metres: a satellite fix of unknown make.
const SIGMA_M: f64 = 15.0;
/// An event that was stale for so long when it came says nothing of now, seconds: clocks differ.
const STALE_S: f64 = 10.0;

/// Turns one source's events into observations.
#[derive(Debug)]
pub struct Observer {
    source: SourceId,
    series: Series,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A state of a track.
    Observed,
    /// Told before.
    Repeated,
    /// Not of the surface of the sea, no track, or no longer true when it came.
    Other,
}

impl Observer {
    /// For the events of one source, whose tracks are a sensor's.
    #[must_use]
    pub const fn new(source: SourceId, sensor: SensorId) -> Self {
        Self { source, series: Series::new(sensor) }
    }

    /// What an event says, if anything. `arrival` is when it reached us.
    pub fn observe(
        &mut self,
        event: &Event,
        arrival: UtcTime,
        observed: impl FnOnce(Observation),
    ) -> Outcome {
        let is_old = event.stale.is_some_and(|stale| arrival.since(stale) > STALE_S);
        if event.gone.is_none() && (!is_on_the_surface(&event.kind) || is_old) {
            return Outcome::Other;
        }
        let at = event.at.unwrap_or(arrival);
        let valid = if at.since(arrival) > AHEAD_S { arrival } else { at };
        let status =
            if event.gone.is_some() { SensorTrackStatus::Ended } else { SensorTrackStatus::Confirmed };
        let position = Some(event.position).filter(|_| event.gone.is_none());
        let state = State { at: valid, heard: arrival, position, status };
        let Some(key) = self.series.key(number(event.gone.as_deref().unwrap_or(&event.uid)), state) else {
            return Outcome::Repeated;
        };
        let sigma_m = event.ce_m.unwrap_or(SIGMA_M).clamp(*BELIEVED_M.start(), *BELIEVED_M.end());
        let motion = event
            .speed_mps
            .zip(event.course)
            .map(|(sog_mps, cog)| motion(sog_mps, cog, SIGMA_SOG_MPS, SIGMA_COG_DEG));
        observed(Observation {
            source: self.source,
            valid,
            arrival,
            body: Body::SensorTrack(SensorTrack {
                key,
                status,
                position,
                covariance_m2: [sigma_m * sigma_m, 0.0, sigma_m * sigma_m],
                velocity_mps: motion.map(|(velocity_mps, _)| velocity_mps),
                velocity_covariance: motion.map_or([0.0; 3], |(_, covariance)| covariance),
                name: event.callsign.as_deref().and_then(label),
                mmsi: event.mmsi,
                length_m: None,
                width_m: None,
                orientation: None,
            }),
        });
        Outcome::Observed
    }
}

/// An atom, and neither in the air or in space nor below the surface. Hand-held sets on boats say that they are on land.
fn is_on_the_surface(kind: &str) -> bool {
    let mut atoms = kind.split('-');
    let is_atom = atoms.next() == Some("a");
    is_atom && atoms.nth(1).is_some_and(|battle| matches!(battle, "S" | "G"))
}

/// A number for a name (FNV-1a, 64 bits): of a million names two share one once in 40 million times.
fn number(uid: &str) -> i64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    uid.bytes().fold(0xcbf2_9ce4_8422_2325, mix) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::{Degrees, Label, Mmsi, Position};

    const NOON: UtcTime = UtcTime::from_unix_s(1_795_435_200);

    fn event(uid: &str, kind: &str, after_s: f64) -> Event {
        Event {
            uid: uid.to_owned(),
            kind: kind.to_owned(),
            at: Some(NOON.plus_s(after_s)),
            stale: Some(NOON.plus_s(after_s + 60.0)),
            position: Position::new(29.9, 122.1 + after_s * 1e-5).unwrap(),
            ce_m: Some(8.0),
            callsign: Some("HAIXUN 01".to_owned()),
            mmsi: Mmsi::new(413_000_001),
            course: Degrees::new(90.0),
            speed_mps: Some(5.0),
            gone: None,
        }
    }

    fn told(observer: &mut Observer, event: &Event, arrival_s: f64) -> (Outcome, Option<SensorTrack>) {
        let mut seen = None;
        let outcome = observer.observe(event, NOON.plus_s(arrival_s), |observation| seen = Some(observation));
        let track =
            seen.and_then(|it| if let Body::SensorTrack(track) = it.body { Some(track) } else { None });
        (outcome, track)
    }

    #[test]
    fn an_event_is_a_state_of_a_track_until_it_is_gone() {
        let mut observer = Observer::new(SourceId(3), SensorId(5));
        let boat = event("ANDROID-1", "a-f-S-X-L", 0.0);
        let (outcome, track) = told(&mut observer, &boat, 0.4);
        let first = track.unwrap();
        assert_eq!((outcome, first.covariance_m2), (Outcome::Observed, [64.0, 0.0, 64.0]));
        assert_eq!((first.name, first.mmsi), (Label::new(b"HAIXUN 01"), Mmsi::new(413_000_001)));
        assert!((first.velocity_mps.unwrap()[0] - 5.0).abs() < 1e-9);
        assert_eq!(told(&mut observer, &boat, 1.0), (Outcome::Repeated, None));
        let (_, next) = told(&mut observer, &event("ANDROID-1", "a-f-G-U-C", 10.0), 10.0);
        assert_eq!(next.unwrap().key, first.key);
        let other = told(&mut observer, &event("ANDROID-2", "a-u-S", 10.0), 10.0).1.unwrap();
        assert_ne!(other.key, first.key);
        let end = Event { gone: Some("ANDROID-1".to_owned()), ..event("x", "t-x-d-d", 20.0) };
        let ended = told(&mut observer, &end, 20.0).1.unwrap();
        assert_eq!((ended.key, ended.status, ended.position), (first.key, SensorTrackStatus::Ended, None));
        let (_, again) = told(&mut observer, &event("ANDROID-1", "a-f-S", 30.0), 30.0);
        assert_ne!(again.unwrap().key, first.key);
    }

    #[test]
    fn what_is_not_at_sea_or_not_true_any_more_is_left_out() {
        let mut observer = Observer::new(SourceId(3), SensorId(5));
        for kind in ["a-f-A-M-H", "a-h-U", "a-f-P", "b-m-p-s-m", "t-x-c-t", "a", "a-f", ""] {
            let said = event("x", kind, 0.0);
            assert_eq!(told(&mut observer, &said, 0.0), (Outcome::Other, None), "{kind}");
        }
        assert_eq!(told(&mut observer, &event("x", "a-f-S", 0.0), 71.0), (Outcome::Other, None));
        // A clock far ahead is not believed.
        let ahead = Event { at: Some(NOON.plus_s(28_800.0)), ..event("x", "a-f-S", 0.0) };
        let mut valid = None;
        observer.observe(&ahead, NOON, |observation| valid = Some(observation.valid));
        assert_eq!(valid, Some(NOON));
    }
}
