//! Communication state (Annex 2, 3.3.7.2 and 3.3.7.3): 19 bits that say how a station shares the channel.

use crate::bits::{Bits, Field};

/// Bits of either form.
pub(super) const COMM_STATE_BITS: usize = KEEP.end();

const SYNC: Field = Field::first(2);
const TIMEOUT: Field = SYNC.then(3);
const SUBMESSAGE: Field = TIMEOUT.then(14);
const _: () = assert!(SUBMESSAGE.end() == COMM_STATE_BITS);

const INCREMENT: Field = SYNC.then(13);
const SLOTS: Field = INCREMENT.then(3);
const KEEP: Field = SLOTS.then(1);
const _: () = assert!(KEEP.end() == 19);

/// How a station shares the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommState {
    /// Self-organised access.
    Sotdma {
        /// Synchronisation: 0 UTC direct, 1 UTC indirect, 2 base station, 3 another station.
        sync_state: u8,
        /// Frames left until a new slot is chosen, 0 to 7.
        slot_timeout: u8,
        /// What the timeout makes of the last 14 bits.
        submessage: Submessage,
    },
    /// Incremental access.
    Itdma {
        /// As for SOTDMA.
        sync_state: u8,
        /// Offset to the next slot, 0 to 8191.
        slot_increment: u16,
        /// Code for the number of consecutive slots, 0 to 7.
        slot_count: u8,
        /// Whether the slot is kept for one more frame.
        keep: bool,
    },
}

/// The 14 bits of a SOTDMA state whose meaning depends on the slot timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submessage {
    /// Timeout 0: offset to the slot of the next frame.
    SlotOffset(u16),
    /// Timeout 1: the station's UTC, hour and minute as sent.
    UtcTime {
        /// 0 to 31; above 23 is no hour.
        hour: u8,
        /// 0 to 127; above 59 is no minute.
        minute: u8,
    },
    /// Timeout 2, 4, 6: the slot in use.
    SlotNumber(u16),
    /// Timeout 3, 5, 7: how many other stations this one hears.
    ReceivedStations(u16),
}

impl CommState {
    /// From the 19 bits as one number.
    pub(super) fn sotdma(raw: u32) -> Self {
        let bytes = (raw << 13).to_be_bytes();
        let bits = Bits::new(&bytes, COMM_STATE_BITS);
        let slot_timeout = bits.u8(TIMEOUT).unwrap_or_default();
        let sub = bits.u16(SUBMESSAGE).unwrap_or_default();
        let submessage = match slot_timeout {
            0 => Submessage::SlotOffset(sub),
            1 => Submessage::UtcTime { hour: (sub >> 9) as u8, minute: (sub >> 2 & 127) as u8 },
            2 | 4 | 6 => Submessage::SlotNumber(sub),
            _ => Submessage::ReceivedStations(sub),
        };
        Self::Sotdma { sync_state: bits.u8(SYNC).unwrap_or_default(), slot_timeout, submessage }
    }

    /// From the 19 bits as one number.
    pub(super) fn itdma(raw: u32) -> Self {
        let bytes = (raw << 13).to_be_bytes();
        let bits = Bits::new(&bytes, COMM_STATE_BITS);
        Self::Itdma {
            sync_state: bits.u8(SYNC).unwrap_or_default(),
            slot_increment: bits.u16(INCREMENT).unwrap_or_default(),
            slot_count: bits.u8(SLOTS).unwrap_or_default(),
            keep: bits.flag(KEEP).unwrap_or_default(),
        }
    }

    /// The form that a selector bit chooses.
    pub(super) fn selected(itdma: Option<bool>, raw: Option<u32>) -> Option<Self> {
        Some(if itdma? { Self::itdma(raw?) } else { Self::sotdma(raw?) })
    }
}
