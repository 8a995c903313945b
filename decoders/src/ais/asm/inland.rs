//! Inland AIS (CCNR and UNECE, vessel tracking and tracing): 200/10 ship, 200/21 and 200/22 arrival, 200/23 weather
//! warning, 200/24 water levels, 200/25 bridge clearance, 200/40 signals, 200/55 persons.
//!
//! 200/10 and 200/55 as the oracle's reference decoder has them; the others from the published tables as remembered,
//! and as other decoders have them. How the sign of a level or a warning's limits is written differs between these:
//! raw. So are the clearance and its age (200/25), whose units only one decoder implies.

use super::layout::{DAY, HOUR, Item, MINUTE, MONTH, each, lat27, lon28, number, skip, text};

/// 200/10.
pub const SHIP: &[Item] = &[
    text("vin", 8),
    number("length_m", 13).not(0).times(0.1, 1),
    number("beam_m", 10).not(0).times(0.1, 1),
    number("eri_type", 14),
    number("hazard", 3).not(5),
    number("draught_m", 11).not(0).times(0.01, 2),
    number("loaded", 2).not(0),
    number("speed_quality", 1),
    number("course_quality", 1),
    number("heading_quality", 1),
    skip(8),
];

/// 200/21: the ship's estimate.
pub const ETA: &[Item] = &[
    text("country", 2),
    text("location", 3),
    text("section", 5),
    text("terminal", 5),
    text("hectometre", 5),
    MONTH,
    DAY,
    HOUR,
    MINUTE,
    number("tugs", 3).not(7),
    number("air_draught_m", 12).not(0).times(0.01, 2),
    skip(5),
];

/// 200/22: the answer.
pub const RTA: &[Item] = &[
    text("country", 2),
    text("location", 3),
    text("section", 5),
    text("terminal", 5),
    text("hectometre", 5),
    MONTH,
    DAY,
    HOUR,
    MINUTE,
    number("status", 2).not(3),
    skip(2),
];

/// 200/23.
pub const WARNING: &[Item] = &[
    number("start_year", 8).not(0).plus(2000),
    MONTH.named("start_month"),
    DAY.named("start_day"),
    number("end_year", 8).not(0).plus(2000),
    MONTH.named("end_month"),
    DAY.named("end_day"),
    HOUR.named("start_hour"),
    MINUTE.named("start_minute"),
    HOUR.named("end_hour"),
    MINUTE.named("end_minute"),
    lon28("start_lon"),
    lat27("start_lat"),
    lon28("end_lon"),
    lat27("end_lat"),
    number("type", 4).not(0),
    number("min", 9),
    number("max", 9),
    number("classification", 2).not(0),
    number("wind_dir", 4).not(0),
    skip(6),
];

/// 200/24.
pub const WATER_LEVELS: &[Item] =
    &[text("country", 2), each("gauges", 4, &[number("id", 11).not(0), number("level", 14).not(0)])];

/// 200/25.
pub const BRIDGE: &[Item] = &[
    number("version", 3),
    text("country", 2),
    number("section", 17).not(0),
    text("object", 5),
    number("hectometre", 17).not(0),
    number("clearance", 14).not(0),
    number("age", 10).not(722),
    number("accuracy", 5).not(0),
];

/// 200/40.
pub const SIGNAL: &[Item] = &[
    lon28("lon"),
    lat27("lat"),
    number("form", 4).not(0),
    number("orientation", 9).below(360),
    number("impact", 3).not(0),
    number("lights", 30),
    skip(11),
];

/// 200/55.
pub const PERSONS: &[Item] =
    &[number("crew", 8).not(255), number("passengers", 13).not(8191), number("shipboard", 8).not(255)];
