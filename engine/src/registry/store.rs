//! The registry in `SQLite`: a vessel is a number of ours, and whatever it is known by is a claim that somebody made, from
//! when to when. A claim is never overwritten: who says otherwise makes another, and where two vessels claim the same at
//! the same time that is a clash for whoever looks after the data.

use super::{Known, Registry, Vessel};
use decoders::calendar;
use decoders::jt808::Phone;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::BTreeMap;
use std::path::Path;
use thiserror::Error;
use units::{Card, Imo, Label, Mmsi, Terminal, UtcTime};

const VERSION: i64 = 1;
const SCHEMA: &str = "
CREATE TABLE vessel (id INTEGER PRIMARY KEY);
CREATE TABLE claim (
    vessel INTEGER NOT NULL REFERENCES vessel (id),
    scheme TEXT NOT NULL,
    value TEXT NOT NULL,
    source TEXT NOT NULL,
    from_s INTEGER NOT NULL,
    to_s INTEGER NOT NULL,
    confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    UNIQUE (vessel, scheme, value, source, from_s, to_s)
);
CREATE INDEX claim_by_value ON claim (scheme, value);
CREATE TABLE member (vessel INTEGER NOT NULL REFERENCES vessel (id), list TEXT NOT NULL, UNIQUE (vessel, list));
CREATE TABLE permit (
    vessel INTEGER NOT NULL REFERENCES vessel (id),
    zone TEXT NOT NULL,
    from_s INTEGER NOT NULL,
    to_s INTEGER NOT NULL,
    UNIQUE (vessel, zone, from_s, to_s)
);
";
/// What a vessel is known by: the first of these that is known already says which vessel a line is about. The first two
/// are for life, the others change hands.
const KEYS: [&str; 5] = ["ship_id", "imo", "mmsi", "card", "terminal"];
/// And what is claimed besides.
const FACTS: [&str; 3] = ["call_sign", "name", "utc_offset_h"];
const COLUMNS: [&str; 13] = [
    "ship_id",
    "imo",
    "mmsi",
    "card",
    "terminal",
    "call_sign",
    "name",
    "utc_offset_h",
    "lists",
    "permits",
    "from",
    "to",
    "confidence",
];
const MAX_LINES: usize = 1_000_000;
const MAX_FIELD: usize = 256;

/// What cannot be done with a registry.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database says so.
    #[error("registry: {0}")]
    Database(#[from] rusqlite::Error),
    /// It is no registry, or one of a later version.
    #[error("registry: version {0}, this is for version {VERSION}")]
    Version(i64),
    /// A line is wrong: nothing of the file was taken.
    #[error("line {line}: {message}")]
    Line {
        /// Which.
        line: u64,
        /// What is wrong with it.
        message: String,
    },
}

/// What came of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Lines.
    pub lines: u64,
    /// Vessels that were not known.
    pub vessels: u64,
    /// Claims that nobody had made.
    pub claims: u64,
}

/// Two vessels or more that claim the same at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// What is claimed: `mmsi`, `card` and so on.
    pub scheme: String,
    /// Which.
    pub value: String,
    /// By whom, and who says so.
    pub by: Vec<(i64, String)>,
}

/// A registry.
#[derive(Debug)]
pub struct Store {
    database: Connection,
}

/// One line of a file, by column.
type Line<'a> = BTreeMap<&'static str, &'a str>;

