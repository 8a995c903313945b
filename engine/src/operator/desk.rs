//! What operators have said, as part of the core: no clock, no socket. The same commands at the same places among
//! the other events give the same answers and the same changes.

use super::Asked;
use crate::feed::access::Role;
use crate::feed::proto::{self, command::Body, server_message::Body as Said};
use crate::feed::{self, Named, Update};
use fusion::{Fusion, TrackId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use units::UtcTime;
use watch::cue::{Cues, Point, Refused, Subject};
use watch::zone::Zone;
use watch::{AlertId, Watch};

/// Commands whose answers are remembered, so that none is done twice.
const MAX_ANSWERS: usize = 4096;
/// Notes that are kept of one track; the oldest makes room.
const MAX_NOTES: usize = 16;
/// Incidents that are kept; the oldest makes room.
const MAX_INCIDENTS: usize = 1000;
/// Tracks that belong together.
const MAX_LINKED: usize = 16;
const MAX_TEXT: usize = 500;
const MAX_LABEL: usize = 64;

/// The rest of the core, as a command finds it.
#[derive(Debug)]
pub struct Around<'a> {
    /// All tracks and marks.
    pub picture: &'a Fusion,
    /// What follows from them.
    pub watch: &'a mut Watch,
    /// What a command changed in that.
    pub judged: &'a mut Vec<watch::Change>,
    /// Which camera looks where.
    pub cues: &'a mut Cues,
    /// What a command changed in that.
    pub cued: &'a mut Vec<watch::cue::Change>,
}

/// What operators have said.
#[derive(Debug, Default)]
pub struct Desk {
    state: Snapshot,
}

