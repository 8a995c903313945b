//! Everything that touches the world: sockets, clock, disk, threads.

pub mod cameras;
pub mod clock;
pub mod config;
pub mod core;
pub mod feed;
pub mod gateways;
pub mod observe;
pub mod operator;
pub mod pipeline;
pub mod queue;
pub mod recording;
pub mod registry;
mod reload;
pub mod roll;
pub mod typhoon;
pub mod wall;

mod alerts;
mod changes;
mod health;
mod http;
mod ingest;
mod life;
mod lobby;
mod login;
mod metrics;
mod sentences;
mod stream;
pub mod tls;
mod watched;

pub use pipeline::{Display, Engine};
