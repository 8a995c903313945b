//! Records written by the same calls that tell them: what a decoded record tells can be written again.

use super::table::{Category, Content, Node, Shape};
use super::tell::AIRSPEED;
use crate::ais::Visit;
use crate::bits::Bits;

/// Why a record cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The table has no such name there, or it comes after one that was told already.
    #[error("{0}: not in the table, or out of order")]
    Unknown(&'static str),
    /// The value does not fit its bits.
    #[error("{0}: out of range")]
    Range(&'static str),
    /// A block is at most 65,535 octets.
    #[error("the block is full")]
    Full,
}

/// Octets of a block's header: category and length.
const HEADER: usize = 3;

/// One block in the making. Reuse it: [`Block::clear`] keeps its memory.
#[derive(Debug)]
pub struct Block {
    category: &'static Category,
    out: Vec<u8>,
    records: usize,
    open: Vec<Frame>,
}

impl Block {
    /// An empty block of a category.
    #[must_use]
    pub fn new(category: &'static Category) -> Self {
        let mut block = Self { category, out: Vec::new(), records: 0, open: Vec::new() };
        block.clear();
        block
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.out.clear();
        self.out.extend_from_slice(&[self.category.number, 0, 0]);
        self.records = 0;
    }

    /// How many records it holds.
    #[must_use]
    pub const fn records(&self) -> usize {
        self.records
    }

    /// The block as it goes out: category, length, records.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.out
    }

    /// Adds one record, told to a visitor in the order of the items' FRNs.
    ///
    /// # Errors
    /// As [`EncodeError`] says, and the block is as it was.
    pub fn push(&mut self, tell: impl FnOnce(&mut dyn Visit)) -> Result<(), EncodeError> {
        let before = self.out.len();
        self.open.clear();
        let frame = Frame { kind: Kind::Present, nodes: self.category.uap, next: 0, start: before, flags: 0 };
        self.open.push(frame);
        let mut writer = Writer { out: &mut self.out, open: &mut self.open, bit: 0, last: 0, error: None };
        tell(&mut writer);
        writer.close();
        let error = writer.error;
        let length = u16::try_from(self.out.len()).map_err(|_| EncodeError::Full);
        match error.map_or(length, Err) {
            Ok(length) => {
                if let Some(field) = self.out.get_mut(1..HEADER) {
                    field.copy_from_slice(&length.to_be_bytes());
                }
                self.records += 1;
                Ok(())
            }
            Err(error) => {
                self.out.truncate(before);
                Err(error)
            }
        }
    }
}

/// Something that has begun and not ended.
#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: Kind,
    nodes: &'static [Node],
    /// The first node that has not been passed.
    next: usize,
    /// Where its octets begin.
    start: usize,
    /// Presence bits, the first at the top.
    flags: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// A record or a compound item: presence bits go before the rest when it ends.
    Present,
    /// Parts one after the other; the octet it stands in began before it.
    Group,
    /// As a group, with one bit in eight that says whether another extent follows.
    Extended,
    Repeated,
    Chained,
}

struct Writer<'b> {
    out: &'b mut Vec<u8>,
    open: &'b mut Vec<Frame>,
    /// Bits used of the last octet; 0 and 8 are the same.
    bit: usize,
    last: u64,
    error: Option<EncodeError>,
}

