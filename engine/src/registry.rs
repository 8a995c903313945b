//! Which card and which terminal belong to which vessel, and what else is known of it: an `SQLite` file ([`store`]), or a
//! CSV file with what a small station needs.
//!
//! Columns of the latter, in any order: `mmsi`, `name`, `card`, `terminal`, `utc_offset_h`, `lists`. A vessel may have several lines. An
//! empty field says nothing. `lists` are the watch-lists that a vessel with an MMSI is on, with `;` between them.

pub mod store;

use decoders::jt808::Phone;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use thiserror::Error;
use units::{Caller, Card, Imo, Label, Mmsi, Terminal, UtcTime};

/// Most lines.
const MAX_VESSELS: usize = 1_000_000;
/// Most watch-lists.
const MAX_LISTS: usize = 1000;

/// One line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vessel {
    /// Its MMSI; without one it goes by its card, and without that by its terminal.
    pub mmsi: Option<Mmsi>,
    /// Its BeiDou card.
    pub card: Option<Card>,
    /// Its JT/T 808 terminal.
    pub terminal: Option<Terminal>,
    /// What to call it, where nothing else says.
    pub name: Option<Label>,
    /// How far its terminal's clock is ahead of UTC, seconds, where that is not the source's usual.
    pub ahead_s: Option<i32>,
}

impl Vessel {
    /// By what it is known.
    #[must_use]
    pub fn caller(&self) -> Option<Caller> {
        let card = self.card.map(Caller::Card);
        self.mmsi.map(Caller::Mmsi).or(card).or(self.terminal.map(Caller::Terminal))
    }
}

/// All lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Registry {
    vessels: Vec<Vessel>,
    cards: BTreeMap<u64, usize>,
    terminals: BTreeMap<[u8; 10], usize>,
    lists: BTreeMap<String, BTreeSet<Mmsi>>,
    permits: BTreeMap<String, BTreeSet<Mmsi>>,
    known: BTreeMap<Mmsi, Known>,
}

/// What a vessel with an MMSI should say of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Known {
    /// Its IMO number.
    pub imo: Option<Imo>,
    /// Its call sign.
    pub call_sign: Option<Label>,
    /// Its name.
    pub name: Option<Label>,
}

/// Why a registry is refused, and where.
#[derive(Debug, Error)]
#[error("{path}:{line}: {message}")]
pub struct RegistryError {
    path: String,
    line: u64,
    message: String,
}

