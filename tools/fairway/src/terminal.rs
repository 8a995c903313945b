//! What every long-running command does with its terminal.

use std::io::{self, IsTerminal};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;
use units::UtcTime;

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

/// The inverse of [`utc`].
pub fn instant(text: &str) -> Result<UtcTime, String> {
    let at: jiff::Timestamp = text.parse().map_err(|_| format!("`{text}`: write 2026-11-28T10:30:00Z"))?;
    Ok(UtcTime::from_unix_us(at.as_microsecond()))
}

/// SIGHUP, each time: the configuration is to be read again.
pub fn hangups() -> io::Result<Signal> {
    signal(SignalKind::hangup())
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

/// Whoever reads what we print may stop when it has enough, as `head` does: that is no fault, and nothing to say.
pub fn mind_closed_pipes() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // The way that the standard library's `println!` says so.
        let said = panic.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to stdout") && said.contains("Broken pipe") {
            std::process::exit(0);
        }
        usual(panic);
    }));
}
