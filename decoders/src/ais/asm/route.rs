//! Routes and texts: 1/27 and 1/28, 1/29 and 1/30 (IMO SN.1/Circ.289), 265/1 (Swedish Maritime Administration, STM
//! route exchange).
//!
//! The first four from the published tables as remembered; two other decoders have the same layouts. 265/1 as the one
//! decoder that knows it has it: the unit of a leg's steps is not sure, so they are raw.

use super::super::visit::Fields;
use super::layout::{
    Cursor, DAY, DURATION, HOUR, Item, LINKAGE, MINUTE, MONTH, each, lat27, lon28, number, rest,
};
use crate::bits::Bits;

/// 1/27 and 1/28.
pub const ROUTE: &[Item] = &[
    LINKAGE,
    number("sender", 3),
    number("route_type", 5),
    MONTH,
    DAY,
    HOUR,
    MINUTE,
    DURATION,
    number("waypoint_count", 5),
    each("waypoints", 16, &[lon28("lon"), lat27("lat")]),
];

/// 1/29 and 1/30: a text about whatever has the same linkage.
pub const TEXT: &[Item] = &[LINKAGE, rest("text")];

const FIRST: &[Item] = &[number("first_type", 1), lon28("first_lon"), lat27("first_lat")];

const LEG: &[Item] = &[
    number("geometry", 1),
    number("sog_kn", 10).times(0.1, 1),
    number("turn_radius_nm", 9).not(0).times(0.01, 2),
    super::layout::signed("lon_step", 22),
    super::layout::signed("lat_step", 22),
];

const LAST: &[Item] = &[
    number("last_geometry", 1),
    number("last_sog_kn", 10).times(0.1, 1),
    lon28("last_lon"),
    lat27("last_lat"),
    number("steering_mode", 2),
];

const LEG_BITS: usize = 64;
/// First waypoint, last leg, steering mode and spare.
const STM_BITS: usize = 56 + 66 + 6;

/// Whether some data is as long as a route of 265/1 is.
pub fn is_stm(bits: usize) -> bool {
    bits.checked_sub(STM_BITS).is_some_and(|legs| legs.is_multiple_of(LEG_BITS) && legs / LEG_BITS <= 6)
}

/// 265/1.
pub fn stm(data: Bits<'_>, out: &mut Fields<'_>) {
    let mut cursor = Cursor::new(data);
    cursor.tell(FIRST, out);
    out.0.array("legs");
    while cursor.left() >= LEG_BITS + 66 + 6 {
        out.0.object("");
        cursor.part(LEG_BITS).tell(LEG, out);
        out.0.close();
    }
    out.0.close();
    cursor.tell(LAST, out);
}
