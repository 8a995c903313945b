//! Who has registered, by what way it is reached, and what it was asked.

use super::super::Fault;
use super::super::http::nonce;
use crate::clock::{Mono, now_utc};
use crate::config::{self, Secret};
use crate::metrics::Metrics;
use decoders::auth::Parameters;
use decoders::sip::{First, Message};
use decoders::xml::{self, Element};
use decoders::{calendar, sip};
use metrics::{Counter, Gauge};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};

/// By what way somebody is reached.
#[derive(Clone, Debug)]
pub enum Peer {
    Udp(SocketAddr),
    Tcp(SocketAddr, mpsc::Sender<Vec<u8>>),
}

impl Peer {
    const fn address(&self) -> SocketAddr {
        match self {
            Self::Udp(address) | Self::Tcp(address, _) => *address,
        }
    }
}

/// All that the server knows, shared by its tasks and its cameras' on one thread.
#[derive(Clone, Debug)]
pub struct Office(Rc<RefCell<Desk>>);

struct Desk {
    config: config::Gb28181,
    passwords: BTreeMap<String, Secret>,
    udp: Option<Rc<UdpSocket>>,
    here: BTreeMap<String, Device>,
    /// Challenges that were given out, oldest first.
    nonces: VecDeque<String>,
    /// Who waits for the answer with that number.
    waiting: BTreeMap<u32, oneshot::Sender<Element>>,
    sequence: u32,
    counted: Counted,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("here", &self.here).finish_non_exhaustive()
    }
}

struct Counted {
    registered: Gauge,
    registrations: Counter,
    refused: Counter,
    keepalives: Counter,
}

#[derive(Clone, Debug)]
struct Device {
    peer: Peer,
    /// It speaks the edition of 2022.
    is_2022: bool,
    seen: Mono,
    channels: Vec<String>,
}

/// Challenges that may be answered yet.
const MAX_NONCES: usize = 4096;
/// Three missed signs of life, a minute apart, nanoseconds.
const SILENT_NS: u64 = 190_000_000_000;
const EXPIRES: &str = "3600";
const ANSWER: Duration = Duration::from_secs(3);
/// By UDP a question may get lost.
const AGAIN: Duration = Duration::from_millis(900);
const MAX_CHANNELS: usize = 1000;

impl Office {
    pub fn new(
        config: config::Gb28181,
        passwords: BTreeMap<String, Secret>,
        udp: Option<Rc<UdpSocket>>,
        metrics: &Metrics,
    ) -> Self {
        let counter = |name| metrics.counter(name, &[]);
        let counted = Counted {
            registered: metrics.gauge("fairway_gb28181_devices", &[]),
            registrations: counter("fairway_gb28181_registrations_total"),
            refused: counter("fairway_gb28181_refused_total"),
            keepalives: counter("fairway_gb28181_keepalives_total"),
        };
        let (here, waiting) = (BTreeMap::new(), BTreeMap::new());
        let (nonces, sequence) = (VecDeque::new(), 0);
        Self(Rc::new(RefCell::new(Desk { config, passwords, udp, here, nonces, waiting, sequence, counted })))
    }

    pub fn count_refused(&self) {
        self.0.borrow().counted.refused.increment(1);
    }

    /// A connection is no more.
    pub fn gone(&self, address: SocketAddr) {
        let mut desk = self.0.borrow_mut();
        desk.here.retain(|_, device| !matches!(&device.peer, Peer::Tcp(own, _) if *own == address));
        desk.count();
    }

    /// Takes a message: its answer.
    pub fn take(&self, message: &Message, peer: &Peer) -> Option<Message> {
        let mut desk = self.0.borrow_mut();
        match message.method() {
            Some("REGISTER") => Some(desk.register(message, peer)),
            Some("MESSAGE" | "NOTIFY") => Some(desk.message(message, peer)),
            // To answers we say nothing: what matters comes in a message of its own.
            Some("ACK") | None => None,
            Some(_) => Some(message.answer(405, "Method Not Allowed", TAG)),
        }
    }

