//! Simulated traffic with ground truth, in wire formats: Ningbo-Zhoushan as a scene of vessels that sail, turn,
//! fish, swing at anchor and report by AIS; and a kit that damages lines.
//!
//! Pure: no clock, no thread, no input or output. The caller asks for everything up to an instant, and the same seed
//! gives the same bytes.
//!
//! - [`Scene`] holds the vessels and runs them;
//! - [`Vessel`] is the truth about one of them;
//! - [`Shore`] is who hears it: base stations, each with its own luck and delay;
//! - [`radar::Radar`] sees them, in its own way, and tells what it sees;
//! - [`Terminal`] is what it says besides AIS: BeiDou, JT/T 808, its satellite receiver;
//! - [`Centre`] is another centre that tracks them, and tells by IVEF;
//! - [`camera::Camera`] turns to where it is told, and shows what is there;
//! - [`faults::Mutator`] makes bad lines of good ones.
//!
//! **Invariant**: nobody ever jumps, and nobody reports more often than ITU-R M.1371 has it. What a vessel sends is
//! its truth plus its receiver's error, encoded by `decoders`.

pub mod camera;
mod centre;
mod date;
pub mod faults;
mod marks;
mod motion;
mod names;
mod plane;
pub mod radar;
mod random;
mod route;
mod scene;
mod shore;
mod station;
mod terminal;
mod traffic;
mod trouble;
mod vessel;
mod waters;

pub use centre::Centre;
pub use random::Random;
pub use scene::{Receiver, Scene, Sent};
pub use shore::Shore;
pub use terminal::{Generation, Terminal};
pub use trouble::BRIDGE;
pub use vessel::{Class, Kind, Vessel};
