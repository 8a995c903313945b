//! Messages that came in several frames (JT/T 808-2019, 4.4.3).

use super::{Frame, Part};
use units::UtcTime;

/// Most parts of one message.
pub const MAX_PARTS: usize = 1024;
/// Most bytes that one terminal may have waiting.
const MAX_BYTES: usize = 1 << 20;
/// Most messages of one terminal that may be waiting.
const MAX_GROUPS: usize = 8;
/// How long the parts of a message may take to come, seconds.
const TIMEOUT_S: f64 = 60.0;
/// After so long without a new part, what is missing is asked for, and then again.
const ASK_AFTER_S: f64 = 5.0;
/// So many times.
const MAX_ASKS: u8 = 3;
/// Most parts that are asked for at once.
const ASK_PARTS: usize = 125;

/// The parts of one terminal's messages that wait for the rest. Bounded in messages, parts, bytes and time.
#[derive(Clone, Debug, Default)]
pub struct Assembly {
    groups: Vec<Group>,
    joined: Vec<u8>,
    /// Parts that wait.
    pub waiting: u64,
    /// Parts that were given up: the rest did not come, or there was no room.
    pub given_up: u64,
}

#[derive(Clone, Debug)]
struct Group {
    id: u16,
    /// The serial of its first part.
    first: u16,
    parts: Vec<Option<Vec<u8>>>,
    here: usize,
    bytes: usize,
    began: UtcTime,
    /// When a part last came, or was last asked for.
    stirred: UtcTime,
    asks: u8,
}

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added<'a> {
    /// The message is whole: its body, and how many parts went into it.
    Whole(&'a [u8], u64),
    /// It waits for others.
    Waiting,
    /// It was here before.
    Duplicate,
    /// Its place makes no sense, or the message is longer than may wait.
    Refused,
}

/// Parts to ask for with message 0x8003.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resend {
    /// The serial of the message's first part.
    pub first: u16,
    /// Which, two bytes each.
    pub parts: Vec<u8>,
}

