#![allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "indices come from loops over the same lengths"
)]
//! Which plot is whose: the assignment that makes the sum of gains largest, leaving out what gains nothing.

/// Most rows or columns; larger clusters are settled best pair first.
pub(crate) const MOST: usize = 24;
const WIDE: usize = 2 * MOST + 1;

/// The best partner of each row, given the gain of each pair; a pair without positive gain is never made.
pub(crate) fn best(gain: &[[f64; MOST]; MOST], rows: usize, columns: usize) -> [Option<usize>; MOST] {
    let mut partner = [None; MOST];
    if rows == 1 {
        let mut most = 0.0;
        for column in 0..columns {
            if gain[0][column] > most {
                most = gain[0][column];
                partner[0] = Some(column);
            }
        }
        return partner;
    }
    // The Hungarian method on costs, each row with a column of its own for "nobody".
    let width = columns + rows;
    let cost = |row: usize, column: usize| {
        if column < columns { -gain[row][column].max(0.0) } else { 0.0 }
    };
    let mut u = [0.0; MOST + 1];
    let mut v = [0.0; WIDE];
    let mut of = [0usize; WIDE];
    let mut way = [0usize; WIDE];
    for row in 1..=rows {
        of[0] = row;
        let mut at = 0;
        let mut least = [f64::INFINITY; WIDE];
        let mut used = [false; WIDE];
        loop {
            used[at] = true;
            let from = of[at];
            let (mut delta, mut next) = (f64::INFINITY, 0);
            for column in 1..=width {
                if used[column] {
                    continue;
                }
                let reduced = cost(from - 1, column - 1) - u[from] - v[column];
                if reduced < least[column] {
                    least[column] = reduced;
                    way[column] = at;
                }
                if least[column] < delta {
                    delta = least[column];
                    next = column;
                }
            }
            for column in 0..=width {
                if used[column] {
                    u[of[column]] += delta;
                    v[column] -= delta;
                } else {
                    least[column] -= delta;
                }
            }
            at = next;
            if of[at] == 0 {
                break;
            }
        }
        while at != 0 {
            let before = way[at];
            of[at] = of[before];
            at = before;
        }
    }
    for column in 1..=columns {
        let row = of[column];
        if row > 0 && gain[row - 1][column - 1] > 0.0 {
            partner[row - 1] = Some(column - 1);
        }
    }
    partner
}
