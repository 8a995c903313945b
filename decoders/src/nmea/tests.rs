//! Lines in, what became of them out. Expected values from AIS.md 4.4 and 8.

use super::*;
use crate::ais::{PositionA, StaticA, Text};
use crate::bits::{BitWriter, Field};
use proptest::prelude::*;
use units::Mmsi;

const MMSI: u32 = 413_000_001;

/// Reads lines at the given seconds, ends, and tells the story: messages as `type/flags`, refusals by reason, then
/// every counter that is not zero.
fn story(lines: &[(f64, &str)]) -> String {
    let mut reader = Reader::new();
    let mut told = Vec::new();
    for (at, line) in lines {
        reader.line(Line::Whole(line.as_bytes()), UtcTime::from_unix_s(0).plus_s(*at), |item| {
            told.push(match item {
                Item::Ais(got) => {
                    assert_eq!(got.message.mmsi().number(), MMSI);
                    let flags: Vec<_> = got.flags.names().collect();
                    let station =
                        got.tag.and_then(|tag| tag.source).map(|s| format!("@{s}")).unwrap_or_default();
                    format!("{}{station}/{}", got.message.kind(), flags.join("+"))
                }
                Item::Reject { reason, .. } => reason.as_str().to_owned(),
                Item::Other(sentence) => String::from_utf8_lossy(sentence.address().unwrap()).into_owned(),
            });
        });
        assert!(reader.counters().balanced(), "{line}");
    }
    reader.end();
    let c = reader.counters();
    let counts = [
        ("candidates", c.candidates),
        ("used", c.used),
        ("pending", c.pending),
        ("duplicates", c.duplicates),
        ("timeout", c.incomplete_timeout),
        ("replaced", c.incomplete_replaced),
        ("conflict", c.conflict),
        ("tag_bad", c.tag_bad),
        ("station", c.station),
        ("vdes", c.vdes),
    ];
    told.extend(counts.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name}={n}")));
    told.join(" ")
}

fn one() -> String {
    let (mut bits, mut out) = (BitWriter::new(), Vec::new());
    PositionA::new(1, Mmsi::new(MMSI).unwrap()).encode(&mut bits);
    encode_vdm(&mut out, *b"AI", Some(b'A'), 0, bits.bits());
    String::from_utf8(out).unwrap().trim_end().to_owned()
}

/// The two sentences of a static report.
fn two(name: &str, channel: Option<u8>) -> [String; 2] {
    let (mut bits, mut out) = (BitWriter::new(), Vec::new());
    let text = Text::new(name);
    StaticA { name_raw: text, destination_raw: text, ..StaticA::new(Mmsi::new(MMSI).unwrap()) }
        .encode(&mut bits);
    assert_eq!(encode_vdm(&mut out, *b"AI", channel, 5, bits.bits()), 2);
    let out = String::from_utf8(out).unwrap();
    let mut lines = out.lines().map(str::to_owned);
    [lines.next().unwrap(), lines.next().unwrap()]
}

/// A sentence with its checksum.
fn sum(text: &str) -> String {
    let mut out = Vec::new();
    encode_sentence(&mut out, text.as_bytes()[0], &text.as_bytes()[1..]);
    String::from_utf8(out).unwrap().trim_end().to_owned()
}

fn tag(body: &str) -> String {
    let mut out = Vec::new();
    encode_sentence(&mut out, b'\\', body.as_bytes());
    format!("{}\\", String::from_utf8(out).unwrap().trim_end())
}

