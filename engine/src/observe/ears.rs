//! One transmission, many ears: what several stations heard is told once, with all who heard it.
//!
//! A transmission is known by its bits. The repeat indicator is left out of them: what a repeater sends again is no
//! new transmission.

use decoders::bits::Bits;
use fusion::SourceId;
use std::collections::BTreeMap;
use units::{Label, UtcTime};

/// The same bits this much later, or earlier, are another transmission.
const WINDOW_NS: u64 = 5_000_000_000;

/// Where transmissions are kept: a bucket by their hash, and in it the places; the oldest makes room. Room for six
/// thousand transmissions a second before a bucket is likely to run over.
const BUCKETS: usize = 4096;
const PLACES: usize = 8;

/// So much of a payload is compared bit by bit; the messages that make observations have 424 bits at most.
const COMPARED_BYTES: usize = 56;

/// The most stations listed for one transmission.
const MOST_LISTED: usize = 16;

/// The most names of stations that are kept apart; of a new one beyond, only its source counts.
const MOST_STATIONS: usize = 4096;

/// Who hears: a source, and where it says so, the station behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ear {
    /// The source.
    pub source: SourceId,
    /// The `s:` of its TAG block.
    pub station: Option<Label>,
}

/// What hearing a payload means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// Nobody has told of it yet.
    First,
    /// It was told of before.
    Again {
        /// Whether this source is one that had not told of it.
        new_source: bool,
    },
}

/// The transmissions of the last seconds, and who heard each. Bounded; allocates only for a station never heard before.
#[derive(Debug)]
pub struct Ears {
    buckets: Box<[Bucket]>,
    numbers: BTreeMap<Ear, u16>,
    known: Vec<Ear>,
}

#[derive(Clone, Debug)]
struct Bucket {
    hashes: [u64; PLACES],
    places: [Heard; PLACES],
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    first: UtcTime,
    bits: u16,
    head: [u8; COMPARED_BYTES],
    listed: u8,
    /// Numbers of ears, in the order in which they were heard.
    ears: [u16; MOST_LISTED],
}

impl Default for Ears {
    fn default() -> Self {
        let never = Heard {
            first: UtcTime::from_unix_ns(i64::MIN),
            bits: 0,
            head: [0; COMPARED_BYTES],
            listed: 0,
            ears: [0; MOST_LISTED],
        };
        let bucket = Bucket { hashes: [0; PLACES], places: [never; PLACES] };
        Self { buckets: vec![bucket; BUCKETS].into(), numbers: BTreeMap::new(), known: Vec::new() }
    }
}

impl Ears {
    /// Notes that a payload was heard at a time.
    pub fn hear(&mut self, payload: Bits<'_>, ear: Ear, at: UtcTime) -> Hearing {
        let number = self.number(ear);
        let (hash, head, bits) = known_by(payload);
        let Some(bucket) = self.buckets.get_mut(hash as usize % BUCKETS) else { return Hearing::First };
        let same = bucket.hashes.iter().zip(&mut bucket.places).find(|(known, heard)| {
            **known == hash && heard.bits == bits && heard.head == head && heard.is_near(at)
        });
        if let Some((_, heard)) = same {
            let known = &self.known;
            let source_of = |number: &u16| known.get(usize::from(*number)).map(|ear| ear.source);
            let new_source = !heard.listed().iter().any(|number| source_of(number) == Some(ear.source));
            heard.list(number);
            return Hearing::Again { new_source };
        }
        let oldest = bucket.hashes.iter_mut().zip(&mut bucket.places).min_by_key(|(_, heard)| heard.first);
        if let Some((known, heard)) = oldest {
            *known = hash;
            *heard = Heard { first: at, bits, head, listed: 0, ears: [0; MOST_LISTED] };
            heard.list(number);
        }
        Hearing::First
    }

    /// Who has heard a payload, as known at a time: in the order in which it came from them, 16 at most.
    pub fn of(&self, payload: Bits<'_>, at: UtcTime) -> impl Iterator<Item = Ear> {
        let (hash, head, bits) = known_by(payload);
        let bucket = self.buckets.get(hash as usize % BUCKETS).into_iter();
        bucket
            .flat_map(|bucket| bucket.hashes.iter().zip(&bucket.places))
            .filter(move |(known, heard)| {
                **known == hash && heard.bits == bits && heard.head == head && heard.is_near(at)
            })
            .flat_map(|(_, heard)| heard.listed())
            .filter_map(|number| self.known.get(usize::from(*number)).copied())
    }

    fn number(&mut self, ear: Ear) -> u16 {
        if let Some(number) = self.numbers.get(&ear) {
            return *number;
        }
        let full = self.known.len() >= MOST_STATIONS && ear.station.is_some();
        if full {
            return self.number(Ear { station: None, ..ear });
        }
        // Sources are few, so there is always room for them.
        let number = u16::try_from(self.known.len()).unwrap_or(u16::MAX);
        self.known.push(ear);
        self.numbers.insert(ear, number);
        number
    }
}

