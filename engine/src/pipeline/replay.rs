//! A recording in place of what happens now.

use super::{Addresses, Engine, StartError, run_local, spawn};
use crate::cameras::album::Album;
use crate::config::{self, Feed, HttpLimits};
use crate::feed::entry::{Entry, Files};
use crate::feed::{self, Names, Outbox, Visitors};
use crate::http::Port;
use crate::life::Life;
use crate::lobby::Doors;
use crate::metrics::Metrics;
use crate::operator::{Audit, Commands};
use crate::queue;
use crate::recording::beside::Other;
use crate::recording::{Recording, session};
use crate::wall::{Figures, Past, Skies, Wall};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The wall display of a replay.
#[derive(Debug)]
pub struct Display {
    /// Where it is served.
    pub address: SocketAddr,
    /// What it shows besides the picture.
    pub wall: config::Wall,
    /// The page of figures, where there is one.
    pub figures: Option<Figures>,
}

impl Engine {
    /// Serves a recording in place of what happens now: the same feed, read only, marked as a replay. What another
    /// configuration makes of it is a second feed, in step with the first.
    ///
    /// # Errors
    /// What could not be opened; nothing runs then.
    pub fn replay(
        recording: Recording,
        names: Arc<Names>,
        begin: session::Start,
        feed: Feed,
        display: Option<Display>,
        other: Option<Other>,
    ) -> Result<Self, StartError> {
        let (feed, recording) = (Feed { replay: true, ..feed }, Arc::new(recording));
        let bind = |feed: &Feed| {
            let listen = |(address, error)| StartError::Listen { what: "feed", address, error };
            feed::Sockets::bind(feed).map_err(listen)
        };
        let sockets = bind(&feed)?;
        // Beside the first, on a port that is free.
        let beside = other
            .map(|other| {
                let json = feed.json.map(|address| SocketAddr::new(address.ip(), 0));
                let feed = Feed { json, nmea: None, ..feed.clone() };
                Ok::<_, StartError>((other, bind(&feed)?, feed))
            })
            .transpose()?;
        let display = display
            .map(|Display { address, wall, figures }| {
                let wall = Wall::new(&wall, &watch::Config::default()).map_err(StartError::Chart)?;
                let wall = wall.of(Past::of(Arc::clone(&recording), figures));
                let wall = match &beside {
                    Some((other, ..)) => wall.beside(&other.name),
                    None => wall,
                };
                let listener = TcpListener::bind(address).map_err(|error| StartError::Listen {
                    what: "http",
                    address,
                    error,
                })?;
                Ok::<_, StartError>((listener, wall))
            })
            .transpose()?;
        let nowhere = || Skies::new(&watch::Config::default());
        let [skies, skies_beside] = display
            .as_ref()
            .map_or_else(|| [nowhere(), nowhere()], |(_, wall)| [wall.skies(), wall.skies_beside()]);
        let addresses = Addresses {
            json: sockets.json_address(),
            nmea: sockets.nmea_address(),
            http: display.as_ref().and_then(|(listener, _)| listener.local_addr().ok()),
            beside: beside.as_ref().and_then(|(_, sockets, _)| sockets.json_address()),
            ..Addresses::default()
        };
        let (metrics, stop) = (Metrics::default(), CancellationToken::new());
        let life = Life::new(stop.clone());
        let entry = Arc::new(Entry::open(Files::default(), &metrics)?);
        let (mut threads, album) = (Vec::new(), Album::default());
        // A feed of its own for each: the thread that serves it, who comes by HTTP, and the session's end.
        let mut show = |name, sockets, feed, skies| {
            let (to_core, from) = queue::channel();
            let (visitors, at_feed) = Visitors::new();
            let (outbox, inbox) = Outbox::new();
            let commands = Commands::new(to_core.asking(), Audit::none());
            let (entry, metrics) = (Arc::clone(&entry), metrics.clone());
            let hub = feed::hub(&feed, Arc::clone(&names), &metrics, None);
            threads.push(spawn(&life, name, move || {
                run_local(feed::serve(sockets, at_feed, feed, entry, commands, inbox, hub, metrics, None));
            })?);
            Ok::<_, StartError>((visitors, session::Viewers { from, outbox, skies, album: album.clone() }))
        };
        let (visitors, viewers) = show("feed", sockets, feed, skies)?;
        let beside = beside
            .map(|(other, sockets, feed)| {
                let (visitors, viewers) = show("feed-beside", sockets, feed, skies_beside)?;
                Ok::<_, StartError>((visitors, (other, viewers)))
            })
            .transpose()?;
        let (visitors_beside, other) = beside.unzip();
        threads.push(spawn(&life, "replay", {
            let stop = stop.clone();
            move || session::play(&recording, &names, begin, viewers, other, &stop)
        })?);
        let http_stop = CancellationToken::new();
        let http = display
            .map(|(listener, wall)| {
                let (metrics, stop) = (metrics.clone(), http_stop.clone());
                let limits = HttpLimits::default();
                let life_there = life.clone();
                let visitors = Doors { feed: visitors, beside: visitors_beside };
                let port =
                    Port { metrics, visitors, album, wall, life: life_there, tls: None, limits, entry };
                let serve = port.serve(listener, stop);
                spawn(&life, "http", move || run_local(serve))
            })
            .transpose()?;
        Ok(Self { addresses, metrics, stop, threads, http, http_stop, reloader: None })
    }
}