#[test]
fn what_becomes_of_the_lines() {
    let one = one();
    let dollar = one.replace('!', "$");
    let [a, b] = two("FIRST", Some(b'A'));
    let [c, d] = two("LAST IN THE LONG LINE", Some(b'A'));
    let [_, b_empty] = two("FIRST", None);
    assert!(b != d && a != c);
    let (s1, s2, bad) = (tag("s:one"), tag("s:two"), "\\s:one*00\\");
    let (g1, g2) = (tag("g:1-2-7,s:one"), tag("g:2-2-7"));
    let cases: &[(&[(f64, &str)], &str)] = &[
        (&[(0.0, &one)], "1/ candidates=1 used=1"),
        (&[(0.0, &dollar)], "1/dollar_start candidates=1 used=1"),
        // Two in one line; one cut off by the next; a cut one alone.
        (&[(0.0, &format!("{one}{one}"))], "1/ 1/ candidates=2 used=2"),
        (&[(0.0, &format!("x {}{one},r1,1400000000", &one[..20]))], "no_checksum 1/ candidates=2 used=1"),
        (&[(0.0, &one[..20])], "no_checksum candidates=1"),
        (&[(0.0, "!!!!!")], "no_checksum no_checksum candidates=2"),
        (&[(0.0, "hello"), (0.0, "  "), (0.0, &s1)], "no_start candidates=1"),
        (&[(0.0, "$GPZDA,153415,10,12,2015,0,0*4B")], "GPZDA candidates=1"),
        (&[(0.0, "$GPZDA,153415,10,12,2015,0,0*4C")], "bad_checksum candidates=1"),
        (&[(0.0, &sum("!AIVDM")), (0.0, &sum("!AIVDM,"))], "bad_fields bad_fields candidates=2"),
        // Encapsulated sentences of stations and of VDES are kept, others are not.
        (&[(0.0, &sum("!AIABM,1,1,1,990219000,0,6,0200<b1,0"))], "AIABM candidates=1 station=1"),
        (&[(0.0, &sum("$SAVSI,B1,6,000059.63,2236,-95,22"))], "SAVSI candidates=1 station=1"),
        (&[(0.0, &sum("!VEVSM,1,1,,004121111,1,412,30,0,0"))], "VEVSM candidates=1 vdes=1"),
        (&[(0.0, &sum("!AIVDX,1,1,,B,33n8N=1P00PLPwvSkl>00?v82DiJ,0"))], "not_ais candidates=1"),
        // TAG blocks: on the line, before the line, two of them, a bad one, one not closed.
        (&[(0.0, &format!("{s1}{one}"))], "1@one/ candidates=1 used=1"),
        (&[(0.0, &s1), (0.0, &one), (0.0, &one)], "1@one/ 1/ candidates=2 used=2"),
        (&[(0.0, &s1), (0.0, &format!("{s2}{one}"))], "1@two/ candidates=1 used=1"),
        (&[(0.0, &format!("{bad}{one}"))], "1/tag_dropped candidates=1 used=1 tag_bad=1"),
        (&[(0.0, &format!("\\s:one*5F{one}"))], "1/tag_unterminated candidates=1 used=1 tag_bad=1"),
        (
            &[(0.0, &format!("\\s:x{one}{s1}{one}"))],
            "1/tag_unterminated 1@one/ candidates=2 used=2 tag_bad=1",
        ),
        // Assembly.
        (&[(0.0, &a), (1.9, &b)], "5/ candidates=2 used=2"),
        (&[(0.0, &b), (1.9, &a)], "5/out_of_order candidates=2 used=2"),
        (&[(0.0, &a), (2.1, &b)], "candidates=2 pending=2 timeout=2"),
        (&[(0.0, &a), (0.0, &a), (0.0, &b)], "5/ candidates=3 used=2 duplicates=1"),
        (&[(0.0, &a), (0.1, &c), (0.2, &d)], "5/ candidates=3 used=2 pending=1 replaced=1"),
        (&[(0.0, &b), (0.1, &d), (0.2, &a)], "candidates=3 pending=3 conflict=1"),
        (
            &[(0.0, &b), (0.1, &d), (0.2, &a), (2.5, &a), (2.6, &b)],
            "5/ candidates=5 used=2 pending=3 conflict=1",
        ),
        (&[(0.0, &a), (0.1, &b_empty)], "5/channel_inferred candidates=2 used=2"),
        // Time that runs backwards does not keep a group for ever.
        (&[(100.0, &a), (0.0, &b)], "candidates=2 pending=2 timeout=2"),
        // Stations share a feed; the second part often has no TAG block.
        (
            &[(0.0, &format!("{s1}{a}")), (0.0, &format!("{s2}{c}")), (0.1, &format!("{s2}{d}")), (0.1, &b)],
            "5@two/ 5@one/ candidates=4 used=4",
        ),
        (&[(0.0, &format!("{g1}{a}")), (0.0, &c), (0.1, &format!("{g2}{b}")), (0.2, &d)], {
            "5@one/ 5/ candidates=4 used=4"
        }),
    ];
    for (lines, expected) in cases {
        assert_eq!(story(lines), *expected, "{lines:?}");
    }
}

