//! What the shape of the engine costs before anything is done: one thread reads, one owns the picture, one serves, and a
//! line is handed from each to the next as the engine hands it over. The difference between this and the echo is two
//! wakes of sleeping threads; the difference between this and the engine is work.

use super::Done;
use engine::clock::Mono;
use engine::queue::{self, Batch, Work};
use fusion::Event;
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use units::UtcTime;

/// Both sockets, and the threads between them.
pub struct Hops {
    pub way_in: SocketAddr,
    pub way_out: SocketAddr,
    threads: Vec<JoinHandle<()>>,
}

impl Hops {
    pub fn start() -> Done<Self> {
        let (way_in, way_out) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
        let (to, from) = (way_in.local_addr()?, way_out.local_addr()?);
        let (to_core, at_core) = queue::channel();
        let (to_feed, mut at_feed) = mpsc::channel::<usize>(1024);
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name.to_owned()).spawn(run)
        };
        let reader = spawn(
            "hop-in",
            Box::new(move || {
                // It ends when the other side does.
                let Ok((mut lines, _)) = way_in.accept() else { return };
                let mut bytes = vec![0; 64 * 1024];
                while let Ok(read @ 1..) = lines.read(&mut bytes) {
                    let many = bytes.iter().take(read).filter(|byte| **byte == b'\n').count();
                    let mut events = to_core.buffer();
                    events.extend(std::iter::repeat_n(Event::Tick(UtcTime::from_unix_s(0)), many));
                    if to_core.try_send(Batch { events, read: Mono::now() }).is_err() {
                        return;
                    }
                }
            }),
        )?;
        let core = spawn(
            "hop-core",
            Box::new(move || {
                while let Some(Work::Batch(batch)) = at_core.receive() {
                    if to_feed.blocking_send(batch.events.len()).is_err() {
                        return;
                    }
                    at_core.waiting().recycle(batch.events);
                }
            }),
        )?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let feed = spawn(
            "hop-out",
            Box::new(move || {
                runtime.block_on(async {
                    let Ok((out, _)) = way_out.accept() else { return };
                    let ready = out.set_nodelay(true).and_then(|()| out.set_nonblocking(true));
                    let Ok(mut out) = ready.and_then(|()| tokio::net::TcpStream::from_std(out)) else {
                        return;
                    };
                    let mut answers = Vec::new();
                    while let Some(many) = at_feed.recv().await {
                        answers.clear();
                        for _ in 0..many {
                            answers.extend_from_slice(&[b'.'; 199]);
                            answers.push(b'\n');
                        }
                        if out.write_all(&answers).await.is_err() {
                            return;
                        }
                    }
                });
            }),
        )?;
        Ok(Self { way_in: to, way_out: from, threads: vec![reader, core, feed] })
    }

    pub fn end(self) {
        for thread in self.threads {
            drop(thread.join());
        }
    }
}
