//! Where everything is: an R-tree of loose boxes, and cells for what is close by.
//!
//! **Invariant**: from the moment a track was last placed until the next whole second, the box of every track
//! contains its predicted position. A track enters with a box wide enough for some tens of seconds of motion
//! and moves in the tree only when it is about to leave it, so that most updates never touch the tree. Boxes are
//! earth-centred, so that neither the antimeridian nor a pole is a special case.

mod cells;

use crate::TrackId;
use crate::entries::Seat;
use crate::plane::{Ecef, distance_m};
use rstar::{AABB, RTree, RTreeObject};
use units::UtcTime;

pub(crate) use cells::{Cells, Spot};

/// Half the side of the box of something that does not move, metres.
const STILL_M: f64 = 100.0;
/// How long something that goes on as it goes stays in its box.
const STAY_S: f64 = 40.0;
/// Straight in its plane, a track is slightly faster over the ground: by 1.5 % at the 1,000 km that the fastest
/// may be predicted ahead.
const HASTE: f64 = 1.1;
/// More than the diameter of the Earth.
const EVERYWHERE_M: f64 = 1.4e7;

/// A track's place in the tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Leaf {
    id: TrackId,
    centre: Ecef,
    half_m: f64,
}

impl RTreeObject for Leaf {
    type Envelope = AABB<Ecef>;

    fn envelope(&self) -> Self::Envelope {
        around(self.centre, self.half_m)
    }
}

impl Leaf {
    pub fn new(id: TrackId, at: Ecef, speed_mps: f64) -> Self {
        Self { id, centre: at, half_m: STILL_M + HASTE * speed_mps * STAY_S }
    }

    /// Until when something here now and this fast is sure to be in the box.
    pub fn holds_until(&self, at: Ecef, speed_mps: f64, now: UtcTime) -> UtcTime {
        let [x, y, z] = self.centre;
        let offset_m = (at[0] - x).abs().max((at[1] - y).abs()).max((at[2] - z).abs());
        // It may already be outside: then the answer lies in the past. What stands still never leaves.
        let stay_s = (self.half_m - offset_m) / (HASTE * speed_mps).max(1e-9);
        now.plus_s(stay_s)
    }
}

/// Where everything is.
#[derive(Debug, Default)]
pub(crate) struct Index {
    tree: RTree<Leaf>,
    pub cells: Cells,
}

/// Up to here the cells are asked, beyond it the tree, metres.
const NEARBY_M: f64 = 1000.0;
/// And only about what is no longer ago, seconds.
const LATELY_S: f64 = 10.0;

impl Index {
    /// Many at once into the tree.
    pub fn load(&mut self, leaves: Vec<Leaf>) {
        self.tree = RTree::bulk_load(leaves);
    }

    pub fn insert(&mut self, leaf: Leaf) {
        self.tree.insert(leaf);
    }

    pub fn remove(&mut self, leaf: &Leaf) {
        self.tree.remove(leaf);
    }

    /// Shows all tracks and candidates within a radius at an instant not after now, and some others; in no order that
    /// means anything. Where the tree is asked candidates are left out.
    pub fn find(&self, at: Ecef, radius_m: f64, when: UtcTime, now: UtcTime, mut show: impl FnMut(Found)) {
        if radius_m <= NEARBY_M && now.since(when) <= LATELY_S {
            self.cells.near(at, radius_m, when, now, |seat| show(Found::At(seat)));
        } else {
            let around = around(at, radius_m.min(EVERYWHERE_M));
            for leaf in self.tree.locate_in_envelope_intersecting(around) {
                show(Found::Track(leaf.id));
            }
        }
    }
}

/// Who was found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found {
    At(Seat),
    Track(TrackId),
}

pub(crate) fn within(one: Ecef, other: Ecef, radius_m: f64) -> bool {
    distance_m(one, other) <= radius_m
}

fn around([x, y, z]: Ecef, half_m: f64) -> AABB<Ecef> {
    AABB::from_corners([x - half_m, y - half_m, z - half_m], [x + half_m, y + half_m, z + half_m])
}
