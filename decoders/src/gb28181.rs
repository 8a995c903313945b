//! GB/T 28181, A.3: the eight bytes that turn a camera, as sixteen hexadecimal digits in a `PTZCmd` element.
//!
//! `A5`, version and check, address, command, two bytes of value, four bits of value and four of address, and the sum
//! of the seven before it, modulo 256.

use std::fmt;

const FIRST: u8 = 0xA5;
/// Bytes of one instruction.
pub const BYTES: usize = 8;

/// One instruction: an address of twelve bits, a command, and its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// 0 to 4095. Many cameras listen to 1 alone.
    pub address: u16,
    /// What to do.
    pub command: Command,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Turn, tilt and zoom until told otherwise; all zero stops.
    Move(Move),
    /// Focus and iris until told otherwise: far and near, open and close.
    Lens {
        /// Far is positive, -255 to 255.
        focus: i16,
        /// Open is positive, -255 to 255.
        iris: i16,
    },
    /// Keep where you look under a number.
    SetPreset(u8),
    /// Look where a number says.
    CallPreset(u8),
    /// Forget a number.
    DeletePreset(u8),
    /// Cruises, scans, switches: code, and the three values as they stand (the last of four bits).
    Other {
        /// Byte 4.
        code: u8,
        /// Byte 5.
        first: u8,
        /// Byte 6.
        second: u8,
        /// High half of byte 7.
        third: u8,
    },
}

/// Directions with speeds; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Move {
    /// Right is positive, -255 to 255.
    pub pan: i16,
    /// Up is positive, -255 to 255.
    pub tilt: i16,
    /// In is positive, -15 to 15.
    pub zoom: i8,
}

const RIGHT: u8 = 1;
const LEFT: u8 = 1 << 1;
const DOWN: u8 = 1 << 2;
const UP: u8 = 1 << 3;
const IN: u8 = 1 << 4;
const OUT: u8 = 1 << 5;
const LENS: u8 = 0x40;
const FAR: u8 = 1;
const NEAR: u8 = 1 << 1;
const OPEN: u8 = 1 << 2;
const CLOSE: u8 = 1 << 3;

/// Why digits are no instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not sixteen hexadecimal digits.
    #[error("not 16 hexadecimal digits")]
    Digits,
    /// Does not begin with A5.
    #[error("begins with {0:#04x}, should be 0xa5")]
    First(u8),
    /// The check of the first bytes is another.
    #[error("the check of the first bytes is wrong")]
    Check,
    /// The sum is another.
    #[error("sum {got:#04x}, should be {expected:#04x}")]
    Sum {
        /// Of the bytes.
        expected: u8,
        /// As it came.
        got: u8,
    },
}

impl Instruction {
    /// As eight bytes.
    #[must_use]
    pub fn bytes(self) -> [u8; BYTES] {
        let (code, first, second, third) = self.command.parts();
        let [high, low] = (self.address & 0x0FFF).to_be_bytes();
        let bytes = [FIRST, check(0), low, code, first, second, (third << 4) | high];
        let [a, b, c, d, e, f, g] = bytes;
        [a, b, c, d, e, f, g, sum(bytes)]
    }

    /// Reads sixteen hexadecimal digits.
    ///
    /// # Errors
    /// What makes them none.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        let digits: &[u8; 2 * BYTES] = text.trim().as_bytes().try_into().map_err(|_| DecodeError::Digits)?;
        let mut bytes = [0; BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = char::from(*digit).to_digit(16).ok_or(DecodeError::Digits)?;
                *byte = (*byte << 4) | value as u8;
            }
        }
        let [first_byte, version, low, code, first, second, mixed, got] = bytes;
        if first_byte != FIRST {
            return Err(DecodeError::First(first_byte));
        }
        if version != check(version >> 4) {
            return Err(DecodeError::Check);
        }
        let expected = sum([first_byte, version, low, code, first, second, mixed]);
        if got != expected {
            return Err(DecodeError::Sum { expected, got });
        }
        let address = u16::from_be_bytes([mixed & 0x0F, low]);
        Ok(Self { address, command: Command::of(code, first, second, mixed >> 4) })
    }
}

/// As sixteen hexadecimal digits.
impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl Command {
    fn parts(self) -> (u8, u8, u8, u8) {
        let toward = |value: i16, plus: u8, minus: u8| match value.signum() {
            1 => plus,
            -1 => minus,
            _ => 0,
        };
        let speed = |value: i16| value.unsigned_abs().min(255) as u8;
        match self {
            Self::Move(Move { pan, tilt, zoom }) => {
                let code = toward(pan, RIGHT, LEFT) | toward(tilt, UP, DOWN) | toward(zoom.into(), IN, OUT);
                (code, speed(pan), speed(tilt), zoom.unsigned_abs().min(15))
            }
            Self::Lens { focus, iris } => {
                (LENS | toward(focus, FAR, NEAR) | toward(iris, OPEN, CLOSE), speed(focus), speed(iris), 0)
            }
            Self::SetPreset(number) => (0x81, 0, number, 0),
            Self::CallPreset(number) => (0x82, 0, number, 0),
            Self::DeletePreset(number) => (0x83, 0, number, 0),
            Self::Other { code, first, second, third } => (code, first, second, third & 0x0F),
        }
    }

    fn of(code: u8, first: u8, second: u8, third: u8) -> Self {
        let toward = |plus: u8, minus: u8, speed: u8| match (code & plus != 0, code & minus != 0) {
            (true, false) => i16::from(speed),
            (false, true) => -i16::from(speed),
            _ => 0,
        };
        let known = match code {
            0..LENS => Self::Move(Move {
                pan: toward(RIGHT, LEFT, first),
                tilt: toward(UP, DOWN, second),
                zoom: toward(IN, OUT, third) as i8,
            }),
            LENS..=0x80 => Self::Lens { focus: toward(FAR, NEAR, first), iris: toward(OPEN, CLOSE, second) },
            0x81 => Self::SetPreset(second),
            0x82 => Self::CallPreset(second),
            0x83 => Self::DeletePreset(second),
            _ => Self::Other { code, first, second, third },
        };
        // A direction without speed, or a speed without direction, is told as it came.
        if known.parts() == (code, first, second, third) {
            known
        } else {
            Self::Other { code, first, second, third }
        }
    }
}

/// Version, and the sum of the first three halves.
const fn check(version: u8) -> u8 {
    let halves = (FIRST >> 4) + (FIRST & 0x0F) + version;
    (version << 4) | (halves & 0x0F)
}

fn sum(bytes: [u8; 7]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_read_is_written_back(bytes in any::<[u8; 5]>()) {
            let [low, code, first, second, mixed] = bytes;
            let all = [FIRST, check(0), low, code, first, second, mixed];
            let [a, b, c, d, e, f, g] = all;
            let text = format!("{:016X}", u64::from_be_bytes([a, b, c, d, e, f, g, sum(all)]));
            let instruction = Instruction::parse(&text).unwrap();
            prop_assert_eq!(instruction.to_string(), text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = Instruction::parse(&text);
        }
    }
}
