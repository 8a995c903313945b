//! Messages of IMO SN/Circ.236 that IMO SN.1/Circ.289 has replaced: dangerous cargo 1/12, fairway closed 1/13, tidal
//! window 1/14, air draught 1/15.
//!
//! From the published tables as remembered; two other decoders have the same layouts.

use super::layout::{DAY, HOUR, Item, MINUTE, MONTH, each, lat27, lon28, number, skip, text};

/// 1/12.
pub const DANGEROUS_CARGO: &[Item] = &[
    text("last_port", 5),
    MONTH.named("last_month"),
    DAY.named("last_day"),
    HOUR.named("last_hour"),
    MINUTE.named("last_minute"),
    text("next_port", 5),
    MONTH.named("next_month"),
    DAY.named("next_day"),
    HOUR.named("next_hour"),
    MINUTE.named("next_minute"),
    text("main_danger", 20),
    text("imd_category", 4),
    number("un_number", 13).not(0),
    number("amount", 10).not(0),
    number("unit", 2).not(0),
    skip(3),
];

/// 1/13.
pub const FAIRWAY_CLOSED: &[Item] = &[
    text("reason", 20),
    text("closed_from", 20),
    text("closed_to", 20),
    number("extension", 10).below(1001),
    number("extension_unit", 2),
    DAY.named("from_day"),
    MONTH.named("from_month"),
    HOUR.named("from_hour"),
    MINUTE.named("from_minute"),
    DAY.named("to_day"),
    MONTH.named("to_month"),
    HOUR.named("to_hour"),
    MINUTE.named("to_minute"),
    skip(4),
];

/// 1/14: latitude comes first, and both are finer than in 1/32.
pub const TIDAL_WINDOW: &[Item] = &[
    MONTH,
    DAY,
    each(
        "windows",
        3,
        &[
            lat27("lat"),
            lon28("lon"),
            HOUR.named("from_hour"),
            MINUTE.named("from_minute"),
            HOUR.named("to_hour"),
            MINUTE.named("to_minute"),
            number("cur_dir", 9).below(360),
            number("cur_speed_kn", 7).not(127).times(0.1, 1),
        ],
    ),
];

/// 1/15.
pub const AIR_DRAUGHT: &[Item] = &[number("air_draught_m", 11).not(0).times(0.1, 1), skip(5)];
