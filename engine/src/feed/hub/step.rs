//! Those who ask the same and have had the same are in step: what comes is encoded and looked up for all of them once,
//! and written by the hub to one after the other. Whoever cannot take it at once falls out, and goes on at its own pace
//! from exactly there; when it has had everything, it falls in again.

use super::reader::{Reader, SNAPSHOT_END};
use super::{ClientId, Hub};
use crate::clock::Mono;
use std::sync::Arc;
use std::time::Duration;

/// How much is encoded before the next look at who has taken it.
const CHUNK: usize = 16 * 1024;

/// What goes to all who are in step.
#[derive(Default)]
struct Chunk {
    messages: Vec<Arc<[u8]>>,
    /// When the bytes were read that caused the oldest and the newest of it.
    reads: Option<(Mono, Mono)>,
    withdrawn: u64,
    /// Of all messages, and what each is given besides.
    bytes: usize,
}

/// Before a message stand its number, and its length or the name of that number.
const HEAD: usize = 16;

impl Hub {
    /// Tells everybody what there is, or that there is something.
    pub fn settle(&mut self) {
        let now = Mono::now();
        for index in 0..self.readers.len() {
            let Some(reader) = self.readers.get_mut(index).and_then(Option::as_mut) else { continue };
            if reader.is_done() {
                continue;
            }
            let is_due = reader.patience(now).is_zero();
            if is_due && reader.in_step {
                self.advance(index);
                continue;
            }
            if reader.sleeps && !is_due {
                continue;
            }
            if reader.in_step {
                reader.sleeps = true;
                self.pace.notify_one();
            } else if let [id] = *reader.members
                && let Some(client) = self.client(id)
            {
                client.notify.notify_one();
            }
        }
        if std::mem::take(&mut self.has_news) {
            for client in self.clients.iter().flatten().filter(|client| !client.happenings.is_empty()) {
                client.notify.notify_one();
            }
        }
        self.forget();
        self.counted.slots.set(self.slots.len() as f64);
        let together =
            self.readers.iter().flatten().map(|reader| reader.members.len()).filter(|many| *many > 1);
        self.counted.in_step.set(together.sum::<usize>() as f64);
    }

    /// Writes what is due. When there will be more to do; `None`: not before somebody says so.
    pub fn keep_pace(&mut self) -> Option<Duration> {
        let now = Mono::now();
        let mut next: Option<Duration> = None;
        for index in 0..self.readers.len() {
            let waits = |hub: &Self| {
                let reader = hub.readers.get(index)?.as_ref()?;
                (reader.in_step && !reader.is_done()).then(|| reader.patience(now))
            };
            if waits(self).is_some_and(|patience| patience.is_zero()) {
                self.advance(index);
            }
            if let Some(patience) = waits(self) {
                next = Some(next.map_or(patience, |next| next.min(patience)));
            }
        }
        next
    }

    /// The next chunk, to all who are in step there.
    fn advance(&mut self, index: usize) {
        let Some(mut reader) = self.readers.get_mut(index).and_then(Option::take) else { return };
        reader.sleeps = false;
        // Who has not taken the last cannot have the next from here.
        let (ready, late): (Vec<_>, Vec<_>) =
            std::mem::take(&mut reader.members).into_iter().partition(|id| {
                let client = self.client(*id);
                client.is_some_and(|client| {
                    client.cut.is_none() && !client.parts && client.outlet.lock().is_clear()
                })
            });
        for id in late {
            self.fall_out(id, &reader);
        }
        if ready.is_empty() {
            return self.let_go(index, &reader);
        }
        reader.flushing = true;
        let chunk = self.chunk(&mut reader, ready.len());
        let now = Mono::now();
        reader.settle(now);
        for id in ready {
            if self.deliver(id, &chunk) {
                reader.members.push(id);
            } else {
                self.fall_out(id, &reader);
            }
        }
        if reader.is_done() {
            for id in std::mem::take(&mut reader.applicants) {
                self.let_in(id, index, &mut reader);
            }
        } else {
            self.pace.notify_one();
        }
        if reader.members.is_empty() {
            self.let_go(index, &reader);
        } else {
            self.put_reader(index, reader);
        }
    }

    /// The next that waits.
    fn chunk(&mut self, reader: &mut Reader, members: usize) -> Chunk {
        let mut chunk = Chunk::default();
        while chunk.bytes < CHUNK
            && let Some(waiting) = reader.next()
        {
            // Nobody is in step whose snapshot is not complete.
            if waiting.slot == SNAPSHOT_END {
                continue;
            }
            match self.message(reader, waiting.slot) {
                Some((message, read)) => {
                    chunk.bytes += message.len() + HEAD;
                    chunk.messages.push(message);
                    let (oldest, newest) = chunk.reads.unwrap_or((read, read));
                    chunk.reads = Some((oldest.min(read), newest.max(read)));
                }
                None => chunk.withdrawn += 1,
            }
            self.slots.had(waiting.slot);
        }
        let members = members as u64;
        self.counted.sent.increment(chunk.messages.len() as u64 * members);
        self.counted.withdrawn.increment(chunk.withdrawn * members);
        chunk
    }

