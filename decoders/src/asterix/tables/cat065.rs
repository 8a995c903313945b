//! CAT065, SDPS Service Status Reports, edition 1.6 (2023-03-21): the table.

use super::super::table::{Node, absent, explicit, group, raw, spare, up};

/// The items in the order of their FRNs.
#[rustfmt::skip]
pub const UAP: &[Node] = &[
    group("010", &[raw("SAC", 8), raw("SIC", 8)]),
    raw("000", 8),
    raw("015", 8),
    up("030", 24, 1.0 / 128.0),
    raw("020", 8),
    group("040", &[raw("NOGO", 2), raw("OVL", 1), raw("TSV", 1), raw("PSS", 2), raw("STTN", 1),
        spare(1)]),
    raw("050", 8),
    absent(),
    absent(),
    absent(),
    absent(),
    absent(),
    explicit("RE"),
    explicit("SP"),
];
