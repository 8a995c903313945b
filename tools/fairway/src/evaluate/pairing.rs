#![allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "indices come from loops over the same lengths"
)]
//! Which track is which vessel: the cheapest partial assignment within a distance.

use rstar::RTree;
use rstar::primitives::GeomWithData;
use std::collections::BTreeMap;

/// A place in the scene's plane, metres east and north.
pub type Place = [f64; 2];

/// Places to look up by distance.
pub struct Places(RTree<GeomWithData<Place, usize>>);

impl Places {
    pub fn of(places: &[Place]) -> Self {
        let numbered = places.iter().enumerate().map(|(n, &place)| GeomWithData::new(place, n));
        Self(RTree::bulk_load(numbered.collect()))
    }

    /// Those within a distance, each with the distance squared.
    pub fn within(&self, from: Place, reach_m: f64) -> impl Iterator<Item = (usize, f64)> {
        self.0
            .locate_within_distance(from, reach_m * reach_m)
            .map(move |found| (found.data, squared_m2(*found.geom(), from)))
    }

    /// The nearest, and its distance.
    pub fn nearest(&self, from: Place) -> Option<(usize, f64)> {
        let found = self.0.nearest_neighbor(from)?;
        Some((found.data, squared_m2(*found.geom(), from).sqrt()))
    }
}

fn squared_m2(a: Place, b: Place) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

/// A vessel and its track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    pub vessel: usize,
    pub track: usize,
    /// Of the distance between them.
    pub squared_m2: f64,
}

/// The pairs whose squared distances, with what `extra` adds, cost least where leaving a pair apart costs the
/// square of `reach_m`.
pub fn pairs(
    vessels: &[Place],
    tracks: &[Place],
    reach_m: f64,
    extra: impl Fn(usize, usize) -> f64,
) -> Vec<Pair> {
    let near = Places::of(tracks);
    let mut possible = Vec::new();
    for (vessel, &place) in vessels.iter().enumerate() {
        possible.extend(near.within(place, reach_m).map(|(track, squared_m2)| Pair {
            vessel,
            track,
            squared_m2,
        }));
    }
    let mut found = Vec::new();
    for cluster in clusters(&possible, vessels.len(), tracks.len()) {
        if let [only] = cluster.as_slice() {
            found.push(*only);
        } else {
            settle(&cluster, reach_m * reach_m, &extra, &mut found);
        }
    }
    found
}

/// Pairs that hang together by a vessel or a track.
fn clusters(possible: &[Pair], vessels: usize, tracks: usize) -> Vec<Vec<Pair>> {
    let mut root: Vec<usize> = (0..vessels + tracks).collect();
    for pair in possible {
        let (a, b) = (find(&mut root, pair.vessel), find(&mut root, vessels + pair.track));
        root[a.max(b)] = a.min(b);
    }
    let mut groups: BTreeMap<usize, Vec<Pair>> = BTreeMap::new();
    for pair in possible {
        groups.entry(find(&mut root, pair.vessel)).or_default().push(*pair);
    }
    groups.into_values().collect()
}

/// Who stands for a cluster.
fn find(root: &mut [usize], mut at: usize) -> usize {
    while root[at] != at {
        root[at] = root[root[at]];
        at = root[at];
    }
    at
}

