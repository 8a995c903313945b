//! What one segment says, into the catalogue.

use super::Done;
use crate::feed::proto::{self, server_message::Body};
use crate::recording::form::{CHANGES, COMMANDS, CORE, Changes, GAP, Gap, VOICE};
use crate::recording::read::{Recording, Segment};
use crate::recording::voice::Spurt;
use prost::Message;
use rusqlite::{OptionalExtension, Transaction, params};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use units::UtcTime;

/// A vessel that was away for longer is there again, microseconds.
const AWAY_US: i64 = 600_000_000;
/// A stay in one cell is at most so long, so that a search by time need not look back further.
pub(super) const LONGEST_US: i64 = 6 * 3_600_000_000;
/// Time is recorded every second: where nothing was for so long, nobody was recording, microseconds.
pub(super) const HOLE_US: i64 = 5_000_000;
pub(super) const NOTHING: &str = "nothing was recorded";
/// Cells to a degree: 5.6 km from south to north.
const TO_A_DEGREE: f64 = 20.0;
const CELLS_AROUND: i64 = 7200;

/// The cell of a place: by rows from the south, in them from the west.
pub(super) fn cell(lat: f64, lon: f64) -> i64 {
    let row = ((lat.clamp(-90.0, 90.0) + 90.0) * TO_A_DEGREE).floor() as i64;
    let column = ((lon.clamp(-180.0, 180.0) + 180.0) * TO_A_DEGREE).floor() as i64;
    row * CELLS_AROUND + column.min(CELLS_AROUND - 1)
}

/// From the first to the last column of every row of cells that an area touches, or `None` where that is too many.
pub(super) fn rows([south, west, north, east]: [f64; 4]) -> Option<Vec<(i64, i64)>> {
    const MOST: i64 = 400;
    let (first, last) = (cell(south, west), cell(north, east));
    let (columns, rows) = (last % CELLS_AROUND - first % CELLS_AROUND, (last - first) / CELLS_AROUND);
    if columns < 0 || rows < 0 || (columns + 1) * (rows + 1) > MOST {
        return None;
    }
    Some((0..=rows).map(|row| (first + row * CELLS_AROUND, first + row * CELLS_AROUND + columns)).collect())
}

/// A vessel while it was there.
#[derive(Clone, Debug, Default)]
struct Ship {
    mmsi: Option<u32>,
    imo: Option<u32>,
    name: Option<String>,
    callsign: Option<String>,
    card: Option<u64>,
    terminal: Option<String>,
    stays: Vec<Stay>,
}

/// In one cell.
#[derive(Clone, Debug, Default)]
struct Stay {
    cell: i64,
    from_us: i64,
    to_us: i64,
    /// South, west, north, east.
    bounds: [f64; 4],
    sources: BTreeSet<String>,
    states: i64,
    /// Standard deviation along the worst axis, at best and at worst, metres.
    sigma_m: Option<[f64; 2]>,
    doubt: bool,
}

/// What is looked up of a command; the rest stands beside it as it is.
#[derive(Deserialize)]
struct Said {
    time_us: i64,
    user: Option<String>,
    action: String,
    code: u32,
    text: String,
}

