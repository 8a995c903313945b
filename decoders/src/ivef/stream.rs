//! A peer's bytes to messages.

use super::counters::{Counters, Reject};
use super::document::{Document, Rules};
use super::frame::{Cut, Framer};
use super::pack::Unpacker;

/// How far a root is looked for.
const LOOK_BYTES: usize = 4096;

/// Whether the first bytes of a stream look like IVEF, packed or not: a root, maybe behind a prolog.
#[must_use]
pub fn looks_like(bytes: &[u8]) -> bool {
    let (mut unpacker, mut plain, mut rest) = (Unpacker::default(), Vec::new(), bytes);
    while let Ok(used) = unpacker.take(rest, &mut plain) {
        rest = rest.get(used..).unwrap_or_default();
        if used == 0 || plain.len() > LOOK_BYTES {
            break;
        }
    }
    let head = plain.get(..LOOK_BYTES).unwrap_or(&plain);
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let root = memchr::memmem::find_iter(text, b"MSG_")
        .any(|at| at > 0 && matches!(text.get(at - 1), Some(b'<' | b':')));
    text.starts_with(b"<") && root
}

/// What was found.
#[derive(Debug)]
pub enum Item<'a> {
    /// A message.
    Message(&'a Document),
    /// Something that was refused.
    Reject {
        /// Why.
        reason: Reject,
        /// What, or the head of it.
        text: &'a [u8],
    },
}

/// Reads one peer. Where its bytes are cut makes no difference to what comes out.
#[derive(Debug, Default)]
pub struct Stream {
    rules: Rules,
    unpacker: Unpacker,
    framer: Framer,
    /// Packed bytes that wait for more.
    waiting: Vec<u8>,
    plain: Vec<u8>,
    document: Document,
    counters: Counters,
}

impl Stream {
    /// Reads by these rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// What became of everything so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether what was packed broke: nothing more can be read of this peer.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.unpacker.is_broken()
    }

    /// Takes what was read next, and hands out what that completes.
    pub fn take(&mut self, bytes: &[u8], mut found: impl FnMut(Item<'_>)) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.extend_from_slice(bytes);
        let mut rest = waiting.as_slice();
        loop {
            let before = self.plain.len();
            match self.unpacker.take(rest, &mut self.plain) {
                Ok(used) => {
                    rest = rest.get(used..).unwrap_or_default();
                    let grew = self.plain.len() > before;
                    if grew {
                        self.cut(false, &mut found);
                    }
                    if used == 0 && !grew {
                        break;
                    }
                }
                Err(reason) => {
                    self.cut(true, &mut found);
                    self.refuse(reason, &[], &mut found);
                    rest = &[];
                    break;
                }
            }
        }
        let done = waiting.len() - rest.len();
        waiting.drain(..done);
        self.waiting = waiting;
    }

    /// The peer has gone: what is half there is refused.
    pub fn end(&mut self, mut found: impl FnMut(Item<'_>)) {
        let (cut_off, waiting) = (self.unpacker.is_inside(), std::mem::take(&mut self.waiting));
        let before = self.counters.candidates;
        if !self.unpacker.is_broken() && !cut_off {
            self.plain.extend_from_slice(&waiting);
        }
        self.cut(true, &mut found);
        if cut_off && self.counters.candidates == before {
            self.refuse(Reject::Unfinished, &[], &mut found);
        }
    }

    fn cut(&mut self, end: bool, found: &mut impl FnMut(Item<'_>)) {
        let Self { rules, framer, plain, document, counters, .. } = self;
        let mut used = 0;
        loop {
            let (bytes, cut) = framer.next(plain.get(used..).unwrap_or_default(), end);
            used += bytes;
            let Some(cut) = cut else { break };
            counters.candidates += 1;
            let (refused, text) = match cut {
                Cut::Whole(text) => (document.decode(text, *rules).err(), text),
                Cut::Garbage(text) if memchr::memmem::find(text, b"<!DOCTYPE").is_some() => {
                    (Some(Reject::Doctype), text)
                }
                Cut::Garbage(text) => (Some(Reject::NoStart), text),
                Cut::Unfinished(text) => (Some(Reject::Unfinished), text),
                Cut::TooLong(text) => (Some(Reject::TooLong), text),
            };
            if let Some(reason) = refused {
                count(&mut counters.rejects, reason);
                found(Item::Reject { reason, text });
                continue;
            }
            counters.messages += 1;
            counters.objects += document.objects().count() as u64;
            for (sum, count) in counters.objects_refused.iter_mut().zip(document.refused()) {
                *sum += u64::from(*count);
            }
            for (sum, count) in counters.oddities.iter_mut().zip(document.oddities()) {
                *sum += u64::from(*count);
            }
            found(Item::Message(document));
        }
        plain.drain(..used);
    }

    fn refuse(&mut self, reason: Reject, text: &[u8], found: &mut impl FnMut(Item<'_>)) {
        self.counters.candidates += 1;
        count(&mut self.counters.rejects, reason);
        found(Item::Reject { reason, text });
    }
}

fn count(rejects: &mut [u64; Reject::COUNT], reason: Reject) {
    if let Some(count) = rejects.get_mut(reason.index()) {
        *count += 1;
    }
}
