//! One client's connection: it is greeted, and then takes what the hub has for it at its own pace.

use super::hub::{ClientId, Filled, Format, HEARTBEAT_MS, Hub, encode, line};
use super::proto::{self, server_message::Body};
use socket2::SockRef;
use std::cell::RefCell;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// What the kernel may hold for a client: much more, and a slow one sees the past.
const SEND_BUFFER: usize = 16 * 1024;
const NOT_SENT: u32 = 4 * 1024;
/// A client that takes nothing for this long is cut.
const NO_PROGRESS: Duration = Duration::from_secs(10);
/// Silence for this long after connecting is a hello too: a person with `nc` says nothing.
const HELLO_WAIT: Duration = Duration::from_secs(1);
/// A hello that has begun must be whole by then.
const HELLO_WHOLE: Duration = Duration::from_secs(5);
const HELLO_BYTES: usize = 64 * 1024;

type SharedHub = Rc<RefCell<Hub>>;

/// Takes clients for ever.
pub async fn accept(listener: TcpListener, format: Format, max_clients: usize, hub: SharedHub) {
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                if hub.borrow().clients_of(format) >= max_clients {
                    refuse(&stream, format, 503, "no room: too many clients");
                    tracing::warn!(%address, ?format, "refused: {max_clients} clients");
                    continue;
                }
                let hub = Rc::clone(&hub);
                tokio::task::spawn_local(async move {
                    tracing::info!(%address, ?format, "client connected");
                    let reason = serve(stream, format, &hub).await;
                    tracing::info!(%address, ?format, reason, "client gone");
                });
            }
            // Out of descriptors, or a client that left before we looked: neither ends the feed.
            Err(error) => {
                tracing::warn!(?format, %error, "cannot accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn refuse(stream: &TcpStream, format: Format, code: u32, text: &str) {
    if format == Format::Json {
        let mut out = Vec::new();
        line(1, &encode(Body::Error(proto::Error { code, text: text.to_owned() })), &mut out);
        // The socket is new and empty: it fits, or the client is gone already.
        let _gone_already = stream.try_write(&out);
    }
}

async fn serve(stream: TcpStream, format: Format, hub: &SharedHub) -> &'static str {
    let socket = SockRef::from(&stream);
    let tuned = socket
        .set_tcp_nodelay(true)
        .and_then(|()| socket.set_send_buffer_size(SEND_BUFFER))
        .and_then(|()| socket.set_tcp_notsent_lowat(NOT_SENT));
    if let Err(error) = tuned {
        tracing::warn!(%error, "a slow client will see older data than it should");
    }
    if format == Format::Json
        && let Err(reason) = hello(&stream).await
    {
        refuse(&stream, format, 400, reason);
        return reason;
    }
    let (id, notify) = hub.borrow_mut().join(format);
    let reason = pump(&stream, id, &notify, hub).await;
    hub.borrow_mut().leave(id);
    reason
}

/// Waits for a whole `{"hello":{...}}` line, or for a second of silence.
async fn hello(stream: &TcpStream) -> Result<(), &'static str> {
    let connected = Instant::now();
    let mut text = Vec::new();
    loop {
        let patience = if text.is_empty() { HELLO_WAIT } else { HELLO_WHOLE };
        match timeout_at(connected + patience, read(stream, &mut text)).await {
            // Whoever only closes its sending side still listens.
            Err(_) | Ok(Ok(0)) if text.is_empty() => return Ok(()),
            Err(_) => return Err("the hello took longer than 5 s"),
            Ok(Ok(0)) => return Err("the hello is cut short"),
            Ok(Ok(_)) => {}
            Ok(Err(_)) => return Err("connection lost"),
        }
        if text.first() != Some(&b'{') {
            return Err("a client begins with a line like {\"hello\":{}}");
        }
        if let Some(end) = memchr::memchr(b'\n', &text) {
            return match serde_json::from_slice(text.get(..end).unwrap_or_default()) {
                Ok(proto::ClientMessage { body: Some(_) }) => Ok(()),
                _ => Err("the hello is not understood"),
            };
        }
        if text.len() > HELLO_BYTES {
            return Err("the hello is longer than 64 KiB");
        }
    }
}

/// Reads what is there, or waits until something is.
async fn read(stream: &TcpStream, text: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut bytes = [0; 4096];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut bytes) {
            Ok(read) => {
                text.extend_from_slice(bytes.get(..read).unwrap_or_default());
                return Ok(read);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Writes as fast as the client takes it, and returns why it ended.
async fn pump(stream: &TcpStream, id: ClientId, notify: &Notify, hub: &SharedHub) -> &'static str {
    let (mut out, mut at, mut reads) = (Vec::new(), 0, Vec::new());
    let mut heartbeat = tokio::time::interval(Duration::from_millis(HEARTBEAT_MS.into()));
    let mut progress = Instant::now();
    let mut reading = true;
    let mut last = None;
    loop {
        if at == out.len() {
            hub.borrow_mut().written(&mut reads);
            out.clear();
            at = 0;
            if let Some(reason) = last {
                return reason;
            }
            if let Filled::Last(reason) = hub.borrow_mut().fill(id, &mut out, &mut reads) {
                last = Some(reason);
                if out.is_empty() {
                    return reason;
                }
            }
            progress = Instant::now();
        }
        if at < out.len() {
            match stream.try_write(out.get(at..).unwrap_or_default()) {
                Ok(written) => {
                    at += written;
                    progress = Instant::now();
                    tokio::task::consume_budget().await;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return "connection lost",
            }
        }
        let full = at < out.len();
        tokio::select! {
            _ = stream.writable(), if full => {}
            () = tokio::time::sleep_until(progress + NO_PROGRESS), if full => return "took nothing for 10 s",
            () = notify.notified(), if !full => {}
            _ = heartbeat.tick(), if !full => hub.borrow_mut().heartbeat(id),
            ready = stream.readable(), if reading => {
                // What a client says after its hello is not for this version; its end is not the end of ours.
                let mut ignored = [0; 4096];
                match ready.and_then(|()| stream.try_read(&mut ignored)) {
                    Ok(0) => reading = false,
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(_) => return "connection lost",
                }
            }
        }
    }
}
