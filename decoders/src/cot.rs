//! Cursor on Target 2.0 (MITRE MTR 050046): events as XML, one after the other or one to a datagram.
//!
//! Of an event is read what a picture of the sea needs. TAK's own framing of Protocol Buffers is refused and counted.

use crate::ivef::time;
use crate::xml::{self, Element};
use memchr::memmem;
use units::{Degrees, Mmsi, Position, UtcTime};

/// A longer event is refused, bytes.
pub const MAX_BYTES: usize = 64 * 1024;
/// From here on a circular error means that none is known (the format's own word is 9999999), metres.
const UNKNOWN_M: f64 = 1e6;
/// A uid is no longer than this.
const MAX_UID: usize = 256;
const BEGIN: &[u8] = b"<event";
const END: &[u8] = b"</event>";
/// The first byte of TAK's Protocol Buffers.
const TAK: u8 = 0xbf;

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Of whom: the same with each event of the same thing.
    pub uid: String,
    /// What it is, in atoms: `a-u-S`.
    pub kind: String,
    /// From when on it is true.
    pub at: Option<UtcTime>,
    /// Until when.
    pub stale: Option<UtcTime>,
    /// Where.
    pub position: Position,
    /// Radius within which it is thought to be, as one standard deviation, metres.
    pub ce_m: Option<f64>,
    /// What it is called.
    pub callsign: Option<String>,
    /// Where its uid or its remarks say one.
    pub mmsi: Option<Mmsi>,
    /// Course over ground.
    pub course: Option<Degrees>,
    /// Speed over ground, metres per second.
    pub speed_mps: Option<f64>,
    /// What this says is no more.
    pub gone: Option<String>,
}

/// Why bytes are no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reject {
    /// Something else than an event.
    Foreign,
    /// TAK's Protocol Buffers.
    Protobuf,
    /// An event longer than [`MAX_BYTES`].
    TooLong,
    /// XML that is none, or cut short.
    Malformed,
    /// Without a uid, or with one that is too long.
    NoUid,
    /// Without a type.
    NoType,
    /// Without a point on Earth.
    NoPoint,
}

impl Reject {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::Foreign,
        Self::Protobuf,
        Self::TooLong,
        Self::Malformed,
        Self::NoUid,
        Self::NoType,
        Self::NoPoint,
    ];

    /// For programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::Protobuf => "protobuf",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::NoUid => "no_uid",
            Self::NoType => "no_type",
            Self::NoPoint => "no_point",
        }
    }

    /// Its place among all.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What was found in bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Item<'a> {
    /// An event.
    Event(Event),
    /// Bytes that are none.
    Reject {
        /// Why.
        reason: Reject,
        /// Which.
        bytes: &'a [u8],
    },
}

/// Finds what is whole at the front of `buffer` and returns how many bytes that were. With `end`, nothing more comes.
pub fn drain<'a>(buffer: &'a [u8], end: bool, mut item: impl FnMut(Item<'a>)) -> usize {
    let mut used = 0;
    loop {
        let rest = buffer.get(used..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0).count();
        used += blank;
        let rest = rest.get(blank..).unwrap_or_default();
        if rest.is_empty() {
            return used;
        }
        let mut refuse = |reason, length: usize| {
            item(Item::Reject { reason, bytes: rest.get(..length).unwrap_or(rest) });
            length.min(rest.len())
        };
        // Whatever is refused is left behind for good: no byte is looked at again and again.
        if rest.starts_with(b"<?") {
            match memmem::find(rest, b"?>") {
                Some(at) => used += at + 2,
                None if rest.len() > MAX_BYTES => used += refuse(Reject::Foreign, MAX_BYTES),
                None if end => return used + refuse(Reject::Malformed, rest.len()),
                None => return used,
            }
            continue;
        }
        if !is_event(rest) {
            if !end && rest.len() < BEGIN.len() + 1 && BEGIN.starts_with(rest) {
                return used;
            }
            let reason = if rest.first() == Some(&TAK) { Reject::Protobuf } else { Reject::Foreign };
            used += refuse(reason, next(rest, end));
            continue;
        }
        let length = match start_tag(rest) {
            Some((at, true)) => Some(at),
            Some((at, false)) => {
                memmem::find(rest.get(at..).unwrap_or_default(), END).map(|end| at + end + END.len())
            }
            None => None,
        };
        match length {
            Some(length) if length <= MAX_BYTES => {
                let bytes = rest.get(..length).unwrap_or(rest);
                match event(bytes) {
                    Ok(event) => item(Item::Event(event)),
                    Err(reason) => item(Item::Reject { reason, bytes }),
                }
                used += length;
            }
            Some(_) => used += refuse(Reject::TooLong, MAX_BYTES),
            None if rest.len() > MAX_BYTES => used += refuse(Reject::TooLong, MAX_BYTES),
            None if end => return used + refuse(Reject::Malformed, rest.len()),
            None => return used,
        }
    }
}

