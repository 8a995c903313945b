//! The files: each is begun, made to last, sealed, ended and linked to the chain; where the disk refuses, another.

use super::{Recorder, Setup};
use crate::clock::Mono;
use crate::recording::keep;
use crate::recording::keys;
use crate::recording::seal::Link;
use crate::recording::segment::{Out, Segment, Worth, file_name};
use crate::recording::sync::Done;
use crate::recording::terms::Mark;
use std::io;
use std::rc::Rc;

impl Recorder {
    /// Tells the chain of the segments that are complete.
    pub(super) fn link(&mut self) -> io::Result<()> {
        while let Some(closed) = self.unlinked.front().cloned() {
            let (recording, time_us) = (self.about.recording.clone(), self.now.unix_us());
            let key = self.keys.as_ref().map(|keys| &keys.key);
            self.chain.append(key, |previous| Link::Segment {
                recording,
                segment: closed.number,
                file: file_name(closed.number),
                length: closed.length,
                sha256: closed.sha256,
                chain: closed.chain,
                previous,
                time_us,
            })?;
            self.unlinked.pop_front();
        }
        Ok(())
    }

    pub(super) fn begin(&mut self, mono: Mono) -> io::Result<()> {
        self.link()?;
        let mut segment = Segment::create(&self.settings.folder, self.about.clone()).or_else(|error| {
            if error.kind() != io::ErrorKind::AlreadyExists {
                return Err(error);
            }
            // One of ours of which nothing was good, and that could not be removed then.
            std::fs::remove_file(self.settings.folder.join(file_name(self.about.number)))?;
            Segment::create(&self.settings.folder, self.about.clone())
        })?;
        let config = Out {
            topic: Rc::clone(&self.topics.config),
            at: self.now,
            data: self.config.clone(),
            worth: Worth::default(),
        };
        let result = segment.write(&config).and_then(|()| segment.flush());
        if let Err(error) = result {
            // Nothing is in it that anybody needs.
            drop(std::fs::remove_file(segment.path()));
            return Err(error);
        }
        self.segment = Some(segment);
        self.segment_began = mono;
        self.sealed = mono;
        self.condition.segments += 1;
        Ok(())
    }

    /// Tries to go on after the disk refused.
    pub(super) fn resume(&mut self, mono: Mono) {
        self.refused = Some(mono);
        match self.begin(mono) {
            Ok(()) => {
                self.condition.stopped = None;
                self.refused = None;
                tracing::warn!("the recording goes on");
                // What the core has said meanwhile may be missing.
                self.shared.want_keyframe();
                self.rewrite();
                self.consoles_stand();
                self.gaps();
                self.try_to(mono, Self::flush);
            }
            Err(error) => self.condition.stopped = Some(error.to_string()),
        }
    }

    /// Writes what is kept into the file that has just been begun.
    pub(super) fn rewrite(&mut self) {
        if let Some(segment) = &mut self.segment {
            for out in self.kept.iter().skip(self.written) {
                if let Err(error) = segment.write(out) {
                    tracing::error!(%error, "a record cannot be written");
                }
                self.written += 1;
            }
        }
    }

    pub(super) fn flush(&mut self, _: Mono) -> io::Result<()> {
        let Some(segment) = &mut self.segment else { return Ok(()) };
        let before = segment.length();
        segment.flush()?;
        self.condition.bytes += segment.length() - before;
        self.in_file = self.kept_from + self.written as u64;
        self.sync_due |= segment.length() > before;
        Ok(())
    }

    /// Has what is in the file made to last.
    pub(super) fn sync(&mut self) {
        let Some(segment) = &self.segment else { return };
        if !self.syncer.ask(segment.file(), self.syncs + 1) {
            return;
        }
        self.syncs += 1;
        self.sync_due = false;
        let Some(segment) = &self.segment else { return };
        self.asked = Some(Mark { number: self.syncs, outs: self.in_file, segment: segment.previous() });
    }

    pub(super) fn synced(&mut self, done: Done) {
        // What was asked of a file that is left already is of no interest.
        let Some(mark) = self.asked.take_if(|mark| mark.number == done.number) else { return };
        match done.result {
            Ok(()) => {
                self.lasts(mark.outs);
                self.synced = Some(mark);
            }
            Err(error) => self.refuse(Mono::now(), &error, false),
        }
    }

    pub(super) fn seal(&mut self, _: Mono) -> io::Result<()> {
        match (&mut self.segment, &self.keys) {
            (Some(segment), Some(keys)) => segment.seal(&keys.key, self.now),
            _ => Ok(()),
        }
    }

    /// Sees to it that the chain knows what seals from here on.
    pub(super) fn key(&mut self) -> io::Result<()> {
        let recording = &self.about.recording;
        self.condition.key = keys::settle(self.keys.as_mut(), &mut self.chain, recording, self.now)?;
        self.about.key = self.keys.as_ref().map(|keys| keys.key.public());
        Ok(())
    }

    /// Lets go of what the policy does not keep.
    pub(super) fn release(&mut self) {
        let key = self.keys.as_ref().map(|keys| &keys.key);
        let done = keep::release(
            &self.settings.folder,
            &self.settings.keep,
            &mut self.chain,
            key,
            &self.about.recording,
            self.now,
        );
        match done {
            Ok(released) => self.condition.released += released,
            Err(error) => tracing::error!(%error, "old segments cannot be let go"),
        }
    }

    /// From the next segment on, somebody else is said to record. Whether it can be said.
    pub(super) fn settle(&mut self, setup: &Setup) -> bool {
        let Ok(config) = serde_json::to_vec(setup) else { return false };
        self.config = config;
        self.about.config.clone_from(&setup.sha256);
        true
    }

    pub(super) fn rotate(&mut self, mono: Mono) -> io::Result<()> {
        self.cut();
        self.end()?;
        if let Err(error) = self.key() {
            // The one before goes on.
            tracing::error!(%error, "the key cannot be changed");
            self.condition.key = Some(format!("the key cannot be changed: {error}"));
        }
        self.begin(mono)?;
        self.consoles_stand();
        self.shared.want_keyframe();
        self.release();
        Ok(())
    }

    /// Ends the file.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.flush(self.cut)?;
        // The disk is asked of one file by one thread at a time: a yes behind a no would mean nothing.
        if let Some(done) = self.syncer.wait() {
            self.synced(done);
            if self.segment.is_none() {
                return Err(io::Error::other(self.condition.stopped.clone().unwrap_or_default()));
            }
        }
        let Some(segment) = &mut self.segment else { return Ok(()) };
        let before = segment.length();
        let closed = segment.finish(self.keys.as_ref().map(|keys| &keys.key), self.now)?;
        self.condition.bytes += closed.length - before;
        self.segment = None;
        self.lasts(self.in_file);
        (self.written, self.asked, self.synced, self.sync_due) = (0, None, None, false);
        self.about.number = closed.number + 1;
        self.about.previous = Some(closed.clone());
        self.unlinked.push_back(closed);
        self.link()
    }
}
