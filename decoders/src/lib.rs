//! Bytes to messages: NMEA 0183, AIS, ASTERIX, IVEF, BeiDou RDSS and JT/T 808, decoded and
//! encoded, Cursor on Target; what cameras speak, and the sound of radios.
//!
//! Four layers, each usable alone: [`frame`] cuts lines out of a buffer, [`nmea`] finds sentences in a line and
//! joins the parts of a message, [`bits`] reads fields out of a payload, [`ais`] knows what the fields mean. [`arpa`]
//! reads the sentences of radars and bridge systems.
//!
//! **Invariant**: no input or output, no clock, no thread; time is an argument. Nothing in here can panic on what
//! a sender sends, and no state grows without bound.

pub mod ais;
pub mod arpa;
pub mod asterix;
pub mod auth;
pub mod bits;
pub mod calendar;
pub mod capture;
pub mod cot;
pub mod frame;
pub mod gb28181;
pub mod ivef;
pub mod jt808;
pub mod nmea;
mod octets;
pub mod pelco;
pub mod rdss;
pub mod rtp;
mod simd;
pub mod sip;
mod time_of_day;
pub mod voice;
pub mod xml;

pub use time_of_day::TimeOfDay;
