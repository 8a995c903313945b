//! What operators may do, and what comes of it.

use crate::support::{Folder, eventually, report, scrape, source, start};
use crate::wires::{connect, digest, named, snapshot_end, until};
use engine::feed::access::{Action, Role, may};
use engine::feed::console::{Console, Picture, Wire};
use engine::feed::proto::{self, client_message::Body as Say, command::Body as Do, server_message::Body};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};

fn token(role: Role) -> String {
    format!("token-of-{}", role.as_str())
}

/// A tokens' file with one user of each role, and the configuration that names it.
fn config(folder: &Folder) -> String {
    let line = |role: Role| {
        let hash =
            Sha256::digest(token(role)).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        format!("{hash} {} Somebody {}\n", role.as_str(), role.as_str())
    };
    let tokens = folder.file("tokens");
    std::fs::write(&tokens, Role::ALL.map(line).concat()).unwrap();
    format!(
        "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
         [feed]\njson = \"127.0.0.1:0\"\ntokens = '{}'\nlimits = {{ messages_per_s = 1000 }}\n\
         [http]\nlisten = \"127.0.0.1:0\"\n[audit]\npath = '{}'\n\
         [watch.grid]\nlimit = 2\non_delay_s = 0.0\n",
        tokens.display(),
        folder.file("audit.jsonl").display()
    )
}

fn desk(feed: SocketAddr, wire: Wire, role: Role) -> (Console, Picture) {
    let hello = proto::Hello { token: Some(token(role)), ..named(role.as_str()) };
    let (mut console, mut picture) = (connect(feed, wire, hello), Picture::default());
    until(&mut console, &mut picture, snapshot_end);
    assert_eq!(picture.welcome.role, role.as_str());
    (console, picture)
}

fn command((console, picture): &mut (Console, Picture), id: &str, body: Do) -> proto::Answer {
    console.say(Say::Command(proto::Command { id: id.to_owned(), body: Some(body) })).unwrap();
    until(console, picture, |body| match body {
        Body::Answer(answer) if answer.id == id => Some(answer.clone()),
        _ => None,
    })
}

/// A command of each kind, about things that there are not.
fn idle(action: Action) -> Do {
    match action {
        Action::Acknowledge => Do::Acknowledge(proto::Acknowledge::default()),
        Action::Silence => Do::Silence(proto::Silence::default()),
        Action::Transfer => Do::Transfer(proto::Transfer::default()),
        Action::Accept => Do::Accept(proto::Accept::default()),
        Action::Shelve => Do::Shelve(proto::Shelve::default()),
        Action::Unshelve => Do::Unshelve(proto::Unshelve::default()),
        Action::Close => Do::Close(proto::Close::default()),
        Action::Label => Do::Label(proto::Label::default()),
        Action::Link => Do::Link(proto::Link::default()),
        Action::Unlink => Do::Unlink(proto::Unlink::default()),
        Action::PointCamera => Do::PointCamera(proto::PointCamera::default()),
        Action::ReleaseCamera => Do::ReleaseCamera(proto::ReleaseCamera::default()),
        Action::PutZone => Do::PutZone(proto::PutZone::default()),
        Action::RemoveZone => Do::RemoveZone(proto::RemoveZone::default()),
        Action::Note => Do::Note(proto::Note::default()),
        Action::MarkIncident => Do::MarkIncident(proto::MarkIncident::default()),
        Action::Replay => Do::Replay(proto::Replay::default()),
        Action::Look | Action::ReadMetrics => panic!("no command of the feed"),
    }
}

#[test]
fn every_role_may_do_what_the_table_says_and_nothing_else() {
    let folder = Folder::new("roles");
    let engine = start(&config(&folder));
    let feed = engine.addresses().json.unwrap();
    let mut refused = 0;
    for role in Role::ALL {
        let mut desk = desk(feed, Wire::Proto, role);
        for action in Action::commands() {
            let id = format!("{}-{}", role.as_str(), action.as_str().replace('_', "-"));
            let answer = command(&mut desk, &id, idle(action));
            assert_eq!(answer.code != 403, may(role, action), "{role:?} {action:?}: {answer:?}");
            refused += usize::from(answer.code == 403);
        }
    }
    // Who has no token, or another one, does not get in at all.
    for token in [None, Some("token-of-nobody".to_owned())] {
        let mut console = connect(feed, Wire::Json, proto::Hello { token, ..named("nobody") });
        let said = console.receive().unwrap().unwrap().body;
        assert!(matches!(said, Some(Body::Error(error)) if error.code == 401 && error.last));
    }
    let all = Role::ALL.len() * Action::commands().count();
    println!("{all} cells, {refused} refused");
    drop(engine.stop());
    let log = std::fs::read_to_string(folder.file("audit.jsonl")).unwrap();
    assert_eq!(log.lines().count(), all, "each is recorded, done or refused");
    assert_eq!(log.matches("\"code\":403").count(), refused);
}

