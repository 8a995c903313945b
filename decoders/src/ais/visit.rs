//! A message told field by field: names, order, units and decimals are fixed here, the notation is the visitor's.

use super::comm_state::{CommState, Submessage};
use super::value::RawDimensions;
use crate::bits::Bits;
use units::{Degrees, Knots, Label};

/// Hears the fields of a message, one call per field, in order.
///
/// The keys are those of Fairway's oracle; the elements of an array have the empty key. Objects and arrays may hold
/// others, and each is closed by one [`Visit::close`].
pub trait Visit {
    /// Not available, not there, or out of range.
    fn null(&mut self, key: &'static str);
    /// A yes or no.
    fn flag(&mut self, key: &'static str, value: bool);
    /// A whole number.
    fn int(&mut self, key: &'static str, value: i64);
    /// A number, meant to so many decimals; it may hold more.
    fn float(&mut self, key: &'static str, value: f64, decimals: u8);
    /// Printable ASCII.
    fn text(&mut self, key: &'static str, value: &str);
    /// A number that is exactly this, in as many digits as it takes.
    fn exact(&mut self, key: &'static str, value: f64);
    /// A whole number too large for [`Visit::int`], from its highest octet on.
    fn wide(&mut self, key: &'static str, octets: &[u8]);
    /// Bits without a known meaning, from the first on, for hexadecimal notation with zeros up to a whole byte.
    fn hex(&mut self, key: &'static str, bits: Bits<'_>);
    /// An object begins.
    fn object(&mut self, key: &'static str);
    /// An array begins.
    fn array(&mut self, key: &'static str);
    /// The object or array that began last ends.
    fn close(&mut self);
}

/// What a decoder says to a visitor: `None` becomes null, units become numbers.
pub(super) struct Fields<'v>(pub &'v mut dyn Visit);

impl Fields<'_> {
    pub fn int(&mut self, key: &'static str, value: Option<impl Into<i64>>) {
        match value {
            Some(value) => self.0.int(key, value.into()),
            None => self.0.null(key),
        }
    }

    pub fn flag(&mut self, key: &'static str, value: Option<bool>) {
        match value {
            Some(value) => self.0.flag(key, value),
            None => self.0.null(key),
        }
    }

    pub fn float(&mut self, key: &'static str, value: Option<f64>, decimals: u8) {
        match value {
            Some(value) => self.0.float(key, value, decimals),
            None => self.0.null(key),
        }
    }

    pub fn knots(&mut self, key: &'static str, value: Option<Knots>) {
        self.float(key, value.map(Knots::value), 1);
    }

    pub fn degrees(&mut self, key: &'static str, value: Option<Degrees>) {
        self.float(key, value.map(Degrees::value), 1);
    }

    /// Degrees that are sent as whole ones.
    pub fn whole_degrees(&mut self, key: &'static str, value: Option<Degrees>) {
        self.int(key, value.map(|direction| direction.value() as i64));
    }

    /// Knots that are sent as whole ones.
    pub fn whole_knots(&mut self, key: &'static str, value: Option<Knots>) {
        self.int(key, value.map(|speed| speed.value() as i64));
    }

    pub fn label(&mut self, key: &'static str, value: Option<Label>) {
        self.text(key, value.as_ref().map(Label::as_str));
    }

    pub fn text(&mut self, key: &'static str, value: Option<&str>) {
        match value {
            Some(value) => self.0.text(key, value),
            None => self.0.null(key),
        }
    }

    /// What an application sends: how many bits, and which.
    pub fn application(&mut self, bits: Bits<'_>) {
        self.0.int("data_bits", bits.len() as i64);
        self.0.hex("data_hex", bits);
    }

    pub fn dimensions(&mut self, of: RawDimensions) {
        self.int("to_bow", of.to_bow);
        self.int("to_stern", of.to_stern);
        self.int("to_port", of.to_port);
        self.int("to_starboard", of.to_starboard);
    }

    pub fn comm_state(&mut self, state: Option<CommState>) {
        let Some(state) = state else { return self.0.null("comm_state") };
        self.0.object("comm_state");
        match state {
            CommState::Sotdma { sync_state, slot_timeout, submessage } => {
                self.0.text("kind", "sotdma");
                self.0.int("sync_state", sync_state.into());
                self.0.int("slot_timeout", slot_timeout.into());
                match submessage {
                    Submessage::SlotOffset(offset) => self.0.int("slot_offset", offset.into()),
                    Submessage::UtcTime { hour, minute } => {
                        self.0.int("utc_hour", hour.into());
                        self.0.int("utc_minute", minute.into());
                    }
                    Submessage::SlotNumber(number) => self.0.int("slot_number", number.into()),
                    Submessage::ReceivedStations(count) => self.0.int("received_stations", count.into()),
                }
            }
            CommState::Itdma { sync_state, slot_increment, slot_count, keep } => {
                self.0.text("kind", "itdma");
                self.0.int("sync_state", sync_state.into());
                self.0.int("slot_increment", slot_increment.into());
                self.0.int("slot_count", slot_count.into());
                self.0.flag("keep", keep);
            }
        }
        self.0.close();
    }
}
