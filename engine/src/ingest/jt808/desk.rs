//! What all sessions of one source share: who is here, the accounts, and what is odd about who is here.

use crate::clock::Mono;
use crate::ingest::account::{Account, Published, TerminalMetrics};
use crate::ingest::intake::Maker;
use crate::observe::terminal::Observer;
use decoders::jt808::{Location, Phone, Reject};
use metrics::{Counter, Gauge};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use tokio_util::sync::CancellationToken;

/// Why a frame is refused that is sound as a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its body is not what its number says.
    BadFields,
    /// Its place among the parts of a message makes no sense, or there are too many.
    BadFragment,
    /// The terminal has not shown its code.
    Unauthenticated,
    /// It carries another terminal's number than those before it.
    OtherPhone,
}

impl Refused {
    const NAMES: [&'static str; 4] = ["bad_fields", "bad_fragment", "unauthenticated", "other_phone"];
}

/// Why a source refuses something, in the order in which it counts.
pub fn reasons() -> Vec<&'static str> {
    Reject::ALL.map(Reject::as_str).into_iter().chain(Refused::NAMES).collect()
}

/// A connection that was heard this recently was alive when another took its place: no reconnection explains that.
const ALIVE_NS: u64 = 10_000_000_000;
/// For so long a finding shows.
const SHOWN_NS: u64 = 600_000_000_000;
/// Most terminals that are remembered after they have gone; the one silent longest is forgotten.
const MAX_REMEMBERED: usize = 100_000;

/// A terminal.
#[derive(Debug)]
struct Terminal {
    /// The connection that speaks for it; `None` where none does.
    present: Option<Present>,
    /// Its last location, to know a repetition by.
    last: Option<[u8; 28]>,
    heard: Mono,
}

#[derive(Debug)]
struct Present {
    session: u64,
    address: SocketAddr,
    cut: CancellationToken,
}

/// The shared state.
#[derive(Debug)]
pub struct Desk {
    maker: Rc<Maker>,
    next_session: u64,
    terminals: BTreeMap<[u8; 10], Terminal>,
    /// Terminals that were at two addresses, and when.
    disputed: BTreeMap<[u8; 10], Mono>,
    pub account: Account,
    pub observer: Observer,
    published: Published,
    two_addresses: Counter,
    disputed_now: Gauge,
    present_now: Gauge,
    away: Counter,
    registrations: [Counter; 2],
    authentications: [Counter; 2],
    pub throttled: Counter,
    pub resends: Counter,
}

impl Desk {
    pub fn new(maker: &Rc<Maker>, ahead_s: i32) -> Self {
        let metrics = maker.metrics.registry();
        let source = maker.name.as_str();
        let counter = |name| metrics.counter(name, &[("source", source)]);
        let gauge = |name| metrics.gauge(name, &[("source", source)]);
        let outcomes = |name| {
            ["done", "refused"].map(|of| metrics.counter(name, &[("source", source), ("outcome", of)]))
        };
        Self {
            maker: Rc::clone(maker),
            next_session: 0,
            terminals: BTreeMap::new(),
            disputed: BTreeMap::new(),
            account: Account::default(),
            observer: Observer::new(maker.source, ahead_s),
            published: Published::new(TerminalMetrics::new(metrics, source)),
            two_addresses: counter("fairway_terminal_two_addresses_total"),
            disputed_now: gauge("fairway_terminals_disputed"),
            present_now: gauge("fairway_terminals_authenticated"),
            away: counter("fairway_terminals_turned_away_total"),
            registrations: outcomes("fairway_terminal_registrations_total"),
            authentications: outcomes("fairway_terminal_authentications_total"),
            throttled: counter("fairway_terminal_throttled_total"),
            resends: counter("fairway_terminal_parts_asked_again_total"),
        }
    }

    /// A number for a new connection.
    pub fn session(&mut self) -> u64 {
        self.next_session += 1;
        self.next_session
    }

    /// Notes that a frame is refused.
    pub fn refuse(&mut self, reason: Refused) {
        self.account.refuse(Reject::ALL.len() + reason as usize, 1);
    }

