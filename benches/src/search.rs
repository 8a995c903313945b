//! Looking something up in a month of a busy port: a recording is made up, taken into the catalogue as a recorder would,
//! and asked what investigators ask.

use crate::record::Folder;
use engine::feed::proto::{self, ServerMessage, server_message::Body};
use engine::recording::catalogue::{Catalogue, Counts, Question};
use engine::recording::form::{CHANGES, COMMANDS, CORE, Changes, Entries};
use engine::recording::segment::{About, Out, Previous, Segment, Worth};
use prost::Message;
use std::error::Error;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;
use units::UtcTime;

type Done<T> = Result<T, Box<dyn Error>>;

/// How much.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Vessels that are there at any time.
    pub vessels: u32,
    /// Hours.
    pub hours: u32,
    /// Questions of each kind.
    pub questions: usize,
}

impl Size {
    /// For figures that mean something.
    pub const FULL: Self = Self { vessels: 2000, hours: 720, questions: 100 };
    /// For `cargo test`.
    pub const TINY: Self = Self { vessels: 40, hours: 3, questions: 3 };
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// What is in it.
    pub counts: Counts,
    /// Its file, bytes.
    pub bytes: u64,
    /// Of all questions, milliseconds: 50th and 99th percentile, and the longest.
    pub ms: [f64; 3],
    /// Answers that had something in them.
    pub found: usize,
}

/// When it begins.
const START_S: i64 = 1_764_000_000;
/// A vessel is told of so often, seconds; and stays so many hours.
const EVERY_S: i64 = 300;
const STAYS_H: u32 = 30;
/// Time is recorded so often: a longer silence would be a hole.
const TICK_S: i64 = 5;
const KINDS: [u32; 5] = [101, 301, 306, 309, 401];
const OPERATORS: [&str; 4] = ["Lin Wei", "Chen Hao", "Zhao Min", "Wang Lei"];
const WORDS: [&str; 8] = ["ZHE", "YU", "HAI", "PU", "DONG", "FANG", "NING", "SHAN"];

