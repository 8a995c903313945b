//! The tables of the categories, one file each, in the notation of [`super::table`].

pub mod cat010;
pub mod cat020;
pub mod cat021;
pub mod cat034;
pub mod cat048;
pub mod cat062;
pub mod cat063;
pub mod cat065;
pub mod cat240;
pub mod older;
