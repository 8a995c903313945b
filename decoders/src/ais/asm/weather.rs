//! Weather seen from a ship, 1/21 (IMO SN.1/Circ.289), in plain and in WMO form; and what is sent by way of satellites
//! (United States): one slot, 367/23, small, 367/24, and tiny, 367/25.
//!
//! From the published tables as remembered; two other decoders have the same layouts. Water temperature in the plain
//! form is counted from -10 degrees by one of them and signed by another: raw. Codes of WMO tables, and the squared
//! scales of visibility and cloud base, are raw.

use super::layout::{DAY, HOUR, Item, MINUTE, flag, lat24, lon25, number, signed, skip, text};

/// 1/21 with its first bit 0.
pub const PLAIN: &[Item] = &[
    flag("wmo"),
    text("location", 20),
    lon25(),
    lat24(),
    DAY,
    HOUR,
    MINUTE,
    number("weather", 4).not(8),
    flag("vis_greater"),
    number("visibility_nm", 7).not(127).times(0.1, 1),
    number("humidity", 7).below(101),
    number("wind_avg_kn", 7).not(127),
    number("wind_dir", 9).below(360),
    number("pressure_hpa", 9).below(403).plus(799),
    number("pressure_tendency", 4),
    signed("air_temp_c", 11).not(-1024).times(0.1, 1),
    number("water_temp", 10),
    number("wave_period_s", 6).not(63),
    number("wave_height_m", 8).not(255).times(0.1, 1),
    number("wave_dir", 9).below(360),
    number("swell_height_m", 8).not(255).times(0.1, 1),
    number("swell_dir", 9).below(360),
    number("swell_period_s", 6).not(63),
    skip(3),
];

/// 1/21 with its first bit 1.
pub const WMO: &[Item] = &[
    flag("wmo"),
    number("lon", 16).below(36_001).times(0.01, 2).plus(-180),
    number("lat", 15).below(18_001).times(0.01, 2).plus(-90),
    number("month", 4).neither(0, 15),
    number("day", 6).neither(0, 63),
    number("hour", 5).below(24),
    number("minute", 3).below(6).times(10.0, 0),
    number("cog", 7).not(127).times(5.0, 0),
    number("sog_mps", 5).not(31).times(0.5, 1),
    number("heading", 7).not(127).times(5.0, 0),
    number("pressure_hpa", 11).below(2001).times(0.1, 1).plus(900),
    number("pressure_change_hpa", 10).not(1023).times(0.1, 1).plus(-50),
    number("pressure_tendency", 4).not(15),
    number("wind_dir", 7).not(127).times(5.0, 0),
    number("wind_avg_mps", 8).not(255).times(0.5, 1),
    number("rel_wind_dir", 7).not(127).times(5.0, 0),
    number("rel_wind_mps", 8).not(255).times(0.5, 1),
    number("wind_gust_mps", 8).not(255).times(0.5, 1),
    number("gust_dir", 7).not(127).times(5.0, 0),
    number("air_temp_k", 10).not(1023).times(0.1, 1).plus(223),
    number("humidity", 7).not(127),
    number("water_temp_k", 9).not(511).times(0.1, 1).plus(268),
    number("visibility", 6).not(63),
    number("weather", 9).not(511),
    number("past_weather_1", 5).not(31),
    number("past_weather_2", 5).not(31),
    number("cloud_cover", 4).not(15),
    number("cloud_low_amount", 4).not(15),
    number("cloud_low_type", 6).not(63),
    number("cloud_middle_type", 6).not(63),
    number("cloud_high_type", 6).not(63),
    number("cloud_base", 7).not(127),
    number("wave_period_s", 5).not(31),
    number("wave_height_m", 6).not(63).times(0.5, 1),
    number("swell_dir", 6).not(63).times(10.0, 0),
    number("swell_period_s", 5).not(31),
    number("swell_height_m", 6).not(63).times(0.5, 1),
    number("swell2_dir", 6).not(63).times(10.0, 0),
    number("swell2_period_s", 5).not(31),
    number("swell2_height_m", 6).not(63).times(0.5, 1),
    number("ice_thickness_cm", 7).not(127),
    number("ice_accretion", 3).not(7),
    number("ice_cause", 3).not(7),
    number("ice_concentration", 5).not(31),
    number("ice_type", 4).not(15),
    number("ice_situation", 5).not(31),
    number("ice_development", 5).not(31),
    number("ice_bearing", 4).not(15),
];

/// 367/23.
pub const ONE_SLOT: &[Item] = &[
    number("version", 3),
    DAY,
    HOUR,
    MINUTE,
    lon25(),
    lat24(),
    number("pressure_hpa", 9).below(403).plus(799),
    signed("air_temp_c", 11).not(-1024).times(0.1, 1),
    number("wind_avg_kn", 7).not(127),
    number("wind_gust_kn", 7).not(127),
    number("wind_dir", 9).below(360),
];

/// 367/25.
pub const TINY: &[Item] = &[
    number("version", 3),
    HOUR,
    MINUTE,
    number("pressure_hpa", 9).below(403).plus(799),
    number("wind_avg_kn", 7).not(127),
    number("wind_dir", 9).below(360),
];

/// 367/24.
pub const SMALL: &[Item] =
    &[number("version", 3), HOUR, MINUTE, lon25(), lat24(), number("pressure_hpa", 9).below(403).plus(799)];