impl Heard {
    fn is_near(&self, at: UtcTime) -> bool {
        self.first.unix_ns().abs_diff(at.unix_ns()) <= WINDOW_NS
    }

    fn listed(&self) -> &[u16] {
        self.ears.get(..usize::from(self.listed)).unwrap_or_default()
    }

    fn list(&mut self, number: u16) {
        if self.listed().contains(&number) {
            return;
        }
        if let Some(place) = self.ears.get_mut(usize::from(self.listed)) {
            *place = number;
            self.listed += 1;
        }
    }
}

/// A hash of a payload, its beginning and its length, all without the repeat indicator.
fn known_by(payload: Bits<'_>) -> (u64, [u8; COMPARED_BYTES], u16) {
    let (bytes, len) = (payload.bytes(), payload.len());
    let mut head = [0; COMPARED_BYTES];
    let (own, behind) = bytes.split_at(bytes.len().min(COMPARED_BYTES));
    head.iter_mut().zip(own).for_each(|(place, byte)| *place = *byte);
    // Type in the upper six bits, repeat indicator in the lower two.
    head[0] &= 0xfc;
    let spare = len.div_ceil(8) * 8 - len;
    let keep = 0xff_u8 << spare;
    if let Some(last) = head.get_mut(bytes.len().saturating_sub(1)) {
        *last &= keep;
    }
    let (words, _) = head.as_chunks::<8>();
    let mut hash = words.iter().fold(len as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    for (place, byte) in behind.iter().enumerate() {
        let byte = if place + 1 == behind.len() { byte & keep } else { *byte };
        hash = mix(hash, u64::from(byte));
    }
    (hash ^ hash >> 32, head, u16::try_from(len).unwrap_or(u16::MAX))
}

const fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ear(source: u16, station: &str) -> Ear {
        Ear { source: SourceId(source), station: Label::new(station.as_bytes()) }
    }

    fn at(s: f64) -> UtcTime {
        UtcTime::from_unix_s(1_700_000_000).plus_s(s)
    }

    #[test]
    fn the_same_bits_within_five_seconds_are_one_transmission() {
        const FIRST: Hearing = Hearing::First;
        const SAME: Hearing = Hearing::Again { new_source: false };
        const OTHER: Hearing = Hearing::Again { new_source: true };
        let a = [0b0000_0100, 0xaa, 0x55, 0x01, 0x02, 0x03];
        let repeated = [a[0] | 2, a[1], a[2], a[3], a[4], a[5]];
        let b = [0b0000_0100, 0xaa, 0x55, 0x01, 0x02, 0x83];
        let mut long = [7; 80];
        let long_a = long;
        long[79] = 8;
        // Payload, bits, source, time, what it is.
        let cases: [(&[u8], usize, u16, f64, Hearing); 14] = [
            (&a, 48, 0, 0.0, FIRST),
            (&a, 48, 1, 1.0, OTHER),
            (&a, 48, 1, 1.5, SAME),
            (&repeated, 48, 2, 2.0, OTHER),
            (&b, 48, 0, 2.0, FIRST),
            // Without the last bits the two are the same, but not the same as either.
            (&a, 40, 0, 2.0, FIRST),
            (&b, 40, 1, 2.0, OTHER),
            (&a, 48, 3, -4.0, OTHER),
            (&a, 48, 0, 5.0, SAME),
            (&a, 48, 0, 5.1, FIRST),
            (&a, 48, 1, 10.0, OTHER),
            (&long_a, 640, 0, 0.0, FIRST),
            (&long, 640, 1, 0.0, FIRST),
            (&long, 635, 1, 0.0, FIRST),
        ];
        let mut ears = Ears::default();
        for (n, (bytes, len, source, s, expected)) in cases.into_iter().enumerate() {
            assert_eq!(ears.hear(Bits::new(bytes, len), ear(source, ""), at(s)), expected, "{n}");
        }
    }

    #[test]
    fn who_heard_it_is_listed_in_order() {
        let payload = Bits::new(&[1, 2, 3, 4, 5], 40);
        let mut ears = Ears::default();
        let heard = [ear(3, "north"), ear(1, ""), ear(3, "south"), ear(3, "north"), ear(1, "")];
        for (n, ear) in heard.into_iter().enumerate() {
            ears.hear(payload, ear, at(n as f64));
        }
        assert_eq!(ears.of(payload, at(4.0)).collect::<Vec<_>>(), heard[..3]);
        assert_eq!(ears.of(payload, at(9.0)).count(), 0);
        // No more than are kept, of transmissions and of stations.
        for n in 0..100 {
            ears.hear(payload, ear(n, "x"), at(4.0));
        }
        assert_eq!(ears.of(payload, at(4.0)).count(), MOST_LISTED);
        for n in 0..10_000_u32 {
            ears.hear(Bits::new(&n.to_le_bytes(), 32), ear(7, &format!("station {n}")), at(4.0));
        }
        assert_eq!(ears.known.len(), MOST_STATIONS + 1);
        assert_eq!(ears.known.len(), ears.numbers.len());
    }
}
