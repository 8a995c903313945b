//! Parts to messages. One table per source, with a bound on entries, on size and on age.

use super::counters::Counters;
use super::sentence::{Channel, Sentence, Vdm};
use super::tag::Tag;
use units::{Label, UtcTime};

/// The most groups that wait at once: every total, sequence identifier and four channels.
const MOST_GROUPS: usize = 8 * 11 * 4;

/// The most bytes kept of one group, sentences and all.
const MOST_BYTES: usize = 2048;

/// How long the parts of one message may take, seconds, unless told otherwise.
pub(super) const TIMEOUT_S: f64 = 2.0;

/// Groups that wait for parts.
#[derive(Clone, Debug)]
pub(super) struct Assembly {
    /// The open ones first; the closed ones stay behind them, so that their memory is used again.
    #[expect(clippy::vec_box, reason = "groups are swapped, and are large")]
    groups: Vec<Box<Group>>,
    open: usize,
    timeout_ns: u64,
    /// No open group is older than this; may be too early, never too late.
    oldest: Option<UtcTime>,
}

/// Parts of one message.
#[derive(Clone, Debug)]
pub(super) struct Group {
    own: bool,
    total: u8,
    sequence: Option<u8>,
    channel: Channel,
    id: Option<Label>,
    station: Option<Label>,
    /// When its first part came, in event time.
    since: UtcTime,
    /// Two parts claimed one place: takes what comes, gives nothing.
    poisoned: bool,
    /// How many parts wait here.
    have: u8,
    highest: u8,
    inferred: bool,
    out_of_order: bool,
    fill_nonfinal: bool,
    dollar: bool,
    /// What the TAG blocks of its parts say; the first part's word counts.
    tag: Option<Tag>,
    parts: [Option<Part>; 9],
    text: Vec<u8>,
}

/// Where one part lies in the text of its group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    start: u16,
    end: u16,
    payload: u16,
    payload_end: u16,
    fill: u8,
}

/// What came of a part.
pub(super) enum Added<'a> {
    /// It waits, or is given up.
    Pending,
    /// An identical part waits already.
    Duplicate,
    /// More than is kept of one message.
    TooLong,
    /// The group is whole.
    Whole(&'a Group),
}

/// How well a part fits a group; higher is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It has no channel of its own.
    ChannelInferred,
    /// Only one of the two names a TAG group.
    OneTagged,
    /// Only one of the two names a station.
    OneStation,
    Exact,
}

impl Default for Assembly {
    fn default() -> Self {
        Self::with_timeout(TIMEOUT_S)
    }
}

impl Assembly {
    pub(super) fn with_timeout(timeout_s: f64) -> Self {
        Self { groups: Vec::new(), open: 0, timeout_ns: (timeout_s * 1e9) as u64, oldest: None }
    }

    /// Gives up every group that is too old at this time. A time far before a group's is as wrong.
    #[inline]
    pub(super) fn expire(&mut self, now: UtcTime, counters: &mut Counters) {
        if self.oldest.is_some_and(|oldest| apart_ns(now, oldest) > self.timeout_ns) {
            self.give_up(counters, |group, timeout_ns| apart_ns(now, group.since) > timeout_ns);
        }
    }

    /// Gives up every group.
    pub(super) fn end(&mut self, counters: &mut Counters) {
        self.give_up(counters, |_, _| true);
    }

    #[cold]
    fn give_up(&mut self, counters: &mut Counters, lost: impl Fn(&Group, u64) -> bool) {
        let mut at = 0;
        while let Some(group) = self.groups.get(..self.open).and_then(|open| open.get(at)) {
            if lost(group, self.timeout_ns) {
                if !group.poisoned {
                    counters.incomplete_timeout += 1;
                }
                self.close(at);
            } else {
                at += 1;
            }
        }
        self.oldest = self.open().map(|group| group.since).min();
    }

    /// Makes room for another group: the last open one takes this one's place.
    fn close(&mut self, at: usize) {
        if at < self.open {
            self.open -= 1;
            self.groups.swap(at, self.open);
        }
    }

