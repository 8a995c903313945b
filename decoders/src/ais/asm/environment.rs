//! Sensors ashore and afloat: 1/26 (IMO SN.1/Circ.289) and 367/33 (US Coast Guard, version 3).
//!
//! From the published tables as remembered; two other decoders have the layouts of 1/26, and two those of 367/33, one
//! of them after the issuer's own tables. Water temperature in 1/26 is counted from -10 degrees by some decoders and
//! signed by another: raw.

use super::super::visit::Fields;
use super::layout::{Cursor, DAY, HOUR, Item, MINUTE, flag, lat27, lon28, number, signed, text};
use crate::bits::Bits;

/// Bits of one report: what all begin with, and 85 of its own.
pub const REPORT_BITS: usize = 112;

const HEAD: &[Item] = &[DAY, HOUR, MINUTE, number("site", 7)];

/// 1/26.
pub fn imo(data: Bits<'_>, out: &mut Fields<'_>) {
    reports(data, out, |kind| match kind {
        0 => Some(LOCATION),
        5 => Some(CURRENT_3D),
        6 => Some(CURRENT_HORIZONTAL),
        7 => Some(SEA_STATE),
        8 => Some(SALINITY),
        9 => Some(WEATHER),
        10 => Some(AIR_GAP),
        kind => shared(kind),
    });
}

/// 367/33.
pub fn us(data: Bits<'_>, out: &mut Fields<'_>) {
    reports(data, out, |kind| match kind {
        0 => Some(LOCATION_US),
        5 => Some(CURRENT_3D_US),
        6 => Some(CURRENT_HORIZONTAL_US),
        7 => Some(SEA_STATE_US),
        8 => Some(SALINITY_US),
        9 => Some(WEATHER_US),
        10 => Some(AIR_GAP_US),
        11 => Some(WIND_2_US),
        kind => shared(kind),
    });
}

fn shared(kind: u32) -> Option<&'static [Item]> {
    Some(match kind {
        1 => STATION,
        2 => WIND,
        3 => WATER_LEVEL,
        4 => CURRENT_2D,
        _ => return None,
    })
}

fn reports(data: Bits<'_>, out: &mut Fields<'_>, table: impl Fn(u32) -> Option<&'static [Item]>) {
    let mut cursor = Cursor::new(data);
    out.0.array("reports");
    while cursor.left() >= REPORT_BITS {
        let mut report = cursor.part(REPORT_BITS);
        out.0.object("");
        let kind = report.number(4).unwrap_or_default();
        out.0.int("sensor", kind.into());
        report.tell(HEAD, out);
        match table(kind) {
            Some(items) => report.tell(items, out),
            None => report.hex("data_hex", out),
        }
        out.0.close();
    }
    out.0.close();
}

const OWNER: Item = number("owner", 4);
const TIMEOUT: Item = number("timeout", 3);
const SENSOR: Item = number("sensor_type", 3);
const SALT: Item = number("salinity", 9).below(502).times(0.1, 1);

const LOCATION: &[Item] =
    &[lon28("lon"), lat27("lat"), number("altitude_m", 11).below(2002).times(0.1, 1), OWNER, TIMEOUT];

const LOCATION_US: &[Item] = &[
    number("version", 6),
    lon28("lon"),
    lat27("lat"),
    number("precision", 3),
    signed("altitude_m", 12).beyond(2001).times(0.1, 1),
    OWNER,
    TIMEOUT,
];

const STATION: &[Item] = &[text("name", 14)];

const WIND: &[Item] = &[
    number("wind_avg_kn", 7).below(122),
    number("wind_gust_kn", 7).below(122),
    number("wind_dir", 9).below(360),
    number("gust_dir", 9).below(360),
    SENSOR,
    number("forecast_wind_avg_kn", 7).below(122),
    number("forecast_wind_gust_kn", 7).below(122),
    number("forecast_wind_dir", 9).below(360),
    DAY.named("forecast_day"),
    HOUR.named("forecast_hour"),
    MINUTE.named("forecast_minute"),
    number("forecast_duration_min", 8).not(255),
];

