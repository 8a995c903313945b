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

/// Octets of which each begins a block of many records that fails near its end: read one by one, a quarter of a
/// mebibyte took seconds.
#[test]
fn made_up_blocks_cost_their_own_octets_and_real_ones_are_found_behind_them() {
    for (octet, period) in [(0x30_u8, 64), (0x30, 5000), (0x3e, 5000), (0xf0, 64), (0xf0, 5000)] {
        let flood = (0..1_usize << 18).map(|n| if n % period == 7 { 1 } else { octet }).collect();
        let plots = PLOT.repeat(3);
        let stream = [PLOT.to_vec(), flood, vec![0xff; 70_000], plots].concat();
        let seen = read(&stream, stream.len());
        assert_eq!(read(&stream, 50_000), seen, "{octet:02x} {period}");
        let (records, _, counters) = seen;
        let real =
            records.iter().filter(|(category, bytes)| *category == 10 && bytes[..] == PLOT[3..]).count();
        assert_eq!(real, 4, "{octet:02x} {period}");
        assert!(octet != 0xf0 || records.len() == 4 && counters.garbage as usize == (1 << 18) + 70_000);
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

/// Every edition there is, with its category.
fn every_edition() -> Vec<(u8, &'static str)> {
    (0..=255).flat_map(|number| Editions::of(number).map(move |edition| (number, edition))).collect()
}

fn edition_of(number: u8, edition: &str) -> &'static Category {
    let mut editions = Editions::default();
    assert!(editions.choose(number, edition));
    let category = editions.category(number).unwrap();
    assert_eq!((category.number, category.edition), (number, edition));
    category
}

/// Fields of an item with their offsets, where it is laid out in fixed or extended bits.
fn laid_out(node: &table::Node) -> Vec<(&'static str, u16, u16)> {
    let (table::Shape::Group(parts) | table::Shape::Extended(parts)) = node.shape else { return Vec::new() };
    let starts = parts.iter().scan(0, |bits, part| {
        *bits += part.bits;
        Some(*bits - part.bits)
    });
    let named = parts.iter().zip(starts).filter(|(part, _)| !part.name.is_empty());
    named.map(|(part, start)| (part.name, start, part.bits)).collect()
}

/// What the structs rely on: a field of an older edition lies where the newest has it.
#[test]
fn fields_lie_in_one_place_in_every_edition() {
    let every = every_edition();
    assert_eq!(every.len(), 24);
    for (number, edition) in every {
        let (newest, older) = (Editions::default().category(number).unwrap(), edition_of(number, edition));
        assert_eq!(older.uap.len(), newest.uap.len());
        for (old, new) in older.uap.iter().zip(newest.uap) {
            assert_eq!((old.name, old.bits), (new.name, new.bits), "CAT{number:03} {edition}");
            let known = laid_out(new);
            for field in laid_out(old) {
                assert!(known.contains(&field), "CAT{number:03} {edition}: {}/{field:?}", old.name);
            }
        }
    }
}

/// From the change records of the standard, as the tables of libasterix 0.36.3 have them.
#[test]
fn an_older_edition_is_read_as_it_says() {
    let told = |category: &'static Category, bytes: &[u8]| {
        let mut transcript = Transcript::default();
        Record::measure(category, bytes).unwrap().tell(&mut transcript);
        format!("{:?}", transcript.0)
    };
    // I062/340 with a height alone: FRN 28, subfield 3, all ones.
    let height = [0x01, 0x01, 0x01, 0x02, 0x20, 0xff, 0xff];
    for (edition, expected) in
        [("1.16", 1_638_375.0), ("1.18", 1_638_375.0), ("1.19", -25.0), ("1.21", -25.0)]
    {
        let text = told(edition_of(62, edition), &height);
        assert!(text.contains(&format!("{expected}")), "{edition}: {text}");
    }
    // I062/080 with seven extents, of the sixth and seventh all bits: FRN 13.
    let status = [0x01, 0x04, 1, 1, 1, 1, 1, 0xff, 0x80];
    for (edition, [surface, inhibited, lateration, mode_5]) in [
        ("1.17", [false, false, false, false]),
        ("1.18", [true, true, false, false]),
        ("1.20", [true, true, true, false]),
        ("1.21", [true, true, true, true]),
    ] {
        let category = edition_of(62, edition);
        let text = told(category, &status);
        let found = ["SFC", "IDD", "MLAT", "M5I"].map(|name| text.contains(name));
        assert_eq!(found, [surface, inhibited, lateration, mode_5], "{edition}: {text}");
        let track = cat062::Track::read(&Record::measure(category, &status).unwrap());
        assert_eq!(track.status.unwrap().surface, surface, "{edition}");
    }
    // I048/020 with five extents: what lies behind the last of an edition is skipped.
    let descriptor = [0x20, 0xe1, 0x81, 0xc1, 0xf9, 0xfc];
    for (edition, expected) in [("1.27", 0), ("1.30", 0), ("1.31", 1), ("1.32", 3)] {
        let text = told(edition_of(48, edition), &descriptor);
        let found = ["ADSB", "ACASXV", "POACT"].iter().filter(|name| text.contains(*name)).count();
        assert_eq!(found, expected, "{edition}: {text}");
        assert!(text.contains("TST"), "{text}");
    }
    let code = [0x01, 0x40, 0xc7, 0x77];
    for (edition, flags) in [("1.16", false), ("1.17", true)] {
        let text = told(edition_of(62, edition), &code);
        assert_eq!((text.contains('V'), text.contains("3567")), (flags, true), "{edition}: {text}");
    }
    assert!(!Editions::default().choose(62, "1.15") && !Editions::default().choose(1, "1.21"));
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
        (number, edition) in prop::sample::select(every_edition()),
        present in any::<u64>(),
        filling in prop::collection::vec(prop_oneof![any::<u8>(), Just(0_u8)], 700),
    ) {
        let category = edition_of(number, edition);
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

/// Writes what a struct tells and reads it back.
macro_rules! comes_back {
    ($module:ident, $what:expr, $read:path) => {{
        let what = $what;
        let mut block = Block::new($module::category());
        block.push(|visit| what.tell(visit)).unwrap();
        let bytes = block.bytes().to_vec();
        let record = Record::measure($module::category(), &bytes[3..]).unwrap();
        assert_eq!(record.bytes().len() + 3, bytes.len());
        assert_eq!($read(&record), what);
        bytes
    }};
}

#[test]
fn structs_come_back_from_the_wire() {
    let source = Some(DataSource { sac: 25, sic: 7 });
    let time_of_day = Some(86_399 * 128 + 127);
    let polar = Some(Polar { range_m: 8150.0, azimuth_deg: 26.839_599_609_375 });
    let course = |counts: f64| Course { speed_mps: counts / 16384.0 * 1852.0, course_deg: 90.0 };
    comes_back!(
        cat010,
        cat010::Report {
            source,
            kind: Some(cat010::Kind::Target),
            descriptor: Some(cat010::Descriptor { sensor: 3, special: Some([true, false, false]) }),
            time_of_day,
            polar,
            cartesian_m: Some([-3680.0, 7272.0]),
            course: Some(course(70.0)),
            velocity_mps: Some([-2.75, 7.5]),
            track: Some(4095),
            status: Some(cat010::Status { coasted: 3, smoothed: true, ..Default::default() }),
            size: Some(cat010::Size { length_m: 102.0, orientation_deg: Some(340.3125), width_m: None }),
            deviation: Some(cat010::Deviation { sigma_m: [12.5, 3.25], covariance_m: -4.0 }),
            amplitude: Some(55),
            acceleration_mps2: Some([0.25, -1.0]),
            ..Default::default()
        },
        cat010::Report::read
    );
    comes_back!(
        cat034,
        cat034::Service {
            source,
            kind: Some(cat034::Kind::NorthMarker),
            time_of_day,
            sector_deg: None,
            rotation_s: Some(2.5),
            site: Some(cat034::Site { height_m: -3.0, wgs84_deg: [22.5, -135.0] }),
        },
        cat034::Service::read
    );
    comes_back!(
        cat048,
        cat048::Report {
            source,
            time_of_day,
            descriptor: Some(cat048::Descriptor { detection: 1, fixed: true, ..Default::default() }),
            polar: Some(Polar { range_m: 1852.0 * 12.5, azimuth_deg: 180.0 }),
            track: Some(17),
            cartesian_m: Some([1852.0, -926.0]),
            course: Some(course(33.0)),
            status: Some(cat048::Status {
                maintained: 1,
                life: Some(cat048::Life { ended: true, ..Default::default() }),
                ..Default::default()
            }),
            quality: Some(cat048::Quality {
                sigma_m: [1852.0 / 128.0, 1852.0 / 64.0],
                sigma_mps: 0.0,
                sigma_deg: 11.25
            }),
            height_m: None,
        },
        cat048::Report::read
    );
    comes_back!(
        cat062,
        cat062::Track {
            source,
            service: Some(1),
            time_of_day,
            wgs84_deg: Some([22.5, 135.0]),
            velocity_mps: Some([-5.25, 0.5]),
            identity: Some(cat062::Identity { source: 1, characters: *b"HAI XUN " }),
            track: Some(65_535),
            status: Some(cat062::Status { last: true, surface: true, ..Default::default() }),
            size: Some(cat010::Size { length_m: 127.0, orientation_deg: Some(90.0), width_m: Some(20.0) }),
            accuracy: Some(cat062::Accuracy {
                position_m: Some([12.5, 9.0]),
                wgs84_deg: None,
                velocity_mps: Some([0.25, 0.5]),
            }),
            special: Some(&[1, 2, 3]),
            ..Default::default()
        },
        cat062::Track::read
    );
    comes_back!(
        cat065,
        cat065::Status {
            source,
            kind: Some(1),
            service: Some(1),
            time_of_day,
            batch: None,
            system: Some(cat065::System { nogo: 1, overload: false, time_invalid: true }),
            report: None,
        },
        cat065::Status::read
    );
}

#[test]
fn video_comes_back_and_its_cells_have_ranges() {
    let octets: Vec<u8> = (0..1500_u32).map(|n| (n * 7) as u8).collect();
    for (len, nano, resolution) in [(100, false, 1), (1020, true, 3), (1021, true, 4), (1500, false, 5)] {
        let sweep = cat240::Sweep {
            azimuths_deg: [348.75, 0.0],
            first_cell: 10,
            cell_fs: if nano { 100_000_000 } else { 33_356_410 },
            nano,
        };
        let cells = cat240::Cells { compressed: false, resolution, count: 20, octets: &octets[..len] };
        let video = cat240::Video {
            source: Some(DataSource { sac: 25, sic: 201 }),
            kind: Some(2),
            index: Some(70_000),
            summary: None,
            sweep: Some(sweep),
            cells: Some(cells),
            time_of_day: Some(0),
        };
        comes_back!(cat240, video, cat240::Video::read);
        // 33,356,410 fs and 100 ns are 5 m and 14.99 m of range (c / 2).
        let expected = if nano { 14.989_622_9 } else { 5.0 };
        assert!(
            (sweep.cell_m() - expected).abs() < 1e-5 && (sweep.range_m(2) - 12.0 * expected).abs() < 1e-4
        );
        let strengths: Vec<u32> = cells.strengths().collect();
        assert_eq!(strengths.len(), 20);
        let first = match resolution {
            1 => vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1],
            3 => vec![0, 0, 0, 7, 0, 14],
            4 => vec![0, 7, 14],
            _ => vec![0x0007, 0x0e15],
        };
        assert_eq!(strengths[..first.len()], first);
    }
    let summary = cat240::Video { kind: Some(1), summary: Some(b"X-BAND"), ..Default::default() };
    comes_back!(cat240, summary, cat240::Video::read);
}

