//! International function messages (ITU-R M.1371, Annex 5): text, interrogations, capability, persons on board.
//!
//! Layouts as the oracle's reference decoder has them; 1/4 (capability reply) from M.1371-4 as remembered, and as
//! another decoder has it.

use super::super::visit::Fields;
use super::layout::{Cursor, Item, flag, number, rest};
use crate::bits::Bits;

/// 1/0: text.
pub const TEXT: &[Item] = &[flag("ack_required"), number("text_seq", 11), rest("text")];

/// 1/2: asks for one application's message.
pub const INTERROGATION: &[Item] = &[number("requested_dac", 10), number("requested_fi", 6)];

/// 1/3: asks which applications of an area are known.
pub const CAPABILITY_INTERROGATION: &[Item] = &[number("requested_dac", 10)];

/// 1/16 and 1/40: persons on board.
pub const PERSONS: &[Item] = &[number("persons", 13).not(0)];

/// Bits of a capability reply: an area code, then a pair of bits per function.
pub const CAPABILITY_BITS: usize = 10 + 2 * 64;

/// 1/4: which functions of an area are known: one bit of each pair says so, the other is reserved.
pub fn capability(data: Bits<'_>, out: &mut Fields<'_>) {
    let mut cursor = Cursor::new(data);
    out.int("dac", cursor.number(10));
    out.0.array("available_fi");
    for fi in 0..64 {
        if cursor.number(1) == Some(1) {
            out.0.int("", fi);
        }
        cursor.skip(1);
    }
    out.0.close();
}
