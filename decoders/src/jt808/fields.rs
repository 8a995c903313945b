//! Frames told field by field: names and order are those of Fairway's oracle.

use super::{Frame, Location, Message};
use crate::ais::Visit;
use crate::bits::Bits;

impl Frame<'_> {
    /// Whether the body can be read: it is not encrypted, and no part of a longer one.
    #[must_use]
    pub fn readable(&self) -> bool {
        self.encryption == 0 && self.part.is_none_or(|part| part.total <= 1)
    }

    /// What the body means; `None` where it is not readable, or malformed.
    #[must_use]
    pub fn message(&self) -> Option<Message<'_>> {
        if self.readable() { Message::decode(self.id, self.version.is_some(), self.body) } else { None }
    }

    /// Tells the header, the body as it is, and what a location says.
    pub fn tell(&self, out: &mut dyn Visit) {
        out.text("msg_id", &format!("{:04x}", self.id));
        out.flag("v2019", self.version.is_some());
        match self.version {
            Some(version) => out.int("ver", version.into()),
            None => out.null("ver"),
        }
        out.text("phone", &self.phone.to_string());
        out.int("serial", self.serial.into());
        if let Some(part) = self.part {
            out.int("total", part.total.into());
            out.int("index", part.index.into());
        } else {
            out.null("total");
            out.null("index");
        }
        out.int("enc", self.encryption.into());
        out.hex("body_hex", Bits::new(self.body, usize::MAX));
        match self.message() {
            Some(Message::Location(location)) => {
                out.object("location");
                location.tell(out);
                out.close();
            }
            _ => out.null("location"),
        }
    }
}

impl Location<'_> {
    /// Tells what it says, as it was sent.
    pub fn tell(&self, out: &mut dyn Visit) {
        let bit = |place: u32| i64::from(self.status_bit(place));
        out.int("alarm", self.alarm.into());
        out.int("status", self.status.into());
        out.int("acc", bit(0));
        out.int("fixed", bit(1));
        out.float("lat", self.lat_deg(), 6);
        out.float("lon", self.lon_deg(), 6);
        out.int("alt_m", self.altitude_m.into());
        out.float("speed_kmh", self.speed_kmh(), 1);
        out.int("course", self.course_raw.into());
        match self.time.civil() {
            Some([year, month, day, hour, minute, second]) => {
                out.text(
                    "time_utc8",
                    &format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
                );
            }
            None => out.null("time_utc8"),
        }
        for (key, place) in [("gps", 18), ("bds", 19), ("glo", 20), ("gal", 21)] {
            out.int(key, bit(place));
        }
        out.array("extra");
        for extra in self.extras.iter() {
            out.array("");
            out.text("", &format!("{:02x}", extra.id));
            out.hex("", Bits::new(extra.value, usize::MAX));
            out.close();
        }
        out.close();
    }
}
