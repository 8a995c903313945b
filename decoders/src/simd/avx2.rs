//! Thirty-two bytes at a time, with AVX2.

#![allow(unsafe_code, reason = "intrinsics that touch memory, and the step into functions that need AVX2")]
#![allow(clippy::wildcard_imports, reason = "the intrinsics have names of their own")]
#![allow(clippy::unused_self, reason = "to have one is the proof that the machine can")]

use super::scalar::{checksum, unpack_chars};
use super::{BLOCK, Ends, Work, gather};
use std::arch::x86_64::*;

/// How far ahead of reading memory is asked for, bytes: what is read next is then mostly there.
const AHEAD: usize = 2048;

/// Proof that the machine has what the functions in here need: nothing else makes one but [`Avx2::detect`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(());

impl Avx2 {
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        let there = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("movbe")
            && is_x86_feature_detected!("pclmulqdq")
            && is_x86_feature_detected!("popcnt");
        there.then_some(Self(()))
    }

    #[inline]
    pub(super) fn run<W: Work>(self, work: W) -> W::Out {
        // SAFETY: an `Avx2` exists only where the machine has these features.
        unsafe { run(work) }
    }

    #[inline]
    pub(super) fn line_ends(self, text: &[u8], ends: &mut Ends) -> usize {
        // SAFETY: an `Avx2` exists only where the machine has these features.
        unsafe { line_ends(text, ends) }
    }

    #[inline(always)]
    pub(super) fn sum_front(self, text: &[u8; 64], count: usize) -> u8 {
        // SAFETY: an `Avx2` exists only where the machine has these features.
        unsafe { sum_front(text, count.min(64) as i8) }
    }

    #[inline(always)]
    pub(super) fn unpack(self, text: &[u8], from: usize, to: usize, out: &mut [u8]) -> Option<u8> {
        // Two sentences of three are just so: 28 characters of payload, 47 in all.
        if let (33..=64, 1..=32) = (text.len(), to.wrapping_sub(from))
            && let Some(chars) = text.get(from..).and_then(<[u8]>::first_chunk)
            && let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk())
            && let Some(out) = out.first_chunk_mut()
        {
            // SAFETY: an `Avx2` exists only where the machine has these features.
            let (sound, sum) = unsafe {
                let (packed, sound) = pack(load(chars));
                store(out, packed);
                let new = above(load(last), 63 - text.len() as i8);
                (sound, xor(_mm256_xor_si256(load(first), new)))
            };
            return (sound.trailing_ones() as usize >= to - from).then_some(sum);
        }
        // Most others, and the parts of messages in two.
        if let (65..=96, 33..=64) = (text.len(), to.wrapping_sub(from))
            && let Some(([first, second], _)) = text.first_chunk::<64>().map(|front| front.as_chunks())
            && let Some(last) = text.last_chunk()
            // The rest of the characters, from where a byte begins; what follows the payload is enough to load 32.
            && let part = (to - from - 29) & !3
            && let Some(chars) = text.get(from..).and_then(<[u8]>::first_chunk)
            && let Some(rest) = text.get(from + part..).and_then(<[u8]>::first_chunk)
            && let Some(out) = out.get_mut(..80)
        {
            let mut put = |at: usize, packed| {
                if let Some(out) = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
                    // SAFETY: an `Avx2` exists only where the machine has these features.
                    unsafe { store(out, packed) };
                }
            };
            // SAFETY: an `Avx2` exists only where the machine has these features.
            let (packed, sound) = unsafe { pack(load(chars)) };
            put(0, packed);
            // SAFETY: an `Avx2` exists only where the machine has these features.
            let (packed, sound_rest) = unsafe { pack(load(rest)) };
            put(part / 4 * 3, packed);
            // SAFETY: an `Avx2` exists only where the machine has these features.
            let sum = unsafe {
                let new = above(load(last), 95 - text.len() as i8);
                xor(_mm256_xor_si256(_mm256_xor_si256(load(first), load(second)), new))
            };
            let sound = sound == u32::MAX && sound_rest.trailing_ones() as usize >= to - from - part;
            return sound.then_some(sum);
        }
        // SAFETY: an `Avx2` exists only where the machine has these features.
        unsafe { unpack_any(text, from, to, out) }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
fn run<W: Work>(work: W) -> W::Out {
    work.run()
}

#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
#[inline]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: there are 32 bytes to read; any address will do.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// The first `words` (0 to 8) groups of four bytes, and zeros behind them; `None` where there are fewer.
#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
#[inline]
fn load_words(bytes: &[u8], words: usize) -> Option<__m256i> {
    bytes.get(..words * 4)?;
    let place = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let wanted = _mm256_cmpgt_epi32(_mm256_set1_epi32(words as i32), place);
    // SAFETY: only the groups that are wanted are touched, and there are so many; any address will do.
    Some(unsafe { _mm256_maskload_epi32(bytes.as_ptr().cast(), wanted) })
}

#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
#[inline]
fn store(bytes: &mut [u8; 32], value: __m256i) {
    // SAFETY: there are 32 bytes to write; any address will do.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), value) }
}

/// One bit per byte.
#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
#[inline]
fn mask(bytes: __m256i) -> u32 {
    _mm256_movemask_epi8(bytes) as u32
}

