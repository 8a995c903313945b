//! IVEF objects to observations (IALA V-145): another centre's tracks, and what it knows of their vessels.

use super::series::{Series, State};
use decoders::ivef::Element;
use decoders::ivef::message::{Track, TrackStatus, Vessel, Voyage};
use fusion::{
    Body, MarkKind, MarkReport, Observation, SensorId, SensorTrack, SensorTrackKey, SensorTrackStatus,
    SourceId, Statics,
};
use units::{Degrees, Label, UtcTime};

/// One standard deviation of a centre's track that tells none, metres: a radar track at VTS ranges (V-128).
const SIGMA_M: f64 = 25.0;
/// The same for a track that no sensor updates.
const SIGMA_COASTED_M: f64 = 100.0;
/// What a centre can be believed to know, and what nobody needs to be told, metres.
pub(super) const BELIEVED_M: std::ops::RangeInclusive<f64> = 1.0..=5000.0;
/// One standard deviation of a speed that tells none, metres per second, and of a course, degrees.
pub(super) const SIGMA_SOG_MPS: f64 = 0.5;
pub(super) const SIGMA_COG_DEG: f64 = 5.0;
/// A course means nothing at rest: what the speed across it may be whatever the speed is, metres per second.
const ADRIFT_MPS: f64 = 0.2;
/// A validity this far after the arrival is the disagreement of two clocks; further, it is nonsense.
pub(super) const AHEAD_S: f64 = 10.0;

/// Turns one source's objects into observations.
#[derive(Debug)]
pub struct Observer {
    source: SourceId,
    series: Series,
    counted: Counted,
}

/// What became of the objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Objects whose track was observed.
    pub observed: u64,
    /// Objects whose track was told before, at the same time and with the same status: whole pictures repeat them.
    pub repeated: u64,
    /// Objects with a vessel or a voyage and no track.
    pub trackless: u64,
    /// Objects that are aids to navigation.
    pub aids: u64,
    /// Times a number began anew.
    pub renumbered: u64,
}

impl Observer {
    /// For the objects of one source, whose tracks are a sensor's.
    #[must_use]
    pub const fn new(source: SourceId, sensor: SensorId) -> Self {
        Self {
            source,
            series: Series::new(sensor),
            counted: Counted { observed: 0, repeated: 0, trackless: 0, aids: 0, renumbered: 0 },
        }
    }

    /// What became of the objects so far.
    #[must_use]
    pub const fn counted(&self) -> Counted {
        Counted { renumbered: self.series.renumbered, ..self.counted }
    }

    /// What an object says, if anything. `arrival` is when it reached us.
    pub fn observe(&mut self, object: Element<'_>, arrival: UtcTime, mut observed: impl FnMut(Observation)) {
        let vessel = merged(object);
        let track = Track::of(object);
        let at = track.as_ref().and_then(|track| track.at).unwrap_or(arrival);
        let valid = if at.since(arrival) > AHEAD_S { arrival } else { at };
        let source = self.source;
        let mut say = |valid, body| observed(Observation { source, valid, arrival, body });
        if vessel.is_aid == Some(true) {
            self.counted.aids += 1;
            if let Some(mark) = aid(&vessel, track.as_ref()) {
                say(valid, Body::Mark(mark));
            }
            return;
        }
        match track {
            None => self.counted.trackless += 1,
            Some(track) => match self.series.key(track.id, state(&track, valid, arrival)) {
                None => self.counted.repeated += 1,
                Some(key) => {
                    self.counted.observed += 1;
                    say(valid, Body::SensorTrack(sensor_track(key, &track, &vessel)));
                }
            },
        }
        if let Some(statics) = statics(object, &vessel) {
            say(arrival, Body::Statics(statics));
        }
    }
}

fn state(track: &Track<'_>, at: UtcTime, heard: UtcTime) -> State {
    State { at, heard, position: track.position, status: status(track) }
}

fn status(track: &Track<'_>) -> SensorTrackStatus {
    match track.status {
        Some(TrackStatus::Updated) | None => SensorTrackStatus::Confirmed,
        Some(TrackStatus::Coasted) => SensorTrackStatus::Coasting,
        Some(TrackStatus::Dropped) => SensorTrackStatus::Ended,
    }
}

fn sensor_track(key: SensorTrackKey, track: &Track<'_>, vessel: &Vessel<'_>) -> SensorTrack {
    let coasted = track.status == Some(TrackStatus::Coasted);
    let guess_m = if coasted { SIGMA_COASTED_M } else { SIGMA_M };
    let believed = |sigma_m: f64| sigma_m.clamp(*BELIEVED_M.start(), *BELIEVED_M.end());
    let (north_m, east_m) = track.sigma_m.map_or((guess_m, guess_m), |(n, e)| (believed(n), believed(e)));
    let motion = track.sog_mps.zip(track.cog).map(|(sog_mps, cog)| {
        let sigma_sog_mps = track.sigma_sog_mps.unwrap_or(SIGMA_SOG_MPS);
        motion(sog_mps, cog, sigma_sog_mps, track.sigma_cog_deg.unwrap_or(SIGMA_COG_DEG))
    });
    SensorTrack {
        key,
        status: status(track),
        position: track.position,
        covariance_m2: [east_m * east_m, 0.0, north_m * north_m],
        velocity_mps: motion.map(|(velocity_mps, _)| velocity_mps),
        velocity_covariance: motion.map_or([0.0; 3], |(_, covariance)| covariance),
        name: vessel.name.and_then(label),
        mmsi: vessel.mmsi,
        length_m: track.length_m.or(vessel.length_m),
        width_m: track.width_m.or(vessel.width_m),
        orientation: track.heading,
    }
}