    /// Puts a part where it belongs. Counts it as pending where it waits.
    pub(super) fn add(
        &mut self,
        sentence: &Sentence<'_>,
        vdm: &Vdm<'_>,
        tag: Option<&Tag>,
        now: UtcTime,
        counters: &mut Counters,
    ) -> Added<'_> {
        let found = self.find(vdm, tag);
        let (at, fit) = match found {
            Some((at, fit)) => (at, Some(fit)),
            None => (self.start(vdm, tag, now, counters), None),
        };
        // `find` and `start` give places that exist.
        let Some(group) = self.groups.get_mut(at) else { return Added::Pending };
        if let Some(held) = group.held(vdm.number) {
            if held == (vdm.payload, vdm.fill) {
                counters.duplicates += 1;
                counters.duplicate_part += 1;
                return Added::Duplicate;
            }
            if vdm.number > 1 {
                if !group.poisoned {
                    counters.conflict += 1;
                    group.poisoned = true;
                }
                counters.pending += 1;
                return Added::Pending;
            }
            // A new first part begins a new message; the old one will never be whole.
            if !group.poisoned {
                counters.incomplete_replaced += 1;
            }
            group.reset(vdm, tag, now);
        }
        if group.text.len() + sentence.text.len() > MOST_BYTES {
            if group.have == 0 {
                self.close(at);
            }
            return Added::TooLong;
        }
        if vdm.number < group.highest {
            counters.out_of_order += 1;
            group.out_of_order = true;
        }
        if vdm.number < vdm.total && vdm.fill != 0 {
            counters.fill_bits_nonfinal += 1;
            group.fill_nonfinal = true;
        }
        if fit == Some(Fit::ChannelInferred) {
            counters.channel_inferred += 1;
            group.inferred = true;
        }
        group.keep(sentence, vdm, tag);
        counters.pending += 1;
        // An old `oldest` only makes the next look come sooner.
        self.oldest = Some(self.oldest.map_or(group.since, |oldest| oldest.min(group.since)));
        if group.have < group.total || group.poisoned {
            return Added::Pending;
        }
        self.close(at);
        // Closed, but as it was: behind the open ones nothing touches it before the next part comes.
        self.groups.get(self.open).map_or(Added::Pending, |group| Added::Whole(group))
    }

    fn open(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().take(self.open).map(|group| &**group)
    }

    /// The group a part belongs to: the best fit, where there is only one of it.
    fn find(&self, vdm: &Vdm<'_>, tag: Option<&Tag>) -> Option<(usize, Fit)> {
        let mut best: Option<(usize, Fit)> = None;
        let mut alone = true;
        for (at, group) in self.open().enumerate() {
            let Some(fit) = group.fit(vdm, tag) else { continue };
            // Only the very same key may replace or contradict a part; else it is of another message.
            let contradicts = || group.held(vdm.number).is_some_and(|(payload, _)| payload != vdm.payload);
            if fit < Fit::Exact && contradicts() {
                continue;
            }
            match best {
                Some((_, most)) if fit < most => {}
                Some((_, most)) if fit == most => alone = false,
                _ => (best, alone) = (Some((at, fit)), true),
            }
        }
        best.filter(|_| alone)
    }

    /// A new group, in the place of the oldest where the table is full.
    fn start(&mut self, vdm: &Vdm<'_>, tag: Option<&Tag>, now: UtcTime, counters: &mut Counters) -> usize {
        let at = if self.open < MOST_GROUPS {
            if self.open == self.groups.len() {
                self.groups.push(Box::new(Group::new(now)));
            }
            self.open += 1;
            self.open - 1
        } else {
            let oldest = self.open().enumerate().min_by_key(|(_, group)| group.since);
            counters.incomplete_replaced += 1;
            oldest.map_or(0, |(at, _)| at)
        };
        if let Some(group) = self.groups.get_mut(at) {
            group.reset(vdm, tag, now);
        }
        at
    }
}

/// How far apart two times are.
#[inline]
fn apart_ns(a: UtcTime, b: UtcTime) -> u64 {
    a.unix_ns().abs_diff(b.unix_ns())
}

