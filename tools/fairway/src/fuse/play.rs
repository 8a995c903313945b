//! A scene through the tracker, and what an operator would see at every step of it.

use super::scene::{Scene, SceneError, file};
use fusion::{Change, Config, Event, Fusion, Life, Observation, Track};
use std::io::{self, Write};
use std::path::Path;

/// What came of a scene.
#[derive(Debug, Default)]
pub struct Done {
    /// That went in.
    pub measurements: u64,
    /// Instants that were written.
    pub snapshots: u64,
    /// This thread's time in the tracker itself, seconds: who else uses the machine does not count.
    pub busy_s: f64,
}

/// Why a scene could not be fused.
#[derive(Debug, thiserror::Error)]
pub enum FuseError {
    /// It could not be read.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// The tracks could not be written.
    #[error("writing tracks: {0}")]
    Write(#[from] io::Error),
}

/// Runs a scene and writes what an operator would see at every step of its truth.
///
/// # Errors
/// A scene that cannot be read, or tracks that cannot be written.
pub fn fuse(folder: &Path, rtracks: bool, out: &mut impl Write) -> Result<(Done, Fusion), FuseError> {
    fuse_until(folder, rtracks, f64::INFINITY, out)
}

/// The same of its first seconds.
///
/// # Errors
/// A scene that cannot be read, or tracks that cannot be written.
pub fn fuse_until(
    folder: &Path,
    rtracks: bool,
    until_s: f64,
    out: &mut impl Write,
) -> Result<(Done, Fusion), FuseError> {
    let scene = Scene::open(folder)?;
    let mut fusion = Fusion::new(Config::default());
    let mut changes = Vec::new();
    let mut done = Done::default();
    for site in scene.sites() {
        fusion.apply(&site, &mut changes);
    }
    let mut observations: Vec<(f64, Observation)> = Vec::new();
    scene.read(&file(folder, "measurements"), |ta, observation| {
        if !(rtracks && matches!(observation.body, fusion::Body::Plot(_))) {
            observations.push((ta, *observation));
        }
    })?;
    if rtracks {
        scene.read(&file(folder, "rtracks"), |ta, observation| {
            observations.push((ta, *observation));
        })?;
        observations.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    observations.retain(|(ta, _)| *ta <= until_s);
    let end_s = scene.duration.min(until_s);
    let mut next = 0.0;
    let mut line = Vec::new();
    let started = at_work_s();
    let mut writing = 0.0;
    for (ta, observation) in &observations {
        while *ta > next && next < end_s {
            let began = at_work_s();
            show(&scene, &mut fusion, &mut changes, next, &mut line, out)?;
            writing += at_work_s() - began;
            next += scene.truth_step;
            done.snapshots += 1;
        }
        changes.clear();
        fusion.apply(&Event::Observation(*observation), &mut changes);
        done.measurements += 1;
    }
    done.busy_s = at_work_s() - started - writing;
    while next <= end_s {
        show(&scene, &mut fusion, &mut changes, next, &mut line, out)?;
        next += scene.truth_step;
        done.snapshots += 1;
    }
    out.flush()?;
    Ok((done, fusion))
}

/// How long this thread has been at work, seconds.
fn at_work_s() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn show(
    scene: &Scene,
    fusion: &mut Fusion,
    changes: &mut Vec<Change>,
    t: f64,
    line: &mut Vec<u8>,
    out: &mut impl Write,
) -> io::Result<()> {
    let at = scene.at(t);
    changes.clear();
    fusion.apply(&Event::Tick(at), changes);
    for track in fusion.tracks().filter(|track| is_shown(fusion, track)) {
        let here = fusion::Plane::at(track.position_at(at));
        let state = track.kinematics_at(&here, at);
        let [[ee, en, ..], [_, nn, ..], ..] = state.covariance;
        let place = here.origin();
        let sog = state.ve_mps.hypot(state.vn_mps) / units::KNOT_MPS;
        let cog = state.ve_mps.atan2(state.vn_mps).to_degrees().rem_euclid(360.0);
        let mut sources: Vec<&str> = track
            .heard()
            .filter(|(_, last)| at.since(*last) < 30.0)
            .map(|(source, _)| scene.source_name(source))
            .collect();
        sources.sort_unstable();
        sources.dedup();
        let mmsi = track.identity.mmsi.map(units::Mmsi::number);
        line.clear();
        serde_json::to_writer(
            &mut *line,
            &serde_json::json!({
                "t": t, "id": track.id.0,
                "lat": (place.lat() * 1e7).round() / 1e7, "lon": (place.lon() * 1e7).round() / 1e7,
                "sog": (sog * 1000.0).round() / 1000.0, "cog": (cog * 100.0).round() / 100.0,
                "cov": [ee, en, nn], "mmsi": mmsi, "src": sources, "doubt": track.doubt,
            }),
        )?;
        line.push(b'\n');
        out.write_all(line)?;
    }
    Ok(())
}

/// What an operator sees as a vessel: not one report of somebody who is elsewhere too, and nobody lost.
fn is_shown(fusion: &Fusion, track: &Track) -> bool {
    match track.life {
        Life::Confirmed | Life::Coasting => true,
        Life::Tentative => track.identity.mmsi.is_some_and(|mmsi| fusion.claimants(mmsi).count() == 1),
        Life::Lost => false,
    }
}
