//! The demo's scene, run through without its sockets: each thing that goes wrong on purpose is told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use decoders::frame::Framer;
use decoders::nmea::{Item, Reader};
use engine::observe::{ais, arpa, radar};
use engine::typhoon::{Quadrants, parse};
use fairway::stage;
use fusion::{Event, Fusion, SourceId};
use simulate::radar::{Output, Radar, Site};
use std::collections::BTreeMap;
use std::rc::Rc;
use units::UtcTime;
use watch::{Alert, Change, Kind, Notice, Priority, Watch};

const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);
const LENGTH_S: i64 = 720;

/// The picture and the watch over it, and when each kind was first told, by the number of its first vessel.
struct Shore {
    picture: Fusion,
    watch: Watch,
    told: BTreeMap<(u16, Option<u32>), (f64, Priority)>,
}

impl Shore {
    fn apply(&mut self, event: &Event) {
        let (mut changed, mut judged) = (Vec::new(), Vec::new());
        self.picture.apply(event, &mut changed);
        self.watch.apply(&self.picture, &changed, &mut judged);
        self.note(&judged);
    }

    fn note(&mut self, judged: &[Change]) {
        for change in judged {
            if let Change::Alert(alert) = change {
                self.tell(alert);
            }
        }
    }

    fn tell(&mut self, alert: &Alert) {
        let mmsi = |id| Some(self.picture.track(id)?.identity.mmsi?.number());
        let first = alert.tracks.iter().find_map(mmsi);
        let told = (alert.raised.since(START), alert.priority);
        let entry = self.told.entry((alert.kind.code(), first)).or_insert(told);
        entry.1 = entry.1.min(alert.priority);
    }

    /// When a kind was first told of a vessel, or of any.
    fn first(&self, kind: Kind, of: Option<u32>) -> Option<(f64, Priority)> {
        let all = self.told.iter().filter(|((code, _), _)| *code == kind.code());
        let own = all.filter(|((_, mmsi), _)| of.is_none() || *mmsi == of).map(|(_, told)| *told);
        own.min_by(|(one, _), (other, _)| one.total_cmp(other))
    }
}

/// Sentences into events.
struct Ear<'a> {
    framer: Framer,
    reader: Reader,
    ais: &'a ais::Observer,
    console: arpa::Console,
    radar: Option<radar::Observer>,
}

impl<'a> Ear<'a> {
    fn new(ais: &'a ais::Observer, radar: Option<radar::Observer>) -> Self {
        let (framer, reader, console) = Default::default();
        Self { framer, reader, ais, console, radar }
    }

    fn hear(&mut self, bytes: &[u8], at: UtcTime, events: &mut Vec<Event>) {
        let Self { framer, reader, ais, console, radar } = self;
        framer.drain(bytes, true, |line| {
            reader.line(line, at, |item| match (item, &mut *radar) {
                (Item::Ais(received), _) => {
                    ais.observe(&received, at, |event| events.push(event));
                }
                (Item::Other(sentence), Some(radar)) => {
                    if let Some(Ok(message)) = decoders::arpa::decode(&sentence) {
                        console.observe(&message, radar, at, |outcome| {
                            events.extend(outcome.ok().map(Event::Observation));
                        });
                    }
                }
                _ => {}
            });
        });
    }
}

