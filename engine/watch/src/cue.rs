//! Which camera looks where.

pub mod geometry;