/// Takes in what is in one segment, if it is not in yet: whether it was not.
pub(super) fn take(change: &Transaction<'_>, folder: &Path, number: u64, segment: Segment) -> Done<bool> {
    let us = |at: Option<UtcTime>| at.map(UtcTime::unix_us);
    let row = params![
        number as i64,
        segment.file,
        segment.length as i64,
        us(segment.first),
        us(segment.last),
        segment.keyframes.len() as i64
    ];
    let is_new = change
        .prepare_cached("INSERT OR IGNORE INTO segment VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)")?
        .execute(row)?;
    if is_new == 0 {
        return Ok(false);
    }
    let mut ships: BTreeMap<u64, Ship> = BTreeMap::new();
    let mut told_us: Option<[i64; 2]> = None;
    let alone = Recording { folder: folder.to_owned(), segments: vec![segment], faults: Vec::new() };
    let mut messages = alone.messages(0, 0);
    while let Some(found) = messages.message() {
        match found.topic {
            CHANGES => {
                let Ok(changes) = Changes::decode(found.data) else { continue };
                for bytes in &changes.messages {
                    let body = proto::ServerMessage::decode(bytes.as_slice()).ok().and_then(|it| it.body);
                    match body {
                        Some(Body::Track(track)) => ships.entry(track.id).or_default().note(track),
                        Some(Body::Alert(alert)) => note_alert(change, number, &alert)?,
                        Some(Body::Incident(mark)) => note_mark(change, number, &mark)?,
                        _ => {}
                    }
                }
            }
            CORE => {
                let at = found.at.unix_us();
                let [first_us, last_us] = told_us.unwrap_or([at; 2]);
                told_us = Some([first_us.min(at), last_us.max(at)]);
                if at - last_us > HOLE_US {
                    change
                        .prepare_cached("INSERT INTO gap VALUES (NULL, 'all', NULL, 0, ?1, ?2, ?3, ?4)")?
                        .execute(params![last_us, at, NOTHING, number as i64])?;
                }
            }
            COMMANDS => note_command(change, number, found.data)?,
            VOICE => note_spoken(change, number, found.data)?,
            GAP => note_gap(change, number, found.data)?,
            _ => {}
        }
    }
    let faults = messages.faults.len() as i64;
    if faults > 0 {
        change.execute("UPDATE segment SET faults = ?2 WHERE number = ?1", [number as i64, faults])?;
    }
    // The keyframe that a run begins with has the time at which the one before it ended.
    if let Some([first_us, last_us]) = told_us {
        change
            .prepare_cached("UPDATE segment SET first_us = ?2, last_us = ?3 WHERE number = ?1")?
            .execute([number as i64, first_us, last_us])?;
    }
    for (track, ship) in &ships {
        note_ship(change, number as i64, *track as i64, ship)?;
    }
    Ok(true)
}

impl Ship {
    fn note(&mut self, track: proto::Track) {
        let (at, here) = (track.time_us, cell(track.lat, track.lon));
        let stays_on = self.stays.last().is_some_and(|stay| {
            stay.cell == here && at - stay.to_us <= AWAY_US && at - stay.from_us <= LONGEST_US
        });
        if !stays_on {
            let (lat, lon) = (track.lat, track.lon);
            let bounds = [lat, lon, lat, lon];
            self.stays.push(Stay { cell: here, from_us: at, to_us: at, bounds, ..Stay::default() });
        }
        if let Some(stay) = self.stays.last_mut() {
            stay.note(&track);
        }
        let Some(identity) = track.identity else { return };
        self.mmsi = identity.mmsi.or(self.mmsi);
        self.imo = identity.imo.or(self.imo);
        self.card = identity.card.or(self.card);
        self.name = identity.name.or_else(|| self.name.take());
        self.callsign = identity.callsign.or_else(|| self.callsign.take());
        self.terminal = identity.terminal.or_else(|| self.terminal.take());
    }
}

impl Stay {
    fn note(&mut self, track: &proto::Track) {
        (self.from_us, self.to_us) = (self.from_us.min(track.time_us), self.to_us.max(track.time_us));
        self.bounds = wider(self.bounds, [track.lat, track.lon, track.lat, track.lon]);
        self.states += 1;
        self.doubt |= track.doubt;
        // Whom it was heard by before that stands in the stay before.
        let heard = track.heard.iter().filter(|heard| heard.time_us >= self.from_us);
        for heard in heard {
            if !self.sources.contains(&heard.source) {
                self.sources.insert(heard.source.clone());
            }
        }
        if let [east, cross, north] = *track.cov_m2 {
            let widest = f64::midpoint(east, north) + (0.5 * (east - north)).hypot(cross);
            let sigma_m = widest.max(0.0).sqrt();
            if sigma_m.is_finite() {
                let [best, worst] = self.sigma_m.unwrap_or([sigma_m; 2]);
                self.sigma_m = Some([best.min(sigma_m), worst.max(sigma_m)]);
            }
        }
    }
}

fn wider(one: [f64; 4], other: [f64; 4]) -> [f64; 4] {
    let ([south, west, north, east], [other_south, other_west, other_north, other_east]) = (one, other);
    [south.min(other_south), west.min(other_west), north.max(other_north), east.max(other_east)]
}

