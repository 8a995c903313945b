//! `xs:dateTime`: `2026-11-23T06:00:00.250Z`, with any number of decimals and any offset. Dialects leave the offset out
//! (it is UTC then) and a way point's seconds.

use crate::calendar::{civil, utc};
use std::io::Write;
use units::UtcTime;

const NS: i64 = 1_000_000_000;
/// The instant; `None` where it is none, or beyond 1970 to 2199.
pub(crate) fn read(text: &str) -> Option<UtcTime> {
    let (head, rest) = text.as_bytes().split_first_chunk::<16>()?;
    let [y, y2, y3, y4, b'-', mo, mo2, b'-', d, d2, b'T', h, h2, b':', mi, mi2] = *head else { return None };
    let pair = |tens, ones| number(&[tens, ones]);
    let (second, rest) = match rest {
        [b':', tens, ones, rest @ ..] => (pair(*tens, *ones)?, rest),
        _ => (0, rest),
    };
    let (ns, rest) = match rest {
        [b'.', rest @ ..] => {
            let end = rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
            let (digits, rest) = rest.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?;
            let nine = digits.iter().copied().chain(std::iter::repeat(b'0')).take(9);
            (nine.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')), rest)
        }
        _ => (0, rest),
    };
    let east_s = match *rest {
        [] | [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h, h2, b':', m, m2] => {
            let (hours, minutes) = (pair(h, h2)?, pair(m, m2)?);
            let size = i64::from(hours * 3600 + minutes * 60);
            (hours <= 14 && minutes < 60).then_some(if sign == b'-' { -size } else { size })?
        }
        _ => return None,
    };
    let date =
        [number(&[y, y2, y3, y4])?, pair(mo, mo2)?, pair(d, d2)?, pair(h, h2)?, pair(mi, mi2)?, second];
    let local = utc(date, ns)?;
    let at = UtcTime::from_unix_ns(local.unix_ns().checked_sub(east_s * NS)?);
    civil(at).map(|_| at)
}

/// Whether it can be written.
pub(super) fn in_range(at: UtcTime) -> bool {
    civil(at).is_some()
}

/// Milliseconds, or finer where the instant is.
pub(super) fn write(at: UtcTime, out: &mut Vec<u8>) {
    // Nothing gets into a document that cannot be written.
    let [year, month, day, hour, minute, second] = civil(at).unwrap_or([1970, 1, 1, 0, 0, 0]);
    let ns = at.unix_ns().rem_euclid(NS);
    // Writing into memory cannot fail.
    let _ = write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.");
    let _ = match ns {
        _ if ns % 1_000_000 == 0 => write!(out, "{:03}Z", ns / 1_000_000),
        _ if ns % 1_000 == 0 => write!(out, "{:06}Z", ns / 1_000),
        _ => write!(out, "{ns:09}Z"),
    };
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instants_are_read_however_they_are_written() {
        // Expected values from `date -u -d ... +%s`.
        let cases = [
            ("2026-11-23T06:00:00.250Z", Some(1_795_413_600_250_000_000)),
            ("2026-11-23T06:00:00Z", Some(1_795_413_600_000_000_000)),
            ("2026-11-23T14:00:00.25+08:00", Some(1_795_413_600_250_000_000)),
            ("2026-11-23T06:00:00.250", Some(1_795_413_600_250_000_000)),
            ("2026-11-23T06:00Z", Some(1_795_413_600_000_000_000)),
            ("2026-11-23T06:00:00.123456789999Z", Some(1_795_413_600_123_456_789)),
            ("1969-12-31T23:59:59Z", None),
            ("1970-01-01T00:00:00+00:01", None),
            ("2026-02-29T00:00:00Z", None),
            ("2026-11-23T06:00:00.Z", None),
            ("2026-11-23T06:00:00,250Z", None),
            ("2026-11-23 06:00:00Z", None),
            ("2026-11-23T06:00:00+15:00", None),
            ("2026-11-23T06:00:00Zulu", None),
            ("2026-11-23", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).map(UtcTime::unix_ns), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 0..7_258_118_400_i64, ns in 0..NS, coarse in 0_u32..4) {
            let step = 1000_i64.pow(coarse);
            let at = UtcTime::from_unix_ns(seconds * NS + ns / step * step);
            let mut out = Vec::new();
            write(at, &mut out);
            prop_assert_eq!(read(std::str::from_utf8(&out).unwrap()), Some(at));
        }
    }
}