#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
fn line_ends(text: &[u8], ends: &mut Ends) -> usize {
    let (blocks, tail) = text.as_chunks::<BLOCK>();
    let mut count = 0;
    for (block, base) in blocks.iter().zip((0..).step_by(BLOCK)) {
        // A hint, which touches nothing: any address will do.
        _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD).cast());
        count = block_ends(block, base, ends, count);
    }
    if !tail.is_empty() {
        let mut block = [0; BLOCK];
        block.iter_mut().zip(tail).for_each(|(place, byte)| *place = *byte);
        count = block_ends(&block, blocks.len() * BLOCK, ends, count);
    }
    count
}

#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
#[inline]
fn block_ends(block: &[u8; BLOCK], base: usize, ends: &mut Ends, count: usize) -> usize {
    let ([low, high], _) = block.as_chunks::<32>() else { return count };
    let (low, high) = (load(low), load(high));
    let (lf, cr) = (_mm256_set1_epi8(b'\n' as i8), _mm256_set1_epi8(b'\r' as i8));
    let [low, high] = [low, high]
        .map(|half| mask(_mm256_or_si256(_mm256_cmpeq_epi8(half, lf), _mm256_cmpeq_epi8(half, cr))));
    gather(u64::from(high) << 32 | u64::from(low), base, ends, count)
}

#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
#[inline(never)]
fn unpack_any(text: &[u8], from: usize, to: usize, out: &mut [u8]) -> Option<u8> {
    let (mut rest, mut left, mut out) = (text.get(from..)?, to.checked_sub(from)?, out);
    while left > 0 {
        // Past the payload a sentence goes on: the load may read that too.
        let words = left.div_ceil(4).min(8);
        let Some(chars) = load_words(rest, words) else {
            unpack_chars(rest.get(..left)?, out)?;
            break;
        };
        let (packed, sound) = pack(chars);
        let behind = if left < 32 { u32::MAX << left } else { 0 };
        if sound | behind != u32::MAX {
            return None;
        }
        store(out.first_chunk_mut()?, packed);
        if left <= 32 {
            break;
        }
        (out, rest, left) = (out.get_mut(24..)?, rest.get(32..)?, left - 32);
    }
    Some(sum(text))
}

/// 32 characters as 24 bytes, and which of them are symbols.
#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
#[inline]
fn pack(chars: __m256i) -> (__m256i, u32) {
    let at_most = |v: __m256i, most: i8| _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(most)), v);
    let low = _mm256_sub_epi8(chars, _mm256_set1_epi8(b'0' as i8));
    let high = _mm256_sub_epi8(chars, _mm256_set1_epi8(b'`' as i8));
    // `0` to `W` are 0 to 39, and `` ` `` to `w` 40 to 63.
    let upper = at_most(high, 23);
    let sound = mask(_mm256_or_si256(upper, at_most(low, 39)));
    let six = _mm256_sub_epi8(low, _mm256_and_si256(upper, _mm256_set1_epi8(8)));
    // What is no symbol may stand behind the payload: it must not spill into the last that is one.
    let six = _mm256_and_si256(six, _mm256_set1_epi8(63));
    // Two sixes in 16 bits, then four in 32; then the bytes of each in the order of the air, without the empty one.
    let twelve = _mm256_maddubs_epi16(six, _mm256_set1_epi16(0x0140));
    let twenty_four = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x0001_1000));
    let order =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
    let bytes = _mm256_shuffle_epi8(twenty_four, order);
    (_mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7)), sound)
}

/// The xor of all bytes.
#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
#[inline]
fn sum(text: &[u8]) -> u8 {
    let Some(last) = text.last_chunk::<32>() else { return checksum(text) };
    let (whole, left) = text.as_chunks::<32>();
    // The last 32 overlap what the loop sums: only the bytes that are left over count.
    let mut all = above(load(last), 31 - left.len() as i8);
    for bytes in whole {
        all = _mm256_xor_si256(all, load(bytes));
    }
    xor(all)
}

#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
#[inline]
fn sum_front(text: &[u8; 64], count: i8) -> u8 {
    let ([low, high], _) = text.as_chunks::<32>() else { return 0 };
    // What lies behind is taken out again.
    let front = |bytes, last| _mm256_andnot_si256(above(bytes, last), bytes);
    let all = front(load(low), count - 1);
    xor(if count > 32 { _mm256_xor_si256(all, front(load(high), count - 33)) } else { all })
}

/// The bytes behind the one at `place`, and zeros before them.
#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
#[inline]
fn above(bytes: __m256i, place: i8) -> __m256i {
    let places = _mm256_setr_epi8(
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
        28, 29, 30, 31,
    );
    _mm256_and_si256(bytes, _mm256_cmpgt_epi8(places, _mm256_set1_epi8(place)))
}

#[target_feature(enable = "avx2,bmi1,bmi2,movbe,pclmulqdq,popcnt")]
#[inline]
fn xor(bytes: __m256i) -> u8 {
    let half = _mm_xor_si128(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
    let word = _mm_xor_si128(half, _mm_unpackhi_epi64(half, half));
    // A product without carries: its eighth byte is the sum of all eight.
    let product = _mm_clmulepi64_si128::<0>(word, _mm_set1_epi8(1));
    (_mm_cvtsi128_si64(product) as u64 >> 56) as u8
}
