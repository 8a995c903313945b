//! The camera as a GB/T 28181-2022 device: it registers with a SIP server, proves its password, says that it lives,
//! and does as it is told. Messages in, messages out.

use super::{Camera, Command};
use decoders::auth;
use decoders::gb28181::{self, Instruction};
use decoders::sip::{First, Message};
use decoders::xml::{self, Element};
use units::UtcTime;

/// A device around a camera.
#[derive(Debug)]
pub struct Device {
    id: String,
    password: String,
    server: String,
    realm: String,
    /// `UDP` or `TCP`, and its own address.
    via: (&'static str, String),
    /// The edition of the standard that it says it speaks: 3.0 is that of 2022.
    version: &'static str,
    sequence: u32,
    tries: u32,
    registered: bool,
    next: UtcTime,
}

/// It says that it lives this often, seconds.
const EVERY_S: f64 = 20.0;
/// It tries to register again after this, seconds.
const RETRY_S: f64 = 2.0;
const MANSCDP: &str = "Application/MANSCDP+xml";

impl Device {
    /// Number and password, the server's number and domain, the transport and its own address.
    #[must_use]
    pub fn new(
        id: &str,
        password: &str,
        (server, realm): (&str, &str),
        via: (&'static str, String),
        now: UtcTime,
    ) -> Self {
        Self {
            id: id.to_owned(),
            password: password.to_owned(),
            server: server.to_owned(),
            realm: realm.to_owned(),
            via,
            version: "3.0",
            sequence: 0,
            tries: 0,
            registered: false,
            next: now,
        }
    }

    /// As a device of 2016: no precise control.
    #[must_use]
    pub fn older(self) -> Self {
        Self { version: "2.0", ..self }
    }

    /// The server has taken it.
    #[must_use]
    pub const fn is_registered(&self) -> bool {
        self.registered
    }

    /// What it says of itself at an instant.
    pub fn run(&mut self, now: UtcTime, out: &mut Vec<Message>) {
        if now < self.next {
            return;
        }
        if self.registered {
            self.next = now.plus_s(EVERY_S);
            let body = format!(
                "<Notify><CmdType>Keepalive</CmdType><SN>{}</SN><DeviceID>{}</DeviceID><Status>OK</Status></Notify>",
                self.sequence, self.id
            );
            out.push(self.message(&body));
        } else {
            self.next = now.plus_s(RETRY_S);
            out.push(self.register(None));
        }
    }

    /// Takes a message of the server.
    pub fn take(&mut self, message: &Message, camera: &mut Camera, now: UtcTime, out: &mut Vec<Message>) {
        camera.run(now);
        let of = message.header("CSeq").and_then(|text| text.split_whitespace().nth(1));
        match (message.code(), of) {
            (Some(401), Some("REGISTER")) => {
                let challenge = message.header("WWW-Authenticate").and_then(auth::Parameters::parse);
                // A password that was refused is not tried again at once.
                if let Some(challenge) = challenge.filter(|_| self.tries < 3) {
                    self.tries += 1;
                    let proof = self.register(Some(&challenge));
                    out.push(proof);
                }
            }
            (Some(200), Some("REGISTER")) => {
                (self.registered, self.tries, self.next) = (true, 0, now);
            }
            (Some(_), _) => {}
            (None, _) if message.method() == Some("MESSAGE") => {
                out.push(message.answer(200, "OK", "sim"));
                let body = String::from_utf8_lossy(&message.body);
                if let Ok(root) = xml::parse(&body) {
                    self.asked(&root, camera, now, out);
                }
            }
            (None, _) => out.push(message.answer(405, "Method Not Allowed", "sim")),
        }
    }

    fn asked(&mut self, root: &Element, camera: &mut Camera, now: UtcTime, out: &mut Vec<Message>) {
        let sn = root.text_at("SN").unwrap_or("0").to_owned();
        let response = |kind: &str, more: &str| {
            format!(
                "<Response><CmdType>{kind}</CmdType><SN>{sn}</SN><DeviceID>{}</DeviceID>{more}</Response>",
                self.id
            )
        };
        match root.text_at("CmdType") {
            Some("DeviceControl") => {
                if let Some(precise) = root.child("PTZPreciseCtrl").filter(|_| self.version == "3.0") {
                    let [_, wide] = camera.make().fov_deg;
                    let angle = |name: &str| precise.number_at(name);
                    if let (Some(pan), Some(tilt)) = (angle("Pan"), angle("Tilt")) {
                        let fov_deg = angle("Zoom").map(|ratio| fov_of(ratio, wide));
                        camera.tell(Command::Go { angles_deg: Some([pan, tilt]), fov_deg }, now);
                    }
                } else if let Some(Ok(instruction)) = root.text_at("PTZCmd").map(Instruction::parse) {
                    instruct(instruction.command, camera, now);
                }
            }
            Some("PTZPosition") if self.version == "3.0" => {
                let [pan, tilt, fov] = camera.told();
                let [_, wide] = camera.make().fov_deg;
                let more = format!(
                    "<Result>OK</Result><Pan>{:.2}</Pan><Tilt>{tilt:.2}</Tilt><Zoom>{:.3}</Zoom>\
                     <HorizontalFieldAngle>{fov:.3}</HorizontalFieldAngle>",
                    pan.rem_euclid(360.0),
                    (wide.to_radians() / 2.0).tan() / (fov.to_radians() / 2.0).tan()
                );
                let body = response("PTZPosition", &more);
                out.push(self.message(&body));
            }
            Some("Catalog") => {
                let more = format!(
                    "<SumNum>1</SumNum><DeviceList Num=\"1\"><Item><DeviceID>{0}</DeviceID><Name>simulated</Name>\
                     <Manufacturer>Fairway</Manufacturer><Parental>0</Parental><Status>ON</Status><PTZType>1</PTZType>\
                     </Item></DeviceList>",
                    self.id
                );
                let body = response("Catalog", &more);
                out.push(self.message(&body));
            }
            _ => {}
        }
    }

    fn register(&mut self, challenge: Option<&auth::Parameters>) -> Message {
        let uri = format!("sip:{}@{}", self.server, self.realm);
        let message = self.request("REGISTER", &uri, &self.id.clone());
        let contact = format!("<sip:{}@{}>", self.id, self.via.1);
        let message = message.with("Contact", contact).with("Expires", "3600").with("X-GB-Ver", self.version);
        let request = auth::Request { method: "REGISTER", uri: &uri, count: 1, cnonce: "5f3a" };
        match challenge.and_then(|challenge| auth::answer(challenge, &self.id, &self.password, &request)) {
            Some(proof) => message.with("Authorization", proof),
            None => message,
        }
    }

    fn message(&mut self, body: &str) -> Message {
        let uri = format!("sip:{}@{}", self.server, self.realm);
        let mut message = self.request("MESSAGE", &uri, &self.server.clone()).with("Content-Type", MANSCDP);
        message.body = format!("<?xml version=\"1.0\" encoding=\"GB18030\"?>\r\n{body}").into_bytes();
        message
    }

    fn request(&mut self, method: &str, uri: &str, to: &str) -> Message {
        self.sequence += 1;
        let (transport, address) = &self.via;
        let headers = [
            ("Via", format!("SIP/2.0/{transport} {address};rport;branch=z9hG4bK{}", self.sequence)),
            ("From", format!("<sip:{}@{}>;tag=sim{}", self.id, self.realm, self.sequence)),
            ("To", format!("<sip:{to}@{}>", self.realm)),
            ("Call-ID", format!("{}-{}", self.id, self.sequence)),
            ("CSeq", format!("{} {method}", self.sequence)),
            ("Max-Forwards", "70".to_owned()),
        ];
        Message {
            first: First::Request { method: method.to_owned(), uri: uri.to_owned() },
            headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body: Vec::new(),
        }
    }
}

fn fov_of(ratio: f64, wide: f64) -> f64 {
    2.0 * ((wide.to_radians() / 2.0).tan() / ratio.max(0.01)).atan().to_degrees()
}

fn instruct(command: gb28181::Command, camera: &mut Camera, now: UtcTime) {
    let [pan_v, tilt_v] = camera.make().speed_deg_s;
    let [_, wide] = camera.make().fov_deg;
    let part = |speed: i16| f64::from(speed) / 255.0;
    match command {
        gb28181::Command::Move(way) => {
            let turn = Command::Turn {
                pan_deg_s: pan_v * part(way.pan),
                tilt_deg_s: tilt_v * part(way.tilt),
                zoom: Some(f64::from(way.zoom) / 15.0),
                for_s: None,
            };
            camera.tell(turn, now);
        }
        // The first preset is where it begins; it has no other.
        gb28181::Command::CallPreset(1) => {
            camera.tell(Command::Go { angles_deg: Some([0.0, 0.0]), fov_deg: Some(wide) }, now);
        }
        _ => {}
    }
}
