//! BeiDou grid location codes (GB/T 39409-2020), levels 1 to 10: a place as a short text whose prefixes are the
//! cells around it; with a height, [`Volume`].
//!
//! Everything is whole numbers of the smallest cell, 1/2048 of a second of arc: a boundary belongs to one cell,
//! exactly. Indices count away from the equator and from the prime meridian in all four quadrants.
//!
//! The standard leaves open where three kinds of boundary belong. Here the equator is north, a western point
//! on a 6° meridian opens the cell further west, and 180° E is the last cell of column 60.

mod code;
mod cover;
mod decimal;
mod volume;

pub use code::Code;
pub use cover::cover;
pub use volume::{Volume, layer_of};

use crate::Position;
use decimal::Angle;
use std::fmt;

/// Units in a degree: 3600 seconds of arc, 2048 units each.
const DEGREE: u32 = 3600 * 2048;

/// The regular grid ends here; around the poles the standard draws another one.
const POLAR_DEG: u32 = 88;

/// One cell of the grid. Ordered by level, then quadrant, then away from the equator, then away from Greenwich.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    level: u8,
    south: bool,
    west: bool,
    iy: u32,
    ix: u32,
}

/// Why there is no such cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GridError {
    /// At or beyond 88° of latitude, where the grid is another one.
    Polar,
    /// Not a level from 1 to 10.
    Level,
    /// No latitude or longitude has this value.
    Range,
    /// Not a plain decimal number.
    Decimal,
    /// Not a code of this grid.
    Code,
    /// More cells than were asked for.
    TooMany,
}

impl fmt::Display for GridError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Polar => "at or beyond 88° of latitude",
            Self::Level => "not a level from 1 to 10",
            Self::Range => "latitude beyond 90° or longitude beyond 180°",
            Self::Decimal => "not a decimal number",
            Self::Code => "not a BeiDou grid code",
            Self::TooMany => "too many cells",
        })
    }
}

impl std::error::Error for GridError {}

/// The size of a cell in units, longitude then latitude; `None` where there is no such level.
const fn size(level: u8) -> Option<(u32, u32)> {
    Some(match level {
        1 => (6 * DEGREE, 4 * DEGREE),
        2 => (DEGREE / 2, DEGREE / 2),
        3 => (DEGREE / 4, DEGREE / 6),
        4 => (DEGREE / 60, DEGREE / 60),
        5 => (8192, 8192),
        6 => (4096, 4096),
        7 => (512, 512),
        8 => (64, 64),
        9 => (8, 8),
        10 => (1, 1),
        _ => return None,
    })
}

impl Cell {
    /// The cell of that level around a place. Its numbers are taken as the decimals that they print as.
    ///
    /// # Errors
    /// [`GridError::Polar`] and [`GridError::Level`].
    pub fn at(place: Position, level: u8) -> Result<Self, GridError> {
        Self::of(decimal::nearest(place.lat()), decimal::nearest(place.lon()), level)
    }

    /// The cell of that level around a place in decimal degrees, such as `-29.935`: every digit counts.
    ///
    /// # Errors
    /// All but [`GridError::Code`].
    pub fn from_decimal(lat: &str, lon: &str, level: u8) -> Result<Self, GridError> {
        Self::of(decimal::parse(lat, 90)?, decimal::parse(lon, 180)?, level)
    }

    fn of(lat: Angle, lon: Angle, level: u8) -> Result<Self, GridError> {
        let (width, height) = size(level).ok_or(GridError::Level)?;
        if lat.units >= POLAR_DEG * DEGREE {
            return Err(GridError::Polar);
        }
        let lon_units = lon.units.min(180 * DEGREE - 1);
        Ok(Self {
            level,
            south: lat.negative,
            west: lon.negative,
            iy: lat.units / height,
            ix: lon_units / width,
        })
    }

    /// From 1, the coarsest, to 10.
    #[must_use]
    pub const fn level(self) -> u8 {
        self.level
    }

