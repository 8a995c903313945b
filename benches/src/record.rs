//! Recording beside what else could be done with the same sentences; telling the core again; finding an instant.

use crate::watch::at_work_s;
use decoders::frame::Framer;
use decoders::nmea::{Item, Reader};
use engine::core::Core;
use engine::feed::Names;
use engine::observe::ais::Observer;
use engine::recording::Recording;
use engine::recording::cursor::Cursor;
use engine::recording::form::{CORE, Entries, Entry, KEYFRAME, Keyframe, Raw};
use engine::recording::pace::Pace;
use engine::recording::rerun::Rerun;
use engine::recording::segment::{About, Out, Segment, Worth};
use fusion::{Event, Fusion, SourceId};
use mcap::records::MessageHeader;
use prost::Message;
use simulate::{Scene, Sent};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use units::UtcTime;

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Sentences that are written down.
    pub sentences: usize,
    /// Vessels that are told again, and for how long, seconds.
    pub again: (usize, f64),
    /// Of the long recording: vessels, seconds, instants that are sought.
    pub long: (usize, f64, usize),
}

impl Size {
    /// What is quoted.
    pub const FULL: Self = Self { sentences: 1_000_000, again: (5000, 120.0), long: (100, 86_400.0, 200) };
    /// What a test can wait for.
    pub const TINY: Self = Self { sentences: 2000, again: (30, 30.0), long: (10, 120.0, 10) };
}

const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);
/// One record per source in this time; a chunk of the file in twice that.
const CUT_NS: i64 = 100_000_000;

type Done<T> = Result<T, Box<dyn Error>>;

