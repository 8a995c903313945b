//! TTD, tracked targets in six-bit symbols (IEC 61162-1): 90 bits a target, so 15 characters.

use super::DecodeError;
use super::value::Text;
use super::way::Way;
use crate::ais::Visit;
use crate::bits::{BitWriter, Bits, Field};
use crate::nmea::pack;
use crate::simd::unpack_chars;

const VERSION: Field = Field::first(2);
const NUMBER: Field = VERSION.then(10);
const BEARING: Field = NUMBER.then(12);
const SPEED: Field = BEARING.then(12);
const COURSE: Field = SPEED.then(12);
const HEADING: Field = COURSE.then(12);
const STATUS: Field = HEADING.then(3);
const TEST: Field = STATUS.then(1);
const DISTANCE: Field = TEST.then(14);
const RELATIVE: Field = DISTANCE.then(1);
const WATER: Field = RELATIVE.then(1);
const RESERVED: Field = WATER.then(2);
const CORRELATION: Field = RESERVED.then(8);
const _: () = assert!(CORRELATION.end() == 90);

const CHARS: usize = 15;
/// Characters of payload in one sentence: with everything around them they fit the 82 of the standard.
const MOST_TARGETS: usize = 4;
/// Of bearing, speed, course and heading.
const NOT_AVAILABLE: u16 = 4095;
const FULL_CIRCLE: u16 = 3600;

/// TTD: several targets in one sentence. Each is whole in its sentence, whatever comes before or after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetBlock<'a> {
    /// How many sentences belong together, 1 to 255.
    pub total: Option<u32>,
    /// Which of them this is.
    pub part: Option<u32>,
    /// Ties them together, 0 to 9.
    pub sequence: Option<u32>,
    payload: Option<Text<'a>>,
    fill: Option<u32>,
}

/// One target of a TTD sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PackedTarget {
    /// Version of the layout; 0.
    pub version: u8,
    /// Its number, 1 to 1023; 0 is no target.
    pub number: u16,
    /// Bearing from true north, tenths of a degree; 4095 not available.
    pub bearing_raw: u16,
    /// Speed, tenths of a knot; 4095 not available.
    pub speed_raw: u16,
    /// Course, tenths of a degree; 4095 not available.
    pub course_raw: u16,
    /// Heading, of a target that reports itself, tenths of a degree; 4095 not available.
    pub heading_raw: u16,
    /// 0 not tracked, 1 acquiring, 2 lost, 4 tracked, 6 the same and dangerous, 7 that and acknowledged; others
    /// reserved.
    pub status: u8,
    /// Made for a test.
    pub test: bool,
    /// Distance, hundredths of a nautical mile.
    pub distance_raw: u16,
    /// Course and speed are relative to own ship.
    pub relative: bool,
    /// Own ship is stabilised through water, not over ground.
    pub water: bool,
    /// Two bits without a meaning.
    pub reserved: u8,
    /// Targets of several radars with one number are one; 0 is none.
    pub correlation: u8,
}

impl PackedTarget {
    fn decode(chars: &[u8]) -> Option<Self> {
        let mut bytes = [0; 24];
        unpack_chars(chars, &mut bytes)?;
        let bits = Bits::new(&bytes, chars.len() * 6);
        Some(Self {
            version: bits.u8(VERSION)?,
            number: bits.u16(NUMBER)?,
            bearing_raw: bits.u16(BEARING)?,
            speed_raw: bits.u16(SPEED)?,
            course_raw: bits.u16(COURSE)?,
            heading_raw: bits.u16(HEADING)?,
            status: bits.u8(STATUS)?,
            test: bits.flag(TEST)?,
            distance_raw: bits.u16(DISTANCE)?,
            relative: bits.flag(RELATIVE)?,
            water: bits.flag(WATER)?,
            reserved: bits.u8(RESERVED)?,
            correlation: bits.u8(CORRELATION)?,
        })
    }

