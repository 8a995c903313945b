//! Application layouts as tables, and the one function that reads them.
//!
//! A table has a row per field, in the order of the bits, so no offset is ever typed. What is wholly present is told;
//! the rest is null.

use super::super::text;
use super::super::visit::Fields;
use crate::bits::{Bits, Field};

/// One field of an application's data.
#[derive(Clone, Copy)]
pub struct Item {
    key: &'static str,
    /// In bits; of [`Read::Each`] how often it repeats at most.
    width: usize,
    read: Read,
    absent: Absent,
}

#[derive(Clone, Copy)]
enum Read {
    Skip,
    Flag,
    /// An integer.
    Whole {
        signed: bool,
        plus: i64,
    },
    /// `value * times + plus`, meant to so many decimals.
    Scaled {
        signed: bool,
        times: f64,
        plus: f64,
        decimals: u8,
    },
    Text,
    /// Text up to the end.
    Rest,
    /// An array of as many elements as are wholly there.
    Each(&'static [Item]),
}

/// The raw values that say "not available".
#[derive(Clone, Copy)]
enum Absent {
    Never,
    Is(i64),
    Either(i64, i64),
    From(i64),
    /// Larger than this, either way.
    Beyond(i64),
}

const fn item(key: &'static str, width: usize, read: Read) -> Item {
    Item { key, width, read, absent: Absent::Never }
}

/// Bits without a meaning.
pub const fn skip(width: usize) -> Item {
    item("", width, Read::Skip)
}

/// A yes or no.
pub const fn flag(key: &'static str) -> Item {
    item(key, 1, Read::Flag)
}

/// An unsigned integer.
pub const fn number(key: &'static str, width: usize) -> Item {
    item(key, width, Read::Whole { signed: false, plus: 0 })
}

/// A two's complement integer.
pub const fn signed(key: &'static str, width: usize) -> Item {
    item(key, width, Read::Whole { signed: true, plus: 0 })
}

/// Six-bit text of so many characters.
pub const fn text(key: &'static str, chars: usize) -> Item {
    item(key, chars * 6, Read::Text)
}

/// Six-bit text up to the end.
pub const fn rest(key: &'static str) -> Item {
    item(key, 0, Read::Rest)
}

/// An array of objects up to the end.
pub const fn each(key: &'static str, most: usize, items: &'static [Item]) -> Item {
    item(key, most, Read::Each(items))
}

/// Longitude in 1/1,000 minute.
pub const fn lon25() -> Item {
    signed("lon", 25).times(1.0 / 60_000.0, 6).beyond(180 * 60_000)
}

/// Latitude in 1/1,000 minute.
pub const fn lat24() -> Item {
    signed("lat", 24).times(1.0 / 60_000.0, 6).beyond(90 * 60_000)
}

/// Longitude in 1/10,000 minute.
pub const fn lon28(key: &'static str) -> Item {
    signed(key, 28).times(1.0 / 600_000.0, 7).beyond(180 * 600_000)
}

/// Latitude in 1/10,000 minute.
pub const fn lat27(key: &'static str) -> Item {
    signed(key, 27).times(1.0 / 600_000.0, 7).beyond(90 * 600_000)
}

/// Month, 1 to 12.
pub const MONTH: Item = number("month", 4).not(0);
/// Day of the month, 1 to 31.
pub const DAY: Item = number("day", 5).not(0);
/// Hour, 0 to 23.
pub const HOUR: Item = number("hour", 5).not(24);
/// Minute, 0 to 59.
pub const MINUTE: Item = number("minute", 6).not(60);
/// Ties a text to what it is about.
pub const LINKAGE: Item = number("linkage", 10);
/// For how long, minutes.
pub const DURATION: Item = number("duration_min", 18).not(262_143);

impl Item {
    /// This raw value says "not available".
    pub const fn not(mut self, value: i64) -> Self {
        self.absent = Absent::Is(value);
        self
    }

    /// Either says "not available".
    pub const fn neither(mut self, a: i64, b: i64) -> Self {
        self.absent = Absent::Either(a, b);
        self
    }

    /// This and above are "not available" or reserved.
    pub const fn below(mut self, value: i64) -> Self {
        self.absent = Absent::From(value);
        self
    }

    /// Above this, either way, is "not available".
    pub const fn beyond(mut self, value: i64) -> Self {
        self.absent = Absent::Beyond(value);
        self
    }

    /// In steps of so much, told to so many decimals.
    pub const fn times(mut self, times: f64, decimals: u8) -> Self {
        if let Read::Whole { signed, .. } = self.read {
            self.read = Read::Scaled { signed, times, plus: 0.0, decimals };
        }
        self
    }

