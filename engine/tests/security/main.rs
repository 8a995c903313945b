//! Who may listen, who may act, and what nobody can do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod limits;
mod people;
mod pki;
#[path = "../support/mod.rs"]
mod support;
mod tls;
