//! What the core knows, as messages of the feed.

use super::proto;
use super::proto::server_message::Body;
use fusion::{Gone, Life, Mark, MarkKind, SourceId, Station, Track, TrackId};
use units::{Degrees, Knots, Label, Mmsi, UtcTime, grid};
use watch::{Alert, Evidence};

/// The sources' names, by their ids.
#[derive(Clone, Debug, Default)]
pub struct Names(Vec<String>);

impl Names {
    /// In the order of the configuration.
    #[must_use]
    pub const fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    fn of(&self, source: SourceId) -> String {
        self.0.get(usize::from(source.0)).cloned().unwrap_or_default()
    }
}

fn text(label: Option<Label>) -> Option<String> {
    label.map(|label| label.as_str().to_owned())
}

/// Numbers as people write them: no more digits than mean anything.
fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

fn degrees(value: f64) -> f64 {
    round(value, 7)
}

pub fn track(track: &Track, names: &Names) -> Body {
    let position = track.position();
    let reported = &track.reported;
    let identity = &track.identity;
    Body::Track(proto::Track {
        id: track.id.0,
        version: track.version,
        life: match track.life {
            Life::Tentative => proto::Life::Tentative,
            Life::Confirmed => proto::Life::Confirmed,
            Life::Coasting => proto::Life::Coasting,
            Life::Lost => proto::Life::Lost,
        }
        .into(),
        class: match track.station {
            Station::ClassA => proto::Class::A,
            Station::ClassB => proto::Class::B,
            Station::Terminal => proto::Class::Terminal,
            Station::Aircraft => proto::Class::Aircraft,
        }
        .into(),
        time_us: track.time().unix_us(),
        lat: degrees(position.lat()),
        lon: degrees(position.lon()),
        sog_kn: track.sog().map(|sog| round(sog.value(), 2)),
        cog_deg: track.cog().map(|cog| round(cog.value(), 2)),
        cov_m2: track.position_covariance_m2().map(|value| round(value, 2)).to_vec(),
        identity: Some(proto::Identity {
            mmsi: identity.mmsi.map(Mmsi::number),
            imo: identity.imo.map(units::Imo::number),
            name: text(identity.name),
            callsign: text(identity.callsign),
            ship_type: identity.ship_type.map(u32::from),
            destination: text(identity.destination),
            draught_m: identity.draught_m,
        }),
        reported: Some(proto::Report {
            lat: degrees(reported.position.lat()),
            lon: degrees(reported.position.lon()),
            sog_kn: reported.sog.map(Knots::value),
            cog_deg: reported.cog.map(Degrees::value),
            time_us: reported.valid.unix_us(),
            source: names.of(reported.source),
        }),
        heading_deg: track.heading.map(Degrees::value),
        nav_status: track.nav_status.map(u32::from),
        heard: track
            .heard()
            .map(|(source, at)| proto::Heard { source: names.of(source), time_us: at.unix_us() })
            .collect(),
        hull: track.hull.map(|hull| proto::Hull {
            to_bow: hull.to_bow_m.into(),
            to_stern: hull.to_stern_m.into(),
            to_port: hull.to_port_m.into(),
            to_starboard: hull.to_starboard_m.into(),
        }),
        doubt: track.doubt,
    })
}

pub fn track_gone(id: TrackId, mmsi: Option<Mmsi>, reason: Gone) -> Body {
    let reason = match reason {
        Gone::Lost => "lost",
        Gone::Unconfirmed => "unconfirmed",
        Gone::Displaced => "displaced",
    };
    Body::TrackGone(proto::TrackGone { id: id.0, reason: reason.to_owned(), mmsi: mmsi.map(Mmsi::number) })
}

pub fn mark(mark: &Mark) -> Body {
    let kind = match mark.kind {
        MarkKind::Aid => "aid",
        MarkKind::BaseStation => "base_station",
    };
    Body::Mark(proto::Mark {
        mmsi: mark.mmsi.number(),
        kind: kind.to_owned(),
        name: text(mark.name),
        lat: mark.position.map(|position| degrees(position.lat())),
        lon: mark.position.map(|position| degrees(position.lon())),
        time_us: mark.heard.unix_us(),
        off_position: mark.off_position,
        r#virtual: mark.is_virtual,
        aid_type: mark.aid_type.map(u32::from),
    })
}

pub fn mark_gone(mmsi: Mmsi) -> Body {
    Body::MarkGone(proto::MarkGone { mmsi: mmsi.number() })
}

pub fn cell(cell: grid::Cell, vessels: u32, now: UtcTime) -> Body {
    Body::Cell(proto::Cell { code: cell.to_string(), vessels, time_us: now.unix_us() })
}

pub fn alert(alert: &Alert) -> Body {
    let mut message = proto::Alert {
        id: alert.id.0,
        kind: alert.kind.code().into(),
        priority: alert.priority.as_str().to_owned(),
        state: match alert.state {
            watch::State::Cleared => proto::AlertState::Cleared,
            _ => proto::AlertState::Active,
        }
        .into(),
        revision: alert.revision,
        condition_us: alert.condition.unix_us(),
        raised_us: alert.raised.unix_us(),
        cleared_us: alert.cleared.map(UtcTime::unix_us),
        tracks: alert.tracks.iter().map(|id| id.0).collect(),
        zone: alert.zone.clone(),
        cell: alert.cell.map(|cell| cell.to_string()),
        text_en: alert.text.en.clone(),
        text_zh: alert.text.zh.clone(),
        ..proto::Alert::default()
    };
    match alert.evidence {
        Evidence::Encounter { cpa_m, tcpa_s, probability, .. } => {
            message.cpa_m = Some(round(cpa_m, 1));
            message.tcpa_s = Some(round(tcpa_s, 1));
            message.probability = Some(round(probability, 3));
        }
        Evidence::Density { vessels } => message.count = Some(vessels),
        _ => {}
    }
    Body::Alert(message)
}
