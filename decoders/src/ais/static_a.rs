//! Message 5, ship static and voyage related data (ITU-R M.1371-5, Annex 8, Message 5): 424 bits.

use super::header::HEADER;
use super::value::{DIMENSIONS_BITS, Dimensions, RawDimensions};
use super::visit::Fields;
use super::{Header, Text, value};
use crate::bits::{BitWriter, Bits, Field};
use units::{Label, Mmsi};

const VERSION: Field = HEADER.then(2);
const IMO: Field = VERSION.then(30);
const CALLSIGN: Field = IMO.then(42);
const NAME: Field = CALLSIGN.then(120);
const SHIP_TYPE: Field = NAME.then(8);
const DIMENSIONS: Field = SHIP_TYPE.then(DIMENSIONS_BITS);
const EPFD: Field = DIMENSIONS.then(4);
const ETA_MONTH: Field = EPFD.then(4);
const ETA_DAY: Field = ETA_MONTH.then(5);
const ETA_HOUR: Field = ETA_DAY.then(5);
const ETA_MINUTE: Field = ETA_HOUR.then(6);
const DRAUGHT: Field = ETA_MINUTE.then(8);
const DESTINATION: Field = DRAUGHT.then(120);
const DTE: Field = DESTINATION.then(1);
const SPARE: Field = DTE.then(1);
const _: () = assert!(SPARE.end() == 424);

/// Who a Class A ship is and where it is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaticA {
    /// Kind 5.
    pub header: Header,
    /// Edition of the standard the station follows, 0 to 3.
    pub ais_version: Option<u8>,
    /// IMO ship number, or a flag state's official number from 10,000,000 on; 0 not available.
    pub imo_raw: Option<u32>,
    /// Call sign as sent.
    pub callsign_raw: Text<7>,
    /// Name as sent.
    pub name_raw: Text<20>,
    /// Type of ship and cargo, 0 to 255; 0 not available.
    pub ship_type_raw: Option<u8>,
    /// Size and reference point.
    pub dimensions_raw: RawDimensions,
    /// Kind of positioning device, 0 to 15; 0 undefined.
    pub epfd: Option<u8>,
    /// 1 to 12; 0 not available.
    pub eta_month_raw: Option<u8>,
    /// 1 to 31; 0 not available.
    pub eta_day_raw: Option<u8>,
    /// 0 to 23; 24 not available.
    pub eta_hour_raw: Option<u8>,
    /// 0 to 59; 60 not available.
    pub eta_minute_raw: Option<u8>,
    /// 1/10 metre; 0 not available.
    pub draught_raw: Option<u8>,
    /// Destination as sent.
    pub destination_raw: Text<20>,
    /// Data terminal: 0 ready, 1 not available.
    pub dte: Option<u8>,
    /// One bit without a meaning.
    pub spare: Option<u8>,
}

/// When a ship expects to arrive, UTC; the year is not sent. Each part `None` where not available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eta {
    /// 1 to 12.
    pub month: Option<u8>,
    /// 1 to 31.
    pub day: Option<u8>,
    /// 0 to 23.
    pub hour: Option<u8>,
    /// 0 to 59.
    pub minute: Option<u8>,
}