impl Store {
    /// Opens a registry, and makes it where there is none.
    ///
    /// # Errors
    /// It cannot be opened, or is none.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::of(Connection::open(path)?)
    }

    fn of(database: Connection) -> Result<Self, StoreError> {
        database.pragma_update(None, "foreign_keys", true)?;
        let version = database.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match version {
            0 => {
                let batch = format!("BEGIN;{SCHEMA}PRAGMA user_version = {VERSION};COMMIT;");
                database.execute_batch(&batch)?;
            }
            VERSION => {}
            other => return Err(StoreError::Version(other)),
        }
        Ok(Self { database })
    }

    /// Takes a CSV file in, all of it or nothing; `source` is who says so.
    ///
    /// # Errors
    /// The first line that is wrong.
    pub fn import(&mut self, text: &str, source: &str) -> Result<Imported, StoreError> {
        let wrong = |line: u64, message: String| StoreError::Line { line, message };
        let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let head = table.headers().map_err(|error| wrong(1, error.to_string()))?.clone();
        let named = |name: &str| {
            let name = name.trim_start_matches('\u{feff}');
            COLUMNS.into_iter().find(|known| *known == name).ok_or_else(|| {
                wrong(1, format!("`{name}`: unknown column, expected some of {}", COLUMNS.join(", ")))
            })
        };
        let columns = head.iter().map(named).collect::<Result<Vec<_>, _>>()?;
        let (mut imported, all) = (Imported::default(), self.database.transaction()?);
        for row in table.records() {
            let row = row
                .map_err(|error| wrong(error.position().map_or(0, csv::Position::line), error.to_string()))?;
            let at = row.position().map_or(0, csv::Position::line);
            if imported.lines as usize >= MAX_LINES {
                return Err(wrong(at, format!("more than {MAX_LINES} lines")));
            }
            let line: Line<'_> =
                columns.iter().copied().zip(row.iter()).filter(|(_, field)| !field.is_empty()).collect();
            let claims = claims(&line).map_err(|message| wrong(at, message))?;
            take(&all, &line, &claims, source, &mut imported)?;
            imported.lines += 1;
        }
        all.commit()?;
        Ok(imported)
    }

    /// What is claimed by several vessels at the same time.
    ///
    /// # Errors
    /// The database says so.
    pub fn clashes(&self) -> Result<Vec<Clash>, StoreError> {
        let keys = KEYS.map(|key| format!("'{key}'")).join(", ");
        let mut query = self.database.prepare(&format!(
            "SELECT DISTINCT a.scheme, a.value, a.vessel, a.source FROM claim a JOIN claim b
             ON a.scheme = b.scheme AND a.value = b.value AND a.vessel <> b.vessel
             AND a.from_s < b.to_s AND b.from_s < a.to_s
             WHERE a.scheme IN ({keys}) ORDER BY a.scheme, a.value, a.vessel, a.source"
        ))?;
        let mut clashes: Vec<Clash> = Vec::new();
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let (scheme, value, by): (String, String, _) =
                (row.get(0)?, row.get(1)?, (row.get(2)?, row.get(3)?));
            match clashes.last_mut().filter(|last| last.scheme == scheme && last.value == value) {
                Some(last) => last.by.push(by),
                None => clashes.push(Clash { scheme, value, by: vec![by] }),
            }
        }
        Ok(clashes)
    }

    /// What holds at an instant. Of several claims of one vessel the surest counts, of equally sure ones the newest; what
    /// several vessels claim is of the first of them.
    ///
    /// # Errors
    /// The database says so.
    pub fn registry(&self, at: UtcTime) -> Result<Registry, StoreError> {
        let mut query = self.database.prepare(
            "SELECT vessel, scheme, value FROM claim WHERE from_s <= ?1 AND ?1 < to_s
             ORDER BY vessel, confidence DESC, from_s DESC, rowid DESC",
        )?;
        let mut vessels: BTreeMap<i64, BTreeMap<String, Vec<String>>> = BTreeMap::new();
        let mut rows = query.query([at.unix_s()])?;
        while let Some(row) = rows.next()? {
            let values = vessels.entry(row.get(0)?).or_default().entry(row.get(1)?).or_default();
            values.push(row.get(2)?);
        }
        let mut registry = Registry::default();
        for known in vessels.values() {
            let all = |scheme: &str| known.get(scheme).into_iter().flatten();
            let first = |scheme: &str| all(scheme).next();
            let mmsi = first("mmsi").and_then(|value| Mmsi::new(value.parse().ok()?));
            let plain = Vessel {
                mmsi,
                name: first("name").and_then(|name| Label::new(name.as_bytes())),
                ahead_s: first("utc_offset_h")
                    .and_then(|hours| Some((hours.parse::<f64>().ok()? * 3600.0) as i32)),
                ..Vessel::default()
            };
            // It may have several cards and terminals, and each leads to it.
            for card in all("card").filter_map(|value| value.parse().ok()) {
                registry.add_card(card, Vessel { card: Some(Card(card)), ..plain });
            }
            for phone in all("terminal").filter_map(|value| Phone::from_digits(value, true)) {
                registry.add_terminal(phone, Vessel { terminal: Some(Terminal(phone.key())), ..plain });
            }
            if let Some(mmsi) = mmsi {
                let known = Known {
                    imo: first("imo").and_then(|value| Imo::new(value.parse().ok()?)),
                    call_sign: first("call_sign").and_then(|sign| Label::new(sign.as_bytes())),
                    name: plain.name,
                };
                registry.known.entry(mmsi).or_insert(known);
            }
        }
        self.marks("SELECT vessel, list FROM member", [], &vessels, |list, mmsi| {
            registry.lists.entry(list).or_default().insert(mmsi);
        })?;
        let permits = "SELECT vessel, zone FROM permit WHERE from_s <= ?1 AND ?1 < to_s";
        self.marks(permits, [at.unix_s()], &vessels, |zone, mmsi| {
            registry.permits.entry(zone).or_default().insert(mmsi);
        })?;
        Ok(registry)
    }

    /// What a query says of vessels, by every MMSI that they have.
    fn marks(
        &self,
        query: &str,
        values: impl rusqlite::Params,
        vessels: &BTreeMap<i64, BTreeMap<String, Vec<String>>>,
        mut each: impl FnMut(String, Mmsi),
    ) -> Result<(), StoreError> {
        let mut query = self.database.prepare(query)?;
        let mut rows = query.query(values)?;
        while let Some(row) = rows.next()? {
            let vessel: i64 = row.get(0)?;
            let mmsis = vessels.get(&vessel).and_then(|known| known.get("mmsi")).into_iter().flatten();
            for mmsi in mmsis.filter_map(|value| Mmsi::new(value.parse().ok()?)) {
                each(row.get(1)?, mmsi);
            }
        }
        Ok(())
    }
}