#[test]
fn everything_that_goes_wrong_on_purpose_is_told() {
    let mut scene = stage::scene(1, 300, START);
    let named: Vec<u32> = scene.vessels().map(|vessel| vessel.mmsi.number()).collect();
    // The last six, in the order in which they were put on the water.
    let [dark, alias, nobody, jumps, bridge, drags] = named[named.len() - 6..] else { panic!("{named:?}") };
    let borrowed = named[0];

    let mut shore = Shore {
        picture: Fusion::new(fusion::Config::default()),
        watch: Watch::new(stage::watch()),
        told: BTreeMap::new(),
    };
    let observer = ais::Observer::new(SourceId(0), &Rc::default());
    let mut station = Ear::new(&observer, None);
    // Both tell TTM here: what a radar says in CAT010 is shown elsewhere.
    let mut radars: Vec<_> = stage::radars()
        .into_iter()
        .zip(0_u16..)
        .map(|((name, site), number)| {
            let site = Site { output: Output::Ttm, ..site };
            let profile = stage::profile(number, name, &site);
            let sight = profile.sight.expect("it tells how far it sees");
            let own = radar::Observer::new(SourceId(number + 1), vec![profile]);
            (Radar::new(site, 1 + u64::from(number)), Ear::new(&observer, Some(own)), sight)
        })
        .collect();
    for (.., sight) in &radars {
        shore.apply(&Event::Site(START, *sight));
    }
    for storm in parse(&stage::typhoon(START), Quadrants::NeSeSwNw).unwrap() {
        let mut judged = Vec::new();
        shore.watch.notice(&shore.picture, &Notice::Storm(storm), &mut judged);
        shore.note(&judged);
    }

    for second in 0..=LENGTH_S {
        let now = START.plus_s(second as f64);
        let mut events = Vec::new();
        scene.run(now, &mut |sent| station.hear(sent.bytes, sent.at, &mut events));
        for (radar, ear, _) in &mut radars {
            radar.run(&scene, now, &mut |at, bytes| ear.hear(bytes, at, &mut events));
        }
        events.sort_by_key(Event::arrival);
        for event in &events {
            shore.apply(event);
        }
        shore.apply(&Event::Tick(now));
    }
    let report: Vec<Alert> = shore.watch.report().cloned().collect();
    for alert in &report {
        shore.tell(alert);
    }

    // What, of whom, from when on it can be known, and by when it has to be, seconds.
    let expected = [
        ("a near collision", Kind::CollisionRisk, None, 10.0, 175.0),
        ("an entry into the zone", Kind::ZoneEntry, None, 200.0, 420.0),
        ("a dark vessel", Kind::AisLost, Some(dark), 240.0, 300.0),
        ("a number that two bear", Kind::IdentityClash, Some(borrowed), 1.0, 240.0),
        ("a number that is nobody's", Kind::InvalidIdentity, Some(123_456_789), 0.0, 60.0),
        ("a vessel that jumps", Kind::PositionJump, Some(jumps), 150.0, 330.0),
        ("a bridge approach", Kind::BridgeApproach, Some(bridge), 1.0, 420.0),
        // The anchor has moved 60 m after 386 s.
        ("a dragging anchor", Kind::AnchorDrag, Some(drags), 300.0, 386.0 + 180.0),
        ("a typhoon", Kind::Weather, None, 0.0, 121.0),
    ];
    for (what, kind, of, from_s, until_s) in expected {
        let first = shore.first(kind, of);
        println!("{what}: {} {first:?}", kind.code());
        let (at, _) = first.unwrap_or_else(|| panic!("{what} is not told: {:?}", shore.told));
        assert!((from_s..=until_s).contains(&at), "{what} is told after {at} s, not {from_s} to {until_s}");
    }
    let (_, gravest) = shore.first(Kind::BridgeApproach, Some(bridge)).unwrap();
    assert_eq!(gravest, Priority::Alarm, "three minutes before the pier it is an alarm");
    // Nobody else's anchor drags, and nobody else goes dark.
    for (kind, own) in [(Kind::AnchorDrag, drags), (Kind::AisLost, dark), (Kind::BridgeApproach, bridge)] {
        let others: Vec<_> =
            shore.told.keys().filter(|(code, of)| *code == kind.code() && *of != Some(own)).collect();
        assert!(others.is_empty(), "{kind:?} of others: {others:?}");
    }
    assert!(![alias, nobody].iter().any(|mmsi| shore.told.keys().any(|(_, of)| *of == Some(*mmsi))));
}
