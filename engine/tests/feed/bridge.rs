//! Alerts as a bridge alert system meets them: sentences out, commands in, by whoever may give them.

use crate::support::{Folder, PATIENCE, report, source, start};
use socket2::{Domain, Socket, Type};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

/// A bridge, by its lines that begin with that; each checked for its length and its sum.
struct Bridge(BufReader<TcpStream>);

impl Bridge {
    fn connect(from: Ipv4Addr, to: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
        socket.connect(&to.into()).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(socket.into()))
    }

    fn until(&mut self, start: &str) -> Vec<String> {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            if !line.starts_with(start) {
                continue;
            }
            let (body, sum) = line.trim_end().strip_prefix('$').unwrap().split_once('*').unwrap();
            assert!(line.ends_with("\r\n") && line.len() <= 82, "{line:?}");
            assert_eq!(sum, format!("{:02X}", body.bytes().fold(0, |sum, byte| sum ^ byte)), "{line}");
            return body.split(',').map(str::to_owned).collect();
        }
    }

    /// The first sentence of an alert in that state.
    fn alert(&mut self, state: &str) -> Vec<String> {
        loop {
            let alert = self.until("$IIALF,2,1,");
            if alert[7] == state {
                return alert;
            }
        }
    }

    fn command(&mut self, alert: &[String], letter: &str) {
        let mut line = Vec::new();
        let body = format!("IIACN,060002.00,FWY,{},{},{letter},C", alert[9], alert[10]);
        decoders::nmea::encode_sentence(&mut line, b'$', body.as_bytes());
        self.0.get_mut().write_all(&line).unwrap();
    }
}

#[test]
fn a_bridge_is_told_and_commands_what_it_may() {
    let folder = Folder::new("bridge");
    let desk = Ipv4Addr::new(127, 0, 0, 2);
    let engine = start(&format!(
        "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
         [feed]\nnmea = \"127.0.0.1:0\"\n\
         desks = [{{ address = \"{desk}\", name = \"bridge wing\", role = \"operator\" }}]\n\
         [audit]\npath = '{}'\n[watch.grid]\nlimit = 2\non_delay_s = 0.0\n",
        folder.file("audit.jsonl").display()
    ));
    let nmea = engine.addresses().nmea.unwrap();
    let mut viewer = Bridge::connect(Ipv4Addr::LOCALHOST, nmea);
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    // Two in one cell, twice: confirmed, and too many.
    for round in [0.0, 0.00002] {
        for n in 1..=2 {
            sea.write_all(&report(413_000_000 + n, 29.905 + f64::from(n) * 1e-3 + round, 122.105)).unwrap();
        }
    }

    // A crowded cell: a warning of category B, which nobody has acknowledged.
    let raised = viewer.alert("V");
    assert_eq!((&*raised[5], &*raised[6], &*raised[8], &*raised[9]), ("B", "W", "FWY", "10312"));
    assert_eq!(raised[13], "Cell density");
    let second = viewer.until("$IIALF,2,2,");
    assert_eq!((&second[3], &second[9..13]), (&raised[3], &raised[9..13]), "the two belong together");
    assert!(second[4..8].iter().all(String::is_empty) && second[13].contains("vessels"), "{second:?}");

    // Who only looks is refused, and the alert stays as it is.
    viewer.command(&raised, "A");
    let refusal = viewer.until("$IIARC,");
    assert_eq!(refusal[2..], ["FWY", "10312", &raised[10], "A"]);

    // Who comes later is told what stands; and by the list, too.
    let mut bridge = Bridge::connect(desk, nmea);
    assert_eq!(bridge.alert("V")[9..11], raised[9..11]);
    let list = bridge.until("$IIALC,");
    assert_eq!(list[1..5], ["01", "01", "00", "1"]);
    assert_eq!(list[5..8], ["FWY", "10312", &raised[10]]);
    assert_eq!(bridge.until("$IIHBT,")[1..], ["30.0", "A", "0"]);

    // Silence, asked for again, acknowledge: all are told.
    bridge.command(&raised, "S");
    let silenced = bridge.alert("S");
    assert!(silenced[11] > raised[11], "one revision more");
    bridge.command(&raised, "Q");
    assert_eq!(bridge.alert("S"), silenced, "said again as it was");
    bridge.command(&raised, "A");
    for console in [&mut bridge, &mut viewer] {
        assert_eq!(console.alert("A")[9..11], raised[9..11]);
    }

    // What is acknowledged cannot be again; what nobody knows cannot be at all; and nobody takes it over by sentence.
    bridge.command(&raised, "A");
    assert_eq!(bridge.until("$IIARC,")[5], "A");
    bridge.command(&raised, "O");
    assert_eq!(bridge.until("$IIARC,")[5], "O");
    let mut stranger = raised;
    "99".clone_into(&mut stranger[10]);
    bridge.command(&stranger, "A");
    assert_eq!(bridge.until("$IIARC,")[2..5], ["FWY", "10312", "99"]);

    drop(engine.stop());
    let log = std::fs::read_to_string(folder.file("audit.jsonl")).unwrap();
    assert_eq!(log.matches("\"code\":200").count(), 2, "{log}");
    assert!(log.contains("\"code\":403"), "{log}");
    assert_eq!(log.matches("bridge wing").count(), 3, "two done and one too late: {log}");
}