/// Seconds at which a line begins and ceases to hold.
fn term(line: &Line<'_>) -> Result<(i64, i64), String> {
    let day = |key: &'static str, without: i64| match line.get(key) {
        None => Ok(without),
        Some(text) => {
            let mut parts = text.splitn(3, '-').map(str::parse::<u32>);
            let mut next = || parts.next()?.ok();
            let date = (|| Some([next()?, next()?, next()?, 0, 0, 0]))();
            let at = date.and_then(|date| calendar::utc(date, 0));
            at.map(UtcTime::unix_s).ok_or_else(|| format!("{key} `{text}`: a day as 2026-01-31"))
        }
    };
    let (from_s, to_s) = (day("from", i64::MIN)?, day("to", i64::MAX)?);
    if from_s < to_s { Ok((from_s, to_s)) } else { Err("from: is not before to".to_owned()) }
}

/// What a line claims, each as it is kept: numbers without noughts before them.
fn claims(line: &Line<'_>) -> Result<Vec<(&'static str, String)>, String> {
    term(line)?;
    confidence(line)?;
    let mut claims = Vec::new();
    for scheme in KEYS.into_iter().chain(FACTS) {
        let Some(text) = line.get(scheme) else { continue };
        let wrong = |what: &str| format!("{scheme} `{text}`: {what}");
        if text.len() > MAX_FIELD || text.chars().any(char::is_control) {
            return Err(wrong("too long, or not printable"));
        }
        let value = match scheme {
            "mmsi" => {
                let mmsi = text.parse().ok().and_then(Mmsi::new).ok_or_else(|| wrong("no MMSI"))?;
                mmsi.number().to_string()
            }
            "imo" => {
                let imo = text.parse().ok().and_then(Imo::new);
                imo.ok_or_else(|| wrong("no IMO number"))?.number().to_string()
            }
            "ship_id" if is_ship_id(text) => (*text).to_owned(),
            "ship_id" => return Err(wrong("CN, the year and seven digits")),
            "card" => text.parse::<u64>().map_err(|_| wrong("no card number"))?.to_string(),
            "terminal" => {
                let phone = Phone::from_digits(text, true).ok_or_else(|| wrong("1 to 20 digits"))?;
                phone.to_string()
            }
            "utc_offset_h" => {
                let hours = text.parse::<f64>().ok().filter(|hours| (-12.0..=14.0).contains(hours));
                hours.ok_or_else(|| wrong("-12 to 14"))?.to_string()
            }
            _ => (*text).to_owned(),
        };
        claims.push((scheme, value));
    }
    if !claims.iter().any(|(scheme, _)| KEYS.contains(scheme)) {
        return Err(format!("none of {}", KEYS.join(", ")));
    }
    for key in ["lists", "permits"] {
        let names = line.get(key).into_iter().flat_map(|names| names.split(';'));
        if let Some(name) = names.map(str::trim).find(|name| name.is_empty() || name.len() > MAX_FIELD) {
            return Err(format!("{key} `{name}`: a name of 1 to {MAX_FIELD} bytes"));
        }
    }
    Ok(claims)
}

