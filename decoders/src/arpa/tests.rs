use super::*;
use crate::frame::Line;
use crate::nmea::{Item, Reader};
use units::UtcTime;

/// Reads one line; its only sentence, decoded.
fn read<T>(line: &[u8], check: impl FnOnce(Option<Result<Message<'_>, DecodeError>>) -> T) -> T {
    let (mut reader, mut check, mut checked) = (Reader::new(), Some(check), None);
    reader.line(Line::Whole(line), UtcTime::from_unix_s(0), |item| {
        let Item::Other(sentence) = item else { panic!("{item:?}") };
        checked = check.take().map(|check| check(decode(&sentence)));
    });
    checked.unwrap()
}

fn sentence(body: &str) -> Vec<u8> {
    let mut line = Vec::new();
    crate::nmea::encode_sentence(&mut line, if body.contains("TTD") { b'!' } else { b'$' }, body.as_bytes());
    line.truncate(line.len() - 2);
    line
}

#[test]
fn what_is_wrong_is_said_by_field() {
    let cases = [
        ("RATTM,x1,1,2,T,3,4,T,5,6,N,,T", Some(DecodeError::BadNumber { field: 1 })),
        ("RATTM,1,1e5", Some(DecodeError::BadNumber { field: 2 })),
        ("RATTM,1,inf", Some(DecodeError::BadNumber { field: 2 })),
        ("RATTM,1,1,2,M", Some(DecodeError::BadLetter { field: 4 })),
        ("RATTM,1,1,2,T,3,4,T,5,6,Q", Some(DecodeError::BadLetter { field: 10 })),
        ("RATTM,1,1,2,T,3,4,T,5,6,N,,T,,246000.00", Some(DecodeError::BadTime { field: 14 })),
        ("RATLL,1,2960.0,N,12200.0,E", Some(DecodeError::BadPlace { field: 2 })),
        ("RATLL,1,2945.0,,12200.0,E", Some(DecodeError::BadPlace { field: 3 })),
        ("RATLL,1,2945.0,N,18000.001,E", Some(DecodeError::BadPlace { field: 4 })),
        ("RATTD,01,01,0,0PP10Eg@wwP74@,0", Some(DecodeError::BadPayload { chars: 14 })),
        ("RATTD,01,01,0,0PP10Eg@wwP74X@,0", Some(DecodeError::BadPayload { chars: 15 })),
        ("RATTD,01,01,0,,0", Some(DecodeError::BadPayload { chars: 0 })),
        ("IIACN,060002.00,,3052,12,A,X", Some(DecodeError::BadLetter { field: 6 })),
        // Fields missing, blank, or beyond those of the standard are no fault.
        ("RATTM", None),
        ("RATTM, 7, ,,  ", None),
        ("RATTM,01,1,2,T,3,4,T,5,6,N,A,T,R,000000,A,further,fields", None),
    ];
    for (body, wrong) in cases {
        read(&sentence(body), |decoded| assert_eq!(decoded.unwrap().err(), wrong, "{body}"));
    }
    for other in ["PRTTM,1,2", "RATTMX,1", "HEHDT,035.1,T", "GPTXT"] {
        read(&sentence(other), |decoded| assert_eq!(decoded, None, "{other}"));
    }
}

#[test]
fn texts_are_escaped_and_come_back() {
    let mut room = Vec::new();
    let text = Text::escaped("A*B, C^ \u{e9}~\u{4e00}", &mut room);
    assert_eq!(text.as_sent(), b"A^2AB^2C C^5E ^E9^7E");
    assert_eq!(text.chars().collect::<String>(), "A*B, C^ \u{e9}~");
    assert_eq!(text.label(), None);
    assert_eq!(Text::sent(b"50^25 ^zz^").label(), units::Label::new(b"50% ^zz^"));
    assert_eq!(Text::sent(&[b'A'; 41]).label(), None);
}

#[test]
fn lists_are_written_as_they_are_read() {
    let (mut room, mut name, mut out) = (Vec::new(), Vec::new(), Vec::new());
    // The line of the shared data, which came from a maker's manual.
    let star = Text::escaped("EXAMPLE STAR", &mut name);
    let labels = [(1, Some(star)), (2, None), (104, Some(Text::sent(b"TGT104")))];
    let block = TargetLabels::of(&labels, &mut room);
    assert!(block.labels().eq(labels));
    Message::Tlb(block).encode(*b"RA", &mut out);
    assert_eq!(out, b"$RATLB,1,EXAMPLE STAR,2,,104,TGT104*71\r\n");
    let listed = |id, instance, revision| Listed {
        maker: None,
        id,
        instance: Some(instance),
        revision: Some(revision),
    };
    let alerts = [listed(3052, 12, 1), listed(3008, 1, 4)];
    let list = AlertList::of(&alerts, &mut room);
    assert!(list.alerts().eq(alerts));
    out.clear();
    Message::Alc(list).encode(*b"VR", &mut out);
    assert_eq!(out, b"$VRALC,01,01,00,2,,3052,12,1,,3008,1,4*40\r\n");
}

#[test]
fn the_check_vector_of_packed_targets_holds() {
    // Expected values from a public decoder, as the specification tells them.
    read(b"!RATTD,01,01,0,0PP10Eg@wwP74@0,0*0B", |decoded| {
        let Some(Ok(Message::Ttd(block))) = decoded else { panic!("{decoded:?}") };
        let [target] = block.targets().collect::<Vec<_>>()[..] else { panic!("{block:?}") };
        let seen = (target.number, target.bearing(), target.speed(), target.course(), target.heading());
        assert_eq!(seen, (32, Some(204.9), Some(2.1), Some(302.4), None));
        assert_eq!((target.status, target.distance(), target.water, target.relative), (4, 4.52, true, false));
        let (mut room, mut out) = (Vec::new(), Vec::new());
        Message::Ttd(TargetBlock::of(&[target], &mut room)).encode(*b"RA", &mut out);
        assert_eq!(out, b"!RATTD,01,01,0,0PP10Eg@wwP74@0,0*0B\r\n");
    });
}

#[test]
fn a_target_is_written_as_the_standard_has_it() {
    let mut room = Vec::new();
    let target = TrackedTarget {
        number: Some(1),
        distance: Some(1.234),
        bearing: Some(45.6),
        bearing_from: Some(Reference::True),
        speed: Some(12.3),
        course: Some(123.4),
        course_from: Some(Reference::True),
        cpa: Some(0.45),
        tcpa_min: Some(-3.2),
        unit: Some(Unit::NauticalMiles),
        name: Some(Text::escaped("EXAMPLE STAR", &mut room)),
        status: Some(TargetStatus::Tracking),
        reference: None,
        time: Clock::of_day_ms(21_600_250),
        acquisition: Some(Acquisition::Automatic),
    };
    let mut out = Vec::new();
    Message::Ttm(target).encode(*b"RA", &mut out);
    let body = b"RATTM,01,1.234,045.6,T,12.30,123.4,T,0.45,-3.2,N,EXAMPLE STAR,T,,060000.25,A";
    assert_eq!(out.get(1..=body.len()), Some(&body[..]));
    let place = units::Position::new(-29.75, 122.316_535).unwrap();
    out.clear();
    Message::Tll(TargetPosition { number: Some(104), ..TargetPosition::default() }.at(place))
        .encode(*b"RA", &mut out);
    assert_eq!(out.get(1..38), Some(&b"RATLL,104,2945.0000,S,12218.9921,E,,,"[..]));
}
