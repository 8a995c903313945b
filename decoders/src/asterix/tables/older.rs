//! Older editions: what they have otherwise than the newest of their category.
//!
//! Where an edition only adds codes to a field its table is that of the edition before. Flight levels (I048/090)
//! are two's complement in every edition: the table of 1.31 and before says otherwise, the radars do not.

use super::super::table::{Content, element};
use super::super::table::{Node, compound, cut, extended, group, parts, raw, repeated, spare, swapped, up};
use super::{cat048, cat062, cat063};

const I048_020: &[Node] = parts(cat048::UAP, "020");

/// CAT048 1.31: four extents of the descriptor fewer.
pub const CAT048_31: &[Node] =
    &swapped::<28>(cat048::UAP, "020", extended("020", &cut::<15>(I048_020, spare(1))));
/// CAT048 1.30 and before, as far back as 1.27: two extents.
pub const CAT048_30: &[Node] =
    &swapped::<28>(cat048::UAP, "020", extended("020", &cut::<11>(I048_020, raw("FOEFRI", 2))));

const I062_080: &[Node] = parts(cat062::UAP, "080");
const I062_340: &[Node] = parts(cat062::UAP, "340");
const I062_380: &[Node] = parts(cat062::UAP, "380");

/// CAT062 1.20: no Mode 5 interrogation in the status.
pub const CAT062_20: &[Node] =
    &swapped::<35>(cat062::UAP, "080", extended("080", &cut::<35>(I062_080, raw("MLAT", 1))));
/// CAT062 1.19: no multilateration either, and another name for what the registers hold.
pub const CAT062_19: &[Node] = &swapped::<35>(
    &swapped::<35>(cat062::UAP, "080", extended("080", &cut::<35>(I062_080, spare(1)))),
    "380",
    compound("380", &swapped::<28>(I062_380, "BDSDATA", repeated("MB", &raw("", 64)))),
);
/// CAT062 1.18: a measured height is never negative.
pub const CAT062_18: &[Node] = &swapped::<35>(
    CAT062_19,
    "340",
    compound("340", &swapped::<6>(I062_340, "HEIGHT", up("HEIGHT", 16, 25.0))),
);
/// CAT062 1.17: nothing of surface and inhibition in the status.
pub const CAT062_17: &[Node] =
    &swapped::<35>(CAT062_18, "080", extended("080", &cut::<32>(I062_080, spare(4))));
/// CAT062 1.16: a Mode 3/A code is neither validated nor garbled.
pub const CAT062_16: &[Node] = &swapped::<35>(
    CAT062_17,
    "060",
    group("060", &[spare(2), raw("CH", 1), spare(1), element("MODE3A", 12, Content::Octal)]),
);

/// CAT063 1.6: one extent of the status fewer.
pub const CAT063_6: &[Node] =
    &swapped::<14>(cat063::UAP, "060", extended("060", &cut::<13>(parts(cat063::UAP, "060"), spare(1))));
