//! Damages lines the way receivers, cables, loggers and strangers do, with some regard for how a sentence is built:
//! what only flips bits seldom gets past the checksum.

use crate::random::Random;

/// No line grows beyond this.
const MOST_BYTES: usize = 8192;

const NUMBERS: &[&str] = &[
    "",
    "0",
    "-1",
    "9",
    "10",
    "00000000",
    "255",
    "256",
    "65536",
    "-2147483649",
    "4294967296",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
    "1e308",
    "-0.0",
    "NaN",
    "inf",
    "0x1F",
    "+5",
    "1.797693134862315708145274237317e309",
    "3.14159265358979323846",
    "\u{661}\u{662}",
    " 7 ",
];

const TAGS: &[&str] = &[
    "\\s:rEG1,c:1764000000*",
    "\\g:1-2-77,s:r1*",
    "\\g:2-2-77*",
    "\\g:9-1-0*",
    "\\c:99999999999999999999*",
    "\\c:-1*",
    "\\",
    "\\\\",
    "\\s:*",
    "\\n:1,n:2,c:1*",
    "\\g:1-2-77,s:",
    "\\t:caf\u{e9}\u{4e2d}*",
    "\\*",
    "\\,,,:::*",
];

const ENDS: &[&[u8]] =
    &[b"", b"\r", b"\n\r", b"\0", b"\r\n\r\n", b"*", b"*0", b"*ZZ", b"*00", b" \t", b"\x1a", b","];

const UPPER: &[u8] = b"0123456789ABCDEF";
const LOWER: &[u8] = b"0123456789abcdef";

/// Makes bad lines of good ones: the same seed and the same lines give the same bytes.
#[derive(Clone, Debug)]
pub struct Mutator {
    random: Random,
    /// The line before, to be mixed with this one.
    before: Vec<u8>,
    work: Vec<u8>,
}