    /// Whether a device is here, and speaks the edition of 2022.
    pub fn finds(&self, id: &str) -> Option<bool> {
        let desk = self.0.borrow();
        let device = desk.here.get(id)?;
        (Mono::now().since_ns(device.seen) < SILENT_NS).then_some(device.is_2022)
    }

    /// The channels that a device has told.
    pub fn channels(&self, id: &str) -> Vec<String> {
        self.0.borrow().here.get(id).map_or_else(Vec::new, |device| device.channels.clone())
    }

    /// Tells a device something, and does not wait.
    pub async fn tell(&self, id: &str, body: &str) -> Result<(), Fault> {
        let sn = self.next();
        self.send(id, &with_number(body, sn)).await
    }

    /// Asks a device something.
    pub async fn ask(&self, id: &str, body: &str) -> Result<Element, Fault> {
        let sn = self.next();
        let (sender, mut answer) = oneshot::channel();
        self.0.borrow_mut().waiting.insert(sn, sender);
        let body = with_number(body, sn);
        let asked = async {
            self.send(id, &body).await?;
            if let Ok(answer) = tokio::time::timeout(AGAIN, &mut answer).await {
                return answer.map_err(|_| Fault::Late);
            }
            self.send(id, &body).await?;
            answer.await.map_err(|_| Fault::Late)
        };
        let done = tokio::time::timeout(ANSWER, asked).await.unwrap_or(Err(Fault::Late));
        self.0.borrow_mut().waiting.remove(&sn);
        done
    }

    fn next(&self) -> u32 {
        let mut desk = self.0.borrow_mut();
        desk.sequence = desk.sequence.wrapping_add(1);
        desk.sequence
    }

    async fn send(&self, id: &str, body: &str) -> Result<(), Fault> {
        let away = || Fault::Unreachable("has not registered".to_owned());
        let (message, peer, udp) = {
            let mut desk = self.0.borrow_mut();
            let peer = desk.here.get(id).map(|device| device.peer.clone()).ok_or_else(away)?;
            (desk.compose(id, body, &peer), peer, desk.udp.clone())
        };
        match (peer, udp) {
            (Peer::Udp(address), Some(udp)) => {
                let sent = udp.send_to(&message, address).await;
                sent.map(drop).map_err(|error| Fault::Unreachable(error.kind().to_string()))
            }
            (Peer::Tcp(_, sender), _) => sender.try_send(message).map_err(|_| away()),
            (Peer::Udp(_), None) => Err(away()),
        }
    }
}

/// The numbers of questions are given where `{SN}` stands.
fn with_number(body: &str, sn: u32) -> String {
    format!("<?xml version=\"1.0\" encoding=\"GB18030\"?>\r\n{}\r\n", body.replace("{SN}", &sn.to_string()))
}

const TAG: &str = "fairway";
const CATALOGUE: &str = "<Query><CmdType>Catalog</CmdType><SN>{SN}</SN><DeviceID>{ID}</DeviceID></Query>";

impl Desk {
    fn count(&self) {
        self.counted.registered.set(self.here.len() as f64);
    }