    /// Notes a connection for which there is no room.
    pub fn turned_away(&mut self) {
        self.away.increment(1);
    }

    /// Notes a registration.
    pub fn registered(&mut self, phone: &Phone, address: SocketAddr, done: bool) {
        let [yes, no] = &self.registrations;
        if done { yes } else { no }.increment(1);
        if done {
            self.compare(phone, address, None);
        }
    }

    /// Notes a code that is wrong.
    pub fn stranger(&mut self) {
        let [_, no] = &self.authentications;
        no.increment(1);
    }

    /// A connection has shown the code of a terminal and speaks for it from now on; the one that did so before is cut.
    pub fn enter(&mut self, phone: &Phone, session: u64, address: SocketAddr, cut: &CancellationToken) {
        let [yes, _] = &self.authentications;
        yes.increment(1);
        self.compare(phone, address, Some(session));
        if self.terminals.len() >= MAX_REMEMBERED && !self.terminals.contains_key(&phone.key()) {
            self.forget();
        }
        let entry = self.terminals.entry(phone.key());
        let terminal = entry.or_insert_with(|| Terminal { present: None, last: None, heard: Mono::now() });
        terminal.heard = Mono::now();
        let present = Present { session, address, cut: cut.clone() };
        match terminal.present.replace(present) {
            Some(before) if before.session != session => before.cut.cancel(),
            Some(_) => {}
            None => self.present_now.increment(1.0),
        }
    }

    /// Whether another connection speaks for that terminal, and lives: one number at two addresses.
    fn compare(&mut self, phone: &Phone, address: SocketAddr, session: Option<u64>) {
        let Some(terminal) = self.terminals.get(&phone.key()) else { return };
        let Some(before) = terminal.present.as_ref().filter(|before| Some(before.session) != session) else {
            return;
        };
        let elsewhere = before.address.ip() != address.ip();
        let alive = Mono::now().since_ns(terminal.heard) < ALIVE_NS;
        if before.address == address || !(elsewhere || alive) {
            return;
        }
        let source = self.maker.name.as_str();
        let before = before.address;
        tracing::warn!(source, %phone, %before, now = %address, "one terminal at two addresses: perhaps a copy");
        self.two_addresses.increment(1);
        self.disputed.insert(phone.key(), Mono::now());
        self.disputed_now.set(self.disputed.len() as f64);
    }

    /// A connection no longer speaks for a terminal.
    pub fn leave(&mut self, phone: &Phone, session: u64) {
        let Some(terminal) = self.terminals.get_mut(&phone.key()) else { return };
        if terminal.present.as_ref().is_some_and(|present| present.session == session) {
            terminal.present = None;
            self.present_now.decrement(1.0);
        }
    }

    /// A terminal was heard; whether it says again where it said it was.
    pub fn repeats(&mut self, phone: &Phone, location: &Location<'_>) -> bool {
        let Some(terminal) = self.terminals.get_mut(&phone.key()) else { return false };
        let mut fixed = Vec::with_capacity(28);
        location.encode(&mut fixed);
        let this = fixed.first_chunk::<28>().copied();
        let repeats = terminal.last == this;
        terminal.last = this;
        repeats
    }

    /// A terminal was heard.
    pub fn heard(&mut self, phone: &Phone) {
        if let Some(terminal) = self.terminals.get_mut(&phone.key()) {
            terminal.heard = Mono::now();
        }
    }

    /// Makes room for one: the absent one that was silent longest.
    fn forget(&mut self) {
        let absent = self.terminals.iter().filter(|(_, terminal)| terminal.present.is_none());
        if let Some(key) = absent.min_by_key(|(_, terminal)| terminal.heard).map(|(key, _)| *key) {
            self.terminals.remove(&key);
        }
    }

    /// Lets go of findings that are old.
    pub fn sweep(&mut self, now: Mono) {
        self.disputed.retain(|_, at| now.since_ns(*at) < SHOWN_NS);
        self.disputed_now.set(self.disputed.len() as f64);
    }

    /// Shows what was counted since the last time.
    pub fn publish(&mut self) {
        let Self { published, maker, account, observer, .. } = self;
        published.publish(&maker.metrics, account, observer);
    }
}
