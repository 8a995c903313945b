//! ITU-T G.711: eight bits that stand for fourteen.

/// µ-law (table 2a), as 16 bits.
#[must_use]
pub const fn from_mu_law(byte: u8) -> i16 {
    const BIAS: i16 = 0x84;
    let it = !byte;
    let exponent = (it >> 4) & 7;
    let size = ((((it & 0x0f) as i16) << 3) + BIAS) << exponent;
    if it & 0x80 == 0 { size - BIAS } else { BIAS - size }
}

/// A-law (table 1a), as 16 bits.
#[must_use]
pub const fn from_a_law(byte: u8) -> i16 {
    let it = byte ^ 0x55;
    let exponent = (it >> 4) & 7;
    let step = (((it & 0x0f) as i16) << 4) + 8;
    let size = if exponent == 0 { step } else { (step + 0x100) << (exponent - 1) };
    if it & 0x80 == 0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decision values and their octets as the recommendation's tables have them, in units of 16 bits.
    #[test]
    fn as_the_tables_have_it() {
        for (byte, value) in
            [(0x80, 32_124), (0x8f, 16_764), (0x9f, 8316), (0xfe, 8), (0xff, 0), (0x7f, 0), (0x00, -32_124)]
        {
            assert_eq!(from_mu_law(byte), value, "{byte:#x}");
        }
        for (byte, value) in
            [(0xaa, 32_256), (0xd5, 8), (0x55, -8), (0x2a, -32_256), (0xa5, 16_896), (0xc5, 264)]
        {
            assert_eq!(from_a_law(byte), value, "{byte:#x}");
        }
        // Symmetric, and nothing stands for two octets but the two zeros of µ-law.
        for byte in 0..=127_u8 {
            assert_eq!(from_mu_law(byte), -from_mu_law(byte | 0x80));
            assert_eq!(from_a_law(byte), -from_a_law(byte | 0x80));
        }
        let distinct =
            |expand: fn(u8) -> i16| (0..=255).map(expand).collect::<std::collections::BTreeSet<_>>().len();
        assert_eq!((distinct(from_mu_law), distinct(from_a_law)), (255, 256));
    }
}
