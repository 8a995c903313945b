//! Area notices: 1/22 and 1/23 (IMO SN.1/Circ.289), 367/22 (US Coast Guard, geographic notice).
//!
//! From the published tables as remembered; another decoder has the same layouts, of 1/22 and 1/23 two.

use super::super::visit::Fields;
use super::layout::{
    Cursor, DAY, DURATION, HOUR, Item, LINKAGE, MINUTE, MONTH, lat24, lat27, lon25, lon28, number, skip,
};
use crate::bits::Bits;

/// What stands before the areas in 1/22 and 1/23.
pub const HEAD: &[Item] = &[LINKAGE, number("notice", 7), MONTH, DAY, HOUR, MINUTE, DURATION];

/// What stands before the areas in 367/22.
pub const HEAD_US: &[Item] =
    &[number("version", 6), LINKAGE, number("notice", 7), MONTH, DAY, HOUR, MINUTE, DURATION, skip(3)];

/// How an issuer lays out an area.
struct Areas {
    bits: usize,
    /// Position and precision.
    at: &'static [Item],
    distance_bits: usize,
    text_bits: usize,
}

const IMO: Areas =
    Areas { bits: 87, at: &[lon25(), lat24(), number("precision", 3)], distance_bits: 10, text_bits: 84 };
const US: Areas = Areas {
    bits: 96,
    at: &[lon28("lon"), lat27("lat"), number("precision", 3)],
    distance_bits: 11,
    text_bits: 90,
};

/// 1/22 and 1/23.
pub fn imo(data: Bits<'_>, out: &mut Fields<'_>) {
    notice(data, HEAD, &IMO, out);
}

/// 367/22.
pub fn us(data: Bits<'_>, out: &mut Fields<'_>) {
    notice(data, HEAD_US, &US, out);
}

fn notice(data: Bits<'_>, head: &[Item], areas: &Areas, out: &mut Fields<'_>) {
    let mut cursor = Cursor::new(data);
    cursor.tell(head, out);
    out.0.array("areas");
    // What is left behind the last whole area fills up a byte.
    for _ in 0..10 {
        if cursor.left() < areas.bits {
            break;
        }
        let mut part = cursor.part(areas.bits);
        out.0.object("");
        area(&mut part, areas, out);
        out.0.close();
    }
    out.0.close();
}

fn area(part: &mut Cursor<'_>, areas: &Areas, out: &mut Fields<'_>) {
    let shape = part.number(3);
    out.int("shape", shape);
    if shape == Some(5) {
        return part.text("text", areas.text_bits, out);
    }
    let scale = part.number(2).map_or(1, |power| 10_u32.pow(power));
    let metres = |part: &mut Cursor<'_>, key, width, out: &mut Fields<'_>| {
        out.int(key, part.number(width).map(|metres| metres * scale));
    };
    match shape {
        Some(0) => {
            part.tell(areas.at, out);
            metres(part, "radius_m", 12, out);
        }
        Some(1) => {
            part.tell(areas.at, out);
            metres(part, "east_m", 8, out);
            metres(part, "north_m", 8, out);
            part.tell(&[number("orientation", 9).below(360)], out);
        }
        Some(2) => {
            part.tell(areas.at, out);
            metres(part, "radius_m", 12, out);
            part.tell(&[number("left", 9).below(360), number("right", 9).below(360)], out);
        }
        // From the last point of the area before: lines 3, a polygon 4.
        Some(3 | 4) => {
            out.0.array("points");
            for _ in 0..4 {
                out.0.object("");
                part.tell(&[number("bearing", 10).below(720).times(0.5, 1)], out);
                metres(part, "distance_m", areas.distance_bits, out);
                out.0.close();
            }
            out.0.close();
        }
        _ => part.hex("data_hex", out),
    }
}
