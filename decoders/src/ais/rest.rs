//! What a message holds behind its own fields: an application's data, text, bits too many.

use crate::bits::{BitWriter, Bits, Field};

/// `len` bits from one that begins a byte; fewer where the payload ends before.
pub(super) fn slice(payload: Bits<'_>, from: usize, len: usize) -> Bits<'_> {
    debug_assert!(from.is_multiple_of(8));
    let len = len.min(payload.len().saturating_sub(from));
    Bits::new(payload.bytes().get(from / 8..).unwrap_or_default(), len)
}

/// Everything from one that begins a byte.
pub(super) fn behind(payload: Bits<'_>, field: Field) -> Bits<'_> {
    slice(payload, field.end(), usize::MAX)
}

/// Writes bits `from` to `to` of a payload behind what `out` holds.
pub(super) fn copy(payload: Bits<'_>, from: usize, to: usize, out: &mut BitWriter) {
    for at in (from..to.min(payload.len())).step_by(32) {
        let width = (to.min(payload.len()) - at).min(32);
        if let Some(word) = payload.u32(Field::at(at, width)) {
            out.push(word.into(), width);
        }
    }
}
