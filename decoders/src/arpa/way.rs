//! One list of a sentence's fields, gone through three ways: read from a line, written to one, told to a visitor.

use super::DecodeError;
use super::value::{Clock, Letter, Minutes, Text};
use crate::ais::Visit;
use memchr::memchr;
use std::io::Write as _;

/// A number is read, written and told with no more.
const MOST_DECIMALS: usize = 6;
/// And is below this, so that so many decimals are exact.
const MOST: f64 = 1e8;

/// A way through the fields of a sentence, in the order in which they stand. A field that is not there is `None`.
pub(super) trait Way<'a> {
    /// A whole number, written with at least so many digits.
    fn whole(&mut self, key: &'static str, value: &mut Option<u32>, digits: usize);
    /// A whole number in hexadecimal, likewise.
    fn hex(&mut self, key: &'static str, value: &mut Option<u32>, digits: usize);
    /// A number, written with at least so many digits before and behind the point.
    fn decimal(&mut self, key: &'static str, value: &mut Option<f64>, digits: (usize, usize));
    /// One of a few letters.
    fn letter<L: Letter>(&mut self, key: &'static str, value: &mut Option<L>);
    /// A text.
    fn text(&mut self, key: &'static str, value: &mut Option<Text<'a>>);
    /// A time of day, UTC.
    fn clock(&mut self, key: &'static str, value: &mut Option<Clock>);
    /// An angle and the letter of its hemisphere, the positive one first.
    fn angle(&mut self, key: &'static str, value: &mut Option<Minutes>, hemispheres: [u8; 2]);
    /// All that is left: fields that repeat, told under these keys.
    fn list(&mut self, key: &'static str, value: &mut &'a [u8], keys: &'static [Key]);
}

/// What an entry of a list holds.
#[derive(Clone, Copy)]
pub(super) enum Key {
    Number(&'static str),
    Text(&'static str),
}

/// From a line.
pub(super) struct Reading<'a> {
    /// What is left, from the comma on.
    rest: &'a [u8],
    field: u8,
    /// The first thing that was wrong.
    pub wrong: Option<DecodeError>,
}

impl<'a> Reading<'a> {
    /// The fields behind an address: what is left of the body, from the comma on.
    pub const fn new(rest: &'a [u8]) -> Self {
        Self { rest, field: 0, wrong: None }
    }

    /// The next field, without the blanks that some put around or for it; `None` where nothing is in it.
    fn next(&mut self) -> Option<&'a [u8]> {
        self.field = self.field.saturating_add(1);
        let (_, rest) = self.rest.split_first()?;
        let (field, rest) = rest.split_at(memchr(b',', rest).unwrap_or(rest.len()));
        self.rest = rest;
        Some(field.trim_ascii()).filter(|field| !field.is_empty())
    }

    fn take<T>(&mut self, value: &mut Option<T>, read: impl Fn(&'a [u8]) -> Option<T>, wrong: Wrong) {
        let Some(text) = self.next() else { return };
        *value = read(text);
        if value.is_none() {
            self.refuse(wrong);
        }
    }

    fn refuse(&mut self, wrong: Wrong) {
        self.wrong.get_or_insert(wrong(self.field));
    }
}

/// What is wrong with the field of that number.
type Wrong = fn(u8) -> DecodeError;
const NUMBER: Wrong = |field| DecodeError::BadNumber { field };
const LETTER: Wrong = |field| DecodeError::BadLetter { field };
const TIME: Wrong = |field| DecodeError::BadTime { field };
const PLACE: Wrong = |field| DecodeError::BadPlace { field };

impl<'a> Way<'a> for Reading<'a> {
    fn whole(&mut self, _key: &'static str, value: &mut Option<u32>, _digits: usize) {
        self.take(value, |text| digits(text, 10), NUMBER);
    }

    fn hex(&mut self, _key: &'static str, value: &mut Option<u32>, _digits: usize) {
        self.take(value, |text| digits(text, 16), NUMBER);
    }

    fn decimal(&mut self, _key: &'static str, value: &mut Option<f64>, _digits: (usize, usize)) {
        self.take(value, decimal, NUMBER);
    }

    fn letter<L: Letter>(&mut self, _key: &'static str, value: &mut Option<L>) {
        self.take(value, |text| if let [letter] = *text { L::read(letter) } else { None }, LETTER);
    }

    fn text(&mut self, _key: &'static str, value: &mut Option<Text<'a>>) {
        *value = self.next().map(Text::sent);
    }

    fn clock(&mut self, _key: &'static str, value: &mut Option<Clock>) {
        self.take(value, Clock::read, TIME);
    }

    fn angle(&mut self, _key: &'static str, value: &mut Option<Minutes>, hemispheres: [u8; 2]) {
        let most = if hemispheres[0] == b'N' { 90 } else { 180 };
        self.take(value, |text| Minutes::read(text, most), PLACE);
        let [positive, negative] = hemispheres;
        match (self.next(), &mut *value) {
            (Some(&[letter]), _) if letter == positive => {}
            (Some(&[letter]), value) if letter == negative => *value = value.map(Minutes::negated),
            (None, None) => {}
            // An angle without its hemisphere is no place.
            _ => self.refuse(PLACE),
        }
    }

    fn list(&mut self, _key: &'static str, value: &mut &'a [u8], _keys: &'static [Key]) {
        *value = self.rest.strip_prefix(b",").unwrap_or_default();
        self.rest = &[];
    }
}

/// Up to nine digits.
pub(super) fn digits(text: &[u8], base: u32) -> Option<u32> {
    if text.len() > 9 {
        return None;
    }
    text.iter()
        .try_fold(0_u32, |sum, &digit| sum.checked_mul(base)?.checked_add(char::from(digit).to_digit(base)?))
}

/// A sign, digits, a point: nothing else that Rust takes for a number. To the millionth, below a hundred million.
fn decimal(text: &[u8]) -> Option<f64> {
    let unsigned = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let sound = text.len() <= 16 && unsigned.iter().all(|&b| b.is_ascii_digit() || b == b'.');
    let number: f64 = if sound { std::str::from_utf8(text).ok()?.parse().ok()? } else { return None };
    (number.abs() < MOST).then(|| (number * 1e6).round() / 1e6)
}

/// To a line.
pub(super) struct Writing<'o> {
    pub out: &'o mut Vec<u8>,
}

impl Writing<'_> {
    fn put(&mut self, args: std::fmt::Arguments<'_>) {
        // A vector takes everything.
        let _ = self.out.write_fmt(args);
    }
}

impl<'a> Way<'a> for Writing<'_> {
    fn whole(&mut self, _key: &'static str, value: &mut Option<u32>, digits: usize) {
        self.out.push(b',');
        if let Some(value) = value {
            self.put(format_args!("{value:0digits$}"));
        }
    }

    fn hex(&mut self, _key: &'static str, value: &mut Option<u32>, digits: usize) {
        self.out.push(b',');
        if let Some(value) = value {
            self.put(format_args!("{value:0digits$X}"));
        }
    }

    fn decimal(&mut self, _key: &'static str, value: &mut Option<f64>, (whole, decimals): (usize, usize)) {
        self.out.push(b',');
        let Some(value) = value.filter(|value| value.abs() < MOST) else { return };
        if value < 0.0 {
            self.out.push(b'-');
        }
        let width = whole + 1 + MOST_DECIMALS;
        self.put(format_args!("{:0width$.MOST_DECIMALS$}", value.abs()));
        let spare = MOST_DECIMALS.saturating_sub(decimals);
        let zeros = self.out.iter().rev().take(spare).take_while(|&&digit| digit == b'0').count();
        self.out.truncate(self.out.len() - zeros);
        if self.out.last() == Some(&b'.') {
            self.out.pop();
        }
    }

    fn letter<L: Letter>(&mut self, _key: &'static str, value: &mut Option<L>) {
        self.out.push(b',');
        self.out.extend(value.map(L::letter));
    }

    fn text(&mut self, _key: &'static str, value: &mut Option<Text<'a>>) {
        self.out.push(b',');
        self.out.extend_from_slice(value.map_or(&[], Text::as_sent));
    }

    fn clock(&mut self, _key: &'static str, value: &mut Option<Clock>) {
        self.out.push(b',');
        if let Some(clock) = value {
            clock.write(self.out);
        }
    }

    fn angle(&mut self, _key: &'static str, value: &mut Option<Minutes>, hemispheres: [u8; 2]) {
        self.out.push(b',');
        match value {
            Some(angle) => angle.write(hemispheres, self.out),
            None => self.out.push(b','),
        }
    }

    fn list(&mut self, _key: &'static str, value: &mut &'a [u8], _keys: &'static [Key]) {
        if !value.is_empty() {
            self.out.push(b',');
            self.out.extend_from_slice(value);
        }
    }
}

/// To a visitor.
pub(super) struct Telling<'v>(pub &'v mut dyn Visit);

impl<'a> Way<'a> for Telling<'_> {
    fn whole(&mut self, key: &'static str, value: &mut Option<u32>, _digits: usize) {
        match value {
            Some(value) => self.0.int(key, i64::from(*value)),
            None => self.0.null(key),
        }
    }

    fn hex(&mut self, key: &'static str, value: &mut Option<u32>, digits: usize) {
        self.whole(key, value, digits);
    }

    fn decimal(&mut self, key: &'static str, value: &mut Option<f64>, (_, decimals): (usize, usize)) {
        let Some(value) = *value else { return self.0.null(key) };
        // As many as it was sent with, where those are more than usual.
        let exact = |decimals: &usize| {
            let scaled = value * 10_f64.powi(*decimals as i32);
            (scaled - scaled.round()).abs() < 1e-6
        };
        let decimals = (decimals..MOST_DECIMALS).find(exact).unwrap_or(MOST_DECIMALS);
        self.0.float(key, value, decimals as u8);
    }

    fn letter<L: Letter>(&mut self, key: &'static str, value: &mut Option<L>) {
        match value {
            Some(value) => self.0.text(key, char::from(value.letter()).encode_utf8(&mut [0; 4])),
            None => self.0.null(key),
        }
    }

    fn text(&mut self, key: &'static str, value: &mut Option<Text<'a>>) {
        match value {
            Some(text) => self.0.text(key, &text.chars().collect::<String>()),
            None => self.0.null(key),
        }
    }

    fn clock(&mut self, key: &'static str, value: &mut Option<Clock>) {
        match value {
            Some(clock) => self.0.text(key, &clock.to_string()),
            None => self.0.null(key),
        }
    }

    fn angle(&mut self, key: &'static str, value: &mut Option<Minutes>, _hemispheres: [u8; 2]) {
        match value {
            Some(angle) => self.0.float(key, angle.degrees(), 7),
            None => self.0.null(key),
        }
    }

    fn list(&mut self, key: &'static str, value: &mut &'a [u8], keys: &'static [Key]) {
        self.0.array(key);
        for entry in entries(value, keys.len()) {
            self.0.object("");
            for (key, field) in keys.iter().zip(entry) {
                let sent = (!field.is_empty()).then_some(field);
                match key {
                    Key::Number(key) => self.whole(key, &mut sent.and_then(|field| digits(field, 10)), 1),
                    Key::Text(key) => self.text(key, &mut sent.map(Text::sent)),
                }
            }
            self.0.close();
        }
        self.0.close();
    }
}

/// The fields of a list, so many to an entry, blanks around them removed; the last entry may be short.
pub(super) fn entries(list: &[u8], size: usize) -> impl Iterator<Item = [&[u8]; 4]> {
    let mut rest = (!list.is_empty()).then_some(list);
    std::iter::from_fn(move || {
        rest?;
        let mut entry: [&[u8]; 4] = [&[]; 4];
        for place in entry.iter_mut().take(size) {
            let Some(text) = rest else { break };
            let (field, behind) = text.split_at(memchr(b',', text).unwrap_or(text.len()));
            *place = field.trim_ascii();
            rest = behind.split_first().map(|(_, behind)| behind);
        }
        Some(entry)
    })
}