    /// Its row, counted from the equator, of its level.
    #[must_use]
    pub const fn row(self) -> u32 {
        self.iy
    }

    /// Where the cells of the next row away from the equator begin in the order of cells: a bound, there need be no
    /// such cell.
    #[must_use]
    pub const fn next_row(self) -> Self {
        Self { iy: self.iy.saturating_add(1), ix: 0, ..self }
    }

    /// The cell of the level above that holds this one; `None` at level 1.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        let level = self.level - 1;
        let (width, height) = size(level)?;
        let (own_width, own_height) = self.size();
        Some(Self { level, iy: self.iy / (height / own_height), ix: self.ix / (width / own_width), ..self })
    }

    /// The cell that many cells to the east and to the north. It crosses the equator, Greenwich and the
    /// antimeridian; `None` where it would reach 88° of latitude.
    #[must_use]
    pub fn neighbour(self, east: i32, north: i32) -> Option<Self> {
        let (width, height) = self.size();
        let columns = i64::from(180 * DEGREE / width);
        let rows = i64::from(POLAR_DEG * DEGREE / height);
        // -1 is the first cell of the other side: ..., -2, -1, 0, 1, ...
        let signed = |index: u32, negative: bool| {
            let index = i64::from(index);
            if negative { -1 - index } else { index }
        };
        let x = (signed(self.ix, self.west) + i64::from(east) + columns).rem_euclid(2 * columns) - columns;
        let y = signed(self.iy, self.south) + i64::from(north);
        if !(-rows..rows).contains(&y) {
            return None;
        }
        let index = |signed: i64| if signed < 0 { -1 - signed } else { signed } as u32;
        Some(Self { south: y < 0, west: x < 0, iy: index(y), ix: index(x), ..self })
    }

    /// Its edges in degrees: least and greatest latitude, least and greatest longitude.
    #[must_use]
    pub fn bounds(self) -> (f64, f64, f64, f64) {
        let (width, height) = self.size();
        let side = |index: u32, size: u32, negative: bool| {
            let near = f64::from(index * size) / f64::from(DEGREE);
            let far = f64::from((index + 1) * size) / f64::from(DEGREE);
            if negative { (-far, -near) } else { (near, far) }
        };
        let (lat_min, lat_max) = side(self.iy, height, self.south);
        let (lon_min, lon_max) = side(self.ix, width, self.west);
        (lat_min, lat_max, lon_min, lon_max)
    }

    /// Its middle. A cell lies between 88° S and 88° N and does not cross the antimeridian, so there is one.
    #[must_use]
    pub fn centre(self) -> Option<Position> {
        let (lat_min, lat_max, lon_min, lon_max) = self.bounds();
        Position::new(f64::midpoint(lat_min, lat_max), f64::midpoint(lon_min, lon_max))
    }

    const fn size(self) -> (u32, u32) {
        match size(self.level) {
            Some(size) => size,
            // No constructor lets another level in.
            None => (1, 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(code: &str) -> Cell {
        code.parse().unwrap()
    }

    #[test]
    fn neighbours_cross_the_lines_on_the_map() {
        // By hand from figures 2 to 8 of the standard.
        let cases = [
            ("N51H", 1, 1, Some("N52I")),
            ("N31A", -1, -1, Some("S30A")),
            ("N60A", 1, 0, Some("N01A")),
            ("S01A", -1, 0, Some("S60A")),
            ("N31V", 0, 1, None),
            ("S31V", 0, -1, None),
            ("N51H00", -1, 0, Some("N50HB0")),
            ("N51H33", 0, -1, Some("N51H32")),
            ("S51H33", 0, -1, Some("S51H34")),
        ];
        for (code, east, north, expected) in cases {
            let found = cell(code).neighbour(east, north).map(|c| c.to_string());
            assert_eq!(found.as_deref(), expected, "{code}");
        }
    }

    #[test]
    fn a_cell_knows_its_edges() {
        assert_eq!(cell("N51H").bounds(), (28.0, 32.0, 120.0, 126.0));
        assert_eq!(cell("S30A").bounds(), (-4.0, 0.0, -6.0, 0.0));
        assert_eq!(cell("N51H33").bounds(), (29.5, 30.0, 121.5, 122.0));
        assert_eq!(cell("N51H33").centre(), Position::new(29.75, 121.75));
        assert_eq!(cell("N51H33").parent(), Some(cell("N51H")));
        assert_eq!(cell("N51H").parent(), None);
    }

    #[test]
    fn what_is_no_place_is_refused() {
        let at = |lat, lon, level| Cell::at(Position::new(lat, lon).unwrap(), level);
        assert_eq!(at(88.0, 0.0, 1), Err(GridError::Polar));
        assert_eq!(at(-90.0, 0.0, 1), Err(GridError::Polar));
        assert_eq!(at(0.0, 0.0, 0), Err(GridError::Level));
        assert_eq!(at(0.0, 0.0, 11), Err(GridError::Level));
        assert_eq!(Cell::from_decimal("1e1", "0", 1), Err(GridError::Decimal));
        assert_eq!(Cell::from_decimal("0", "180.00000000000000000000000000001", 1), Err(GridError::Range));
    }

    proptest! {
        #[test]
        fn there_and_back(lat in -87.999..87.999_f64, lon in -180.0..=180.0_f64, level in 1_u8..=10) {
            let place = Position::new(lat, lon).unwrap();
            let cell = Cell::at(place, level).unwrap();
            prop_assert_eq!(cell.to_string().parse(), Ok(cell));
            prop_assert_eq!(Cell::at(cell.centre().unwrap(), level), Ok(cell));
            let (south, north, west, east) = cell.bounds();
            prop_assert!(south <= lat && lat <= north && west <= lon && lon <= east);
            // The decimal way and the fast way agree.
            prop_assert_eq!(Cell::from_decimal(&lat.to_string(), &lon.to_string(), level), Ok(cell));
            prop_assert_eq!(cell.neighbour(1, 0).and_then(|c| c.neighbour(-1, 0)), Some(cell));
        }

        #[test]
        fn a_parent_is_a_prefix(lat in -87.999..87.999_f64, lon in -180.0..=180.0_f64, level in 2_u8..=10) {
            let place = Position::new(lat, lon).unwrap();
            let cell = Cell::at(place, level).unwrap();
            let parent = cell.parent().unwrap();
            prop_assert_eq!(Cell::at(place, level - 1), Ok(parent));
            prop_assert!(cell.to_string().starts_with(&parent.to_string()));
        }

        #[test]
        fn round_decimals_lie_on_lines(lat in 0_u32..88_000, lon in 0_u32..180_000, level in 1_u8..=10) {
            let text = |thousandths: u32| format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
            let (lat_text, lon_text) = (text(lat), text(lon));
            let place = Position::new(lat_text.parse().unwrap(), lon_text.parse().unwrap()).unwrap();
            let cell = Cell::at(place, level).unwrap();
            prop_assert_eq!(Cell::from_decimal(&lat_text, &lon_text, level), Ok(cell));
            // Exactly, in whole numbers: thousandths of a degree are 7372.8 units.
            let index = |thousandths: u32, size: u32| (u64::from(thousandths) * 73728 / 10 / u64::from(size)) as u32;
            let (width, height) = size(level).unwrap();
            prop_assert_eq!((cell.ix, cell.iy), (index(lon, width), index(lat, height)));
        }

        #[test]
        fn any_text_is_a_code_or_an_error(text in "[NS]?[0-9A-V]{0,20}") {
            if let Ok(cell) = text.parse::<Cell>() {
                prop_assert_eq!(cell.to_string(), text);
            }
        }
    }
}
