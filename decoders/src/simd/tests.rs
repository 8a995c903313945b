//! Wide and plain give the same, and both what a byte at a time gives.

use super::*;
use proptest::prelude::*;

fn ways() -> [Simd; 2] {
    let wide = Simd::default();
    #[cfg(target_arch = "x86_64")]
    assert!(wide.avx2.is_some() || !std::arch::is_x86_feature_detected!("avx2"), "AVX2 goes untested");
    [wide, Simd::scalar()]
}

fn ends_one_by_one(text: &[u8]) -> Vec<u16> {
    let text = &text[..text.len().min(WINDOW)];
    let is_end = |at: usize| matches!(text.get(at), Some(b'\n' | b'\r'));
    let ends = |at: &usize| is_end(*at) && (at % BLOCK == BLOCK - 1 || !is_end(at + 1));
    (0..text.len()).filter(ends).map(|at| at as u16).collect()
}

fn unpacked_one_by_one(chars: &[u8]) -> Option<Vec<bool>> {
    let mut bits = Vec::new();
    for &c in chars {
        let six = match c {
            b'0'..=b'W' => c - 48,
            b'`'..=b'w' => c - 56,
            _ => return None,
        };
        bits.extend((0..6).rev().map(|place| six >> place & 1 == 1));
    }
    Some(bits)
}

fn symbol() -> impl Strategy<Value = u8> {
    prop_oneof![300 => b'0'..=b'W', 100 => b'`'..=b'w', 1 => any::<u8>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn lines_end_where_they_end(
        text in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'x'), any::<u8>()], 0..300),
        sparse in any::<bool>(),
    ) {
        let text: Vec<u8> = if sparse { text.iter().flat_map(|b| [*b, b'a', b'b', b'c', 0, 0x8a, 0x8d]).collect() } else { text };
        for simd in ways() {
            let mut ends = [0; WINDOW + 2];
            let count = simd.line_ends(&text, &mut ends);
            prop_assert_eq!(&ends[..count], &ends_one_by_one(&text)[..]);
        }
    }

    #[test]
    fn sums_and_payloads_are_the_same(
        before in prop::collection::vec(any::<u8>(), 0..40),
        chars in prop::collection::vec(symbol(), 0..120),
        after in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let text = [before.clone(), chars.clone(), after].concat();
        let (from, to) = (before.len(), before.len() + chars.len());
        let sum = text.iter().fold(0, |sum, byte| sum ^ byte);
        for simd in ways() {
            let mut out = vec![0xaa; room(chars.len())];
            let seen = simd.unpack(&text, from, to, &mut out);
            let expected = unpacked_one_by_one(&chars);
            prop_assert_eq!(seen, expected.as_ref().map(|_| sum));
            for (at, bit) in expected.into_iter().flatten().enumerate() {
                prop_assert_eq!(out[at / 8] >> (7 - at % 8) & 1 == 1, bit, "bit {}", at);
            }
        }
    }
}

#[test]
fn a_window_full_of_ends_fits() {
    let text = b"x\n".repeat(WINDOW);
    for simd in ways() {
        let mut ends = [0; WINDOW + 2];
        assert_eq!(simd.line_ends(&text, &mut ends), WINDOW / 2);
        assert!(ends[..WINDOW / 2].iter().copied().eq((1..WINDOW as u16).step_by(2)));
    }
}