/// All that a [`Desk`] remembers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    remarks: BTreeMap<TrackId, Remarks>,
    incidents: VecDeque<Incident>,
    next_incident: u64,
    /// The revisions of zones that were edited; what is removed is remembered, so that they only rise.
    zones: BTreeMap<String, u32>,
    /// The last answers, oldest first, and by the id of the command.
    answered: VecDeque<String>,
    answers: BTreeMap<String, Answer>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Remarks {
    revision: u32,
    label: Option<String>,
    linked: BTreeSet<TrackId>,
    notes: VecDeque<Remark>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Remark {
    text: String,
    user: String,
    at: UtcTime,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Incident {
    id: u64,
    remark: Remark,
    place: Option<(f64, f64)>,
    track: Option<TrackId>,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Answer {
    code: u32,
    text: String,
    revision: Option<u32>,
}

type Done = Result<Option<u32>, Answer>;

fn refuse<T>(code: u32, text: impl Into<String>, revision: Option<u32>) -> Result<T, Answer> {
    Err(Answer { code, text: text.into(), revision })
}

impl Desk {
    /// Everything it remembers.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.state.clone()
    }

    /// The inverse of [`Desk::snapshot`].
    #[must_use]
    pub const fn restore(state: Snapshot) -> Self {
        Self { state }
    }

    /// Does what somebody asks, appends what that changed, and answers. What was done before is not done again.
    pub fn apply(&mut self, asked: &Asked, core: Around<'_>, out: &mut Vec<Update>) -> proto::Answer {
        let id = &asked.command.id;
        let answer = if let Some(known) = self.state.answers.get(id) {
            known.clone()
        } else {
            let answer = match self.done(asked, core, out) {
                Ok(revision) => Answer { code: 200, text: "done".to_owned(), revision },
                Err(refused) => refused,
            };
            if self.state.answered.len() >= MAX_ANSWERS
                && let Some(oldest) = self.state.answered.pop_front()
            {
                self.state.answers.remove(&oldest);
            }
            self.state.answered.push_back(id.clone());
            self.state.answers.insert(id.clone(), answer.clone());
            answer
        };
        proto::Answer { id: id.clone(), code: answer.code, text: answer.text, revision: answer.revision }
    }

    /// All that is said of anything.
    pub fn everything(&self) -> impl Iterator<Item = Update> {
        let remarks = self.state.remarks.iter().map(|(id, remarks)| told(*id, remarks));
        let incident = |it: &Incident| named(Named::Incident, it.id, Some(Said::Incident(it.message())));
        remarks.chain(self.state.incidents.iter().map(incident))
    }

    /// A track has ended, and what was said of it.
    pub fn gone(&mut self, id: TrackId, out: &mut Vec<Update>) {
        let Some(ended) = self.state.remarks.remove(&id) else { return };
        out.push(named(Named::Remarks, id.0, None));
        for other in ended.linked {
            if let Some(remarks) = self.state.remarks.get_mut(&other) {
                remarks.linked.remove(&id);
                remarks.revision += 1;
                out.push(told(other, remarks));
            }
        }
    }

    fn done(&mut self, asked: &Asked, mut core: Around<'_>, out: &mut Vec<Update>) -> Done {
        let picture = core.picture;
        let remark = |text: &str| Remark {
            text: text.to_owned(),
            user: asked.user.name.clone().unwrap_or_default(),
            at: asked.at,
        };
        match &asked.command.body {
            Some(Body::Label(label)) => {
                check_text(&label.text, MAX_LABEL)?;
                let id = TrackId(label.track);
                let remarks = self.remarks(id, label.revision, picture)?;
                remarks.label = (!label.text.is_empty()).then(|| label.text.clone());
                Ok(Some(changed(id, remarks, out)))
            }
            Some(Body::Link(link)) => {
                let (id, other) = (TrackId(link.track), TrackId(link.other));
                if id == other {
                    return refuse(400, "a track is itself already", None);
                }
                let more = self.remarks(other, None, picture)?.linked.clone();
                let group: BTreeSet<TrackId> =
                    more.iter().chain(&self.remarks(id, link.revision, picture)?.linked).copied().collect();
                let group: BTreeSet<TrackId> = group.into_iter().chain([id, other]).collect();
                if group.len() > MAX_LINKED {
                    return refuse(422, format!("more than {MAX_LINKED} tracks"), None);
                }
                let mut revision = None;
                for member in &group {
                    let remarks = self.remarks(*member, None, picture)?;
                    remarks.linked = group.iter().copied().filter(|other| other != member).collect();
                    let now = changed(*member, remarks, out);
                    if *member == id {
                        revision = Some(now);
                    }
                }
                let from = group.iter().filter(|member| **member != id).map(|member| member.0).collect();
                let merge = proto::Merge { from, into: id.0, time_us: asked.at.unix_us() };
                out.push(Update::Told(Box::new(Said::Merge(merge))));
                Ok(revision)
            }
            Some(Body::Unlink(unlink)) => {
                let id = TrackId(unlink.track);
                let remarks = self.remarks(id, unlink.revision, picture)?;
                let group = std::mem::take(&mut remarks.linked);
                let Some(first) = group.first() else {
                    return refuse(422, "it is linked to nothing", Some(remarks.revision));
                };
                let split = proto::Split { from: first.0, into: vec![id.0], time_us: asked.at.unix_us() };
                let revision = changed(id, remarks, out);
                for other in group {
                    let remarks = self.remarks(other, None, picture)?;
                    remarks.linked.remove(&id);
                    changed(other, remarks, out);
                }
                out.push(Update::Told(Box::new(Said::Split(split))));
                Ok(Some(revision))
            }
            Some(Body::Note(note)) => {
                check_text(&note.text, MAX_TEXT)?;
                if note.text.is_empty() {
                    return refuse(400, "an empty note", None);
                }
                match (note.track, note.alert) {
                    (Some(_), Some(_)) => refuse(400, "of a track or of an alert", None),
                    (Some(track), None) => {
                        let id = TrackId(track);
                        let remarks = self.remarks(id, None, picture)?;
                        if remarks.notes.len() >= MAX_NOTES {
                            remarks.notes.pop_front();
                        }
                        remarks.notes.push_back(remark(&note.text));
                        Ok(Some(changed(id, remarks, out)))
                    }
                    // The audit log has it, and that is where notes of alerts are read.
                    (None, _) => Ok(None),
                }
            }
            Some(Body::MarkIncident(mark)) => {
                check_text(&mark.text, MAX_TEXT)?;
                let place = mark.place.map(|place| (place.lat, place.lon));
                if place.is_some_and(|(lat, lon)| units::Position::new(lat, lon).is_none()) {
                    return refuse(400, "a place has lat and lon in degrees", None);
                }
                let track = mark.track.map(TrackId);
                if track.is_some_and(|id| picture.track(id).is_none()) {
                    return refuse(404, "there is no such track", None);
                }
                self.state.next_incident += 1;
                let id = self.state.next_incident;
                let incident = Incident { id, remark: remark(&mark.text), place, track };
                if self.state.incidents.len() >= MAX_INCIDENTS
                    && let Some(oldest) = self.state.incidents.pop_front()
                {
                    out.push(named(Named::Incident, oldest.id, None));
                }
                out.push(named(Named::Incident, id, Some(Said::Incident(incident.message()))));
                self.state.incidents.push_back(incident);
                Ok(None)
            }
            Some(Body::PointCamera(point)) => point_camera(point, asked, core),
            Some(Body::ReleaseCamera(release)) => release_camera(release, asked, core),
            Some(Body::Replay(_)) => refuse(404, "this is live, and no replay", None),
            Some(Body::PutZone(put)) => self.put_zone(put.zone.as_ref(), &mut core, out),
            Some(Body::RemoveZone(remove)) => self.remove_zone(remove, &mut core, out),
            Some(
                Body::Acknowledge(_)
                | Body::Silence(_)
                | Body::Transfer(_)
                | Body::Accept(_)
                | Body::Shelve(_)
                | Body::Unshelve(_)
                | Body::Close(_),
            ) => order(asked, core),
            None => refuse(400, "an empty command", None),
        }
    }

    /// The revision of a zone; 0 where there is none.
    #[must_use]
    pub fn zone_revision(&self, watch: &Watch, name: &str) -> u32 {
        let exists = watch.zones().any(|zone| zone.name == name);
        if exists { self.state.zones.get(name).copied().unwrap_or(1) } else { 0 }
    }

    /// Zones are others than before, and not by a command.
    pub fn redrawn(&mut self, before: &[Zone], watch: &Watch, out: &mut Vec<Update>) {
        for zone in watch.zones().filter(|zone| !before.contains(zone)) {
            let known = before.iter().any(|old| old.name == zone.name);
            let now = if known { self.state.zones.get(&zone.name).copied().unwrap_or(1) } else { 0 };
            let revision = self.next_zone_revision(&zone.name, now);
            out.push(feed::zone(zone, revision));
        }
        for gone in before.iter().filter(|old| !watch.zones().any(|zone| zone.name == old.name)) {
            self.next_zone_revision(&gone.name, self.state.zones.get(&gone.name).copied().unwrap_or(1));
            out.push(Update::Named(Named::Zone, Arc::from(gone.name.as_str()), None));
        }
    }

    fn next_zone_revision(&mut self, name: &str, now: u32) -> u32 {
        let revision = self.state.zones.entry(name.to_owned()).or_insert(now);
        *revision = (*revision).max(now) + 1;
        *revision
    }

    fn put_zone(&mut self, put: Option<&proto::Zone>, core: &mut Around<'_>, out: &mut Vec<Update>) -> Done {
        let Some(put) = put else { return refuse(400, "without a zone", None) };
        let now = self.zone_revision(core.watch, &put.name);
        if put.revision != now {
            return refuse(409, format!("somebody was faster: it is at revision {now}"), Some(now));
        }
        let corners = put.polygon.iter().map(|at| units::Position::new(at.lat, at.lon));
        let Some(polygon) = corners.collect::<Option<Vec<_>>>() else {
            return refuse(400, "a corner has lat and lon in degrees", None);
        };
        let classes = put.classes.iter().map(|word| feed::zone_class(word)).collect::<Option<Vec<_>>>();
        let Some(classes) = classes else {
            return refuse(400, "classes: class_a, class_b or aircraft", None);
        };
        // Rules that the feed does not tell stay as they are.
        let known = core.watch.zones().find(|zone| zone.name == put.name);
        let mut zone = known.cloned().unwrap_or_else(|| watch::zone::Zone::new(&put.name, Vec::new()));
        zone.polygon = polygon;
        if !classes.is_empty() {
            zone.classes = classes;
        }
        if put.buffer_m != 0.0 {
            zone.buffer_m = put.buffer_m;
        }
        if put.dwell_s != 0.0 {
            zone.dwell_s = put.dwell_s;
        }
        if let Err(error) = core.watch.put_zone(core.picture, zone.clone(), core.judged) {
            return refuse(400, error.to_string(), None);
        }
        let revision = self.next_zone_revision(&zone.name, now);
        out.push(feed::zone(&zone, revision));
        Ok(Some(revision))
    }

    fn remove_zone(
        &mut self,
        remove: &proto::RemoveZone,
        core: &mut Around<'_>,
        out: &mut Vec<Update>,
    ) -> Done {
        let now = self.zone_revision(core.watch, &remove.name);
        if now == 0 {
            return refuse(404, "there is no such zone", None);
        }
        if remove.revision != now {
            return refuse(409, format!("somebody was faster: it is at revision {now}"), Some(now));
        }
        core.watch.remove_zone(core.picture, &remove.name, core.judged);
        self.next_zone_revision(&remove.name, now);
        out.push(Update::Named(Named::Zone, Arc::from(remove.name.as_str()), None));
        Ok(None)
    }

    /// What was said of a track, where nobody was faster.
    fn remarks(
        &mut self,
        id: TrackId,
        seen: impl Into<Option<u32>>,
        picture: &Fusion,
    ) -> Result<&mut Remarks, Answer> {
        if picture.track(id).is_none() {
            return refuse(404, "there is no such track", None);
        }
        let now = self.state.remarks.get(&id).map_or(0, |remarks| remarks.revision);
        if seen.into().is_some_and(|seen| seen != now) {
            return refuse(409, format!("somebody was faster: it is at revision {now}"), Some(now));
        }
        Ok(self.state.remarks.entry(id).or_default())
    }
}

/// A supervisor may take a camera out of another's hand.
fn hand(asked: &Asked) -> (&str, bool) {
    (asked.user.name.as_deref().unwrap_or("console"), asked.user.role == Role::Supervisor)
}

fn point_camera(point: &proto::PointCamera, asked: &Asked, core: Around<'_>) -> Done {
    let Around { picture, cues, cued, .. } = core;
    if cues.cameras().is_empty() {
        return refuse(404, "there is no camera", None);
    }
    let subject = match (point.track, &point.place) {
        (Some(track), None) => Subject::Track(TrackId(track)),
        (None, Some(place)) => match units::Position::new(place.lat, place.lon) {
            Some(place) => Subject::Place(place),
            None => return refuse(400, "a place has lat and lon in degrees", None),
        },
        _ => return refuse(400, "at a track or at a place", None),
    };
    let camera = match &point.camera {
        Some(name) => Some(camera(name, cues)?),
        None => None,
    };
    let (user, overrules) = hand(asked);
    let point = Point { camera, subject, follow: point.follow, user, overrules };
    match cues.point(picture, &point, cued) {
        Ok(_) => Ok(None),
        Err(refused) => refuse(code(&refused), refused.to_string(), None),
    }
}

fn release_camera(release: &proto::ReleaseCamera, asked: &Asked, core: Around<'_>) -> Done {
    let Around { picture, cues, cued, .. } = core;
    let number = camera(&release.camera, cues)?;
    match cues.let_go(picture, number, hand(asked), cued) {
        Ok(()) => Ok(None),
        Err(refused) => refuse(code(&refused), refused.to_string(), None),
    }
}

fn camera(name: &str, cues: &Cues) -> Result<u16, Answer> {
    match cues.number(name) {
        Some(number) => Ok(number),
        None => refuse(404, "there is no such camera", None),
    }
}

const fn code(refused: &Refused) -> u32 {
    match refused {
        Refused::NoCamera | Refused::NoTrack => 404,
        Refused::Held { .. } => 409,
        Refused::Unseen(_) | Refused::Free => 422,
    }
}

/// Asks the watch for something about an alert.
fn order(asked: &Asked, core: Around<'_>) -> Done {
    let Around { picture, watch, judged, .. } = core;
    let Some((alert, command)) = asked.command.body.as_ref().map(command).transpose()?.flatten() else {
        return refuse(400, "of no alert", None);
    };
    let by = watch::Operator {
        user: asked.user.name.clone().unwrap_or_default(),
        console: asked.address.to_string(),
        role: match asked.user.role {
            Role::Operator => watch::Role::Operator,
            Role::Supervisor => watch::Role::Supervisor,
            Role::Viewer | Role::Investigator | Role::Admin => watch::Role::Viewer,
        },
        // Every desk sees the whole area.
        sectors: Vec::new(),
    };
    let done = watch.command(picture, &watch::Order { by, command }, judged);
    let revision = watch.alert(alert).map(|alert| alert.revision);
    let code = match done {
        Ok(_) => return Ok(revision),
        Err(watch::Refusal::Unknown) => 404,
        Err(watch::Refusal::Stale { .. }) => 409,
        Err(watch::Refusal::Role | watch::Refusal::Sector) => 403,
        Err(watch::Refusal::Name) => 400,
        Err(_) => 422,
    };
    refuse(code, done.map_or_else(|refusal| refusal.to_string(), |_| String::new()), revision)
}

/// A command as the watch knows it; `None` where it is about no alert.
fn command(body: &Body) -> Result<Option<(AlertId, watch::Command)>, Answer> {
    use watch::Command;
    let of = |alert: u64, revision: u32, command: fn(AlertId, u32) -> Command| {
        Ok(Some((AlertId(alert), command(AlertId(alert), revision))))
    };
    match body {
        Body::Acknowledge(it) => {
            of(it.alert, it.revision, |alert, revision| Command::Acknowledge { alert, revision })
        }
        Body::Silence(it) => {
            of(it.alert, it.revision, |alert, revision| Command::Silence { alert, revision })
        }
        Body::Accept(it) => of(it.alert, it.revision, |alert, revision| Command::Accept { alert, revision }),
        Body::Unshelve(it) => {
            of(it.alert, it.revision, |alert, revision| Command::Unshelve { alert, revision })
        }
        Body::Close(it) => of(it.alert, it.revision, |alert, revision| Command::Close { alert, revision }),
        Body::Transfer(it) => {
            let (alert, revision, to) = (AlertId(it.alert), it.revision, it.to.clone());
            Ok(Some((alert, Command::Transfer { alert, revision, to })))
        }
        Body::Shelve(it) => {
            let reason = match it.reason.as_str() {
                "in_hand" => watch::ShelveReason::InHand,
                "planned" => watch::ShelveReason::Planned,
                "false_alert" => watch::ShelveReason::FalseAlert,
                "other" => watch::ShelveReason::Other,
                _ => return refuse(400, "reason: in_hand, planned, false_alert or other", None),
            };
            let (alert, revision, for_s) = (AlertId(it.alert), it.revision, f64::from(it.for_s));
            Ok(Some((alert, Command::Shelve { alert, revision, for_s, reason })))
        }
        _ => Ok(None),
    }
}

impl Incident {
    fn message(&self) -> proto::Incident {
        proto::Incident {
            id: self.id,
            text: self.remark.text.clone(),
            lat: self.place.map(|(lat, _)| lat),
            lon: self.place.map(|(_, lon)| lon),
            track: self.track.map(|track| track.0),
            user: self.remark.user.clone(),
            time_us: self.remark.at.unix_us(),
        }
    }
}

fn check_text(text: &str, most: usize) -> Result<(), Answer> {
    if text.chars().count() > most || text.chars().any(char::is_control) {
        return refuse(400, format!("a text has at most {most} printable characters"), None);
    }
    Ok(())
}

/// Gives what was said of a track its next revision, and tells it.
fn changed(id: TrackId, remarks: &mut Remarks, out: &mut Vec<Update>) -> u32 {
    remarks.revision += 1;
    out.push(told(id, remarks));
    remarks.revision
}

fn told(id: TrackId, remarks: &Remarks) -> Update {
    let note = |note: &Remark| proto::Remark {
        text: note.text.clone(),
        user: note.user.clone(),
        time_us: note.at.unix_us(),
    };
    let message = proto::Remarks {
        track: id.0,
        revision: remarks.revision,
        label: remarks.label.clone(),
        linked: remarks.linked.iter().map(|other| other.0).collect(),
        notes: remarks.notes.iter().map(note).collect(),
    };
    named(Named::Remarks, id.0, Some(Said::Remarks(message)))
}

fn named(named: Named, number: u64, body: Option<Said>) -> Update {
    Update::Named(named, Arc::from(number.to_string()), body.map(Box::new))
}