/// A velocity to the east and north, and its covariance, of a speed and a course and how sure they are.
pub(super) fn motion(
    sog_mps: f64,
    cog: Degrees,
    sigma_sog_mps: f64,
    sigma_cog_deg: f64,
) -> ([f64; 2], [f64; 3]) {
    let (sin, cos) = cog.radians().sin_cos();
    let along = sigma_sog_mps.clamp(0.03, 50.0).powi(2);
    let turn_rad = sigma_cog_deg.clamp(0.03, 180.0).to_radians();
    let across = (sog_mps * turn_rad).powi(2) + ADRIFT_MPS.powi(2);
    let covariance = [
        sin * sin * along + cos * cos * across,
        sin * cos * (along - across),
        cos * cos * along + sin * sin * across,
    ];
    ([sog_mps * sin, sog_mps * cos], covariance)
}

/// What an object's sources say of its vessel, as one: of each field what the first source says that knows it.
fn merged(object: Element<'_>) -> Vessel<'_> {
    Vessel::all(object).fold(Vessel::default(), |one, other| Vessel {
        id: one.id.or(other.id),
        at: one.at.or(other.at),
        source: one.source.or(other.source),
        source_name: one.source_name.or(other.source_name),
        is_aid: one.is_aid.or(other.is_aid),
        mmsi: one.mmsi.or(other.mmsi),
        imo: one.imo.or(other.imo),
        name: one.name.or(other.name),
        callsign: one.callsign.or(other.callsign),
        flag: one.flag.or(other.flag),
        length_m: one.length_m.or(other.length_m),
        width_m: one.width_m.or(other.width_m),
        max_draught_m: one.max_draught_m.or(other.max_draught_m),
        ship_type: one.ship_type.or(other.ship_type),
    })
}

/// What is worth knowing of a vessel that is known by its MMSI. Where the hull lies about the antenna the sender
/// does not know: its positions are the hull's middle.
fn statics(object: Element<'_>, vessel: &Vessel<'_>) -> Option<Statics> {
    let mmsi = vessel.mmsi?;
    let voyage = Voyage::all(object).next().unwrap_or_default();
    Some(Statics {
        imo: vessel.imo,
        name: vessel.name.and_then(label),
        callsign: vessel.callsign.and_then(label),
        ship_type: vessel.ship_type,
        destination: voyage.destination.or(voyage.destination_code).and_then(label),
        draught_m: voyage.draught_m.filter(|draught_m| *draught_m < 50.0),
        ..Statics::of(mmsi.into())
    })
}

fn aid(vessel: &Vessel<'_>, track: Option<&Track<'_>>) -> Option<MarkReport> {
    Some(MarkReport {
        mmsi: vessel.mmsi?,
        kind: MarkKind::Aid,
        position: track.and_then(|track| track.position),
        name: vessel.name.and_then(label),
        off_position: None,
        is_virtual: false,
        aid_type: None,
    })
}

/// A text that fits; names in other scripts do not.
pub(super) fn label(text: &str) -> Option<Label> {
    let text = text.trim().as_bytes();
    Label::new(text.get(..Label::CAPACITY).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use decoders::ivef::{Document, Kind, message};
    use units::{Mmsi, Position};

    const NOON: UtcTime = UtcTime::from_unix_s(1_795_435_200);

    fn track(id: i64, after_s: f64, lat: f64) -> Track<'static> {
        Track {
            id,
            at: Some(NOON.plus_s(after_s)),
            position: Position::new(lat, 122.3),
            sog_mps: Some(5.0),
            cog: Degrees::new(90.0),
            status: Some(TrackStatus::Updated),
            source_name: Some("vts"),
            ..Track::default()
        }
    }

    /// What is observed of one object that arrives so long after noon.
    fn observed(
        observer: &mut Observer,
        track: Option<Track<'_>>,
        vessel: Option<Vessel<'_>>,
        after_s: f64,
    ) -> Vec<Observation> {
        let mut document = Document::new();
        message::objects(&mut document, "{550e8400-e29b-41d4-a716-446655440001}");
        document.open(Kind::ObjectData);
        if let Some(track) = track {
            track.compose(&mut document);
        }
        if let Some(vessel) = vessel {
            vessel.compose(&mut document);
        }
        document.finish().unwrap();
        let mut seen = Vec::new();
        for object in document.objects() {
            observer.observe(object, NOON.plus_s(after_s), |observation| seen.push(observation));
        }
        seen
    }

    fn key(seen: &[Observation]) -> Option<(u32, u32, SensorTrackStatus)> {
        match seen.first()?.body {
            Body::SensorTrack(track) => Some((track.key.number, track.key.generation, track.status)),
            _ => None,
        }
    }

    #[test]
    fn a_track_says_where_how_sure_and_who() {
        let mut observer = Observer::new(SourceId(3), SensorId(5));
        let sure = Track {
            sigma_m: Some((4.0, 8.0)),
            sigma_sog_mps: Some(0.1),
            sigma_cog_deg: Some(1.0),
            heading: Degrees::new(91.0),
            length_m: Some(120.0),
            ..track(1042, 0.25, 29.75)
        };
        let vessel = Vessel {
            id: Some(1),
            at: Some(NOON),
            source: Some(message::Provenance::Fused),
            source_name: Some("vts"),
            mmsi: Mmsi::new(413_000_123),
            name: Some("EXAMPLE STAR"),
            callsign: Some("BXYZ"),
            ..Vessel::default()
        };
        let seen = observed(&mut observer, Some(sure), Some(vessel), 0.5);
        assert_eq!(seen.len(), 2);
        assert_eq!((seen[0].valid, seen[0].arrival), (NOON.plus_s(0.25), NOON.plus_s(0.5)));
        let Body::SensorTrack(told) = seen[0].body else { panic!("{seen:?}") };
        assert_eq!(told.covariance_m2, [64.0, 0.0, 16.0]);
        let [east, north] = told.velocity_mps.unwrap();
        assert!((east - 5.0).abs() < 1e-9 && north.abs() < 1e-9);
        // Along the course, which is east, 0.1 m/s; across it one degree of five and what the sea does.
        let [ee, en, nn] = told.velocity_covariance;
        assert!((ee - 0.01).abs() < 1e-9 && en.abs() < 1e-9, "{ee} {en}");
        assert!((nn - (5.0 * 1_f64.to_radians()).powi(2) - 0.04).abs() < 1e-9, "{nn}");
        assert_eq!((told.mmsi, told.name), (Mmsi::new(413_000_123), Label::new(b"EXAMPLE STAR")));
        assert_eq!((told.length_m, told.orientation), (Some(120.0), Degrees::new(91.0)));
        assert!(matches!(&seen[1].body, Body::Statics(s) if s.callsign == Label::new(b"BXYZ")));
        // Without its own deviations it gets the usual ones.
        let seen = observed(&mut observer, Some(track(7, 0.0, 29.0)), None, 0.0);
        assert!(matches!(&seen[0].body, Body::SensorTrack(t) if t.covariance_m2 == [625.0, 0.0, 625.0]));
    }

    #[test]
    fn a_series_ends_and_its_number_begins_anew() {
        use SensorTrackStatus::{Coasting, Confirmed, Ended};
        let mut observer = Observer::new(SourceId(0), SensorId(5));
        let with = |status, track: Track<'static>| Some(Track { status: Some(status), ..track });
        let steps = [
            (Some(track(9, 0.0, 29.0)), 0.0, Some((9, 0, Confirmed))),
            // The whole picture again, with nothing new in it.
            (Some(track(9, 0.0, 29.0)), 1.0, None),
            (with(TrackStatus::Coasted, track(9, 10.0, 29.0)), 10.0, Some((9, 0, Coasting))),
            (with(TrackStatus::Dropped, track(9, 20.0, 29.0)), 20.0, Some((9, 0, Ended))),
            (with(TrackStatus::Dropped, track(9, 20.0, 29.0)), 21.0, None),
            (Some(track(9, 30.0, 29.0)), 30.0, Some((9, 1, Confirmed))),
            // Nothing sails a degree in ten seconds: another target.
            (Some(track(9, 40.0, 30.0)), 40.0, Some((9, 2, Confirmed))),
            (Some(track(9, 1000.0, 30.0)), 1000.0, Some((9, 3, Confirmed))),
            // Two numbers that differ only above 32 bits are two series.
            (Some(track(9 + (1 << 32), 1000.0, 30.0)), 1000.0, Some((9, 4, Confirmed))),
            (Some(track(9, 1001.0, 30.0)), 1001.0, Some((9, 3, Confirmed))),
        ];
        for (step, (track, after_s, expected)) in steps.into_iter().enumerate() {
            assert_eq!(key(&observed(&mut observer, track, None, after_s)), expected, "step {step}");
        }
        let counted = observer.counted();
        assert_eq!((counted.observed, counted.repeated, counted.renumbered), (8, 2, 3));
    }

    #[test]
    fn a_clock_that_is_ahead_is_not_believed() {
        let mut observer = Observer::new(SourceId(0), SensorId(5));
        for (id, ahead_s, believed_s) in [(1, 5.0, 5.0), (2, 28_800.0, 0.0), (3, -20.0, -20.0)] {
            let seen = observed(&mut observer, Some(track(id, ahead_s, 29.0)), None, 0.0);
            assert_eq!(seen[0].valid, NOON.plus_s(believed_s), "{ahead_s}");
        }
    }
}
