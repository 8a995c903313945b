use super::message::{Message, Track, TrackStatus, Vessel, Voyage};
use super::*;
use proptest::prelude::*;
use units::{Degrees, Mmsi, Position};

const HEAD: &str = "<Header MsgRefId=\"{550e8400-e29b-41d4-a716-446655440001}\" Version=\"0.2.5\"/>";
const TRACK: &str = "<TrackData COG=\"1.5\" Id=\"7\" SOG=\"2\" SourceName=\"a\" UpdateTime=\"2026-11-23T06:00:00Z\" \
     TrackStatus=\"1\"><Pos Lat=\"29.75\" Long=\"122.3\"/></TrackData>";

fn whole(body: &str) -> String {
    format!("<MSG_IVEF xmlns=\"{NAMESPACE}\">{HEAD}<Body>{body}</Body></MSG_IVEF>")
}

fn objects(objects: &str) -> String {
    whole(&format!("<ObjectDatas>{objects}</ObjectDatas>"))
}

fn decoded(xml: &str, rules: Rules) -> Result<Document, Reject> {
    let mut document = Document::new();
    document.decode(xml.as_bytes(), rules).map(|()| document)
}

/// By the lenient rules, then by the strict ones.
#[test]
fn what_is_wrong_is_refused_with_its_reason() {
    use Reject::{
        BadCharacter, BadEntity, BadFlag, BadNumber, BadTime, BadVersion, BadXml, Doctype, MissingAttribute,
        MissingElement, NotInSchema, OutOfRange, Repeated, TooDeep, TooLongText, TooMany, UnknownMessage,
    };
    let ping = "<Ping TimeStamp=\"2026-11-23T06:00:00Z\"/>";
    let login = |more: &str| whole(&format!("<LoginRequest Encryption=\"1\" Name=\"a\" {more}/>"));
    let track =
        |from: &str, to: &str| objects(&format!("<ObjectData>{}</ObjectData>", TRACK.replace(from, to)));
    let deep = format!("{}{}", "<x>".repeat(64), "</x>".repeat(64));
    let many = (0..99).fold(String::new(), |text, n| text + &format!(" a{n}=\"\""));
    let cases: &[(String, Option<Reject>, Option<Reject>)] = &[
        (whole(ping), None, None),
        (whole("<Logout></Logout>"), None, None),
        (whole("<Logout> hello </Logout>"), None, Some(NotInSchema)),
        (whole(ping).replace("0.2.5", "0.2.2"), None, Some(BadVersion)),
        (whole(ping).replace("MSG_IVEF", "MSG_Ping"), None, Some(UnknownMessage)),
        (whole(ping).replace("MSG_IVEF", "MSGIVEF"), Some(UnknownMessage), Some(UnknownMessage)),
        (
            whole(ping)
                .replace("<Ping", "<v:Ping")
                .replace("<MSG_IVEF xmlns", "<v:MSG_IVEF xmlns:v")
                .replace("</MSG", "</v:MSG"),
            None,
            None,
        ),
        (whole("<Pang/>"), Some(UnknownMessage), Some(NotInSchema)),
        (whole(""), Some(UnknownMessage), Some(UnknownMessage)),
        (whole(&format!("{ping}<Logout/>")), Some(Repeated), Some(NotInSchema)),
        (whole(&format!("{ping}{ping}")), Some(Repeated), Some(Repeated)),
        (whole("<Ping/>"), Some(MissingAttribute), Some(MissingAttribute)),
        (whole("<Ping TimeStamp=\"yesterday\"/>"), Some(BadTime), Some(BadTime)),
        (whole("<ServerStatus Status=\"maybe\"/>"), Some(BadFlag), Some(BadFlag)),
        (whole("<ServerStatus Status=\"yes\"/>"), None, Some(BadFlag)),
        (whole("<ServiceRequest/>"), Some(MissingElement), Some(MissingElement)),
        (
            whole(
                "<ServiceRequest><Area><Pos Lat=\"1\" Long=\"1\"/><Pos Lat=\"1\" Long=\"2\"/></Area><Transmission Type=\"1\"/></ServiceRequest>",
            ),
            Some(MissingElement),
            Some(MissingElement),
        ),
        (login("Password=\"b\""), None, None),
        (login(&format!("Password=\"{}\"", "b".repeat(257))), Some(TooLongText), Some(TooLongText)),
        (login("Password=\"b\" Colour=\"red\""), None, Some(NotInSchema)),
        (login("Password=\"b\" Password=\"c\""), Some(BadXml), Some(BadXml)),
        (login("Password=\"&lol;\""), Some(BadEntity), Some(BadEntity)),
        (login("Password=\"&#1;\""), Some(BadCharacter), Some(BadCharacter)),
        (login("Password=\"&#x41;&amp;&lt;\""), None, None),
        (login("Password=\"a<b\""), Some(BadXml), Some(BadXml)),
        (login(&format!("Password=\"b\"{many}")), Some(TooMany), Some(NotInSchema)),
        (login("Password=\"b\"").replace("\"1\"", "\"plain\""), None, Some(BadNumber)),
        (whole(&format!("<Logout>{deep}</Logout>")), Some(TooDeep), Some(NotInSchema)),
        (whole("<Logout>&lol9;</Logout>"), Some(BadEntity), Some(BadEntity)),
        (whole("<Logout>"), Some(BadXml), Some(BadXml)),
        (format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{}", whole(ping)), Some(Doctype), Some(Doctype)),
        (track("", ""), None, None),
        (track("1.5", "1,5"), Some(BadNumber), Some(BadNumber)),
        (track("1.5", "1.5.5"), Some(BadNumber), Some(BadNumber)),
        (track("1.5", "inf"), Some(BadNumber), Some(BadNumber)),
        (track("1.5", "1e999"), Some(OutOfRange), Some(BadNumber)),
        (track("1.5", "1.55"), None, Some(OutOfRange)),
        (track("1.5", "361"), Some(OutOfRange), Some(OutOfRange)),
        (track("1.5\"", "1.5\" Width=\"-3\""), None, Some(OutOfRange)),
        (track("1.5\"", "1.5\" Width=\"3,0\""), Some(BadNumber), Some(BadNumber)),
        (track("29.75", "90.1"), Some(OutOfRange), Some(OutOfRange)),
        (track("\"7\"", "\"99999999999999999999\""), Some(OutOfRange), Some(OutOfRange)),
        (track("SourceName=\"a\"", ""), None, Some(MissingAttribute)),
        (track("UpdateTime", "Time"), Some(MissingAttribute), Some(NotInSchema)),
        (objects(""), Some(MissingElement), Some(MissingElement)),
    ];
    for (xml, lenient, strict) in cases {
        assert_eq!(decoded(xml, Rules::Lenient).err(), *lenient, "{xml}");
        assert_eq!(decoded(xml, Rules::Strict).err(), *strict, "strict: {xml}");
    }
}

/// One object that is wrong costs itself, wherever in it the fault is, and no other.
#[test]
fn a_bad_object_costs_itself() {
    let good = format!("<ObjectData>{TRACK}</ObjectData>");
    let vessel = "<VesselData Id=\"1\"><Identifier><OtherId Id=\"a\" Value=\"b\"/></Identifier></VesselData>";
    let bad = [
        format!("<ObjectData>{}</ObjectData>", TRACK.replace("1.5", "1,5")),
        format!("<ObjectData>{}</ObjectData>", TRACK.replace("29.75", "x")),
        format!("<ObjectData>{TRACK}{TRACK}</ObjectData>"),
        format!("<ObjectData>{TRACK}{}</ObjectData>", vessel.replace(" Value=\"b\"", "")),
        format!(
            "<ObjectData>{TRACK}<VesselData Id=\"1\"><Identifier/><Identifier><OtherId Id=\"a\" Value=\"b\"/></Identifier></VesselData></ObjectData>"
        ),
    ];
    let expected =
        decoded(&objects(&format!("{good}<ObjectData>{vessel}</ObjectData>")), Rules::Lenient).unwrap();
    for bad in &bad {
        let xml = objects(&format!("{bad}{good}{bad}<ObjectData>{vessel}</ObjectData>{bad}"));
        let document = decoded(&xml, Rules::Lenient).unwrap();
        assert_eq!(document, expected, "{bad}");
        assert_eq!(document.refused().iter().sum::<u32>(), 3, "{bad}");
        assert!(decoded(&xml, Rules::Strict).is_err());
    }
}

/// HITT's ISIS, and the versions 0.1 before the standard: made here after the specification's notes.
#[test]
fn the_dialects_say_the_same_with_other_names() {
    let text = "<MSG_VesselData xmlns=\"urn:http://www.hitt.nl/XMLSchema/ISIS/1.0\">\n<Header MsgRefId=\"{1}\" Version=\"1.0\"/>\n\
        <Body><VesselData><PosReport SourceId=\"1\" Lost=\"no\" UpdateTime=\"2009-02-06T18:53:18.998\" SOG=\"10.0\" COG=\"359.8\" \
        Length=\"60.0\" Breadth=\"10.0\" UpdSensorType=\"2\" NavStatus=\"5\" Orientation=\"359.3\" RateOfTurn=\"-2\" Id=\"6\">\
        <Pos Long=\"3.79324\" Lat=\"51.95067\"/></PosReport><StaticData Callsign=\"IS\" ShipName=\"ISIS \" Length=\"60\" \
        Breadth=\"10\" ShipType=\"70\" MMSI=\"244000023\" IMO=\"1234568\" Id=\"x\" Source=\"1\" SourceName=\"AIS\"/>\
        <Voyage Id=\"1\" Destination=\"ROTTERDAM\" Draught=\"6\" ETA=\"2009-12-31T23:59:00\"/></VesselData>\
        <VesselData><PosReport Lost=\"yes\" UpdateTime=\"2009-02-06T18:53:18\" SOG=\"0\" COG=\"0\" Id=\"7\"/></VesselData></Body></MSG_VesselData>";
    let document = decoded(text, Rules::Lenient).unwrap();
    assert_eq!(Message::of(&document), Some(Message::Objects));
    let objects: Vec<_> = document.objects().collect();
    assert_eq!(objects.len(), 2);
    let track = Track::of(objects[0]).unwrap();
    assert_eq!(track.position, Position::new(51.95067, 3.79324));
    assert_eq!(
        (track.sog_mps, track.cog, track.heading),
        (Some(10.0), Degrees::new(359.8), Degrees::new(359.3))
    );
    assert_eq!((track.length_m, track.width_m, track.rot_deg_min), (Some(60.0), Some(10.0), Some(-2.0)));
    assert_eq!((track.status, track.nav_status), (Some(TrackStatus::Updated), Some(5)));
    let vessel = Vessel::all(objects[0]).find(|vessel| vessel.mmsi.is_some()).unwrap();
    assert_eq!((vessel.mmsi, vessel.imo, vessel.name), (Mmsi::new(244_000_023), None, Some("ISIS")));
    assert_eq!((vessel.ship_type, vessel.width_m), (Some(70), Some(10.0)));
    let voyage = Voyage::all(objects[0]).next().unwrap();
    assert_eq!((voyage.destination, voyage.draught_m), (Some("ROTTERDAM"), Some(6.0)));
    let lost = Track::of(objects[1]).unwrap();
    assert_eq!((lost.status, lost.position), (Some(TrackStatus::Dropped), None));
    assert_eq!(decoded(text, Rules::Strict).err(), Some(Reject::UnknownMessage));
    let mut out = Vec::new();
    document.encode(&mut out);
    assert!(out.starts_with(b"<MSG_VesselData>"));
    assert_eq!(decoded(std::str::from_utf8(&out).unwrap(), Rules::Lenient).as_ref(), Ok(&document));
}

/// What a stream that arrives in pieces of the given sizes holds.
fn read(stream: &[u8], sizes: &[usize]) -> (Vec<Vec<u8>>, Vec<Reject>, Counters) {
    let (mut reader, mut messages, mut rejects) = (Stream::default(), Vec::new(), Vec::new());
    let mut keep = |item: Item<'_>| match item {
        Item::Message(document) => {
            let mut out = Vec::new();
            document.encode(&mut out);
            messages.push(out);
        }
        Item::Reject { reason, .. } => rejects.push(reason),
    };
    let (mut rest, mut sizes) = (stream, sizes.iter().cycle());
    while !rest.is_empty() {
        let (now, later) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
        reader.take(now, &mut keep);
        rest = later;
    }
    reader.end(&mut keep);
    let counters = reader.counters().clone();
    assert!(counters.balanced());
    assert_eq!(rejects.len() as u64, counters.rejects.iter().sum::<u64>());
    (messages, rejects, counters)
}