#[test]
fn what_one_operator_does_all_see_and_none_does_twice() {
    let folder = Folder::new("commands");
    let engine = start(&config(&folder));
    let feed = engine.addresses().json.unwrap();
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    for n in 1..=3 {
        sea.write_all(&report(413_000_000 + n, 29.5 + f64::from(n) * 0.1, 122.1)).unwrap();
    }
    let metrics = engine.addresses().http.unwrap();
    eventually("three tracks", || scrape(metrics).sum("fairway_tracks", "") == 3);

    let mut lin = desk(feed, Wire::WebSocketJson, Role::Operator);
    let mut zhao = desk(feed, Wire::Proto, Role::Supervisor);
    let (mut wall, mut shown) = desk(feed, Wire::Json, Role::Viewer);
    let tracks: Vec<u64> = lin.1.tracks.keys().copied().collect();
    let [first, second, third] = tracks[..] else { panic!("{tracks:?}") };
    let label =
        |track, revision, text: &str| Do::Label(proto::Label { track, revision, text: text.to_owned() });
    let remarks = |body: &Body| if let Body::Remarks(remarks) = body { Some(remarks.clone()) } else { None };

    let answer = command(&mut lin, "label-0001", label(first, 0, "pilot boat"));
    assert_eq!((answer.code, answer.revision), (200, Some(1)));
    let told = until(&mut wall, &mut shown, remarks);
    assert_eq!((told.track, told.label.as_deref(), told.revision), (first, Some("pilot boat"), 1));

    // Somebody was faster; the same again; the same id from another desk.
    let answer = command(&mut zhao, "label-0002", label(first, 0, "tug"));
    assert_eq!((answer.code, answer.revision), (409, Some(1)), "{answer:?}");
    let answer = command(&mut zhao, "label-0002", label(first, 1, "tug"));
    assert_eq!(answer.code, 409, "an id is used once: {answer:?}");
    let answer = command(&mut zhao, "label-0001", label(first, 1, "tug"));
    assert_eq!((answer.code, answer.revision), (200, Some(1)), "what was done is not done again");

    let answer =
        command(&mut zhao, "link-0001", Do::Link(proto::Link { track: first, revision: 1, other: second }));
    assert_eq!((answer.code, answer.revision), (200, Some(2)));
    let merge =
        until(
            &mut wall,
            &mut shown,
            |body| {
                if let Body::Merge(merge) = body { Some(merge.clone()) } else { None }
            },
        );
    assert_eq!((merge.from, merge.into), (vec![second], first));
    let answer =
        command(&mut zhao, "link-0002", Do::Link(proto::Link { track: third, revision: 0, other: second }));
    assert_eq!(answer.code, 200);
    let answer = command(&mut lin, "unlink-0001", Do::Unlink(proto::Unlink { track: second, revision: 2 }));
    assert_eq!(answer.code, 200, "{answer:?}");
    let split =
        until(
            &mut wall,
            &mut shown,
            |body| {
                if let Body::Split(split) = body { Some(split.clone()) } else { None }
            },
        );
    assert_eq!((split.from, split.into), (first, vec![second]));
    let note = proto::Note { track: Some(third), alert: None, text: "called on 16, no answer".to_owned() };
    assert_eq!(command(&mut lin, "note-0001", Do::Note(note)).code, 200);
    let place = Some(proto::Point { lat: 29.9, lon: 122.2 });
    let mark = proto::MarkIncident { text: "collision".to_owned(), place, track: None };
    assert_eq!(command(&mut lin, "mark-0001", Do::MarkIncident(mark)).code, 200);
    until(&mut wall, &mut shown, |body| matches!(body, Body::Incident(_)).then_some(()));

    let mut refused = 0;
    for (id, body, code) in [
        ("short", label(first, 0, "x"), 400),
        ("label-0003", label(999, 0, "x"), 404),
        ("label-0004", label(first, 0, &"x".repeat(65)), 400),
        ("link-0003", Do::Link(proto::Link { track: first, revision: 0, other: first }), 400),
        ("unlink-0002", Do::Unlink(proto::Unlink { track: second, revision: 3 }), 422),
        ("acknowledge-0001", Do::Acknowledge(proto::Acknowledge::default()), 404),
        ("zone-0001", Do::PutZone(proto::PutZone::default()), 403),
        ("camera-0001", Do::PointCamera(proto::PointCamera::default()), 404),
        ("note-0002", Do::Note(proto::Note::default()), 400),
    ] {
        let answer = command(&mut lin, id, body);
        assert_eq!(answer.code, code, "{answer:?}");
        // What has no id is nobody's to record.
        refused += usize::from(id != "short");
    }

    // Who comes later sees it all; what was seen by all is the same.
    let mut late = desk(feed, Wire::WebSocketProto, Role::Investigator);
    for (console, picture) in [&mut late, &mut lin, &mut zhao] {
        console.say(Say::Subscribe(proto::Subscribe::default())).unwrap();
        until(console, picture, digest);
    }
    assert_eq!(late.1.remarks, lin.1.remarks);
    assert_eq!(late.1.remarks, zhao.1.remarks);
    assert_eq!(late.1.incidents, lin.1.incidents);
    let linked = |track| late.1.remarks[&track].linked.clone();
    assert_eq!((linked(first), linked(second), linked(third)), (vec![third], vec![], vec![first]));
    assert_eq!(late.1.remarks[&third].notes[0].user, "Somebody operator");
    drop(engine.stop());
    let log = std::fs::read_to_string(folder.file("audit.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 9 + refused, "{log}");
}

#[test]
fn ten_acknowledge_an_alert_and_one_was_first() {
    let folder = Folder::new("race");
    let engine = start(&config(&folder));
    let feed = engine.addresses().json.unwrap();
    let mut desks: Vec<_> = (0..10).map(|n| desk(feed, Wire::ALL[n % 4], Role::Operator)).collect();
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    // Two in one cell, twice: confirmed, and too many.
    for round in [0.0, 0.00002] {
        for n in 1..=2 {
            sea.write_all(&report(413_000_000 + n, 29.905 + f64::from(n) * 1e-3 + round, 122.105)).unwrap();
        }
    }
    let raised = |body: &Body| match body {
        Body::Alert(alert) if alert.kind == 312 => Some(alert.clone()),
        _ => None,
    };
    let (console, picture) = &mut desks[0];
    let alert = until(console, picture, raised);
    assert_eq!(alert.state, i32::from(proto::AlertState::Active));
    let codes: Vec<(u32, Option<u32>)> = std::thread::scope(|scope| {
        let racing: Vec<_> = (0..)
            .zip(&mut desks)
            .map(|(n, desk)| {
                let acknowledge =
                    proto::Acknowledge { alert: alert.id, revision: alert.revision, reason: String::new() };
                scope.spawn(move || {
                    let answer = command(desk, &format!("acknowledge-{n}"), Do::Acknowledge(acknowledge));
                    (answer.code, answer.revision)
                })
            })
            .collect();
        racing.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|(code, _)| *code == 200).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|(code, _)| *code == 409).count(), 9, "{codes:?}");
    assert!(codes.iter().all(|(_, revision)| revision.is_some_and(|now| now > alert.revision)), "{codes:?}");
    for (console, picture) in &mut desks {
        console.say(Say::Subscribe(proto::Subscribe::default())).unwrap();
        until(console, picture, digest);
        let shown = &picture.alerts[&alert.id];
        assert_eq!(shown.state, i32::from(proto::AlertState::Acknowledged));
        assert_eq!(shown.user.as_deref(), Some("Somebody operator"));
    }
    // Shelved for too long, and for a reason that is none.
    let revision = desks[0].1.alerts[&alert.id].revision;
    for (for_s, reason, code) in [(7200, "planned", 422), (60, "because", 400), (60, "planned", 200)] {
        let shelve = proto::Shelve { alert: alert.id, revision, for_s, reason: reason.to_owned() };
        let answer = command(&mut desks[0], &format!("shelve-{for_s}-{reason}"), Do::Shelve(shelve));
        assert_eq!(answer.code, code, "{answer:?}");
    }
    drop(engine.stop());
}

#[test]
fn a_zone_is_drawn_changed_and_removed_while_the_watch_goes_on() {
    let folder = Folder::new("zones");
    let engine = start(&config(&folder));
    let feed = engine.addresses().json.unwrap();
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    let metrics = engine.addresses().http.unwrap();
    let mut sail = |step: u32| {
        sea.write_all(&report(413_000_001, 29.875, 122.125 + f64::from(step) * 1e-5)).unwrap();
    };
    sail(0);
    sail(1);
    eventually("two reports", || scrape(metrics).sum("fairway_core_events_total", "") >= 2);

    let mut zhao = desk(feed, Wire::Proto, Role::Supervisor);
    let (mut wall, mut shown) = desk(feed, Wire::WebSocketJson, Role::Viewer);
    let square = |half: f64| -> Vec<proto::Point> {
        let corners = [(-half, -half), (-half, half), (half, half), (half, -half)];
        corners.map(|(lat, lon)| proto::Point { lat: 29.875 + lat, lon: 122.125 + lon }).to_vec()
    };
    let put = |polygon, revision| {
        let zone =
            proto::Zone { name: "wreck".to_owned(), polygon, revision, dwell_s: 0.1, ..Default::default() };
        Do::PutZone(proto::PutZone { zone: Some(zone) })
    };
    let zone = |body: &Body| if let Body::Zone(zone) = body { Some(zone.clone()) } else { None };
    let entry = |state: proto::AlertState| {
        move |body: &Body| match body {
            Body::Alert(alert) if alert.kind == 301 && alert.state == i32::from(state) => Some(alert.clone()),
            _ => None,
        }
    };

    let answer = command(&mut zhao, "zone-0001", put(square(0.007_812_5), 0));
    assert_eq!((answer.code, answer.revision), (200, Some(1)), "{answer:?}");
    let told = until(&mut wall, &mut shown, zone);
    assert_eq!((told.name.as_str(), told.revision, told.polygon), ("wreck", 1, square(0.007_812_5)));
    assert_eq!((told.classes.len(), told.buffer_m), (2, 25.0), "the usual ones");
    // Who is inside already is found there.
    for step in 2..5 {
        std::thread::sleep(std::time::Duration::from_millis(150));
        sail(step);
    }
    let alert = until(&mut wall, &mut shown, entry(proto::AlertState::Active));
    assert_eq!(alert.zone.as_deref(), Some("wreck"));

    // Somebody was faster; nonsense; another shape, far from everybody.
    assert_eq!(command(&mut zhao, "zone-0002", put(square(0.015_625), 0)).code, 409);
    assert_eq!(command(&mut zhao, "zone-0003", put(square(0.015_625)[..2].to_vec(), 1)).code, 400);
    assert_eq!(
        command(&mut zhao, "zone-0004", put(vec![proto::Point { lat: 91.0, lon: 0.0 }; 3], 1)).code,
        400
    );
    let far = || {
        square(0.007_812_5).into_iter().map(|at| proto::Point { lat: at.lat + 1.0, ..at }).collect::<Vec<_>>()
    };
    let answer = command(&mut zhao, "zone-0005", put(far(), 1));
    assert_eq!((answer.code, answer.revision), (200, Some(2)), "{answer:?}");
    let over = |body: &Body| match body {
        Body::Alert(alert) if alert.kind == 301 && alert.state != i32::from(proto::AlertState::Active) => {
            Some(())
        }
        _ => None,
    };
    // Alerts go first.
    until(&mut wall, &mut shown, over);
    assert_eq!(until(&mut wall, &mut shown, zone).polygon, far());

    let remove = |revision| Do::RemoveZone(proto::RemoveZone { name: "wreck".to_owned(), revision });
    assert_eq!(command(&mut zhao, "zone-0006", remove(1)).code, 409);
    assert_eq!(command(&mut zhao, "zone-0007", remove(2)).code, 200);
    until(&mut wall, &mut shown, |body| {
        matches!(body, Body::ZoneGone(gone) if gone.name == "wreck").then_some(())
    });
    assert_eq!(command(&mut zhao, "zone-0008", remove(2)).code, 404);
    // Drawn again its revision still rises, and who comes late sees it once.
    let answer = command(&mut zhao, "zone-0009", put(square(0.007_812_5), 0));
    assert_eq!((answer.code, answer.revision), (200, Some(4)), "{answer:?}");
    let late = desk(feed, Wire::Json, Role::Viewer);
    assert_eq!(late.1.zones.len(), 1);
    assert_eq!(late.1.zones["wreck"].revision, 4);
    drop(engine.stop());
    let log = std::fs::read_to_string(folder.file("audit.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 9, "{log}");
}