#[test]
fn the_sentences_of_a_message_can_be_shown() {
    let [a, b] = two("FIRST", Some(b'B'));
    let mut reader = Reader::new();
    let mut shown = Vec::new();
    for line in [b.clone() + ",r1", a.clone(), one()] {
        reader.line(Line::Whole(line.as_bytes()), UtcTime::from_unix_s(0), |item| {
            let Item::Ais(got) = item else { panic!("{item:?}") };
            assert_eq!(got.channel.as_str(), if got.sentences.count() == 2 { "B" } else { "A" });
            assert_eq!((got.talker, got.own), (*b"AI", false));
            shown.extend(got.sentences.iter().map(|text| String::from_utf8(text.to_vec()).unwrap()));
        });
    }
    assert_eq!(shown, [a, b + ",r1", one()]);
}

#[test]
fn an_over_long_line_is_refused_once_and_what_is_whole_in_it_is_read() {
    let one = one();
    let cases = [
        (Line::TooLong(b"no start at all"), "too_long"),
        (Line::TooLong(one.as_bytes()), "1 too_long"),
        (Line::TooLong(&one.as_bytes()[..20]), "too_long"),
    ];
    for (line, expected) in cases {
        let (mut reader, mut told) = (Reader::new(), Vec::new());
        reader.line(line, UtcTime::from_unix_s(0), |item| {
            told.push(match item {
                Item::Ais(got) => got.message.kind().to_string(),
                Item::Reject { reason, .. } => reason.as_str().to_owned(),
                Item::Other(_) => String::new(),
            });
        });
        assert_eq!(told.join(" "), expected);
        assert!(reader.counters().balanced());
    }
}

#[test]
fn what_waits_is_bounded() {
    // Ever new groups, none of them ever whole.
    let [a, _] = two("FIRST", Some(b'A'));
    let mut reader = Reader::new();
    for id in 0..5000 {
        let line = format!("{}{a}", tag(&format!("g:1-2-{id}")));
        reader.line(Line::Whole(line.as_bytes()), UtcTime::from_unix_s(0), |item| panic!("{item:?}"));
    }
    reader.end();
    let c = reader.counters();
    assert_eq!((c.pending, c.incomplete_replaced, c.incomplete_timeout), (5000, 5000 - 352, 352));
}

/// The seconds a clock that starts at 1,000,000,020 (a whole minute) gives a file's lines.
fn clock(lines: &[&str]) -> Vec<i64> {
    let mut clock = LineClock::new(UtcTime::from_unix_s(1_000_000_020));
    lines.iter().map(|line| clock.line(line.as_bytes()).unix_s() - 1_000_000_020).collect()
}