    fn register(&mut self, message: &Message, peer: &Peer) -> Message {
        let Some(id) = message.user("From").map(str::to_owned) else {
            return message.answer(400, "Bad Request", TAG);
        };
        let Some(password) = self.passwords.get(&id) else {
            self.counted.refused.increment(1);
            return message.answer(403, "Forbidden", TAG);
        };
        let said = message.header("Authorization").and_then(Parameters::parse);
        let is_proved = said.is_some_and(|said| {
            let is_ours = said.get("nonce").is_some_and(|nonce| self.nonces.iter().any(|own| own == nonce));
            is_ours && said.get("username") == Some(&id) && said.proves("REGISTER", &password.0)
        });
        if !is_proved {
            let Ok(nonce) = nonce() else { return message.answer(500, "Server Error", TAG) };
            if self.nonces.len() >= MAX_NONCES {
                self.nonces.pop_front();
            }
            self.nonces.push_back(nonce.clone());
            let realm = &self.config.realm;
            let challenge =
                format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\"");
            return message.answer(401, "Unauthorized", TAG).with("WWW-Authenticate", challenge);
        }
        let expires = message.header("Expires").unwrap_or(EXPIRES).to_owned();
        if expires == "0" {
            self.here.remove(&id);
        } else {
            let is_2022 = message.header("X-GB-Ver").is_some_and(|version| version.starts_with('3'));
            let channels = self.here.remove(&id).map_or_else(Vec::new, |old| old.channels);
            self.here.insert(id.clone(), Device { peer: peer.clone(), is_2022, seen: Mono::now(), channels });
            self.counted.registrations.increment(1);
            tracing::info!(device = id, address = %peer.address(), "camera registered");
        }
        self.count();
        message.answer(200, "OK", TAG).with("Date", date()).with("Expires", expires)
    }

    fn message(&mut self, message: &Message, peer: &Peer) -> Message {
        let Some(id) = message.user("From").map(str::to_owned) else {
            return message.answer(400, "Bad Request", TAG);
        };
        let is_here = self.here.get_mut(&id).is_some_and(|device| {
            let is_same = device.peer.address().ip() == peer.address().ip();
            if is_same {
                device.seen = Mono::now();
                // Behind a translator of addresses its port may move.
                device.peer = peer.clone();
            }
            is_same
        });
        if !is_here {
            self.counted.refused.increment(1);
            return message.answer(403, "Forbidden", TAG);
        }
        if let Some(root) = document(&message.body) {
            match root.text_at("CmdType") {
                Some("Keepalive") => self.counted.keepalives.increment(1),
                kind => {
                    if kind == Some("Catalog") {
                        self.catalogue(&id, &root);
                    }
                    let sn = root.text_at("SN").and_then(|sn| sn.parse().ok());
                    if let Some(sender) = sn.and_then(|sn: u32| self.waiting.remove(&sn)) {
                        let _ = sender.send(root);
                    }
                }
            }
        }
        message.answer(200, "OK", TAG)
    }

    fn catalogue(&mut self, id: &str, root: &Element) {
        let mut items = Vec::new();
        root.all("Item", &mut items);
        let Some(device) = self.here.get_mut(id) else { return };
        for channel in items.iter().filter_map(|item| item.text_at("DeviceID")) {
            if device.channels.len() < MAX_CHANNELS && !device.channels.iter().any(|own| own == channel) {
                device.channels.push(channel.to_owned());
            }
        }
    }

    fn compose(&mut self, id: &str, body: &str, peer: &Peer) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let (own, realm, number) = (&self.config.id, &self.config.realm, self.sequence);
        let transport = if matches!(peer, Peer::Udp(_)) { "UDP" } else { "TCP" };
        let at = self.config.listen;
        let headers = [
            ("Via", format!("SIP/2.0/{transport} {at};rport;branch=z9hG4bK{number}")),
            ("From", format!("<sip:{own}@{realm}>;tag=f{number}")),
            ("To", format!("<sip:{id}@{realm}>")),
            ("Call-ID", format!("{number}@{realm}")),
            ("CSeq", format!("{number} MESSAGE")),
            ("Max-Forwards", "70".to_owned()),
            ("Content-Type", "Application/MANSCDP+xml".to_owned()),
        ];
        let message = Message {
            first: First::Request {
                method: "MESSAGE".to_owned(),
                uri: format!("sip:{id}@{}", peer.address()),
            },
            headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body: body.replace("{ID}", id).into_bytes(),
        };
        message.bytes()
    }
}

/// What is said of the encoding is often wrong: strictly UTF-8 first, then GB 18030.
fn document(body: &[u8]) -> Option<Element> {
    if body.is_empty() || body.len() > sip::MAX_BODY {
        return None;
    }
    let text = match std::str::from_utf8(body) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(body).0.into_owned(),
    };
    xml::parse(text.trim_start_matches('\u{feff}').trim_start()).ok()
}

/// Devices set their clocks by it: Beijing's, as they have it.
fn date() -> String {
    let now = now_utc().plus_s(8.0 * 3600.0);
    let [year, month, day, hour, minute, second] = calendar::civil(now).unwrap_or_default();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000")
}

/// Asks a device for its channels.
pub async fn catalogue(office: &Office, id: &str) -> Result<usize, Fault> {
    office.ask(id, &CATALOGUE.replace("{ID}", id)).await?;
    Ok(office.channels(id).len())
}
