//! Terminals on real sockets, beside a BeiDou source: one boat in the picture, everything accounted for. The dialogue in
//! full is that of `tools/peers/terminal808.py`, which knows nothing of our decoders.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may")]

mod support;

use decoders::jt808::{Authenticate, Item, Location, Message, Phone, Reader, Register, Stamp};
use decoders::rdss::sentence;
use decoders::{TimeOfDay, jt808};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use support::{Console, Folder, PATIENCE, eventually, scrape, source, start};
use units::Position;

const AHEAD_S: i32 = 8 * 3600;

struct Terminal {
    stream: TcpStream,
    phone: Phone,
    serial: u16,
}

impl Terminal {
    fn connect(address: SocketAddr, phone: Phone) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream, phone, serial: 0 }
    }

    /// Sends a message; what the reply says.
    fn ask(&mut self, message: &Message<'_>) -> (u16, Vec<u8>) {
        let (mut body, mut out) = (Vec::new(), Vec::new());
        message.encode(false, &mut body);
        let (id, serial, phone) = (message.id(), self.serial, self.phone);
        let frame = jt808::Frame {
            id,
            encryption: 0,
            version: None,
            reserved: false,
            phone,
            serial,
            part: None,
            body: &body,
        };
        assert!(frame.encode(&mut out));
        self.serial += 1;
        self.stream.write_all(&out).unwrap();
        let (mut reader, mut buffer, mut reply) = (Reader::default(), vec![0; 4096], None);
        while reply.is_none() {
            let read = self.stream.read(&mut buffer).unwrap();
            assert!(read > 0, "hung up on");
            reader.drain(&buffer[..read], false, |item| match item {
                Item::Frame(frame) => reply = Some((frame.id, frame.body.to_vec())),
                Item::Reject { reason, .. } => panic!("{reason}"),
            });
        }
        reply.unwrap()
    }

    fn enter(&mut self) {
        let register = Register {
            province: 33,
            city: 903,
            maker: b"MAKER",
            model: &[b'M'; 20],
            terminal: b"0000001",
            colour: 0,
            plate: b"",
        };
        let (id, body) = self.ask(&Message::Register(register));
        assert_eq!((id, body[2]), (0x8100, 0));
        let (_, reply) = self.ask(&Message::Authenticate(Authenticate { code: &body[3..], device: &[] }));
        assert_eq!(reply[4], 0);
    }
}

#[test]
fn one_boat_is_heard_by_beidou_and_by_its_terminal() {
    let folder = Folder::new("jt808");
    std::fs::write(
        folder.file("vessels.csv"),
        "mmsi,name,card,terminal\n412001234,ZHE PU YU 12345,312194,13912345678\n",
    )
    .unwrap();
    let engine = start(&format!(
        "[registry]\npath = {:?}\n[feed]\njson = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
         [[source]]\nname = \"fleet\"\nkind = \"tcp-server\"\nformat = \"beidou\"\naddress = \"127.0.0.1:0\"\n\
         [[source]]\nname = \"terminals\"\nkind = \"tcp-server\"\nformat = \"jt808\"\naddress = \"127.0.0.1:0\"\n\
         strangers = \"refuse\"\n",
        folder.file("vessels.csv")
    ));
    let http = engine.addresses().http.unwrap();
    let mut console = Console::connect(engine.addresses().json.unwrap());
    let phone = |digits| Phone::from_digits(digits, false).unwrap();

    let mut terminal = Terminal::connect(source(&engine, "terminals"), phone("13912345678"));
    terminal.enter();
    let now = engine::clock::now_utc();
    let at = Position::new(29.935, 121.885).unwrap();
    let location = Location::new(at, Stamp::from_utc(now, AHEAD_S).unwrap());
    let (_, reply) = terminal.ask(&Message::Location(location));
    assert_eq!(reply[4], 0);
    let track = console.until("track");
    assert_eq!((&track["identity"]["mmsi"], &track["class"]), (&412_001_234.into(), &"terminal".into()));
    let first = track["id"].clone();

    let mut stream = TcpStream::connect(source(&engine, "fleet")).unwrap();
    let mut out = Vec::new();
    sentence::encode_waa(&mut out, 312_194, TimeOfDay::of(now.plus_s(1.0), AHEAD_S), at, 0);
    sentence::encode_waa(&mut out, 999_999, TimeOfDay::of(now, 0), at, 0);
    out.extend_from_slice(b"TCQ OK!\r\n$BDWAA,broken*00\r\n");
    stream.write_all(&out).unwrap();
    let mut stranger_seen = false;
    loop {
        let track = console.until("track");
        if track["identity"]["card"] == 999_999 {
            assert_eq!(track["identity"]["mmsi"], serde_json::Value::Null);
            stranger_seen = true;
            continue;
        }
        assert_eq!(track["id"], first, "one boat, one track: {track}");
        if track["identity"]["name"] == "ZHE PU YU 12345"
            && track["heard"].as_array().is_some_and(|by| by.len() == 2)
        {
            let identity = &track["identity"];
            assert_eq!((&identity["card"], &identity["terminal"]), (&312_194.into(), &"13912345678".into()));
            break;
        }
    }

    // A card that no registry has is a vessel all the same.
    while !stranger_seen {
        stranger_seen = console.until("track")["identity"]["card"] == 999_999;
    }
    out.clear();
    sentence::encode_dwr(&mut out, 312_194, TimeOfDay::of(now.plus_s(2.0), AHEAD_S), at, 0, true);
    stream.write_all(&out).unwrap();
    let alert = console.until("alert");
    assert_eq!((&alert["kind"], &alert["priority"]), (&411.into(), &"emergency".into()), "{alert}");
    assert_eq!(alert["tracks"][0], first, "{alert}");

    // A terminal that the registry does not know is told so, and whoever shows no code gets nowhere.
    let register =
        Register { province: 0, city: 0, maker: b"", model: &[0; 20], terminal: b"", colour: 0, plate: b"" };
    let mut stranger = Terminal::connect(source(&engine, "terminals"), phone("13900000000"));
    assert_eq!(stranger.ask(&Message::Register(register)).1[2], 4);
    assert_eq!(stranger.ask(&Message::Location(location)).1[4], 1);
    drop((terminal, stranger, stream));
    eventually("everybody has gone", || scrape(http).sum("fairway_source_peers", "") == 0);
    let metrics = scrape(http);
    assert_eq!(metrics.assert_accounted("terminals"), 5);
    assert_eq!(metrics.assert_accounted("fleet"), 5);
    let count = |name, label| metrics.sum(name, label);
    assert_eq!(count("fairway_sentences_rejected_total", "unauthenticated"), 1);
    assert_eq!(count("fairway_sentences_rejected_total", "bad_checksum"), 1);
    assert_eq!(count("fairway_terminal_registrations_total", "refused"), 1);
    assert_eq!(count("fairway_terminal_times_total", "zone"), 1);
    assert_eq!(count("fairway_terminal_fixes_unregistered_total", "fleet"), 1);
    let _ = engine.stop();
}
