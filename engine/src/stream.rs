//! A connection, plain or under TLS, as those use it who write only what the peer takes: nothing waits in here but
//! what one write became.

use crate::tls::Tls;
use rustls::ServerConnection;
use sha2::{Digest, Sha256};
use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// One end of it.
#[derive(Debug)]
pub struct Stream {
    tcp: Arc<TcpStream>,
    tls: Option<Secured>,
    /// Read already, and to be read again.
    early: Vec<u8>,
}

#[derive(Debug)]
struct Secured {
    session: Box<ServerConnection>,
    /// Bytes that have come and were not read.
    waiting: usize,
}

/// A connection on its way to another thread.
#[derive(Debug)]
pub struct Parked {
    tcp: std::net::TcpStream,
    tls: Option<Secured>,
    early: Vec<u8>,
}

/// A socket that is ready, or says that it would block.
struct Ready<'a>(&'a TcpStream);

impl Read for Ready<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(into)
    }
}

impl Write for Ready<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Secured {
    /// Writes what waits to be written.
    fn flush(&mut self, tcp: &TcpStream) -> io::Result<()> {
        while self.session.wants_write() {
            self.session.write_tls(&mut Ready(tcp))?;
        }
        Ok(())
    }

    /// Takes what has come: 0 at its end.
    fn fill(&mut self, tcp: &TcpStream) -> io::Result<usize> {
        let read = self.session.read_tls(&mut Ready(tcp))?;
        match self.session.process_new_packets() {
            Ok(state) => {
                self.waiting = state.plaintext_bytes_to_read();
                Ok(read)
            }
            Err(error) => {
                // The alert that says why, as far as it goes.
                let _gone_already = self.session.write_tls(&mut Ready(tcp));
                Err(io::Error::new(ErrorKind::InvalidData, error))
            }
        }
    }

    fn try_read(&mut self, tcp: &TcpStream, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(into) {
                Ok(read) => {
                    self.waiting = self.waiting.saturating_sub(read);
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // It closed its socket and did not say so first.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
                Err(error) => return Err(error),
            }
            self.fill(tcp)?;
        }
    }

    fn try_write(&mut self, tcp: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
        self.flush(tcp)?;
        let written = self.session.writer().write(bytes)?;
        match self.flush(tcp) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(written),
        }
    }
}

impl Stream {
    /// Without TLS.
    pub fn plain(tcp: TcpStream) -> Self {
        Self { tcp: Arc::new(tcp), tls: None, early: Vec::new() }
    }

    /// Shakes hands where that is asked for. How long that may take, the caller says.
    pub async fn open(tcp: TcpStream, tls: Option<&Tls>) -> io::Result<Self> {
        let Some(tls) = tls else { return Ok(Self::plain(tcp)) };
        let mut secured = Secured { session: Box::new(tls.session()?), waiting: 0 };
        loop {
            match secured.flush(&tcp) {
                Ok(()) if !secured.session.is_handshaking() => break,
                Ok(()) => {
                    tcp.readable().await?;
                    match secured.fill(&tcp) {
                        Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                        Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                        _ => {}
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => tcp.writable().await?,
                Err(error) => return Err(error),
            }
        }
        Ok(Self { tcp: Arc::new(tcp), tls: Some(secured), early: Vec::new() })
    }

    /// The socket below.
    pub const fn tcp(&self) -> &Arc<TcpStream> {
        &self.tcp
    }

    /// SHA-256 of the certificate that the peer has shown, where it has.
    pub fn certificate(&self) -> Option<[u8; 32]> {
        let shown = self.tls.as_ref()?.session.peer_certificates()?.first()?;
        Some(Sha256::digest(shown).into())
    }

    /// Whether there is something to read that has left the socket already.
    pub fn has_come(&self) -> bool {
        !self.early.is_empty() || self.tls.as_ref().is_some_and(|tls| tls.waiting > 0)
    }

    /// Reads what is there.
    pub fn try_read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.early.is_empty() {
            let length = self.early.len().min(into.len());
            for (place, byte) in into.iter_mut().zip(self.early.drain(..length)) {
                *place = byte;
            }
            return Ok(length);
        }
        match &mut self.tls {
            Some(tls) => tls.try_read(&self.tcp, into),
            None => self.tcp.try_read(into),
        }
    }

    /// Reads, and leaves it to be read again: the beginning so far, and whether that was its end.
    pub async fn look(&mut self) -> io::Result<(&[u8], bool)> {
        let mut bytes = [0; 512];
        loop {
            match &self.tls {
                Some(tls) if tls.waiting > 0 => {}
                _ => self.tcp.readable().await?,
            }
            let read = match &mut self.tls {
                Some(tls) => tls.try_read(&self.tcp, &mut bytes),
                None => self.tcp.try_read(&mut bytes),
            };
            match read {
                Ok(read) => {
                    self.early.extend_from_slice(bytes.get(..read).unwrap_or_default());
                    return Ok((&self.early, read == 0));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes as much as the peer takes now, and up to one record more under TLS.
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => tls.try_write(&self.tcp, bytes),
            None => self.tcp.try_write(bytes),
        }
    }

    /// Whether something that was written is still here.
    pub fn is_behind(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.session.wants_write())
    }

    /// Writes that.
    pub fn try_flush(&mut self) -> io::Result<()> {
        self.tls.as_mut().map_or(Ok(()), |tls| tls.flush(&self.tcp))
    }

    /// Says that nothing more follows.
    pub fn finish(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            tls.session.send_close_notify();
            let _as_far_as_it_goes = tls.flush(&self.tcp);
        }
        socket2::SockRef::from(&*self.tcp).shutdown(std::net::Shutdown::Write)
    }

    /// For another thread.
    pub fn park(self) -> io::Result<Parked> {
        let tcp = Arc::try_unwrap(self.tcp).map_err(|_| io::Error::from(ErrorKind::ResourceBusy))?;
        Ok(Parked { tcp: tcp.into_std()?, tls: self.tls, early: self.early })
    }
}

impl Parked {
    /// Of which nothing was read.
    pub const fn plain(tcp: std::net::TcpStream) -> Self {
        Self { tcp, tls: None, early: Vec::new() }
    }

    /// On the thread that goes on with it.
    pub async fn resume(self) -> io::Result<Stream> {
        let tcp = TcpStream::from_std(self.tcp)?;
        // Until its new thread has looked, it takes nothing.
        tcp.writable().await?;
        Ok(Stream { tcp: Arc::new(tcp), tls: self.tls, early: self.early })
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            match self.try_read(into.initialize_unfilled()) {
                Ok(read) => {
                    into.advance(read);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    ready!(self.tcp.poll_read_ready(context))?;
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            match self.try_write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    ready!(self.tcp.poll_write_ready(context))?;
                }
                done => return Poll::Ready(done),
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.try_flush() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    ready!(self.tcp.poll_write_ready(context))?;
                }
                done => return Poll::Ready(done),
            }
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(tls) = &mut self.tls {
            tls.session.send_close_notify();
        }
        ready!(self.as_mut().poll_flush(context))?;
        Poll::Ready(socket2::SockRef::from(&*self.tcp).shutdown(std::net::Shutdown::Write))
    }
}
