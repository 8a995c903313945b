//! "Was she there, who heard her, how sure were we": looked up in the catalogue, with what the recording misses beside it,
//! since nobody was there only where somebody looked.

use super::answer::{Alert, Answer, Area, Command, Hole, Mark, Question, Visit};
use super::take::{HOLE_US, LONGEST_US, NOTHING, rows};
use super::{Catalogue, Done};
use crate::recording::read;
use crate::recording::segment::file_name;
use rusqlite::types::Value;
use rusqlite::{Row, ToSql, params_from_iter};
use std::collections::{BTreeMap, BTreeSet};

/// An alert is about a vessel that was there this long before or after, microseconds.
const NEAR_US: i64 = 600_000_000;

/// The conditions of a query, and what is put into them.
#[derive(Default)]
struct Where {
    all: Vec<String>,
    values: Vec<Value>,
}

impl Where {
    /// `?` stands for the value.
    fn and(&mut self, condition: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        self.all.push(condition.replace('?', &format!("?{}", self.values.len())));
    }

    fn text(&self) -> String {
        if self.all.is_empty() { "1".to_owned() } else { self.all.join(" AND ") }
    }

    fn values(&self) -> impl rusqlite::Params + '_ {
        params_from_iter(self.values.iter().map(|value| value as &dyn ToSql))
    }

    /// Two areas touch; the columns are those of a table.
    fn area(&mut self, [south, west, north, east]: Area) {
        self.and("north >= ?", south);
        self.and("south <= ?", north);
        self.and("east >= ?", west);
        self.and("west <= ?", east);
    }
}

/// A segment: from when, until when, its file, its faults.
type Stretch = (i64, i64, String, i64);

impl Catalogue {
    /// Looks something up.
    ///
    /// # Errors
    /// What the database says.
    pub fn search(&self, question: &Question) -> Done<Answer> {
        let mut answer = Answer { span_us: self.span()?, ..Answer::default() };
        let most = question.most.max(1);
        let ships = match (&question.ship, question.area) {
            (None, None) => None,
            _ => Some(self.ships(question)?),
        };
        answer.alerts = self.alerts(question, ships.as_ref(), most + 1)?;
        let of_alerts = match question.alert {
            Some(_) => Some(self.ships_of(&answer.alerts)?),
            None => None,
        };
        // Of an operator it is asked what he did, not who was there meanwhile.
        if ships.is_some() || of_alerts.is_some() || question.operator.is_none() {
            let wanted = match (&ships, of_alerts) {
                (Some(ships), Some(others)) => Some(ships.intersection(&others).copied().collect()),
                (Some(ships), None) => Some(ships.clone()),
                (None, others) => others,
            };
            answer.visits = self.visits(question, wanted.as_ref(), most + 1)?;
        }
        // Commands are nowhere, and about no vessel that could be looked up.
        let is_of_people = question.ship.is_none() && question.area.is_none() && question.alert.is_none();
        if is_of_people || question.operator.is_some() {
            answer.commands = self.commands(question, most + 1)?;
        }
        answer.marks = self.marks(question, most + 1)?;
        answer.holes = self.holes(question)?;
        let known = self.known_segments()?;
        let there = read::numbers(&self.folder)?;
        answer.not_in = there.into_iter().filter(|it| !known.contains_key(it)).map(file_name).collect();
        answer.is_cut = cut(&mut answer.visits, most)
            | cut(&mut answer.alerts, most)
            | cut(&mut answer.commands, most)
            | cut(&mut answer.marks, most);
        Ok(answer)
    }

    fn span(&self) -> Done<Option<[i64; 2]>> {
        let query = "SELECT min(first_us), max(last_us) FROM segment";
        let (first, last): (Option<i64>, Option<i64>) =
            self.file.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(first.zip(last).map(|(first, last)| [first, last]))
    }