impl Group {
    fn new(now: UtcTime) -> Self {
        Self {
            own: false,
            total: 0,
            sequence: None,
            channel: Channel::default(),
            id: None,
            station: None,
            since: now,
            poisoned: false,
            have: 0,
            highest: 0,
            inferred: false,
            out_of_order: false,
            fill_nonfinal: false,
            dollar: false,
            tag: None,
            parts: [None; 9],
            text: Vec::new(),
        }
    }

    fn reset(&mut self, vdm: &Vdm<'_>, tag: Option<&Tag>, now: UtcTime) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        *self = Self {
            own: vdm.own,
            total: vdm.total,
            sequence: vdm.sequence,
            channel: vdm.channel,
            id: tag.and_then(|tag| tag.group).map(|group| group.id),
            station: tag.and_then(|tag| tag.source),
            text,
            ..Self::new(now)
        };
    }

    /// A TAG group's identifier outweighs sequence and channel. A part that lacks something fits whatever has it.
    fn fit(&self, vdm: &Vdm<'_>, tag: Option<&Tag>) -> Option<Fit> {
        if self.own != vdm.own || self.total != vdm.total {
            return None;
        }
        let station = tag.and_then(|tag| tag.source);
        if self.station.is_some() && station.is_some() && self.station != station {
            return None;
        }
        let full = if self.station == station { Fit::Exact } else { Fit::OneStation };
        match (self.id, tag.and_then(|tag| tag.group)) {
            (Some(ours), Some(group)) => return (ours == group.id).then_some(full),
            _ if self.sequence != vdm.sequence => return None,
            (None, None) if self.channel == vdm.channel => return Some(full),
            _ if self.channel == vdm.channel => return Some(Fit::OneTagged),
            _ => {}
        }
        (vdm.number > 1 && vdm.channel.is_empty()).then_some(Fit::ChannelInferred)
    }

    fn part(&self, number: u8) -> Option<&Part> {
        self.parts.get(usize::from(number).checked_sub(1)?)?.as_ref()
    }

    /// Payload and fill bits of a part that waits.
    fn held(&self, number: u8) -> Option<(&[u8], u8)> {
        let part = self.part(number)?;
        Some((part.payload(&self.text), part.fill))
    }

    fn keep(&mut self, sentence: &Sentence<'_>, vdm: &Vdm<'_>, tag: Option<&Tag>) {
        let Some(place) = self.parts.get_mut(usize::from(vdm.number - 1)) else { return };
        let start = self.text.len();
        self.text.extend_from_slice(sentence.text);
        let payload = start + vdm.payload_at;
        *place = Some(Part {
            start: start as u16,
            end: self.text.len() as u16,
            payload: payload as u16,
            payload_end: (payload + vdm.payload.len()) as u16,
            fill: vdm.fill,
        });
        self.have += 1;
        self.highest = self.highest.max(vdm.number);
        self.dollar |= !sentence.encapsulated();
        if vdm.number == 1 && !vdm.channel.is_empty() {
            self.channel = vdm.channel;
        }
        if let Some(tag) = tag {
            self.station = self.station.or(tag.source);
            self.id = self.id.or(tag.group.map(|group| group.id));
            self.tag = Some(match self.tag {
                None => *tag,
                Some(mut held) if vdm.number > 1 => {
                    held.fill(tag);
                    held
                }
                Some(held) => {
                    let mut first = *tag;
                    first.fill(&held);
                    first
                }
            });
        }
    }

    pub(super) fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    pub(super) fn channel(&self) -> Channel {
        self.channel
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The parts in order.
    pub(super) fn parts(&self) -> &[Option<Part>] {
        self.parts.get(..usize::from(self.total)).unwrap_or_default()
    }

    pub(super) const fn inferred(&self) -> bool {
        self.inferred
    }

    pub(super) const fn out_of_order(&self) -> bool {
        self.out_of_order
    }

    pub(super) const fn fill_nonfinal(&self) -> bool {
        self.fill_nonfinal
    }

    pub(super) const fn dollar(&self) -> bool {
        self.dollar
    }
}

impl Part {
    pub(super) fn payload<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        text.get(usize::from(self.payload)..usize::from(self.payload_end)).unwrap_or_default()
    }

    pub(super) fn sentence<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        text.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }

    pub(super) const fn fill(&self) -> u8 {
        self.fill
    }
}
