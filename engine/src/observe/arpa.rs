//! Sentences of radars to observations (IEC 61162-1: TTM, TLL, TTD, OSD).

use super::radar::{Observer, Outcome, Place, Said, Unused};
use decoders::arpa::{
    Clock, Message, OwnShip, PackedTarget, Reference, TargetPosition, TargetStatus, Text, TrackedTarget,
};
use fusion::SensorTrackStatus;
use units::{KNOT_MPS, UtcTime};

/// A heading is of use for this long.
const HEADING_KEPT_S: f64 = 10.0;

/// What one peer's sentences need to be remembered.
#[derive(Debug, Default)]
pub struct Console {
    heading: Option<(f64, UtcTime)>,
}

impl Console {
    /// What a sentence says of each target in it, if of any. The radar is the first, and for most sources the only
    /// one, of the source's profiles.
    pub fn observe(
        &mut self,
        message: &Message<'_>,
        radar: &mut Observer,
        arrival: UtcTime,
        mut each: impl FnMut(Outcome),
    ) {
        match message {
            Message::Osd(own) => self.own_ship(own, arrival),
            Message::Ttm(target) => each(self.tracked(target, radar, arrival)),
            Message::Tll(target) => each(placed(target, radar, arrival)),
            Message::Ttd(block) => block.targets().for_each(|target| each(packed(&target, radar, arrival))),
            _ => {}
        }
    }

    fn own_ship(&mut self, own: &OwnShip, arrival: UtcTime) {
        if let (Some(heading), Some(true)) = (own.heading, own.heading_valid) {
            self.heading = Some((heading, arrival));
        }
    }

    /// A direction from north, degrees.
    fn true_deg(
        &self,
        degrees: f64,
        from: Option<Reference>,
        radar: &Observer,
        now: UtcTime,
    ) -> Result<f64, Unused> {
        if from != Some(Reference::Relative) {
            return Ok(degrees);
        }
        let told =
            self.heading.filter(|(_, at)| now.since(*at) <= HEADING_KEPT_S).map(|(heading, _)| heading);
        let fixed = radar.radars().first().and_then(|radar| radar.heading_deg);
        told.or(fixed).map(|heading| heading + degrees).ok_or(Unused::NoHeading)
    }

    fn tracked(&self, target: &TrackedTarget<'_>, radar: &mut Observer, arrival: UtcTime) -> Outcome {
        let index = radar.speaker(None).ok_or(Unused::NoSite)?;
        let number = target.number.ok_or(Unused::NoNumber)?;
        let status = status(target.status);
        // A lost target is at distance nothing.
        let polar = target.distance_m().zip(target.bearing).filter(|(distance_m, _)| *distance_m > 0.0);
        let place = match polar {
            Some((slant_m, bearing)) => {
                let azimuth_deg = self.true_deg(bearing, target.bearing_from, radar, arrival)?;
                Some(Place::Polar { slant_m, azimuth_deg })
            }
            None => None,
        };
        let motion = match target.speed_mps().zip(target.course) {
            Some((speed_mps, course)) => {
                Some((speed_mps, self.true_deg(course, target.course_from, radar, arrival)?))
            }
            None => None,
        };
        let name = target.name.and_then(Text::label);
        let said = Said { status, place, motion, name, ..Said::of(number) };
        let (valid, _) = radar.valid(index, target.time.map(Clock::of_day_s), arrival);
        radar.track(index, &said, valid, arrival).ok_or(Unused::NoPlace)
    }
}

fn placed(target: &TargetPosition<'_>, radar: &mut Observer, arrival: UtcTime) -> Outcome {
    let index = radar.speaker(None).ok_or(Unused::NoSite)?;
    let number = target.number.ok_or(Unused::NoNumber)?;
    let said = Said {
        status: status(target.status),
        place: target.position().map(Place::Geographic),
        name: target.name.and_then(Text::label),
        ..Said::of(number)
    };
    let (valid, _) = radar.valid(index, target.time.map(Clock::of_day_s), arrival);
    radar.track(index, &said, valid, arrival).ok_or(Unused::NoPlace)
}

fn packed(target: &PackedTarget, radar: &mut Observer, arrival: UtcTime) -> Outcome {
    let index = radar.speaker(None).ok_or(Unused::NoSite)?;
    let status = match target.status {
        _ if target.test => return Err(Unused::NotTracked),
        1 => SensorTrackStatus::Tentative,
        2 => SensorTrackStatus::Ended,
        4 | 6 | 7 => SensorTrackStatus::Confirmed,
        _ => return Err(Unused::NotTracked),
    };
    let slant_m = target.distance() * 1852.0;
    let bearing = target.bearing().filter(|_| slant_m > 0.0);
    let said = Said {
        status,
        place: bearing.map(|azimuth_deg| Place::Polar { slant_m, azimuth_deg }),
        motion: target.speed().map(|knots| knots * KNOT_MPS).zip(target.course()),
        ..Said::of(u32::from(target.number))
    };
    radar.track(index, &said, arrival, arrival).ok_or(Unused::NoPlace)
}

/// Nothing said means tracked, as consoles take it.
const fn status(status: Option<TargetStatus>) -> SensorTrackStatus {
    match status {
        Some(TargetStatus::Lost) => SensorTrackStatus::Ended,
        Some(TargetStatus::Acquiring) => SensorTrackStatus::Tentative,
        Some(TargetStatus::Tracking | TargetStatus::Other(_)) | None => SensorTrackStatus::Confirmed,
    }
}
