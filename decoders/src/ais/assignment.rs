//! Message 16, assignment mode command (ITU-R M.1371-5, Annex 8, Message 16): 96 or 144 bits.

use super::Header;
use super::header::HEADER;
use super::visit::Fields;
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const SPARE: Field = HEADER.then(2);
const FIRST: Field = SPARE.then(COMMAND_BITS);
const SECOND: Field = FIRST.then(COMMAND_BITS);
/// Fills up a message with one command.
const SPARE_2: Field = FIRST.then(4);
const _: () = assert!(SPARE_2.end() == 96 && SECOND.end() == 144);

const DESTINATION: Field = Field::first(30);
const OFFSET: Field = DESTINATION.then(12);
const INCREMENT: Field = OFFSET.then(10);
const COMMAND_BITS: usize = INCREMENT.end();

/// A base station tells one or two ships when to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Kind 16.
    pub header: Header,
    /// Two bits without a meaning.
    pub spare: Option<u8>,
    /// To the first ship.
    pub first: Command,
    /// To the second ship.
    pub second: Option<Command>,
    /// Four bits without a meaning behind a single command.
    pub spare_2: Option<u8>,
}

/// What one ship is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// Who is told.
    pub destination_raw: Option<u32>,
    /// Slots from now to the first report, or reports per ten minutes where the increment is 0.
    pub offset: Option<u16>,
    /// Slots from report to report, 0 to 1023.
    pub increment: Option<u16>,
}

impl Command {
    fn decode(bits: Bits<'_>, place: Field) -> Self {
        Self {
            destination_raw: bits.u32(DESTINATION.within(place)),
            offset: bits.u16(OFFSET.within(place)),
            increment: bits.u16(INCREMENT.within(place)),
        }
    }

    fn encode(&self, place: Field, out: &mut BitWriter) {
        out.put(DESTINATION.within(place), self.destination_raw);
        out.put(OFFSET.within(place), self.offset);
        out.put(INCREMENT.within(place), self.increment);
    }

    fn fields(&self, out: &mut Fields<'_>) {
        out.0.object("");
        out.int("mmsi", self.destination_raw);
        out.int("offset", self.offset);
        out.int("increment", self.increment);
        out.0.close();
    }
}

impl Assignment {
    /// Tells one ship.
    #[must_use]
    pub fn new(mmsi: Mmsi, destination: Mmsi, offset: u16, increment: u16) -> Self {
        Self {
            header: Header::new(16, mmsi, SPARE_2.end()),
            spare: Some(0),
            first: Command {
                destination_raw: Some(destination.number()),
                offset: Some(offset),
                increment: Some(increment),
            },
            second: None,
            spare_2: Some(0),
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        let two = bits.len() >= SECOND.end();
        Self {
            header,
            spare: bits.u8(SPARE),
            first: Command::decode(bits, FIRST),
            second: two.then(|| Command::decode(bits, SECOND)),
            spare_2: if two { None } else { bits.u8(SPARE_2) },
        }
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(SPARE, self.spare);
        self.first.encode(FIRST, out);
        match &self.second {
            Some(second) => second.encode(SECOND, out),
            None => out.put(SPARE_2, self.spare_2),
        }
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.0.array("assignments");
        self.first.fields(out);
        if let Some(second) = &self.second {
            second.fields(out);
        }
        out.0.close();
    }
}
