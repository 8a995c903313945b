//! A message as the oracle writes it: the keys, units and roundings of SCHEMA.md.

use decoders::ais::{CommState, Message, RawDimensions, StaticBPart, Submessage};
use serde_json::{Map, Value, json};
use units::{Degrees, Knots, Label};

type Fields = Map<String, Value>;

/// What the oracle expects of this message; `None` for a type that is not decoded yet.
pub fn fields(message: &Message) -> Option<Fields> {
    let mut out = match message {
        Message::PositionA(m) => map(json!({
            "nav_status": m.nav_status_raw, "rot_raw": m.rot_raw, "rot": round(m.rot_deg_min(), 3), "sog": knots(m.sog()),
            "pos_accuracy": m.pos_accuracy, "lon": round(m.lon_deg(), 7), "lat": round(m.lat_deg(), 7),
            "cog": degrees(m.cog()), "heading": degrees(m.heading()), "second": m.second_raw,
            "manoeuvre": m.manoeuvre, "raim": m.raim, "comm_state": comm_state(m.comm_state()),
        })),
        Message::BaseStation(m) => map(json!({
            "year": m.year(), "month": m.month(), "day": m.day(), "hour": m.hour(), "minute": m.minute(),
            "second": m.second(), "pos_accuracy": m.pos_accuracy, "lon": round(m.lon_deg(), 7),
            "lat": round(m.lat_deg(), 7), "epfd": m.epfd, "long_range_ctrl": m.long_range_ctrl, "raim": m.raim,
            "comm_state": comm_state(m.comm_state()),
        })),
        Message::StaticA(m) => {
            let eta = m.eta();
            let mut out = map(json!({
                "ais_version": m.ais_version, "imo": m.imo(), "callsign": text(m.callsign()), "name": text(m.name()),
                "ship_type": m.ship_type_raw, "epfd": m.epfd, "eta_month": eta.month, "eta_day": eta.day,
                "eta_hour": eta.hour, "eta_minute": eta.minute, "draught": round(m.draught_m(), 1),
                "destination": text(m.destination()), "dte": m.dte,
            }));
            dimensions(&mut out, m.dimensions_raw);
            out
        }
        Message::Aircraft(m) => map(json!({
            "altitude": m.altitude_raw.filter(|raw| *raw != 4095),
            "altitude_ge_4094": m.altitude_raw.map(|raw| raw == 4094), "sog": knots(m.sog()),
            "pos_accuracy": m.pos_accuracy, "lon": round(m.lon_deg(), 7), "lat": round(m.lat_deg(), 7),
            "cog": degrees(m.cog()), "second": m.second_raw, "altitude_sensor": m.altitude_sensor, "dte": m.dte,
            "assigned": m.assigned, "raim": m.raim, "comm_state": comm_state(m.comm_state()),
        })),
        Message::PositionB(m) => map(json!({
            "sog": knots(m.sog()), "pos_accuracy": m.pos_accuracy, "lon": round(m.lon_deg(), 7),
            "lat": round(m.lat_deg(), 7), "cog": degrees(m.cog()), "heading": degrees(m.heading()),
            "second": m.second_raw, "cs_unit": m.cs_unit, "display": m.display, "dsc": m.dsc, "band": m.band,
            "msg22": m.msg22, "assigned": m.assigned, "raim": m.raim, "comm_state": comm_state(m.comm_state()),
        })),
        Message::ExtendedB(m) => {
            let mut out = map(json!({
                "sog": knots(m.sog()), "pos_accuracy": m.pos_accuracy, "lon": round(m.lon_deg(), 7),
                "lat": round(m.lat_deg(), 7), "cog": degrees(m.cog()), "heading": degrees(m.heading()),
                "second": m.second_raw, "name": text(m.name()), "ship_type": m.ship_type_raw, "epfd": m.epfd,
                "raim": m.raim, "dte": m.dte, "assigned": m.assigned,
            }));
            dimensions(&mut out, m.dimensions_raw);
            out
        }
        Message::Aid(m) => {
            let mut out = map(json!({
                "aid_type": m.aid_type, "name": text(m.name()), "pos_accuracy": m.pos_accuracy,
                "lon": round(m.lon_deg(), 7), "lat": round(m.lat_deg(), 7), "epfd": m.epfd, "second": m.second_raw,
                "off_position": m.off_position, "aton_status": m.aton_status, "raim": m.raim,
                "virtual": m.virtual_aid, "assigned": m.assigned,
            }));
            dimensions(&mut out, m.dimensions_raw);
            out
        }
        Message::StaticB(m) => {
            let mut out = map(json!({ "part": m.part_raw }));
            match &m.part {
                StaticBPart::A(half) => {
                    out.insert("name".into(), text(half.name_raw.label()));
                }
                StaticBPart::B(half) => {
                    out.extend(map(json!({
                        "ship_type": half.ship_type_raw, "vendor": text(m.vendor()), "unit_model": half.unit_model,
                        "serial": half.serial, "callsign": text(m.callsign()), "epfd": half.epfd,
                    })));
                    if m.is_craft() {
                        out.insert("mothership_mmsi".into(), half.mothership_raw.into());
                    } else {
                        dimensions(&mut out, half.dimensions_raw);
                    }
                }
                StaticBPart::Unknown => {}
            }
            out
        }
        Message::LongRange(m) => map(json!({
            "pos_accuracy": m.pos_accuracy, "raim": m.raim, "nav_status": m.nav_status_raw,
            "lon": round(m.lon_deg(), 6), "lat": round(m.lat_deg(), 6), "sog": knots(m.sog()),
            "cog": degrees(m.cog()), "position_latency_gt5s": m.position_latency_gt5s,
        })),
        _ => return None,
    };
    let mut invalid = Vec::new();
    message.invalid(&mut |name, raw| invalid.push((name, raw)));
    invalid.sort_unstable();
    out.extend(map(json!({
        "msg_type": message.kind(), "repeat": message.repeat(), "mmsi": message.mmsi().number(),
        "bits": message.header().bits, "length_ok": message.length_ok(), "invalid": invalid,
    })));
    Some(out)
}

