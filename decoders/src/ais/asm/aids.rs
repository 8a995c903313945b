//! Aids to navigation: 235/10 and 250/10 monitoring (IALA A-126), 235/20 buoy position (Trinity House).
//!
//! 10 as the oracle's reference decoder has it; 20 from IALA's collection of application messages.

use super::layout::{DAY, HOUR, Item, MINUTE, flag, lat27, lon28, number, skip, text};

/// 235/10 and 250/10.
pub const MONITORING: &[Item] = &[
    number("analog_int", 10).times(0.05, 2),
    number("analog_ext1", 10).times(0.05, 2),
    number("analog_ext2", 10).times(0.05, 2),
    number("racon", 2),
    number("light", 2),
    flag("alarm"),
    number("digital_inputs", 8),
    flag("off_position"),
    skip(4),
];

/// 235/20.
pub const BUOY_POSITION: &[Item] =
    &[text("name", 34), DAY, HOUR, MINUTE, lon28("lon"), lat27("lat"), flag("off_position"), skip(4)];