    /// Writes a chunk, and what goes before it. Whether it has been taken whole.
    fn deliver(&mut self, id: ClientId, chunk: &Chunk) -> bool {
        let client = self.clients.get_mut(id.index).and_then(Option::as_mut);
        let Some(client) = client.filter(|client| client.serial == id.serial) else { return false };
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        out.reserve(chunk.bytes);
        let mut owed = std::mem::take(&mut client.owed);
        client.front(CHUNK, &mut out, &mut owed);
        for message in &chunk.messages {
            client.send_encoded(message, &mut out);
        }
        owed.extend(chunk.reads.into_iter().flat_map(|(oldest, newest)| [oldest, newest]));
        let said = client.outlet.lock().say(&out);
        self.scratch = out;
        let is_taken = said.is_ok() && client.outlet.lock().is_clear();
        let has_more = !(client.happenings.is_empty() && client.answers.is_empty());
        if is_taken {
            self.written(&mut owed);
        }
        if let Some(client) = self.client(id) {
            client.owed = owed;
            if !is_taken || has_more {
                // Its connection goes on with it, or finds that it is lost.
                client.notify.notify_one();
            }
        }
        is_taken
    }

    /// A client goes on by itself, from where those in step are.
    fn fall_out(&mut self, id: ClientId, reader: &Reader) {
        let own = reader.of_one(id);
        for slot in own.queue() {
            self.slots.wait(slot);
        }
        let index = self.add_reader(own);
        if let Some(client) = self.client(id) {
            client.reader = index;
            client.notify.notify_one();
        }
    }

    /// The same for one that will see something else.
    pub(super) fn alone(&mut self, id: ClientId) {
        let Some(index) = self.client(id).map(|client| client.reader) else { return };
        let Some(mut reader) = self.readers.get_mut(index).and_then(Option::take) else { return };
        if reader.in_step {
            reader.members.retain(|member| *member != id);
            self.fall_out(id, &reader);
            if reader.members.is_empty() {
                return self.let_go(index, &reader);
            }
        }
        self.put_reader(index, reader);
    }

    /// A client is about to be told the last: nothing is to be written after that.
    pub fn part(&mut self, id: ClientId) {
        self.alone(id);
        if let Some(client) = self.client(id) {
            client.parts = true;
        }
    }

    /// Everybody goes on alone.
    pub(super) fn disband(&mut self) {
        let all: Vec<_> = self.readers.iter().flatten().flat_map(|reader| reader.members.clone()).collect();
        for id in all {
            self.alone(id);
        }
    }

    /// Whether a client that has had everything may be in step with others.
    fn may_step(&mut self, id: ClientId) -> Option<(usize, Arc<[u8]>)> {
        if self.closing {
            return None;
        }
        let client = self.client(id)?;
        let is_calm = client.cut.is_none() && !client.parts && client.outlet.lock().is_calm();
        let index = client.reader;
        let reader = self.readers.get(index)?.as_ref()?;
        let is_alone = !reader.in_step && reader.snapshots == 0;
        Some((index, reader.key.clone().filter(|_| is_calm && is_alone)?))
    }

    /// A client that has had everything falls in with those who ask the same, or begins to be one of them.
    pub(super) fn fall_in(&mut self, id: ClientId) {
        let Some((index, key)) = self.may_step(id) else { return };
        let is_done = self.readers.get(index).and_then(Option::as_ref).is_some_and(Reader::is_done);
        if !is_done {
            return;
        }
        let Some(there) = self.steps.get(&key).copied() else {
            if let Some(reader) = self.readers.get_mut(index).and_then(Option::as_mut) {
                reader.in_step = true;
                self.steps.insert(key, index);
            }
            return;
        };
        let Some(mut others) = self.readers.get_mut(there).and_then(Option::take) else { return };
        if others.is_done() {
            self.merge(id, index, there, &mut others);
        } else if let Some(client) = self.client(id).filter(|client| !client.applies) {
            client.applies = true;
            others.applicants.push(id);
        }
        self.put_reader(there, others);
    }

    /// One that waited for those in step to have had everything: it is given what it lacks, and is one of them then.
    fn let_in(&mut self, id: ClientId, there: usize, others: &mut Reader) {
        let Some(client) = self.client(id) else { return };
        client.applies = false;
        let Some((index, key)) = self.may_step(id) else { return };
        if others.key.as_ref() != Some(&key) {
            return;
        }
        let Some(mut reader) = self.readers.get_mut(index).and_then(Option::take) else { return };
        let mut is_taken = true;
        if !reader.is_done() {
            reader.flushing = true;
            let chunk = self.chunk(&mut reader, 1);
            reader.settle(Mono::now());
            is_taken = self.deliver(id, &chunk);
        }
        let is_done = reader.is_done();
        self.put_reader(index, reader);
        if is_taken && is_done {
            self.merge(id, index, there, others);
        }
    }

    /// Both have had the same.
    fn merge(&mut self, id: ClientId, index: usize, there: usize, others: &mut Reader) {
        others.members.push(id);
        if let Some(client) = self.client(id) {
            client.reader = there;
        }
        if let Some(reader) = self.readers.get_mut(index).and_then(Option::take) {
            self.let_go(index, &reader);
        }
    }
}
