//! CAT240, Radar Video Transmission, edition 1.3 (2015-05-13): the table.

use super::super::table::{Content, Node, element, explicit, group, raw, repeated, spare, up};

const P16: f64 = (1_u64 << 16) as f64;

/// The items in the order of their FRNs.
#[rustfmt::skip]
pub const UAP: &[Node] = &[
    group("010", &[raw("SAC", 8), raw("SIC", 8)]),
    raw("000", 8),
    raw("020", 32),
    repeated("030", &element("", 8, Content::Ascii)),
    group("040", &[up("STARTAZ", 16, 360.0 / P16), up("ENDAZ", 16, 360.0 / P16), raw("STARTRG", 32),
        up("CELLDUR", 32, 1.0)]),
    group("041", &[up("STARTAZ", 16, 360.0 / P16), up("ENDAZ", 16, 360.0 / P16), raw("STARTRG", 32),
        up("CELLDUR", 32, 1.0)]),
    group("048", &[raw("C", 1), spare(7), raw("RES", 8)]),
    group("049", &[raw("NBVB", 16), raw("NBCELLS", 24)]),
    repeated("050", &raw("", 32)),
    repeated("051", &raw("", 512)),
    repeated("052", &raw("", 2048)),
    up("140", 24, 1.0 / 128.0),
    explicit("RE"),
    explicit("SP"),
];
