//! The short way for what nearly every line is: one VDM or VDO sentence as the standard writes it, from the first
//! character of the text to the last digit of its checksum. Whatever differs in the least is left to the long way,
//! which gives the same for these.

use super::sentence::{Channel, Sentence, Vdm};
use crate::simd::Simd;

/// A whole message in one sentence, its payload unpacked.
pub(super) struct Single {
    pub talker: [u8; 2],
    pub own: bool,
    pub channel: Channel,
    pub kind: u8,
    pub bits: usize,
}

/// `!ttVDM,` or `!ttVDO,`, whoever `tt` is.
const HEAD: Shape = Shape::new(*b"!__VDM,_", *b"\xff\0\0\xff\xff\xfd\xff\0");
/// What follows in a message of one part on one channel: `1,1,,A,` and the first of the payload.
const SINGLE: Shape = Shape::new(*b"1,1,,_,_", *b"\xff\xff\xff\xff\xff\0\xff\0");
/// The last of a payload, and `,0*hh`.
const TAIL: Shape = Shape::new(*b"___,_*__", *b"\0\0\0\xff\0\xff\0\0");
/// How many characters follow the payload.
const BEHIND: usize = 5;

/// Eight characters in a word, the first lowest; some of which must be as they are here.
struct Shape {
    wanted: u64,
    mask: u64,
}

impl Shape {
    const fn new(text: [u8; 8], mask: [u8; 8]) -> Self {
        let mask = u64::from_le_bytes(mask);
        Self { wanted: u64::from_le_bytes(text) & mask, mask }
    }

    #[inline]
    const fn fits(&self, text: u64) -> bool {
        text & self.mask == self.wanted
    }
}

/// One character of a word.
#[inline]
const fn of(text: u64, place: u32) -> u8 {
    (text >> (8 * place)) as u8
}

/// The two digits of every checksum, the first in the lower byte.
#[expect(clippy::indexing_slicing, reason = "while compiling")]
static DIGITS: [u16; 256] = {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut all = [0; 256];
    let mut sum = 0;
    while sum < 256 {
        all[sum] = u16::from_le_bytes([HEX[sum >> 4], HEX[sum & 15]]);
        sum += 1;
    }
    all
};

/// Whether these are the digits of a sum, the first in the lower byte.
#[inline(always)]
pub(super) fn says(digits: u16, sum: u8) -> bool {
    DIGITS.get(usize::from(sum)) == Some(&digits)
}

/// Letters and digits, and nothing that means something between sentences.
#[inline]
const fn is_word(c: u8) -> bool {
    matches!(c, b'0'..=b'Z')
}

/// Reads `!ttVDM,1,1,,A,payload,0*hh` and unpacks the payload into `out` (a [`crate::simd::room`] for it). `None` for
/// anything that is not just so, sound or not.
#[inline(always)]
pub(super) fn single(text: &[u8], simd: Simd, out: &mut [u8]) -> Option<Single> {
    let head = u64::from_le_bytes(*text.first_chunk()?);
    let next = u64::from_le_bytes(*text.get(7..)?.first_chunk()?);
    let (t, u, c) = (of(head, 1), of(head, 2), of(next, 5));
    if !HEAD.fits(head) || !SINGLE.fits(next) || !is_word(t) || !is_word(u) || !is_word(c) {
        return None;
    }
    let bits = payload(text, 14, simd, out)?;
    let first = of(next, 7);
    let kind = if first < b'`' { first - b'0' } else { first - 56 };
    Some(Single { talker: [t, u], own: of(head, 5) == b'O', channel: Channel::of(c), kind, bits })
}

/// Reads `!ttVDM,2,1,3,A,payload,0*hh`, and what [`single`] does not because its channel is empty or it has a sequence
/// identifier; else as [`single`].
pub(super) fn part<'a>(text: &'a [u8], simd: Simd, out: &mut [u8]) -> Option<(Sentence<'a>, Vdm<'a>)> {
    let head = u64::from_le_bytes(*text.first_chunk()?);
    let (t, u) = (of(head, 1), of(head, 2));
    if !HEAD.fits(head) || !is_word(t) || !is_word(u) {
        return None;
    }
    let [total @ b'1'..=b'9', b',', number @ b'1'..=b'9', b',', rest @ ..] = text.get(7..)? else {
        return None;
    };
    let (sequence, rest, at) = match rest {
        [b',', rest @ ..] => (None, rest, 12),
        [digit @ b'0'..=b'9', b',', rest @ ..] => (Some(digit - b'0'), rest, 13),
        _ => return None,
    };
    let (channel, payload_at) = match rest {
        [b',', ..] => (Channel::default(), at + 1),
        [c, b',', ..] if is_word(*c) => (Channel::of(*c), at + 2),
        _ => return None,
    };
    if number > total {
        return None;
    }
    let chars = text.get(payload_at..text.len().checked_sub(BEHIND)?)?;
    let bits = payload(text, payload_at, simd, out)?;
    let vdm = Vdm {
        talker: [t, u],
        own: of(head, 5) == b'O',
        total: total - b'0',
        number: number - b'0',
        // On a single sentence it means nothing.
        sequence: sequence.filter(|_| *total > b'1'),
        channel,
        payload: chars,
        payload_at,
        fill: (chars.len() * 6 - bits) as u8,
    };
    Some((Sentence { text, body: text.get(1..text.len() - 3)?, trailer: &[], tag: None }, vdm))
}

/// Unpacks a payload that begins at `from`, and checks everything from there on and the checksum. Gives how many bits
/// there are.
#[inline(always)]
fn payload(text: &[u8], from: usize, simd: Simd, out: &mut [u8]) -> Option<usize> {
    let tail = u64::from_le_bytes(*text.last_chunk()?);
    let (to, fill) = (text.len() - BEHIND, of(tail, 4).wrapping_sub(b'0'));
    if !TAIL.fits(tail) || fill > 5 || to <= from {
        return None;
    }
    let all = simd.unpack(text, from, to, out)?;
    // The sum of everything is the sum of what counts, and of what does not.
    let sum = all ^ b'!' ^ b'*' ^ of(tail, 6) ^ of(tail, 7);
    says((tail >> 48) as u16, sum).then(|| (to - from) * 6 - usize::from(fill))
}
