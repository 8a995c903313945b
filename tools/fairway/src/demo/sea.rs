//! The simulated sea: vessels whose AIS sentences, and what two radars see of them, arrive at the engine over TCP as
//! they are sent.

use super::boat::Boat;
use super::eyes::Eyes;
use super::viewer::{View, Witnessed, lock};
use decoders::asterix::{Editions, Item, Reader, cat010};
use engine::clock::{Mono, now_utc};
use fairway::stage;
use simulate::radar::{Output, Radar};
use simulate::{Scene, Sent};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the sea looks at the clock.
const STEP: Duration = Duration::from_millis(10);
/// Sent reports that the viewer has not seen again by then never will be.
const MAX_SENT: usize = 100_000;

/// Connects to the engine's sources, AIS first and then the radars, and sails until `stop`.
pub fn sail(
    sources: &[SocketAddr],
    seed: u64,
    vessels: usize,
    (mut boat, mut eyes): (Option<Boat>, Eyes),
    view: Arc<Mutex<View>>,
    stop: CancellationToken,
) -> io::Result<JoinHandle<()>> {
    let mut streams = Vec::new();
    for source in sources {
        let stream = TcpStream::connect(source)?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    std::thread::Builder::new().name("sea".to_owned()).spawn(move || {
        let mut streams = streams.into_iter();
        let Some(mut ais) = streams.next() else { return };
        let mut radars: Vec<_> = stage::radars()
            .into_iter()
            .zip(streams)
            .zip(seed..)
            .map(|(((name, site), stream), seed)| (name, Radar::new(site, seed), stream))
            .collect();
        let mut scene = stage::scene(seed, vessels, now_utc());
        let (mut afloat, mut witness) = (true, None);
        while afloat && !stop.is_cancelled() {
            let now = now_utc();
            witness = Witnessed::next(&scene, &radars, witness);
            scene.run(now, &mut |sent| {
                note(&sent, &view);
                if let Some(witness) = witness.as_mut().filter(|witness| witness.mmsi == sent.mmsi) {
                    witness.by_ais += 1;
                }
                afloat &= ais.write_all(sent.bytes).is_ok();
            });
            for (name, radar, stream) in &mut radars {
                let output = radar.site().output;
                radar.run(&scene, now, &mut |_, lines| {
                    if let Some(witness) = &mut witness {
                        witness.heard(name, lines, output);
                    }
                    afloat &= stream.write_all(lines).is_ok();
                });
            }
            {
                let mut view = lock(&view);
                view.witnessed.clone_from(&witness);
                eyes.look(&scene, &mut view);
            }
            if let Some(boat) = &mut boat
                && let Some(truth) = scene.vessels().find(|vessel| vessel.mmsi == boat.mmsi)
            {
                afloat &= boat.sail(truth).is_ok();
            }
            std::thread::sleep(STEP);
        }
    })
}

impl Witnessed {
    /// The one that is followed, as long as every radar does; else the first that every radar has.
    fn next<T>(scene: &Scene, radars: &[(&'static str, Radar, T)], before: Option<Self>) -> Option<Self> {
        let by_all = |mmsi| -> Option<Vec<(&'static str, u16)>> {
            radars.iter().map(|(name, radar, _)| Some((*name, radar.number(mmsi)?))).collect()
        };
        if let Some(mut before) = before
            && let Some(numbers) = by_all(before.mmsi)
        {
            for ((_, number, _), (_, now)) in before.by_radar.iter_mut().zip(numbers) {
                *number = now;
            }
            return Some(before);
        }
        // The largest: it is seen first and kept longest.
        let all = scene.vessels().filter_map(|vessel| Some((vessel, by_all(vessel.mmsi)?)));
        let (vessel, numbers) = all.max_by(|(a, _), (b, _)| a.length_m().total_cmp(&b.length_m()))?;
        let by_radar = numbers.into_iter().map(|(name, number)| (name, number, 0)).collect();
        Some(Self { mmsi: vessel.mmsi, name: vessel.name, by_ais: 0, by_radar })
    }

    /// Counts what a radar told of it.
    fn heard(&mut self, radar: &str, told: &[u8], output: Output) {
        for (_, number, count) in self.by_radar.iter_mut().filter(|(name, ..)| *name == radar) {
            let about = |track: Option<u16>| usize::from(track == Some(*number));
            if output == Output::Ttm {
                let start = format!("$RATTM,{number:02},");
                let lines = told.split(|&b| b == b'\n');
                *count += lines.filter(|line| line.starts_with(start.as_bytes())).count();
            } else {
                Reader::new(Editions::default()).read(told, true, |item| {
                    if let Item::Record(record) = item {
                        *count += about(cat010::Report::read(&record).track);
                    }
                });
            }
        }
    }
}

/// Remembers when a position report was sent, for the viewer to find.
fn note(sent: &Sent<'_>, view: &Mutex<View>) {
    const SINGLE: &[u8] = b"!AIVDM,1,1,,";
    let is_position = sent.bytes.starts_with(SINGLE)
        && sent.bytes.get(SINGLE.len() + 2).is_some_and(|kind| b"123B".contains(kind));
    if !is_position {
        return;
    }
    let mut view = lock(view);
    if view.sent.len() >= MAX_SENT {
        view.sent.clear();
    }
    view.sent.insert((sent.mmsi.number(), sent.on_air.unix_s()), Mono::now());
}
