//! The cells that an area reaches into.

use super::{Cell, DEGREE, GridError, POLAR_DEG, size};

/// Longitude and latitude, degrees.
type Corner = [f64; 2];

/// The cells of a level that share more than a border with an area, in their order. The area is what an odd number
/// of rings lie around (so holes are rings, too), each ring its corners in order, longitude first; edges are
/// straight in degrees and do not cross the antimeridian.
///
/// # Errors
/// [`GridError::Level`]; [`GridError::Polar`] where a corner is beyond the grid; [`GridError::Range`] where it is no
/// place; [`GridError::TooMany`] where there would be more than `most`.
pub fn cover(rings: &[Vec<Corner>], level: u8, most: usize) -> Result<Vec<Cell>, GridError> {
    let (width, height) = size(1).ok_or(GridError::Level)?;
    size(level).ok_or(GridError::Level)?;
    for [lon, lat] in rings.iter().flatten() {
        if !(-180.0..=180.0).contains(lon) || !(-90.0..=90.0).contains(lat) {
            return Err(GridError::Range);
        }
        if lat.abs() > f64::from(POLAR_DEG) {
            return Err(GridError::Polar);
        }
    }
    let edges: Vec<Edge> = rings
        .iter()
        .flat_map(|ring| {
            ring.iter().zip(ring.iter().cycle().skip(1)).map(|(from, to)| Edge { from: *from, to: *to })
        })
        .collect();
    let mut found = Vec::new();
    for (south, west) in [(false, false), (false, true), (true, false), (true, true)] {
        for iy in 0..POLAR_DEG * DEGREE / height {
            for ix in 0..180 * DEGREE / width {
                descend(Cell { level: 1, south, west, iy, ix }, &edges, &edges, level, most, &mut found)?;
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[derive(Clone, Copy)]
struct Edge {
    from: Corner,
    to: Corner,
}

/// `near`: the edges that reach into the cell's parent.
fn descend(
    cell: Cell,
    near: &[Edge],
    all: &[Edge],
    level: u8,
    most: usize,
    found: &mut Vec<Cell>,
) -> Result<(), GridError> {
    let bounds = cell.bounds();
    let crossing: Vec<Edge> = near.iter().filter(|edge| edge.enters(bounds)).copied().collect();
    if crossing.is_empty() && !holds(all, bounds) {
        return Ok(());
    }
    if cell.level == level {
        if found.len() >= most {
            return Err(GridError::TooMany);
        }
        found.push(cell);
        return Ok(());
    }
    for child in cell.children() {
        if crossing.is_empty() {
            fill(child, level, most, found)?;
        } else {
            descend(child, &crossing, all, level, most, found)?;
        }
    }
    Ok(())
}

/// A cell that is wholly inside.
fn fill(cell: Cell, level: u8, most: usize, found: &mut Vec<Cell>) -> Result<(), GridError> {
    if cell.level < level {
        return cell.children().try_for_each(|child| fill(child, level, most, found));
    }
    if found.len() >= most {
        return Err(GridError::TooMany);
    }
    found.push(cell);
    Ok(())
}

/// Whether the middle of a cell is inside: an odd number of edges pass to the east of it.
fn holds(edges: &[Edge], (lat_min, lat_max, lon_min, lon_max): (f64, f64, f64, f64)) -> bool {
    let (x, y) = (f64::midpoint(lon_min, lon_max), f64::midpoint(lat_min, lat_max));
    let passes = |edge: &&Edge| {
        let ([x0, y0], [x1, y1]) = (edge.from, edge.to);
        (y0 > y) != (y1 > y) && x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
    };
    edges.iter().filter(passes).count() % 2 == 1
}

impl Edge {
    /// Whether a part of it lies in the open rectangle.
    fn enters(&self, (lat_min, lat_max, lon_min, lon_max): (f64, f64, f64, f64)) -> bool {
        let ([x0, y0], [x1, y1]) = (self.from, self.to);
        let (mut begin, mut end) = (0.0_f64, 1.0_f64);
        for (at, step, least, most) in [(x0, x1 - x0, lon_min, lon_max), (y0, y1 - y0, lat_min, lat_max)] {
            if step == 0.0 {
                if at <= least || at >= most {
                    return false;
                }
                continue;
            }
            let (one, other) = ((least - at) / step, (most - at) / step);
            begin = begin.max(one.min(other));
            end = end.min(one.max(other));
        }
        begin < end
    }
}

impl Cell {
    /// The cells of the level below that it is made of; none at level 10.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let (width, height) = self.size();
        let level = self.level + 1;
        let (columns, rows) = size(level).map_or((0, 0), |(w, h)| (width / w, height / h));
        (0..rows).flat_map(move |y| {
            (0..columns).map(move |x| Self {
                level,
                iy: self.iy * rows + y,
                ix: self.ix * columns + x,
                ..self
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Position;
    use proptest::prelude::*;

    fn codes(rings: &[Vec<Corner>], level: u8) -> Vec<String> {
        cover(rings, level, 100_000).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_area_that_is_a_cell_is_that_cell() {
        let square = |w, s, e, n| vec![[w, s], [e, s], [e, n], [w, n]];
        assert_eq!(codes(&[square(121.5, 29.5, 122.0, 30.0)], 2), ["N51H33"]);
        assert_eq!(codes(&[square(121.5, 29.5, 122.0, 30.0)], 3).len(), 6);
        assert_eq!(codes(&[square(121.5, 29.5, 122.0, 30.0)], 4).len(), 900);
        // Across the equator and Greenwich, one cell in each quadrant.
        assert_eq!(codes(&[square(-0.1, -0.1, 0.1, 0.1)], 2), ["N31A00", "N30A00", "S31A00", "S30A00"]);
        // A hole of one cell.
        let rings = [square(121.5, 29.5, 122.0, 30.0), square(121.5, 29.5, 121.75, 29.5 + 1.0 / 6.0)];
        assert_eq!(codes(&rings, 3).len(), 5);
        assert_eq!(cover(&[square(121.5, 29.5, 122.0, 30.0)], 5, 1000), Err(GridError::TooMany));
        assert_eq!(cover(&[square(0.0, 80.0, 1.0, 89.0)], 1, 10), Err(GridError::Polar));
        assert_eq!(cover(&[square(0.0, 0.0, 181.0, 1.0)], 1, 10), Err(GridError::Range));
        assert_eq!(cover(&[], 0, 10), Err(GridError::Level));
        assert_eq!(cover(&[], 5, 10), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn what_is_inside_is_covered(
            corners in proptest::collection::vec((121.0..121.3_f64, 29.0..29.3_f64), 3..8),
            (x, y) in (121.0..121.3_f64, 29.0..29.3_f64),
        ) {
            let ring: Vec<Corner> = corners.iter().map(|(x, y)| [*x, *y]).collect();
            let cells = cover(std::slice::from_ref(&ring), 4, 100_000).unwrap();
            let edges: Vec<Edge> =
                ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| Edge { from: *a, to: *b }).collect();
            let cell = Cell::at(Position::new(y, x).unwrap(), 4).unwrap();
            if holds(&edges, (y, y, x, x)) {
                prop_assert!(cells.binary_search(&cell).is_ok());
            }
            for corner in &ring {
                let at = Cell::at(Position::new(corner[1], corner[0]).unwrap(), 4).unwrap();
                prop_assert!(cells.binary_search(&at).is_ok());
            }
            // Nothing far from the area.
            for cell in &cells {
                let (south, north, west, east) = cell.bounds();
                let reach = |axis: usize| ring.iter().map(|c| c[axis]).fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
                let ((x0, x1), (y0, y1)) = (reach(0), reach(1));
                prop_assert!(east > x0 && west < x1 && north > y0 && south < y1);
            }
        }
    }
}