#[test]
fn packed_messages_come_out_however_they_were_packed() {
    let (one, two) = (whole("<Logout/>"), whole("<Ping TimeStamp=\"2026-11-23T06:00:00Z\"/>"));
    let packed = |text: &str| {
        let mut out = Vec::new();
        pack(text.as_bytes(), &mut out);
        out
    };
    let plain = read([one.as_bytes(), b"\n", two.as_bytes()].concat().as_slice(), &[1000]);
    assert_eq!((plain.0.len(), plain.1.len()), (2, 0));
    let streams = [
        [packed(&one), packed(&two)].concat(),
        [packed(&one), b"\r\n".to_vec(), packed(&two), b"\n".to_vec()].concat(),
        packed(&format!("{one}{two}")),
        [packed(one.get(..50).unwrap()), packed(&format!("{}{two}", one.get(50..).unwrap()))].concat(),
    ];
    for stream in &streams {
        for sizes in [vec![1], vec![3, 50], vec![100_000]] {
            assert_eq!(read(stream, &sizes), plain, "{sizes:?}");
        }
    }
    let cut = packed(&one);
    assert_eq!(read(&cut[..cut.len() - 20], &[7]).1, [Reject::Unfinished]);
    let mut broken = [packed(&one), packed(&two)].concat();
    let at = broken.len() - 2;
    broken[at] ^= 1;
    assert_eq!(read(&broken, &[9]).1, [Reject::BadZlib]);
}

