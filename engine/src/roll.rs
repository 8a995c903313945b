//! Which number each source and each radar has. A number is given once and never to another, so that what is known of
//! one is not taken for the other's when the configuration changes.

use crate::config::{Format, Source};
use fusion::{SensorId, SourceId};
use serde::{Deserialize, Serialize};

/// Sources that may have a number, those that are no more included.
pub const MAX_SOURCES: usize = 4096;
/// The same of radars.
const MAX_RADARS: usize = 4096;

/// Names by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roll {
    sources: Vec<String>,
    /// Behind the name of their source.
    radars: Vec<(String, String)>,
}

impl Roll {
    /// Of sources alone.
    #[must_use]
    pub const fn of(sources: Vec<String>) -> Self {
        Self { sources, radars: Vec::new() }
    }

    /// The names of all sources.
    #[must_use]
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// Gives each source and radar the number that it had, or the next one.
    ///
    /// # Errors
    /// There are no more numbers.
    pub fn number(&mut self, sources: &mut [Source]) -> Result<(), &'static str> {
        for source in sources {
            source.id = SourceId(place(&mut self.sources, source.name.clone(), MAX_SOURCES)?);
            let other_centre = match &mut source.format {
                Format::Ivef(ivef) => Some(&mut ivef.sensor),
                Format::Cot(sensor) => Some(sensor),
                _ => None,
            };
            if let Some(sensor) = other_centre {
                let key = (source.name.clone(), String::new());
                *sensor = SensorId(place(&mut self.radars, key, MAX_RADARS)?);
            }
            for radar in &mut source.radars {
                let key = (source.name.clone(), radar.name.clone());
                radar.id = SensorId(place(&mut self.radars, key, MAX_RADARS)?);
                if let Some(sight) = &mut radar.sight {
                    sight.sensor = radar.id;
                }
            }
        }
        Ok(())
    }
}

fn place<T: PartialEq>(known: &mut Vec<T>, key: T, most: usize) -> Result<u16, &'static str> {
    let place = known.iter().position(|known| *known == key).unwrap_or_else(|| {
        known.push(key);
        known.len() - 1
    });
    let number = u16::try_from(place).ok().filter(|_| place < most);
    number.ok_or("more sources or radars than there are numbers: restart")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use std::path::Path;

    fn sources(names: &[(&str, &[&str])]) -> Vec<Source> {
        let radar = |(sic, name): (usize, &&str)| {
            format!(
                "[[source.radar]]\nname = \"{name}\"\nposition = [29.9, 122.1]\nsac = 1\nsic = {sic}\nreach_m = 9e3\n"
            )
        };
        let source = |(name, radars): &(&str, &[&str])| {
            let radars: String = radars.iter().enumerate().map(radar).collect();
            format!(
                "[[source]]\nname = \"{name}\"\nkind = \"tcp-client\"\naddress = \"localhost:1\"\n{radars}"
            )
        };
        let text: String = names.iter().map(source).collect();
        config::parse(&text, Path::new("test.toml")).unwrap().sources
    }

    #[test]
    fn a_number_is_given_once() {
        let mut roll = Roll::default();
        let numbers = |roll: &mut Roll, names: &[(&str, &[&str])]| {
            let mut all = sources(names);
            roll.number(&mut all).unwrap();
            let radar = |radar: &config::Radar| {
                assert_eq!(radar.sight.unwrap().sensor, radar.id);
                radar.id.0
            };
            all.iter()
                .map(|it| (it.id.0, it.radars.iter().map(radar).collect()))
                .collect::<Vec<(u16, Vec<u16>)>>()
        };
        assert_eq!(numbers(&mut roll, &[("a", &["x", "y"]), ("b", &["x"])]), [(0, vec![0, 1]), (1, vec![2])]);
        assert_eq!(
            numbers(&mut roll, &[("b", &["x"]), ("c", &["x"]), ("a", &["y"])]),
            [(1, vec![2]), (2, vec![3]), (0, vec![1])]
        );
        assert_eq!(roll.sources(), ["a", "b", "c"]);
        let many = (0..MAX_SOURCES).map(|i| format!("s{i}")).collect();
        assert!(Roll::of(many).number(&mut sources(&[("a", &[])])).is_err());
    }
}
