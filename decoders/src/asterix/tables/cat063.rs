//! CAT063, Sensor Status Reports, edition 1.7 (2025-06-05): the table.

use super::super::table::{Node, absent, both, explicit, extended, group, raw, spare, up};

const P16: f64 = (1_u64 << 16) as f64;

/// The items in the order of their FRNs.
#[rustfmt::skip]
pub const UAP: &[Node] = &[
    group("010", &[raw("SAC", 8), raw("SIC", 8)]),
    raw("015", 8),
    up("030", 24, 1.0 / 128.0),
    group("050", &[raw("SAC", 8), raw("SIC", 8)]),
    extended("060", &[raw("CON", 2), raw("PSR", 1), raw("SSR", 1), raw("MDS", 1), raw("ADS", 1),
        raw("MLT", 1), raw("OPS", 1), raw("ODP", 1), raw("OXT", 1), raw("MSC", 1), raw("TSV", 1),
        raw("NPW", 1), spare(1), group("TTF", &[raw("EP", 1), raw("VAL", 1)]), group("SPO", &[raw("EP", 1),
        raw("VAL", 1)]), spare(3)]),
    both("070", 16, 1.0),
    group("080", &[both("SRG", 16, 1.0 / 100_000.0), both("SRB", 16, 1.0 / 128.0)]),
    both("081", 16, 360.0 / P16),
    group("090", &[both("PRG", 16, 1.0 / 100_000.0), both("PRB", 16, 1.0 / 128.0)]),
    both("091", 16, 360.0 / P16),
    both("092", 16, 360.0 / P16),
    absent(),
    explicit("RE"),
    explicit("SP"),
];