impl Assembly {
    /// Takes a frame that is a part of a message.
    pub fn add(&mut self, frame: &Frame<'_>, part: Part, now: UtcTime) -> Added<'_> {
        let total = usize::from(part.total);
        if part.index == 0 || part.index > part.total || total > MAX_PARTS {
            return Added::Refused;
        }
        let first = frame.serial.wrapping_sub(part.index - 1);
        let same = |group: &Group| group.id == frame.id && group.first == first && group.parts.len() == total;
        let at = match self.groups.iter().position(same) {
            Some(at) => at,
            None => self.begin(frame.id, first, total, now),
        };
        let waiting: usize = self.groups.iter().map(|group| group.bytes).sum();
        let Some(group) = self.groups.get_mut(at) else { return Added::Refused };
        let Some(place) = group.parts.get_mut(usize::from(part.index) - 1) else { return Added::Refused };
        if place.is_some() {
            return Added::Duplicate;
        }
        if waiting + frame.body.len() > MAX_BYTES {
            self.drop_group(at);
            return Added::Refused;
        }
        *place = Some(frame.body.to_vec());
        (group.here, group.bytes, group.stirred) = (group.here + 1, group.bytes + frame.body.len(), now);
        self.waiting += 1;
        if group.here < total {
            return Added::Waiting;
        }
        let whole = self.groups.swap_remove(at);
        self.waiting -= whole.here as u64;
        self.joined.clear();
        whole.parts.iter().flatten().for_each(|part| self.joined.extend_from_slice(part));
        Added::Whole(&self.joined, whole.here as u64)
    }

    /// Where a new group stands; the oldest makes room.
    fn begin(&mut self, id: u16, first: u16, total: usize, now: UtcTime) -> usize {
        if self.groups.len() >= MAX_GROUPS {
            let oldest = self.groups.iter().enumerate().min_by_key(|(_, group)| group.began);
            if let Some(at) = oldest.map(|(at, _)| at) {
                self.drop_group(at);
            }
        }
        let parts = vec![None; total];
        self.groups.push(Group { id, first, parts, here: 0, bytes: 0, began: now, stirred: now, asks: 0 });
        self.groups.len() - 1
    }

    fn drop_group(&mut self, at: usize) {
        if at < self.groups.len() {
            let group = self.groups.swap_remove(at);
            self.waiting -= group.here as u64;
            self.given_up += group.here as u64;
        }
    }

    /// Gives up what has waited too long, and says what else to ask for.
    pub fn due(&mut self, now: UtcTime, mut ask: impl FnMut(Resend)) {
        while let Some(at) = self.groups.iter().position(|group| now.since(group.began) > TIMEOUT_S) {
            self.drop_group(at);
        }
        for group in &mut self.groups {
            if group.asks >= MAX_ASKS || now.since(group.stirred) < ASK_AFTER_S {
                continue;
            }
            (group.asks, group.stirred) = (group.asks + 1, now);
            let missing = group.parts.iter().zip(1_u16..).filter(|(part, _)| part.is_none());
            let parts = missing.take(ASK_PARTS).flat_map(|(_, index)| index.to_be_bytes()).collect();
            ask(Resend { first: group.first, parts });
        }
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The terminal has gone: what waits is given up.
    pub fn end(&mut self) {
        while !self.groups.is_empty() {
            self.drop_group(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jt808::Phone;
    use proptest::prelude::*;

    fn frame(id: u16, serial: u16, total: u16, index: u16, body: &[u8]) -> Frame<'_> {
        let part = Some(Part { total, index });
        let phone = Phone::short([0; 6]);
        Frame { id, encryption: 0, version: None, reserved: false, phone, serial, part, body }
    }

    fn add<'a>(assembly: &'a mut Assembly, frame: &Frame<'_>, second: i64) -> Added<'a> {
        assembly.add(frame, frame.part.unwrap(), UtcTime::from_unix_s(second))
    }

    #[test]
    fn parts_are_joined_in_any_order_and_asked_for_when_missing() {
        let mut assembly = Assembly::default();
        assert_eq!(add(&mut assembly, &frame(0x801, 1, 3, 3, b"c"), 0), Added::Waiting);
        assert_eq!(add(&mut assembly, &frame(0x801, 0xffff, 3, 1, b"a"), 1), Added::Waiting);
        assert_eq!(add(&mut assembly, &frame(0x801, 0xffff, 3, 1, b"a"), 1), Added::Duplicate);
        let mut asked = Vec::new();
        for second in [3, 6, 7, 11, 16, 30] {
            assembly.due(UtcTime::from_unix_s(second), |resend| asked.push(resend));
        }
        assert_eq!(asked, vec![Resend { first: 0xffff, parts: vec![0, 2] }; 3]);
        assert_eq!(add(&mut assembly, &frame(0x801, 0, 3, 2, b"b"), 31), Added::Whole(b"abc", 3));
        assert_eq!((assembly.waiting, assembly.given_up, assembly.is_empty()), (0, 0, true));
    }

    #[test]
    fn nothing_waits_for_ever_or_without_a_bound() {
        let mut assembly = Assembly::default();
        for serial in 0..20 {
            add(&mut assembly, &frame(0x801, serial * 10, 2, 1, b"x"), 0);
        }
        assert_eq!((assembly.waiting, assembly.given_up), (MAX_GROUPS as u64, 20 - MAX_GROUPS as u64));
        assembly.due(UtcTime::from_unix_s(61), |_| {});
        assert_eq!((assembly.waiting, assembly.given_up), (0, 20));
        for (total, index) in [(0, 0), (3, 0), (3, 4), (1025, 1)] {
            assert_eq!(add(&mut assembly, &frame(1, 9, total, index, b""), 62), Added::Refused);
        }
        let body = [0; crate::jt808::MAX_BODY];
        let refused = (1..=MAX_PARTS as u16)
            .filter(|&index| add(&mut assembly, &frame(2, index, 1024, index, &body), 63) == Added::Refused)
            .count();
        assert_eq!(refused, 0, "the longest message fits");
    }

    proptest! {
        #[test]
        fn every_part_is_accounted_for(
            parts in prop::collection::vec((0_u16..40, 0_u16..5, 0_u16..6), 0..200),
        ) {
            let mut assembly = Assembly::default();
            let (mut used, mut aside) = (0, 0);
            for (second, (serial, total, index)) in (0..).zip(&parts) {
                match add(&mut assembly, &frame(1, *serial, *total, *index, b"xy"), second) {
                    Added::Whole(body, count) => {
                        assert_eq!(body.len() as u64, 2 * count);
                        used += count;
                    }
                    Added::Waiting => {}
                    Added::Duplicate | Added::Refused => aside += 1,
                }
                assembly.due(UtcTime::from_unix_s(second), |_| {});
                assert_eq!(used + aside + assembly.waiting + assembly.given_up, second as u64 + 1);
            }
        }
    }
}
