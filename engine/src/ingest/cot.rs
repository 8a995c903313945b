//! What a source of Cursor on Target does with its bytes.

use super::account::Account;
use super::intake::{Maker, refuse};
use crate::clock::Mono;
use crate::observe::cot::{Observer, Outcome};
use decoders::cot::{Item, Reject, drain};
use fusion::{Event, SensorId, SourceId};
use std::cell::RefCell;
use std::rc::Rc;
use units::UtcTime;

/// Why it refuses something, in the order in which it counts.
pub fn reasons() -> Vec<&'static str> {
    Reject::ALL.map(Reject::as_str).to_vec()
}

/// One peer's bytes. The observer is all peers': the same thing may speak by several ways.
#[derive(Debug)]
pub struct CotIntake {
    observer: Rc<RefCell<Observer>>,
    account: Account,
    published: Account,
    logged: Option<Mono>,
}

/// The observer of a source.
pub fn observer(source: SourceId, sensor: SensorId) -> Rc<RefCell<Observer>> {
    Rc::new(RefCell::new(Observer::new(source, sensor)))
}

impl CotIntake {
    pub fn new(observer: Rc<RefCell<Observer>>) -> Self {
        Self { observer, account: Account::default(), published: Account::default(), logged: None }
    }

    /// Takes what is whole at the front of `buffer` and returns how many bytes that were.
    pub fn take(
        &mut self,
        maker: &Maker,
        buffer: &[u8],
        end: bool,
        arrival: UtcTime,
        events: &mut Vec<Event>,
    ) -> usize {
        let Self { observer, account, published, logged } = self;
        let mut observer = observer.borrow_mut();
        let used = drain(buffer, end, |item| {
            account.candidates += 1;
            match item {
                Item::Event(event) => {
                    let observed = |observation| events.push(Event::Observation(observation));
                    match observer.observe(&event, arrival, observed) {
                        Outcome::Observed => {
                            account.used += 1;
                            account.messages += 1;
                            account.observations += 1;
                        }
                        Outcome::Repeated => account.duplicates += 1,
                        Outcome::Other => account.other += 1,
                    }
                }
                Item::Reject { reason, bytes } => {
                    account.refuse(reason.index(), 1);
                    refuse(maker, logged, reason.as_str(), bytes, None);
                }
            }
        });
        maker.metrics.publish_frames(published, account);
        published.clone_from(account);
        used
    }
}
