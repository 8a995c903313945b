//! ASTERIX (EUROCONTROL SUR.ET1.ST05.2000-STD): radar reports, tracks, service messages and video, both ways.
//!
//! [`Reader`] finds blocks in a datagram or a stream ([`File`] in a file of any kind) and hands out each [`Record`] with its items measured, not
//! copied. What a record says is read in two ways: [`Record::tell`] tells every item under the standard's names, for
//! any category with a table; [`cat010`], [`cat034`], [`cat048`], [`cat062`], [`cat065`] and [`cat240`] give what a
//! tracker needs as structs, in SI units, and write them again. [`Block`] writes records, from either.
//!
//! ```
//! use decoders::asterix::{Editions, Item, Reader, cat010};
//!
//! // A type 1 report of CAT010 with a polar position.
//! let datagram = [0x0a, 0, 15, 0b1111_0100, 0, 7, 1, 0x60, 0, 0x32, 0, 0x03, 0xe8, 0x40, 0];
//! let mut reader = Reader::new(Editions::default());
//! reader.read(&datagram, true, |item| match item {
//!     Item::Record(record) if record.category.number == 10 => {
//!         let report = cat010::Report::read(&record);
//!         println!("{:?} {:?}", report.source, report.polar);
//!     }
//!     Item::Record(_) => {}
//!     Item::Reject { reason, bytes } => println!("{reason}: {} octets", bytes.len()),
//! });
//! assert_eq!(reader.counters().records, 1);
//! ```
//!
//! **Invariant**: nothing is allocated per record; a record that is handed out holds every item wholly; octets
//! that are no record are counted, and cost no others.

pub mod cat010;
pub mod cat034;
pub mod cat048;
pub mod cat062;
pub mod cat065;
pub mod cat240;
mod counters;
mod editions;
mod encode;
mod file;
mod reader;
mod record;
mod table;
mod tables;
mod tell;
#[cfg(test)]
mod tests;
mod time;
mod value;

pub use counters::{Counters, Reject};
pub use editions::Editions;
pub use encode::{Block, EncodeError};
pub use file::{File, Stamp};
pub use reader::{Item, Reader};
pub use record::Record;
pub use table::Category;
pub use time::{instant, time_of_day};
pub use value::{Course, DataSource, Polar};