#[test]
fn what_does_not_fit_is_not_written() {
    let far = cat010::Report { cartesian_m: Some([32_768.0, 0.0]), ..Default::default() };
    let near = cat010::Report { cartesian_m: Some([32_767.0, 0.0]), ..Default::default() };
    let mut block = Block::new(cat010::category());
    block.push(|visit| near.tell(visit)).unwrap();
    let before = block.bytes().to_vec();
    assert_eq!(block.push(|visit| far.tell(visit)), Err(EncodeError::Range("X")));
    assert_eq!(block.push(|visit| visit.int("999", 1)), Err(EncodeError::Unknown("999")));
    assert_eq!((block.bytes(), block.records()), (&before[..], 1));
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

/// A pcap file of Ethernet frames: a datagram, one in two fragments (the second first), something else, and a frame
/// that is cut off.
fn capture() -> Vec<u8> {
    let datagram = |bytes: &[u8]| {
        let mut udp = vec![0x21, 0x98, 0x21, 0x98, 0, 8 + bytes.len() as u8, 0, 0];
        udp.extend_from_slice(bytes);
        udp
    };
    let ip = |payload: &[u8], number: u8, fragment: u16, protocol: u8| {
        let mut packet = vec![0xff; 12];
        packet.extend_from_slice(&[8, 0, 0x45, 0, 0, 20 + payload.len() as u8, 0, number]);
        packet.extend_from_slice(&fragment.to_be_bytes());
        packet.extend_from_slice(&[64, protocol, 0, 0, 10, 0, 0, 1, 239, 0, 0, 1]);
        packet.extend_from_slice(payload);
        packet
    };
    let whole = datagram(&PLOT);
    let two = datagram(&[PLOT, PLOT].concat());
    let frames = [
        ip(&whole, 1, 0, 17),
        ip(&two[24..], 2, 3, 17),
        ip(b"not ours", 3, 0, 1),
        ip(&two[..24], 2, 0x2000, 17),
        ip(&whole, 4, 0, 17),
    ];
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
    for (frame, second) in frames.iter().zip(1_u32..) {
        for word in [second, 500_000, frame.len() as u32, frame.len() as u32] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(frame);
    }
    file.truncate(file.len() - 3);
    file
}

/// The same datagram as a pcapng file, big-endian, with nanoseconds.
fn capture_ng() -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let len = (body.len() as u32 + 12).to_be_bytes();
        [&kind.to_be_bytes()[..], &len, body, &len].concat()
    };
    let packet: Vec<u8> = capture()[40..40 + 57].to_vec();
    let time = 1_700_000_000_250_000_000_u64;
    let mut body = vec![0; 4];
    for word in [(time >> 32) as u32, time as u32, 57, 57] {
        body.extend_from_slice(&word.to_be_bytes());
    }
    body.extend_from_slice(&packet);
    body.extend_from_slice(&[0; 3]);
    [
        block(0x0a0d_0d0a, &[0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]),
        block(1, &[0, 1, 0, 0, 0, 4, 0, 0, 0, 9, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0]),
        block(5, &[0; 12]),
        block(6, &body),
    ]
    .concat()
}

