//! The hand-over from ingest to the core: one batch per read, never one per line.
//!
//! Operators' commands come the same way, through a door of their own.
//!
//! Whoever brings little to a core that rests does its work himself, where he has a [`Hand`] for it: to wake a thread
//! takes longer.
//!
//! Bounded. When it is full, a TCP source waits, and with it the peer that sends; a UDP source drops the batch
//! and counts it. The receiver parks; nothing spins.

use crate::clock::Mono;
use crate::operator::Asked;
use crate::reload::Settings;
use crossbeam::queue::ArrayQueue;
use crossbeam::sync::{Parker, Unparker};
use fusion::Event;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use tokio::sync::Notify;
use watch::Notice;

const CAPACITY: usize = 1024;
/// Commands that may wait; more are refused.
const COMMANDS: usize = 256;
/// Notices that may wait; more are dropped, and said again later.
const NOTICES: usize = 64;
/// No more events than that are little; where much comes, one read brings more.
const LITTLE: usize = 32;
/// A spare buffer that has grown larger than this is let go.
const SPARE_EVENTS: usize = 4096;

/// What one read brought.
#[derive(Debug)]
pub struct Batch {
    /// Events in the order in which they arrived.
    pub events: Vec<Event>,
    /// When the bytes were read.
    pub read: Mono,
}

/// What the core has to do next.
#[derive(Debug)]
pub enum Work {
    /// Apply these events.
    Batch(Batch),
    /// Do what an operator asks.
    Command(Box<Asked>),
    /// Take in what is nobody's track.
    Notice(Box<Notice>),
    /// Follow another configuration.
    Renewal(Box<Renewal>),
}

#[derive(Debug)]
struct Shared {
    batches: ArrayQueue<Batch>,
    commands: ArrayQueue<Box<Asked>>,
    notices: ArrayQueue<Box<Notice>>,
    renewals: ArrayQueue<Box<Renewal>>,
    spare: ArrayQueue<Vec<Event>>,
    space: Notify,
    senders: AtomicUsize,
}

/// Does what the core would do once it is awake.
pub trait Hand: std::fmt::Debug + Send + Sync {
    /// Whether it could, and nothing is left to do.
    fn take_up(&self) -> bool;
}

/// Ingest's end.
#[derive(Debug)]
pub struct Sender {
    shared: Arc<Shared>,
    core: Unparker,
    hand: Option<Arc<dyn Hand>>,
}

/// The operators' end. It does not keep the core alive.
#[derive(Clone, Debug)]
pub struct Asking {
    shared: Arc<Shared>,
    core: Unparker,
}

impl Asking {
    /// Hands a command over.
    ///
    /// # Errors
    /// The command itself, where too many wait.
    pub fn ask(&self, asked: Asked) -> Result<(), Box<Asked>> {
        self.shared.commands.push(Box::new(asked))?;
        self.core.unpark();
        Ok(())
    }

    /// Hands a notice over.
    ///
    /// # Errors
    /// The notice itself, where too many wait.
    pub fn tell(&self, notice: Notice) -> Result<(), Box<Notice>> {
        self.shared.notices.push(Box::new(notice))?;
        self.core.unpark();
        Ok(())
    }

    /// Hands another configuration over. Whether nobody else is at it.
    #[must_use]
    pub fn renew(&self, renewal: Renewal) -> bool {
        let is_taken = self.shared.renewals.push(Box::new(renewal)).is_ok();
        self.core.unpark();
        is_taken
    }
}

/// Another configuration, and where it is said what the core makes of it.
#[derive(Debug)]
pub struct Renewal {
    /// What the core follows from now on.
    pub settings: Settings,
    /// What it does not take.
    pub answer: SyncSender<Result<(), watch::ConfigError>>,
}

/// What waits, for whoever has the core in hand: nobody else may take anything out, or it would not come in order.
#[derive(Clone, Debug)]
pub struct Waiting(Arc<Shared>);

/// The core's end.
#[derive(Debug)]
pub struct Receiver {
    waiting: Waiting,
    parker: Parker,
}

/// Makes the hand-over.
#[must_use]
pub fn channel() -> (Sender, Receiver) {
    let parker = Parker::new();
    let shared = Arc::new(Shared {
        batches: ArrayQueue::new(CAPACITY),
        commands: ArrayQueue::new(COMMANDS),
        notices: ArrayQueue::new(NOTICES),
        renewals: ArrayQueue::new(1),
        spare: ArrayQueue::new(CAPACITY),
        space: Notify::new(),
        senders: AtomicUsize::new(1),
    });
    let sender = Sender { shared: Arc::clone(&shared), core: parker.unparker().clone(), hand: None };
    (sender, Receiver { waiting: Waiting(shared), parker })
}

impl Sender {
    /// With somebody who does the work at once where it is little, and can wake the core.
    #[must_use]
    pub fn with_hand(mut self, hand: impl FnOnce(Unparker) -> Arc<dyn Hand>) -> Self {
        self.hand = Some(hand(self.core.clone()));
        self
    }