    fn all<T>(
        &self,
        query: &str,
        what: &Where,
        of: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Done<Vec<T>> {
        let mut query = self.file.prepare_cached(query)?;
        let rows = query.query_map(what.values(), of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Rows of `ship` that were then and there, and are called so.
    fn ships(&self, question: &Question) -> Done<BTreeSet<i64>> {
        let mut what = Where::default();
        time(&mut what, question, "from_us", "to_us");
        if let Some(area) = question.area {
            what.area(area);
        }
        if let Some(ship) = &question.ship {
            called(&mut what, ship);
        }
        let query = format!("SELECT id FROM ship WHERE {}", what.text());
        let mut ships: BTreeSet<i64> = self.all(&query, &what, |row| row.get(0))?.into_iter().collect();
        // The bounds of a voyage are wide: it is its stays that say whether she was inside.
        if let Some(area) = question.area {
            let inside = self.inside(question, area, &ships)?;
            ships.retain(|ship| inside.contains(ship));
        }
        Ok(ships)
    }

    /// Who had a stay there: by cells where the area is small, one by one where few ships are left.
    fn inside(&self, question: &Question, area: Area, ships: &BTreeSet<i64>) -> Done<BTreeSet<i64>> {
        const FEW: usize = 200;
        let mut inside = BTreeSet::new();
        let mut look = |what: &Where| -> Done<()> {
            let query = format!("SELECT DISTINCT ship FROM stay WHERE {}", what.text());
            inside.extend(self.all(&query, what, |row| row.get::<_, i64>(0))?);
            Ok(())
        };
        if ships.len() <= FEW {
            for ship in ships {
                let mut what = Where::default();
                what.and("ship = ?", *ship);
                time(&mut what, question, "from_us", "to_us");
                what.area(area);
                look(&what)?;
            }
            return Ok(inside);
        }
        let Some(rows) = rows(area) else {
            let mut what = Where::default();
            time(&mut what, question, "from_us", "to_us");
            what.area(area);
            look(&what)?;
            return Ok(inside);
        };
        for cell in rows.into_iter().flat_map(|(first, last)| first..=last) {
            let mut what = Where::default();
            what.and("cell = ?", cell);
            if let Some(from_us) = question.from_us {
                what.and("from_us >= ?", from_us.saturating_sub(LONGEST_US));
            }
            time(&mut what, question, "from_us", "to_us");
            what.area(area);
            look(&what)?;
        }
        Ok(inside)
    }

    /// Rows of `ship` that alerts are about.
    fn ships_of(&self, alerts: &[Alert]) -> Done<BTreeSet<i64>> {
        let mut ships = BTreeSet::new();
        for alert in alerts {
            for track in &alert.tracks {
                let mut what = Where::default();
                what.and("track = ?", *track as i64);
                what.and("to_us >= ?", alert.raised_us - NEAR_US);
                what.and("from_us <= ?", alert.raised_us + NEAR_US);
                let query = format!("SELECT id FROM ship WHERE {}", what.text());
                ships.extend(self.all(&query, &what, |row| row.get::<_, i64>(0))?);
            }
        }
        Ok(ships)
    }

    fn visits(&self, question: &Question, ships: Option<&BTreeSet<i64>>, most: usize) -> Done<Vec<Visit>> {
        let columns =
            "id, track, mmsi, imo, name, callsign, card, terminal, from_us, to_us, south, west, north, east";
        let mut found: Vec<(i64, Visit)> = Vec::new();
        if let Some(ships) = ships {
            for ship in ships {
                let mut what = Where::default();
                what.and("id = ?", *ship);
                let query = format!("SELECT {columns} FROM ship WHERE {}", what.text());
                found.extend(self.all(&query, &what, visit)?);
            }
            found.sort_by_key(|(_, visit)| visit.from_us);
            found.truncate(most);
        } else {
            let mut what = Where::default();
            time(&mut what, question, "from_us", "to_us");
            let query =
                format!("SELECT {columns} FROM ship WHERE {} ORDER BY from_us LIMIT {most}", what.text());
            found = self.all(&query, &what, visit)?;
        }
        found.into_iter().map(|(id, visit)| self.stays(question, id, visit)).collect()
    }

    /// What its stays say of the time and the place that were asked for.
    fn stays(&self, question: &Question, id: i64, mut visit: Visit) -> Done<Visit> {
        let mut what = Where::default();
        what.and("ship = ?", id);
        time(&mut what, question, "from_us", "to_us");
        if let Some(area) = question.area {
            what.area(area);
        }
        let query = format!(
            "SELECT from_us, to_us, south, west, north, east, sources, states, best_m, worst_m, doubt
             FROM stay WHERE {} ORDER BY from_us",
            what.text()
        );
        let (mut is_first, mut sources) = (true, BTreeSet::new());
        let mut note = |row: &Row<'_>| -> rusqlite::Result<()> {
            let (from_us, to_us): (i64, i64) = (row.get(0)?, row.get(1)?);
            let [south, west, north, east] = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
            if std::mem::take(&mut is_first) {
                (visit.from_us, visit.to_us) = (from_us, to_us);
                visit.area = [south, west, north, east];
            }
            (visit.from_us, visit.to_us) = (visit.from_us.min(from_us), visit.to_us.max(to_us));
            let [known_south, known_west, known_north, known_east] = visit.area;
            visit.area =
                [known_south.min(south), known_west.min(west), known_north.max(north), known_east.max(east)];
            sources.extend(row.get::<_, String>(6)?.lines().map(str::to_owned));
            visit.states += row.get::<_, i64>(7)? as u64;
            if let (Some(best_m), Some(worst_m)) =
                (row.get::<_, Option<f64>>(8)?, row.get::<_, Option<f64>>(9)?)
            {
                let [best, worst] = visit.sigma_m.unwrap_or([best_m, worst_m]);
                visit.sigma_m = Some([best.min(best_m), worst.max(worst_m)]);
            }
            visit.doubt |= row.get::<_, bool>(10)?;
            Ok(())
        };
        self.all(&query, &what, &mut note)?;
        visit.sources = sources.into_iter().collect();
        Ok(visit)
    }

    fn alerts(&self, question: &Question, ships: Option<&BTreeSet<i64>>, most: usize) -> Done<Vec<Alert>> {
        let mut what = Where::default();
        if let Some(kind) = question.alert {
            what.and("id IN (SELECT alert FROM alert_kind WHERE kind = ?)", i64::from(kind));
        }
        if let Some(to_us) = question.to_us {
            what.and("raised_us <= ?", to_us);
        }
        if let Some(from_us) = question.from_us {
            what.and("(cleared_us IS NULL OR cleared_us >= ?)", from_us);
        }
        if let Some(operator) = &question.operator {
            what.and("user = ?", operator.clone());
        }
        if question.ship.is_none()
            && let Some([south, west, north, east]) = question.area
        {
            what.and("lat >= ?", south);
            what.and("lat <= ?", north);
            what.and("lon >= ?", west);
            what.and("lon <= ?", east);
        }
        if question.ship.is_some() {
            return self.alerts_of(&what, ships, most);
        }
        let query =
            format!("SELECT {ALERT} FROM alert WHERE {} ORDER BY raised_us LIMIT {most}", what.text());
        let found = self.all(&query, &what, alert)?;
        found.into_iter().map(|(id, alert)| self.about(id, alert)).collect()
    }

    /// Alerts about some ships.
    fn alerts_of(&self, what: &Where, ships: Option<&BTreeSet<i64>>, most: usize) -> Done<Vec<Alert>> {
        // From the ship to its alerts: the other way round, all alerts would be looked at for every ship.
        let mut ids: BTreeSet<i64> = BTreeSet::new();
        for ship in ships.into_iter().flatten() {
            let mut of_ship = Where::default();
            of_ship.and("ship.id = ?", *ship);
            of_ship.and("alert.raised_us >= ship.from_us - ?", NEAR_US);
            of_ship.and("alert.raised_us <= ship.to_us + ?", NEAR_US);
            let query = format!(
                "SELECT alert.id FROM ship CROSS JOIN alert_track ON alert_track.track = ship.track
                 CROSS JOIN alert ON alert.id = alert_track.alert WHERE {}",
                of_ship.text()
            );
            ids.extend(self.all(&query, &of_ship, |row| row.get::<_, i64>(0))?);
        }
        let mut found: BTreeMap<(i64, i64), Alert> = BTreeMap::new();
        for id in ids {
            let mut one = Where { all: what.all.clone(), values: what.values.clone() };
            one.and("id = ?", id);
            let query = format!("SELECT {ALERT} FROM alert WHERE {}", one.text());
            for (id, alert) in self.all(&query, &one, alert)? {
                found.insert((alert.raised_us, id), alert);
            }
        }
        found.into_iter().take(most).map(|((_, id), alert)| self.about(id, alert)).collect()
    }

    fn about(&self, id: i64, mut alert: Alert) -> Done<Alert> {
        let mut what = Where::default();
        what.and("alert = ?", id);
        let query = format!("SELECT track FROM alert_track WHERE {} ORDER BY track", what.text());
        alert.tracks = self.all(&query, &what, |row| Ok(row.get::<_, i64>(0)? as u64))?;
        Ok(alert)
    }

    fn commands(&self, question: &Question, most: usize) -> Done<Vec<Command>> {
        let mut what = Where::default();
        time(&mut what, question, "time_us", "time_us");
        if let Some(operator) = &question.operator {
            what.and("user = ?", operator.clone());
        }
        let query = format!(
            "SELECT time_us, user, action, code, text, json FROM command WHERE {} ORDER BY time_us, id LIMIT {most}",
            what.text()
        );
        self.all(&query, &what, |row| {
            Ok(Command {
                time_us: row.get(0)?,
                user: row.get(1)?,
                action: row.get(2)?,
                code: row.get(3)?,
                text: row.get(4)?,
                said: serde_json::from_str(&row.get::<_, String>(5)?).unwrap_or_default(),
            })
        })
    }

    fn marks(&self, question: &Question, most: usize) -> Done<Vec<Mark>> {
        let mut what = Where::default();
        time(&mut what, question, "time_us", "time_us");
        if let Some(operator) = &question.operator {
            what.and("user = ?", operator.clone());
        }
        if let Some([south, west, north, east]) = question.area {
            what.and("lat >= ?", south);
            what.and("lat <= ?", north);
            what.and("lon >= ?", west);
            what.and("lon <= ?", east);
        }
        if let Some(ship) = &question.ship {
            let mut called_so = Where::default();
            called(&mut called_so, ship);
            // One value, however often it is named.
            what.values.push(called_so.values.pop().unwrap_or(Value::Null));
            let condition = called_so.text().replace("?1", &format!("?{}", what.values.len()));
            what.all.push(format!("track IN (SELECT track FROM ship WHERE {condition})"));
        }
        let query = format!(
            "SELECT time_us, user, text, lat, lon, track FROM mark WHERE {} ORDER BY time_us LIMIT {most}",
            what.text()
        );
        self.all(&query, &what, |row| {
            Ok(Mark {
                time_us: row.get(0)?,
                user: row.get(1)?,
                text: row.get(2)?,
                lat: row.get(3)?,
                lon: row.get(4)?,
                track: row.get::<_, Option<i64>>(5)?.map(|track| track as u64),
            })
        })
    }

    /// What is missing then, whoever says so. A file that is played faster than it was holds minutes in one record, which
    /// has the time of its end: what is missing is rather said too often than too seldom.
    fn holes(&self, question: &Question) -> Done<Vec<Hole>> {
        let mut holes = Vec::new();
        let all = Where::default();
        let query = "SELECT first_us, last_us, file, faults FROM segment
                     WHERE first_us IS NOT NULL AND last_us IS NOT NULL ORDER BY first_us";
        let stretches: Vec<Stretch> =
            self.all(query, &all, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let mut until: Option<i64> = None;
        for (first_us, last_us, file, faults) in stretches {
            if let Some(until) = until
                && first_us - until > HOLE_US
            {
                let reason = NOTHING.to_owned();
                holes.push(Hole {
                    from_us: until,
                    to_us: first_us,
                    what: "all".to_owned(),
                    source: None,
                    reason,
                });
            }
            if faults > 0 {
                let reason = format!("{file} cannot be read in {faults} places");
                let what = "some".to_owned();
                holes.push(Hole { from_us: first_us, to_us: last_us, what, source: None, reason });
            }
            until = Some(until.map_or(last_us, |until| until.max(last_us)));
        }
        let query = "SELECT what, source, from_us, to_us, reason FROM gap";
        holes.extend(self.all(query, &all, |row| {
            Ok(Hole {
                what: row.get(0)?,
                source: row.get(1)?,
                from_us: row.get(2)?,
                to_us: row.get(3)?,
                reason: row.get(4)?,
            })
        })?);
        holes.retain(|hole| {
            question.from_us.is_none_or(|from_us| hole.to_us >= from_us)
                && question.to_us.is_none_or(|to_us| hole.from_us <= to_us)
        });
        holes.sort_by_key(|hole| (hole.from_us, hole.to_us));
        Ok(holes)
    }
}

const ALERT: &str = "id, alert, kind, priority, text_en, raised_us, cleared_us, user, lat, lon";

fn alert(row: &Row<'_>) -> rusqlite::Result<(i64, Alert)> {
    let alert = Alert {
        id: row.get::<_, i64>(1)? as u64,
        kind: row.get(2)?,
        priority: row.get(3)?,
        text: row.get(4)?,
        raised_us: row.get(5)?,
        cleared_us: row.get(6)?,
        user: row.get(7)?,
        tracks: Vec::new(),
        lat: row.get(8)?,
        lon: row.get(9)?,
    };
    Ok((row.get(0)?, alert))
}

fn visit(row: &Row<'_>) -> rusqlite::Result<(i64, Visit)> {
    let visit = Visit {
        track: row.get::<_, i64>(1)? as u64,
        mmsi: row.get(2)?,
        imo: row.get(3)?,
        name: row.get(4)?,
        callsign: row.get(5)?,
        card: row.get::<_, Option<i64>>(6)?.map(|card| card as u64),
        terminal: row.get(7)?,
        from_us: row.get(8)?,
        to_us: row.get(9)?,
        area: [row.get(10)?, row.get(11)?, row.get(12)?, row.get(13)?],
        ..Visit::default()
    };
    Ok((row.get(0)?, visit))
}

/// What is from `from` to `to` was then.
fn time(what: &mut Where, question: &Question, from: &str, to: &str) {
    if let Some(from_us) = question.from_us {
        what.and(&format!("{to} >= ?"), from_us);
    }
    if let Some(to_us) = question.to_us {
        what.and(&format!("{from} <= ?"), to_us);
    }
}

/// It calls itself so: a number is one of its numbers, anything else is a part of its name or callsign. One value.
fn called(what: &mut Where, ship: &str) {
    let ship = ship.trim();
    let number = ship.strip_prefix("IMO").map_or(ship, str::trim).parse::<i64>();
    match number {
        Ok(number) => {
            what.and("(mmsi = ? OR imo = ? OR card = ? OR ltrim(terminal, '0') = CAST(? AS TEXT))", number);
        }
        Err(_) => {
            what.and("(instr(lower(name), lower(?)) OR instr(lower(callsign), lower(?)))", ship.to_owned());
        }
    }
}

/// Whether there was more.
fn cut<T>(list: &mut Vec<T>, most: usize) -> bool {
    let is_more = list.len() > most;
    list.truncate(most);
    is_more
}
