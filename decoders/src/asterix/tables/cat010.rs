//! CAT010, Transmission of Monosensor Surface Movement Data, edition 1.1 (2007-03-01): the table.

use super::super::table::{
    Content, Node, absent, both, element, explicit, extended, group, raw, repeated, spare, up,
};

const P16: f64 = (1_u64 << 16) as f64;
const P31: f64 = (1_u64 << 31) as f64;

/// The items in the order of their FRNs.
#[rustfmt::skip]
pub const UAP: &[Node] = &[
    group("010", &[raw("SAC", 8), raw("SIC", 8)]),
    raw("000", 8),
    extended("020", &[raw("TYP", 3), raw("DCR", 1), raw("CHN", 1), raw("GBS", 1), raw("CRT", 1),
        raw("SIM", 1), raw("TST", 1), raw("RAB", 1), raw("LOP", 2), raw("TOT", 2), raw("SPI", 1), spare(6)]),
    up("140", 24, 1.0 / 128.0),
    group("041", &[both("LAT", 32, 180.0 / P31), both("LON", 32, 180.0 / P31)]),
    group("040", &[up("RHO", 16, 1.0), up("TH", 16, 360.0 / P16)]),
    group("042", &[both("X", 16, 1.0), both("Y", 16, 1.0)]),
    group("200", &[up("GSP", 16, 1.0 / 16384.0), up("TRA", 16, 360.0 / P16)]),
    group("202", &[both("VX", 16, 1.0 / 4.0), both("VY", 16, 1.0 / 4.0)]),
    group("161", &[spare(4), raw("TRK", 12)]),
    extended("170", &[raw("CNF", 1), raw("TRE", 1), raw("CST", 2), raw("MAH", 1), raw("TCC", 1),
        raw("STH", 1), raw("TOM", 2), raw("DOU", 3), raw("MRS", 2), raw("GHO", 1), spare(6)]),
    group("060", &[raw("V", 1), raw("G", 1), raw("L", 1), spare(1),
        element("MODE3A", 12, Content::Octal)]),
    raw("220", 24),
    group("245", &[raw("STI", 2), spare(6), element("CHR", 48, Content::Icao)]),
    repeated("250", &group("", &[raw("MBDATA", 56), raw("BDS1", 4), raw("BDS2", 4)])),
    raw("300", 8),
    group("090", &[raw("V", 1), raw("G", 1), both("FL", 14, 1.0 / 4.0)]),
    both("091", 16, 25.0 / 4.0),
    extended("270", &[up("LENGTH", 7, 1.0), up("ORIENTATION", 7, 360.0 / 128.0), up("WIDTH", 7, 1.0)]),
    group("550", &[raw("NOGO", 2), raw("OVL", 1), raw("TSV", 1), raw("DIV", 1), raw("TTF", 1),
        spare(2)]),
    group("310", &[raw("TRB", 1), raw("MSG", 7)]),
    group("500", &[up("DEVX", 8, 1.0 / 4.0), up("DEVY", 8, 1.0 / 4.0), both("COVXY", 16, 1.0 / 4.0)]),
    repeated("280", &group("", &[both("DRHO", 8, 1.0), both("DTHETA", 8, 3.0 / 20.0)])),
    raw("131", 8),
    group("210", &[both("AX", 8, 1.0 / 4.0), both("AY", 8, 1.0 / 4.0)]),
    absent(),
    explicit("SP"),
    explicit("RE"),
];
