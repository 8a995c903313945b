//! What is asked of the catalogue, and what it says.

use serde::Serialize;

/// South, west, north, east, degrees.
pub type Area = [f64; 4];

/// What is looked for: all of it must be so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// A vessel by MMSI, IMO number, card or terminal, or by a part of its name or callsign.
    pub ship: Option<String>,
    /// From when ...
    pub from_us: Option<i64>,
    /// ... until when.
    pub to_us: Option<i64>,
    /// Where.
    pub area: Option<Area>,
    /// The number of a kind of alert, which it was at any time.
    pub alert: Option<u32>,
    /// Who did something.
    pub operator: Option<String>,
    /// At most so many of each.
    pub most: usize,
}

/// What is known of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// When the recording begins and ends, as far as it is in the catalogue.
    pub span_us: Option<[i64; 2]>,
    /// Vessels, by when they came.
    pub visits: Vec<Visit>,
    /// Alerts, by when they were raised.
    pub alerts: Vec<Alert>,
    /// Operators' commands.
    pub commands: Vec<Command>,
    /// Their marks.
    pub marks: Vec<Mark>,
    /// When nothing was recorded, or not all.
    pub holes: Vec<Hole>,
    /// Segments that are there and not in the catalogue: nothing is known of what is in them.
    pub not_in: Vec<String>,
    /// There is more than was asked for.
    pub is_cut: bool,
}

/// A vessel that was there.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Visit {
    /// Its track.
    pub track: u64,
    /// As it called itself.
    pub mmsi: Option<u32>,
    /// The same.
    pub imo: Option<u32>,
    /// The same.
    pub name: Option<String>,
    /// The same.
    pub callsign: Option<String>,
    /// BeiDou card.
    pub card: Option<u64>,
    /// JT/T 808 terminal.
    pub terminal: Option<String>,
    /// When it was there, within what was asked for, to a stay in a cell.
    pub from_us: i64,
    /// Until when.
    pub to_us: i64,
    /// Within which bounds.
    pub area: Area,
    /// Who heard it.
    pub sources: Vec<String>,
    /// How often its track was said anew.
    pub states: u64,
    /// Standard deviation of its place along the worst axis, at best and at worst, metres; `None` where nobody said it.
    pub sigma_m: Option<[f64; 2]>,
    /// Whether the tracker itself distrusted it.
    pub doubt: bool,
}

/// When something was, for the time bar of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When.
    pub at_us: i64,
    /// The priority of an alert, as it was last; `mark` of what an operator marked.
    pub kind: String,
}

/// An alert.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Alert {
    /// Its number.
    pub id: u64,
    /// Of its kind, as it was last.
    pub kind: u32,
    /// As it was last.
    pub priority: String,
    /// In words.
    pub text: String,
    /// When it was raised.
    pub raised_us: i64,
    /// When it was over.
    pub cleared_us: Option<i64>,
    /// Who acted on it last.
    pub user: Option<String>,
    /// About which tracks.
    pub tracks: Vec<u64>,
    /// Where.
    pub lat: Option<f64>,
    /// Where.
    pub lon: Option<f64>,
}

/// What an operator asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Command {
    /// When.
    pub time_us: i64,
    /// Who.
    pub user: Option<String>,
    /// What.
    pub action: String,
    /// What was answered: 200 where it was done.
    pub code: u32,
    /// In words.
    pub text: String,
    /// The line of the recording.
    pub said: serde_json::Value,
}

/// What an operator marked.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Mark {
    /// When.
    pub time_us: i64,
    /// Who.
    pub user: String,
    /// In words.
    pub text: String,
    /// Where.
    pub lat: Option<f64>,
    /// Where.
    pub lon: Option<f64>,
    /// Which track.
    pub track: Option<u64>,
}

/// When nothing was recorded, or not all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Hole {
    /// From when.
    pub from_us: i64,
    /// Until when.
    pub to_us: i64,
    /// What is missing: `all`, or as the recording says.
    pub what: String,
    /// Of which source.
    pub source: Option<String>,
    /// Why.
    pub reason: String,
}
