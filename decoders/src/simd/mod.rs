//! The two things that are done to every byte of a feed, as wide as the machine allows: find the ends of lines, and
//! sum a sentence while its payload is unpacked.
//!
//! Each exists twice, with the same results: with AVX2 where the machine has it, and with plain words everywhere.
//!
//! **Invariant**: no knowledge of what a line means, and nothing but `avx2` is unsafe.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;
#[cfg(test)]
mod tests;

pub(crate) use scalar::{checksum, unpack_chars, unpack_eight};

/// Room to unpack a payload of `chars` characters into: what it holds, and a wide store more.
pub(crate) const fn room(chars: usize) -> usize {
    chars * 6 / 8 + 32
}

/// Bytes that are looked at in one go.
const BLOCK: usize = 64;

/// The most bytes that [`Simd::line_ends`] looks at.
pub(crate) const WINDOW: usize = 2048;

/// Where lines end in a window: room for every byte of it, and a few more.
pub(crate) type Ends = [u16; WINDOW + 2];

/// Which of the two is in use. Cheap to make: the standard library remembers what the machine can do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Simd {
    #[cfg(target_arch = "x86_64")]
    avx2: Option<avx2::Avx2>,
}

impl Default for Simd {
    /// The wider that the machine has.
    fn default() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            avx2: avx2::Avx2::detect(),
        }
    }
}

/// Something that is worth compiling for the wider instructions as a whole. Its `run`, and what it calls on the way
/// that matters, must be `inline(always)`: what is not inlined is compiled for any machine.
pub(crate) trait Work {
    type Out;
    fn run(self) -> Self::Out;
}

impl Simd {
    /// Does some work with what the machine has.
    #[inline]
    pub(crate) fn run<W: Work>(self, work: W) -> W::Out {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = self.avx2 {
            return avx2.run(work);
        }
        work.run()
    }

    /// Plain words, whatever the machine has.
    #[cfg(test)]
    pub(crate) const fn scalar() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            avx2: None,
        }
    }

    /// Where lines end in the first [`WINDOW`] bytes of `text`: each LF or CR that no other follows at once. One whose
    /// follower lies in another block of 64 counts too. Gives how many places of `ends` are filled.
    #[inline]
    pub(crate) fn line_ends(self, text: &[u8], ends: &mut Ends) -> usize {
        let text = text.get(..WINDOW).unwrap_or(text);
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = self.avx2 {
            return avx2.line_ends(text, ends);
        }
        scalar::line_ends(text, ends)
    }

    /// The xor of all of `text`; and its characters `from` to `to` unpacked, six bits each, into the front of `out`,
    /// where as many as a [`room`] was made for fit. What `out` holds behind them is undefined. `None` where one
    /// of these characters is no symbol.
    #[inline(always)]
    pub(crate) fn unpack(self, text: &[u8], from: usize, to: usize, out: &mut [u8]) -> Option<u8> {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = self.avx2 {
            return avx2.unpack(text, from, to, out);
        }
        scalar::unpack(text, from, to, out)
    }

    /// The xor of the first `count` bytes of `text`, or of all of it.
    #[inline(always)]
    pub(crate) fn sum_front(self, text: &[u8; 64], count: usize) -> u8 {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = self.avx2 {
            return avx2.sum_front(text, count);
        }
        checksum(text.get(..count).unwrap_or(text))
    }
}

/// Adds the places of a block's line ends, from where its LF and CR are.
#[inline]
fn gather(terminators: u64, base: usize, ends: &mut Ends, count: usize) -> usize {
    let mut left = terminators & !(terminators >> 1);
    let found = left.count_ones() as usize;
    let mut next = || {
        let at = base as u16 + left.trailing_zeros() as u16;
        left &= left.wrapping_sub(1);
        at
    };
    // Two at once, whether there are so many or not, cost less than to ask.
    if let Some(two) = ends.get_mut(count..).and_then(<[u16]>::first_chunk_mut) {
        *two = [next(), next()];
    }
    if found > 2 {
        ends.iter_mut().skip(count + 2).take(found - 2).for_each(|place| *place = next());
    }
    count + found
}
