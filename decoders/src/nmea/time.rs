//! Instants as text: epochs, and dates as ISO 8601 writes them.

use crate::calendar::utc;
use units::UtcTime;

/// Seconds since 1970 with up to nine decimals, or milli-, micro- or nanoseconds where the number is too large for
/// seconds. `None` where it is no number of up to nineteen digits.
pub(super) fn epoch(text: &[u8]) -> Option<UtcTime> {
    let dot = memchr::memchr(b'.', text).unwrap_or(text.len());
    let (whole, decimals) = text.split_at(dot);
    let whole = integer(whole)?;
    Some(UtcTime::from_unix_ns(match whole {
        100_000_000_000_000_001.. => whole,
        100_000_000_000_001.. => whole.checked_mul(1000)?,
        100_000_000_001.. => whole.checked_mul(1_000_000)?,
        _ => whole
            .checked_mul(1_000_000_000)?
            .checked_add(nanoseconds(decimals.get(1..).unwrap_or_default())?)?,
    }))
}

/// `2016-03-31 00:00:01`, with `T` for the blank, decimals, a `Z`; anything else behind it is not looked at.
/// `None` where it is no date and time.
pub(super) fn iso(text: &[u8]) -> Option<UtcTime> {
    let (head, rest) = text.split_first_chunk::<19>()?;
    let [y, y2, y3, y4, b'-', mo, mo2, b'-', d, d2, b' ' | b'T', h, h2, b':', mi, mi2, b':', s, s2] = *head
    else {
        return None;
    };
    let number = |digits: &[u8]| integer(digits).map(|n| n as u32);
    let date = [
        number(&[y, y2, y3, y4])?,
        number(&[mo, mo2])?,
        number(&[d, d2])?,
        number(&[h, h2])?,
        number(&[mi, mi2])?,
        number(&[s, s2])?,
    ];
    let decimals = match rest.split_first() {
        Some((b'.', rest)) => {
            let end = rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
            nanoseconds(rest.get(..end)?)?
        }
        _ => 0,
    };
    utc(date, decimals as u32)
}

fn integer(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    digits.iter().try_fold(0_i64, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// Decimals of a second; those after the ninth are dropped.
fn nanoseconds(decimals: &[u8]) -> Option<i64> {
    if !decimals.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = decimals.iter().copied().chain(std::iter::repeat(b'0')).take(9);
    Some(digits.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_however_they_are_written() {
        // Expected values from `date -u`.
        let cases: [(Option<UtcTime>, Option<i64>); 12] = [
            (epoch(b"1700000000"), Some(1_700_000_000_000_000_000)),
            (epoch(b"1459382400.12"), Some(1_459_382_400_120_000_000)),
            (epoch(b"1700000006123"), Some(1_700_000_006_123_000_000)),
            (epoch(b"1550303566167726840"), Some(1_550_303_566_167_726_840)),
            (epoch(b""), None),
            (epoch(b"12x"), None),
            (epoch(b"99999999999999999999"), None),
            (iso(b"2016-03-31 00:00:01, !AIVDM"), Some(1_459_382_401_000_000_000)),
            (iso(b"2015-01-01T00:00:00.5Z"), Some(1_420_070_400_500_000_000)),
            (iso(b"2015-02-29T00:00:00"), None),
            (iso(b"2015-02-2"), None),
            (iso(b"2015/02/28 00:00:00"), None),
        ];
        for (i, (seen, expected)) in cases.into_iter().enumerate() {
            assert_eq!(seen.map(UtcTime::unix_ns), expected, "{i}");
        }
    }
}
