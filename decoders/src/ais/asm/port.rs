//! Port calls (IMO SN.1/Circ.289): clearance 1/18, traffic signal 1/19, berth 1/20, dangerous cargo 1/25, tidal
//! window 1/32.
//!
//! From the published tables as remembered; two other decoders have the same layouts.

use super::layout::{DAY, HOUR, Item, LINKAGE, MINUTE, MONTH, each, flag, lat24, lon25, number, skip, text};

/// 1/18.
pub const CLEARANCE: &[Item] = &[
    LINKAGE,
    MONTH,
    DAY,
    HOUR,
    MINUTE,
    text("port_name", 20),
    text("destination", 5),
    lon25(),
    lat24(),
    skip(43),
];

/// 1/19.
pub const TRAFFIC_SIGNAL: &[Item] = &[
    LINKAGE,
    text("station", 20),
    lon25(),
    lat24(),
    number("status", 2).not(0),
    number("signal", 5).not(0),
    HOUR,
    MINUTE,
    number("next_signal", 5).not(0),
    skip(102),
];

/// 1/20. Each service: 0 not asked for, 1 available, 2 unknown, 3 not to be used.
pub const BERTH: &[Item] = &[
    LINKAGE,
    number("berth_length_m", 9).not(0),
    number("berth_depth_m", 8).not(0).times(0.1, 1),
    number("mooring_position", 3).not(0),
    MONTH,
    DAY,
    HOUR,
    MINUTE,
    flag("services_known"),
    number("agent", 2),
    number("fuel", 2),
    number("chandler", 2),
    number("stevedore", 2),
    number("electrical", 2),
    number("water", 2),
    number("customs", 2),
    number("cartage", 2),
    number("crane", 2),
    number("lift", 2),
    number("medical", 2),
    number("navigation_repair", 2),
    number("provisions", 2),
    number("ship_repair", 2),
    number("surveyor", 2),
    number("steam", 2),
    number("tugs", 2),
    number("waste_solid", 2),
    number("waste_liquid", 2),
    number("waste_hazardous", 2),
    number("ballast_exchange", 2),
    number("additional", 2),
    number("regional_1", 2),
    number("regional_2", 2),
    skip(4),
    text("berth_name", 20),
    lon25(),
    lat24(),
];

/// 1/25. What a subtype means depends on the code.
pub const DANGEROUS_CARGO: &[Item] = &[
    number("unit", 2).not(0),
    number("amount", 10).not(0),
    each("cargos", 28, &[number("code", 4).not(0), number("subtype", 13).not(0)]),
];

/// 1/32.
pub const TIDAL_WINDOW: &[Item] = &[
    MONTH,
    DAY,
    each(
        "windows",
        3,
        &[
            lon25(),
            lat24(),
            HOUR.named("from_hour"),
            MINUTE.named("from_minute"),
            HOUR.named("to_hour"),
            MINUTE.named("to_minute"),
            number("cur_dir", 9).below(360),
            number("cur_speed_kn", 8).not(255).times(0.1, 1),
        ],
    ),
];
