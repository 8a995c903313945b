//! A stream that is read once and has an end, at the time at which it is read.

use super::READ_BYTES;
use super::intake::{Intake, Maker};
use crate::clock::{Mono, now_utc};
use crate::queue::{Batch, Sender};
use bytes::{Buf, BytesMut};
use std::rc::Rc;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::sync::CancellationToken;

/// Reads to the end, or until `stop`.
pub async fn run(
    mut stream: impl AsyncRead + Unpin,
    maker: Rc<Maker>,
    core: Sender,
    stop: CancellationToken,
) {
    let mut intake = Intake::new(&maker);
    let mut buffer = BytesMut::with_capacity(READ_BYTES);
    loop {
        buffer.reserve(READ_BYTES / 2);
        let Some(read) = stop.run_until_cancelled(stream.read_buf(&mut buffer)).await else { break };
        let bytes = read.unwrap_or_else(|error| {
            tracing::error!(source = maker.name, %error, "read failed");
            0
        });
        maker.metrics.bytes.increment(bytes as u64);
        let arrival = now_utc();
        intake.record(arrival, buffer.get(buffer.len() - bytes..).unwrap_or_default());
        let (read, mut events, end) = (Mono::now(), core.buffer(), bytes == 0);
        let used = intake.take(&buffer, end, arrival, &mut events);
        buffer.advance(used);
        if !events.is_empty() {
            core.send(Batch { events, read }).await;
        }
        if end {
            break;
        }
    }
    intake.end();
}
