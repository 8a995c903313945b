//! Files, played in the order of their lines' own times: two files that overlap come out interleaved, and the
//! same files always come out the same.

use super::READ_BYTES;
use super::intake::{Intake, Maker};
use crate::clock::Mono;
use crate::queue::{Batch, Sender};
use bytes::{Buf, BytesMut};
use decoders::frame::Line;
use decoders::nmea::LineClock;
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::time::UNIX_EPOCH;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::sync::CancellationToken;
use units::UtcTime;

/// The core is given this many events at a time.
const BATCH_EVENTS: usize = 256;

/// One file.
pub struct Lane {
    stream: Box<dyn AsyncRead + Unpin>,
    intake: Intake,
    clock: LineClock,
    buffer: BytesMut,
    /// Lines of `buffer` that are cut and not yet played.
    cut: VecDeque<Cut>,
    /// How much of `buffer` is behind the lines that are cut.
    used: usize,
    ended: bool,
}

struct Cut {
    time: UtcTime,
    range: Range<usize>,
    too_long: bool,
}

impl Lane {
    /// A file whose clock starts when it was last written, should it hold no times at all.
    pub fn file(file: std::fs::File, maker: &Rc<Maker>) -> Self {
        let written = file
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .map_or(0, |since| since.as_secs() as i64);
        Self::new(Box::new(tokio::fs::File::from_std(file)), maker, UtcTime::from_unix_s(written))
    }

    /// Standard input, likewise, from now on.
    pub fn stdin(maker: &Rc<Maker>) -> Self {
        Self::new(Box::new(tokio::io::stdin()), maker, crate::clock::now_utc())
    }

    fn new(stream: Box<dyn AsyncRead + Unpin>, maker: &Rc<Maker>, start: UtcTime) -> Self {
        Self {
            stream,
            intake: Intake::new(maker),
            clock: LineClock::new(start),
            buffer: BytesMut::with_capacity(READ_BYTES),
            cut: VecDeque::new(),
            used: 0,
            ended: false,
        }
    }

    /// Reads on until a line is cut or the file has ended.
    async fn fill(&mut self) {
        while self.cut.is_empty() && !self.ended {
            self.intake.publish();
            self.buffer.advance(std::mem::take(&mut self.used));
            self.buffer.reserve(READ_BYTES / 2);
            let read = self.stream.read_buf(&mut self.buffer).await.unwrap_or_else(|error| {
                tracing::error!(%error, "read failed: the file ends here");
                0
            });
            self.intake.metrics().bytes.increment(read as u64);
            self.ended = read == 0;
            let Self { intake, clock, buffer, cut, ended, .. } = self;
            let start = buffer.as_ptr().addr();
            self.used = intake.cut(buffer, *ended, |line| {
                let (text, too_long) = match line {
                    Line::Whole(text) => (text, false),
                    Line::TooLong(text) => (text, true),
                };
                let from = text.as_ptr().addr() - start;
                cut.push_back(Cut { time: clock.line(text), range: from..from + text.len(), too_long });
            });
        }
    }
}

/// Plays all lanes to their ends, or until `stop`.
pub async fn run(mut lanes: Vec<Lane>, core: Sender, stop: CancellationToken) {
    let mut events = core.buffer();
    while !stop.is_cancelled() {
        for lane in &mut lanes {
            lane.fill().await;
        }
        // The earliest line next; among equals, in the order of the configuration.
        let next = lanes
            .iter_mut()
            .filter(|lane| !lane.cut.is_empty())
            .min_by_key(|lane| lane.cut.front().map(|cut| cut.time));
        let Some(Lane { intake, buffer, cut, .. }) = next else { break };
        let Some(Cut { time, range, too_long }) = cut.pop_front() else { break };
        // What ended the line is beyond it, unless the file ends there.
        let through = buffer.get(range.start..).map_or(0, |rest| {
            let behind = rest.get(range.len()..).unwrap_or_default();
            range.len() + behind.iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
        });
        intake.record(time, buffer.get(range.start..range.start + through).unwrap_or_default());
        let text = buffer.get(range).unwrap_or_default();
        let line = if too_long { Line::TooLong(text) } else { Line::Whole(text) };
        intake.line(line, time, &mut events);
        if events.len() >= BATCH_EVENTS {
            core.send(Batch { events, read: Mono::now() }).await;
            events = core.buffer();
            tokio::task::consume_budget().await;
        }
    }
    for lane in &mut lanes {
        lane.intake.end();
    }
    core.send(Batch { events, read: Mono::now() }).await;
}