/// The cheapest assignment within one cluster.
fn settle(cluster: &[Pair], apart: f64, extra: &impl Fn(usize, usize) -> f64, found: &mut Vec<Pair>) {
    let sorted = |of: fn(&Pair) -> usize| {
        let mut all: Vec<usize> = cluster.iter().map(of).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (vessels, tracks) = (sorted(|pair| pair.vessel), sorted(|pair| pair.track));
    let width = tracks.len() + vessels.len();
    let mut cost = vec![vec![1e12; width]; vessels.len()];
    let mut distance = BTreeMap::new();
    for pair in cluster {
        let row = vessels.binary_search(&pair.vessel).unwrap_or(0);
        let column = tracks.binary_search(&pair.track).unwrap_or(0);
        cost[row][column] = pair.squared_m2 + extra(pair.vessel, pair.track);
        distance.insert((row, column), pair.squared_m2);
    }
    // Each vessel has a column of its own for "nobody".
    for row in 0..vessels.len() {
        cost[row][tracks.len() + row] = apart;
    }
    for (row, column) in cheapest(&cost, width).into_iter().enumerate() {
        if let Some(&squared_m2) = distance.get(&(row, column)) {
            found.push(Pair { vessel: vessels[row], track: tracks[column], squared_m2 });
        }
    }
}

/// The column of each row by the Hungarian method with shortest augmenting paths; there are at least as many columns.
fn cheapest(cost: &[Vec<f64>], width: usize) -> Vec<usize> {
    // Row and column 0 are the way in: the row that is placed next starts there.
    let mut of_row = vec![0.0; cost.len() + 1];
    let mut of_column = vec![0.0; width + 1];
    let mut row_of = vec![0; width + 1];
    for row in 1..=cost.len() {
        row_of[0] = row;
        let mut at = 0;
        let mut least = vec![f64::INFINITY; width + 1];
        let mut way = vec![0; width + 1];
        let mut used = vec![false; width + 1];
        while row_of[at] != 0 {
            used[at] = true;
            let from = row_of[at];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for column in (1..=width).filter(|&column| !used[column]) {
                let reduced = cost[from - 1][column - 1] - of_row[from] - of_column[column];
                if reduced < least[column] {
                    (least[column], way[column]) = (reduced, at);
                }
                if least[column] < step {
                    (step, next) = (least[column], column);
                }
            }
            for column in 0..=width {
                if used[column] {
                    of_row[row_of[column]] += step;
                    of_column[column] -= step;
                } else {
                    least[column] -= step;
                }
            }
            at = next;
        }
        while at != 0 {
            row_of[at] = row_of[way[at]];
            at = way[at];
        }
    }
    let mut column_of = vec![0; cost.len()];
    for column in 1..=width {
        if row_of[column] > 0 {
            column_of[row_of[column] - 1] = column - 1;
        }
    }
    column_of
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every assignment there is.
    fn least(cost: &[Vec<f64>], row: usize, taken: &mut Vec<usize>) -> f64 {
        if row == cost.len() {
            return 0.0;
        }
        let mut best = f64::INFINITY;
        for column in 0..cost[row].len() {
            if !taken.contains(&column) {
                taken.push(column);
                best = best.min(cost[row][column] + least(cost, row + 1, taken));
                taken.pop();
            }
        }
        best
    }

    #[test]
    fn no_assignment_is_cheaper() {
        let mut seed = 7_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 40) as f64 / 1000.0
        };
        for rows in 1..6 {
            let width = rows + 2;
            let cost: Vec<Vec<f64>> = (0..rows).map(|_| (0..width).map(|_| next()).collect()).collect();
            let found = cheapest(&cost, width);
            let total: f64 = found.iter().enumerate().map(|(row, &column)| cost[row][column]).sum();
            assert!((total - least(&cost, 0, &mut Vec::new())).abs() < 1e-9, "{cost:?}: {found:?}");
        }
    }

    #[test]
    fn far_ones_stay_apart_and_the_sum_counts() {
        let vessels = [[0.0, 0.0], [100.0, 0.0], [5000.0, 0.0]];
        let tracks = [[90.0, 0.0], [160.0, 0.0], [5300.0, 0.0]];
        let mut found: Vec<(usize, usize)> = pairs(&vessels, &tracks, 200.0, |_, _| 0.0)
            .iter()
            .map(|pair| (pair.vessel, pair.track))
            .collect();
        found.sort_unstable();
        assert_eq!(found, [(0, 0), (1, 1)]);
    }
}
