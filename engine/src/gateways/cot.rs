//! Cursor on Target 2.0: one event for each change, as XML, one to a datagram (MITRE MTR 050046).

use super::told::{Told, iso};
use super::{Out, Speaker};
use crate::feed::proto::{self, server_message::Body};
use std::fmt::Write as _;
use units::UtcTime;

/// A vessel at anchor speaks every three minutes; what was not said again by then is not believed any more.
const STALE_S: f64 = 600.0;
/// What is not known (there is no other word for it in this format).
const UNKNOWN_M: f64 = 9_999_999.0;

#[derive(Debug, Default)]
pub(super) struct Cot {
    epoch: String,
    now: Option<UtcTime>,
}

impl Speaker for Cot {
    fn say(&mut self, body: &Body, out: &mut Out) {
        match body {
            Body::Welcome(welcome) => {
                self.epoch = welcome.epoch.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
                self.now = Some(UtcTime::from_unix_us(welcome.time_us));
            }
            Body::Heartbeat(heartbeat) => self.now = Some(UtcTime::from_unix_us(heartbeat.time_us)),
            Body::Track(track) => {
                if let Some(told) = Told::of(track) {
                    self.event(told, out);
                }
            }
            Body::TrackGone(gone) => self.gone(gone.id, out),
            Body::Leave(leave) => {
                if let Some(id) = leave.track {
                    self.gone(id, out);
                }
            }
            _ => {}
        }
    }
}

impl Cot {
    /// The number of a track is never used again in one run of the engine.
    fn uid(&self, id: u64) -> String {
        format!("fairway.{}.{id}", self.epoch)
    }

    fn event(&self, told: Told<'_>, out: &mut Out) {
        let track = told.0;
        let at = told.at();
        let sigma_m = told.sigma_m().map_or(UNKNOWN_M, |[e, n]| e.hypot(n));
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        // Writing to a string does not fail.
        let _ = write!(
            xml,
            "<event version=\"2.0\" uid=\"{}\" type=\"{}\" time=\"{at}\" start=\"{at}\" stale=\"{}\" how=\"m-f\">\
             <point lat=\"{:.7}\" lon=\"{:.7}\" hae=\"{UNKNOWN_M:.1}\" ce=\"{sigma_m:.1}\" le=\"{UNKNOWN_M:.1}\"/><detail>",
            self.uid(track.id),
            kind(told),
            iso(at.plus_s(STALE_S)),
            track.lat,
            track.lon,
            at = iso(at),
        );
        let mmsi = told.mmsi().map(|mmsi| mmsi.to_string());
        let name = told.name().map(str::to_owned).or_else(|| mmsi.clone());
        let name = name.unwrap_or_else(|| format!("track {}", track.id));
        let _ = write!(xml, "<contact callsign=\"{}\"/>", escaped(&name));
        if let (Some(sog_kn), Some(cog_deg)) = (track.sog_kn, track.cog_deg) {
            let speed_mps = sog_kn * units::KNOT_MPS;
            let _ = write!(xml, "<track course=\"{cog_deg:.1}\" speed=\"{speed_mps:.2}\"/>");
        }
        let identity = told.identity();
        let words = [
            mmsi.map(|mmsi| format!("MMSI {mmsi}")),
            identity.and_then(|identity| identity.imo).map(|imo| format!("IMO {imo}")),
            identity.and_then(|identity| identity.callsign.clone()),
            told.size_m().map(|(length_m, beam_m)| format!("{length_m:.0} m by {beam_m:.0} m")),
            identity.and_then(|identity| identity.destination.clone()).map(|to| format!("to {to}")),
            track.doubt.then(|| "identity in doubt".to_owned()),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        if !words.is_empty() {
            let _ = write!(xml, "<remarks>{}</remarks>", escaped(&words.join(", ")));
        }
        xml.push_str("</detail></event>\n");
        out.bytes.extend_from_slice(xml.as_bytes());
        out.end();
    }

    fn gone(&self, id: u64, out: &mut Out) {
        let now = iso(self.now.unwrap_or_else(crate::clock::now_utc));
        let uid = self.uid(id);
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <event version=\"2.0\" uid=\"{uid}.gone\" type=\"t-x-d-d\" time=\"{now}\" start=\"{now}\" stale=\"{now}\" \
             how=\"m-g\"><point lat=\"0\" lon=\"0\" hae=\"{UNKNOWN_M:.1}\" ce=\"{UNKNOWN_M:.1}\" le=\"{UNKNOWN_M:.1}\"/>\
             <detail><link uid=\"{uid}\" relation=\"none\" type=\"none\"/></detail></event>\n"
        );
        out.bytes.extend_from_slice(xml.as_bytes());
        out.end();
    }
}

/// MIL-STD-2525: neutral where it says who it is, unknown where nobody does; on the surface, but for aircraft.
fn kind(told: Told<'_>) -> &'static str {
    let ship_type = told.identity().and_then(|identity| identity.ship_type).unwrap_or(0);
    match (told.0.class(), told.mmsi().is_some(), ship_type) {
        (proto::Class::Aircraft, ..) => "a-n-A-C",
        (proto::Class::NetMarker, ..) => "a-n-S-X-F",
        (_, false, _) => "a-u-S",
        (.., 30) => "a-n-S-X-F-D",
        (.., 36 | 37) => "a-n-S-X-R",
        (.., 55) => "a-n-S-X-L",
        (.., 60..=69) => "a-n-S-X-M-P",
        (.., 70..=79) => "a-n-S-X-M-C",
        (.., 80..=89) => "a-n-S-X-M-O",
        _ => "a-n-S-X",
    }
}

/// XML's own five, and no control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_vessel_calls_itself_stays_text() {
        assert_eq!(escaped("A<B>&\"'\u{7}C"), "A&lt;B&gt;&amp;&quot;&apos; C");
    }
}
