//! What an ASTERIX source does with its bytes.

use super::account::Account;
use super::intake::{LOG_EVERY_NS, Maker, Observed};
use crate::clock::Mono;
use crate::config::Radar;
use crate::observe::asterix::observe;
use decoders::asterix::{Editions, File, Item, Reject};
use fusion::Event;
use units::UtcTime;

/// Why an ASTERIX source refuses something, in the order in which it counts.
pub fn reasons() -> Vec<&'static str> {
    Reject::ALL.map(Reject::as_str).to_vec()
}

/// One peer's bytes: what is half read, and counted so far. A stream may be of blocks, or a recording as a file
/// holds it.
#[derive(Debug)]
pub struct AsterixIntake {
    file: File,
    observed: Observed,
    published: Account,
    logged: Option<Mono>,
}

impl AsterixIntake {
    pub fn new(editions: Editions, radars: &[Radar]) -> Self {
        Self {
            file: File::new(editions),
            observed: Observed::new(radars),
            published: Account::default(),
            logged: None,
        }
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
        let Self { file, observed, published, logged } = self;
        let radar = &mut maker.radar.borrow_mut();
        let used = file.read(buffer, end, |item, _| match item {
            Item::Record(record) => match observe(&record, radar, arrival) {
                Some(Ok(observation)) => {
                    observed.sensor(&observation);
                    events.push(Event::Observation(observation));
                }
                Some(Err(why)) => observed.unused(why),
                // Service messages, video, system tracks: no targets of this radar.
                None => {}
            },
            Item::Reject { reason, bytes } => {
                if logged.is_none_or(|at| Mono::now().since_ns(at) > LOG_EVERY_NS) {
                    *logged = Some(Mono::now());
                    let head = bytes.get(..32).unwrap_or(bytes);
                    let (source, octets) = (&maker.name, bytes.len());
                    tracing::warn!(source, %reason, octets, ?head, "refused (others may follow, counted)");
                }
            }
        });
        let counters = file.counters();
        let mut now = Account {
            candidates: counters.candidates,
            used: counters.records,
            messages: counters.records,
            ..Account::default()
        };
        for reason in Reject::ALL {
            now.refuse(reason.index(), counters.rejected(reason));
        }
        maker.metrics.publish_records(published, &now, observed);
        *published = now;
        used
    }
}
