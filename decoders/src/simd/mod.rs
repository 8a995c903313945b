//! The three things that are done to every byte of a feed, as wide as the machine allows: find the ends of lines,
//! sum a sentence while its payload is unpacked, and find the marks of a TAG block.
//!
//! Each exists twice, with the same results: with AVX2 where the machine has it, and with plain words everywhere.
//!
//! **Invariant**: no knowledge of what a line means, and nothing but [`avx2`] is unsafe.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;

pub(crate) use scalar::{checksum, unpack_chars, unpack_eight};

/// Room to unpack a payload of `chars` characters into: what it holds, and a wide store more.
pub(crate) const fn room(chars: usize) -> usize {
    chars * 6 / 8 + 32
}

/// Bytes in one word of line ends.
pub(crate) const BLOCK: usize = 64;

/// The marks in the first bytes of a text: bit `n` is byte `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Each `\`.
    pub slashes: u64,
    /// Each `,`.
    pub commas: u64,
}

/// Which of the two is in use. Cheap to make: the standard library remembers what the machine can do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Simd {
    #[cfg(target_arch = "x86_64")]
    avx2: Option<avx2::Avx2>,
}

impl Default for Simd {
    fn default() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            avx2: avx2::Avx2::detect(),
        }
    }
}

impl Simd {
    /// Plain words, whatever the machine has.
    #[cfg(test)]
    pub(crate) const fn scalar() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            avx2: None,
        }
    }

    /// Where lines end: for each block of `text`, a word in which bit `n` says that its byte `n` is LF or CR. Gives
    /// as many words as fit; the bits behind the text are zero.
    #[inline]
    pub(crate) fn line_ends(self, text: &[u8], ends: &mut [u64]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = self.avx2 {
            return avx2.line_ends(text, ends);
        }
        scalar::line_ends(text, ends);
    }

    /// The xor of all of `text`; and its characters `from` to `to` unpacked, six bits each, into the front of `out`,
    /// where as many as a [`room`] was made for fit. What `out` holds behind them is undefined. `None` where one
    /// of these characters is no symbol.
    #[inline]
    pub(crate) fn unpack(self, text: &[u8], from: usize, to: usize, out: &mut [u8]) -> Option<u8> {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = self.avx2 {
            return avx2.unpack(text, from, to, out);
        }
        scalar::unpack(text, from, to, out)
    }

    /// The marks in a text's first 64 bytes.
    #[inline]
    pub(crate) fn marks(self, text: &[u8; BLOCK]) -> Marks {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = self.avx2 {
            return avx2.marks(text);
        }
        scalar::marks(text)
    }
}
