//! Pelco-D: on a serial line; by one that only listens; and by one that falls silent.

use crate::sim::Shared;
use crate::support::Folder;
use crate::{Desk, Traffic, ships, start, watched};
use rustix::termios::{ControlModes, InputModes, LocalModes, OutputModes, tcgetattr};
use simulate::camera::Make;
use std::sync::atomic::Ordering;

#[test]
fn a_serial_line_is_as_good_as_a_converter() {
    let folder = Folder::new("serial");
    let camera = Shared::new(Make { pan_offset_deg: 300.0, ..Make::default() });
    let (path, line) = camera.serve_serial();
    let cooked = tcgetattr(&line).unwrap();
    assert!(
        cooked.local_modes.contains(LocalModes::ICANON | LocalModes::ECHO) && cooked.input_speed() != 4800
    );
    let serial = |path: &str| {
        format!(
            "protocol = \"pelco-d\"\naddress = \"{path}\"\nbaud = 4800\npan_offset_deg = 300.0\nlatency_s = 0.2\n"
        )
    };
    let cameras =
        [("hill", serial(&path)), ("none", serial("/dev/null")), ("gone", serial("/dev/no-such-line"))];
    let engine = start(&folder, &cameras);
    let [big, _] = ships();
    let _traffic = Traffic::sail(&engine, vec![big]);
    let mut desk = Desk::new(&engine);
    let track = desk.track(big.mmsi);
    desk.until("it is up", |desk| desk.camera("hill").state == "up");

    let modes = tcgetattr(&line).unwrap();
    assert_eq!((modes.input_speed(), modes.output_speed()), (4800, 4800));
    let control = modes.control_modes;
    assert_eq!(control & ControlModes::CSIZE, ControlModes::CS8);
    assert!(!control.intersects(ControlModes::PARENB | ControlModes::CSTOPB | ControlModes::CRTSCTS));
    assert!(!modes.local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG));
    assert!(!modes.input_modes.intersects(InputModes::IXON | InputModes::ICRNL | InputModes::ISTRIP));
    assert!(!modes.output_modes.contains(OutputModes::OPOST));

    let answer = desk.point("hill", track);
    assert_eq!(answer.code, 200, "{}", answer.text);
    desk.until("it is there", |desk| {
        desk.camera("hill").state == "up" && desk.camera("hill").track == Some(track)
    });
    let found = watched(&[("Pelco-D, serial, 200 m ship at 14 kn and 6 km", &camera, big)], 5);
    let (name, off) = &found[0];
    let most = off[off.len() - 1];
    println!(
        "{name}: off by {:.3} of the field of view at the median, {most:.3} at most",
        off[off.len() / 2]
    );
    assert!(most < 0.25, "{name}: {most}");

    // What is no serial line costs its own camera.
    for (name, expected) in
        [("none", "not reached: no serial line"), ("gone", "not reached: entity not found")]
    {
        desk.until("it is down", |desk| desk.camera(name).state == "down");
        assert_eq!(desk.camera(name).reason.as_deref(), Some(expected));
    }
    drop(engine.stop());
}

#[test]
fn one_that_only_listens_is_reckoned_and_one_that_falls_silent_is_an_alert() {
    let folder = Folder::new("silent-pelco");
    let [mute, talks] = [300.0, 60.0].map(|pan_offset_deg| {
        let camera = Shared::new(Make { pan_offset_deg, ..Make::default() });
        // Where somebody left it: not where it begins.
        let left = simulate::camera::Command::Go { angles_deg: Some([77.0, -20.0]), fov_deg: Some(9.0) };
        camera.camera.lock().unwrap().tell(left, crate::sim::now());
        camera
    });
    let line = |address, offset: f64| {
        format!(
            "protocol = \"pelco-d\"\naddress = \"{address}\"\npan_offset_deg = {offset}\nlatency_s = 0.2\n"
        )
    };
    let cameras =
        [("mute", line(mute.serve_pelco(false), 300.0)), ("talks", line(talks.serve_pelco(true), 60.0))];
    let engine = start(&folder, &cameras);
    let [big, _] = ships();
    let _traffic = Traffic::sail(&engine, vec![big]);
    let mut desk = Desk::new(&engine);
    let track = desk.track(big.mmsi);
    desk.until("both are up", |desk| ["mute", "talks"].iter().all(|name| desk.camera(name).state == "up"));

    let answer = desk.point("mute", track);
    assert_eq!(answer.code, 200, "{}", answer.text);
    desk.until("it must be there", |desk| {
        desk.camera("mute").state == "up" && desk.camera("mute").track == Some(track)
    });
    let found = watched(&[("Pelco-D that only listens, the ship, reckoned", &mute, big)], 5);
    let (name, off) = &found[0];
    let most = off[off.len() - 1];
    println!(
        "{name}: off by {:.3} of the field of view at the median, {most:.3} at most",
        off[off.len() / 2]
    );
    assert!(most < 0.5, "{name}: {most}");

    // The converter still takes what is said, but nobody answers that did.
    let is_alert = |desk: &Desk, name: &str| {
        desk.picture.alerts.values().any(|alert| alert.kind == 609 && alert.text_en.contains(name))
    };
    talks.alive.store(false, Ordering::Relaxed);
    desk.until("alert 609", |desk| is_alert(desk, "talks"));
    desk.until("its reason", |desk| desk.camera("talks").reason.as_deref() == Some("no answer in time"));
    // Tried again it is as dead: it is not taken for one that only listens.
    let told = || talks.camera.lock().unwrap().commands();
    let before = told();
    let began = std::time::Instant::now();
    desk.until("some tries later", |desk| {
        assert_eq!(desk.camera("talks").state, "down");
        began.elapsed().as_secs() >= 5
    });
    assert_eq!(told(), before, "nobody moved it");
    assert!(!is_alert(&desk, "mute") && desk.camera("mute").track == Some(track));
    talks.alive.store(true, Ordering::Relaxed);
    desk.until("it is up again", |desk| desk.camera("talks").state == "up");
    desk.until("609 is over", |desk| !is_alert(desk, "talks"));
    drop(engine.stop());
}
