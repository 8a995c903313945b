use super::*;
use proptest::prelude::*;

/// One record of CAT010 as bytes on the wire: a target report at 1,000 m, 90 degrees.
const PLOT: [u8; 15] = [0x0a, 0, 15, 0xf4, 0, 7, 1, 0x60, 0, 0x32, 0, 0x03, 0xe8, 0x40, 0];

/// Category and octets of each record, reason and size of each reject, and the accounts.
type Seen = (Vec<(u8, Vec<u8>)>, Vec<(Reject, usize)>, Counters);

/// Parts of a stream; how many records; what is refused.
type Case<'a> = (Vec<Vec<u8>>, usize, &'a [(Reject, usize)]);

/// Everything in a stream that arrives in pieces.
fn read(bytes: &[u8], size: usize) -> Seen {
    let (mut reader, mut buffer) = (Reader::new(Editions::default()), Vec::new());
    let (mut records, mut rejects) = (Vec::new(), Vec::new());
    let mut pieces = bytes.chunks(size).peekable();
    while let Some(piece) = pieces.next() {
        buffer.extend_from_slice(piece);
        let used = reader.read(&buffer, pieces.peek().is_none(), |item| match item {
            Item::Record(record) => records.push((record.category.number, record.bytes().to_vec())),
            Item::Reject { reason, bytes } => rejects.push((reason, bytes.len())),
        });
        buffer.drain(..used);
        assert!(reader.counters().balanced());
    }
    assert!(buffer.is_empty());
    (records, rejects, reader.counters().clone())
}

#[test]
fn what_is_no_block_costs_itself_and_no_more() {
    use Reject::{BadLength, NoCategory, UnknownItem};
    let plot = PLOT.to_vec();
    // Pseudo-random, as noise on a line is.
    let garbage: Vec<u8> = (0_u32..1000).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 1).collect();
    let unknown_category = vec![0x01, 0, 6, 0x80, 1, 2];
    // FRN 26 of CAT010 is not used.
    let unknown_item = vec![0x0a, 0, 10, 0x81, 0x01, 0x01, 0x08, 0, 7, 9];
    let item_too_long = vec![0x0a, 0, 6, 0xf4, 0, 7];
    let padded = [&[0x0a, 0, 19], &PLOT[3..], &[0; 4]].concat();
    let cases: [Case<'_>; 9] = [
        (vec![plot.clone(), plot.clone()], 2, &[]),
        (vec![plot.clone(), garbage.clone(), plot.clone(), plot.clone()], 3, &[(BadLength, 1000)]),
        (vec![garbage.clone(), plot.clone(), plot.clone()], 2, &[(BadLength, 1000)]),
        (vec![plot.clone(), garbage.clone()], 1, &[(BadLength, 1000)]),
        (vec![unknown_category.clone(), plot.clone()], 1, &[(NoCategory, 6)]),
        (
            vec![plot.clone(), unknown_item, unknown_category, plot.clone()],
            2,
            &[(UnknownItem, 7), (NoCategory, 6)],
        ),
        (vec![item_too_long, plot.clone()], 1, &[(BadLength, 3)]),
        (vec![plot.clone(), vec![0; 9], plot.clone()], 2, &[]),
        (vec![padded, plot.clone()], 3, &[]),
    ];
    for (parts, count, expected) in cases {
        let bytes = parts.concat();
        for size in [1, 7, 100_000] {
            let (records, rejects, _) = read(&bytes, size);
            assert_eq!((records.len(), rejects.as_slice()), (count, expected), "{parts:02x?} by {size}");
        }
    }
}

#[test]
fn a_termination_has_no_position() {
    // As a surface radar sends it: SAC 0, SIC 7, track 1369, TRE.
    let block = [0x0a, 0, 15, 0xf1, 0x30, 0, 7, 1, 0x60, 0, 0x32, 0, 0x05, 0x59, 0x40];
    let mut reader = Reader::new(Editions::default());
    let mut seen = Vec::new();
    reader.read(&block, true, |item| match item {
        Item::Record(record) => seen.push(cat010::Report::read(&record)),
        Item::Reject { reason, .. } => panic!("{reason}"),
    });
    let [report] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((report.track, report.polar, report.cartesian_m), (Some(1369), None, None));
    assert!(report.status.unwrap().ended);
}