fn note_ship(change: &Transaction<'_>, number: i64, track: i64, ship: &Ship) -> rusqlite::Result<()> {
    let (Some(first), Some(last)) = (ship.stays.first(), ship.stays.last()) else { return Ok(()) };
    let (from_us, to_us) = (first.from_us, last.to_us);
    let [south, west, north, east] =
        ship.stays.iter().fold(first.bounds, |bounds, stay| wider(bounds, stay.bounds));
    let before: Option<i64> = change
        .prepare_cached(
            "SELECT id FROM ship WHERE track = ?1 AND to_us BETWEEN ?2 AND ?3
             AND (mmsi IS NULL OR ?4 IS NULL OR mmsi = ?4) ORDER BY to_us DESC LIMIT 1",
        )?
        .query_row(params![track, from_us - AWAY_US, to_us, ship.mmsi], |row| row.get(0))
        .optional()?;
    let card = ship.card.map(|card| card as i64);
    let id = if let Some(id) = before {
        let row = params![
            id,
            ship.mmsi,
            ship.imo,
            ship.name,
            ship.callsign,
            card,
            ship.terminal,
            to_us,
            south,
            west,
            north,
            east,
            number
        ];
        change
            .prepare_cached(
                "UPDATE ship SET mmsi = coalesce(?2, mmsi), imo = coalesce(?3, imo), name = coalesce(?4, name),
                 callsign = coalesce(?5, callsign), card = coalesce(?6, card), terminal = coalesce(?7, terminal),
                 to_us = max(to_us, ?8), south = min(south, ?9), west = min(west, ?10), north = max(north, ?11),
                 east = max(east, ?12), last_segment = max(last_segment, ?13) WHERE id = ?1",
            )?
            .execute(row)?;
        id
    } else {
        let row = params![
            track,
            ship.mmsi,
            ship.imo,
            ship.name,
            ship.callsign,
            card,
            ship.terminal,
            from_us,
            to_us,
            south,
            west,
            north,
            east,
            number
        ];
        change
            .prepare_cached(
                "INSERT INTO ship VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)",
            )?
            .execute(row)?;
        change.last_insert_rowid()
    };
    ship.stays.iter().try_for_each(|stay| note_stay(change, number, id, stay))
}

/// Of the stay in the catalogue that goes on: which, since when, who heard it.
type Before = (i64, i64, i64, i64, String);

fn note_stay(change: &Transaction<'_>, number: i64, ship: i64, stay: &Stay) -> rusqlite::Result<()> {
    let last: Option<Before> = change
        .prepare_cached(
            "SELECT id, cell, from_us, to_us, sources FROM stay WHERE ship = ?1 ORDER BY from_us DESC, id DESC
             LIMIT 1",
        )?
        .query_row([ship], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .optional()?;
    let [south, west, north, east] = stay.bounds;
    let [best_m, worst_m] = stay.sigma_m.map_or([None; 2], |sigma_m| sigma_m.map(Some));
    let before = last.filter(|(_, cell, from_us, to_us, _)| {
        *cell == stay.cell && stay.from_us - to_us <= AWAY_US && stay.to_us - from_us <= LONGEST_US
    });
    if let Some((id, .., known)) = before {
        let mut sources: BTreeSet<&str> = known.lines().collect();
        sources.extend(stay.sources.iter().map(String::as_str));
        let sources = sources.into_iter().collect::<Vec<_>>().join("\n");
        let row = params![
            id,
            stay.to_us,
            south,
            west,
            north,
            east,
            sources,
            stay.states,
            best_m,
            worst_m,
            stay.doubt,
            number
        ];
        change
            .prepare_cached(
                "UPDATE stay SET to_us = max(to_us, ?2), south = min(south, ?3), west = min(west, ?4),
                 north = max(north, ?5), east = max(east, ?6), sources = ?7, states = states + ?8,
                 best_m = min(coalesce(best_m, ?9), coalesce(?9, best_m)),
                 worst_m = max(coalesce(worst_m, ?10), coalesce(?10, worst_m)), doubt = max(doubt, ?11),
                 last_segment = ?12 WHERE id = ?1",
            )?
            .execute(row)?;
    } else {
        let sources = stay.sources.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
        let row = params![
            ship,
            stay.cell,
            stay.from_us,
            stay.to_us,
            south,
            west,
            north,
            east,
            sources,
            stay.states,
            best_m,
            worst_m,
            stay.doubt,
            number
        ];
        change
            .prepare_cached(
                "INSERT INTO stay
                 VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)",
            )?
            .execute(row)?;
    }
    Ok(())
}

