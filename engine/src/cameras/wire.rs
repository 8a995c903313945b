//! The line to a Pelco-D camera: a converter by TCP, or a serial device of this machine.

use super::Fault;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{self, ControlModes, OptionalActions, QueueSelector};
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;

/// An open line.
#[derive(Debug)]
pub enum Wire {
    Tcp(TcpStream),
    Serial(AsyncFd<OwnedFd>),
}

const CONNECT: Duration = Duration::from_secs(3);

impl Wire {
    /// Opens `host:port`, or the device whose path begins with `/`.
    pub async fn open(address: &str, baud: u32) -> Result<Self, Fault> {
        if address.starts_with('/') {
            let device = serial(address, baud)?;
            #[expect(
                deprecated,
                reason = "what took its place is unsafe, for types that do not own what they watch; this one does"
            )]
            let device =
                AsyncFd::new(device).map_err(|error| Fault::Unreachable(error.kind().to_string()))?;
            return Ok(Self::Serial(device));
        }
        let stream = tokio::time::timeout(CONNECT, TcpStream::connect(address))
            .await
            .map_err(|_| Fault::Late)?
            .map_err(|error| Fault::Unreachable(error.kind().to_string()))?;
        let _ = stream.set_nodelay(true);
        Ok(Self::Tcp(stream))
    }

    pub async fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes).await,
            Self::Serial(device) => {
                while !bytes.is_empty() {
                    let write = |fd: &OwnedFd| Ok(rustix::io::write(fd, bytes)?);
                    let written = device.async_io(Interest::WRITABLE, write).await?;
                    bytes = bytes.get(written..).unwrap_or_default();
                }
                Ok(())
            }
        }
    }

    /// How many bytes came; 0: no more will.
    pub async fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(bytes).await,
            Self::Serial(device) => {
                let read = |fd: &OwnedFd| Ok(rustix::io::read(fd, &mut *bytes)?);
                device.async_io(Interest::READABLE, read).await
            }
        }
    }
}

/// A serial line at so many baud, eight bits, no parity, one stop bit, and bytes as they are.
fn serial(path: &str, baud: u32) -> Result<OwnedFd, Fault> {
    let cannot = |errno: Errno| Fault::Unreachable(io::Error::from(errno).kind().to_string());
    // Neither do we wait for a carrier, nor may the line stop us.
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let device = rustix::fs::open(path, flags, Mode::empty()).map_err(cannot)?;
    let no_line = |_| Fault::Unreachable("no serial line".to_owned());
    let mut modes = termios::tcgetattr(&device).map_err(no_line)?;
    modes.make_raw();
    modes.control_modes -= ControlModes::CSTOPB | ControlModes::CRTSCTS;
    modes.control_modes |= ControlModes::CREAD | ControlModes::CLOCAL;
    modes.set_speed(baud).map_err(cannot)?;
    termios::tcsetattr(&device, OptionalActions::Now, &modes).map_err(cannot)?;
    // What stood in it was for somebody else.
    termios::tcflush(&device, QueueSelector::IOFlush).map_err(cannot)?;
    Ok(device)
}