/// The mixer of `SplitMix64`.
fn mixed(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn part(value: u64, of: u32) -> u32 {
    (mixed(value) % u64::from(of.max(1))) as u32
}

/// The ship that is in a berth of the scene at an hour: every so many hours another.
fn ship(berth: u32, hour: u32) -> u64 {
    u64::from(berth) + u64::from((hour + berth) / STAYS_H) * 1_000_000
}

fn mmsi(ship: u64) -> u32 {
    // Twelve thousand ships come and go.
    413_000_000 + part(ship, 12_000)
}

fn name(mmsi: u32) -> String {
    let word = |salt: u64| {
        let place = part(u64::from(mmsi) * 7 + salt, WORDS.len() as u32) as usize;
        WORDS.get(place).copied().unwrap_or_default()
    };
    format!("{} {} {} {:05}", word(1), word(2), word(3), mmsi % 100_000)
}

/// Where it is at a second of the scene: half of them lie, half go round a square of 40 miles.
fn place(ship: u64, at_s: i64) -> (f64, f64) {
    let (lat, lon) =
        (29.5 + f64::from(part(ship, 1000)) / 1000.0, 121.7 + f64::from(part(ship * 3, 1000)) / 1000.0);
    if ship.is_multiple_of(2) {
        return (lat, lon);
    }
    let turn = (at_s as f64 / 28_800.0 + f64::from(part(ship, 628)) / 100.0) % std::f64::consts::TAU;
    (lat + 0.25 * turn.sin(), lon + 0.25 * turn.cos())
}

fn track(ship: u64, at_s: i64) -> proto::Track {
    let ((lat, lon), mmsi) = (place(ship, at_s), mmsi(ship));
    let time_us = (START_S + at_s) * 1_000_000;
    proto::Track {
        id: ship + 1,
        version: (at_s / EVERY_S) as u32 + 1,
        life: proto::Life::Confirmed.into(),
        time_us,
        lat,
        lon,
        cov_m2: vec![25.0, 0.0, 16.0],
        identity: Some(proto::Identity {
            mmsi: Some(mmsi),
            imo: Some(9_000_000 + mmsi % 1_000_000),
            name: Some(name(mmsi)),
            ..proto::Identity::default()
        }),
        heard: vec![proto::Heard { source: "hill".to_owned(), time_us }],
        ..proto::Track::default()
    }
}

/// One hour, as a segment.
fn hour(folder: &Path, hour: u32, vessels: u32, previous: Option<Previous>) -> Done<Previous> {
    let about = About {
        recording: "month".to_owned(),
        number: u64::from(hour) + 1,
        previous,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..About::default()
    };
    let mut segment = Segment::create(folder, about)?;
    let topics: [Rc<str>; 3] = [CORE.into(), CHANGES.into(), COMMANDS.into()];
    let [core, changes, commands] = topics;
    let (from_s, mut first) = (i64::from(hour) * 3600, u64::from(hour) * 1_000_000);
    for second in (0..3600).step_by(TICK_S as usize) {
        let at_s = from_s + second;
        let at = UtcTime::from_unix_s(START_S + at_s);
        let mut put = |topic: &Rc<str>, data| {
            segment.write(&Out { topic: Rc::clone(topic), at, data, worth: Worth::default() })
        };
        put(&core, Entries { first, count: 0, entries: Vec::new() }.encode_to_vec())?;
        let mut bodies = Vec::new();
        for berth in 0..vessels {
            // Each in its turn of the five minutes.
            if i64::from(berth % (EVERY_S / TICK_S) as u32) == second / TICK_S % (EVERY_S / TICK_S) {
                bodies.push(Body::Track(track(ship(berth, hour), at_s)));
            }
        }
        // Five alerts an hour, and what somebody did about them.
        if second % 720 == 0 {
            let number = u64::from(hour) * 5 + second as u64 / 720;
            let about = [0, 1].map(|salt| ship(part(number * 2 + salt, vessels), hour) + 1);
            let kind = KINDS.get(part(number, KINDS.len() as u32) as usize).copied().unwrap_or_default();
            bodies.push(Body::Alert(proto::Alert {
                id: number + 1,
                kind,
                priority: "warning".to_owned(),
                state: proto::AlertState::Acknowledged.into(),
                revision: 2,
                raised_us: at.unix_us(),
                tracks: about.to_vec(),
                ..proto::Alert::default()
            }));
            let who =
                OPERATORS.get(part(number * 5, OPERATORS.len() as u32) as usize).copied().unwrap_or_default();
            let line = format!(
                r#"{{"time_us":{},"user":"{who}","action":"acknowledge","code":200,"text":"done","command":{{}}}}"#,
                at.unix_us()
            );
            put(&commands, line.into_bytes())?;
        }
        let messages: Vec<Vec<u8>> = bodies
            .into_iter()
            .map(|body| ServerMessage { seq: 0, body: Some(body) }.encode_to_vec())
            .collect();
        if !messages.is_empty() {
            let count = messages.len() as u32;
            put(&changes, Changes { first, count, messages }.encode_to_vec())?;
            first += u64::from(count);
        }
    }
    Ok(segment.finish(None, UtcTime::from_unix_s(START_S + from_s + 3600))?)
}

/// What somebody wants to know: by number, by a part of a name, by place and time, by kind of alert, by operator.
fn questions(size: &Size) -> Vec<Question> {
    let all_us = i64::from(size.hours) * 3_600_000_000;
    let mut questions = Vec::new();
    for number in 0..size.questions as u64 {
        let hour = part(number * 11, size.hours);
        let known = mmsi(ship(part(number * 13, size.vessels), hour));
        let from_us = START_S * 1_000_000 + (mixed(number) % (all_us as u64)) as i64;
        let usual = Question { most: 1000, ..Question::default() };
        let (lat, lon) = place(ship(part(number * 17, size.vessels), hour), 0);
        let name = name(known);
        questions.extend([
            Question { ship: Some(known.to_string()), ..usual.clone() },
            Question { ship: name.get(..name.len().min(11)).map(str::to_owned), ..usual.clone() },
            Question {
                area: Some([lat - 0.02, lon - 0.02, lat + 0.02, lon + 0.02]),
                from_us: Some(from_us),
                to_us: Some(from_us + 3_600_000_000),
                ..usual.clone()
            },
            Question {
                alert: KINDS.get(part(number, KINDS.len() as u32) as usize).copied(),
                from_us: Some(from_us),
                to_us: Some(from_us + 86_400_000_000),
                ..usual.clone()
            },
            Question {
                operator: OPERATORS
                    .get(part(number, OPERATORS.len() as u32) as usize)
                    .map(|who| (*who).to_owned()),
                from_us: Some(from_us),
                to_us: Some(from_us + 86_400_000_000),
                ..usual
            },
        ]);
    }
    questions
}

/// Prints the figures.
///
/// # Errors
/// What the disk or the catalogue says.
pub fn run(size: &Size) -> Done<Figures> {
    let folder = Folder::new("search")?;
    let (mut previous, began) = (None, Instant::now());
    for number in 0..size.hours {
        previous = Some(hour(&folder.0, number, size.vessels, previous)?);
    }
    let made_s = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let mut catalogue = Catalogue::open(&folder.0)?;
    catalogue.update(|| true)?;
    let (taken_s, counts) = (began.elapsed().as_secs_f64(), catalogue.counts()?);
    drop(catalogue);
    let bytes = std::fs::metadata(folder.0.join(engine::recording::catalogue::FILE))?.len();
    println!(
        "{} hours of {} vessels: {} segments, {} visits, {} alerts, {} commands; made in {made_s:.0} s, taken in in \
         {taken_s:.0} s; the catalogue is {:.0} MB",
        size.hours,
        size.vessels,
        counts.segments,
        counts.ships,
        counts.alerts,
        counts.commands,
        bytes as f64 / 1e6
    );
    let (mut all_ms, mut found) = (Vec::new(), 0);
    let kinds = ["by number", "by a part of a name", "by place and time", "by alert", "by operator"];
    let mut by_kind = vec![Vec::new(); kinds.len()];
    for (number, question) in questions(size).iter().enumerate() {
        // As `fairway record search` does: the file is opened for each.
        let began = Instant::now();
        let answer = Catalogue::look(&folder.0)?.search(question)?;
        let ms = began.elapsed().as_secs_f64() * 1e3;
        found += usize::from(
            !(answer.visits.is_empty() && answer.alerts.is_empty() && answer.commands.is_empty()),
        );
        all_ms.push(ms);
        if let Some(of) = by_kind.get_mut(number % kinds.len()) {
            of.push(ms);
        }
    }
    for (kind, ms) in kinds.iter().zip(&mut by_kind) {
        let [p50, p99, most] = quantiles(ms);
        println!("  {kind:20} p50 {p50:7.1} ms, p99 {p99:7.1}, most {most:7.1}");
    }
    let ms = quantiles(&mut all_ms);
    let [p50, p99, most] = ms;
    println!(
        "bench search: search_p50_ms {p50:.1} search_p99_ms {p99:.1} search_most_ms {most:.1} catalogue_mb {:.0}",
        bytes as f64 / 1e6
    );
    Ok(Figures { counts, bytes, ms, found })
}

fn quantiles(ms: &mut [f64]) -> [f64; 3] {
    ms.sort_by(f64::total_cmp);
    [0.5, 0.99, 1.0].map(|part| {
        let place = ((ms.len() as f64 - 1.0) * part).max(0.0) as usize;
        ms.get(place).copied().unwrap_or(f64::NAN)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_up_is_found() {
        let figures = run(&Size::TINY).unwrap();
        assert_eq!((figures.counts.segments, figures.counts.alerts), (3, 15));
        assert!(figures.counts.ships >= 40 && figures.bytes > 0, "{figures:?}");
        assert!(figures.found >= 6, "{figures:?}");
    }
}