#[test]
fn a_file_of_any_kind_gives_its_records_with_their_times() {
    let frame = |hundredths: u32| {
        let [_, t0, t1, t2] = hundredths.to_be_bytes();
        [&[0, 27, 0, 0, 0, t0, t1, t2][..], &PLOT, &[0xa5; 4]].concat()
    };
    let second = |ms: i64| Some(Stamp::Utc(units::UtcTime::from_unix_ns(ms * 1_000_000)));
    let of_day = |hundredths| Some(Stamp::OfDay(hundredths));
    let noise = [7_u8; 1000].as_slice();
    let cases = [
        (PLOT.repeat(2), vec![None, None], 0),
        ([frame(6_035_600), frame(1)].concat(), vec![of_day(6_035_600), of_day(1)], 0),
        ([&frame(1)[..], noise, &frame(2), &frame(3)[..9]].concat(), vec![of_day(1), of_day(2)], 2),
        (capture(), vec![second(1500), second(4500), second(4500)], 1),
        (capture_ng(), vec![second(1_700_000_000_250)], 0),
    ];
    for (bytes, expected, refused) in cases {
        for size in [1, 13, 100_000] {
            let (mut file, mut buffer, mut stamps) = (File::new(Editions::default()), Vec::new(), Vec::new());
            let mut pieces = bytes.chunks(size).peekable();
            while let Some(piece) = pieces.next() {
                buffer.extend_from_slice(piece);
                let used = file.read(&buffer, pieces.peek().is_none(), |item, stamp| match item {
                    Item::Record(_) => stamps.push(stamp),
                    Item::Reject { reason, .. } => assert_eq!(reason, Reject::BadLength),
                });
                buffer.drain(..used);
            }
            assert_eq!(stamps, expected, "by {size}");
            assert_eq!(file.counters().rejects.iter().sum::<u64>(), refused, "by {size}");
            assert!(file.counters().balanced());
            if let Some(packets) = file.packets() {
                assert_eq!(packets.packets, packets.datagrams + packets.parts + packets.other);
            }
        }
    }
}