impl StaticA {
    /// A report in which nothing is available.
    #[must_use]
    pub fn new(mmsi: Mmsi) -> Self {
        Self {
            header: Header::new(5, mmsi, SPARE.end()),
            ais_version: Some(2),
            imo_raw: Some(0),
            callsign_raw: Text::BLANK,
            name_raw: Text::BLANK,
            ship_type_raw: Some(0),
            dimensions_raw: super::raw::dimensions(None),
            epfd: Some(0),
            eta_month_raw: Some(0),
            eta_day_raw: Some(0),
            eta_hour_raw: Some(24),
            eta_minute_raw: Some(60),
            draught_raw: Some(0),
            destination_raw: Text::BLANK,
            dte: Some(1),
            spare: Some(0),
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline(always)]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        Self {
            header,
            ais_version: bits.u8(VERSION),
            imo_raw: bits.u32(IMO),
            callsign_raw: Text::decode(bits, CALLSIGN),
            name_raw: Text::decode(bits, NAME),
            ship_type_raw: bits.u8(SHIP_TYPE),
            dimensions_raw: RawDimensions::decode(bits, DIMENSIONS),
            epfd: bits.u8(EPFD),
            eta_month_raw: bits.u8(ETA_MONTH),
            eta_day_raw: bits.u8(ETA_DAY),
            eta_hour_raw: bits.u8(ETA_HOUR),
            eta_minute_raw: bits.u8(ETA_MINUTE),
            draught_raw: bits.u8(DRAUGHT),
            destination_raw: Text::decode(bits, DESTINATION),
            dte: bits.u8(DTE),
            spare: bits.u8(SPARE),
        }
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(VERSION, self.ais_version);
        out.put(IMO, self.imo_raw);
        out.put_text(CALLSIGN, self.callsign_raw.sent());
        out.put_text(NAME, self.name_raw.sent());
        out.put(SHIP_TYPE, self.ship_type_raw);
        self.dimensions_raw.encode(DIMENSIONS, out);
        out.put(EPFD, self.epfd);
        out.put(ETA_MONTH, self.eta_month_raw);
        out.put(ETA_DAY, self.eta_day_raw);
        out.put(ETA_HOUR, self.eta_hour_raw);
        out.put(ETA_MINUTE, self.eta_minute_raw);
        out.put(DRAUGHT, self.draught_raw);
        out.put_text(DESTINATION, self.destination_raw.sent());
        out.put(DTE, self.dte);
        out.put(SPARE, self.spare);
    }

    /// The number in the IMO field, as sent; whether its check digit is right is [`units::Imo::new`]'s question.
    #[must_use]
    pub fn imo(&self) -> Option<u32> {
        value::nonzero(self.imo_raw)
    }

    /// Call sign.
    #[must_use]
    pub fn callsign(&self) -> Option<Label> {
        self.callsign_raw.label()
    }

    /// Name.
    #[must_use]
    pub fn name(&self) -> Option<Label> {
        self.name_raw.label()
    }

    /// Type of ship and cargo, 1 to 255.
    #[must_use]
    pub fn ship_type(&self) -> Option<u8> {
        value::nonzero(self.ship_type_raw)
    }

    /// Size and reference point.
    #[must_use]
    pub fn dimensions(&self) -> Option<Dimensions> {
        self.dimensions_raw.dimensions()
    }

    /// Expected arrival.
    #[must_use]
    pub fn eta(&self) -> Eta {
        Eta {
            month: value::below(value::nonzero(self.eta_month_raw), 13),
            day: value::nonzero(self.eta_day_raw),
            hour: value::below(self.eta_hour_raw, 24),
            minute: value::below(self.eta_minute_raw, 60),
        }
    }

    /// Draught in metres, 0.1 to 25.5; the last is that or more.
    #[must_use]
    pub fn draught_m(&self) -> Option<f64> {
        value::nonzero(self.draught_raw).map(|raw| f64::from(raw) / 10.0)
    }

    /// Destination.
    #[must_use]
    pub fn destination(&self) -> Option<Label> {
        self.destination_raw.label()
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        let eta = self.eta();
        out.int("ais_version", self.ais_version);
        out.int("imo", self.imo());
        out.label("callsign", self.callsign());
        out.label("name", self.name());
        out.int("ship_type", self.ship_type_raw);
        out.dimensions(self.dimensions_raw);
        out.int("epfd", self.epfd);
        out.int("eta_month", eta.month);
        out.int("eta_day", eta.day);
        out.int("eta_hour", eta.hour);
        out.int("eta_minute", eta.minute);
        out.float("draught", self.draught_m(), 1);
        out.label("destination", self.destination());
        out.int("dte", self.dte);
    }

    /// Calls `each` with the name and raw value of every field out of range.
    pub fn invalid(&self, each: &mut dyn FnMut(&'static str, i64)) {
        let eta = self.eta();
        value::tell(each, "eta_month", self.eta_month_raw, eta.month.is_some(), 0);
        value::tell(each, "eta_hour", self.eta_hour_raw, eta.hour.is_some(), 24);
        value::tell(each, "eta_minute", self.eta_minute_raw, eta.minute.is_some(), 60);
    }
}