#[test]
fn a_file_tells_its_own_time() {
    let [a, b] = two("FIRST", Some(b'A'));
    let with_second = |second| {
        let (mut bits, mut out) = (BitWriter::new(), Vec::new());
        let message = PositionA { second_raw: Some(second), ..PositionA::new(1, Mmsi::new(MMSI).unwrap()) };
        message.encode(&mut bits);
        encode_vdm(&mut out, *b"AI", Some(b'A'), 0, bits.bits());
        String::from_utf8(out).unwrap().trim_end().to_owned()
    };
    let at = |second| with_second(second);
    let one = one();
    let mut pghp = Vec::new();
    encode_sentence(&mut pghp, b'$', b"PGHP,1,2001,9,9,1,48,30,500,219,,2190067,1,62");
    let pghp = String::from_utf8(pghp).unwrap();
    let pghp = pghp.trim_end();
    let tagged =
        |seconds: i64, line: &str| format!("{}{line}", tag(&format!("c:{}", 1_000_000_020 + seconds)));
    let (tag_5, tag_7, line_9) = (tagged(5, &a), tagged(7, ""), tagged(9, &one));
    let prefixed = |prefix: &str| format!("{prefix}{one}");
    let cases: &[(&[&str], &[i64])] = &[
        // A TAG block; one on a line of its own; a later word that is earlier.
        (&[&one, &tag_5, &b, &tag_7, &one, &line_9, &tag_5], &[0, 5, 5, 7, 7, 9, 9]),
        // A station's sentence about the next line.
        (&[pghp, &a, &b, &tagged(100, &one)], &[90, 90, 90, 100]),
        // In front of a sentence or behind it.
        (&[&prefixed("2001-09-09 01:47:05, ")], &[5]),
        (&[&prefixed("[2001-09-09T01:47:05.021] ")], &[5]),
        (&[&prefixed("1000000025.12 ")], &[5]),
        (&[&prefixed("1000000025,")], &[5]),
        (&[&format!("{one},r003669946,1000000025,1000000001")], &[5]),
        (&[&format!("{one}\t2001-09-09T01:47:05Z")], &[5]),
        (&[&format!("{one},d-109,S2105,t050056.00,T56.13")], &[0]),
        // The first word is believed at once; one that jumps needs another that agrees.
        (&[&line_9, &tagged(5000, &one), &tagged(10, &one)], &[9, 9, 10]),
        (&[&line_9, &tagged(5000, &one), &tagged(5003, &one)], &[9, 9, 5003]),
        (
            &[&line_9, &tagged(5000, &one), &one, &tagged(9000, &one), &tagged(9001, &one)],
            &[9, 9, 9, 9, 9001],
        ),
        // By the reports' own seconds; a late one does not turn the minute.
        (&[&at(3), &at(20), &at(15), &at(40), &at(60), &at(2)], &[3, 20, 20, 40, 40, 62]),
        (&[&line_9, &at(40)], &[9, 9]),
    ];
    for (lines, expected) in cases {
        assert_eq!(clock(lines), *expected, "{lines:?}");
    }
}

impl Reader {
    /// As [`Reader::line`], but the long way for every line.
    fn line_the_long_way(&mut self, line: Line<'_>, time: UtcTime, mut out: impl FnMut(Item<'_>)) {
        self.assembly.expire(time, &mut self.counters);
        self.pieces(line, time, &mut out);
    }
}

/// All that an item says. What lies in memory behind the last bit of a payload is no part of it.
fn shown(item: &Item<'_>) -> String {
    let Item::Ais(got) = item else { return format!("{item:?}") };
    let bits: String = (0..got.payload.len())
        .map(|at| if got.payload.u8(Field::at(at, 1)) == Some(1) { '1' } else { '0' })
        .collect();
    let sentences: Vec<_> = got.sentences.iter().map(|text| text.escape_ascii().to_string()).collect();
    let Received { header, message, tag, talker, channel, own, flags, .. } = got;
    format!("{header:?} {message:?} {bits} {tag:?} {talker:?} {channel:?} {own} {flags:?} {sentences:?}")
}