/// How far it is to where an event, or what stands before one, may begin.
fn next(bytes: &[u8], end: bool) -> usize {
    let opens = memchr::memchr_iter(b'<', bytes).find(|&at| {
        let rest = bytes.get(at..).unwrap_or_default();
        // The last bytes may be the first of an event.
        at > 0 && (rest.starts_with(BEGIN) || rest.starts_with(b"<?") || !end && BEGIN.starts_with(rest))
    });
    opens.unwrap_or(bytes.len())
}

/// Whether an event begins here.
fn is_event(bytes: &[u8]) -> bool {
    let next = bytes.strip_prefix(BEGIN).and_then(|rest| rest.first());
    next.is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))
}

/// Where the first tag ends, and whether the element ends with it.
fn start_tag(bytes: &[u8]) -> Option<(usize, bool)> {
    let (mut quote, mut before) = (None, 0);
    for (at, &byte) in bytes.iter().enumerate().take(MAX_BYTES) {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (None, b'>') => return Some((at + 1, before == b'/')),
            _ => {}
        }
        before = byte;
    }
    None
}

fn event(bytes: &[u8]) -> Result<Event, Reject> {
    let text = std::str::from_utf8(bytes).map_err(|_| Reject::Malformed)?;
    let root = xml::parse(text).map_err(|_| Reject::Malformed)?;
    let uid = root.attribute("uid").filter(|uid| !uid.is_empty() && uid.len() <= MAX_UID);
    let uid = uid.ok_or(Reject::NoUid)?.to_owned();
    let kind = root.attribute("type").filter(|kind| !kind.is_empty()).ok_or(Reject::NoType)?.to_owned();
    let point = root.child("point").ok_or(Reject::NoPoint)?;
    let place = point.attribute_number("lat").zip(point.attribute_number("lon"));
    let position = place.and_then(|(lat, lon)| Position::new(lat, lon)).ok_or(Reject::NoPoint)?;
    let detail = root.child("detail");
    let inside = |name: &str| detail.and_then(|detail| detail.child(name));
    let track = inside("track");
    let number = |name: &str| track.and_then(|track| track.attribute_number(name));
    let instant = |name: &str| root.attribute(name).and_then(time::read);
    let deleted = kind.starts_with("t-x-d-d").then(|| inside("link").and_then(|link| link.attribute("uid")));
    Ok(Event {
        at: instant("start").or_else(|| instant("time")),
        stale: instant("stale"),
        position,
        ce_m: point.attribute_number("ce").filter(|ce_m| (0.0..UNKNOWN_M).contains(ce_m)),
        callsign: inside("contact").and_then(|it| it.attribute("callsign")).map(str::to_owned),
        mmsi: mmsi(&uid, inside("remarks")),
        course: number("course").and_then(Degrees::new),
        speed_mps: number("speed").filter(|mps| (0.0..500.0).contains(mps)),
        gone: deleted.map(|link| link.unwrap_or(&uid).to_owned()),
        uid,
        kind,
    })
}

