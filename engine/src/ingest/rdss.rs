//! What a BeiDou source does with its bytes.

use super::account::{Account, Published, TerminalMetrics};
use super::intake::{Maker, refuse};
use crate::clock::Mono;
use crate::config::Beidou;
use crate::observe::rdss::{Rdss, Taken};
use crate::observe::terminal::Observer;
use decoders::rdss::{Item, Reader, Reject};
use fusion::{Event, SourceId};
use units::UtcTime;

/// Why a BeiDou source refuses something, in the order in which it counts.
pub fn reasons() -> Vec<&'static str> {
    Reject::ALL.map(Reject::as_str).to_vec()
}

/// One peer's bytes: what is half read, and counted so far.
#[derive(Debug)]
pub struct RdssIntake {
    reader: Reader,
    rdss: Rdss,
    account: Account,
    published: Option<Published>,
    logged: Option<Mono>,
}

impl RdssIntake {
    pub fn new(source: SourceId, settings: &Beidou) -> Self {
        let terminals = Observer::new(source, settings.ahead_s);
        Self {
            reader: Reader::default(),
            rdss: Rdss::new(terminals, settings.templates.clone()),
            account: Account::default(),
            published: None,
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
        let Self { reader, rdss, account, published, logged } = self;
        let registry = &**maker.registry.borrow();
        let used = reader.drain(buffer, end, |item| {
            let before = events.len();
            let observed = |observation| events.push(Event::Observation(observation));
            let taken = match item {
                Item::Binary(frame) => rdss.binary(&frame, registry, arrival, observed),
                Item::Sentence(sentence) => rdss.sentence(&sentence, registry, arrival, observed),
                Item::Words(_) => Taken::Other,
                Item::Reject { reason, bytes } => {
                    account.candidates += 1;
                    account.refuse(reason.index(), 1);
                    refuse(maker, logged, reason.as_str(), bytes, None);
                    return;
                }
            };
            account.candidates += 1;
            account.observations += (events.len() - before) as u64;
            match taken {
                Taken::Used => (account.used, account.messages) = (account.used + 1, account.messages + 1),
                Taken::Duplicate => account.duplicates += 1,
                Taken::Other => account.other += 1,
            }
        });
        if rdss.emergencies > account.emergencies {
            tracing::warn!(source = maker.name, "a terminal asks for help");
        }
        (account.emergencies, account.texts) = (rdss.emergencies, rdss.texts);
        let metrics = &maker.metrics;
        let published = published
            .get_or_insert_with(|| Published::new(TerminalMetrics::new(metrics.registry(), &maker.name)));
        published.publish(metrics, account, &rdss.terminals);
        used
    }
}
