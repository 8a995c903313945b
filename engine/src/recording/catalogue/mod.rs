//! What is in a recording, to be looked up: which vessel was where and when, which alerts there were, what operators did
//! and marked, who spoke by radio, what is missing. Made from the recording itself, segment by segment as they are complete, and made again
//! where it is lost: it proves nothing, and nothing depends on it.

mod answer;
mod search;
mod take;

pub use answer::{Alert, Answer, Area, Command, Event, Hole, Mark, Question, Visit};

use super::read::{self, Segment};
use super::segment::file_name;
use super::voice::Spurt;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, params};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// Its file.
pub const FILE: &str = "catalogue.sqlite";
/// Another form than this is made anew.
const FORM: i64 = 3;
/// Whoever else writes is done by then.
const PATIENCE: Duration = Duration::from_secs(5);

const TABLES: [&str; 10] =
    ["segment", "ship", "stay", "alert", "alert_kind", "alert_track", "command", "mark", "spoken", "gap"];

const SCHEMA: &str = "
CREATE TABLE segment (number INTEGER PRIMARY KEY, file TEXT NOT NULL, bytes INTEGER NOT NULL,
    first_us INTEGER, last_us INTEGER, keyframes INTEGER NOT NULL, faults INTEGER NOT NULL);
-- One row for each time that a vessel was there, from when until when, and within which bounds.
CREATE TABLE ship (id INTEGER PRIMARY KEY, track INTEGER NOT NULL, mmsi INTEGER, imo INTEGER, name TEXT,
    callsign TEXT, card INTEGER, terminal TEXT, from_us INTEGER NOT NULL, to_us INTEGER NOT NULL,
    south REAL NOT NULL, west REAL NOT NULL, north REAL NOT NULL, east REAL NOT NULL,
    first_segment INTEGER NOT NULL, last_segment INTEGER NOT NULL);
CREATE INDEX ship_track ON ship (track, to_us);
CREATE INDEX ship_mmsi ON ship (mmsi, from_us);
CREATE INDEX ship_imo ON ship (imo) WHERE imo IS NOT NULL;
CREATE INDEX ship_card ON ship (card) WHERE card IS NOT NULL;
CREATE INDEX ship_time ON ship (from_us, to_us);
CREATE INDEX ship_segment ON ship (first_segment);
-- The cells that she went through meanwhile: by whom she was heard there, and how sure her place was at best and at worst.
CREATE TABLE stay (id INTEGER PRIMARY KEY, ship INTEGER NOT NULL, cell INTEGER NOT NULL, from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL, south REAL NOT NULL, west REAL NOT NULL, north REAL NOT NULL, east REAL NOT NULL,
    sources TEXT NOT NULL, states INTEGER NOT NULL, best_m REAL, worst_m REAL, doubt INTEGER NOT NULL,
    first_segment INTEGER NOT NULL, last_segment INTEGER NOT NULL);
CREATE INDEX stay_ship ON stay (ship, from_us);
CREATE INDEX stay_cell ON stay (cell, from_us);
CREATE INDEX stay_segment ON stay (first_segment);
-- `raised_us` is when it was raised first; numbers of alerts begin anew where the picture does.
CREATE TABLE alert (id INTEGER PRIMARY KEY, alert INTEGER NOT NULL, revision INTEGER NOT NULL,
    raised_us INTEGER NOT NULL, kind INTEGER NOT NULL, priority TEXT NOT NULL, state INTEGER NOT NULL,
    text_en TEXT NOT NULL, text_zh TEXT NOT NULL, cleared_us INTEGER, user TEXT, zone TEXT, cell TEXT,
    lat REAL, lon REAL, first_segment INTEGER NOT NULL, last_segment INTEGER NOT NULL);
CREATE INDEX alert_number ON alert (alert);
CREATE INDEX alert_time ON alert (raised_us);
CREATE INDEX alert_segment ON alert (first_segment);
-- Every kind that it has been of.
CREATE TABLE alert_kind (alert INTEGER NOT NULL, kind INTEGER NOT NULL,
    PRIMARY KEY (alert, kind));
CREATE INDEX alert_of_kind ON alert_kind (kind);
CREATE TABLE alert_track (alert INTEGER NOT NULL, track INTEGER NOT NULL,
    PRIMARY KEY (alert, track));
CREATE INDEX alert_of_track ON alert_track (track);
-- What operators asked for and were answered; `json` is the line of the recording.
CREATE TABLE command (id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, user TEXT, action TEXT NOT NULL,
    code INTEGER NOT NULL, text TEXT NOT NULL, json TEXT NOT NULL, segment INTEGER NOT NULL);
