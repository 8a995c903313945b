//! Messages packed with zlib (RFC 1950): each its own stream, one behind the other; several may come in one read, and
//! one may take several.

use super::Reject;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};
use std::io::Write;

/// How much is unpacked at a time.
const PIECE: usize = 1 << 15;
/// Text like this packs ten to thirty times. Nobody who means well gets beyond this; deflate itself gets to a thousand.
const MAX_RATIO: u64 = 200;
/// What a stream may give before the ratio counts.
const FREE_BYTES: u64 = 1 << 12;

/// Packs one message, or several, as one zlib stream.
pub fn pack(plain: &[u8], out: &mut Vec<u8>) {
    let mut encoder = ZlibEncoder::new(out, Compression::default());
    // Writing into memory cannot fail.
    let _ = encoder.write_all(plain).and_then(|()| encoder.try_finish());
}

/// Unpacks what is packed, and leaves alone what is not; the first byte of the stream tells which it is.
#[derive(Debug, Default)]
pub(super) enum Unpacker {
    #[default]
    Undecided,
    Plain,
    Packed {
        stream: Box<Decompress>,
        /// Whether a stream has begun and not ended.
        inside: bool,
    },
    Broken,
}

impl Unpacker {
    /// Appends what the front of `bytes` holds to `plain`: a piece at a time. Returns how many bytes are done with;
    /// 0 of some means that more are needed.
    pub fn take(&mut self, bytes: &[u8], plain: &mut Vec<u8>) -> Result<usize, Reject> {
        loop {
            match self {
                Self::Undecided => {
                    // Space at the front is no sign of either.
                    let space = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
                    if space > 0 {
                        return Ok(space);
                    }
                    *self = match bytes {
                        [] => return Ok(0),
                        [first] if first & 0x8f == 0x08 => return Ok(0),
                        [cmf, flags, ..] if is_zlib(*cmf, *flags) => {
                            Self::Packed { stream: Box::new(Decompress::new(true)), inside: false }
                        }
                        _ => Self::Plain,
                    };
                }
                Self::Plain => {
                    plain.extend_from_slice(bytes);
                    return Ok(bytes.len());
                }
                Self::Broken => return Ok(bytes.len()),
                Self::Packed { stream, inside } => {
                    if !*inside {
                        let space = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
                        if space > 0 || bytes.is_empty() {
                            return Ok(space);
                        }
                    }
                    let unpacked = piece(stream, bytes, plain);
                    match unpacked {
                        Ok((used, ended)) => {
                            *inside = !ended;
                            if ended {
                                stream.reset(true);
                            }
                            return Ok(used);
                        }
                        Err(reason) => {
                            *self = Self::Broken;
                            return Err(reason);
                        }
                    }
                }
            }
        }
    }

    /// Nothing more will come: whether something was cut off inside a stream.
    pub fn is_inside(&self) -> bool {
        matches!(self, Self::Packed { inside: true, .. })
    }

    pub const fn is_broken(&self) -> bool {
        matches!(self, Self::Broken)
    }
}

fn is_zlib(cmf: u8, flags: u8) -> bool {
    // Deflate, a window of up to 32 KiB, no preset dictionary, the check of both bytes.
    cmf & 0x0f == 8
        && cmf >> 4 <= 7
        && flags & 0x20 == 0
        && (u16::from(cmf) << 8 | u16::from(flags)).is_multiple_of(31)
}

/// Unpacks one piece; bytes used, and whether the stream ended.
fn piece(stream: &mut Decompress, bytes: &[u8], plain: &mut Vec<u8>) -> Result<(usize, bool), Reject> {
    let (taken, given) = (stream.total_in(), stream.total_out());
    let start = plain.len();
    plain.resize(start + PIECE, 0);
    let status = stream.decompress(bytes, plain.get_mut(start..).unwrap_or_default(), FlushDecompress::None);
    plain.truncate(start + (stream.total_out() - given) as usize);
    let used = (stream.total_in() - taken) as usize;
    if stream.total_out() > FREE_BYTES + MAX_RATIO * stream.total_in() {
        plain.truncate(start);
        return Err(Reject::Bomb);
    }
    match status {
        Ok(Status::StreamEnd) => Ok((used, true)),
        Ok(Status::Ok | Status::BufError) => Ok((used, false)),
        // What came before the fault was as good as if it had come alone.
        Err(_) => Err(Reject::BadZlib),
    }
}
