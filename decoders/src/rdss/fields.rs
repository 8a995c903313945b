//! Frames and sentences told field by field: names and order are those of Fairway's oracle where it has them.

use super::{Binary, Sentence, binary, sentence};
use crate::ais::Visit;
use crate::bits::Bits;
use units::Position;

/// A visitor that takes `None`.
struct Fields<'v>(&'v mut dyn Visit);

impl Fields<'_> {
    fn int(&mut self, key: &'static str, value: Option<impl Into<i64>>) {
        match value {
            Some(value) => self.0.int(key, value.into()),
            None => self.0.null(key),
        }
    }

    fn big(&mut self, key: &'static str, value: u64) {
        self.0.int(key, value as i64);
    }

    fn text(&mut self, key: &'static str, value: Option<&str>) {
        match value {
            Some(value) => self.0.text(key, value),
            None => self.0.null(key),
        }
    }

    fn place(&mut self, at: Option<Position>) {
        for (key, degrees) in [("lat", at.map(Position::lat)), ("lon", at.map(Position::lon))] {
            match degrees {
                Some(degrees) => self.0.float(key, degrees, 9),
                None => self.0.null(key),
            }
        }
    }

    fn ints(&mut self, key: &'static str, values: impl IntoIterator<Item = impl Into<i64>>) {
        self.0.array(key);
        values.into_iter().for_each(|value| self.0.int("", value.into()));
        self.0.close();
    }

    fn raw(&mut self, key: &'static str, values: impl Iterator<Item = impl AsRef<[u8]>>) {
        self.0.array(key);
        values.for_each(|value| self.0.text("", &String::from_utf8_lossy(value.as_ref())));
        self.0.close();
    }
}

impl Binary<'_> {
    /// Tells what the frame says.
    pub fn tell(&self, out: &mut dyn Visit) {
        use binary::Message;
        let mut out = Fields(out);
        match Message::decode(self) {
            Message::Fix(fix) => {
                out.int("card", Some(fix.card));
                out.int("queried", Some(fix.queried));
                out.int("vessel", Some(fix.vessel()));
                out.0.flag("query", fix.query());
                out.int("precision", Some(u8::from(fix.coarse())));
                out.0.flag("urgent", fix.urgent());
                out.text("time", fix.time().map(|time| time.to_string()).as_deref());
                out.place(fix.position());
                out.int("height", Some(fix.height_m()));
                out.int("anomaly", Some(fix.anomaly_m()));
            }
            Message::Received(got) => {
                out.int("card", Some(got.card));
                out.int("sender", Some(got.sender));
                let sent = got.sent().map(|time| time.to_string());
                out.text("send", sent.as_deref().and_then(|text| text.get(..5)));
                out.text("form", Some(got.content().form.as_str()));
                out.text("text", got.content().text().as_deref());
                out.0.flag("damaged", got.damaged);
            }
            Message::Send(send) => {
                out.int("card", Some(send.card));
                out.int("to", Some(send.to));
                out.text("form", Some(send.content().form.as_str()));
                out.text("text", send.content().text().as_deref());
            }
            Message::FixRequest(request) => {
                out.int("card", Some(self.address));
                out.int("category", Some(request.category));
                out.int("height", Some(request.height_m));
                out.int("antenna", Some(request.antenna_m));
                out.int("interval", Some(request.interval_s));
            }
            Message::ReadCard { frame } => {
                out.int("card", Some(self.address));
                out.int("frame", Some(frame));
            }
            Message::Card(card) => {
                out.int("card", Some(card.card));
                out.int("broadcast", Some(card.broadcast));
                out.int("feature", Some(card.feature));
                out.int("interval", Some(card.interval_s));
                out.int("level", Some(card.level));
                out.0.flag("encrypted", card.encrypted);
                out.int("subordinates", Some(card.subordinates));
            }
            Message::Subordinates(cards) => {
                let card = |bytes: &[u8; 3]| {
                    let [a, b, c] = *bytes;
                    u32::from_be_bytes([0, a, b, c])
                };
                out.int("card", Some(self.address));
                out.ints("cards", cards.as_chunks::<3>().0.iter().map(card));
            }
            Message::Receipts { receiver, times } => {
                out.int("card", Some(self.address));
                out.int("receiver", Some(receiver));
                out.0.array("receipts");
                for [h, m, receipt_h, receipt_m] in times.as_chunks::<4>().0 {
                    out.0.text("", &format!("{h:02}:{m:02} {receipt_h:02}:{receipt_m:02}"));
                }
                out.0.close();
            }
            Message::Feedback(feedback) => {
                out.int("card", Some(self.address));
                out.int("flag", Some(feedback.flag));
                out.text("command", feedback.command());
                out.int("wait", feedback.wait_s());
            }
            Message::SelfTest { states, beams } => {
                out.int("card", Some(self.address));
                out.ints("states", states);
                out.ints("beams", beams);
            }
            Message::Period(seconds) => {
                out.int("card", Some(self.address));
                out.int("period", Some(seconds));
            }
            Message::Beams(beams) => {
                out.int("card", Some(self.address));
                out.ints("beams", beams);
            }
            Message::Clock { year, rest: [month, day, hour, minute, second] } => {
                out.int("card", Some(self.address));
                let text = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
                out.text("time", Some(&text));
            }
            Message::Gnss(gnss) => {
                out.int("card", Some(self.address));
                let date = gnss.date.map(|[y, m, d]| format!("{:04}-{m:02}-{d:02}", 2000 + u16::from(y)));
                out.text("date", date.as_deref());
                let [h, m, s] = gnss.time_raw;
                out.text("time", Some(&format!("{h:02}:{m:02}:{s:02}")));
                out.place(gnss.position());
                out.int("height", Some(gnss.height_m));
                out.int("speed", Some(gnss.speed_raw));
                out.int("course", Some(gnss.course_raw));
                out.int("satellites", Some(gnss.satellites));
                out.int("state", Some(gnss.state));
            }
            Message::Other => {
                out.int("card", Some(self.address));
                out.0.hex("body_hex", Bits::new(self.body, usize::MAX));
            }
        }
    }
}

