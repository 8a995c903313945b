//! The core: the tracker, the watch and the operators over one picture, as one state machine.
//!
//! **Invariant**: no clock, no socket, no thread: the same events give the same changes, and a snapshot
//! restored goes on as if nothing had happened.

use crate::feed::{Update, proto};
use crate::health::Sources;
use crate::operator::{self, Around, Asked, Desk};
use crate::reload::Settings;
use crate::roll::Roll;
use fusion::{Body, Distress, Event, Fusion, RadarSite, SourceId};
use serde::{Deserialize, Serialize};
use watch::cue::{self, Cues};
use watch::{Notice, Watch};

/// The tracker and the watch.
#[derive(Debug)]
pub struct Core {
    /// All tracks and marks.
    pub picture: Fusion,
    /// What follows from them.
    pub watch: Watch,
    /// What operators have said of it.
    pub desk: Desk,
    /// Which camera looks where.
    pub cues: Cues,
    sources: Sources,
    roll: Roll,
    /// What radars see, until the first event has told the picture.
    sites: Vec<RadarSite>,
    changed: Vec<fusion::Change>,
    judged: Vec<watch::Change>,
    said: Vec<Update>,
    cued: Vec<cue::Change>,
}

/// What one event changed.
#[derive(Clone, Copy, Debug)]
pub struct Changes<'a> {
    /// In the picture.
    pub picture: &'a [fusion::Change],
    /// In the judgement of it.
    pub watch: &'a [watch::Change],
    /// In what operators have said.
    pub desk: &'a [Update],
    /// In where cameras look.
    pub cues: &'a [cue::Change],
}

/// Everything the core remembers.
#[derive(Debug, Serialize, Deserialize)]
pub struct Snapshot {
    fusion: fusion::Snapshot,
    watch: watch::Snapshot,
    desk: operator::Snapshot,
    sources: Sources,
    roll: Roll,
    cues: cue::Snapshot,
    sites: Vec<RadarSite>,
}

impl Core {
    /// An empty picture.
    #[must_use]
    pub fn new(fusion: fusion::Config, watch: watch::Config) -> Self {
        let desk = Desk::default();
        Self::of(Fusion::new(fusion), Watch::new(watch), desk, Cues::default())
    }

    fn of(picture: Fusion, watch: Watch, desk: Desk, cues: Cues) -> Self {
        let (sources, roll, sites) = (Sources::default(), Roll::default(), Vec::new());
        Self {
            picture,
            watch,
            desk,
            cues,
            sources,
            roll,
            sites,
            changed: Vec::new(),
            judged: Vec::new(),
            said: Vec::new(),
            cued: Vec::new(),
        }
    }

    /// What its sources are called, in the order of their ids.
    #[must_use]
    pub fn with_sources(self, names: Vec<String>) -> Self {
        self.with_roll(Roll::of(names))
    }

    /// Which number each source and radar has.
    #[must_use]
    pub fn with_roll(mut self, roll: Roll) -> Self {
        self.roll = roll;
        self
    }

    /// Which number each source and radar has.
    #[must_use]
    pub const fn roll(&self) -> &Roll {
        &self.roll
    }

    /// Sources that have a number and are no more.
    #[must_use]
    pub fn dismissed(&self) -> Vec<SourceId> {
        self.sources.dismissed().iter().copied().collect()
    }

    /// What its radars see, from the first event on.
    #[must_use]
    pub fn with_sites(mut self, sites: Vec<RadarSite>) -> Self {
        self.sites = sites;
        self
    }

    /// Its cameras.
    #[must_use]
    pub fn with_cameras(mut self, config: cue::Config) -> Self {
        self.cues = Cues::new(config);
        self
    }

    /// The way in for what sensors say, and for time.
    pub fn apply(&mut self, event: &Event) {
        self.see(event);
        self.judge(event);
    }

    /// The first half of [`Self::apply`]: what it changes in the picture. The second half must follow at once.
    pub fn see(&mut self, event: &Event) {
        self.clear();
        for site in std::mem::take(&mut self.sites) {
            self.picture.apply(&Event::Site(event.arrival(), site), &mut self.changed);
        }
        self.picture.apply(event, &mut self.changed);
    }

    /// The second half: what follows from that.
    pub fn judge(&mut self, event: &Event) {
        self.watch.apply(&self.picture, &self.changed, &mut self.judged);
        if let Event::Observation(observation) = event {
            self.sources.note(observation);
            if let Body::Distress(Distress { by, position, name }) = observation.body {
                let notice = Notice::Sos { by, name, place: position };
                self.watch.notice(&self.picture, &notice, &mut self.judged);
            }
        }
        let (picture, watch, judged) = (&self.picture, &mut self.watch, &mut self.judged);
        self.sources.report(picture.now(), self.roll.sources(), |health| {
            watch.notice(picture, &Notice::Source(health), judged);
        });
        for change in &self.changed {
            if let fusion::Change::TrackGone { id, .. } = change {
                self.desk.gone(*id, &mut self.said);
            }
        }
        self.cue();
    }

