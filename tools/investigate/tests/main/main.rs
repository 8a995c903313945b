//! What is handed over is what was recorded, and what was not recorded is said to be missing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod broken;
mod counted;
mod exported;
mod handed;
mod met;
mod paper;

use engine::{Engine, config};
use simulate::{Scene, Sent};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use units::UtcTime;

const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);

/// A folder that is gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fairway-investigate-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A page as a browser has it once its script has run; `None` where there is no Chromium.
fn opened(page: &Path) -> Option<String> {
    let profile = page.with_extension("profile");
    let done = Command::new("chromium")
        .args(["--headless", "--disable-gpu", "--no-sandbox", "--no-first-run", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", page.display()))
        .output();
    drop(std::fs::remove_dir_all(&profile));
    Some(String::from_utf8(done.ok()?.stdout).unwrap())
}

/// What a scene sends until then, as lines that carry their time; `each` sees it as it truly is, once a second.
fn traffic(scene: &mut Scene, minutes: f64, mut each: impl FnMut(&Scene)) -> Vec<u8> {
    let (mut bytes, end) = (Vec::new(), scene.now().plus_s(60.0 * minutes));
    while scene.now() < end {
        let until = scene.now().plus_s(1.0);
        scene.run(until, &mut |sent: Sent<'_>| {
            for line in sent.bytes.split_inclusive(|byte| *byte == b'\n') {
                let (s, us) = (sent.at.unix_us() / 1_000_000, sent.at.unix_us() % 1_000_000);
                bytes.extend_from_slice(format!("{s}.{us:06} ").as_bytes());
                bytes.extend_from_slice(line);
            }
        });
        each(scene);
    }
    bytes
}

/// Plays lines to their end and records that, into `recording` in the folder.
fn record(folder: &Path, lines: &[u8]) -> PathBuf {
    let file = folder.join("sea.nmea");
    std::fs::write(&file, lines).unwrap();
    let toml = format!(
        "[[source]]\nname = \"sea\"\nkind = \"file\"\npath = \"{}\"\n\
         [record]\npath = \"recording\"\nkey = \"record.key\"\nsegment_bytes = 65536\nkeyframe_s = 30\n\
         [[watch.routes]]\nname = \"Xiazhimen\"\npoints = [[29.7, 122.0], [30.0, 122.3]]\nwidth_m = 900\n\
         vessels = [100000001]\n",
        file.display()
    );
    let config = config::parse(&toml, &folder.join("fairway.toml")).unwrap();
    let engine = Engine::start(config, true).unwrap();
    let (ended, began) = (engine.stopping(), Instant::now());
    while !ended.is_cancelled() {
        assert!(began.elapsed() < Duration::from_mins(2), "the file is not played");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(engine.stop());
    folder.join("recording")
}