impl Mutator {
    /// With its own stream of chance.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Random::stream(seed, 0xfa17), before: Vec::new(), work: Vec::new() }
    }

    /// Replaces what `out` holds by a damaged `line`, ended by a line feed as a rule. In half of the cases the
    /// checksums are then made right. The result may hold several lines, or nothing.
    pub fn mutate(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let text = line.trim_ascii_end();
        out.clear();
        out.extend_from_slice(text);
        for _ in 0..=self.random.below(3) {
            self.once(out);
            out.truncate(MOST_BYTES);
        }
        if self.random.chance(0.5) {
            correct_checksums(out);
        }
        match self.random.below(20) {
            0 => out.push(b'\n'),
            1 => out.extend_from_slice(self.random.pick(ENDS)),
            _ => out.extend_from_slice(b"\r\n"),
        }
        self.before.clear();
        self.before.extend_from_slice(text);
    }

    fn once(&mut self, out: &mut Vec<u8>) {
        match self.random.below(16) {
            0 => self.flip_bits(out),
            1 => self.cut(out),
            2 => self.glue(out),
            3 => self.repeat(out),
            4 => self.insert_field(out),
            5 => self.remove_field(out),
            6 => self.swap_fields(out),
            7 | 8 => self.replace_field(out),
            9 => self.foreign_bytes(out),
            10 => self.tag_block(out),
            11 => self.payload(out),
            12 => self.length(out),
            13 => self.splice(out),
            14 => self.address(out),
            _ => {
                let end = self.random.pick(ENDS);
                let at = self.place(out);
                insert(out, at, end);
            }
        }
    }

    /// A place in the text, its end included.
    fn place(&mut self, out: &[u8]) -> usize {
        self.random.below(out.len() + 1)
    }

    fn flip_bits(&mut self, out: &mut [u8]) {
        for _ in 0..=self.random.below(4) {
            let at = self.random.below(out.len());
            if let Some(byte) = out.get_mut(at) {
                *byte ^= 1 << self.random.below(8);
            }
        }
    }

    fn cut(&mut self, out: &mut Vec<u8>) {
        let (a, b) = (self.place(out), self.place(out));
        match self.random.below(3) {
            0 => out.truncate(a),
            1 => drop(out.drain(..a)),
            _ => drop(out.drain(a.min(b)..a.max(b))),
        }
    }

    /// This line and the one before run together, as when a line end is lost.
    fn glue(&mut self, out: &mut Vec<u8>) {
        if self.random.chance(0.5) {
            out.extend_from_slice(&self.before);
        } else {
            insert(out, 0, &self.before);
        }
    }

    fn repeat(&mut self, out: &mut Vec<u8>) {
        let end: &[u8] = self.random.pick(&[b"\r\n".as_slice(), b"\n", b"", b"\r"]);
        for _ in 0..=self.random.below(3) {
            self.work.clear();
            self.work.extend_from_slice(out);
            out.extend_from_slice(end);
            out.extend_from_slice(&self.work);
        }
    }

    /// The bytes of one field, and how many there are.
    fn field(&mut self, out: &[u8]) -> std::ops::Range<usize> {
        let fields = out.split(|&byte| byte == b',').count();
        let wanted = self.random.below(fields);
        let mut start = 0;
        for (i, field) in out.split(|&byte| byte == b',').enumerate() {
            if i == wanted {
                return start..start + field.len();
            }
            start += field.len() + 1;
        }
        out.len()..out.len()
    }

    fn insert_field(&mut self, out: &mut Vec<u8>) {
        let field = self.field(out);
        for _ in 0..=self.random.below(6) {
            insert(out, field.start, b",");
            let number = self.random.pick(NUMBERS);
            insert(out, field.start, number.as_bytes());
        }
    }

    fn remove_field(&mut self, out: &mut Vec<u8>) {
        let field = self.field(out);
        let end = (field.end + usize::from(self.random.chance(0.7))).min(out.len());
        out.drain(field.start..end);
    }

    fn replace_field(&mut self, out: &mut Vec<u8>) {
        let field = self.field(out);
        let number = self.random.pick(NUMBERS);
        out.drain(field.clone());
        insert(out, field.start, number.as_bytes());
    }

    fn swap_fields(&mut self, out: &mut Vec<u8>) {
        let from = self.field(out);
        self.work.clear();
        self.work.extend_from_slice(out.get(from.clone()).unwrap_or_default());
        let to = self.field(out);
        let taken = out.get(to.clone()).unwrap_or_default().to_vec();
        // The later one first, so that the place of the earlier one still holds.
        if from.start < to.start {
            replace(out, to, &self.work);
            replace(out, from, &taken);
        } else if from.start > to.start {
            replace(out, from, &taken);
            replace(out, to, &self.work);
        }
    }

    fn foreign_bytes(&mut self, out: &mut Vec<u8>) {
        let foreign: [&[u8]; 7] = [
            "\u{6d59}\u{5cad}\u{6e14}".as_bytes(),
            b"\xff\xfe",
            b"\xe6\xb5",
            b"\0",
            b"\x80\x80",
            b"\x7f",
            b"\x1b[2J",
        ];
        for _ in 0..=self.random.below(3) {
            let at = self.place(out);
            let bytes = self.random.pick(&foreign);
            insert(out, at, bytes);
        }
    }

    fn tag_block(&mut self, out: &mut Vec<u8>) {
        let tag = self.random.pick(TAGS);
        // Anywhere now and then, for that is where a logger's block lands in a glued line.
        let at = if self.random.chance(0.8) { 0 } else { self.place(out) };
        if self.random.chance(0.7) {
            let sum = checksum(tag.trim_matches(['\\', '*']).as_bytes());
            let digits: &[u8] = if self.random.chance(0.5) { UPPER } else { LOWER };
            insert(out, at, b"\\");
            insert(out, at, &hex(sum, digits));
        }
        insert(out, at, tag.as_bytes());
    }

    /// Characters of the payload, sound and unsound: the longest field is taken for it.
    fn payload(&mut self, out: &mut [u8]) {
        let mut longest = 0..0;
        let mut start = 0;
        for field in out.split(|&byte| byte == b',') {
            if field.len() > longest.len() {
                longest = start..start + field.len();
            }
            start += field.len() + 1;
        }
        for _ in 0..=self.random.below(8) {
            let at = longest.start + self.random.below(longest.len());
            let byte = if self.random.chance(0.8) {
                // The alphabet of the armour, 0 to W and ` to w.
                let six = self.random.below(64) as u8;
                if six < 40 { b'0' + six } else { b'`' + (six - 40) }
            } else {
                self.random.word() as u8
            };
            if let Some(place) = out.get_mut(at) {
                *place = byte;
            }
        }
    }

    /// A part many times over: what was short becomes very long.
    fn length(&mut self, out: &mut Vec<u8>) {
        let (a, b) = (self.place(out), self.place(out));
        self.work.clear();
        self.work.extend_from_slice(out.get(a.min(b)..a.max(b)).unwrap_or_default());
        let at = a.max(b);
        let most = self.random.below(60);
        for _ in 0..=self.random.below(most + 1) {
            if out.len() < MOST_BYTES {
                insert(out, at, &self.work);
            }
        }
    }

    /// The beginning of this line with the end of the one before.
    fn splice(&mut self, out: &mut Vec<u8>) {
        let at = self.place(out);
        let from = self.random.below(self.before.len() + 1);
        out.truncate(at);
        out.extend_from_slice(self.before.get(from..).unwrap_or_default());
    }

    /// Another start, talker or formatter.
    fn address(&mut self, out: &mut Vec<u8>) {
        const STARTS: &[&[u8]] = &[
            b"$",
            b"!",
            b"$!",
            b"!!",
            b"",
            b"!AIVDO,",
            b"$AIVDM,",
            b"!BSVDM,",
            b"!XXVDM,",
            b"!AI",
            b"$PGHP,",
            b"$GPRMC,",
            b"$RATTM,",
            b"!AIVDMX,",
            b"!aivdm,",
            b"$AIABK,",
        ];
        let start = self.random.pick(STARTS);
        let comma = out.iter().position(|&byte| byte == b',').map_or(0, |at| at + 1);
        let end = if start.ends_with(b",") { comma } else { 1.min(out.len()) };
        replace(out, 0..end, start);
    }
}

