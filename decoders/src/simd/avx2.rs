//! Thirty-two bytes at a time, with AVX2.

#![allow(
    unsafe_code,
    reason = "the intrinsics that touch memory, and the step into functions that need AVX2"
)]
#![allow(clippy::wildcard_imports, reason = "the intrinsics have names of their own")]
#![allow(clippy::unused_self, reason = "having one is the proof that the machine can")]

use super::scalar::{checksum, fold, unpack_chars};
use super::{BLOCK, Marks};
use std::arch::x86_64::*;

/// Proof that the machine has what the functions in here need: nothing else makes one but [`Avx2::detect`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(());

impl Avx2 {
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        let there = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2");
        there.then_some(Self(()))
    }

    #[inline]
    pub(super) fn line_ends(self, text: &[u8], ends: &mut [u64]) {
        // SAFETY: an `Avx2` exists only where the machine has these features.
        unsafe { line_ends(text, ends) }
    }

    #[inline]
    pub(super) fn unpack(self, text: &[u8], from: usize, to: usize, out: &mut [u8]) -> Option<u8> {
        // SAFETY: an `Avx2` exists only where the machine has these features.
        unsafe { unpack(text, from, to, out) }
    }

    #[inline]
    pub(super) fn marks(self, text: &[u8; BLOCK]) -> Marks {
        // SAFETY: an `Avx2` exists only where the machine has these features.
        unsafe { marks(text) }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: there are 32 bytes to read; any address will do.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn store(bytes: &mut [u8; 32], value: __m256i) {
    // SAFETY: there are 32 bytes to write; any address will do.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), value) }
}

/// One bit per byte.
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn mask(bytes: __m256i) -> u32 {
    _mm256_movemask_epi8(bytes) as u32
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn equal(bytes: __m256i, c: u8) -> __m256i {
    _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c as i8))
}

/// The two halves of a block.
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn halves(block: &[u8; BLOCK]) -> [__m256i; 2] {
    let (halves, _) = block.as_chunks::<32>();
    match halves {
        [low, high] => [load(low), load(high)],
        _ => [_mm256_setzero_si256(); 2],
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn line_ends(text: &[u8], ends: &mut [u64]) {
    let word = |block: &[u8; BLOCK]| {
        let [low, high] = halves(block);
        let [low, high] =
            [low, high].map(|half| mask(_mm256_or_si256(equal(half, b'\n'), equal(half, b'\r'))));
        u64::from(high) << 32 | u64::from(low)
    };
    let (blocks, tail) = text.as_chunks::<BLOCK>();
    let mut ends = ends.iter_mut();
    for (block, end) in blocks.iter().zip(&mut ends) {
        *end = word(block);
    }
    if !tail.is_empty()
        && let Some(end) = ends.next()
    {
        let mut block = [0; BLOCK];
        block.iter_mut().zip(tail).for_each(|(place, byte)| *place = *byte);
        *end = word(&block);
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn marks(text: &[u8; BLOCK]) -> Marks {
    let [low, high] = halves(text);
    let all = |c: u8| u64::from(mask(equal(high, c))) << 32 | u64::from(mask(equal(low, c)));
    Marks { slashes: all(b'\\'), commas: all(b',') }
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn unpack(text: &[u8], from: usize, to: usize, out: &mut [u8]) -> Option<u8> {
    let (mut at, mut out) = (from, out);
    while at < to {
        // Past the payload a sentence goes on: the wide load may read that too.
        let Some(chars) = text.get(at..).and_then(<[u8]>::first_chunk::<32>) else {
            unpack_chars(text.get(at..to)?, out)?;
            break;
        };
        let (packed, sound) = pack(load(chars));
        let behind = if to - at < 32 { u32::MAX << (to - at) } else { 0 };
        if sound | behind != u32::MAX {
            return None;
        }
        store(out.first_chunk_mut()?, packed);
        out = out.get_mut(24..)?;
        at += 32;
    }
    Some(sum(text))
}

/// 32 characters as 24 bytes, and which of them are symbols.
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn pack(chars: __m256i) -> (__m256i, u32) {
    let at_most = |v: __m256i, most: i8| _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(most)), v);
    let low = _mm256_sub_epi8(chars, _mm256_set1_epi8(b'0' as i8));
    let high = _mm256_sub_epi8(chars, _mm256_set1_epi8(b'`' as i8));
    // `0` to `W` are 0 to 39, and `` ` `` to `w` 40 to 63.
    let upper = at_most(high, 23);
    let sound = mask(_mm256_or_si256(upper, at_most(low, 39)));
    let six = _mm256_sub_epi8(low, _mm256_and_si256(upper, _mm256_set1_epi8(8)));
    // Two sixes in 16 bits, then four in 32; then the bytes of each in the order of the air, without the empty one.
    let twelve = _mm256_maddubs_epi16(six, _mm256_set1_epi16(0x0140));
    let twenty_four = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x0001_1000));
    let order =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
    let bytes = _mm256_shuffle_epi8(twenty_four, order);
    (_mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7)), sound)
}

/// The xor of all bytes.
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn sum(text: &[u8]) -> u8 {
    let Some(last) = text.last_chunk::<32>() else { return checksum(text) };
    let (whole, left) = text.as_chunks::<32>();
    // The last 32 overlap what the loop sums: only the bytes that are left over count.
    let place = _mm256_setr_epi8(
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
        28, 29, 30, 31,
    );
    let fresh = _mm256_cmpgt_epi8(place, _mm256_set1_epi8(31 - left.len() as i8));
    let mut all = _mm256_and_si256(load(last), fresh);
    for bytes in whole {
        all = _mm256_xor_si256(all, load(bytes));
    }
    let half = _mm_xor_si128(_mm256_castsi256_si128(all), _mm256_extracti128_si256::<1>(all));
    let word = _mm_xor_si128(half, _mm_unpackhi_epi64(half, half));
    fold(_mm_cvtsi128_si64(word) as u64)
}