impl Sentence<'_> {
    /// Tells what the sentence says.
    pub fn tell(&self, out: &mut dyn Visit) {
        use sentence::Message;
        let mut out = Fields(out);
        match Message::decode(self) {
            Message::Fix(fix) => {
                if !fix.reported {
                    out.int("type", Some(fix.kind));
                    out.0.flag("urgent", fix.urgent);
                }
                out.big("card", fix.card);
                out.place(fix.position());
            }
            Message::Received(got) => {
                out.big("sender", got.sender);
                if let Some(receiver) = got.receiver {
                    out.big("receiver", receiver);
                }
                let time = std::str::from_utf8(got.time).ok().filter(|time| !time.is_empty());
                out.text("time", time);
                out.int("coding", Some(got.coding));
                out.text("text", got.content.text().as_deref());
            }
            Message::Send { to, content } => {
                out.big("to", to);
                out.text("text", content.text().as_deref());
            }
            Message::Card { card, interval_s, level, subordinates } => {
                out.big("card", card);
                out.int("interval", interval_s);
                out.int("level", level);
                out.int("subordinates", subordinates);
            }
            Message::Feedback(feedback) => {
                out.text("command", Some(feedback.command));
                out.0.flag("done", feedback.done);
                out.int("reason", feedback.reason);
                out.int("wait", feedback.wait_s);
            }
            Message::Receipts { card, times } => {
                out.big("card", card);
                out.raw("times", times.iter());
            }
            Message::Subordinates { total, cards } => {
                out.int("total", Some(total));
                out.raw("cards", cards.iter());
            }
            Message::Beams(beams) => {
                out.int("n2", Some(beams.second));
                out.int("n3", Some(beams.third));
                out.ints("beams3", beams.third_beams().map(|beam| beam.id));
                let usable = beams.third_beams().filter(|beam| beam.usable()).count();
                out.int("usable", u32::try_from(usable).ok());
            }
            Message::Powers(powers) => out.raw("powers", powers.iter()),
            Message::Other => out.raw("raw", self.fields()),
        }
    }
}