fn note_alert(change: &Transaction<'_>, number: u64, alert: &proto::Alert) -> rusqlite::Result<()> {
    // It may change its kind as it gets worse. Where the picture began anew, so did the numbers, and this is another one.
    let known: Option<i64> = change
        .prepare_cached(
            "SELECT id FROM (SELECT id, revision FROM alert WHERE alert = ?1 ORDER BY id DESC LIMIT 1)
             WHERE revision < ?2",
        )?
        .query_row(params![alert.id as i64, alert.revision], |row| row.get(0))
        .optional()?;
    let id = if let Some(id) = known {
        change
            .prepare_cached(
                "UPDATE alert SET kind = ?12, revision = ?2, priority = ?3, state = ?4, text_en = ?5, text_zh = ?6,
                 cleared_us = ?7, user = coalesce(?8, user), lat = ?9, lon = ?10, last_segment = ?11 WHERE id = ?1",
            )?
            .execute(params![
                id,
                alert.revision,
                alert.priority,
                alert.state,
                alert.text_en,
                alert.text_zh,
                alert.cleared_us,
                alert.user,
                alert.lat,
                alert.lon,
                number as i64,
                alert.kind
            ])?;
        id
    } else {
        change
            .prepare_cached(
                "INSERT INTO alert
                 VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15)",
            )?
            .execute(params![
                alert.id as i64,
                alert.revision,
                alert.raised_us,
                alert.kind,
                alert.priority,
                alert.state,
                alert.text_en,
                alert.text_zh,
                alert.cleared_us,
                alert.user,
                alert.zone,
                alert.cell,
                alert.lat,
                alert.lon,
                number as i64
            ])?;
        change.last_insert_rowid()
    };
    change
        .prepare_cached("INSERT OR IGNORE INTO alert_kind VALUES (?1, ?2)")?
        .execute(params![id, alert.kind])?;
    let mut insert = change.prepare_cached("INSERT OR IGNORE INTO alert_track VALUES (?1, ?2)")?;
    for track in &alert.tracks {
        insert.execute(params![id, *track as i64])?;
    }
    Ok(())
}

fn note_mark(change: &Transaction<'_>, number: u64, mark: &proto::Incident) -> rusqlite::Result<()> {
    change.prepare_cached("INSERT OR IGNORE INTO mark VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute(
        params![
            mark.id as i64,
            mark.time_us,
            mark.text,
            mark.user,
            mark.lat,
            mark.lon,
            mark.track.map(|track| track as i64),
            number as i64
        ],
    )?;
    Ok(())
}

fn note_command(change: &Transaction<'_>, number: u64, line: &[u8]) -> rusqlite::Result<()> {
    let Ok(said) = serde_json::from_slice::<Said>(line) else { return Ok(()) };
    let row = params![
        said.time_us,
        said.user,
        said.action,
        said.code,
        said.text,
        String::from_utf8_lossy(line),
        number as i64
    ];
    change.prepare_cached("INSERT INTO command VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(row)?;
    Ok(())
}

fn note_spoken(change: &Transaction<'_>, number: u64, line: &[u8]) -> rusqlite::Result<()> {
    let Ok(spurt) = serde_json::from_slice::<Spurt>(line) else { return Ok(()) };
    let row = params![spurt.source, spurt.from_us, spurt.to_us, f64::from(spurt.loudest_dbfs), number as i64];
    change.prepare_cached("INSERT INTO spoken VALUES (NULL, ?1, ?2, ?3, ?4, ?5)")?.execute(row)?;
    Ok(())
}

fn note_gap(change: &Transaction<'_>, number: u64, line: &[u8]) -> rusqlite::Result<()> {
    let Ok(gap) = serde_json::from_slice::<Gap>(line) else { return Ok(()) };
    let records = gap.records as i64;
    let row = params![gap.what, gap.source, records, gap.from_us, gap.to_us, gap.reason, number as i64];
    change.prepare_cached("INSERT INTO gap VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(row)?;
    Ok(())
}
