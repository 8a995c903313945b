//! Message 20, data link management message (ITU-R M.1371-5, Annex 8, Message 20): 72 to 160 bits.

use super::Header;
use super::header::HEADER;
use super::visit::Fields;
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const SPARE: Field = HEADER.then(2);
const FIRST: Field = SPARE.then(RESERVATION_BITS);
const SECOND: Field = FIRST.then(RESERVATION_BITS);
const THIRD: Field = SECOND.then(RESERVATION_BITS);
const FOURTH: Field = THIRD.then(RESERVATION_BITS);
const PLACES: [Field; 4] = [FIRST, SECOND, THIRD, FOURTH];
const _: () = assert!(FOURTH.end() == 160);

const OFFSET: Field = Field::first(12);
const SLOTS: Field = OFFSET.then(4);
const TIMEOUT: Field = SLOTS.then(3);
const INCREMENT: Field = TIMEOUT.then(11);
const RESERVATION_BITS: usize = INCREMENT.end();

/// A base station reserves slots for its own use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkManagement {
    /// Kind 20.
    pub header: Header,
    /// Two bits without a meaning.
    pub spare: Option<u8>,
    /// What is reserved; those that are there come first.
    pub reservations: [Option<Reservation>; 4],
    /// Zeros, or what was sent for them, behind fewer than four reservations: up to a whole byte.
    pub fill: u8,
}

/// A row of slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Slots from this message to the first, 0 to 4095; 0 with the rest 0 is no reservation.
    pub offset: u16,
    /// How many slots in a row, 0 to 15.
    pub slots: u8,
    /// For how many minutes, 0 to 7.
    pub timeout: u8,
    /// Slots from one row to the next, 0 to 2047.
    pub increment: u16,
}

impl Reservation {
    #[inline(always)]
    fn decode(place: Field, bits: Bits<'_>) -> Option<Self> {
        match bits.first(place.end()) {
            Some(bits) => Self::read(place, bits),
            None => Self::read(place, bits),
        }
    }

    #[inline(always)]
    fn read(place: Field, bits: Bits<'_>) -> Option<Self> {
        Some(Self {
            offset: bits.u16(OFFSET.within(place))?,
            slots: bits.u8(SLOTS.within(place))?,
            timeout: bits.u8(TIMEOUT.within(place))?,
            increment: bits.u16(INCREMENT.within(place))?,
        })
    }
}

impl LinkManagement {
    /// Reserves one row.
    #[must_use]
    pub fn new(mmsi: Mmsi, reservation: Reservation) -> Self {
        Self {
            header: Header::new(20, mmsi, FIRST.end().next_multiple_of(8)),
            spare: Some(0),
            reservations: [Some(reservation), None, None, None],
            fill: 0,
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline(always)]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        let [first, second, third, fourth] = PLACES;
        let reservations = [
            Reservation::decode(first, bits),
            Reservation::decode(second, bits),
            Reservation::decode(third, bits),
            Reservation::decode(fourth, bits),
        ];
        let mut out = Self { header, spare: bits.u8(SPARE), reservations, fill: 0 };
        out.fill = out.fill_field().and_then(|fill| bits.u8(fill)).unwrap_or_default();
        out
    }

    /// Where the fill is.
    fn fill_field(&self) -> Option<Field> {
        let end = SPARE.end() + RESERVATION_BITS * self.reservations.iter().flatten().count();
        let width = end.next_multiple_of(8) - end;
        (width > 0).then(|| Field::at(end, width))
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(SPARE, self.spare);
        for (place, one) in PLACES.into_iter().zip(self.reservations) {
            out.put(OFFSET.within(place), one.map(|one| one.offset));
            out.put(SLOTS.within(place), one.map(|one| one.slots));
            out.put(TIMEOUT.within(place), one.map(|one| one.timeout));
            out.put(INCREMENT.within(place), one.map(|one| one.increment));
        }
        if let Some(fill) = self.fill_field()
            && usize::from(self.header.bits) >= fill.end()
        {
            out.put(fill, Some(self.fill));
        }
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.0.array("reservations");
        for one in self.reservations.iter().flatten() {
            out.0.object("");
            out.0.int("offset", one.offset.into());
            out.0.int("slots", one.slots.into());
            out.0.int("timeout", one.timeout.into());
            out.0.int("increment", one.increment.into());
            out.0.close();
        }
        out.0.close();
    }
}
