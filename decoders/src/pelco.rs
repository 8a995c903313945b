//! Pelco-D: seven bytes that turn a camera, over a serial line or TCP. Angles are hundredths of a degree.
//!
//! `FF`, address, two bytes of command, two of value, and the sum of the five before it, modulo 256.

/// Bytes of one frame.
pub const FRAME: usize = 7;
const SYNC: u8 = 0xFF;

/// What a frame says. Which way tilt counts, and what a zoom value means, depends on the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Turn, tilt and zoom at a speed until told otherwise; all zero stops.
    Move(Move),
    /// Go to a pan, hundredths of a degree.
    Pan(u16),
    /// Go to a tilt, hundredths of a degree.
    Tilt(u16),
    /// Go to a zoom, in the camera's own scale.
    Zoom(u16),
    /// Where is the pan?
    QueryPan,
    /// Where is the tilt?
    QueryTilt,
    /// Where is the zoom?
    QueryZoom,
    /// The pan is here, hundredths of a degree.
    PanIs(u16),
    /// The tilt is here, hundredths of a degree.
    TiltIs(u16),
    /// The zoom is here.
    ZoomIs(u16),
    /// Keep where you look under a number.
    SetPreset(u8),
    /// Forget a number.
    ClearPreset(u8),
    /// Look where a number says.
    GotoPreset(u8),
    /// Anything else, as it came.
    Other([u8; 4]),
}

/// Directions, each with a speed; a speed of 0 is none in that direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Move {
    /// Right is positive, -63 to 63; 64 is the turbo that some cameras have.
    pub pan: i8,
    /// Up is positive, -63 to 63.
    pub tilt: i8,
    /// Tele is positive; only its sign counts.
    pub zoom: i8,
}

const RIGHT: u8 = 0x02;
const LEFT: u8 = 0x04;
const UP: u8 = 0x08;
const DOWN: u8 = 0x10;
const TELE: u8 = 0x20;
const WIDE: u8 = 0x40;
const MOVES: u8 = RIGHT | LEFT | UP | DOWN | TELE | WIDE;

/// Why seven bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It does not begin as one.
    #[error("no 0xFF in front")]
    NoSync,
    /// Its sum is another.
    #[error("sum {got:#04x}, should be {expected:#04x}")]
    Sum {
        /// Of the bytes.
        expected: u8,
        /// As it came.
        got: u8,
    },
}

/// A command for the camera of an address.
#[must_use]
pub fn encode(address: u8, command: Command) -> [u8; FRAME] {
    let extended = |opcode: u8, value: u16| {
        let [high, low] = value.to_be_bytes();
        [0, opcode, high, low]
    };
    let [c1, c2, d1, d2] = match command {
        Command::Move(way) => way.bytes(),
        Command::SetPreset(number) => [0, 0x03, 0, number],
        Command::ClearPreset(number) => [0, 0x05, 0, number],
        Command::GotoPreset(number) => [0, 0x07, 0, number],
        Command::Pan(value) => extended(0x4B, value),
        Command::Tilt(value) => extended(0x4D, value),
        Command::Zoom(value) => extended(0x4F, value),
        Command::QueryPan => extended(0x51, 0),
        Command::QueryTilt => extended(0x53, 0),
        Command::QueryZoom => extended(0x55, 0),
        Command::PanIs(value) => extended(0x59, value),
        Command::TiltIs(value) => extended(0x5B, value),
        Command::ZoomIs(value) => extended(0x5D, value),
        Command::Other(bytes) => bytes,
    };
    [SYNC, address, c1, c2, d1, d2, sum([address, c1, c2, d1, d2])]
}

