//! CAT020, Multilateration Target Reports, edition 1.11 (2025-07-02): the table.

use super::super::table::{
    Content, Node, both, chained, compound, element, explicit, extended, group, raw, repeated, spare, up,
};

const P25: f64 = (1_u64 << 25) as f64;

/// The items in the order of their FRNs.
#[rustfmt::skip]
pub const UAP: &[Node] = &[
    group("010", &[raw("SAC", 8), raw("SIC", 8)]),
    extended("020", &[raw("SSR", 1), raw("MS", 1), raw("HF", 1), raw("VDL4", 1), raw("UAT", 1),
        raw("DME", 1), raw("OT", 1), raw("RAB", 1), raw("SPI", 1), raw("CHN", 1), raw("GBS", 1),
        raw("CRT", 1), raw("SIM", 1), raw("TST", 1), raw("CF", 2), spare(5)]),
    up("140", 24, 1.0 / 128.0),
    group("041", &[both("LAT", 32, 180.0 / P25), both("LON", 32, 180.0 / P25)]),
    group("042", &[both("X", 24, 1.0 / 2.0), both("Y", 24, 1.0 / 2.0)]),
    group("161", &[spare(4), raw("TRN", 12)]),
    extended("170", &[raw("CNF", 1), raw("TRE", 1), raw("CST", 1), raw("CDM", 2), raw("MAH", 1),
        raw("STH", 1), raw("GHO", 1), spare(6)]),
    group("070", &[raw("V", 1), raw("G", 1), raw("L", 1), spare(1),
        element("MODE3A", 12, Content::Octal)]),
    group("202", &[both("VX", 16, 1.0 / 4.0), both("VY", 16, 1.0 / 4.0)]),
    group("090", &[raw("V", 1), raw("G", 1), both("FL", 14, 1.0 / 4.0)]),
    group("100", &[raw("V", 1), raw("G", 1), spare(2), raw("MODEC", 12), spare(4), raw("QC1", 1),
        raw("QA1", 1), raw("QC2", 1), raw("QA2", 1), raw("QC4", 1), raw("QA4", 1), raw("QB1", 1),
        raw("QD1", 1), raw("QB2", 1), raw("QD2", 1), raw("QB4", 1), raw("QD4", 1)]),
    raw("220", 24),
    group("245", &[raw("STI", 2), spare(6), element("CHR", 48, Content::Icao)]),
    both("110", 16, 25.0 / 4.0),
    both("105", 16, 25.0 / 4.0),
    group("210", &[both("AX", 8, 1.0 / 4.0), both("AY", 8, 1.0 / 4.0)]),
    raw("300", 8),
    group("310", &[raw("TRB", 1), raw("MSG", 7)]),
    compound("500", &[group("DOP", &[up("X", 16, 1.0 / 4.0), up("Y", 16, 1.0 / 4.0),
        up("XY", 16, 1.0 / 4.0)]), group("SDP", &[up("X", 16, 1.0 / 4.0), up("Y", 16, 1.0 / 4.0),
        up("XY", 16, 1.0 / 4.0)]), up("SDH", 16, 1.0 / 2.0)]),
    repeated("400", &group("", &[raw("BIT1", 1), raw("BIT2", 1), raw("BIT3", 1), raw("BIT4", 1),
        raw("BIT5", 1), raw("BIT6", 1), raw("BIT7", 1), raw("BIT8", 1)])),
    repeated("250", &group("", &[raw("BDSDATA", 56), raw("BDS1", 4), raw("BDS2", 4)])),
    group("230", &[raw("COM", 3), raw("STAT", 3), raw("CASEVN", 2), raw("MSSC", 1), raw("ARC", 1),
        raw("AIC", 1), raw("B1A", 1), raw("B1B", 4)]),
    raw("260", 56),
    chained("030", &raw("", 7)),
    group("055", &[raw("V", 1), raw("G", 1), raw("L", 1), raw("MODE1", 5)]),
    group("050", &[raw("V", 1), raw("G", 1), raw("L", 1), spare(1),
        element("MODE2", 12, Content::Octal)]),
    explicit("RE"),
    explicit("SP"),
];