impl Writer<'_> {
    fn fail(&mut self, error: EncodeError) {
        self.error.get_or_insert(error);
    }

    /// Writes a value into so many bits, however many.
    fn push(&mut self, value: u64, width: usize) {
        for place in (0..width).rev() {
            if self.bit.is_multiple_of(8) {
                self.out.push(0);
                self.bit = 0;
            }
            if value.checked_shr(place as u32).unwrap_or_default() & 1 != 0
                && let Some(last) = self.out.last_mut()
            {
                *last |= 0x80 >> self.bit;
            }
            self.bit += 1;
        }
    }

    /// An extent that is full and is not the last.
    fn extend(&mut self, extended: bool) {
        if extended && self.bit == 7 {
            self.push(1, 1);
        }
    }

    /// Goes to the node of that name: what is passed on the way is absent, or zero.
    fn enter(&mut self, name: &'static str) -> Option<&'static Node> {
        if self.error.is_some() {
            return None;
        }
        let Some(frame) = self.open.last().copied() else { return self.unknown(name) };
        let rest = frame.nodes.get(frame.next..).unwrap_or_default();
        if matches!(frame.kind, Kind::Repeated | Kind::Chained) {
            if frame.flags > 0 && frame.kind == Kind::Chained {
                self.push(1, 1);
            }
            self.count();
            return rest.first();
        }
        let Some((skipped, found)) =
            rest.iter().zip(0..).find(|(node, _)| node.name == name).map(|(node, at)| (at, node))
        else {
            return self.unknown(name);
        };
        if frame.kind == Kind::Present {
            self.bit = 0;
        } else {
            for node in rest.iter().take(skipped) {
                self.extend(frame.kind == Kind::Extended);
                self.push(0, node.bits.into());
            }
            self.extend(frame.kind == Kind::Extended);
        }
        if let Some(frame) = self.open.last_mut() {
            let at = frame.next + skipped;
            frame.next = at + 1;
            frame.flags |= 1_u64 << 63 >> at.min(63);
        }
        Some(found)
    }

    fn unknown<T>(&mut self, name: &'static str) -> Option<T> {
        self.fail(EncodeError::Unknown(name));
        None
    }

    /// One more entry of a list.
    fn count(&mut self) {
        if let Some(frame) = self.open.last_mut() {
            frame.flags += 1;
        }
    }

    /// A whole number into an element.
    fn whole(&mut self, name: &'static str, value: i128, node: &Node) {
        let (lowest, highest) = match node.shape {
            Shape::Element(Content::Quantity { signed: true, .. }) => {
                (-(1_i128 << (node.bits - 1).min(126)), (1_i128 << (node.bits - 1).min(126)) - 1)
            }
            _ => (0, (1_i128 << node.bits.min(126)) - 1),
        };
        if !(lowest..=highest).contains(&value) {
            return self.fail(EncodeError::Range(name));
        }
        let width = usize::from(node.bits);
        self.push(0, width.saturating_sub(64));
        self.last = value as u64;
        self.push(value as u64, width.min(64));
    }

    /// Begins an object or a list.
    fn begin(&mut self, key: &'static str, list: bool) {
        let Some(node) = self.enter(key) else {
            // Its end will come.
            let start = self.out.len();
            self.open.push(Frame { kind: Kind::Group, nodes: &[], next: 0, start, flags: 0 });
            return;
        };
        let (kind, nodes): (_, &[Node]) = match node.shape {
            Shape::Group(parts) if !list => (Kind::Group, parts),
            Shape::Extended(parts) if !list => (Kind::Extended, parts),
            Shape::Compound(all) if !list => (Kind::Present, all),
            Shape::Repeated(entry) if list => (Kind::Repeated, std::slice::from_ref(entry)),
            Shape::Chained(entry) if list => (Kind::Chained, std::slice::from_ref(entry)),
            _ => {
                self.fail(EncodeError::Unknown(key));
                (Kind::Group, &[])
            }
        };
        let start = self.out.len();
        if kind == Kind::Repeated {
            self.out.push(0);
        }
        self.open.push(Frame { kind, nodes, next: 0, start, flags: 0 });
    }

    /// Presence bits before what they speak of: as many octets as the last of them needs, one at least.
    fn presence(&mut self, frame: Frame) {
        let octets = (63_usize.saturating_sub(frame.flags.trailing_zeros() as usize)) / 7 + 1;
        let octets = if frame.flags == 0 { 1 } else { octets };
        let octet = |at: usize| {
            let more = u8::from(at + 1 < octets);
            (frame.flags << (7 * at) >> 56) as u8 & 0xfe | more
        };
        self.out.splice(frame.start..frame.start, (0..octets).map(octet));
        self.bit = 0;
    }
}

