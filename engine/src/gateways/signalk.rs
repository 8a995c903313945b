//! Signal K: one delta for each change, as a line of JSON (Signal K 1.7, "Data Model" and "Streaming"). SI units,
//! angles in radians.

use super::told::{Told, iso};
use super::{Out, Speaker};
use crate::feed::proto::{self, server_message::Body};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use units::{KNOT_MPS, UtcTime};

const VERSION: &str = "1.7.0";
/// What has no MMSI is known by the run of the engine and its number in it.
const NAMESPACE: uuid::Uuid = uuid::Uuid::from_u128(0x5f1d_6c1e_90b7_4f2a_8c35_0c7f_3a52_e9d1);

#[derive(Debug, Default)]
pub(super) struct SignalK {
    epoch: String,
}

impl Speaker for SignalK {
    fn greet(&mut self, out: &mut Out) {
        let timestamp = iso(crate::clock::now_utc());
        line(
            &json!({"name": "fairway", "version": VERSION, "timestamp": timestamp, "roles": ["main", "master"]}),
            out,
        );
    }

    fn say(&mut self, body: &Body, out: &mut Out) {
        match body {
            Body::Welcome(welcome) => self.epoch.clone_from(&welcome.epoch),
            Body::Track(track) => {
                if let Some(told) = Told::of(track) {
                    let values = of_track(told);
                    delta(&self.context(told), told.at(), &values, out);
                }
            }
            Body::Mark(mark) => of_mark(mark, out),
            // There is no word for one that has gone: its values grow old.
            _ => {}
        }
    }
}

impl SignalK {
    fn context(&self, told: Told<'_>) -> String {
        let group = if told.0.class() == proto::Class::Aircraft { "aircraft" } else { "vessels" };
        if let Some(mmsi) = told.mmsi() {
            return format!("{group}.urn:mrn:imo:mmsi:{mmsi}");
        }
        let text = format!("{NAMESPACE}/{}/{}", self.epoch, told.0.id);
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(Sha256::digest(text)).for_each(|(to, from)| *to = from);
        let name = uuid::Builder::from_random_bytes(bytes).into_uuid();
        format!("{group}.urn:mrn:signalk:uuid:{name}")
    }
}

fn line(value: &Value, out: &mut Out) {
    out.bytes.extend_from_slice(value.to_string().as_bytes());
    out.bytes.extend_from_slice(b"\r\n");
    out.end();
}

fn delta(context: &str, at: UtcTime, values: &[Value], out: &mut Out) {
    let update = json!({
        "source": {"label": "fairway", "type": "fairway"},
        "timestamp": iso(at),
        "values": values,
    });
    line(&json!({"context": context, "updates": [update]}), out);
}

fn value(path: &str, value: impl Into<Value>) -> Value {
    json!({"path": path, "value": value.into()})
}

fn of_track(told: Told<'_>) -> Vec<Value> {
    let track = told.0;
    let mut values = vec![value(
        "navigation.position",
        json!({"latitude": places(track.lat, 7), "longitude": places(track.lon, 7)}),
    )];
    let mut number = |path: &str, number: Option<f64>, digits| {
        values.extend(number.map(|number| value(path, places(number, digits))));
    };
    number("navigation.speedOverGround", track.sog_kn.map(|kn| kn * KNOT_MPS), 3);
    number("navigation.courseOverGroundTrue", track.cog_deg.map(f64::to_radians), 4);
    number("navigation.headingTrue", track.heading_deg.map(f64::to_radians), 4);
    number("navigation.rateOfTurn", track.rot_deg_min.map(|rot| rot.to_radians() / 60.0), 6);
    values.extend(track.nav_status.and_then(state).map(|state| value("navigation.state", state)));
    values.extend(told.size_m().map(|(length_m, _)| value("design.length", json!({"overall": length_m}))));
    values.extend(told.size_m().filter(|(_, b)| *b > 0.0).map(|(_, beam_m)| value("design.beam", beam_m)));
    let class = match track.class() {
        proto::Class::A => Some("A"),
        proto::Class::B | proto::Class::NetMarker => Some("B"),
        _ => None,
    };
    values.extend(class.map(|class| value("sensors.ais.class", class)));
    let Some(identity) = told.identity() else { return values };
    values.extend(identity.ship_type.map(|code| {
        value("design.aisShipType", json!({"id": code, "name": format!("ITU-R M.1371 type {code}")}))
    }));
    values.extend(identity.draught_m.map(|m| value("design.draft", json!({"current": m}))));
    values.extend(identity.destination.as_deref().map(|to| value("navigation.destination.commonName", to)));
    if let Some(mmsi) = told.mmsi() {
        values.push(value("", json!({"mmsi": mmsi.to_string()})));
    }
    values.extend(told.name().map(|name| value("", json!({"name": name}))));
    let call_sign = identity.callsign.as_deref();
    values.extend(call_sign.map(|sign| value("", json!({"communication": {"callsignVhf": sign}}))));
    let imo = identity.imo.map(|imo| json!({"registrations": {"imo": format!("IMO {imo}")}}));
    values.extend(imo.map(|registrations| value("", registrations)));
    values
}

fn of_mark(mark: &proto::Mark, out: &mut Out) {
    let (Some(lat), Some(lon)) = (mark.lat, mark.lon) else { return };
    if mark.aid_type.is_none() {
        return;
    }
    let mut values =
        vec![value("navigation.position", json!({"latitude": places(lat, 7), "longitude": places(lon, 7)}))];
    values.push(value("", json!({"mmsi": format!("{:09}", mark.mmsi)})));
    values.extend(mark.name.as_deref().map(|name| value("", json!({"name": name}))));
    let at = UtcTime::from_unix_us(mark.time_us);
    delta(&format!("atons.urn:mrn:imo:mmsi:{:09}", mark.mmsi), at, &values, out);
}

fn places(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

/// As the specification words the codes of ITU-R M.1371.
const fn state(code: u32) -> Option<&'static str> {
    Some(match code {
        0 => "motoring",
        1 => "anchored",
        2 => "not under command",
        3 => "restricted manouverability",
        4 => "constrained by draft",
        5 => "moored",
        6 => "aground",
        7 => "fishing",
        8 => "sailing",
        14 => "ais-sart",
        15 => "default",
        _ => return None,
    })
}