/// The address and the command of one frame.
///
/// # Errors
/// What makes it none.
pub fn decode(frame: [u8; FRAME]) -> Result<(u8, Command), DecodeError> {
    let [sync, address, c1, c2, d1, d2, got] = frame;
    if sync != SYNC {
        return Err(DecodeError::NoSync);
    }
    let expected = sum([address, c1, c2, d1, d2]);
    if got != expected {
        return Err(DecodeError::Sum { expected, got });
    }
    let value = u16::from_be_bytes([d1, d2]);
    let command = match (c1, c2, d1) {
        (0, 0x03, 0) => Command::SetPreset(d2),
        (0, 0x05, 0) => Command::ClearPreset(d2),
        (0, 0x07, 0) => Command::GotoPreset(d2),
        (0, 0x4B, _) => Command::Pan(value),
        (0, 0x4D, _) => Command::Tilt(value),
        (0, 0x4F, _) => Command::Zoom(value),
        (0, 0x51, _) if value == 0 => Command::QueryPan,
        (0, 0x53, _) if value == 0 => Command::QueryTilt,
        (0, 0x55, _) if value == 0 => Command::QueryZoom,
        (0, 0x59, _) => Command::PanIs(value),
        (0, 0x5B, _) => Command::TiltIs(value),
        (0, 0x5D, _) => Command::ZoomIs(value),
        (0, moves, _) if moves & !MOVES == 0 => {
            let way = Move::of(moves, d1, d2);
            if way.bytes() == [c1, c2, d1, d2] {
                Command::Move(way)
            } else {
                Command::Other([c1, c2, d1, d2])
            }
        }
        _ => Command::Other([c1, c2, d1, d2]),
    };
    Ok((address, command))
}

/// Takes frames out of what has come, and leaves what may yet become one. What is none is skipped.
pub fn drain(buffer: &mut Vec<u8>, mut each: impl FnMut(u8, Command)) {
    let mut used = 0;
    while let Some(rest) = buffer.get(used..)
        && let Some(frame) = rest.first_chunk::<FRAME>()
    {
        match decode(*frame) {
            Ok((address, command)) => {
                each(address, command);
                used += FRAME;
            }
            Err(_) => used += 1,
        }
    }
    buffer.drain(..used.min(buffer.len()));
}

impl Move {
    const fn bytes(self) -> [u8; 4] {
        let mut moves = 0;
        if self.pan != 0 {
            moves |= if self.pan > 0 { RIGHT } else { LEFT };
        }
        if self.tilt != 0 {
            moves |= if self.tilt > 0 { UP } else { DOWN };
        }
        if self.zoom != 0 {
            moves |= if self.zoom > 0 { TELE } else { WIDE };
        }
        [0, moves, self.pan.unsigned_abs(), self.tilt.unsigned_abs()]
    }

    fn of(moves: u8, pan: u8, tilt: u8) -> Self {
        let signed = |plus: u8, minus: u8, speed: u8| {
            let speed = i8::try_from(speed).unwrap_or(i8::MAX);
            match (moves & plus != 0, moves & minus != 0) {
                (true, false) => speed,
                (false, true) => -speed,
                _ => 0,
            }
        };
        Self { pan: signed(RIGHT, LEFT, pan), tilt: signed(UP, DOWN, tilt), zoom: signed(TELE, WIDE, 1) }
    }
}

fn sum(bytes: [u8; 5]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_decoded_is_written_back(bytes in any::<[u8; FRAME]>()) {
            let [_, a, b, c, d, e, _] = bytes;
            let frame = [SYNC, a, b, c, d, e, sum([a, b, c, d, e])];
            let (address, command) = decode(frame).unwrap();
            prop_assert_eq!(encode(address, command), frame);
        }

        #[test]
        fn noise_between_frames_is_skipped(noise in prop::collection::vec(0_u8..0xFF, 0..40), pan in 0_u16..36_000) {
            let mut buffer = noise;
            buffer.extend(encode(3, Command::PanIs(pan)));
            let mut found = Vec::new();
            drain(&mut buffer, |address, command| found.push((address, command)));
            prop_assert_eq!(found, vec![(3, Command::PanIs(pan))]);
            prop_assert!(buffer.is_empty());
        }
    }
}
