//! What is right and should be thought about before it meets a network.

use super::{Config, Format};

impl Config {
    /// Settings that leave a door open or a deed without a trace, a line each, named by key.
    #[must_use]
    pub fn weak(&self) -> Vec<String> {
        let feed = &self.feed;
        let is_open =
            |address: Option<std::net::SocketAddr>| address.is_some_and(|it| !it.ip().is_loopback());
        let is_plain = self.tls.is_none();
        let gateway = self.gateways.iter().find(|gateway| is_open(gateway.listen));
        let open_gateway = gateway.map(|gateway| {
            format!(
                "gateway.plain: `{}` tells whoever reaches it, and whoever listens on the way",
                gateway.name
            )
        });
        [
            (is_open(feed.json) && feed.tokens.is_none() && self.people.is_none())
                .then_some("feed.tokens: missing: whoever reaches the feed sees the picture"),
            (is_open(feed.json) && feed.tokens.is_some() && feed.anonymous)
                .then_some("feed.anonymous: whoever reaches the feed sees the picture, without a token"),
            (is_open(feed.json) && is_plain)
                .then_some("feed.plain: tokens and picture can be read by whoever listens on the way"),
            is_open(feed.nmea).then_some("feed.nmea: sentences know neither TLS nor who asks for them"),
            (is_open(self.http) && self.people.is_none())
                .then_some("people: missing: whoever reaches the HTTP port sees metrics and pictures"),
            (is_open(self.http) && is_plain)
                .then_some("http.plain: passwords and sessions can be read by whoever listens on the way"),
            ((feed.tokens.is_some() || self.people.is_some() || !feed.desks.is_empty())
                && self.audit.is_none())
            .then_some("audit: missing: nobody can say later who did what"),
            (self.record.is_none() && self.sources.iter().any(|source| source.format == Format::Voice))
                .then_some("record: missing: a radio channel is for the recording, and nobody records it"),
            self.record.as_ref().is_some_and(|record| record.key.is_none()).then_some(
                "record.key: missing: nothing proves later that the recording is what was written",
            ),
        ]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .chain(open_gateway)
        .collect()
    }
}
