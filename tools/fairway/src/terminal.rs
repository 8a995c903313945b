//! What every long-running command does with its terminal.

use std::io::{self, IsTerminal};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Logs to standard error; `FAIRWAY_LOG` says how much (`warn`, `info`, `debug`, or per module).
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("FAIRWAY_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .init();
}

/// An instant as people write it, to the millisecond.
pub fn utc(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us - us.rem_euclid(1000))
        .map_or_else(|_| format!("{us} us"), |at| format!("{at:.3}"))
}

/// Returns at SIGINT or SIGTERM.
pub async fn asked_to_stop() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
