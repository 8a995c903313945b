//! Every record of the radar captures, beside `asterix_decoder` 0.7.11: older editions (CAT034 1.27, CAT048 1.21, CAT062
//! 1.18, CAT065 1.3), names and units of its own. What it says otherwise is in [`RULES`], and nowhere else.

use super::asterix::heard;
use super::shared;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

/// Names that differ by more than capitals, underscores and the name of the part they are in: category, item,
/// `asterix_decoder`'s, the standard's.
const NAMES: &[(u64, &str, &str, &str)] = &[
    (10, "040", "THETA", "TH"),
    (10, "060", "MOD3A", "MODE3A"),
    (10, "200", "GS", "GSP"),
    (10, "200", "TA", "TRA"),
    (10, "245", "TID", "CHR"),
    (10, "270", "ORI", "ORIENTATION"),
    (34, "120", "HEIGHT", "HGT"),
    (48, "130", "SRLP", "SRL"),
    (48, "130", "SRRP", "SRR"),
    (48, "130", "SAMP", "SAM"),
    (48, "130", "PRLP", "PRL"),
    (48, "130", "PAMP", "PAM"),
    (48, "130", "RPDP", "RPD"),
    (48, "130", "APDP", "APD"),
    (48, "200", "CGS", "GSP"),
    (48, "200", "CHDG", "HDG"),
    (48, "230", "BDS16", "B1A"),
    (48, "230", "BDS37", "B1B"),
    (48, "230", "MODESSSC", "MSSC"),
    (62, "135", "CTBA", "CTB"),
    (62, "200", "TRANSA", "TRANS"),
    (62, "200", "LONGA", "LONG"),
    (62, "200", "VERTA", "VERT"),
    (62, "340", "CG", "G"),
    (62, "340", "CV", "V"),
    (62, "340", "MODEC", "LMC"),
    (62, "380", "GSP", "GS"),
    (62, "390", "CSN", "CS"),
    (62, "500", "LONG", "LON"),
];

