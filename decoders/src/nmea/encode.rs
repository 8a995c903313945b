//! Messages to sentences.

use super::armor::pack;
use super::sentence::checksum;
use crate::bits::Bits;

/// Characters of payload in one sentence: with everything around them it fills the 82 that IEC 61162-1 allows.
const MOST_CHARS: usize = 60;

/// Writes a message as VDM sentences (heard on the air), each ended by CRLF, behind `out`.
///
/// `talker` is two characters, such as `AI`; `channel` is `A` or `B` where known; `sequence` (its last digit) ties
/// the parts together where one sentence is too short. Returns how many sentences were written: 0 where the
/// payload is empty or above what nine can carry (3,240 bits).
pub fn encode_vdm(
    out: &mut Vec<u8>,
    talker: [u8; 2],
    channel: Option<u8>,
    sequence: u8,
    bits: Bits<'_>,
) -> usize {
    encode(out, talker, b'M', channel, sequence, bits)
}

/// As [`encode_vdm`], but VDO: about the sending station itself.
pub fn encode_vdo(
    out: &mut Vec<u8>,
    talker: [u8; 2],
    channel: Option<u8>,
    sequence: u8,
    bits: Bits<'_>,
) -> usize {
    encode(out, talker, b'O', channel, sequence, bits)
}

fn encode(
    out: &mut Vec<u8>,
    [t, u]: [u8; 2],
    last: u8,
    channel: Option<u8>,
    sequence: u8,
    bits: Bits<'_>,
) -> usize {
    let total = bits.len().div_ceil(MOST_CHARS * 6);
    if !(1..=9).contains(&total) {
        return 0;
    }
    let digit = |n: usize| b'0' + n as u8;
    for number in 0..total {
        let start = out.len();
        out.extend_from_slice(&[
            b'!',
            t,
            u,
            b'V',
            b'D',
            last,
            b',',
            digit(total),
            b',',
            digit(number + 1),
            b',',
        ]);
        if total > 1 {
            out.push(b'0' + sequence % 10);
        }
        out.push(b',');
        out.extend(channel);
        out.push(b',');
        let from = number * MOST_CHARS * 6;
        let fill = pack(bits, from, from + MOST_CHARS * 6, out);
        out.extend_from_slice(&[b',', b'0' + fill]);
        close(out, start);
    }
    total
}

/// Writes any sentence behind `out`: `body` is what stands between the start (`$` or `!`) and `*`.
pub fn encode_sentence(out: &mut Vec<u8>, start: u8, body: &[u8]) {
    let at = out.len();
    out.push(start);
    out.extend_from_slice(body);
    close(out, at);
}

/// Adds checksum and CRLF to the sentence that begins at `start`.
pub(crate) fn close(out: &mut Vec<u8>, start: usize) {
    let sum = checksum(out.get(start + 1..).unwrap_or_default());
    let hex = |n: u8| if n < 10 { b'0' + n } else { b'A' + n - 10 };
    out.extend_from_slice(&[b'*', hex(sum >> 4), hex(sum & 15), b'\r', b'\n']);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_as_the_standard_writes_them() {
        // Check digits from a few lines of Python; the payload is all zeros.
        let bytes = [0; 60];
        let cases: [(usize, Option<u8>, &str); 4] = [
            (0, None, ""),
            (12, Some(b'A'), "!AIVDM,1,1,,A,00,0*26\r\n"),
            (8, None, "!AIVDM,1,1,,,00,4*63\r\n"),
            (
                361,
                Some(b'B'),
                "!AIVDM,2,1,3,B,000000000000000000000000000000000000000000000000000000000000,0*15\r\n\
                 !AIVDM,2,2,3,B,0,5*23\r\n",
            ),
        ];
        for (len, channel, expected) in cases {
            let mut out = Vec::new();
            let count = encode_vdm(&mut out, *b"AI", channel, 13, Bits::new(&bytes, len));
            assert_eq!(std::str::from_utf8(&out), Ok(expected));
            assert_eq!(count, expected.lines().count());
            assert!(expected.lines().all(|line| line.len() <= 80));
        }
        let mut out = Vec::new();
        // The example of the standard's ZDA.
        encode_sentence(&mut out, b'$', b"GPZDA,153415,10,12,2015,0,0");
        assert_eq!(out, b"$GPZDA,153415,10,12,2015,0,0*4B\r\n");
    }
}
