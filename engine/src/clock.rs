//! The only place that reads a clock.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use units::UtcTime;

/// Coordinated universal time now, as the machine knows it.
#[must_use]
pub fn now_utc() -> UtcTime {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UtcTime::from_unix_ns(i64::try_from(since_1970.as_nanos()).unwrap_or(i64::MAX))
}

/// A point in this process's life, for measuring how long things take; it never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mono(u64);

impl Mono {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        static START: OnceLock<Instant> = OnceLock::new();
        Self(u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// Nanoseconds since this process first asked.
    #[must_use]
    pub const fn ns(self) -> u64 {
        self.0
    }

    /// Nanoseconds from `earlier` to this point; 0 where this one is earlier.
    #[must_use]
    pub const fn since_ns(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
