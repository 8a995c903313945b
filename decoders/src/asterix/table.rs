//! What the tables of the categories are made of.
//!
//! A category is a user application profile (UAP): a row of [`Node`]s, one per field reference number (FRN). Sizes
//! are summed up when the table is compiled, and what does not add up does not compile.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "tables are laid out when they are compiled")]

/// The most FRNs that a category may have: a FSPEC of eight octets.
pub const MAX_FRN: usize = 56;

/// What the bits of an element mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Content {
    /// A code or an identifier: the bits are the value.
    Raw,
    /// A quantity: the value of the lowest bit, in the unit of the standard.
    Quantity {
        /// Two's complement.
        signed: bool,
        /// What one count is worth.
        lsb: f64,
    },
    /// Six bits per character: 1 to 26 are letters, 32 is a space, 48 to 57 are digits.
    Icao,
    /// Three bits per digit.
    Octal,
    /// Eight bits per character.
    Ascii,
    /// 2^-14 NM/s where the bit before it is 0, 0.001 Mach where it is 1 (I062/380 subfield 4).
    Airspeed,
}

/// How the octets of a node are laid out.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Nothing has this number.
    Absent,
    /// Bits without a meaning.
    Spare,
    /// Bits with one.
    Element(Content),
    /// One after the other.
    Group(&'static [Node]),
    /// Extents of seven bits and one that says whether another follows.
    Extended(&'static [Node]),
    /// A count, and that many.
    Repeated(&'static Node),
    /// Entries that each end with a bit that says whether another follows.
    Chained(&'static Node),
    /// Presence bits, extended as a FSPEC is, and what they say is present.
    Compound(&'static [Node]),
    /// A length that counts itself, and octets.
    Explicit,
}

/// A named part of a record.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// The standard's name; empty for spares and for entries of lists.
    pub name: &'static str,
    /// How it is laid out.
    pub shape: Shape,
    /// How many bits it takes where that is fixed, else 0.
    pub bits: u16,
}

const fn node(name: &'static str, shape: Shape, bits: u16) -> Node {
    Node { name, shape, bits }
}

const fn sum(nodes: &[Node]) -> u16 {
    let (mut bits, mut rest) = (0, nodes);
    while let [first, others @ ..] = rest {
        assert!(first.bits > 0, "a group has fixed parts only");
        bits += first.bits;
        rest = others;
    }
    bits
}

/// A code, an identifier, or a whole number that is never negative.
pub const fn raw(name: &'static str, bits: u16) -> Node {
    node(name, Shape::Element(Content::Raw), bits)
}

/// A quantity that is never negative.
pub const fn up(name: &'static str, bits: u16, lsb: f64) -> Node {
    node(name, Shape::Element(Content::Quantity { signed: false, lsb }), bits)
}

/// A quantity that may be negative.
pub const fn both(name: &'static str, bits: u16, lsb: f64) -> Node {
    node(name, Shape::Element(Content::Quantity { signed: true, lsb }), bits)
}

/// An element with another content.
pub const fn element(name: &'static str, bits: u16, content: Content) -> Node {
    node(name, Shape::Element(content), bits)
}

/// Bits without a meaning.
pub const fn spare(bits: u16) -> Node {
    node("", Shape::Spare, bits)
}

/// Parts one after the other.
pub const fn group(name: &'static str, parts: &'static [Node]) -> Node {
    node(name, Shape::Group(parts), sum(parts))
}

/// Extents of seven bits each.
pub const fn extended(name: &'static str, parts: &'static [Node]) -> Node {
    assert!(sum(parts).is_multiple_of(7), "extents have seven bits");
    node(name, Shape::Extended(parts), 0)
}

/// A count, and that many entries.
pub const fn repeated(name: &'static str, entry: &'static Node) -> Node {
    assert!(entry.bits > 0 && entry.bits.is_multiple_of(8), "entries are whole octets");
    node(name, Shape::Repeated(entry), 0)
}

/// Entries, each with a bit at its end that says whether another follows.
pub const fn chained(name: &'static str, entry: &'static Node) -> Node {
    assert!((entry.bits + 1).is_multiple_of(8), "entries are whole octets but for one bit");
    node(name, Shape::Chained(entry), 0)
}

/// Subfields, each present or not.
pub const fn compound(name: &'static str, subfields: &'static [Node]) -> Node {
    node(name, Shape::Compound(subfields), 0)
}

/// A length, and octets.
pub const fn explicit(name: &'static str) -> Node {
    node(name, Shape::Explicit, 0)
}

/// A number that nothing has.
pub const fn absent() -> Node {
    node("", Shape::Absent, 0)
}

/// The parts of an item.
///
/// # Panics
/// Where there is no such item, or it has none; in a `const`, at compile time.
pub const fn parts(uap: &'static [Node], item: &str) -> &'static [Node] {
    match uap[Item::of(uap, item).0 as usize].shape {
        Shape::Group(parts) | Shape::Extended(parts) | Shape::Compound(parts) => parts,
        _ => panic!("no parts"),
    }
}

/// The same nodes, with another in place of the one of that name.
pub const fn swapped<const N: usize>(nodes: &[Node], name: &str, by: Node) -> [Node; N] {
    assert!(nodes.len() == N, "as many as before");
    let mut out = [absent(); N];
    let (mut at, mut found) = (0, false);
    while at < N {
        let this = same(nodes[at].name, name);
        out[at] = if this { by } else { nodes[at] };
        (at, found) = (at + 1, found || this);
    }
    assert!(found, "no such node");
    out
}

/// The first nodes, and one more at the end.
pub const fn cut<const N: usize>(nodes: &[Node], last: Node) -> [Node; N] {
    let mut out = [last; N];
    let mut at = 0;
    while at + 1 < N {
        out[at] = nodes[at];
        at += 1;
    }
    out
}

/// One edition of one category.
#[derive(Debug)]
pub struct Category {
    /// The first octet of its blocks.
    pub number: u8,
    /// Which edition of the standard this is.
    pub edition: &'static str,
    /// The items, in the order of their FRNs.
    pub(super) uap: &'static [Node],
    /// Octets of each item where that is fixed, else 0.
    pub(super) octets: [u16; MAX_FRN],
    /// For each item of the category's newest edition: where this edition has it, 1-based; 0 where it has not.
    places: [u8; MAX_FRN],
    /// And how many bits of it this edition gives a meaning: an older one may end in spare bits.
    bits: [u16; MAX_FRN],
}

impl Category {
    pub(super) const fn new(number: u8, edition: &'static str, uap: &'static [Node]) -> Self {
        Self::older(number, edition, uap, uap)
    }

    /// An edition whose items of the same name are laid out as in `newest`, as far as `newest` goes.
    pub(super) const fn older(
        number: u8,
        edition: &'static str,
        uap: &'static [Node],
        newest: &'static [Node],
    ) -> Self {
        assert!(uap.len() <= MAX_FRN && newest.len() <= MAX_FRN);
        let (mut octets, mut places, mut bits) = ([0; MAX_FRN], [0; MAX_FRN], [0; MAX_FRN]);
        let (mut frn, mut rest) = (0, uap);
        while let [item, others @ ..] = rest {
            assert!(item.bits.is_multiple_of(8), "items are whole octets");
            octets[frn] = item.bits / 8;
            let (mut at, mut those) = (0, newest);
            while let [other, beyond @ ..] = those {
                if !matches!(item.shape, Shape::Absent) && same(item.name, other.name) {
                    places[at] = frn as u8 + 1;
                    bits[at] = meant(item);
                }
                (at, those) = (at + 1, beyond);
            }
            (frn, rest) = (frn + 1, others);
        }
        Self { number, edition, uap, octets, places, bits }
    }

    /// The item of a FRN, counted from 0.
    #[must_use]
    pub fn item(&self, frn: usize) -> Option<&'static Node> {
        self.uap.get(frn).filter(|node| !matches!(node.shape, Shape::Absent))
    }

    /// Whether this edition gives the bits of a field of the newest one a meaning.
    #[inline]
    pub(super) fn has(&self, place: Place) -> bool {
        let bits = self.bits.get(usize::from(place.item.0)).copied().unwrap_or_default();
        place.offset + place.width <= usize::from(bits)
    }

    /// Where this edition has an item of the newest one.
    pub(super) fn place(&self, item: Item) -> Option<usize> {
        self.places.get(usize::from(item.0)).and_then(|place| usize::from(*place).checked_sub(1))
    }
}

/// How many bits of an item have a meaning, up to the last that has; all, where a table does not lay them out.
const fn meant(item: &Node) -> u16 {
    let (mut rest, extents) = match item.shape {
        Shape::Group(parts) => (parts, false),
        Shape::Extended(parts) => (parts, true),
        _ => return u16::MAX,
    };
    let (mut bits, mut end) = (0, 0);
    while let [part, others @ ..] = rest {
        let start = if extents { bits + bits / 7 } else { bits };
        if !matches!(part.shape, Shape::Spare) {
            end = start + part.bits;
        }
        (bits, rest) = (bits + part.bits, others);
    }
    end
}

/// An item of a category's newest edition, found when the program is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item(pub(super) u8);

impl Item {
    /// The item of that name.
    ///
    /// # Panics
    /// Where there is none; in a `const`, at compile time.
    #[must_use]
    pub(super) const fn of(uap: &[Node], name: &str) -> Self {
        let (mut frn, mut rest) = (0, uap);
        while let [item, others @ ..] = rest {
            if same(item.name, name) {
                return Self(frn);
            }
            (frn, rest) = (frn + 1, others);
        }
        panic!("no such item")
    }
}

/// A field of a fixed or extended item, found when the program is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub(super) item: Item,
    /// From the item's first bit.
    pub(super) offset: usize,
    pub(super) width: usize,
    pub(super) content: Content,
}

impl Place {
    /// The field `name` of an item; an item that is one element is its own field, without a name.
    ///
    /// # Panics
    /// Where there is none; in a `const`, at compile time.
    #[must_use]
    pub(super) const fn of(uap: &'static [Node], item: &str, name: &str) -> Self {
        let item = Item::of(uap, item);
        let node = uap[item.0 as usize];
        match node.shape {
            Shape::Element(content) if name.is_empty() => {
                Self { item, offset: 0, width: node.bits as usize, content }
            }
            Shape::Group(parts) => Self::among(item, parts, name, false),
            Shape::Extended(parts) => Self::among(item, parts, name, true),
            _ => panic!("not a fixed or extended item"),
        }
    }

    const fn among(item: Item, parts: &[Node], name: &str, extents: bool) -> Self {
        let (mut bits, mut rest) = (0, parts);
        while let [part, others @ ..] = rest {
            if same(part.name, name)
                && let Shape::Element(content) = part.shape
            {
                let offset = if extents { bits + bits / 7 } else { bits };
                return Self { item, offset, width: part.bits as usize, content };
            }
            (bits, rest) = (bits + part.bits as usize, others);
        }
        panic!("no such field")
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let ([x, others @ ..], [y, rest @ ..]) = (a, b) {
        if *x != *y {
            return false;
        }
        (a, b) = (others, rest);
    }
    a.is_empty() && b.is_empty()
}