fn insert(out: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    replace(out, at..at, bytes);
}

fn replace(out: &mut Vec<u8>, range: std::ops::Range<usize>, bytes: &[u8]) {
    let (start, end) = (range.start.min(out.len()), range.end.min(out.len()));
    out.splice(start..end.max(start), bytes.iter().copied());
}

fn checksum(text: &[u8]) -> u8 {
    text.iter().fold(0, |sum, byte| sum ^ byte)
}

fn hex(sum: u8, digits: &[u8]) -> [u8; 2] {
    [sum >> 4, sum & 15].map(|four| digits.get(usize::from(four)).copied().unwrap_or(b'0'))
}

/// Makes right the checksum of every sentence: from its `!` or `$` to the next `*`; one that has none gets one.
fn correct_checksums(out: &mut Vec<u8>) {
    let mut from = 0;
    while let Some(start) = find(out, from, |byte| byte == b'!' || byte == b'$').map(|at| at + 1) {
        let stop = find(out, start, |byte| matches!(byte, b'*' | b'\r' | b'\n')).unwrap_or(out.len());
        let sum = hex(checksum(out.get(start..stop).unwrap_or_default()), UPPER);
        if out.get(stop) == Some(&b'*') {
            let digits = out.get(stop + 1..).unwrap_or_default();
            let old = digits.iter().take(2).take_while(|byte| byte.is_ascii_hexdigit()).count();
            replace(out, stop + 1..stop + 1 + old, &sum);
        } else {
            insert(out, stop, &[b'*', sum[0], sum[1]]);
        }
        from = stop + 3;
    }
}

fn find(out: &[u8], from: usize, is: impl Fn(u8) -> bool) -> Option<usize> {
    out.get(from..)?.iter().position(|&byte| is(byte)).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\r\n";

    #[test]
    fn checksums_are_made_right() {
        let cases: [(&[u8], &[u8]); 4] = [
            (b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*00", LINE.trim_ascii_end()),
            (b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0", LINE.trim_ascii_end()),
            (b"$A*\r\n$B*7", b"$A*41\r\n$B*42"),
            (b"nothing", b"nothing"),
        ];
        for (text, expected) in cases {
            let mut out = text.to_vec();
            correct_checksums(&mut out);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn the_same_seed_damages_alike_and_most_lines_differ() {
        let (mut one, mut two) = (Mutator::new(7), Mutator::new(7));
        let (mut a, mut b) = (Vec::new(), Vec::new());
        let (mut changed, mut sound) = (0, 0);
        for _ in 0..20_000 {
            one.mutate(LINE, &mut a);
            two.mutate(LINE, &mut b);
            assert_eq!(a, b);
            assert!(a.len() <= 2 * MOST_BYTES, "{}", a.len());
            changed += usize::from(a != LINE);
            let mut corrected = a.clone();
            correct_checksums(&mut corrected);
            sound += usize::from(corrected == a);
        }
        assert!(changed > 19_000, "{changed}");
        assert!((9_000..15_000).contains(&sound), "{sound}");
    }
}