impl Visit for Writer<'_> {
    fn null(&mut self, _key: &'static str) {}

    fn flag(&mut self, key: &'static str, value: bool) {
        self.int(key, value.into());
    }

    fn int(&mut self, key: &'static str, value: i64) {
        let Some(node) = self.enter(key) else { return };
        match node.shape {
            Shape::Element(Content::Raw) => self.whole(key, value.into(), node),
            _ => self.fail(EncodeError::Unknown(key)),
        }
    }

    fn float(&mut self, key: &'static str, value: f64, _decimals: u8) {
        self.exact(key, value);
    }

    fn exact(&mut self, key: &'static str, value: f64) {
        let Some(node) = self.enter(key) else { return };
        let lsb = match node.shape {
            Shape::Element(Content::Quantity { lsb, .. }) => lsb,
            Shape::Element(Content::Airspeed) => AIRSPEED.get(self.last as usize).copied().unwrap_or(1.0),
            _ => return self.fail(EncodeError::Unknown(key)),
        };
        // What is no number fits nowhere.
        let counts = (value / lsb).round();
        self.whole(key, if counts.is_finite() { counts as i128 } else { i128::MAX }, node);
    }

    fn wide(&mut self, key: &'static str, octets: &[u8]) {
        let Some(node) = self.enter(key) else { return };
        let width = usize::from(node.bits);
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        let octets = octets.get(zeros..).unwrap_or_default();
        let Some(room) = (width / 8).checked_sub(octets.len()) else {
            return self.fail(EncodeError::Range(key));
        };
        if !matches!(node.shape, Shape::Element(Content::Raw)) || !width.is_multiple_of(8) {
            return self.fail(EncodeError::Unknown(key));
        }
        self.push(0, room * 8);
        for octet in octets {
            self.push(u64::from(*octet), 8);
        }
    }

    fn text(&mut self, key: &'static str, value: &str) {
        let Some(node) = self.enter(key) else { return };
        let Shape::Element(content) = node.shape else { return self.fail(EncodeError::Unknown(key)) };
        let (each, pad) = match content {
            Content::Icao if value.is_empty() => (6, 0),
            Content::Icao => (6, 32),
            Content::Octal => (3, 0),
            Content::Ascii => (8, 32),
            _ => return self.fail(EncodeError::Unknown(key)),
        };
        let room = usize::from(node.bits) / each;
        if value.chars().count() > room {
            return self.fail(EncodeError::Range(key));
        }
        for c in value.chars().map(Some).chain(std::iter::repeat(None)).take(room) {
            let code = match (content, c) {
                (_, None) => Some(pad),
                (Content::Icao, Some(c @ 'A'..='Z')) => Some(c as u8 - 64),
                (Content::Icao, Some(c @ (' ' | '0'..='9'))) => Some(c as u8),
                (Content::Octal, Some(c @ '0'..='7')) => Some(c as u8 - b'0'),
                (Content::Ascii, Some(c)) => u8::try_from(u32::from(c)).ok(),
                _ => None,
            };
            match code {
                Some(code) => self.push(code.into(), each),
                None => return self.fail(EncodeError::Range(key)),
            }
        }
    }

    fn hex(&mut self, key: &'static str, bits: Bits<'_>) {
        let Some(node) = self.enter(key) else { return };
        match u8::try_from(bits.bytes().len() + 1) {
            Ok(length) if matches!(node.shape, Shape::Explicit) => {
                self.out.push(length);
                self.out.extend_from_slice(bits.bytes());
            }
            Ok(_) => self.fail(EncodeError::Unknown(key)),
            Err(_) => self.fail(EncodeError::Range(key)),
        }
    }

    fn object(&mut self, key: &'static str) {
        self.begin(key, false);
    }

    fn array(&mut self, key: &'static str) {
        self.begin(key, true);
    }

    fn close(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        if self.error.is_some() {
            return;
        }
        let rest = frame.nodes.get(frame.next..).unwrap_or_default();
        match frame.kind {
            Kind::Present => self.presence(frame),
            Kind::Group => rest.iter().for_each(|node| self.push(0, node.bits.into())),
            Kind::Extended => {
                // The extent that was begun is filled, and is the last.
                for node in rest {
                    if self.bit == 7 {
                        break;
                    }
                    self.push(0, node.bits.into());
                }
                self.push(0, 1);
            }
            Kind::Repeated => match (u8::try_from(frame.flags), self.out.get_mut(frame.start)) {
                (Ok(count), Some(octet)) => *octet = count,
                _ => self.fail(EncodeError::Full),
            },
            Kind::Chained if frame.flags > 0 => self.push(0, 1),
            Kind::Chained => self.fail(EncodeError::Range("")),
        }
    }
}
