//! Cameras that lie, stall, flood and redirect for ever: each costs its own task and nothing else.

use crate::sim::{Shared, serve};
use crate::support::Folder;
use crate::{Desk, PASSWORD, start};
use simulate::camera::Make;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Reads one request, and answers with what `each` says; `None` closes.
fn answering(each: impl Fn(usize) -> Option<Vec<u8>> + Send + Sync + 'static) -> SocketAddr {
    serve(move |mut stream: TcpStream| {
        let (mut buffer, mut count) = ([0; 8 * 1024], 0);
        while let Ok(1..) = stream.read(&mut buffer) {
            count += 1;
            let Some(answer) = each(count) else { return };
            if stream.write_all(&answer).is_err() {
                return;
            }
        }
    })
}

fn http(head: &str, body: &[u8]) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    out.extend_from_slice(body);
    out
}

#[test]
fn a_hostile_camera_costs_its_own_slot() {
    let folder = Folder::new("hostile");
    let good = Shared::new(Make::default());
    let huge = format!("<a>{}</a>", "<b>x</b>".repeat(1 << 20));
    let deep = "<a>".repeat(50_000);
    let lies = "<s:Envelope xmlns:s=\"x\"><s:Body><R><PTZ><XAddr>http://x/ptz</XAddr></PTZ><Profiles token=\"p\">\
                <PTZConfiguration/></Profiles><Position><PanTilt x=\"NaN\" y=\"north\"/></Position></R></s:Body></s:Envelope>";
    let hostile: Vec<(&str, SocketAddr, &str)> = vec![
        (
            "endless redirect",
            answering(|_| Some(http("302 Found\r\nLocation: http://198.51.100.1/again", b""))),
            "redirects without end",
        ),
        (
            "huge",
            answering(move |_| Some(http("200 OK", huge.as_bytes()))),
            "a longer answer than there can be",
        ),
        ("deep", answering(move |_| Some(http("200 OK", deep.as_bytes()))), "no XML"),
        (
            "bomb",
            answering(|_| Some(http("200 OK", b"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"))),
            "no XML",
        ),
        (
            "half",
            answering(|_| Some(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n<a".to_vec())),
            "no answer in time",
        ),
        ("no http", answering(|_| Some(vec![0xFF; 4096])), "no HTTP"),
        ("closes", answering(|_| None), "not reached"),
        (
            "silent",
            answering(|_| {
                std::thread::sleep(Duration::from_mins(1));
                None
            }),
            "no answer in time",
        ),
        (
            "refuses",
            answering(|_| {
                Some(http("401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"", b""))
            }),
            "refuses our password",
        ),
        ("lies", answering(move |_| Some(http("200 OK", lies.as_bytes()))), "a position without numbers"),
        (
            "head",
            answering(|_| {
                Some(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20)).into_bytes())
            }),
            "no HTTP",
        ),
    ];
    let line = |address: SocketAddr| format!("protocol = \"onvif\"\naddress = \"{address}\"\n");
    let mut cameras = vec![("good", line(good.serve_onvif("admin", PASSWORD)))];
    cameras.extend(hostile.iter().map(|(name, address, _)| (*name, line(*address))));
    let engine = start(&folder, &cameras);
    let mut desk = Desk::new(&engine);
    desk.until("the good one is up", |desk| desk.camera("good").state == "up");
    // Time passes here as sources speak: the cameras' own words are enough for the feed.
    desk.until("all others are down", |desk| {
        hostile.iter().all(|(name, ..)| desk.camera(name).state == "down")
    });
    for (name, _, expected) in &hostile {
        let reason = desk.camera(name).reason.unwrap_or_default();
        assert!(reason.contains(expected), "{name}: {reason}");
        assert!(!reason.contains(PASSWORD), "{name}");
    }
    assert_eq!(desk.camera("good").state, "up");
    drop(engine.stop());
    let changes = std::fs::read_to_string(folder.file("changes.jsonl")).unwrap();
    assert!(!changes.contains(PASSWORD));
}