impl Registry {
    /// Reads a file, as it holds at an instant.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn read(path: &Path, at: UtcTime) -> Result<Self, RegistryError> {
        let fail = |line, message| RegistryError { path: path.display().to_string(), line, message };
        if path.extension().is_some_and(|kind| kind == "db" || kind == "sqlite") {
            // What is not there is a slip of the pen, and no new registry.
            let there = path.is_file().then_some(()).ok_or_else(|| fail(0, "no such file".to_owned()));
            return there.and_then(|()| {
                let read = store::Store::open(path).and_then(|store| store.registry(at));
                read.map_err(|error| fail(0, error.to_string()))
            });
        }
        let text =
            std::fs::read_to_string(path).map_err(|error| fail(0, format!("cannot be read: {error}")))?;
        Self::parse(&text).map_err(|(line, message)| fail(line, message))
    }

    fn parse(text: &str) -> Result<Self, (u64, String)> {
        const COLUMNS: [&str; 6] = ["mmsi", "name", "card", "terminal", "utc_offset_h", "lists"];
        let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let head = table.headers().map_err(|error| (1, error.to_string()))?.clone();
        if let Some(strange) =
            head.iter().find(|name| !COLUMNS.contains(&name.trim_start_matches('\u{feff}')))
        {
            return Err((1, format!("`{strange}`: unknown column, expected some of {}", COLUMNS.join(", "))));
        }
        let place =
            COLUMNS.map(|name| head.iter().position(|own| own.trim_start_matches('\u{feff}') == name));
        let mut registry = Self::default();
        for row in table.records() {
            let row =
                row.map_err(|error| (error.position().map_or(0, csv::Position::line), error.to_string()))?;
            let line = row.position().map_or(0, csv::Position::line);
            let fields = place.map(|at| at.and_then(|at| row.get(at)).filter(|field| !field.is_empty()));
            registry.add(fields).map_err(|message| (line, message))?;
        }
        Ok(registry)
    }

    fn add(&mut self, [mmsi, name, card, terminal, offset, lists]: [Option<&str>; 6]) -> Result<(), String> {
        let wrong = |key: &str, value: &str, what: &str| format!("{key} `{value}`: {what}");
        let mmsi = mmsi
            .map(|text| text.parse().ok().and_then(Mmsi::new).ok_or_else(|| wrong("mmsi", text, "no MMSI")))
            .transpose()?;
        // What is not ASCII has no place in a track's name: such a vessel goes by its numbers.
        let name = name.and_then(|text| Label::new(text.as_bytes()));
        let ahead_s = offset
            .map(|text| {
                let hours = text.parse::<f64>().ok().filter(|hours| (-12.0..=14.0).contains(hours));
                hours
                    .map(|hours| (hours * 3600.0) as i32)
                    .ok_or_else(|| wrong("utc_offset_h", text, "-12 to 14"))
            })
            .transpose()?;
        let card = card
            .map(|text| text.parse::<u64>().map_err(|_| wrong("card", text, "no card number")))
            .transpose()?;
        let terminal = terminal
            .map(|text| {
                Phone::from_digits(text, true).ok_or_else(|| wrong("terminal", text, "1 to 20 digits"))
            })
            .transpose()?;
        if card.is_none() && terminal.is_none() && lists.is_none() {
            return Err("neither card nor terminal nor list".to_owned());
        }
        for list in lists.into_iter().flat_map(|lists| lists.split(';')).map(str::trim) {
            let mmsi =
                mmsi.ok_or_else(|| wrong("lists", list, "only a vessel with an MMSI can be on one"))?;
            if list.is_empty() || list.len() > 64 {
                return Err(wrong("lists", list, "a name of 1 to 64 bytes"));
            }
            if self.lists.len() >= MAX_LISTS && !self.lists.contains_key(list) {
                return Err(format!("more than {MAX_LISTS} lists"));
            }
            self.lists.entry(list.to_owned()).or_default().insert(mmsi);
        }
        if self.vessels.len() >= MAX_VESSELS {
            return Err(format!("more than {MAX_VESSELS} lines"));
        }
        let at = self.vessels.len();
        self.vessels.push(Vessel {
            mmsi,
            card: card.map(Card),
            terminal: terminal.map(|terminal| Terminal(terminal.key())),
            name,
            ahead_s,
        });
        if let Some(card) = card
            && self.cards.insert(card, at).is_some()
        {
            return Err(format!("card {card} is in it twice"));
        }
        if let Some(terminal) = terminal
            && self.terminals.insert(terminal.key(), at).is_some()
        {
            return Err(format!("terminal {terminal} is in it twice"));
        }
        Ok(())
    }

    /// Adds a vessel to a registry that is made and not read.
    pub fn insert(&mut self, vessel: Vessel, card: Option<u64>, terminal: Option<Phone>) {
        let at = self.vessels.len();
        let terminal_key = terminal.map(|terminal| Terminal(terminal.key()));
        let vessel = Vessel { card: card.map(Card), terminal: terminal_key, ..vessel };
        self.vessels.push(vessel);
        self.cards.extend(card.map(|card| (card, at)));
        self.terminals.extend(terminal.map(|terminal| (terminal.key(), at)));
    }

    fn add_card(&mut self, card: u64, vessel: Vessel) {
        let at = self.vessels.len();
        self.cards.entry(card).or_insert(at);
        self.vessels.push(vessel);
    }

    fn add_terminal(&mut self, phone: Phone, vessel: Vessel) {
        let at = self.vessels.len();
        self.terminals.entry(phone.key()).or_insert(at);
        self.vessels.push(vessel);
    }

    /// Who may be where, by the name of the zone.
    #[must_use]
    pub const fn permits(&self) -> &BTreeMap<String, BTreeSet<Mmsi>> {
        &self.permits
    }

    /// What is known of vessels.
    #[must_use]
    pub const fn known(&self) -> &BTreeMap<Mmsi, Known> {
        &self.known
    }

    /// Its watch-lists, by name.
    #[must_use]
    pub const fn lists(&self) -> &BTreeMap<String, BTreeSet<Mmsi>> {
        &self.lists
    }

    /// Whose card that is.
    #[must_use]
    pub fn card(&self, card: u64) -> Option<&Vessel> {
        self.vessels.get(*self.cards.get(&card)?)
    }

    /// Whose terminal that is.
    #[must_use]
    pub fn terminal(&self, phone: &Phone) -> Option<&Vessel> {
        self.vessels.get(*self.terminals.get(&phone.key())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_and_terminals_lead_to_their_vessel() {
        let text = "name,terminal,card,mmsi,utc_offset_h\n\
                    ZHE PU YU 12345,13912345678,0312194,412001234,\n\
                    \"浙岭渔, 1\",13912345679,,,0\n\
                    ,,15240507,412001235,8.5\n";
        let registry = Registry::parse(text).unwrap();
        let phone = |digits, long| Phone::from_digits(digits, long).unwrap();
        let first = registry.card(312_194).unwrap();
        assert_eq!(first.mmsi, Mmsi::new(412_001_234));
        assert_eq!(first.name.map(|name| name.to_string()).as_deref(), Some("ZHE PU YU 12345"));
        for long in [false, true] {
            assert_eq!(registry.terminal(&phone("013912345678", long)), Some(first));
        }
        let second = registry.terminal(&phone("13912345679", false)).unwrap();
        assert_eq!((second.mmsi, second.name, second.ahead_s), (None, None, Some(0)));
        assert_eq!(second.caller().map(|who| who.to_string()).as_deref(), Some("terminal 13912345679"));
        assert_eq!(registry.card(15_240_507).unwrap().ahead_s, Some(30_600));
        assert_eq!(registry.card(1), None);
    }

    #[test]
    fn a_vessel_may_be_on_several_lists() {
        let text = "mmsi,lists\n412000001,ferries; sanctioned\n412000002,ferries\n";
        let registry = Registry::parse(text).unwrap();
        let members: Vec<_> = registry.lists().iter().map(|(name, all)| (name.as_str(), all.len())).collect();
        assert_eq!(members, [("ferries", 2), ("sanctioned", 1)]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            (
                "mmsi,kard\n",
                (
                    1,
                    "`kard`: unknown column, expected some of mmsi, name, card, terminal, utc_offset_h, lists",
                ),
            ),
            ("mmsi,card\n1,2\n3,x\n", (3, "card `x`: no card number")),
            ("card,mmsi\n1,2000000000\n", (2, "mmsi `2000000000`: no MMSI")),
            ("card,terminal\n1,\n1,\n", (3, "card 1 is in it twice")),
            ("card,terminal\n,\n", (2, "neither card nor terminal nor list")),
            ("card,lists\n1,ferries\n", (2, "lists `ferries`: only a vessel with an MMSI can be on one")),
            ("mmsi,lists\n1,a;\n", (2, "lists ``: a name of 1 to 64 bytes")),
            ("card,utc_offset_h\n1,25\n", (2, "utc_offset_h `25`: -12 to 14")),
        ];
        for (text, (line, message)) in cases {
            assert_eq!(Registry::parse(text), Err((line, message.to_owned())), "{text}");
        }
    }
}