    /// Counted from so much.
    pub const fn plus(mut self, plus: i64) -> Self {
        self.read = match self.read {
            Read::Whole { signed, .. } => Read::Whole { signed, plus },
            Read::Scaled { signed, times, decimals, .. } => {
                Read::Scaled { signed, times, plus: plus as f64, decimals }
            }
            other => other,
        };
        self
    }

    /// The same field under another name.
    pub const fn named(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }
}

/// How many bits a table takes up to its last field; open ends count nothing.
pub const fn width(mut items: &[Item]) -> usize {
    let (mut sum, mut spare) = (0, 0);
    while let Some((first, rest)) = items.split_first() {
        match first.read {
            Read::Skip => spare += first.width,
            Read::Rest | Read::Each(_) => {}
            _ => {
                sum += spare + first.width;
                spare = 0;
            }
        }
        items = rest;
    }
    sum
}

/// All bits of a table, those without a meaning at its end too.
const fn span(mut items: &[Item]) -> usize {
    let mut sum = 0;
    while let Some((first, rest)) = items.split_first() {
        sum += first.width;
        items = rest;
    }
    sum
}

/// A place in an application's data.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    bits: Bits<'a>,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub const fn new(bits: Bits<'a>) -> Self {
        Self { bits, at: 0 }
    }

    /// How many bits are left.
    pub const fn left(&self) -> usize {
        self.bits.len().saturating_sub(self.at)
    }

    /// The next so many bits, as one field, whether or not they are there.
    fn next(&mut self, width: usize) -> Field {
        let field = Field::at(self.at, width);
        self.at += width;
        field
    }

    pub fn number(&mut self, width: usize) -> Option<u32> {
        let field = self.next(width);
        self.bits.u32(field)
    }

    pub fn signed(&mut self, width: usize) -> Option<i32> {
        let field = self.next(width);
        self.bits.i32(field)
    }

    pub fn skip(&mut self, width: usize) {
        self.at += width;
    }

    /// The next so many bits apart; what is read from them does not move this place.
    pub fn part(&mut self, width: usize) -> Self {
        let part =
            Self { bits: Bits::new(self.bits.bytes(), self.bits.len().min(self.at + width)), at: self.at };
        self.at += width;
        part
    }

    /// Six-bit text of so many bits, as far as it is there.
    pub fn text(&mut self, key: &'static str, width: usize, out: &mut Fields<'_>) {
        let field = self.next(width);
        let bits = Bits::new(self.bits.bytes(), self.bits.len().min(field.end()));
        let from = field.end() - width;
        out.text(key, text::read(bits, from, &mut [0; text::MOST_CHARS]));
    }

    /// The bits that are left, of which some table has no knowledge.
    pub fn hex(&self, key: &'static str, out: &mut Fields<'_>) {
        // Sensor reports are 85 bits; this is room for more.
        let (mut room, mut bytes, mut cursor) = ([0; 32], 0, *self);
        let len = self.left().min(room.len() * 8);
        for place in &mut room {
            let width = len.saturating_sub(bytes * 8).min(8);
            if width == 0 {
                break;
            }
            *place = (cursor.number(width).unwrap_or_default() << (8 - width)) as u8;
            bytes += 1;
        }
        out.0.hex(key, Bits::new(&room, len));
    }

    /// Tells the fields of a table.
    pub fn tell(&mut self, items: &[Item], out: &mut Fields<'_>) {
        for item in items {
            match item.read {
                Read::Skip => self.skip(item.width),
                Read::Flag => out.flag(item.key, self.number(1).map(|bit| bit != 0)),
                Read::Whole { signed, plus } => {
                    let raw = self.raw(item, signed);
                    out.int(item.key, raw.map(|raw| raw + plus));
                }
                Read::Scaled { signed, times, plus, decimals } => {
                    let raw = self.raw(item, signed);
                    out.float(item.key, raw.map(|raw| raw as f64 * times + plus), decimals);
                }
                Read::Text => self.text(item.key, item.width, out),
                Read::Rest => self.text(item.key, self.left(), out),
                Read::Each(items) => {
                    out.0.array(item.key);
                    self.each(item.width, items, out);
                    out.0.close();
                }
            }
        }
    }

    fn each(&mut self, most: usize, items: &[Item], out: &mut Fields<'_>) {
        for _ in 0..most {
            if self.left() < width(items) {
                break;
            }
            out.0.object("");
            self.part(span(items)).tell(items, out);
            out.0.close();
        }
    }

    fn raw(&mut self, item: &Item, signed: bool) -> Option<i64> {
        let raw: i64 = if signed { self.signed(item.width)?.into() } else { self.number(item.width)?.into() };
        let absent = match item.absent {
            Absent::Never => false,
            Absent::Is(value) => raw == value,
            Absent::Either(a, b) => raw == a || raw == b,
            Absent::From(value) => raw >= value,
            Absent::Beyond(value) => raw.abs() > value,
        };
        (!absent).then_some(raw)
    }
}
