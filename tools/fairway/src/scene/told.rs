//! Lines of a scene, in order of arrival.

use serde_json::{Value, json};
use simulate::{Class, Kind, Vessel};
use std::collections::BTreeMap;
use std::io::{self, Write};
use units::{Mmsi, UtcTime};

/// Lines on their way to a file.
pub struct Lines<W> {
    out: W,
    start: UtcTime,
    /// By arrival, then in order of saying.
    waiting: BTreeMap<(UtcTime, u64), Value>,
    said: u64,
}

impl<W: Write> Lines<W> {
    /// No line yet, of a scene that began then.
    pub const fn new(start: UtcTime, out: W) -> Self {
        Self { out, start, waiting: BTreeMap::new(), said: 0 }
    }

    /// Seconds of the scene.
    pub fn seconds(&self, at: UtcTime) -> f64 {
        rounded(at.since(self.start), 1e3)
    }

    /// What arrives then.
    pub fn push(&mut self, arrival: UtcTime, mut line: Value) {
        if let Some(line) = line.as_object_mut() {
            line.insert("ta".to_owned(), self.seconds(arrival).into());
        }
        self.said += 1;
        self.waiting.insert((arrival, self.said), line);
    }

    /// Writes what has arrived by then. Nothing earlier may be pushed afterwards.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn pass(&mut self, until: UtcTime) -> io::Result<()> {
        while let Some(entry) = self.waiting.first_entry()
            && entry.key().0 <= until
        {
            say(&mut self.out, &entry.remove())?;
        }
        Ok(())
    }

    /// How many were written, and where to. What was still on its way is lost, as it was for whoever listened.
    pub fn end(self) -> (u64, W) {
        (self.said - self.waiting.len() as u64, self.out)
    }
}

/// One line.
pub fn say(out: &mut impl Write, line: &Value) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// To so many parts of one.
pub fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

/// A vessel of the truth; `fault` is the number that it sends and what is wrong with it.
pub fn ship(number: usize, vessel: &Vessel, dark: bool, fault: Option<(Mmsi, &str)>) -> Value {
    let dimensions = vessel.dimensions;
    let own = (!dark).then(|| vessel.mmsi.number());
    let sent = fault.map_or(vessel.mmsi, |(told, _)| told);
    let class = match vessel.class {
        _ if dark => "-",
        Class::A => "A",
        Class::BCarrierSense | Class::BSelfOrganising => "B",
    };
    let kind = match (vessel.nav_status, vessel.kind) {
        (1, _) => "anchored",
        (5, _) => "moored",
        (_, Kind::Container) => "container",
        (_, Kind::Bulk) => "bulk",
        (_, Kind::Tanker) => "tanker",
        (_, Kind::Coaster) => "coaster",
        (_, Kind::Ferry) => "ferry",
        (_, Kind::FastFerry) => "hsc",
        (_, Kind::Fishing) => "fishing",
        (_, Kind::Tug) => "tug",
        (_, Kind::Pilot | Kind::Patrol) => "pilot",
    };
    json!({
        "ship": number, "mmsi": own, "tx_mmsi": own.map(|_| sent.number()), "cls": class, "typ": kind,
        "L": vessel.length_m(), "B": f64::from(dimensions.to_port) + f64::from(dimensions.to_starboard),
        "fault": fault.map(|(_, what)| what),
    })
}

/// A vessel at an instant: the middle of its hull.
pub fn instant(t: u32, number: usize, vessel: &Vessel) -> Value {
    json!({
        "t": t, "id": number,
        "lat": rounded(vessel.position.lat(), 1e7), "lon": rounded(vessel.position.lon(), 1e7),
        "sog": rounded(vessel.speed.value(), 1e3), "cog": rounded(vessel.course.value(), 1e2),
        "hdg": rounded(vessel.heading.value(), 1e2),
    })
}