    /// An empty buffer for the next batch, used before where there is one.
    #[must_use]
    pub fn buffer(&self) -> Vec<Event> {
        self.shared.spare.pop().unwrap_or_default()
    }

    /// The operators' end of the same queue.
    #[must_use]
    pub fn asking(&self) -> Asking {
        Asking { shared: Arc::clone(&self.shared), core: self.core.clone() }
    }

    /// Hands a batch over, waiting while the queue is full.
    pub async fn send(&self, mut batch: Batch) {
        loop {
            let space = self.shared.space.notified();
            match self.try_send(batch) {
                Ok(()) => return,
                Err(back) => batch = back,
            }
            space.await;
        }
    }

    /// Hands a batch over.
    ///
    /// # Errors
    /// The batch itself, where the queue is full.
    pub fn try_send(&self, batch: Batch) -> Result<(), Batch> {
        let is_little = batch.events.len() <= LITTLE;
        self.shared.batches.push(batch)?;
        if !(is_little && self.hand.as_ref().is_some_and(|hand| hand.take_up())) {
            self.core.unpark();
        }
        Ok(())
    }

    /// How many batches wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.shared.batches.len()
    }
}

impl Clone for Sender {
    fn clone(&self) -> Self {
        self.shared.senders.fetch_add(1, Ordering::Relaxed);
        Self { shared: Arc::clone(&self.shared), core: self.core.clone(), hand: self.hand.clone() }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        if self.shared.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.core.unpark();
        }
    }
}

impl Waiting {
    /// The next.
    #[must_use]
    pub fn next(&self) -> Option<Work> {
        let Self(shared) = self;
        // A command is one of few, and somebody waits for it.
        if let Some(asked) = shared.commands.pop() {
            return Some(Work::Command(asked));
        }
        if let Some(notice) = shared.notices.pop() {
            return Some(Work::Notice(notice));
        }
        if let Some(renewal) = shared.renewals.pop() {
            return Some(Work::Renewal(renewal));
        }
        let batch = shared.batches.pop()?;
        shared.space.notify_one();
        Some(Work::Batch(batch))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Shared { batches, commands, notices, renewals, .. } = &*self.0;
        batches.is_empty() && commands.is_empty() && notices.is_empty() && renewals.is_empty()
    }

    /// Gives a batch's buffer back to ingest.
    pub fn recycle(&self, mut events: Vec<Event>) {
        events.clear();
        if events.capacity() <= SPARE_EVENTS {
            // Where there are enough spare buffers already, this one is let go.
            drop(self.0.spare.push(events));
        }
    }
}

impl Receiver {
    /// The next batch or command; `None` when every sender is gone and all is taken.
    #[must_use]
    pub fn receive(&self) -> Option<Work> {
        loop {
            if !self.has_more() {
                return None;
            }
            if let Some(work) = self.waiting.next() {
                return Some(work);
            }
        }
    }

    /// Waits until there is something to do; not so when every sender is gone and all is taken.
    #[must_use]
    pub fn has_more(&self) -> bool {
        loop {
            // Read before the queue: a sender pushes first and goes afterwards.
            let senders = self.waiting.0.senders.load(Ordering::Acquire);
            if !self.waiting.is_empty() {
                return true;
            }
            if senders == 0 {
                return false;
            }
            self.parker.park();
        }
    }

    /// What waits already.
    #[must_use]
    pub const fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    /// Waits for the next, but no longer than that.
    pub fn rest(&self, longest: std::time::Duration) {
        self.parker.park_timeout(longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::UtcTime;

    #[test]
    fn everything_sent_is_received_in_order_and_the_end_is_seen() {
        const BATCHES: i64 = 20_000;
        let (sender, receiver) = channel();
        let consumer = std::thread::spawn(move || {
            let mut next = 0;
            while let Some(Work::Batch(batch)) = receiver.receive() {
                assert_eq!(batch.events, [Event::Tick(UtcTime::from_unix_s(next))]);
                next += 1;
                receiver.waiting().recycle(batch.events);
            }
            next
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for second in 0..BATCHES {
                let mut events = sender.buffer();
                assert!(events.is_empty());
                events.push(Event::Tick(UtcTime::from_unix_s(second)));
                sender.send(Batch { events, read: Mono::now() }).await;
            }
        });
        drop(sender);
        assert_eq!(consumer.join().unwrap(), BATCHES);
    }

    #[test]
    fn a_full_queue_gives_the_batch_back() {
        let (sender, receiver) = channel();
        let batch = || Batch { events: Vec::new(), read: Mono::now() };
        for _ in 0..CAPACITY {
            sender.try_send(batch()).unwrap();
        }
        assert!(sender.try_send(batch()).is_err());
        assert!(receiver.receive().is_some());
        assert!(sender.try_send(batch()).is_ok());
        assert_eq!(sender.depth(), CAPACITY);
    }
}
