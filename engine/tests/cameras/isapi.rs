//! Hikvision ISAPI: pointed, asked, photographed; and one that does not believe us.

use crate::sim::Shared;
use crate::support::{Folder, eventually};
use crate::{Desk, PASSWORD, Traffic, assert_page_has, proto, ships, start, watched};
use crate::{Do, HEIGHT_M, hill};
use simulate::camera::Make;

#[test]
fn an_isapi_camera_is_pointed_asked_and_photographed() {
    let folder = Folder::new("isapi");
    let make = Make { pan_offset_deg: 140.0, tilt_offset_deg: 0.4, ..Make::default() };
    let (dome, stranger) = (Shared::new(make), Shared::new(Make::default()));
    // It counts downwards.
    let mount =
        "pan_offset_deg = 140.0\ntilt_offset_deg = 0.4\ntilt_reversed = true\ntilt_deg = [-30.0, 90.0]\n";
    let line = |address| format!("protocol = \"isapi\"\naddress = \"{address}\"\nlatency_s = 0.2\n");
    let cameras = [
        ("dome", line(dome.serve_isapi("admin", PASSWORD)) + mount),
        ("stranger", line(stranger.serve_isapi("admin", "another"))),
    ];
    let engine = start(&folder, &cameras);
    let [big, _] = ships();
    let _traffic = Traffic::sail(&engine, vec![big]);
    let mut desk = Desk::new(&engine);
    let track = desk.track(big.mmsi);

    // Before anybody points it, it looks along its zeros, as wide as it can: by its own word.
    desk.until("it is up", |desk| desk.camera("dome").state == "up");
    let told = desk.camera("dome");
    let angles = [told.azimuth_deg, told.elevation_deg, told.fov_deg].map(Option::unwrap);
    for (told, truth) in angles.iter().zip([140.0, 0.4, 60.0]) {
        assert!((told - truth).abs() < 0.05, "{angles:?}");
    }

    let answer = desk.point("dome", track);
    assert_eq!(answer.code, 200, "{}", answer.text);
    desk.until("it is there", |desk| {
        desk.camera("dome").state == "up" && desk.camera("dome").track == Some(track)
    });
    let found = watched(&[("ISAPI, 200 m ship at 14 kn and 6 km", &dome, big)], 6);
    let (name, off) = &found[0];
    let most = off[off.len() - 1];
    println!(
        "{name}: off by {:.3} of the field of view at the median, {most:.3} at most",
        off[off.len() / 2]
    );
    assert!(most < 0.25, "{name}: {most}");

    // What it says of itself is where it truly is, to the tenths that it tells and the time that news takes.
    let sight = big.seen_from(hill(), HEIGHT_M);
    desk.until("its position has come", |desk| {
        let told = desk.camera("dome");
        let [azimuth, elevation, fov] = dome.looks();
        let close =
            |told: Option<f64>, truth: f64, within| told.is_some_and(|it| (it - truth).abs() < within);
        close(told.azimuth_deg, azimuth, 0.2)
            && close(told.elevation_deg, elevation, 0.1)
            && close(told.fov_deg, fov, 0.1 * fov)
    });
    assert!(dome.looks()[1] < 0.0 && sight.elevation_deg < 0.0, "down is down");

    desk.until("a picture", |desk| desk.pictures.iter().any(|picture| picture.camera == "dome"));
    let told = desk.pictures.iter().find(|picture| picture.camera == "dome").unwrap().clone();
    assert_eq!((told.track, told.media.as_str()), (Some(track), "image/png"));
    assert_page_has(&engine, &told);

    // The one that has another password says so, is an alert, and was moved by nobody.
    desk.until("alert 609", |desk| {
        desk.picture.alerts.values().any(|alert| alert.kind == 609 && alert.text_en.contains("stranger"))
    });
    let down = desk.camera("stranger");
    assert_eq!((down.state.as_str(), down.reason.as_deref()), ("down", Some("refuses our password")));
    assert_eq!(stranger.camera.lock().unwrap().commands(), 0);

    let release = proto::ReleaseCamera { camera: "dome".to_owned() };
    assert_eq!(desk.command(Do::ReleaseCamera(release)).code, 200);
    eventually("it stands still", || {
        dome.looks();
        !dome.camera.lock().unwrap().is_moving()
    });
    // Its nonces, each good for five seconds, ran out on the way: it was not lost for that.
    desk.until("it is told", |desk| desk.cues.iter().any(|cue| cue.released && cue.camera == "dome"));
    let given: Vec<bool> =
        desk.cues.iter().filter(|cue| cue.camera == "dome").map(|cue| cue.released).collect();
    assert_eq!((given, desk.camera("dome").reason), (vec![false, true], None));
    drop(engine.stop());
    for file in ["changes.jsonl", "audit.jsonl"] {
        let text = std::fs::read_to_string(folder.file(file)).unwrap();
        assert!(text.contains("dome") && !text.contains(PASSWORD), "{file}");
    }
}
