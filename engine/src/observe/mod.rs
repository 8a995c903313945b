//! Messages become observations. Only here are both known: a sensor is one file in this folder.

pub mod ais;
pub mod arpa;
pub mod asterix;
pub mod cot;
pub mod ears;
pub mod gnss;
pub mod ivef;
pub mod jt808;
pub mod radar;
pub mod rdss;
mod series;
pub mod terminal;