const WATER_LEVEL: &[Item] = &[
    flag("absolute"),
    signed("water_level_m", 16).not(-32_768).times(0.01, 2),
    number("water_level_trend", 2).not(3),
    number("datum", 5).not(14),
    SENSOR,
    flag("forecast_absolute"),
    signed("forecast_water_level_m", 16).not(-32_768).times(0.01, 2),
    DAY.named("forecast_day"),
    HOUR.named("forecast_hour"),
    MINUTE.named("forecast_minute"),
    number("forecast_duration_min", 8).not(255),
];

const fn speed(key: &'static str) -> Item {
    number(key, 8).below(247).times(0.1, 1)
}

const fn direction(key: &'static str) -> Item {
    number(key, 9).below(360)
}

const fn depth(key: &'static str) -> Item {
    number(key, 9).below(362)
}

const CURRENT_2D: &[Item] = &[
    speed("cur_speed_kn"),
    direction("cur_dir"),
    depth("cur_depth_m"),
    speed("cur2_speed_kn"),
    direction("cur2_dir"),
    depth("cur2_depth_m"),
    speed("cur3_speed_kn"),
    direction("cur3_dir"),
    depth("cur3_depth_m"),
    SENSOR,
];

const CURRENT_3D: &[Item] = &[
    speed("cur_north_kn"),
    speed("cur_east_kn"),
    speed("cur_up_kn"),
    depth("cur_depth_m"),
    speed("cur2_north_kn"),
    speed("cur2_east_kn"),
    speed("cur2_up_kn"),
    depth("cur2_depth_m"),
    SENSOR,
];

const CURRENT_HORIZONTAL: &[Item] = &[
    direction("cur_bearing"),
    number("cur_distance_m", 7).below(122),
    speed("cur_speed_kn"),
    direction("cur_dir"),
    depth("cur_depth_m"),
    direction("cur2_bearing"),
    number("cur2_distance_m", 7).below(122),
    speed("cur2_speed_kn"),
    direction("cur2_dir"),
    depth("cur2_depth_m"),
];

const SEA_STATE: &[Item] = &[
    number("swell_height_m", 8).below(247).times(0.1, 1),
    number("swell_period_s", 6).below(61),
    direction("swell_dir"),
    number("sea_state", 4).below(13),
    SENSOR.named("swell_sensor_type"),
    number("water_temp", 10),
    number("water_temp_depth_m", 7).below(122).times(0.1, 1),
    SENSOR.named("water_temp_sensor_type"),
    number("wave_height_m", 8).below(247).times(0.1, 1),
    number("wave_period_s", 6).below(61),
    direction("wave_dir"),
    SENSOR.named("wave_sensor_type"),
    SALT,
];

const SALINITY: &[Item] = &[
    number("water_temp", 10),
    number("conductivity", 10).below(702).times(0.01, 2),
    number("pressure_dbar", 16).below(60_002).times(0.1, 1),
    SALT,
    number("salinity_type", 2),
    SENSOR,
];

const WEATHER: &[Item] = &[
    signed("air_temp_c", 11).beyond(600).times(0.1, 1),
    SENSOR.named("air_temp_sensor_type"),
    number("precipitation", 2),
    number("visibility_nm", 8).below(242).times(0.1, 1),
    signed("dew_point_c", 10).beyond(500).times(0.1, 1),
    SENSOR.named("dew_point_sensor_type"),
    number("pressure_hpa", 9).below(403).plus(799),
    number("pressure_tendency", 2).not(3),
    SENSOR.named("pressure_sensor_type"),
    SALT,
];

