//! Where in a file something stands, for whoever has to mend it.

use std::ops::Range;
use toml::de::{DeTable, DeValue};

pub(super) fn line_of(text: &str, span: &Range<usize>) -> usize {
    1 + text.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count()
}

/// Where the value of a key like `watch.zones[1].polygon` stands, or of the nearest table around it.
pub(super) fn place_of(text: &str, key: &str) -> Option<Range<usize>> {
    let document = DeTable::parse(text).ok()?;
    let mut table = document.get_ref();
    let mut place = None;
    for step in key.split('.') {
        let (name, index) = step
            .split_once('[')
            .map_or((step, None), |(name, rest)| (name, rest.trim_end_matches(']').parse::<usize>().ok()));
        let Some(mut value) = table.get(name) else { return place };
        if let (Some(index), DeValue::Array(array)) = (index, value.get_ref()) {
            value = array.get(index)?;
        }
        place = Some(value.span());
        let DeValue::Table(inner) = value.get_ref() else { return place };
        table = inner;
    }
    place
}

/// The key of the line that an error points into, with its table: `feed.json: `.
pub(super) fn key_at(text: &str, span: &Range<usize>) -> Option<String> {
    let before = text.get(..span.start)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.lines().next()?;
    let key = line.split_once('=')?.0.trim();
    let table = before.lines().rev().find_map(|line| {
        let table = line.trim().trim_start_matches('[').split_once(']')?.0.trim();
        line.trim().starts_with('[').then_some(table)
    });
    Some(table.map_or_else(|| format!("{key}: "), |table| format!("{table}.{key}: ")))
}