CREATE INDEX command_time ON command (time_us);
CREATE INDEX command_user ON command (user, time_us);
CREATE INDEX command_segment ON command (segment);
-- What operators marked for whoever looks into it later.
CREATE TABLE mark (mark INTEGER NOT NULL, time_us INTEGER NOT NULL, text TEXT NOT NULL, user TEXT NOT NULL,
    lat REAL, lon REAL, track INTEGER, segment INTEGER NOT NULL, PRIMARY KEY (mark, time_us));
-- Who spoke by radio.
CREATE TABLE spoken (id INTEGER PRIMARY KEY, source TEXT NOT NULL, from_us INTEGER NOT NULL, to_us INTEGER NOT NULL,
    loudest_dbfs REAL NOT NULL, segment INTEGER NOT NULL);
CREATE INDEX spoken_time ON spoken (source, from_us);
CREATE INDEX spoken_segment ON spoken (segment);
-- What the recording itself says is missing.
CREATE TABLE gap (id INTEGER PRIMARY KEY, what TEXT NOT NULL, source TEXT, records INTEGER NOT NULL,
    from_us INTEGER NOT NULL, to_us INTEGER NOT NULL, reason TEXT NOT NULL, segment INTEGER NOT NULL);
CREATE INDEX gap_segment ON gap (segment);
";

/// The file, open.
#[derive(Debug)]
pub struct Catalogue {
    folder: PathBuf,
    file: Connection,
}

/// Why there is none.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// The database.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    /// The recording.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Nobody has made it yet, or in another form.
    #[error("no catalogue of this form: `fairway record catalogue` makes it")]
    None,
}

type Done<T> = Result<T, CatalogueError>;

/// How much is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Segments.
    pub segments: u64,
    /// Times that a vessel was there.
    pub ships: u64,
    /// Alerts.
    pub alerts: u64,
    /// Operators' commands.
    pub commands: u64,
    /// Marks.
    pub marks: u64,
}

impl Catalogue {
    /// Opens that of a recording, to write it; where it is of another form, or damaged, an empty one takes its place.
    ///
    /// # Errors
    /// What the disk says, or that another process is writing it.
    pub fn open(folder: &Path) -> Done<Self> {
        let path = folder.join(FILE);
        let file = match Self::known(&path) {
            Ok(Some(file)) => file,
            Err(error) if !is_damage(&error) => return Err(error.into()),
            Ok(None) | Err(_) => {
                for end in ["", "-journal"] {
                    let path = folder.join(format!("{FILE}{end}"));
                    if path.exists() {
                        std::fs::remove_file(path)?;
                    }
                }
                let file = Connection::open(&path)?;
                file.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {FORM}; COMMIT;"))?;
                file
            }
        };
        // What is lost with the power is made again.
        file.execute_batch("PRAGMA synchronous = OFF;")?;
        file.busy_timeout(PATIENCE)?;
        Ok(Self { folder: folder.to_owned(), file })
    }

