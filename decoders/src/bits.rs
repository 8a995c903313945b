//! A payload as a row of bits, most significant first, and the fields laid out on it.

/// A field: where it begins and how many bits it takes. Made by chaining, so that no offset is ever typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    offset: usize,
    width: usize,
}

impl Field {
    /// The field that begins at the first bit.
    #[must_use]
    pub const fn first(width: usize) -> Self {
        Self { offset: 0, width }
    }

    /// A field anywhere: for loops over bits, not for layouts.
    #[must_use]
    pub(crate) const fn at(offset: usize, width: usize) -> Self {
        Self { offset, width }
    }

    /// The field right after this one.
    #[must_use]
    pub const fn then(self, width: usize) -> Self {
        Self { offset: self.end(), width }
    }

    /// This field of a structure that itself begins where `outer` does.
    #[must_use]
    pub const fn within(self, outer: Self) -> Self {
        Self { offset: outer.offset + self.offset, width: self.width }
    }

    /// The first bit of this field.
    #[must_use]
    pub const fn start(self) -> usize {
        self.offset
    }

    /// The first bit after this field.
    #[must_use]
    pub const fn end(self) -> usize {
        self.offset + self.width
    }
}

/// Bits to read from. Reading past the end gives `None`, never zeros.
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    len: usize,
}

impl PartialEq for Bits<'_> {
    /// Equal where they are equally long and every bit is the same; what lies behind the end does not count.
    fn eq(&self, other: &Self) -> bool {
        let step = |from: usize| Field { offset: from, width: (self.len - from).min(32) };
        self.len == other.len
            && (0..self.len).step_by(32).all(|from| self.u32(step(from)) == other.u32(step(from)))
    }
}

impl Eq for Bits<'_> {}

impl<'a> Bits<'a> {
    /// The first `len` bits of `bytes`; all of them where `len` asks for more. Bytes behind the end are never
    /// seen, but eight of them make reading faster.
    #[must_use]
    pub const fn new(bytes: &'a [u8], len: usize) -> Self {
        let most = bytes.len() * 8;
        Self { bytes, len: if len < most { len } else { most } }
    }

    /// As [`Bits::new`], of what is known to be there.
    #[inline]
    pub(crate) const fn of(bytes: &'a [u8], len: usize) -> Self {
        debug_assert!(len <= bytes.len() * 8);
        Self { bytes, len }
    }

    /// The same bits, where there are `len` of them and room behind them, in a form that tells the compiler so: then
    /// reading them needs no checks.
    #[inline(always)]
    pub(crate) fn exactly(self, len: usize) -> Option<Self> {
        self.first(len).filter(|_| self.len == len)
    }

    /// The first `len` bits, likewise.
    #[inline(always)]
    pub(crate) fn first(self, len: usize) -> Option<Self> {
        let bytes = self.bytes.first_chunk::<64>().filter(|_| self.len >= len)?;
        Some(Self { bytes, len })
    }

