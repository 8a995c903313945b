//! How far long work has come, where somebody looks.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use units::UtcTime;

/// The bar moves no more often than this, of a thousand.
const STEPS: u64 = 1000;

/// A bar on standard error, or nothing where that is no terminal.
pub struct Bar {
    shown: Option<ProgressBar>,
    at: u64,
    /// From when until when it goes, microseconds.
    span: (i64, i64),
}

impl Bar {
    /// What is done, and over which time it goes.
    pub fn new(what: &'static str, span: Option<(UtcTime, UtcTime)>) -> Self {
        let shown = stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{msg} {wide_bar} {percent}% {eta}").ok();
            let bar = ProgressBar::new(STEPS).with_message(what);
            if let Some(style) = style { bar.with_style(style) } else { bar }
        });
        let span = span.map_or((0, 1), |(from, to)| (from.unix_us(), to.unix_us()));
        Self { shown, at: 0, span }
    }

    /// So far.
    pub fn at(&mut self, at: UtcTime) {
        let (from, to) = self.span;
        let done = at.unix_us().saturating_sub(from).max(0);
        self.part(done as u64, to.saturating_sub(from).max(1) as u64);
    }

    /// So much of so much.
    pub fn part(&mut self, done: u64, of: u64) {
        let at = (done as f64 / of.max(1) as f64 * STEPS as f64) as u64;
        if let Some(bar) = &self.shown
            && at != self.at
        {
            self.at = at;
            bar.set_position(at.min(STEPS));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}
