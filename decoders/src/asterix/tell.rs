//! What a record says, item by item, named and scaled as the standard has it.

use super::record::{Record, chain, measure, subfields};
use super::table::{Content, Node, Shape};
use crate::ais::Visit;
use crate::bits::{Bits, Field};

/// The value of the lowest bit of an airspeed, as nautical miles per second and as Mach.
pub(super) const AIRSPEED: [f64; 2] = [1.0 / 16384.0, 1.0 / 1000.0];

/// Above this a number is not exact everywhere that reads JSON.
const EXACT: u64 = 1 << 53;

impl Record<'_> {
    /// Tells every item to a visitor: groups, extended and compound items are objects, lists are arrays. What is
    /// spare, or extends an item past its table, is left out.
    pub fn tell(&self, visit: &mut dyn Visit) {
        for (item, octets) in self.items() {
            tell(item, octets, visit);
        }
    }
}

/// Tells one node, whose octets were measured.
fn tell(node: &Node, octets: &[u8], visit: &mut dyn Visit) {
    let mut bits = Cursor { octets, at: 0, last: 0 };
    match node.shape {
        Shape::Absent => {}
        Shape::Spare | Shape::Element(_) | Shape::Group(_) => bits.tell(node, visit),
        Shape::Extended(parts) => {
            visit.object(node.name);
            for part in parts {
                if bits.at % 8 == 7 && bits.take(1) == 0 {
                    break;
                }
                bits.tell(part, visit);
            }
            visit.close();
        }
        Shape::Repeated(entry) => {
            visit.array(node.name);
            for _ in 0..bits.take(8) {
                bits.tell(entry, visit);
            }
            visit.close();
        }
        Shape::Chained(entry) => {
            visit.array(node.name);
            loop {
                bits.tell(entry, visit);
                if bits.take(1) == 0 {
                    break;
                }
            }
            visit.close();
        }
        Shape::Compound(all) => {
            visit.object(node.name);
            let mut rest = octets.get(chain(octets, 1).unwrap_or_default()..).unwrap_or_default();
            for part in subfields(all, octets).flatten() {
                let size = measure(part, rest).unwrap_or_default();
                let (own, behind) = rest.split_at(size.min(rest.len()));
                tell(part, own, visit);
                rest = behind;
            }
            visit.close();
        }
        Shape::Explicit => {
            let content = octets.get(1..).unwrap_or_default();
            visit.hex(node.name, Bits::new(content, content.len() * 8));
        }
    }
}

/// Bits that are read one field after the other.
struct Cursor<'a> {
    octets: &'a [u8],
    at: usize,
    /// The field before.
    last: u64,
}

impl<'a> Cursor<'a> {
    /// The next bits, up to 64; zero where there are none.
    fn take(&mut self, width: usize) -> u64 {
        let bits = Bits::new(self.octets, self.octets.len() * 8);
        let (high, low) = (width.saturating_sub(32), width.min(32));
        let mut value = 0;
        for part in [high, low].into_iter().filter(|part| *part > 0) {
            value = value << part | u64::from(bits.u32(Field::at(self.at, part)).unwrap_or_default());
            self.at += part;
        }
        value
    }

    /// Whole octets.
    fn octets(&mut self, count: usize) -> &'a [u8] {
        let from = self.at / 8;
        self.at += count * 8;
        self.octets.get(from..from + count).unwrap_or_default()
    }

    fn tell(&mut self, node: &Node, visit: &mut dyn Visit) {
        let width = usize::from(node.bits);
        match node.shape {
            Shape::Group(parts) => {
                visit.object(node.name);
                for part in parts {
                    self.tell(part, visit);
                }
                visit.close();
            }
            Shape::Element(content) => self.element(node.name, width, content, visit),
            _ => self.at += width,
        }
    }

    fn element(&mut self, name: &'static str, width: usize, content: Content, visit: &mut dyn Visit) {
        // Only what is unknown to the standard is this long; it begins at an octet.
        if width > 64 {
            let octets = self.octets(width / 8);
            let zeros = octets.iter().take_while(|octet| **octet == 0).count();
            let octets = octets.get(zeros..).unwrap_or_default();
            return match octets.iter().fold(0_u128, |all, octet| all << 8 | u128::from(*octet)) {
                value if octets.len() <= 8 && value <= EXACT.into() => visit.int(name, value as i64),
                _ => visit.wide(name, octets),
            };
        }
        let value = self.take(width);
        let signed = || (value << (64 - width)) as i64 >> (64 - width);
        match content {
            Content::Raw if value > EXACT => visit.wide(name, &value.to_be_bytes()),
            Content::Raw => visit.int(name, value as i64),
            Content::Quantity { signed: true, lsb } => visit.exact(name, signed() as f64 * lsb),
            Content::Quantity { signed: false, lsb } => visit.exact(name, value as f64 * lsb),
            Content::Airspeed => {
                let lsb = AIRSPEED.get(self.last as usize).copied().unwrap_or_default();
                visit.exact(name, value as f64 * lsb);
            }
            Content::Icao | Content::Octal | Content::Ascii => {
                let mut room = [0; 16];
                visit.text(name, characters(value, width, content, &mut room).unwrap_or_default());
            }
        }
        self.last = value;
    }
}

/// The characters of a text; `None` where one is invalid.
pub(super) fn characters(value: u64, width: usize, content: Content, room: &mut [u8; 16]) -> Option<&str> {
    let each = match content {
        Content::Icao => 6,
        Content::Octal => 3,
        _ => 8,
    };
    let mut used = 0;
    for place in (0..width / each).rev() {
        let code = (value >> (place * each)) as u8 & ((1_u16 << each) - 1) as u8;
        let c = match (content, code) {
            (Content::Icao, 1..=26) => code + 64,
            (Content::Icao, 32 | 48..=57) | (Content::Ascii, _) => code,
            (Content::Octal, _) => code + b'0',
            _ => return None,
        };
        used += char::from(c).encode_utf8(room.get_mut(used..)?).len();
    }
    room.get(..used).and_then(|text| std::str::from_utf8(text).ok())
}