/// Any record of a category as the table allows it: which items, and octets to fill them.
fn filled(category: &'static Category, present: u64, filling: &[u8]) -> Vec<u8> {
    let mut frns: Vec<usize> = (0..category.uap.len())
        .filter(|frn| present >> frn & 1 == 1 && category.item(*frn).is_some())
        .collect();
    frns.truncate(6);
    let octets = frns.last().map_or(1, |last| last / 7 + 1);
    let mut record = vec![0; octets];
    record[..octets - 1].fill(1);
    for frn in &frns {
        record[frn / 7] |= 0x80 >> (frn % 7);
    }
    record.extend_from_slice(filling);
    record
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_wherever_they_are_cut(
        parts in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                Just(PLOT.to_vec()),
                Just(vec![0x30, 0, 7, 0x80, 1, 2, 0]),
                Just(vec![0x05, 0, 4, 0]),
                Just(vec![0; 3]),
            ],
            0..12,
        ),
        size in 1_usize..50,
    ) {
        let bytes = parts.concat();
        prop_assume!(!bytes.is_empty());
        prop_assert_eq!(read(&bytes, size), read(&bytes, bytes.len()));
    }

    #[test]
    fn what_a_record_tells_can_be_written_and_tells_the_same(
        category in prop::sample::select(&[10_u8, 20, 21, 34, 48, 62, 63, 65, 240][..]),
        present in any::<u64>(),
        filling in prop::collection::vec(prop_oneof![any::<u8>(), Just(0_u8)], 700),
    ) {
        let category = Editions::default().category(category).unwrap();
        let bytes = filled(category, present, &filling);
        // Not all random octets end within what is there, and some name what is unknown.
        let measured = Record::measure(category, &bytes);
        prop_assume!(measured.is_ok());
        let record = measured.unwrap();
        let mut block = Block::new(category);
        block.push(|visit| record.tell(visit)).unwrap();
        let written = block.bytes().to_vec();
        let again = Record::measure(category, &written[3..]).unwrap();
        prop_assert_eq!(again.bytes().len() + 3, written.len());
        // The second writing has no spare bits and no unknown extents left to lose.
        block.clear();
        block.push(|visit| again.tell(visit)).unwrap();
        prop_assert_eq!(block.bytes(), &written[..]);
        let tell = |record: &Record<'_>| {
            let mut told = Transcript::default();
            record.tell(&mut told);
            told.0
        };
        prop_assert_eq!(tell(&again), tell(&record));
    }
}

/// Everything told, in order.
#[derive(Default)]
struct Transcript(Vec<(&'static str, String)>);

impl crate::ais::Visit for Transcript {
    fn null(&mut self, key: &'static str) {
        self.0.push((key, "null".to_owned()));
    }
    fn flag(&mut self, key: &'static str, value: bool) {
        self.0.push((key, value.to_string()));
    }
    fn int(&mut self, key: &'static str, value: i64) {
        self.0.push((key, value.to_string()));
    }
    fn float(&mut self, key: &'static str, value: f64, _decimals: u8) {
        self.0.push((key, value.to_string()));
    }
    fn text(&mut self, key: &'static str, value: &str) {
        self.0.push((key, format!("{value:?}")));
    }
    fn exact(&mut self, key: &'static str, value: f64) {
        self.0.push((key, format!("{value:?}")));
    }
    fn wide(&mut self, key: &'static str, octets: &[u8]) {
        self.0.push((key, format!("{octets:02x?}")));
    }
    fn hex(&mut self, key: &'static str, bits: crate::bits::Bits<'_>) {
        self.0.push((key, format!("{:02x?}", bits.bytes())));
    }
    fn object(&mut self, key: &'static str) {
        self.0.push((key, "{".to_owned()));
    }
    fn array(&mut self, key: &'static str) {
        self.0.push((key, "[".to_owned()));
    }
    fn close(&mut self) {
        self.0.push(("", "end".to_owned()));
    }
}
