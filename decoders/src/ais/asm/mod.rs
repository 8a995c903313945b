//! What applications send in binary messages (6, 8), by the area code and function number they carry.
//!
//! One file per family of formats. A format is a table of fields where that says all, a function where fields depend
//! on others. Each file's head says where its layouts come from. Formats that are not known well enough are left to
//! `data_hex` of the message.
//!
//! **Invariant**: looks at the data only; what is not there, or says "not available", is null.

mod aids;
mod area_notice;
mod circ_236;
mod environment;
mod inland;
mod international;
mod layout;
mod met_hydro;
mod port;
mod route;
mod seaway;
mod ship;
mod weather;

use super::visit::{Fields, Visit};
use super::{AddressedBinary, BroadcastBinary, Message};
use crate::bits::{Bits, Field};
use layout::{Cursor, Item, width};

/// How some data is read.
enum Format {
    Table(&'static [Item]),
    Function(fn(Bits<'_>, &mut Fields<'_>)),
    /// Not read; only who defined it is known.
    Label(&'static str),
}

/// Tells what an application says, into an object that is open; `payload` is what the message was decoded from.
/// `false`, and nothing told, where the message carries no application's data or none that is known.
pub fn fields(message: &Message, payload: Bits<'_>, visit: &mut dyn Visit) -> bool {
    let (dac, fi, data) = match message {
        Message::AddressedBinary(m @ AddressedBinary { dac: Some(dac), fi: Some(fi), .. }) => {
            (*dac, *fi, m.data(payload))
        }
        Message::BroadcastBinary(m @ BroadcastBinary { dac: Some(dac), fi: Some(fi), .. }) => {
            (*dac, *fi, m.data(payload))
        }
        _ => return false,
    };
    let out = &mut Fields(visit);
    match format(message.kind() == 8, dac, fi, data) {
        Some(Format::Table(items)) => Cursor::new(data).tell(items, out),
        Some(Format::Function(tell)) => tell(data, out),
        Some(Format::Label(label)) => out.0.text("label", label),
        None => return false,
    }
    true
}

/// The format of some data; `None` where it is not known, or the data is too short for it.
fn format(broadcast: bool, dac: u16, fi: u8, data: Bits<'_>) -> Option<Format> {
    use Format::{Function, Label, Table};
    let (format, least) = match (dac, fi) {
        (1, _) => return international(broadcast, fi, data),
        (200, 10) if broadcast => (Table(inland::SHIP), 104),
        (200, 21) => (Table(inland::ETA), width(inland::ETA)),
        (200, 22) => (Table(inland::RTA), width(inland::RTA)),
        (200, 23) => (Table(inland::WARNING), width(inland::WARNING)),
        (200, 24) => (Table(inland::WATER_LEVELS), width(inland::WATER_LEVELS) + 25),
        (200, 25) => (Table(inland::BRIDGE), width(inland::BRIDGE)),
        (200, 40) => (Table(inland::SIGNAL), width(inland::SIGNAL)),
        (200, 55) => (Table(inland::PERSONS), 35),
        (235 | 250, 10) if !broadcast => (Table(aids::MONITORING), 45),
        (235, 20) => (Table(aids::BUOY_POSITION), width(aids::BUOY_POSITION)),
        (265, 1) if route::is_stm(data.len()) => (Function(route::stm), 0),
        (316 | 366, 1) => (Function(seaway::reports), seaway::HEAD_BITS),
        (316 | 366, 2 | 32) => (Function(seaway::number_only), seaway::HEAD_BITS),
        (367, 22) => (Function(area_notice::us), width(area_notice::HEAD_US)),
        (367, 23) => (Table(weather::ONE_SLOT), width(weather::ONE_SLOT)),
        (367, 25) => (Table(weather::TINY), width(weather::TINY)),
        (367, 24) => (Table(weather::SMALL), width(weather::SMALL)),
        (367, 33) => (Function(environment::us), environment::REPORT_BITS),
        (412 | 413, _) => (Label("JT/T 1276 (China)"), 0),
        _ => return None,
    };
    (data.len() >= least).then_some(format)
}

/// The formats of area code 1.
fn international(broadcast: bool, fi: u8, data: Bits<'_>) -> Option<Format> {
    use Format::{Function, Table};
    let (format, least) = match fi {
        0 => (Table(international::TEXT), 12),
        2 => (Table(international::INTERROGATION), 0),
        3 => (Table(international::CAPABILITY_INTERROGATION), 0),
        4 => (Function(international::capability), international::CAPABILITY_BITS),
        11 if broadcast => (Table(met_hydro::CIRC_236), 296),
        12 => (Table(circ_236::DANGEROUS_CARGO), width(circ_236::DANGEROUS_CARGO)),
        13 => (Table(circ_236::FAIRWAY_CLOSED), width(circ_236::FAIRWAY_CLOSED)),
        14 => (Table(circ_236::TIDAL_WINDOW), width(circ_236::TIDAL_WINDOW) + 93),
        15 => (Table(circ_236::AIR_DRAUGHT), width(circ_236::AIR_DRAUGHT)),
        // A broadcast of another length is something else.
        16 if data.len() == 16 || !broadcast => {
            (Table(international::PERSONS), width(international::PERSONS))
        }
        17 => (Function(ship::targets), ship::TARGET_BITS),
        18 => (Table(port::CLEARANCE), width(port::CLEARANCE)),
        19 => (Table(port::TRAFFIC_SIGNAL), width(port::TRAFFIC_SIGNAL)),
        20 => (Table(port::BERTH), width(port::BERTH)),
        21 if data.flag(Field::first(1)) == Some(false) => (Table(weather::PLAIN), width(weather::PLAIN)),
        21 => (Table(weather::WMO), width(weather::WMO)),
        22 | 23 => (Function(area_notice::imo), width(area_notice::HEAD)),
        24 => (Table(ship::EXTENDED), width(ship::EXTENDED)),
        25 => (Table(port::DANGEROUS_CARGO), width(port::DANGEROUS_CARGO)),
        26 => (Function(environment::imo), environment::REPORT_BITS),
        27 | 28 => (Table(route::ROUTE), width(route::ROUTE)),
        29 | 30 => (Table(route::TEXT), width(route::TEXT)),
        31 if broadcast => (Table(met_hydro::CIRC_289), 304),
        32 => (Table(port::TIDAL_WINDOW), width(port::TIDAL_WINDOW) + 88),
        40 => (Table(international::PERSONS), 13),
        _ => return None,
    };
    (data.len() >= least).then_some(format)
}