    /// Opens it to look something up: nothing is written, and it need not be writable.
    ///
    /// # Errors
    /// That there is none.
    pub fn look(folder: &Path) -> Done<Self> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Err(CatalogueError::None);
        }
        let file = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        file.busy_timeout(PATIENCE)?;
        let form: i64 = file.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if form == FORM { Ok(Self { folder: folder.to_owned(), file }) } else { Err(CatalogueError::None) }
    }

    fn known(path: &Path) -> rusqlite::Result<Option<Connection>> {
        if !path.exists() {
            return Ok(None);
        }
        let file = Connection::open(path)?;
        file.busy_timeout(PATIENCE)?;
        let form: i64 = file.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if form != FORM {
            return Ok(None);
        }
        let check: String = file.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        Ok((check == "ok").then_some(file))
    }

    /// Empties it.
    ///
    /// # Errors
    /// What the database says.
    pub fn clear(&mut self) -> Done<()> {
        let change = self.file.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for table in TABLES {
            change.execute(&format!("DELETE FROM {table}"), [])?;
        }
        change.commit()?;
        Ok(())
    }

    /// Takes in the segments that have been completed since, and leaves out those that were let go; `goes_on` is asked
    /// before each. How many were taken in.
    ///
    /// # Errors
    /// What the disk says.
    pub fn update(&mut self, mut goes_on: impl FnMut() -> bool) -> Done<u64> {
        let there: BTreeSet<u64> = read::numbers(&self.folder)?.into_iter().collect();
        let known = self.known_segments()?;
        let gone: Vec<u64> = known.keys().filter(|number| !there.contains(number)).copied().collect();
        if !gone.is_empty() {
            let change = self.file.transaction_with_behavior(TransactionBehavior::Immediate)?;
            forget(&change, &gone)?;
            change.commit()?;
        }
        let mut added = 0;
        let newest = there.last().copied();
        for number in there.iter().copied().filter(|number| !known.contains_key(number)) {
            if !goes_on() {
                break;
            }
            // The newest goes on, or will be ended when somebody records again; an earlier one that was not ended never
            // will be.
            let file = file_name(number);
            if Some(number) == newest && !read::is_closed(&self.folder.join(&file)) {
                continue;
            }
            let Ok(mut segment) = Segment::open(&self.folder, file) else { continue };
            if !segment.is_closed {
                let next = Segment::open(&self.folder, file_name(number + 1)).ok();
                let said = next.and_then(|next| next.about.previous).filter(|it| it.number == number);
                segment.length = said.map_or(segment.length, |said| segment.length.min(said.length));
            }
            let change = self.file.transaction_with_behavior(TransactionBehavior::Immediate)?;
            added += u64::from(take::take(&change, &self.folder, number, segment)?);
            change.commit()?;
        }
        Ok(added)
    }

    /// Its segments, and how long each was.
    fn known_segments(&self) -> Done<BTreeMap<u64, u64>> {
        let mut query = self.file.prepare_cached("SELECT number, bytes FROM segment")?;
        let rows =
            query.query_map([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When alerts were raised and operators marked something, in order; no more than 20,000 of them, the latest.
    ///
    /// # Errors
    /// What the database says.
    pub fn events(&self) -> Done<Vec<Event>> {
        let mut query = self.file.prepare_cached(
            "SELECT * FROM (SELECT raised_us AS at, priority FROM alert UNION ALL SELECT time_us, 'mark' FROM mark
             ORDER BY at DESC LIMIT 20000) ORDER BY at",
        )?;
        let rows = query.query_map([], |row| Ok(Event { at_us: row.get(0)?, kind: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Who spoke on a channel between two instants, in order; no more than 100,000 times.
    ///
    /// # Errors
    /// What the database says.
    pub fn spoken(&self, channel: &str, from_us: i64, to_us: i64) -> Done<Vec<Spurt>> {
        let mut query = self.file.prepare_cached(
            "SELECT source, from_us, to_us, loudest_dbfs FROM spoken
             WHERE source = ?1 AND from_us <= ?3 AND to_us >= ?2 ORDER BY from_us LIMIT 100000",
        )?;
        let rows = query.query_map(params![channel, from_us, to_us], |row| {
            Ok(Spurt {
                source: row.get(0)?,
                from_us: row.get(1)?,
                to_us: row.get(2)?,
                loudest_dbfs: row.get::<_, f64>(3)? as f32,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How much is in it.
    ///
    /// # Errors
    /// What the database says.
    pub fn counts(&self) -> Done<Counts> {
        let count = |table: &str| {
            let query = format!("SELECT count(*) FROM {table}");
            self.file.query_row(&query, [], |row| Ok(row.get::<_, i64>(0)? as u64))
        };
        Ok(Counts {
            segments: count("segment")?,
            ships: count("ship")?,
            alerts: count("alert")?,
            commands: count("command")?,
            marks: count("mark")?,
        })
    }
}

/// Whether it is no database of ours any more; that somebody else has it open is no reason to throw it away.
fn is_damage(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(code) => matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase),
        None => true,
    }
}

/// Leaves out what was in segments that are no more.
fn forget(change: &Transaction<'_>, gone: &[u64]) -> rusqlite::Result<()> {
    for number in gone {
        for of in [
            "segment WHERE number",
            "mark WHERE segment",
            "command WHERE segment",
            "spoken WHERE segment",
            "gap WHERE segment",
        ] {
            change.execute(&format!("DELETE FROM {of} = ?1"), [*number as i64])?;
        }
    }
    // The oldest go first, so few rows begin as early as that.
    let latest = gone.last().map_or(0, |number| *number as i64);
    for table in ["ship", "stay", "alert"] {
        change.execute(
            &format!(
                "DELETE FROM {table} WHERE first_segment <= ?1 AND NOT EXISTS (SELECT 1 FROM segment
                 WHERE number BETWEEN {table}.first_segment AND {table}.last_segment)"
            ),
            [latest],
        )?;
    }
    for table in ["alert_kind", "alert_track"] {
        change.execute_batch(&format!(
            "DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM alert WHERE alert.id = {table}.alert)"
        ))?;
    }
    Ok(())
}