fn confidence(line: &Line<'_>) -> Result<f64, String> {
    let Some(text) = line.get("confidence") else { return Ok(1.0) };
    let value = text.parse::<f64>().ok().filter(|value| (0.0..=1.0).contains(value));
    value.ok_or_else(|| format!("confidence `{text}`: 0 to 1"))
}

/// `CN`, the year in which the keel was laid, and seven digits more; how the last of them checks is nowhere told.
fn is_ship_id(text: &str) -> bool {
    let digits = text.strip_prefix("CN").unwrap_or_default();
    digits.len() == 11
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits.starts_with("19") || digits.starts_with("20"))
}

fn take(
    all: &Transaction<'_>,
    line: &Line<'_>,
    claims: &[(&'static str, String)],
    source: &str,
    imported: &mut Imported,
) -> Result<(), StoreError> {
    // Checked before.
    let (from_s, to_s) = term(line).unwrap_or((i64::MIN, i64::MAX));
    let confidence = confidence(line).unwrap_or(0.0);
    let mut known = all.prepare_cached(
        "SELECT vessel FROM claim WHERE scheme = ?1 AND value = ?2
         AND (scheme IN ('ship_id', 'imo') OR from_s < ?4 AND ?3 < to_s) ORDER BY vessel LIMIT 1",
    )?;
    let mut vessel: Option<i64> = None;
    for (scheme, value) in claims.iter().filter(|(scheme, _)| KEYS.contains(scheme)) {
        if vessel.is_none() {
            vessel = known.query_row(params![scheme, value, from_s, to_s], |row| row.get(0)).optional()?;
        }
    }
    let vessel = if let Some(vessel) = vessel {
        vessel
    } else {
        all.execute("INSERT INTO vessel DEFAULT VALUES", [])?;
        imported.vessels += 1;
        all.last_insert_rowid()
    };
    let mut claim = all.prepare_cached("INSERT OR IGNORE INTO claim VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for (scheme, value) in claims {
        imported.claims +=
            claim.execute(params![vessel, scheme, value, source, from_s, to_s, confidence])? as u64;
    }
    let names =
        |key: &str| line.get(key).copied().into_iter().flat_map(|names| names.split(';')).map(str::trim);
    for list in names("lists") {
        all.execute("INSERT OR IGNORE INTO member VALUES (?1, ?2)", params![vessel, list])?;
    }
    for zone in names("permits") {
        all.execute(
            "INSERT OR IGNORE INTO permit VALUES (?1, ?2, ?3, ?4)",
            params![vessel, zone, from_s, to_s],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> UtcTime {
        UtcTime::from_unix_s(term(&BTreeMap::from([("from", text)])).unwrap().0)
    }

    fn store(texts: &[(&str, &str)]) -> Store {
        let mut store = Store::of(Connection::open_in_memory().unwrap()).unwrap();
        for (text, source) in texts {
            store.import(text, source).unwrap();
        }
        store
    }

    #[test]
    fn one_vessel_is_known_by_many_claims_of_their_time() {
        let mut store = store(&[(
            "ship_id,imo,mmsi,call_sign,name,from,to\n\
             CN20211234567,9074729,413000001,BAAA1,OLD NAME,2020-01-01,2025-06-01\n\
             CN20211234567,,413000002,BAAA2,NEW NAME,2025-06-01,\n",
            "register",
        )]);
        let imported =
            store.import("mmsi,card,terminal,lists\n413000002,312194,13912345678,ferries\n", "fleet");
        assert_eq!(imported.unwrap(), Imported { lines: 1, vessels: 0, claims: 3 }, "its MMSI leads to it");
        let again = store.import("mmsi,card\n413000002,312194\n", "fleet").unwrap();
        assert_eq!((again.vessels, again.claims), (0, 0), "what was said is said");

        let (old, new) = (Mmsi::new(413_000_001).unwrap(), Mmsi::new(413_000_002).unwrap());
        let then = store.registry(day("2022-01-01")).unwrap();
        assert_eq!(then.known.keys().collect::<Vec<_>>(), [&old]);
        assert_eq!(then.known[&old].name.unwrap().as_str(), "OLD NAME");
        assert_eq!(then.card(312_194).and_then(|vessel| vessel.mmsi), Some(old), "the card has no dates");
        let now = store.registry(day("2026-01-01")).unwrap();
        assert_eq!(now.known.keys().collect::<Vec<_>>(), [&new]);
        assert_eq!(now.known[&new].call_sign.unwrap().as_str(), "BAAA2");
        assert_eq!(now.lists()["ferries"].iter().collect::<Vec<_>>(), [&new]);
        assert_eq!(now.terminal(&Phone::from_digits("13912345678", true).unwrap()).unwrap().mmsi, Some(new));
        assert_eq!(store.clashes().unwrap(), []);
    }

    #[test]
    fn two_that_claim_the_same_clash_and_nothing_is_overwritten() {
        let store = store(&[
            ("mmsi,imo\n413000001,9074729\n413000002,9241061\n", "register"),
            // The second's number, said of the first.
            ("imo,mmsi\n9074729,413000002\n", "station"),
            ("mmsi,imo,from,to\n413000009,9074729,1990-01-01,1991-01-01\n", "long ago"),
        ]);
        let clashes = store.clashes().unwrap();
        let [clash] = clashes.as_slice() else { panic!("{clashes:?}") };
        assert_eq!((&*clash.scheme, &*clash.value), ("mmsi", "413000002"));
        assert_eq!(clash.by, [(1, "station".to_owned()), (2, "register".to_owned())]);
        let count: i64 =
            store.database.query_row("SELECT count(*) FROM claim", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 8);
    }

    #[test]
    fn a_permit_is_for_a_zone_a_ship_and_a_time() {
        let store = store(&[(
            "mmsi,permits,from,to\n413000001,Cable corridor; Fishing ban,2026-01-01,2026-02-01\n",
            "port",
        )]);
        let names = |at: &str| store.registry(day(at)).unwrap().permits().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names("2026-01-15"), ["Cable corridor", "Fishing ban"]);
        assert!(names("2026-02-01").is_empty() && names("2025-12-31").is_empty());
    }

    #[test]
    fn a_wrong_line_is_named_and_nothing_of_the_file_is_taken() {
        let cases = [
            ("mmsi,kard\n", "line 1: `kard`: unknown column"),
            ("mmsi\n413000001\n0x1\n", "line 3: mmsi `0x1`: no MMSI"),
            ("imo\n9074728\n", "line 2: imo `9074728`: no IMO number"),
            ("ship_id\nCN18991234567\n", "line 2: ship_id `CN18991234567`: CN, the year"),
            ("name\nNOBODY\n", "line 2: none of ship_id, imo, mmsi, card, terminal"),
            ("mmsi,from\n413000001,2026-13-01\n", "line 2: from `2026-13-01`: a day as"),
            ("mmsi,from,to\n413000001,2026-01-02,2026-01-02\n", "line 2: from: is not before to"),
            ("mmsi,confidence\n413000001,2\n", "line 2: confidence `2`: 0 to 1"),
            ("mmsi,permits\n413000001,a;\n", "line 2: permits ``: a name"),
        ];
        let mut store = store(&[]);
        for (text, expected) in cases {
            let said = store.import(text, "test").unwrap_err().to_string();
            assert!(said.starts_with(expected), "{said}");
        }
        assert_eq!(store.registry(day("2026-01-01")).unwrap(), Registry::default());
    }

    #[test]
    fn a_later_version_is_left_alone() {
        let database = Connection::open_in_memory().unwrap();
        database.pragma_update(None, "user_version", 2).unwrap();
        assert!(matches!(Store::of(database), Err(StoreError::Version(2))));
    }
}