    /// Takes in what is nobody's track.
    pub fn notice(&mut self, notice: &Notice) {
        self.clear();
        self.watch.notice(&self.picture, notice, &mut self.judged);
        if let Notice::Cameras(reports) = notice {
            for report in reports {
                if !self.cues.report(&self.picture, report, &mut self.cued) {
                    continue;
                }
                let Some(view) = self.cues.view(report.camera) else { continue };
                let (number, name) = (report.camera, view.camera.name.clone());
                let is_down = view.is_up == Some(false);
                let notice = Notice::Camera { number, name, is_down };
                self.watch.notice(&self.picture, &notice, &mut self.judged);
            }
        }
        self.cue();
    }

    /// Follows another configuration from now on; what is known of the picture stays.
    ///
    /// # Errors
    /// What the watch does not take; all goes on as it was.
    pub fn renew(&mut self, settings: &Settings) -> Result<(), watch::ConfigError> {
        self.clear();
        let before: Vec<_> = self.watch.zones().cloned().collect();
        self.watch.renew(&self.picture, settings.watch.clone(), &mut self.judged)?;
        self.picture.renew(settings.fusion);
        self.roll = settings.roll.clone();
        self.sources.dismiss(&settings.gone);
        for source in &settings.gone {
            self.watch.dismiss(&self.picture, *source, &mut self.judged);
        }
        self.sites.clone_from(&settings.sites);
        self.desk.redrawn(&before, &self.watch, &mut self.said);
        let notice = Notice::Configuration { text: settings.said.clone() };
        self.watch.notice(&self.picture, &notice, &mut self.judged);
        self.cue();
        Ok(())
    }

    /// What has changed may want another camera.
    fn cue(&mut self) {
        self.cues.apply(&self.picture, &self.changed, &self.judged, &mut self.cued);
    }

    /// The way in for what operators say.
    pub fn command(&mut self, asked: &Asked) -> proto::Answer {
        self.clear();
        let around = Around {
            picture: &self.picture,
            watch: &mut self.watch,
            judged: &mut self.judged,
            cues: &mut self.cues,
            cued: &mut self.cued,
        };
        let answer = self.desk.apply(asked, around, &mut self.said);
        self.cue();
        answer
    }

    fn clear(&mut self) {
        self.changed.clear();
        self.judged.clear();
        self.said.clear();
        self.cued.clear();
    }

    /// What the last event changed.
    #[must_use]
    pub fn changes(&self) -> Changes<'_> {
        Changes { picture: &self.changed, watch: &self.judged, desk: &self.said, cues: &self.cued }
    }

    /// Everything it remembers.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            fusion: self.picture.snapshot(),
            watch: self.watch.snapshot(),
            desk: self.desk.snapshot(),
            sources: self.sources.clone(),
            roll: self.roll.clone(),
            cues: self.cues.snapshot(),
            sites: self.sites.clone(),
        }
    }

    /// The inverse of [`Core::snapshot`].
    #[must_use]
    pub fn restore(snapshot: Snapshot) -> Self {
        let Snapshot { fusion, watch, desk, sources, roll, cues, sites } = snapshot;
        let (picture, watch) = (Fusion::restore(fusion), Watch::restore(watch));
        let core = Self::of(picture, watch, Desk::restore(desk), Cues::restore(cues));
        Self { sources, roll, sites, ..core }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::ais::Observer;
    use decoders::frame::Framer;
    use decoders::nmea::{Item, Reader};
    use simulate::{Scene, Sent};
    use std::rc::Rc;
    use units::UtcTime;

    /// Ten simulated minutes of a hundred vessels, as events.
    fn events() -> Vec<Event> {
        let start = UtcTime::from_unix_s(1_764_000_000);
        let (mut framer, mut reader, observer) =
            (Framer::default(), Reader::new(), Observer::new(SourceId(0), &Rc::default()));
        let mut events = Vec::new();
        Scene::ningbo_zhoushan(5, 100, start).run(start.plus_s(600.0), &mut |sent: Sent<'_>| {
            framer.drain(sent.bytes, true, |line| {
                reader.line(line, sent.at, |item| {
                    if let Item::Ais(received) = item {
                        observer.observe(&received, sent.at, |event| events.push(event));
                    }
                });
            });
        });
        events
    }

    fn stream(core: &mut Core, events: &[Event]) -> Vec<u8> {
        let mut out = Vec::new();
        for event in events {
            core.apply(event);
            out.extend(format!("{:?}\n", core.changes()).into_bytes());
        }
        out
    }

    #[test]
    fn a_restored_core_goes_on_as_if_nothing_had_happened() {
        let events = events();
        assert!(events.len() > 1000, "{} events", events.len());
        let new = || Core::new(fusion::Config::default(), watch::Config::default());
        let whole = stream(&mut new(), &events);
        for cut in [0, 1, events.len() / 3, events.len() - 1] {
            let (before, after) = events.split_at(cut);
            let mut core = new();
            let mut changes = stream(&mut core, before);
            let bytes = postcard::to_stdvec(&core.snapshot()).unwrap();
            let mut restored = Core::restore(postcard::from_bytes(&bytes).unwrap());
            assert_eq!(postcard::to_stdvec(&restored.snapshot()).unwrap(), bytes, "cut at {cut}");
            changes.extend(stream(&mut restored, after));
            assert!(changes == whole, "cut at {cut}: other changes than without");
        }
    }
}