/// A folder that is removed with the value.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Done<Self> {
        let path = std::env::temp_dir().join(format!("fairway-bench-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Prints the tables.
///
/// # Errors
/// What the disk says.
pub fn run(size: &Size) -> Done<()> {
    let folder = Folder::new("record")?;
    let (ours, single, ratio) = written(size, &folder.0)?;
    let (with_watch, alone) = again(size)?;
    let p99_ms = sought(size, &folder.0)?;
    println!(
        "bench record: mb_per_million {ours:.1} single_mb_per_million {single:.1} write_ratio {ratio:.2} \
         rerun_times {with_watch:.0} tracker_times {alone:.0} seek_p99_ms {p99_ms:.1}"
    );
    Ok(())
}

/// One sentence, and when it was heard.
type Heard = (UtcTime, Vec<u8>);

fn sentences(many: usize) -> Vec<Heard> {
    let mut all: Vec<Heard> = Vec::with_capacity(many);
    // One sea for as long as it takes: the same minute again and again would flatter whoever looks far back.
    let seconds = many as f64 / 4000.0 * 16.0;
    Scene::ningbo_zhoushan(11, 4000, START).run(START.plus_s(seconds), &mut |sent: Sent<'_>| {
        if all.len() < many {
            let lines = sent.bytes.split_inclusive(|byte| *byte == b'\n');
            all.extend(lines.map(|line| (sent.at, line.to_vec())));
        }
    });
    all
}

fn about() -> About {
    About { recording: "bench".to_owned(), number: 1, ..About::default() }
}

/// The same sentences in several forms: megabytes per million of ours and of one record per sentence, and how much
/// faster ours is written than that.
fn written(size: &Size, folder: &Path) -> Done<(f64, f64, f64)> {
    let all = sentences(size.sentences);
    let plain: usize = all.iter().map(|(_, line)| line.len()).sum();
    let per_million = |bytes: u64| bytes as f64 / all.len() as f64;
    println!("{:<34} {:>12} {:>9} {:>12}", "form", "MB/million", "smaller", "sentences/s");
    let show = |form: &str, bytes: u64, took_s: f64| {
        let (mb, times) = (per_million(bytes), plain as f64 / bytes as f64);
        println!("{form:<34} {mb:>12.1} {times:>9.2} {:>12.0}", all.len() as f64 / took_s);
        mb
    };
    show("as they are", plain as u64, f64::INFINITY);

    let began = at_work_s();
    let path = folder.join("plain.zst");
    let mut packed = zstd::stream::write::Encoder::new(File::create(&path)?, 3)?;
    for (_, line) in &all {
        packed.write_all(line)?;
    }
    packed.finish()?;
    show("one zstd stream", std::fs::metadata(&path)?.len(), at_work_s() - began);

    let began = at_work_s();
    let path = folder.join("single.mcap");
    let mut writer = mcap::Writer::new(BufWriter::new(File::create(&path)?))?;
    let channel = writer.add_channel(0, "/raw/sea", "nmea", &BTreeMap::new())?;
    for ((at, line), sequence) in all.iter().zip(0..) {
        let log_time = at.unix_ns() as u64;
        let header = MessageHeader { channel_id: channel, sequence, log_time, publish_time: log_time };
        writer.write_to_known_channel(&header, line)?;
    }
    writer.finish()?;
    drop(writer);
    let single_s = at_work_s() - began;
    let single = show("MCAP, one record per sentence", std::fs::metadata(&path)?.len(), single_s);

    let (mut ours, mut ours_s) = (0.0, 1.0);
    for (form, cuts) in [("MCAP, 100 ms, chunks of 1 MiB", usize::MAX), ("ours: chunks of 200 ms", 2)] {
        let began = at_work_s();
        let folder = folder.join(format!("ours-{cuts}"));
        std::fs::create_dir_all(&folder)?;
        let mut segment = Segment::create(&folder, about())?;
        let topic: Rc<str> = "/raw/sea".into();
        let (mut raw, mut count) = (Raw::default(), 0);
        for (at, line) in &all {
            if !raw.length.is_empty() && at.unix_ns() - raw.start_ns >= CUT_NS {
                cut(&mut segment, &topic, &mut raw)?;
                count += 1;
                if count % cuts == 0 {
                    segment.flush()?;
                }
            }
            if raw.length.is_empty() {
                raw.start_ns = at.unix_ns();
            }
            raw.after_ns.push(at.unix_ns() - raw.start_ns);
            raw.peer.push(1);
            raw.length.push(line.len() as u32);
            raw.data.extend_from_slice(line);
        }
        cut(&mut segment, &topic, &mut raw)?;
        let length = segment.finish(None, START)?.length;
        ours_s = at_work_s() - began;
        ours = show(form, length, ours_s);
    }
    Ok((ours, single, single_s / ours_s))
}

fn cut(segment: &mut Segment, topic: &Rc<str>, raw: &mut Raw) -> Done<()> {
    let at = UtcTime::from_unix_ns(raw.start_ns);
    segment.write(&Out {
        topic: Rc::clone(topic),
        at,
        data: raw.encode_to_vec(),
        worth: Worth::default(),
    })?;
    *raw = Raw::default();
    Ok(())
}

/// What a sea says, as events, and time.
fn events(vessels: usize, seconds: f64) -> Vec<Event> {
    let (mut framer, mut reader, observer) =
        (Framer::default(), Reader::new(), Observer::new(SourceId(0), &Rc::default()));
    let mut events = Vec::new();
    Scene::ningbo_zhoushan(5, vessels, START).run(START.plus_s(seconds), &mut |sent: Sent<'_>| {
        framer.drain(sent.bytes, true, |line| {
            reader.line(line, sent.at, |item| {
                if let Item::Ais(received) = item {
                    observer.observe(&received, sent.at, |event| events.push(event));
                }
            });
        });
    });
    events
}

fn core() -> Core {
    Core::new(fusion::Config::default(), watch::Config::default()).with_sources(vec!["sea".to_owned()])
}

fn names() -> Arc<Names> {
    Arc::new(Names::new(vec!["sea".to_owned()]))
}

/// How many times as fast as it was recorded entries are told again: with the watch, and to the tracker alone.
fn again(size: &Size) -> Done<(f64, f64)> {
    let (vessels, seconds) = size.again;
    let events = events(vessels, seconds);
    let mut entries = Entries { count: events.len() as u32, ..Entries::default() };
    for event in &events {
        postcard::to_io(&Entry::Event(Cow::Borrowed(event)), &mut entries.entries)?;
    }
    let began = at_work_s();
    let mut rerun = Rerun::new(core(), names());
    rerun.apply(&entries, |_| {}).map_err(|missing| format!("{missing:?}"))?;
    let with_watch = seconds / (at_work_s() - began);

    let began = at_work_s();
    let (mut picture, mut changes, mut count) = (Fusion::new(fusion::Config::default()), Vec::new(), 0);
    for entry in entries.iter() {
        if let Entry::Event(event) = entry {
            picture.apply(&event, &mut changes);
            count += changes.len();
            changes.clear();
        }
    }
    let alone = seconds / (at_work_s() - began);
    let (tracks, told) = (picture.tracks().len(), events.len());
    println!("\n{vessels} vessels, {told} entries, {tracks} tracks, {count} changes");
    println!(
        "again with the watch: {with_watch:.0} times as fast as it was; the tracker alone: {alone:.0} times"
    );
    Ok((with_watch, alone))
}

