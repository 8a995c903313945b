//! Extended ship and voyage data, 1/24, and targets made by a traffic service, 1/17 (IMO SN.1/Circ.289).
//!
//! From the published tables as remembered; two other decoders have the same layouts.

use super::super::visit::Fields;
use super::layout::{Cursor, Item, LINKAGE, lat24, lon25, number, skip, text};
use crate::bits::Bits;

/// 1/24. Each piece of equipment: 0 not available or asked for, 1 works, 2 does not, 3 unknown.
pub const EXTENDED: &[Item] = &[
    LINKAGE,
    number("air_draught_m", 13).not(0).times(0.01, 2),
    text("last_port", 5),
    text("next_port", 5),
    text("second_port", 5),
    number("ais_class_a", 2),
    number("automatic_tracking", 2),
    number("bnwas", 2),
    number("ecdis_backup", 2),
    number("chart", 2),
    number("echo_sounder", 2),
    number("electronic_plotting", 2),
    number("emergency_steering", 2),
    number("gnss", 2),
    number("gyro", 2),
    number("lrit", 2),
    number("magnetic_compass", 2),
    number("navtex", 2),
    number("arpa", 2),
    number("radar_s", 2),
    number("radar_x", 2),
    number("radio_hf", 2),
    number("radio_inmarsat", 2),
    number("radio_mf", 2),
    number("radio_vhf", 2),
    number("log_ground", 2),
    number("log_water", 2),
    number("heading_device", 2),
    number("track_control", 2),
    number("voyage_recorder", 2),
    skip(2),
    number("ice_class", 4).not(15),
    number("shaft_power_hp", 18).not(262_143),
    number("vhf_channel", 12).not(0),
    text("lloyds_ship_type", 7),
    number("gross_tonnage", 18).not(262_143),
    number("laden", 2).not(0),
    number("heavy_fuel", 2).not(0),
    number("light_fuel", 2).not(0),
    number("diesel", 2).not(0),
    number("bunker_t", 14).not(16_383),
    number("persons", 13).not(0),
    skip(10),
];

/// Bits of one target.
pub const TARGET_BITS: usize = 120;

const TARGET: &[Item] = &[
    skip(4),
    lat24(),
    lon25(),
    number("cog", 9).below(360),
    number("second", 6).below(60),
    number("sog_kn", 8).not(255),
];

/// 1/17: up to four targets; what the identifier is depends on its type (0 MMSI, 1 IMO number, 2 call sign, 3 other).
pub fn targets(data: Bits<'_>, out: &mut Fields<'_>) {
    let mut cursor = Cursor::new(data);
    out.0.array("targets");
    while cursor.left() >= TARGET_BITS {
        let mut target = cursor.part(TARGET_BITS);
        out.0.object("");
        let kind = target.number(2);
        out.int("id_type", kind);
        if kind.is_some_and(|kind| kind < 2) {
            target.skip(12);
            out.int("id", target.number(30));
        } else {
            target.text("id", 42, out);
        }
        target.tell(TARGET, out);
        out.0.close();
    }
    out.0.close();
}
