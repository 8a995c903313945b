//! Where one client's messages leave: its socket, and what did not fit into it yet. Its connection writes here, and the
//! hub for several at once.

use super::format::Format;
use super::websocket::WebSocket;
use crate::stream::Stream;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// One that could not take all at once is given what others get only when that is so long ago.
const CALM: Duration = Duration::from_secs(1);

/// A connection's, and the hub's. Nothing is waited for while it is held.
#[derive(Clone, Debug)]
pub struct SharedOutlet(Arc<Mutex<Outlet>>);

impl SharedOutlet {
    pub fn new(stream: Stream) -> Self {
        Self(Arc::new(Mutex::new(Outlet::new(stream))))
    }

    pub fn lock(&self) -> MutexGuard<'_, Outlet> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The socket, the form that is spoken, and what waits to be written.
#[derive(Debug)]
pub struct Outlet {
    pub stream: Stream,
    pub format: Format,
    pub websocket: Option<Box<WebSocket>>,
    out: Vec<u8>,
    at: usize,
    /// When the peer last took something, or had nothing to take.
    pub progress: Instant,
    blocked: Option<Instant>,
    /// Something went wrong with it: nothing that is written now would arrive whole.
    is_lost: bool,
}

/// With more room than that for what waits, it is given back once nothing does.
const KEPT: usize = 64 * 1024;

impl Outlet {
    fn new(stream: Stream) -> Self {
        let (out, progress) = (Vec::new(), Instant::now());
        let format = Format::Nmea;
        Self { stream, format, websocket: None, out, at: 0, progress, blocked: None, is_lost: false }
    }

    /// Whether all has left that was said.
    pub fn is_clear(&self) -> bool {
        self.at == self.out.len() && !self.stream.is_behind()
    }

    /// Memory of what waits.
    pub fn bytes(&self) -> usize {
        self.out.capacity()
    }

    /// Whether it has taken all at once for a while.
    pub fn is_calm(&self) -> bool {
        self.is_clear() && self.blocked.is_none_or(|at| at.elapsed() > CALM)
    }

    /// Says whole messages, of which as much leaves as the peer takes now. Whether there was anything to say.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn say(&mut self, messages: &[u8]) -> io::Result<bool> {
        if self.is_lost {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        let was_clear = self.is_clear();
        if was_clear {
            self.out.clear();
            self.out.shrink_to(KEPT);
            self.at = 0;
        }
        let before = self.out.len();
        if let Some(websocket) = &mut self.websocket {
            if !messages.is_empty() {
                websocket.wrap(self.format, messages.to_vec());
            }
            self.out.extend(websocket.outgoing());
        } else if was_clear && !messages.is_empty() {
            let written = self.write(messages)?;
            self.out.extend_from_slice(messages.get(written..).unwrap_or_default());
            // Under TLS what has been taken may be here all the same.
            if !self.is_clear() {
                self.progress = Instant::now();
                self.blocked = Some(self.progress);
            }
            return Ok(true);
        } else {
            self.out.extend_from_slice(messages);
        }
        let has_more = self.out.len() > before;
        if was_clear && has_more {
            self.progress = Instant::now();
            self.push()?;
        }
        Ok(has_more)
    }

    /// Writes what waits. Whether that was all.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn push(&mut self) -> io::Result<bool> {
        if self.is_lost {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        if self.stream.is_behind() {
            match self.stream.try_flush() {
                Ok(()) => self.progress = Instant::now(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.blocked = Some(Instant::now());
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        let out = std::mem::take(&mut self.out);
        let written = self.write(out.get(self.at..).unwrap_or_default());
        self.out = out;
        let written = written?;
        if written > 0 {
            self.progress = Instant::now();
        }
        self.at += written;
        Ok(self.is_clear())
    }

    /// As much as the peer takes.
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<usize> {
        let whole = bytes.len();
        while !bytes.is_empty() {
            match self.stream.try_write(bytes) {
                Ok(0) => {
                    self.is_lost = true;
                    return Err(ErrorKind::WriteZero.into());
                }
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.blocked = Some(Instant::now());
                    break;
                }
                Err(error) => {
                    self.is_lost = true;
                    return Err(error);
                }
            }
        }
        Ok(whole - bytes.len())
    }
}
