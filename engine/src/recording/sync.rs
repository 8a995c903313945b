//! What is written is made to last on a thread of its own: a disk that takes its time holds up nobody.

use crate::clock::Mono;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

/// One file at a time, and what became of it.
#[derive(Debug)]
pub struct Syncer {
    ask: Option<SyncSender<(Arc<File>, u64)>>,
    done: Receiver<Done>,
    busy: Option<Mono>,
    thread: Option<JoinHandle<()>>,
}

/// What became of a request.
#[derive(Debug)]
pub struct Done {
    /// Which.
    pub number: u64,
    /// What the disk said.
    pub result: io::Result<()>,
}

impl Syncer {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the system gives none.
    pub fn start() -> io::Result<Self> {
        let (ask, asked) = sync_channel::<(Arc<File>, u64)>(1);
        let (tell, done) = sync_channel(2);
        let thread = std::thread::Builder::new().name("sync".to_owned()).spawn(move || {
            while let Ok((file, number)) = asked.recv() {
                let result = file.sync_data();
                if tell.send(Done { number, result }).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { ask: Some(ask), done, busy: None, thread: Some(thread) })
    }

    /// Since when it has been at one request.
    pub const fn busy(&self) -> Option<Mono> {
        self.busy
    }

    /// Asks for one more; false while it is at another.
    pub fn ask(&mut self, file: Arc<File>, number: u64) -> bool {
        let free = self.busy.is_none();
        if free && let Some(ask) = &self.ask {
            self.busy = ask.try_send((file, number)).is_ok().then(Mono::now);
        }
        free
    }

    /// Waits for what became of the last request; `None` where there is none.
    pub fn wait(&mut self) -> Option<Done> {
        self.busy?;
        let done = self.done.recv().ok();
        self.busy = None;
        done
    }

    /// What became of the last request, once.
    pub fn done(&mut self) -> Option<Done> {
        match self.done.try_recv() {
            Ok(done) => {
                self.busy = None;
                Some(done)
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