/// Where `asterix_decoder` says something else: category, item, field (the whole item where it is empty), why, and what
/// must hold between its value and ours all the same.
type Rule = (u64, &'static str, &'static str, &'static str, fn(&Value, &Value) -> bool);

const RULES: &[Rule] = &[
    (10, "220", "", "erratum 4: addresses in hex", address),
    (10, "270", "ORIENTATION", "erratum 2: its count is 2.81 degrees, 360/128 is 2.8125", rounded),
    (34, "120", "LAT", "its count is 180/2^23 degrees rounded to seven digits", seven_digits),
    (34, "120", "LON", "its count is 180/2^23 degrees rounded to seven digits", seven_digits),
    (48, "200", "GSP", "erratum 4: knots, not NM/s", |theirs, ours| times(theirs, ours, 3600.0)),
    (48, "220", "", "erratum 4: addresses in hex", address),
    (48, "240", "", "invalid characters are spaces to it, and no text to us", |theirs, ours| {
        theirs.as_str().is_some_and(|text| text.trim().is_empty()) && ours == ""
    }),
    (48, "250", "", "it reads on into the register; heights and pressure of 4,0 are held", registers),
    (48, "260", "", "it reads on into the register; register and intruder are held", advisory),
    (62, "135", "CTB", "erratum 4: feet, not flight levels", |theirs, ours| times(theirs, ours, 100.0)),
    (62, "136", "", "erratum 4: feet, not flight levels", |theirs, ours| times(theirs, ours, 100.0)),
    (62, "380", "ADR", "erratum 4: addresses in hex", address),
    (62, "380", "", "erratum 4: addresses in hex, where nothing else is told", |theirs, ours| {
        ours.as_object().is_some_and(|of| of.len() == 1) && address(&theirs["ADR"]["ADR"], &ours["ADR"])
    }),
    (62, "390", "RDS/NU2", "a zero octet ends its text", |theirs, ours| theirs == "" && ours == "\0"),
    (62, "500", "ABA", "erratum 4: feet, not flight levels", |theirs, ours| times(theirs, ours, 100.0)),
    (62, "RE", "", "it reads on into the contributing sensors, all of them held", contributors),
    (62, "SP", "", "octets one by one", |theirs, ours| {
        let octets: Option<Vec<&str>> =
            theirs.as_array().map(|list| list.iter().filter_map(|octet| octet["TRI"].as_str()).collect());
        octets.is_some_and(|octets| ours == octets.concat().as_str())
    }),
    (65, "040", "STTN", "edition 1.3 has a spare bit there", |theirs, ours| {
        theirs.is_null() && ours.is_number()
    }),
    (240, "050", "*", "erratum 4: cells in hex", cells),
    (240, "051", "*", "erratum 4: cells in hex", cells),
];

fn times(theirs: &Value, ours: &Value, unit: f64) -> bool {
    theirs.as_f64().zip(ours.as_f64()).is_some_and(|(theirs, ours)| (theirs - ours * unit).abs() < 1e-6)
}

fn rounded(theirs: &Value, ours: &Value) -> bool {
    let counts = |value: &Value, degrees: f64| value.as_f64().map(|angle| (angle / degrees * 1e6).round());
    counts(theirs, 2.81) == counts(ours, 2.8125)
}

fn seven_digits(theirs: &Value, ours: &Value) -> bool {
    theirs.as_f64().zip(ours.as_f64()).is_some_and(|(theirs, ours)| (theirs / ours - 1.0).abs() < 2e-7)
}

fn address(theirs: &Value, ours: &Value) -> bool {
    theirs.as_str().and_then(|hex| u64::from_str_radix(hex, 16).ok()).is_some_and(|number| ours == number)
}

fn cells(theirs: &Value, ours: &Value) -> bool {
    let hex = |text: &str| text.to_lowercase().trim_start_matches('0').to_owned();
    let Some(theirs) = theirs.as_str().map(hex) else { return false };
    match ours {
        Value::String(wide) => *wide == format!("0x{theirs}"),
        number => number.as_u64().is_some_and(|number| hex(&format!("{number:x}")) == theirs),
    }
}

fn bits(octets: &Value, from: u32, width: u32) -> Option<u64> {
    let word = match octets {
        Value::String(hex) => u64::from_str_radix(hex.trim_start_matches("0x"), 16).ok()?,
        number => number.as_u64()?,
    };
    Some(word >> (56 - from - width) & ((1 << width) - 1))
}

fn registers(theirs: &Value, ours: &Value) -> bool {
    let lists = theirs.as_array().zip(ours.as_array()).filter(|(theirs, ours)| theirs.len() == ours.len());
    let same = |(theirs, ours): (&Value, &Value)| {
        let register = ours["BDS1"].as_u64().zip(ours["BDS2"].as_u64());
        let register = register.map(|(first, second)| format!("{first:X}{second:X}"));
        let holds = |key: &str, from, unit: f64| {
            let read = bits(&ours["MBDATA"], from, 12).map(|count| count as f64 * unit);
            read.zip(theirs[key].as_f64()).is_some_and(|(ours, theirs)| (ours - theirs).abs() < 1e-6)
        };
        theirs["BDS"].as_str() == register.as_deref()
            && (theirs["BDS"] != "40"
                || holds("MCP_ALT", 1, 16.0) && holds("FMS_ALT", 14, 16.0) && holds("BP", 27, 0.1))
    };
    lists.is_some_and(|(theirs, ours)| theirs.iter().zip(ours).all(same))
}

fn advisory(theirs: &Value, ours: &Value) -> bool {
    let register = bits(ours, 0, 8).map(|register| format!("{register:02X}"));
    theirs["BDS30"].as_str() == register.as_deref() && theirs["TID"].as_u64() == bits(ours, 30, 26)
}

fn contributors(theirs: &Value, ours: &Value) -> bool {
    let Some(list) = theirs.as_object().filter(|of| of.len() == 1).and_then(|of| of["CST"].as_array()) else {
        return false;
    };
    // The first subfield alone, and how often it comes.
    let mut octets = format!("80{:02x}", list.len());
    for one in list {
        let of = |key: &str| one[key].as_u64().unwrap_or(u64::MAX);
        let (sac, sic, kind, track) = (of("SAC"), of("SIC"), of("TYP"), of("LTN"));
        write!(octets, "{sac:02x}{sic:02x}{kind:02x}{track:04x}").unwrap();
    }
    *ours == *octets
}

/// A value without spare bits, its names in capitals; an object of one field is that field.
fn plain(value: &Value, part: &str) -> Value {
    match value {
        Value::Array(list) => list.iter().map(|one| plain(one, part)).collect(),
        Value::Object(fields) => {
            let mut out = serde_json::Map::new();
            for (name, value) in fields.iter().filter(|(name, _)| !matches!(name.as_str(), "spare" | "FX")) {
                let name = name.to_uppercase().replace('_', "");
                // PSRANT of PSR is ANT.
                let name = name.strip_prefix(part).filter(|rest| !rest.is_empty()).unwrap_or(&name);
                out.insert(name.to_owned(), plain(value, name));
            }
            match out.len() {
                1 => out.into_iter().next().unwrap().1,
                _ => out.into(),
            }
        }
        value => value.clone(),
    }
}

/// Every field by its path, the places of a list all named `*`.
fn leaves(value: &Value, path: &str, name: &dyn Fn(&str) -> String, out: &mut BTreeMap<String, Vec<Value>>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") };
    match value {
        Value::Array(list) => list.iter().for_each(|one| leaves(one, &below("*"), name, out)),
        Value::Object(fields) => {
            for (key, one) in fields {
                leaves(one, &below(&name(key)), name, out);
            }
        }
        value => out.entry(path.to_owned()).or_default().push(value.clone()),
    }
}

fn same(theirs: &Value, ours: &Value) -> bool {
    match theirs.as_f64().zip(ours.as_f64()) {
        Some((a, b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
        None => theirs == ours,
    }
}

/// Which rules an item needs, or what differs without one.
fn compare(category: u64, item: &str, theirs: &Value, ours: &Value) -> Result<Vec<usize>, String> {
    let rules = || RULES.iter().enumerate().filter(|(_, rule)| rule.0 == category && rule.1 == item);
    let by_item = |(_, rule): &(usize, &Rule)| rule.2.is_empty() && rule.4(theirs, ours);
    let (mut told, mut seen) = (BTreeMap::new(), BTreeMap::new());
    let renamed = |name: &str| {
        let known = NAMES.iter().find(|of| of.0 == category && of.1 == item && of.2 == name);
        known.map_or(name, |of| of.3).to_owned()
    };
    leaves(&plain(theirs, ""), "", &renamed, &mut told);
    leaves(&plain(ours, ""), "", &str::to_owned, &mut seen);
    let mut used = Vec::new();
    let mut differ = None;
    let none = Vec::new();
    for path in told.keys().chain(seen.keys().filter(|path| !told.contains_key(*path))) {
        let (theirs, ours) = (told.get(path).unwrap_or(&none), seen.get(path).unwrap_or(&none));
        for at in 0..theirs.len().max(ours.len()) {
            let (a, b) = (theirs.get(at).unwrap_or(&Value::Null), ours.get(at).unwrap_or(&Value::Null));
            if same(a, b) {
                continue;
            }
            match rules().find(|(_, rule)| rule.2 == path && rule.4(a, b)) {
                Some((index, _)) => used.push(index),
                None => differ = Some(format!("CAT{category:03}/{item} {path}: {b}, it says {a}")),
            }
        }
    }
    match (differ, rules().find(by_item)) {
        (None, _) => Ok(used),
        (Some(_), Some((index, _))) => Ok(vec![index]),
        (Some(differ), None) => Err(differ),
    }
}

#[test]
fn every_record_is_what_asterix_decoder_says_but_for_what_rules_name() {
    let Some(files) = shared::with_oracle("data/radar", "oracle/radar", ".croatia.jsonl.gz") else { return };
    // By category: records that agree, of how many; items that agree as they are, by a rule, of how many.
    let mut table: BTreeMap<u64, [usize; 5]> = BTreeMap::new();
    let (mut wrong, mut needed) = (Vec::new(), vec![0; RULES.len()]);
    for shared::Checked { name, bytes, rows } in &files {
        let mut heard = heard(bytes);
        for row in rows.iter().filter(|row| row["items"].is_object()) {
            let category = row["cat"].as_u64().unwrap();
            if heard.refused.contains_key(&(category as u8)) {
                continue;
            }
            let told = row["items"].as_object().unwrap();
            let [held, records, plainly, by_rule, items] = table.entry(category).or_default();
            *records += 1;
            *items += told.len();
            let key = (category, row["hex"].as_str().unwrap().to_owned());
            let Some((seen, _)) = heard.records.get_mut(&key).and_then(VecDeque::pop_front) else {
                wrong.push(format!("{name}: not found: {key:?}"));
                continue;
            };
            let mut whole = seen.len() == told.len();
            if !whole {
                wrong.push(format!("{name}: {}: {} items, it has {}", key.1, seen.len(), told.len()));
            }
            for (item, theirs) in told {
                match compare(category, item, theirs, seen.get(item).unwrap_or(&Value::Null)) {
                    Ok(used) if used.is_empty() => *plainly += 1,
                    Ok(used) => {
                        *by_rule += 1;
                        for index in used {
                            needed[index] += 1;
                        }
                    }
                    Err(why) => {
                        whole = false;
                        wrong.push(format!("{name}: {}: {why}", key.1));
                    }
                }
            }
            *held += usize::from(whole);
        }
    }
    for (category, [held, records, plainly, by_rule, items]) in &table {
        println!(
            "CAT{category:03} {held:6} of {records:6} records, {items:7} items: {plainly:7} as they are, {by_rule:6} by a rule"
        );
    }
    for ((category, item, field, why, _), count) in RULES.iter().zip(&needed) {
        println!("CAT{category:03}/{item} {field:11} {count:6} times: {why}");
        // A rule that nothing needs would hide what comes to be wrong.
        assert!(*count > 0, "CAT{category:03}/{item} {field}: needed by nothing");
    }
    assert!(!table.is_empty());
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}
