//! Which table a source's records are read with.

use super::Category;
use super::tables::{cat010, cat020, cat021, cat034, cat048, cat062, cat063, cat065, cat240, older};

/// Every edition of every category, the newest of each category first.
static ALL: [Category; 24] = [
    Category::new(10, "1.1", cat010::UAP),
    Category::new(20, "1.11", cat020::UAP),
    Category::new(21, "2.7", cat021::UAP),
    Category::new(34, "1.29", cat034::UAP),
    Category::new(34, "1.28", cat034::UAP),
    Category::new(34, "1.27", cat034::UAP),
    Category::new(48, "1.32", cat048::UAP),
    Category::older(48, "1.31", older::CAT048_31, cat048::UAP),
    Category::older(48, "1.30", older::CAT048_30, cat048::UAP),
    Category::older(48, "1.29", older::CAT048_30, cat048::UAP),
    Category::older(48, "1.28", older::CAT048_30, cat048::UAP),
    Category::older(48, "1.27", older::CAT048_30, cat048::UAP),
    Category::new(62, "1.21", cat062::UAP),
    Category::older(62, "1.20", older::CAT062_20, cat062::UAP),
    Category::older(62, "1.19", older::CAT062_19, cat062::UAP),
    Category::older(62, "1.18", older::CAT062_18, cat062::UAP),
    Category::older(62, "1.17", older::CAT062_17, cat062::UAP),
    Category::older(62, "1.16", older::CAT062_16, cat062::UAP),
    Category::new(63, "1.7", cat063::UAP),
    Category::older(63, "1.6", older::CAT063_6, cat063::UAP),
    Category::new(65, "1.6", cat065::UAP),
    Category::new(65, "1.5", cat065::UAP),
    Category::new(65, "1.4", cat065::UAP),
    Category::new(240, "1.3", cat240::UAP),
];

/// By category: the place of its newest edition in [`ALL`] and one more; 0 where there is no table.
const NEWEST: [u8; 256] = newest_places();

#[allow(clippy::indexing_slicing, reason = "runs when it is compiled")]
const fn newest_places() -> [u8; 256] {
    let mut places = [0; 256];
    let mut at = ALL.len();
    while at > 0 {
        places[ALL[at - 1].number as usize] = at as u8;
        at -= 1;
    }
    places
}

/// The editions that one source uses; the newest of each category unless told otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Editions {
    /// By the place of a category's newest edition: how far behind it the one in use stands.
    behind: [u8; ALL.len()],
}

impl Editions {
    /// The table of a category.
    #[inline]
    #[must_use]
    pub fn category(&self, number: u8) -> Option<&'static Category> {
        let newest = usize::from(*NEWEST.get(usize::from(number))?).checked_sub(1)?;
        ALL.get(newest + usize::from(*self.behind.get(newest)?))
    }

    /// Uses another edition of a category; whether there is one of that name.
    pub fn choose(&mut self, number: u8, edition: &str) -> bool {
        let of = |place: &u8| usize::from(*place).checked_sub(1);
        let newest = NEWEST.get(usize::from(number)).and_then(of);
        let found = ALL.iter().position(|one| one.number == number && one.edition == edition);
        let Some((newest, found)) = newest.zip(found) else { return false };
        if let Some(behind) = self.behind.get_mut(newest) {
            *behind = (found - newest) as u8;
        }
        true
    }

    /// The names of a category's editions, the newest first.
    pub fn of(number: u8) -> impl Iterator<Item = &'static str> {
        ALL.iter().filter(move |one| one.number == number).map(|one| one.edition)
    }
}

/// The newest edition of a category.
pub(super) fn newest(number: u8) -> &'static Category {
    // Only categories that are in the table are asked for.
    Editions::default().category(number).unwrap_or(&ALL[0])
}
