//! One record: which items it holds and where. Nothing is copied.

use super::Reject;
use super::table::{Category, Content, Item, MAX_FRN, Node, Place, Shape};
use crate::bits::{Bits, Field};

/// A record that has been measured: every item lies wholly inside it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The table it was read with.
    pub category: &'static Category,
    bytes: &'a [u8],
    /// Bit n, from the highest: FRN n + 1 is present.
    present: u64,
    /// Where the items that are present begin.
    starts: [u16; MAX_FRN],
}

impl<'a> Record<'a> {
    /// Measures the record that `bytes` begin with; what lies behind it is left alone.
    ///
    /// # Errors
    /// [`Reject::UnknownItem`] for an item that the table does not know, [`Reject::BadLength`] for one that does
    /// not end before `bytes` do.
    pub fn measure(category: &'static Category, bytes: &'a [u8]) -> Result<Self, Reject> {
        let mut present = 0_u64;
        let mut at = 0;
        loop {
            let octet = *bytes.get(at).ok_or(Reject::BadLength)?;
            let flags = u64::from(octet & 0xfe);
            match (56_usize.checked_sub(at * 7), flags) {
                (_, 0) => {}
                // Seven flags per octet, the first at the top.
                (Some(room), _) => present |= flags << room,
                (None, _) => return Err(Reject::UnknownItem),
            }
            at += 1;
            if octet & 1 == 0 {
                break;
            }
        }
        let mut starts = [0; MAX_FRN];
        let mut left = present;
        while left != 0 {
            let frn = left.leading_zeros() as usize;
            left &= !(1 << (63 - frn));
            let (Some(start), Some(octets)) = (starts.get_mut(frn), category.octets.get(frn)) else {
                return Err(Reject::UnknownItem);
            };
            *start = u16::try_from(at).map_err(|_| Reject::BadLength)?;
            at += match usize::from(*octets) {
                0 => {
                    let item = category.item(frn).ok_or(Reject::UnknownItem)?;
                    measure(item, bytes.get(at..).unwrap_or_default())?
                }
                fixed => fixed,
            };
        }
        let bytes = bytes.get(..at).ok_or(Reject::BadLength)?;
        Ok(Self { category, bytes, present, starts })
    }

    /// All of it, the FSPEC included.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether it holds no item at all, as padding does.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.present == 0
    }

    /// The octets of an item.
    #[inline]
    #[must_use]
    pub fn item(&self, item: Item) -> Option<&'a [u8]> {
        self.octets(self.category.place(item)?)
    }

    /// The octets of the item with that FRN, counted from 0.
    #[inline]
    fn octets(&self, frn: usize) -> Option<&'a [u8]> {
        let behind = self.present.checked_shl(frn as u32)?;
        if behind >> 63 == 0 {
            return None;
        }
        let next = (behind << 1).leading_zeros() as usize + frn + 1;
        let end = if behind << 1 == 0 { self.bytes.len() } else { usize::from(*self.starts.get(next)?) };
        self.bytes.get(usize::from(*self.starts.get(frn)?)..end)
    }

    /// The octets of a subfield of a compound item, by the standard's names.
    #[must_use]
    pub fn subfield(&self, item: &str, name: &str) -> Option<&'a [u8]> {
        let frn = self.category.uap.iter().position(|node| node.name == item)?;
        let Shape::Compound(all) = self.category.item(frn)?.shape else { return None };
        let octets = self.octets(frn)?;
        let mut at = chain(octets, 1)?;
        for part in subfields(all, octets).map_while(Result::ok) {
            let rest = octets.get(at..)?;
            let size = measure(part, rest).ok()?;
            if part.name == name {
                return rest.get(..size);
            }
            at += size;
        }
        None
    }

    /// The items that are present, in order.
    pub fn items(&self) -> impl Iterator<Item = (&'static Node, &'a [u8])> + '_ {
        let frns = (0..MAX_FRN).filter(|frn| self.present << frn >> 63 == 1);
        frns.filter_map(|frn| Some((self.category.item(frn)?, self.octets(frn)?)))
    }

    /// The bits of a field; `None` where its item or its extent is not there, or the edition does not know it.
    #[inline]
    #[must_use]
    pub fn raw(&self, place: Place) -> Option<u32> {
        let octets = self.item(place.item).filter(|_| self.category.has(place))?;
        Bits::new(octets, octets.len() * 8).u32(Field::at(place.offset, place.width))
    }

    /// A field of one bit.
    #[inline]
    #[must_use]
    pub fn flag(&self, place: Place) -> Option<bool> {
        self.raw(place).map(|bits| bits != 0)
    }

    /// The value of a field in the unit of the standard.
    #[inline]
    #[must_use]
    pub fn number(&self, place: Place) -> Option<f64> {
        let raw = self.raw(place)?;
        let signed = || f64::from((raw << (32 - place.width)) as i32 >> (32 - place.width));
        Some(match place.content {
            Content::Quantity { signed: true, lsb } => signed() * lsb,
            Content::Quantity { signed: false, lsb } => f64::from(raw) * lsb,
            _ => f64::from(raw),
        })
    }
}

/// How many octets a node takes of `bytes`.
pub(super) fn measure(node: &Node, bytes: &[u8]) -> Result<usize, Reject> {
    let size = match node.shape {
        Shape::Absent => return Err(Reject::UnknownItem),
        Shape::Spare | Shape::Element(_) | Shape::Group(_) => usize::from(node.bits / 8),
        Shape::Extended(_) => chain(bytes, 1).ok_or(Reject::BadLength)?,
        Shape::Chained(entry) => chain(bytes, usize::from(entry.bits + 1) / 8).ok_or(Reject::BadLength)?,
        Shape::Repeated(entry) => {
            let count = *bytes.first().ok_or(Reject::BadLength)?;
            1 + usize::from(count) * usize::from(entry.bits / 8)
        }
        Shape::Explicit => match bytes.first() {
            None | Some(0) => return Err(Reject::BadLength),
            Some(length) => usize::from(*length),
        },
        Shape::Compound(all) => {
            let mut at = chain(bytes, 1).ok_or(Reject::BadLength)?;
            for part in subfields(all, bytes) {
                at += measure(part?, bytes.get(at..).unwrap_or_default())?;
            }
            at
        }
    };
    if size <= bytes.len() { Ok(size) } else { Err(Reject::BadLength) }
}

/// The subfields that the presence bits of a compound name, in order.
pub(super) fn subfields<'n>(
    all: &'n [Node],
    bytes: &'n [u8],
) -> impl Iterator<Item = Result<&'n Node, Reject>> + 'n {
    let octets = chain(bytes, 1).and_then(|octets| bytes.get(..octets)).unwrap_or_default();
    let flags = octets.iter().flat_map(|octet| (1..8).rev().map(move |bit| octet >> bit & 1 != 0));
    flags.enumerate().filter(|(_, present)| *present).map(move |(place, _)| {
        all.get(place).filter(|part| !matches!(part.shape, Shape::Absent)).ok_or(Reject::UnknownItem)
    })
}

/// How many octets entries of `size` octets take, each with a bit at its end that says whether another follows.
pub(super) fn chain(bytes: &[u8], size: usize) -> Option<usize> {
    let entries =
        bytes.chunks_exact(size).position(|entry| entry.last().is_some_and(|last| last & 1 == 0))?;
    Some((entries + 1) * size)
}