    /// How many bits there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The bytes that hold the bits; in the last one, what lies behind the end is undefined.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        self.bytes.get(..self.len.div_ceil(8)).unwrap_or_default()
    }

    /// The 56 bits or more from `offset` on, at the top of a word.
    #[inline(always)]
    fn word(self, offset: usize) -> u64 {
        self.eight(offset / 8) << (offset % 8)
    }

    /// The 32 bits or more from `offset` on, at the top of a word. Neighbours come out of one and the same eight bytes.
    #[inline(always)]
    fn near_word(self, offset: usize) -> u64 {
        self.eight(offset / 32 * 4) << (offset % 32)
    }

    /// Eight bytes, the first highest, and zeros for those that are not there.
    #[inline(always)]
    fn eight(self, from: usize) -> u64 {
        let rest = self.bytes.get(from..).unwrap_or_default();
        match rest.first_chunk() {
            Some(eight) => u64::from_be_bytes(*eight),
            None => rest
                .iter()
                .zip(0..)
                .fold(0, |word, (byte, place)| word | u64::from(*byte) << (56 - 8 * place)),
        }
    }

    /// An unsigned field of up to 32 bits; `None` where it is not wholly there.
    #[inline]
    #[must_use]
    pub fn u32(self, field: Field) -> Option<u32> {
        debug_assert!(field.width >= 1 && field.width <= 32);
        (field.end() <= self.len).then(|| (self.near_word(field.offset) >> (64 - field.width)) as u32)
    }

    /// As [`Bits::u32`], of up to 16 bits.
    #[inline]
    #[must_use]
    pub fn u16(self, field: Field) -> Option<u16> {
        debug_assert!(field.width <= 16);
        self.u32(field).map(|value| value as u16)
    }

    /// As [`Bits::u32`], of up to 8 bits.
    #[inline]
    #[must_use]
    pub fn u8(self, field: Field) -> Option<u8> {
        debug_assert!(field.width <= 8);
        self.u32(field).map(|value| value as u8)
    }

    /// A signed field, two's complement, of up to 32 bits; `None` where it is not wholly there.
    #[inline]
    #[must_use]
    pub fn i32(self, field: Field) -> Option<i32> {
        debug_assert!(field.width >= 1 && field.width <= 32);
        (field.end() <= self.len).then(|| (self.near_word(field.offset) as i64 >> (64 - field.width)) as i32)
    }

    /// As [`Bits::i32`], of up to 8 bits.
    #[inline]
    #[must_use]
    pub fn i8(self, field: Field) -> Option<i8> {
        debug_assert!(field.width <= 8);
        self.i32(field).map(|value| value as i8)
    }

    /// A field of one bit; `None` where it is not there.
    #[inline]
    #[must_use]
    pub fn flag(self, field: Field) -> Option<bool> {
        debug_assert!(field.width == 1);
        self.u32(field).map(|value| value != 0)
    }

    /// The 48 bits from `offset` on, six in each byte; whatever lies behind the end.
    #[inline]
    pub(crate) fn eight_sixes(self, offset: usize) -> [u8; 8] {
        let v = self.word(offset) >> 16;
        let v = (v >> 24) << 32 | v & 0x00ff_ffff;
        let v = (v & 0x00ff_f000_00ff_f000) << 4 | v & 0x0000_0fff_0000_0fff;
        let v = (v & 0x0fc0_0fc0_0fc0_0fc0) << 2 | v & 0x003f_003f_003f_003f;
        v.to_be_bytes()
    }

    /// What a field covers, six bits at a time; ends where fewer than six bits are left.
    pub fn sixes(self, field: Field) -> impl Iterator<Item = u8> + use<'a> {
        let end = field.end().min(self.len);
        (field.offset..end)
            .step_by(6)
            .map_while(move |offset| (offset + 6 <= end).then(|| (self.word(offset) >> 58) as u8))
    }
}

/// Bits being written. Reuse one: [`BitWriter::clear`] keeps its memory.
#[derive(Clone, Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    len: usize,
}

impl BitWriter {
    /// An empty row.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), len: 0 }
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.len = 0;
    }

    /// What has been written.
    #[must_use]
    pub fn bits(&self) -> Bits<'_> {
        Bits::new(&self.bytes, self.len)
    }

    /// Writes the low bits of a value into a field, which must begin where the row ends: a message that lacks a
    /// field (`None`) ends before it.
    pub fn put(&mut self, field: Field, value: Option<impl Into<i64>>) {
        if let Some(value) = value
            && field.offset == self.len
        {
            self.push(value.into(), field.width);
        }
    }

    /// Writes ASCII text as six-bit characters into a field, which must begin where the row ends.
    pub fn put_text(&mut self, field: Field, text: &[u8]) {
        if field.offset == self.len {
            for c in text.iter().take(field.width / 6) {
                self.push(i64::from(c & 63), 6);
            }
        }
    }

    /// Writes the low `width` (0 to 64) bits of a value at the end.
    pub fn push(&mut self, value: i64, width: usize) {
        for place in (0..width.min(64)).rev() {
            if self.len.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if value >> place & 1 != 0
                && let Some(last) = self.bytes.last_mut()
            {
                *last |= 0x80 >> (self.len % 8);
            }
            self.len += 1;
        }
    }

    /// Zeros up to a whole byte.
    pub fn pad_to_byte(&mut self) {
        self.len = self.bytes.len() * 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_where_it_was_written_and_never_past_the_end() {
        const A: Field = Field::first(3);
        const B: Field = A.then(32);
        const C: Field = B.then(12);
        const D: Field = C.then(1);
        let mut out = BitWriter::new();
        out.put(A, Some(5_u8));
        out.put(C, Some(1_u8)); // Not where the row ends: refused.
        out.put(B, Some(-2_i32));
        out.put(C, Some(2748_u16));
        let bits = out.bits();
        assert_eq!((bits.len(), D.end()), (47, 48));
        assert_eq!((bits.u8(A), bits.i8(A)), (Some(5), Some(-3)));
        assert_eq!((bits.u32(B), bits.i32(B)), (Some(u32::MAX - 1), Some(-2)));
        assert_eq!((bits.u16(C), bits.flag(D)), (Some(2748), None));
        assert_eq!(bits.sixes(C.then(60)).count(), 0);
        assert_eq!(bits.sixes(C).collect::<Vec<_>>(), [42, 60]);
        let padded = [bits.bytes(), &[0xff; 9]].concat();
        assert_eq!(Bits::new(&padded, 47), bits);
        assert_eq!(Bits::new(&padded, 47).u32(B), bits.u32(B));
        assert_ne!(Bits::new(&padded, 46), bits);
    }
}