/// Every key on which the two differ, with what each says. Integers and whole floats are the same number.
pub fn differences(seen: &Fields, expected: &Fields) -> Vec<String> {
    let mut keys: Vec<_> = seen.keys().chain(expected.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let differ = |key: &&String| !same(seen.get(*key), expected.get(*key));
    let show = |key: &String| format!("{key}: {:?}, expected {:?}", seen.get(key), expected.get(key));
    keys.into_iter().filter(differ).map(show).collect()
}

fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(Some(a), Some(b)))
        }
        (Some(Value::Object(a)), Some(Value::Object(b))) => differences(a, b).is_empty(),
        (Some(a), Some(b)) if a.is_number() && b.is_number() => {
            (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-9
        }
        (a, b) => a == b,
    }
}

fn map(value: Value) -> Fields {
    if let Value::Object(map) = value { map } else { Fields::new() }
}

fn round(value: Option<f64>, places: i32) -> Option<f64> {
    let scale = 10_f64.powi(places);
    value.map(|value| (value * scale).round() / scale)
}

fn knots(speed: Option<Knots>) -> Option<f64> {
    round(speed.map(Knots::value), 1)
}

fn degrees(direction: Option<Degrees>) -> Option<f64> {
    round(direction.map(Degrees::value), 1)
}

fn text(label: Option<Label>) -> Value {
    label.map_or(Value::Null, |label| label.as_str().into())
}

fn dimensions(out: &mut Fields, of: RawDimensions) {
    out.extend(map(json!({
        "to_bow": of.to_bow, "to_stern": of.to_stern, "to_port": of.to_port, "to_starboard": of.to_starboard,
    })));
}

fn comm_state(state: Option<CommState>) -> Value {
    let (sync_state, slot_timeout, submessage) = match state {
        None => return Value::Null,
        Some(CommState::Itdma { sync_state, slot_increment, slot_count, keep }) => {
            return json!({
                "kind": "itdma", "sync_state": sync_state, "slot_increment": slot_increment,
                "slot_count": slot_count, "keep": keep,
            });
        }
        Some(CommState::Sotdma { sync_state, slot_timeout, submessage }) => {
            (sync_state, slot_timeout, submessage)
        }
    };
    let mut out = map(json!({ "kind": "sotdma", "sync_state": sync_state, "slot_timeout": slot_timeout }));
    out.extend(map(match submessage {
        Submessage::SlotOffset(offset) => json!({ "slot_offset": offset }),
        Submessage::UtcTime { hour, minute } => json!({ "utc_hour": hour, "utc_minute": minute }),
        Submessage::SlotNumber(number) => json!({ "slot_number": number }),
        Submessage::ReceivedStations(stations) => json!({ "received_stations": stations }),
    }));
    Value::Object(out)
}