#[test]
fn a_stream_is_known_by_its_first_bytes() {
    let one = whole("<Logout/>");
    let mut packed = Vec::new();
    pack(format!("<?xml version='1.0'?>\n{one}").as_bytes(), &mut packed);
    for yes in [one.as_bytes(), format!("\u{feff}\n<!-- x --><v:MSG_Ping>{one}").as_bytes(), &packed] {
        assert!(looks_like(yes), "{}", yes.escape_ascii());
    }
    let nmea = "!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\n<MSG_IVEF>";
    for no in [nmea.as_bytes(), b"", b"<html>MSG_", b"x\x9cMSG_", b"x", b"<?xml"] {
        assert!(!looks_like(no), "{}", no.escape_ascii());
    }
}

#[test]
fn what_grows_without_bound_is_a_bomb() {
    for size in [8192, 200_000, 50_000_000] {
        let mut bomb = Vec::new();
        pack(&vec![b' '; size], &mut bomb);
        let many = bomb.repeat(3);
        let (messages, rejects, _) = read(&many, &[4096]);
        assert!(messages.is_empty());
        assert_eq!(rejects, if size > 10_000 { vec![Reject::Bomb] } else { vec![] }, "{size}");
    }
}

/// Elements and attributes as they might be, sensible ones among them.
fn fragments() -> impl Strategy<Value = String> {
    let pieces = [
        HEAD,
        TRACK,
        "<Body>",
        "</Body>",
        "<ObjectDatas>",
        "</ObjectDatas>",
        "<ObjectData>",
        "</ObjectData>",
        "<MSG_IVEF>",
        "</MSG_IVEF>",
        "<TrackData COG=\"1\" Id=\"1\" SOG=\"1\" UpdateTime=\"2026-11-23T06:00:00Z\">",
        "</TrackData>",
        "<Pos Lat=\"1\" Long=\"-180\"/>",
        "<VesselData Id=\"4\" Class=\"1\"><Identifier Name=\"&#x9;&quot;\"/></VesselData>",
        "<Logout/>",
        "<Ping TimeStamp=\"2026-11-23T06:00\"/>",
        "text",
        "&amp;",
        "&x;",
        "<!-- -->",
        "<![CDATA[<]]>",
        "<?p?>",
        "<x>",
        "</x>",
        "<NavStatus Value=\"3\"/>",
        "<TaggedItem Key=\"k\" Value=\"é\u{10ffff}\"/>",
        "<MSG_VesselData>",
        "</MSG_VesselData>",
        "<VesselData ShipName=\"x\">",
        "</VesselData>",
        "<PosReport COG=\"9\" Id=\"1\" SOG=\"1.23456789\" UpdateTime=\"2026-11-23T06:00:00.1234567Z\" Lost=\"yes\"/>",
        "<VoyageData Id=\"1\" UpdateTime=\"2026-11-23T06:00:00Z\" Draught=\"1e3\" ISPSLevel=\"1.0\"/>",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..16).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_bytes_decode_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), sizes in prop::collection::vec(1_usize..90, 1..4)) {
        prop_assert_eq!(read(&bytes, &sizes), read(&bytes, &[bytes.len().max(1)]));
    }

    #[test]
    fn anything_decoded_is_written_and_decoded_the_same(inside in fragments(), sizes in prop::collection::vec(1_usize..90, 1..4)) {
        for text in [format!("<MSG_IVEF>{HEAD}<Body>{inside}</Body></MSG_IVEF>"), objects(&inside), inside] {
            let (messages, rejects, counters) = read(text.as_bytes(), &sizes);
            prop_assert_eq!(&(messages.clone(), rejects, counters), &read(text.as_bytes(), &[text.len().max(1)]));
            for message in messages {
                let mut document = Document::new();
                document.decode(&message, Rules::Lenient).unwrap();
                let mut again = Vec::new();
                document.encode(&mut again);
                prop_assert_eq!(again, message);
            }
        }
    }

    #[test]
    fn a_damaged_message_is_refused_or_read(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = objects(&format!("<ObjectData>{TRACK}</ObjectData>")).into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let (messages, rejects, _) = read(&bytes, &[33]);
        prop_assert!(messages.len() + rejects.len() <= 2 && (at == 0 || messages.len() + rejects.len() > 0));
    }
}