#[test]
fn a_datagram_that_looks_like_a_file_spoils_no_other() {
    let frame = [&[0, 12, 0, 0, 0, 0, 0, 0][..], &[0xa5; 4]].concat();
    let magics: [&[u8]; 4] =
        [&[0x0a, 0x0d, 0x0d, 0x0a], &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0], &frame, &frame[..9]];
    for poison in magics {
        let mut file = File::new(Editions::default());
        for datagram in [poison, &PLOT, poison, &PLOT] {
            assert_eq!(file.read(datagram, true, |_, _| {}), datagram.len());
        }
        assert_eq!(file.counters().records, 2, "{poison:02x?}");
    }
}

#[test]
fn a_final_frame_finds_its_day() {
    let near = units::UtcTime::from_unix_s(1_764_028_800); // Midnight.
    let at = |hundredths| Stamp::OfDay(hundredths).instant(near).map(|time| time.since(near));
    assert_eq!((at(8_639_975), at(25), at(8_640_000)), (Some(-0.25), Some(0.25), None));
}

#[test]
fn a_bow_nearly_north_is_north() {
    for (bow_deg, written) in [(359.0, 0.0), (358.0, 357.1875), (0.0, 0.0), (1.5, 2.8125)] {
        let size = cat010::Size { length_m: 90.0, orientation_deg: Some(bow_deg), width_m: Some(15.0) };
        let track = cat062::Track { size: Some(size), ..Default::default() };
        let mut block = Block::new(cat062::category());
        block.push(|visit| track.tell(visit)).unwrap();
        let record = Record::measure(cat062::category(), &block.bytes()[3..]).unwrap();
        let read = cat062::Track::read(&record).size.and_then(|size| size.orientation_deg);
        assert_eq!(read, Some(written), "{bow_deg}");
    }
}
