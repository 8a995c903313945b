//! CAT034, Transmission of Monoradar Service Messages, edition 1.29 (2021-03-15): the table.

use super::super::table::{Node, absent, both, compound, explicit, group, raw, repeated, spare, up};

const P16: f64 = (1_u64 << 16) as f64;
const P23: f64 = (1_u64 << 23) as f64;

/// The items in the order of their FRNs.
#[rustfmt::skip]
pub const UAP: &[Node] = &[
    group("010", &[raw("SAC", 8), raw("SIC", 8)]),
    raw("000", 8),
    up("030", 24, 1.0 / 128.0),
    up("020", 8, 360.0 / 256.0),
    up("041", 16, 1.0 / 128.0),
    compound("050", &[group("COM", &[raw("NOGO", 1), raw("RDPC", 1), raw("RDPR", 1), raw("OVLRDP", 1),
        raw("OVLXMT", 1), raw("MSC", 1), raw("TSV", 1), spare(1)]), absent(), absent(),
        group("PSR", &[raw("ANT", 1), raw("CHAB", 2), raw("OVL", 1), raw("MSC", 1), spare(3)]),
        group("SSR", &[raw("ANT", 1), raw("CHAB", 2), raw("OVL", 1), raw("MSC", 1), spare(3)]),
        group("MDS", &[raw("ANT", 1), raw("CHAB", 2), raw("OVLSUR", 1), raw("MSC", 1), raw("SCF", 1),
        raw("DLF", 1), raw("OVLSCF", 1), raw("OVLDLF", 1), spare(7)])]),
    compound("060", &[group("COM", &[spare(1), raw("REDRDP", 3), raw("REDXMT", 3), spare(1)]), absent(),
        absent(), group("PSR", &[raw("POL", 1), raw("REDRAD", 3), raw("STC", 2), spare(2)]),
        group("SSR", &[raw("REDRAD", 3), spare(5)]), group("MDS", &[raw("REDRAD", 3), raw("CLU", 1),
        spare(4)])]),
    repeated("070", &group("", &[raw("TYP", 5), raw("COUNT", 11)])),
    group("100", &[up("RHOST", 16, 1.0 / 256.0), up("RHOEND", 16, 1.0 / 256.0),
        up("THETAST", 16, 360.0 / P16), up("THETAEND", 16, 360.0 / P16)]),
    raw("110", 8),
    group("120", &[both("HGT", 16, 1.0), both("LAT", 24, 180.0 / P23), both("LON", 24, 180.0 / P23)]),
    group("090", &[both("RNG", 8, 1.0 / 128.0), both("AZM", 8, 360.0 / 16384.0)]),
    explicit("RE"),
    explicit("SP"),
];