/// Nearly a line: each piece is mostly as the standard writes it, and now and then is not.
fn nearly_a_line() -> impl Strategy<Value = Vec<u8>> {
    const TAGS: &[&str] = &[
        "s:one",
        "s:two,c:1700000000",
        "c:1700000000123",
        "g:1-2-7,s:one",
        "g:2-2-7",
        "t:$!",
        "x:1,n:3,s:",
        "",
    ];
    let body = prop_oneof![
        prop::sample::select(TAGS).prop_map(str::to_owned),
        // As stations write them, more or less.
        ("[ -~\u{7f}\t]{0,18}|[a-z0-9]{1,17}", "1[0-9]{8,10}", "|,g:[0-9]-[1-4]-[0-9,*-]{0,3}")
            .prop_map(|(station, seconds, group)| format!("s:{station},c:{seconds}{group}")),
    ];
    let tag_block = (body, 0..8).prop_map(|(body, how)| match how {
        0 => format!("\\{body}*00\\"),
        1 => tag(&body).to_lowercase(),
        2 => tag(&body).trim_end_matches('\\').to_owned(),
        _ => tag(&body),
    });
    let front = prop_oneof![
        6 => Just(String::new()),
        6 => tag_block.clone(),
        1 => (tag_block.clone(), tag_block).prop_map(|(a, b)| a + &b),
        1 => prop::sample::select(&[" ", "x", "!", "\\", "2016-03-31 00:00:01, ", "\u{e9}"][..]).prop_map(str::to_owned),
    ];
    let usual = |usual: &'static [&'static str], odd: &'static [&'static str]| prop_oneof![12 => prop::sample::select(usual), 1 => prop::sample::select(odd)];
    let address = usual(
        &["!AIVDM", "!AIVDO", "!BSVDM", "!1;VDM"],
        &[
            "$AIVDM",
            "!aiVDM",
            "!VDM",
            "!AIVDX",
            "!AIVDMX",
            "!\u{e9}VDM",
            "!AI VDM",
            "!VEVSM",
            "!A,VDM",
            "!-@VDM",
        ],
    );
    let shape = usual(
        &["1,1,", "2,1,3", "2,2,3", "2,1,", "2,2,"],
        &["0,1,", "1,0,", "3,2,12", "1,1,x", "1,1,4", "9,9,9", "10,1,", "1,2,", ","],
    );
    let channel =
        usual(&["A", "B", ""], &["1", "AB", " ", "\t", "*", "\u{e9}", "@", "a", "Z", "too long by far"]);
    let payload = prop_oneof![
        8 => prop::collection::vec(prop::sample::select(&b"0159AEWw`p"[..]), 7..72),
        2 => prop::collection::vec(48_u8..120, 0..64),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => (48_u8..88, 200_usize..900).prop_map(|(symbol, n)| vec![symbol; n]),
    ];
    let fill = usual(&["0", "2", "4"], &["", "5", "6", "00", "x", "0,"]);
    let trailer = usual(
        &[""],
        &[" ", ",r1,1400000000", "*00", "\\", "!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24", "\u{e9}"],
    );
    (front, (address, shape, channel, payload, fill), trailer, 0..24, any::<prop::sample::Index>()).prop_map(
        |(front, (address, shape, channel, payload, fill), trailer, how, at)| {
            let mut line = front.into_bytes();
            let start = line.len();
            line.extend_from_slice(format!("{address},{shape},{channel},").as_bytes());
            line.extend_from_slice(&payload);
            line.extend_from_slice(format!(",{fill}").as_bytes());
            let sum = line.iter().skip(start + 1).fold(0, |sum, byte| sum ^ byte);
            line.extend_from_slice(
                match how {
                    0 => format!("*{sum:02x}"),
                    1 => format!("*{:02X}", sum ^ 1),
                    2 => format!("*{:X}", sum & 15),
                    3 => String::new(),
                    _ => format!("*{sum:02X}"),
                }
                .as_bytes(),
            );
            line.extend_from_slice(trailer.as_bytes());
            let at = at.index(line.len());
            match how {
                4 => line.truncate(at),
                5 => drop(line.drain(..at)),
                6 => line[at] ^= 1 << (at % 8),
                _ => {}
            }
            line
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_short_way_gives_just_what_the_long_way_gives(
        lines in prop::collection::vec((nearly_a_line(), 0_u16..3000), 1..12),
    ) {
        let (mut short, mut long) = (Reader::new(), Reader::new());
        let (mut by_short, mut by_long) = (Vec::new(), Vec::new());
        let mut time = UtcTime::from_unix_s(0);
        for (line, wait_ms) in &lines {
            time = time.plus_s(f64::from(*wait_ms) / 1000.0);
            short.line(Line::Whole(line), time, |item| by_short.push(shown(&item)));
            long.line_the_long_way(Line::Whole(line), time, |item| by_long.push(shown(&item)));
            prop_assert_eq!(&by_short, &by_long, "{}", line.escape_ascii());
            prop_assert_eq!(short.counters(), long.counters());
            prop_assert_eq!((short.tag, short.tagged, short.flags), (long.tag, long.tagged, long.flags));
            let waiting = |reader: &Reader| format!("{:?}", reader.assembly);
            prop_assert_eq!(waiting(&short), waiting(&long));
        }
    }
}