/// `MMSI-413000001` as a uid, `MMSI 413000001` in the remarks: there is no field for it.
fn mmsi(uid: &str, remarks: Option<&Element>) -> Option<Mmsi> {
    let behind = |text: &str| {
        let (_, rest) = text.split_once("MMSI")?;
        let digits: String = rest.trim_start_matches([' ', '-', '.', ':', '=']).chars().take(9).collect();
        let is_whole = digits.len() == 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_whole.then(|| digits.parse().ok().and_then(Mmsi::new)).flatten()
    };
    behind(uid).or_else(|| behind(&remarks?.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOAT: &str = "<?xml version=\"1.0\"?>\n<event version=\"2.0\" uid=\"ANDROID-1\" type=\"a-f-S-X-L\" \
        time=\"2026-11-23T06:00:00Z\" start=\"2026-11-23T06:00:01.5Z\" stale=\"2026-11-23T06:02:00Z\" how=\"m-g\">\
        <point lat=\"29.9\" lon=\"122.1\" hae=\"9999999.0\" ce=\"12.5\" le=\"9999999.0\"/><detail>\
        <contact callsign=\"Haixun &amp; 01\"/><track course=\"90\" speed=\"5.2\"/>\
        <remarks>patrol, MMSI 413000001</remarks></detail></event>";

    fn items(bytes: &[u8], end: bool) -> (Vec<Item<'_>>, usize) {
        let mut items = Vec::new();
        let used = drain(bytes, end, |item| items.push(item));
        (items, used)
    }

    fn reasons(text: &str) -> Vec<Option<Reject>> {
        let (items, used) = items(text.as_bytes(), true);
        assert_eq!(used, text.len(), "{text}");
        items
            .into_iter()
            .map(|item| if let Item::Reject { reason, .. } = item { Some(reason) } else { None })
            .collect()
    }

    #[test]
    fn an_event_is_read() {
        let (items, used) = items(BOAT.as_bytes(), false);
        assert_eq!(used, BOAT.len());
        let [Item::Event(event)] = &items[..] else { panic!("{items:?}") };
        assert_eq!((event.uid.as_str(), event.kind.as_str()), ("ANDROID-1", "a-f-S-X-L"));
        assert_eq!(event.at.map(UtcTime::unix_us), Some(1_795_413_601_500_000));
        assert_eq!(event.stale.map(UtcTime::unix_s), Some(1_795_413_720));
        assert_eq!((event.position.lat(), event.position.lon(), event.ce_m), (29.9, 122.1, Some(12.5)));
        assert_eq!(event.callsign.as_deref(), Some("Haixun & 01"));
        assert_eq!((event.mmsi, event.speed_mps), (Mmsi::new(413_000_001), Some(5.2)));
        assert_eq!(event.course.map(Degrees::value), Some(90.0));
        assert_eq!(event.gone, None);
    }

    #[test]
    fn what_is_not_known_is_none_and_what_is_gone_is_named() {
        let text = "<event uid=\"MMSI-413000002\" type=\"a-u-S\"><point lat=\"1\" lon=\"2\" ce=\"9999999.0\"/></event>\
            <event uid=\"x.gone\" type=\"t-x-d-d\"><point lat=\"0\" lon=\"0\"/><detail><link uid=\"x\"/></detail></event>";
        let (items, _) = items(text.as_bytes(), true);
        let [Item::Event(first), Item::Event(second)] = &items[..] else { panic!("{items:?}") };
        assert_eq!(
            (first.mmsi, first.ce_m, first.at, first.course),
            (Mmsi::new(413_000_002), None, None, None)
        );
        assert_eq!(second.gone.as_deref(), Some("x"));
    }

    #[test]
    fn what_is_no_event_is_refused_and_costs_nothing_else() {
        use Reject::{Foreign, Malformed, NoPoint, NoType, NoUid, Protobuf, TooLong};
        let point = "<point lat=\"1\" lon=\"2\"/>";
        let long = format!("<event uid=\"a\" type=\"b\">{}</event>", " ".repeat(MAX_BYTES));
        for (text, expected) in [
            (format!("hello {BOAT}"), vec![Some(Foreign), None]),
            (format!("\u{bf}\u{1}{BOAT}"), vec![Some(Foreign), None]),
            (format!("{BOAT}<events/>"), vec![None, Some(Foreign)]),
            (format!("<event type=\"a\">{point}</event>{BOAT}"), vec![Some(NoUid), None]),
            (format!("<event uid=\"a\">{point}</event>"), vec![Some(NoType)]),
            (format!("<event uid=\"a\" type=\"b\"></event>{BOAT}"), vec![Some(NoPoint), None]),
            (format!("<event uid=\"a>\" type=\"b\"/>{BOAT}"), vec![Some(NoPoint), None]),
            (
                "<event uid=\"a\" type=\"b\"><point lat=\"91\" lon=\"2\"/></event>".to_owned(),
                vec![Some(NoPoint)],
            ),
            (
                "<event uid=\"a\" type=\"b\"><point lat=\"NaN\" lon=\"2\"/></event>".to_owned(),
                vec![Some(NoPoint)],
            ),
            (format!("<event uid=\"a\"><b></event>{BOAT}"), vec![Some(Malformed), None]),
            ("<event uid=\"a\" ".to_owned(), vec![Some(Malformed)]),
            ("<event ".repeat(50), vec![Some(Malformed)]),
            (format!("{long}{BOAT}"), vec![Some(TooLong), Some(Foreign), None]),
        ] {
            assert_eq!(reasons(&text), expected, "{}", &text[..text.len().min(80)]);
        }
        let (items, used) = items(&[TAK, 1, TAK, 2, 3], true);
        assert!(matches!(items[..], [Item::Reject { reason: Protobuf, .. }]) && used == 5, "{items:?}");
    }

    /// Megabytes that never become an event are refused as they come, each part once.
    #[test]
    fn what_never_ends_is_left_behind() {
        for noise in ["<event ", "<?", "<event a=\"", "<event>", "x<??>", "<", "<event uid='<event' "] {
            let bytes = noise.repeat((8 << 20) / noise.len());
            let (mut buffer, mut refused) = (Vec::new(), 0);
            for piece in bytes.as_bytes().chunks(16 * 1024) {
                buffer.extend_from_slice(piece);
                let used = drain(&buffer, false, |item| {
                    let Item::Reject { bytes, .. } = item else { panic!("{item:?}") };
                    refused += bytes.len();
                });
                buffer.drain(..used);
                assert!(buffer.len() <= MAX_BYTES + 16 * 1024, "{noise}");
            }
            assert!(refused > 0 || noise == "<", "{noise}");
        }
    }

    proptest! {
        /// However the bytes come, the same events come out of them.
        #[test]
        fn pieces_make_the_whole(cuts in proptest::collection::vec(1_usize..200, 1..20)) {
            let text = format!("{BOAT}{BOAT}\n{BOAT}");
            let (mut buffer, mut events, mut at) = (Vec::new(), 0, 0);
            for cut in cuts.into_iter().cycle() {
                let next = (at + cut).min(text.len());
                buffer.extend_from_slice(&text.as_bytes()[at..next]);
                at = next;
                let used = drain(&buffer, at == text.len(), |item| {
                    assert!(matches!(item, Item::Event(_)), "{item:?}");
                    events += 1;
                });
                buffer.drain(..used);
                if at == text.len() {
                    break;
                }
            }
            prop_assert_eq!((events, buffer.len()), (3, 0));
        }

        #[test]
        fn whatever_comes_is_taken_or_waited_for(text in "(<event|</event>|<point|<\\?|\\?>|>|/|\"|=|uid|type|lat|lon| |1|[ -~]){0,60}", end: bool) {
            let used = drain(text.as_bytes(), end, |_| {});
            prop_assert!(used <= text.len() && (!end || used == text.len()));
        }
    }
}