const AIR_GAP: &[Item] = &[
    number("air_draught_m", 13).not(0).times(0.01, 2),
    number("air_gap_m", 13).not(0).times(0.01, 2),
    number("air_gap_trend", 2).not(3),
    number("forecast_air_gap_m", 13).not(0).times(0.01, 2),
    DAY.named("forecast_day"),
    HOUR.named("forecast_hour"),
    MINUTE.named("forecast_minute"),
];

const CURRENT_3D_US: &[Item] = &[
    vector("cur_north_kn"),
    vector("cur_east_kn"),
    vector("cur_up_kn"),
    depth("cur_depth_m"),
    vector("cur2_north_kn"),
    vector("cur2_east_kn"),
    vector("cur2_up_kn"),
    depth("cur2_depth_m"),
    SENSOR,
];

const fn vector(key: &'static str) -> Item {
    signed(key, 9).beyond(246).times(0.1, 1)
}

const CURRENT_HORIZONTAL_US: &[Item] = &[
    direction("cur_bearing"),
    number("cur_distance_m", 9).not(511),
    speed("cur_speed_kn"),
    direction("cur_dir"),
    depth("cur_depth_m"),
    number("cur2_distance_m", 9).not(511),
    speed("cur2_speed_kn"),
    direction("cur2_dir"),
    depth("cur2_depth_m"),
    SENSOR,
];

const SEA_STATE_US: &[Item] = &[
    number("swell_height_m", 8).below(247).times(0.1, 1),
    number("swell_period_s", 6).below(61),
    direction("swell_dir"),
    number("sea_state", 4).below(13),
    SENSOR.named("swell_sensor_type"),
    number("water_temp_c", 10).below(601).times(0.1, 1).plus(-10),
    number("water_temp_depth_m", 7).below(122).times(0.1, 1),
    SENSOR.named("water_temp_sensor_type"),
    number("wave_height_m", 8).below(247).times(0.1, 1),
    number("wave_period_s", 6).below(61),
    direction("wave_dir"),
    SENSOR.named("wave_sensor_type"),
    SALT,
];

const SALINITY_US: &[Item] = &[
    number("water_temp_c", 10).below(601).times(0.1, 1).plus(-10),
    number("conductivity", 10).below(702).times(0.01, 2),
    number("pressure_dbar", 16).below(60_002).times(0.1, 1),
    SALT,
    number("salinity_type", 2),
    SENSOR,
];

const WEATHER_US: &[Item] = &[
    signed("air_temp_c", 11).beyond(600).times(0.1, 1),
    SENSOR.named("air_temp_sensor_type"),
    number("precipitation", 2),
    number("visibility_nm", 8).below(242).times(0.1, 1),
    number("dew_point_c", 10).below(701).times(0.1, 1).plus(-20),
    SENSOR.named("dew_point_sensor_type"),
    number("pressure_hpa", 9).below(403).plus(799),
    number("pressure_tendency", 2).not(3),
    SENSOR.named("pressure_sensor_type"),
    SALT,
];

const AIR_GAP_US: &[Item] = &[
    number("air_draught_m", 13).not(0).times(0.01, 2),
    number("air_gap_m", 13).not(0).times(0.01, 2),
    number("air_gap_trend", 2).not(3),
    number("forecast_air_gap_m", 13).not(0).times(0.01, 2),
    DAY.named("forecast_day"),
    HOUR.named("forecast_hour"),
    MINUTE.named("forecast_minute"),
    SENSOR,
];

const WIND_2_US: &[Item] = &[
    number("wind_avg_kn", 7).below(122),
    number("wind_gust_kn", 7).below(122),
    direction("wind_dir"),
    number("averaging_min", 6),
    SENSOR,
    number("forecast_wind_avg_kn", 7).below(122),
    number("forecast_wind_gust_kn", 7).below(122),
    direction("forecast_wind_dir"),
    HOUR.named("forecast_hour"),
    MINUTE.named("forecast_minute"),
    number("forecast_duration_min", 8).not(255),
];
