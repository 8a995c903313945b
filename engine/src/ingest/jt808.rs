//! JT/T 808 terminals: they connect, register, show the code that they were given, and report.
//!
//! **Invariant**: what is acknowledged has been handed to the core. A terminal costs a few kilobytes, whatever it sends:
//! one that floods is read more slowly, one that does not take our replies is cut, and what waits for its parts is bounded.

mod desk;
mod keys;
mod session;

use super::intake::Maker;
use crate::clock::Mono;
use crate::config;
use crate::queue::Sender;
use desk::Desk;
use keys::Keys;
use session::Session;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use desk::reasons;

/// After a failed accept.
const WAIT: Duration = Duration::from_millis(250);
/// How often the desk looks at what it remembers.
const SWEEP: Duration = Duration::from_secs(5);

/// Takes every terminal that connects, until `stop`.
pub async fn server(
    listener: std::net::TcpListener,
    settings: config::Jt808,
    maker: Rc<Maker>,
    core: Sender,
    stop: CancellationToken,
) {
    let source = &maker.name;
    let listener = match listener.set_nonblocking(true).and_then(|()| TcpListener::from_std(listener)) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(source, %error, "cannot listen"),
    };
    let keys = match Keys::open(settings.key.as_deref()) {
        Ok(keys) => keys,
        Err(error) => return tracing::error!(source, %error, "no key for authentication codes"),
    };
    let desk = Rc::new(RefCell::new(Desk::new(&maker, settings.ahead_s)));
    let settings = Rc::new(settings);
    let mut sessions = JoinSet::new();
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        while sessions.try_join_next().is_some() {}
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            _ = sweep.tick() => {
                desk.borrow_mut().sweep(Mono::now());
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((_, address)) if sessions.len() >= settings.max_terminals => {
                desk.borrow_mut().turned_away();
                tracing::warn!(source, %address, "refused: {} terminals", settings.max_terminals);
            }
            Ok((stream, address)) => {
                let session = Session::new(address, &maker, &settings, &keys, &desk);
                sessions.spawn_local(session.run(stream, core.clone(), stop.clone()));
            }
            Err(error) => {
                tracing::warn!(source, %error, "cannot accept");
                tokio::time::sleep(WAIT).await;
            }
        }
    }
    while sessions.join_next().await.is_some() {}
}
