//! JT/T 808, the terminal protocol of Chinese vehicles and vessels, in its editions of 2011, 2013 and 2019.
//!
//! [`Reader`] cuts frames out of a stream and checks them, [`Message`] knows what the bodies mean, [`Assembly`] joins
//! sub-packages. All of it goes both ways: what is decoded is written back byte for byte.

mod assembly;
mod fields;
mod frame;
mod location;
mod message;
mod value;

pub use assembly::{Added, Assembly, Resend};
pub use frame::{Frame, Item, MAX_BODY, MAX_FRAME, Part, Reader, Reject, encode_message};
pub use location::{Extra, Extras, Location};
pub use message::{Authenticate, Batch, Message, Register, Reply, outcome};
pub use value::{Phone, Stamp};
