//! St. Lawrence Seaway (316 and 366): 1 weather and water, 2 locks, 32 versions.
//!
//! From the seaway's published formats as remembered; another decoder has the same layouts of 1. Pressure and flow
//! there are raw, as their units are not sure. Of 2 and 32 only the message's number is told: what follows is not
//! known well enough.

use super::super::visit::Fields;
use super::layout::{Cursor, DAY, HOUR, Item, MINUTE, MONTH, flag, lat24, lon25, number, signed, skip, text};
use crate::bits::Bits;

/// What all begin with.
const HEAD: &[Item] = &[skip(2), number("message_id", 6)];
/// Bits of that.
pub const HEAD_BITS: usize = 8;

const STATION: &[Item] = &[MONTH, DAY, HOUR, MINUTE, text("station", 7), lon25(), lat24()];

const WEATHER: &[Item] = &[
    number("wind_avg_kn", 10).not(1023).times(0.1, 1),
    number("wind_gust_kn", 10).not(1023).times(0.1, 1),
    number("wind_dir", 9).below(360),
    number("pressure", 14).not(16_383),
    signed("air_temp_c", 10).not(-512).times(0.1, 1),
    signed("dew_point_c", 10).not(-512).times(0.1, 1),
    number("visibility_km", 8).not(255).times(0.1, 1),
    signed("water_temp_c", 10).not(-512).times(0.1, 1),
];

const WIND: &[Item] = &[
    number("wind_avg_kn", 10).not(1023).times(0.1, 1),
    number("wind_gust_kn", 10).not(1023).times(0.1, 1),
    number("wind_dir", 9).below(360),
];

const WATER_LEVEL: &[Item] = &[
    flag("absolute"),
    signed("water_level_m", 16).not(-32_768).times(0.01, 2),
    number("datum", 2),
    number("reading_type", 2),
];

const FLOW: &[Item] = &[number("flow", 14).not(16_383)];

/// 1: reports of one kind, as many as there are.
pub fn reports(data: Bits<'_>, out: &mut Fields<'_>) {
    let mut cursor = Cursor::new(data);
    let (_, id) = (cursor.number(2), cursor.number(6));
    out.int("message_id", id);
    let (items, bits) = match id {
        Some(1) => (WEATHER, 192),
        Some(2) => (WIND, 144),
        Some(3) => (WATER_LEVEL, 144),
        Some(6) => (FLOW, 144),
        _ => return,
    };
    out.0.array("reports");
    while cursor.left() >= bits {
        let mut report = cursor.part(bits);
        out.0.object("");
        report.tell(STATION, out);
        report.tell(items, out);
        out.0.close();
    }
    out.0.close();
}

/// 2 and 32.
pub fn number_only(data: Bits<'_>, out: &mut Fields<'_>) {
    Cursor::new(data).tell(HEAD, out);
}
