//! Any payload: decodes from 38 bits up, every accessor answers, and what is decoded is written back the same.
#![no_main]

use decoders::ais::{self, Message, Visit, asm};
use decoders::bits::{BitWriter, Bits};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((trim, bytes)) = data.split_first() else { return };
    let bits = Bits::new(bytes, (bytes.len() * 8).saturating_sub(usize::from(trim % 8)));
    let Ok(message) = ais::decode(bits) else {
        assert!(bits.len() < 38);
        return;
    };
    touch(&message);
    let mut told = Told::default();
    message.fields(bits, &mut told);
    asm::fields(&message, bits, &mut told);
    assert_eq!(told.open, 0);
    let mut out = BitWriter::new();
    message.encode(&mut out);
    let written = out.bits();
    let own = match message.kind() {
        // The fill of its last byte is zeros whatever was there.
        21 => written.len().min(272),
        // Its data, which is left out, stands before its communication state.
        26 => written.len().min(40),
        _ => written.len(),
    };
    assert_eq!(Bits::new(written.bytes(), own), Bits::new(bits.bytes(), own.min(bits.len())));
    let again = ais::decode(written).expect("what we write is a message");
    let mut out_again = BitWriter::new();
    again.encode(&mut out_again);
    assert_eq!(out_again.bits(), written);
    message.encode_over(bits, &mut out);
    assert_eq!(out.bits(), bits);
});

/// Hears every field, and how much there is of them.
#[derive(Default)]
struct Told {
    open: usize,
    fields: usize,
}

impl Told {
    fn one(&mut self) {
        self.fields += 1;
        // A payload of 4,096 bytes has no more to tell than this.
        assert!(self.fields < 100_000);
    }
}

impl Visit for Told {
    fn null(&mut self, _: &'static str) {
        self.one();
    }
    fn flag(&mut self, _: &'static str, _: bool) {
        self.one();
    }
    fn int(&mut self, _: &'static str, _: i64) {
        self.one();
    }
    fn float(&mut self, key: &'static str, value: f64, _: u8) {
        assert!(value.is_finite(), "{key}");
        self.one();
    }
    fn exact(&mut self, _: &'static str, _: f64) {
        self.one();
    }
    fn wide(&mut self, _: &'static str, _: &[u8]) {
        self.one();
    }
    fn text(&mut self, key: &'static str, value: &str) {
        assert!(!value.is_empty() && value.bytes().all(|b| (0x20..0x7f).contains(&b)), "{key}: {value:?}");
        self.one();
    }
    fn hex(&mut self, _: &'static str, _: Bits<'_>) {
        self.one();
    }
    fn object(&mut self, _: &'static str) {
        self.open += 1;
    }
    fn array(&mut self, _: &'static str) {
        self.open += 1;
    }
    fn close(&mut self) {
        self.open = self.open.checked_sub(1).expect("closed too often");
    }
}

/// Everything that computes.
fn touch(message: &Message) {
    let mut out_of_range = 0;
    message.invalid(&mut |_, _| out_of_range += 1);
    assert!(out_of_range < 10);
    let _ = (message.position(), message.length_ok(), message.mmsi());
    match message {
        Message::PositionA(m) => {
            assert!(m.rot_deg_min().is_none_or(|rot| rot.abs() < 710.0));
            let _ = (m.sog(), m.cog(), m.heading(), m.comm_state());
        }
        Message::BaseStation(m) => drop((m.time(), m.comm_state())),
        Message::StaticA(m) => {
            drop((m.name(), m.callsign(), m.destination(), m.eta(), m.dimensions(), m.draught_m()))
        }
        Message::Aircraft(m) => drop((m.altitude_m(), m.sog(), m.cog(), m.comm_state())),
        Message::PositionB(m) => drop((m.sog(), m.cog(), m.heading(), m.comm_state())),
        Message::ExtendedB(m) => drop((m.sog(), m.cog(), m.name(), m.dimensions())),
        Message::Aid(m) => drop((m.name(), m.dimensions(), m.second())),
        Message::StaticB(m) => drop((m.name(), m.callsign(), m.vendor(), m.dimensions(), m.mothership())),
        Message::LongRange(m) => drop((m.sog(), m.cog(), m.nav_status())),
        _ => {}
    }
}