/// How long it takes to come to any instant of a long recording: the 99th percentile, milliseconds.
fn sought(size: &Size, folder: &Path) -> Done<f64> {
    println!();
    let (vessels, seconds, times) = size.long;
    let long = seek(&folder.join("long"), vessels, seconds, times)?;
    let (vessels, seconds) = size.again;
    seek(&folder.join("crowded"), vessels, seconds, times)?;
    Ok(long)
}

fn seek(folder: &Path, vessels: usize, seconds: f64, times: usize) -> Done<f64> {
    std::fs::create_dir_all(folder)?;
    record(folder, vessels, seconds)?;
    let recording = Recording::open(folder)?;
    let names = names();
    let mut dice = crate::watch::Dice(7);
    let (mut took, mut tracks) = (Vec::new(), 0);
    for _ in 0..times {
        let at = START.plus_s(dice.uniform() * seconds);
        let began = at_work_s();
        let cursor = Cursor::at(&recording, &names, at).ok_or("no keyframe")?;
        took.push(1e3 * (at_work_s() - began));
        tracks = cursor.core().picture.tracks().len();
    }
    took.sort_by(f64::total_cmp);
    let part = |part: f64| took.get((part * (took.len() - 1) as f64) as usize).copied().unwrap_or_default();
    let (p50, p99, most) = (part(0.5), part(0.99), part(1.0));
    println!(
        "{vessels} vessels, {:.1} h, {} segments, {times} instants, {tracks} tracks at the last: p50 {p50:.1} ms, \
         p99 {p99:.1} ms, most {most:.1} ms",
        seconds / 3600.0,
        recording.segments.len()
    );
    Ok(p99)
}

/// Writes what a recorder would: entries every 100 ms, keyframes at its pace, segments of a minute.
fn record(folder: &Path, vessels: usize, seconds: f64) -> Done<()> {
    let mut core = core();
    let mut about = about();
    let mut segment = Segment::create(folder, about.clone())?;
    let (to_core, to_keyframe): (Rc<str>, Rc<str>) = (CORE.into(), KEYFRAME.into());
    let (mut entries, mut told, mut began, mut minute) = (Entries::default(), 0, START, i64::MIN);
    let mut pace = Pace::new(30);
    pace.took(UtcTime::from_unix_s(0), 0);
    for event in events(vessels, seconds) {
        let at = event.arrival();
        if at.since(began) >= 0.1 && entries.count > 0 {
            let out = Out {
                topic: Rc::clone(&to_core),
                at: began,
                data: entries.encode_to_vec(),
                worth: Worth::default(),
            };
            segment.write(&out)?;
            segment.flush()?;
            told += u64::from(entries.count);
            entries = Entries { first: told, ..Entries::default() };
            let now = core.picture.now();
            let is_new = now.unix_s().div_euclid(60) != minute;
            if is_new || pace.is_due(now, told, core.picture.tracks().len()) {
                pace.took(now, told);
                if is_new && minute > i64::MIN {
                    about.previous = Some(segment.finish(None, now)?);
                    about.number += 1;
                    segment = Segment::create(folder, about.clone())?;
                }
                minute = now.unix_s().div_euclid(60);
                let core = postcard::to_stdvec(&core.snapshot())?;
                let keyframe = Keyframe { entries: told, changes: 0, time_us: now.unix_us(), core };
                let data = keyframe.encode_to_vec();
                let out = Out { topic: Rc::clone(&to_keyframe), at: now, data, worth: Worth::default() };
                segment.keyframe(&out, told)?;
            }
        }
        if entries.count == 0 {
            began = at;
        }
        postcard::to_io(&Entry::Event(Cow::Borrowed(&event)), &mut entries.entries)?;
        entries.count += 1;
        core.apply(&event);
    }
    segment.finish(None, core.picture.now())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_one_runs() {
        run(&Size::TINY).unwrap();
    }
}