    fn encode(&self, out: &mut BitWriter) {
        out.clear();
        out.put(VERSION, Some(self.version));
        out.put(NUMBER, Some(self.number));
        out.put(BEARING, Some(self.bearing_raw));
        out.put(SPEED, Some(self.speed_raw));
        out.put(COURSE, Some(self.course_raw));
        out.put(HEADING, Some(self.heading_raw));
        out.put(STATUS, Some(self.status));
        out.put(TEST, Some(u8::from(self.test)));
        out.put(DISTANCE, Some(self.distance_raw));
        out.put(RELATIVE, Some(u8::from(self.relative)));
        out.put(WATER, Some(u8::from(self.water)));
        out.put(RESERVED, Some(self.reserved));
        out.put(CORRELATION, Some(self.correlation));
    }

    /// Bearing from true north, degrees.
    #[must_use]
    pub fn bearing(&self) -> Option<f64> {
        angle(self.bearing_raw)
    }

    /// Speed, knots.
    #[must_use]
    pub fn speed(&self) -> Option<f64> {
        (self.speed_raw != NOT_AVAILABLE).then(|| f64::from(self.speed_raw) / 10.0)
    }

    /// Course, degrees.
    #[must_use]
    pub fn course(&self) -> Option<f64> {
        angle(self.course_raw)
    }

    /// Heading, degrees.
    #[must_use]
    pub fn heading(&self) -> Option<f64> {
        angle(self.heading_raw)
    }

    /// Distance, nautical miles.
    #[must_use]
    pub fn distance(&self) -> f64 {
        f64::from(self.distance_raw) / 100.0
    }

    fn tell(&self, out: &mut dyn Visit) {
        let mut decimal = |key, value: Option<f64>, decimals| match value {
            Some(value) => out.float(key, value, decimals),
            None => out.null(key),
        };
        decimal("bearing", self.bearing(), 1);
        decimal("speed", self.speed(), 1);
        decimal("course", self.course(), 1);
        decimal("heading", self.heading(), 1);
        decimal("distance", Some(self.distance()), 2);
        out.int("status", self.status.into());
        out.flag("test", self.test);
        out.flag("relative", self.relative);
        out.flag("water", self.water);
        out.int("correlation", self.correlation.into());
    }
}

fn angle(raw: u16) -> Option<f64> {
    (raw < FULL_CIRCLE).then(|| f64::from(raw) / 10.0)
}

impl<'a> TargetBlock<'a> {
    /// Up to four targets to be sent in one sentence, written into `room`; more are left out.
    #[must_use]
    pub fn of(targets: &[PackedTarget], room: &'a mut Vec<u8>) -> Self {
        room.clear();
        let mut bits = BitWriter::new();
        for target in targets.iter().take(MOST_TARGETS) {
            target.encode(&mut bits);
            pack(bits.bits(), 0, CORRELATION.end(), room);
        }
        let one = Some(1);
        Self { total: one, part: one, sequence: Some(0), payload: Some(Text::sent(room)), fill: Some(0) }
    }

    pub(super) fn fields(&mut self, way: &mut impl Way<'a>) {
        way.hex("total", &mut self.total, 2);
        way.hex("part", &mut self.part, 2);
        way.whole("sequence", &mut self.sequence, 1);
        way.text("payload", &mut self.payload);
        way.whole("fill", &mut self.fill, 1);
    }

    /// Whether the payload is whole targets of sound characters.
    pub(super) fn check(&self) -> Result<(), DecodeError> {
        let payload = self.payload();
        let whole = !payload.is_empty() && payload.len().is_multiple_of(CHARS) && self.fill.unwrap_or(0) == 0;
        let sound = || payload.chunks(CHARS).all(|chars| PackedTarget::decode(chars).is_some());
        if whole && sound() { Ok(()) } else { Err(DecodeError::BadPayload { chars: payload.len() }) }
    }

    fn payload(&self) -> &'a [u8] {
        self.payload.map_or(&[], Text::as_sent)
    }

    /// The targets in it; number 0, which is none, is left out.
    pub fn targets(&self) -> impl Iterator<Item = PackedTarget> + use<'a> {
        self.payload().chunks(CHARS).filter_map(PackedTarget::decode).filter(|target| target.number != 0)
    }

    pub(super) fn tell(&self, out: &mut dyn Visit) {
        out.array("targets");
        for target in self.targets() {
            out.object("");
            out.int("number", target.number.into());
            target.tell(out);
            out.close();
        }
        out.close();
    }
}
