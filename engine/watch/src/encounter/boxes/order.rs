//! Boxes in the order of their rows and western edges: a radix sort, for there are hundreds of thousands each second.

/// Degrees of longitude from here on, in bins of some 80 metres at the equator.
const WEST_DEG: f32 = -182.0;
const EDGE_BITS: u32 = 19;
const BINS_PER_DEG: f32 = (1 << EDGE_BITS) as f32 / 364.0;
/// Of the index of a box; the row has what is left of 64 bits and the edge.
const INDEX_BITS: u32 = 31;
/// Digits of this many bits, in so many passes, are the row and the edge.
const DIGIT_BITS: u32 = 11;
const PASSES: u32 = 3;

/// Rows, edges and indices, packed.
#[derive(Debug, Default)]
pub(super) struct Order {
    keys: Vec<u64>,
    other: Vec<u64>,
}

/// The bin that a longitude falls into.
pub(super) fn edge(lon_deg: f32) -> u32 {
    ((lon_deg - WEST_DEG) * BINS_PER_DEG).clamp(0.0, ((1 << EDGE_BITS) - 1) as f32) as u32
}

impl Order {
    pub fn clear(&mut self) {
        self.keys.clear();
    }

    /// `row` is below 16384, an index below two thousand million.
    pub fn push(&mut self, row: u16, west_deg: f32, index: u32) {
        let key = u64::from(row) << EDGE_BITS | u64::from(edge(west_deg));
        self.keys.push(key << INDEX_BITS | u64::from(index));
    }

    /// Rows and indices by row, edge and, where those are the same, in the order in which they came.
    pub fn sorted(&mut self) -> impl Iterator<Item = (u16, u32)> + '_ {
        let Self { keys, other } = self;
        other.clear();
        other.resize(keys.len(), 0);
        for pass in 0..PASSES {
            let digit =
                |key: u64| (key >> (INDEX_BITS + pass * DIGIT_BITS)) as usize & ((1 << DIGIT_BITS) - 1);
            let mut places = [0_u32; 1 << DIGIT_BITS];
            for key in keys.iter() {
                if let Some(count) = places.get_mut(digit(*key)) {
                    *count += 1;
                }
            }
            let mut next = 0;
            for place in &mut places {
                next += std::mem::replace(place, next);
            }
            for key in keys.iter() {
                let Some(place) = places.get_mut(digit(*key)) else { continue };
                if let Some(there) = other.get_mut(*place as usize) {
                    *there = *key;
                }
                *place += 1;
            }
            std::mem::swap(keys, other);
        }
        keys.iter()
            .map(|key| ((key >> (INDEX_BITS + EDGE_BITS)) as u16, *key as u32 & ((1 << INDEX_BITS) - 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_then_edges_then_as_they_came() {
        // A linear congruence (Knuth's MMIX), against the sort of the standard library.
        let mut seed = 1_u64;
        let mut draw = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut order = Order::default();
        let mut expected = Vec::new();
        for index in 0..5000 {
            let (row, west) = (draw(9500) as u16, draw(36_400) as f32 / 100.0 - 182.0);
            order.push(row, west, index);
            expected.push((row, edge(west), index));
        }
        expected.sort_unstable();
        let expected: Vec<_> = expected.into_iter().map(|(row, _, index)| (row, index)).collect();
        assert_eq!(order.sorted().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn bins_grow_eastwards_and_end_past_the_antimeridian() {
        assert!(edge(-400.0) <= edge(-181.9) && edge(-181.9) < edge(0.0) && edge(0.0) < edge(0.001));
        assert!(edge(181.9) <= edge(900.0) && edge(900.0) < 1 << EDGE_BITS);
    }
}
