//! The life of alerts, with conditions that a test makes up.

use super::command::{Command, Operator, Order, Refusal, Role, ShelveReason};
use super::*;
use crate::{Change, Moment};
use fusion::Fusion;
use proptest::prelude::*;

const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);

struct Desk {
    ledger: Ledger,
    picture: Fusion,
    now: UtcTime,
    out: Vec<Change>,
}

impl Desk {
    fn new() -> Self {
        let ledger = Ledger::new(&Config::default(), LedgerState::default());
        Self { ledger, picture: Fusion::new(fusion::Config::default()), now: START, out: Vec::new() }
    }

    /// Goes on for so long, a second at a time.
    fn wait(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.now = self.now.plus_s(1.0);
            self.ledger.sweep(Moment { picture: &self.picture, now: self.now, current: None }, &mut self.out);
        }
    }

    fn say(&mut self, signal: Signal, judgement: &Judgement<'_>) {
        self.ledger.signal(
            signal,
            judgement,
            Moment { picture: &self.picture, now: self.now, current: None },
            &mut self.out,
        );
    }

    fn order(&mut self, by: Operator, command: Command) -> Result<usize, Refusal> {
        let moment = Moment { picture: &self.picture, now: self.now, current: None };
        self.ledger.command(&Order { by, command }, moment, &mut self.out)
    }

    fn only(&self) -> Alert {
        let mut all = self.ledger.alerts();
        let found = all.next().expect("an alert").clone();
        assert!(all.next().is_none(), "more than one alert");
        found
    }

    fn last(&self) -> &Alert {
        match self.out.last() {
            Some(Change::Alert(alert)) => alert,
            other => panic!("{other:?}"),
        }
    }
}

fn operator(console: &str) -> Operator {
    let console = console.to_owned();
    Operator { user: "wang".to_owned(), console, role: Role::Operator, sectors: Vec::new() }
}

fn supervisor() -> Operator {
    Operator { role: Role::Supervisor, ..operator("s1") }
}

/// A condition of a kind about one track.
fn case(kind: Kind, track: u64) -> Judgement<'static> {
    Judgement {
        delays: Delays { on_s: 10.0, off_s: 20.0 },
        ..Judgement::of(Key::one(kind, TrackId(track), About::Nothing), Evidence::Fact)
    }
}

#[test]
fn an_alert_goes_through_all_states() {
    let risk = case(Kind::AnchorDrag, 1);
    let mut desk = Desk::new();
    desk.say(Signal::On, &risk);
    desk.wait(9);
    assert_eq!(desk.ledger.alerts().count(), 0);
    desk.wait(1);
    let raised = desk.only();
    assert_eq!((raised.state, raised.revision, raised.sounding), (State::Active, 1, true));
    assert_eq!((raised.condition, raised.instance), (START, 1));

    // Silenced for half a minute.
    let silence = Command::Silence { alert: raised.id, revision: 1 };
    assert_eq!(desk.order(operator("c1"), silence), Ok(1));
    assert_eq!(desk.only().state, State::Silenced);
    desk.wait(30);
    assert_eq!(
        (desk.only().state, desk.only().revision, desk.only().cause),
        (State::Active, 3, Cause::Timer)
    );

    // Offered to somebody who does not answer.
    let transfer = Command::Transfer { alert: raised.id, revision: 3, to: "c2".to_owned() };
    assert_eq!(desk.order(operator("c1"), transfer), Ok(1));
    assert_eq!(desk.only().state, State::Transferred);
    desk.wait(30);
    assert_eq!((desk.only().state, desk.only().escalation), (State::Active, 1));

    // Offered to somebody who does.
    let revision = desk.only().revision;
    let transfer = Command::Transfer { alert: raised.id, revision, to: "c2".to_owned() };
    desk.order(operator("c1"), transfer).unwrap();
    let accept = Command::Accept { alert: raised.id, revision: revision + 1 };
    assert_eq!(desk.order(operator("c3"), accept.clone()), Err(Refusal::Sector));
    assert_eq!(desk.order(operator("c2"), accept), Ok(1));
    assert_eq!(desk.only().state, State::Acknowledged);
    assert_eq!(desk.only().owner.map(|by| by.console).as_deref(), Some("c2"));

    // Acknowledged, it ends with its condition, 20 s later.
    desk.say(Signal::Off, &risk);
    desk.wait(19);
    assert_eq!(desk.ledger.alerts().count(), 1);
    desk.wait(1);
    assert_eq!((desk.last().state, desk.last().cleared), (State::Cleared, Some(desk.now)));
    assert_eq!(desk.ledger.alerts().count(), 0);
}

#[test]
fn what_ends_unseen_waits_and_may_return() {
    let risk = case(Kind::Restricted, 1);
    let mut desk = Desk::new();
    desk.say(Signal::On, &risk);
    desk.wait(10);
    desk.say(Signal::Off, &risk);
    desk.wait(20);
    let rectified = desk.only();
    assert_eq!((rectified.state, rectified.sounding), (State::Rectified, false));
    desk.say(Signal::On, &risk);
    desk.wait(10);
    let returned = desk.only();
    assert_eq!((returned.id, returned.state), (rectified.id, State::Active));
    assert_eq!(returned.revision, rectified.revision + 1);
    desk.say(Signal::Off, &risk);
    desk.wait(20);
    let revision = desk.only().revision;
    desk.order(operator("c1"), Command::Acknowledge { alert: returned.id, revision }).unwrap();
    assert_eq!(desk.last().state, State::Cleared);
    assert_eq!(desk.ledger.alerts().count(), 0);
    assert_eq!(
        (desk.ledger.counts().begun(Kind::Restricted), desk.ledger.counts().raised(Kind::Restricted)),
        (2, 2)
    );
}

#[test]
fn what_nobody_takes_becomes_more_urgent_or_is_said_again() {
    for (kind, priority, escalation) in
        [(Kind::AnchorDrag, Priority::Emergency, 1), (Kind::SpeedLimit, Priority::Warning, 0)]
    {
        let mut desk = Desk::new();
        desk.say(Signal::On, &case(kind, 1));
        desk.wait(10 + 119);
        assert_eq!(desk.only().revision, 1, "{kind:?}");
        desk.wait(1);
        let alert = desk.only();
        assert_eq!((alert.revision, alert.priority, alert.escalation), (2, priority, escalation), "{kind:?}");
        assert_eq!(alert.sectors.contains(&"supervisor".to_owned()), escalation > 0);
        desk.wait(1000);
        assert_eq!(desk.only().revision, 2, "{kind:?}: once");
        // What became an emergency by waiting still ends with its condition.
        desk.say(Signal::Off, &case(kind, 1));
        desk.wait(20);
        assert_eq!(desk.only().state, State::Rectified);
    }
}

#[test]
fn distress_ends_when_a_supervisor_says_so() {
    let sos = Judgement { delays: Delays::default(), ..case(Kind::BeiDouSos, 1) };
    let mut desk = Desk::new();
    desk.say(Signal::On, &sos);
    desk.say(Signal::Off, &sos);
    desk.wait(600);
    let id = desk.only().id;
    let revision = |desk: &Desk| desk.only().revision;
    let shelve =
        Command::Shelve { alert: id, revision: revision(&desk), for_s: 60.0, reason: ShelveReason::Other };
    assert_eq!(desk.order(supervisor(), shelve), Err(Refusal::Emergency));
    let acknowledge = Command::Acknowledge { alert: id, revision: revision(&desk) };
    desk.order(operator("c1"), acknowledge).unwrap();
    assert_eq!(desk.only().state, State::Acknowledged);
    let close = Command::Close { alert: id, revision: revision(&desk) };
    assert_eq!(desk.order(operator("c1"), close.clone()), Err(Refusal::Role));
    assert_eq!(desk.order(supervisor(), close), Ok(1));
    assert_eq!(desk.ledger.alerts().count(), 0);
}

#[test]
fn acceptance_e_of_ten_consoles_one_acknowledges() {
    let mut desk = Desk::new();
    desk.say(Signal::On, &case(Kind::CollisionRisk, 1));
    desk.wait(10);
    let seen = desk.only();
    let answers: Vec<_> = (0..10)
        .map(|i| {
            let command = Command::Acknowledge { alert: seen.id, revision: seen.revision };
            desk.order(operator(&format!("c{i}")), command)
        })
        .collect();
    assert_eq!(answers[0], Ok(1));
    let refused = Refusal::Stale { revision: seen.revision + 1, state: State::Acknowledged };
    assert!(answers[1..].iter().all(|answer| *answer == Err(refused)), "{answers:?}");
    assert_eq!(desk.only().owner.map(|by| by.console).as_deref(), Some("c0"));
    assert_eq!(desk.ledger.counts().refused(), 9);
}

#[test]
fn who_may_do_what() {
    let mut desk = Desk::new();
    desk.say(Signal::On, &case(Kind::SourceSilent, 1));
    desk.wait(10);
    let alert = desk.only();
    let acknowledge = Command::Acknowledge { alert: alert.id, revision: 1 };
    assert_eq!(alert.sectors, ["technical"]);
    assert_eq!(desk.order(operator("c1"), acknowledge.clone()), Err(Refusal::Category));
    let viewer = Operator { role: Role::Viewer, ..operator("c1") };
    assert_eq!(desk.order(viewer, acknowledge), Err(Refusal::Role));
    let unknown = Command::Acknowledge { alert: AlertId(1), revision: 1 };
    assert_eq!(desk.order(operator("c1"), unknown), Err(Refusal::Unknown));
    let shelve =
        |for_s| Command::Shelve { alert: alert.id, revision: 1, for_s, reason: ShelveReason::Planned };
    assert_eq!(desk.order(operator("c1"), shelve(1801.0)), Err(Refusal::TooLong));
    assert_eq!(desk.order(operator(""), shelve(60.0)), Err(Refusal::Name));
    assert_eq!(desk.order(supervisor(), shelve(7200.0)), Ok(1));
    // Category C ends by itself, but not while it is on the shelf.
    desk.say(Signal::Off, &case(Kind::SourceSilent, 1));
    desk.wait(7199);
    assert!(desk.only().shelf.is_some());
    desk.wait(2);
    assert_eq!(desk.ledger.alerts().count(), 0);
}

#[test]
fn a_sector_has_a_budget_of_sounds_and_rank_decides() {
    let mut desk = Desk::new();
    // Sixty low ones, then one of the highest rank: there is still room for it.
    for track in 0..60 {
        desk.say(Signal::On, &Judgement { rank: 0.3, ..case(Kind::CollisionRisk, track) });
    }
    desk.wait(10);
    let heard = |desk: &Desk| {
        desk.ledger.counts().sounded().find(|(sector, _)| *sector == "all").map_or(0, |(_, n)| n)
    };
    assert_eq!((desk.ledger.cases(Kind::CollisionRisk).count(), heard(&desk)), (60, 2));
    desk.say(Signal::On, &Judgement { rank: 0.95, ..case(Kind::CollisionRisk, 100) });
    desk.wait(10);
    assert_eq!(heard(&desk), 3);
    // However many come, six in any hour.
    for track in 200..260 {
        desk.say(Signal::On, &Judgement { rank: 1.0, ..case(Kind::CollisionRisk, track) });
    }
    desk.wait(10);
    assert_eq!(heard(&desk), 6);
    assert_eq!(desk.ledger.counts().suppressed(Suppressed::Budget), 58 + 57);
    // One that was heard ends, nobody having seen it, and returns: it has no place any more.
    let first = Judgement { rank: 1.0, ..case(Kind::CollisionRisk, 200) };
    let sounds = |desk: &Desk| {
        let mut all = desk.ledger.alerts().filter(|a| a.tracks.iter().eq([TrackId(200)]));
        all.next().is_some_and(|alert| alert.sounding)
    };
    assert!(sounds(&desk));
    desk.say(Signal::Off, &first);
    desk.wait(25);
    desk.say(Signal::On, &first);
    desk.wait(600);
    assert_eq!((sounds(&desk), heard(&desk)), (false, 6));
    // An hour later there is room again.
    desk.wait(3300);
    desk.say(Signal::On, &case(Kind::CollisionRisk, 300));
    desk.wait(10);
    assert_eq!(heard(&desk), 7);
}

#[test]
fn encounters_that_share_a_vessel_are_one_situation() {
    let mut desk = Desk::new();
    let pair = |one, other| Judgement {
        delays: Delays { on_s: 0.0, off_s: 0.0 },
        ..Judgement::of(
            Key::pair(Kind::CollisionRisk, TrackId(one), TrackId(other), About::Nothing),
            Evidence::Fact,
        )
    };
    for (one, other) in [(1, 2), (2, 3), (3, 4), (8, 9)] {
        desk.say(Signal::On, &pair(one, other));
        desk.wait(1);
    }
    let all: Vec<Alert> = desk.ledger.alerts().cloned().collect();
    let head = all[0].id;
    assert_eq!(all.iter().map(|a| a.group).collect::<Vec<_>>(), [Some(head), Some(head), Some(head), None]);
    assert_eq!(all.iter().map(|a| a.sounding).collect::<Vec<_>>(), [true, false, false, true]);
    assert_eq!(desk.ledger.counts().suppressed(Suppressed::Grouped), 2);
    // Acknowledged together, recorded each.
    let before = desk.out.len();
    let command = Command::AcknowledgeGroup { alert: head, revision: all[0].revision };
    assert_eq!(desk.order(operator("c1"), command), Ok(3));
    assert_eq!(desk.out.len(), before + 3);
    assert_eq!(desk.ledger.alerts().filter(|a| a.state == State::Acknowledged).count(), 3);
}

#[test]
fn a_flood_of_one_kind_is_turned_down_and_said_once() {
    let mut desk = Desk::new();
    for track in 0..30 {
        let entry = Judgement { delays: Delays::default(), ..case(Kind::ZoneEntry, track) };
        desk.say(Signal::On, &entry);
        desk.wait(1);
    }
    let of = |desk: &Desk, kind, priority| {
        desk.ledger.alerts().filter(|a| a.kind == kind && a.priority == priority).count()
    };
    assert_eq!(of(&desk, Kind::ZoneEntry, Priority::Warning), 10);
    assert_eq!(of(&desk, Kind::ZoneEntry, Priority::Caution), 20);
    assert_eq!(of(&desk, Kind::AlertFlood, Priority::Warning), 1);
    assert_eq!(desk.ledger.counts().suppressed(Suppressed::Flood), 20);
    desk.wait(700);
    assert_eq!(of(&desk, Kind::AlertFlood, Priority::Warning), 0);
}

#[test]
fn chatter_lengthens_the_off_delay() {
    let quick = Judgement { delays: Delays { on_s: 0.0, off_s: 2.0 }, ..case(Kind::SpeedLimit, 1) };
    let mut desk = Desk::new();
    for _ in 0..60 {
        desk.say(Signal::On, &quick);
        desk.wait(3);
        desk.say(Signal::Off, &quick);
        desk.wait(3);
    }
    let counts = desk.ledger.counts();
    assert_eq!(counts.chattering(), 1);
    // Three raises in the first fifteen seconds, and then it stays.
    assert_eq!(counts.raised(Kind::SpeedLimit), 3);
    desk.wait(61);
    assert_eq!(desk.only().state, State::Rectified);
}

#[test]
fn silence_of_a_source_explains_what_it_alone_heard() {
    use fusion::{Body, Event, Observation, Report, Station};
    let mut desk = Desk::new();
    let report = |source: u16, mmsi: u32| {
        Event::Observation(Observation {
            source: SourceId(source),
            valid: START,
            arrival: START,
            body: Body::Report(Report {
                by: Mmsi::new(mmsi).unwrap().into(),
                station: Station::ClassA,
                position: Position::new(30.0, 122.0 + f64::from(mmsi % 10) * 0.1),
                sigma_m: 10.0,
                sog: None,
                cog: None,
                heading: None,
                rot_deg_min: None,
                nav_status: None,
            }),
        })
    };
    let mut changes = Vec::new();
    // The first is heard by one source, the second by two.
    for event in [report(0, 413_000_001), report(0, 413_000_002), report(1, 413_000_002)] {
        desk.picture.apply(&event, &mut changes);
    }
    let ids: Vec<TrackId> = desk.picture.tracks().map(|track| track.id).collect();
    let silent = Judgement::of(
        Key::place(Kind::SourceSilent, About::Source(SourceId(0))),
        Evidence::of(60.0, Unit::Seconds),
    );
    desk.say(Signal::On, &silent);
    let cause = desk.only().id;
    for id in &ids {
        desk.say(Signal::On, &Judgement { delays: Delays::default(), ..case(Kind::LostTarget, id.0) });
    }
    let lost: Vec<_> = desk
        .ledger
        .alerts()
        .filter(|a| a.kind == Kind::LostTarget)
        .map(|a| (a.consequence_of, a.sounding))
        .collect();
    assert_eq!(lost, [(Some(cause), false), (None, true)]);
    assert_eq!(desk.ledger.counts().suppressed(Suppressed::Consequence), 1);
}

#[test]
fn what_is_out_of_service_is_counted_and_comes_back() {
    let mut desk = Desk::new();
    let service = |on| Command::Service { kind: Kind::SpeedLimit, zone: None, on };
    assert_eq!(desk.order(operator("c1"), service(false)), Err(Refusal::Role));
    desk.order(supervisor(), service(false)).unwrap();
    desk.say(Signal::On, &case(Kind::SpeedLimit, 1));
    desk.wait(60);
    assert_eq!(desk.ledger.alerts().count(), 0);
    assert_eq!(desk.ledger.counts().hidden(Kind::SpeedLimit), 1);
    assert_eq!(desk.ledger.out_of_service().collect::<Vec<_>>(), [(Kind::SpeedLimit, None)]);
    desk.order(supervisor(), service(true)).unwrap();
    desk.wait(10);
    assert_eq!(desk.only().state, State::Active);
}

#[test]
fn a_report_is_on_nobodys_list() {
    let mut desk = Desk::new();
    let change = Judgement { delays: Delays::default(), ..case(Kind::InvalidIdentity, 1) };
    desk.say(Signal::On, &change);
    assert_eq!((desk.ledger.alerts().count(), desk.out.len(), desk.ledger.report().count()), (0, 0, 1));
    // Of a vessel that somebody watches it is.
    let watched = Judgement { is_watched: true, ..case(Kind::InvalidIdentity, 2) };
    desk.say(Signal::On, &watched);
    desk.wait(10);
    assert_eq!((desk.only().priority, desk.ledger.report().count()), (Priority::Caution, 1));
}

/// What may happen to one case in a second.
#[derive(Clone, Copy, Debug)]
enum Step {
    Say(Signal),
    Acknowledge,
    Shelve,
    Serve(bool),
    Wait(u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let signal = prop_oneof![Just(Signal::On), Just(Signal::Hold), Just(Signal::Off)];
    let step = prop_oneof![
        8 => signal.prop_map(Step::Say),
        1 => Just(Step::Acknowledge),
        1 => Just(Step::Shelve),
        1 => any::<bool>().prop_map(Step::Serve),
        4 => (1..30_u32).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 1..120)
}

proptest! {
    #[test]
    fn acceptance_d_no_event_is_lost(steps in steps()) {
        let mut desk = Desk::new();
        let risk = case(Kind::SpeedLimit, 1);
        // The oracle: the condition begins when it is said to hold and did not hold, or had been over for long
        // enough to be another one. An unbroken on-delay of 10 s is a part of "holds".
        for step in steps {
            match step {
                Step::Say(signal) => desk.say(signal, &risk),
                Step::Wait(seconds) => desk.wait(seconds),
                Step::Serve(on) => {
                    desk.order(supervisor(), Command::Service { kind: risk.key.kind, zone: None, on }).unwrap();
                }
                Step::Acknowledge | Step::Shelve => {
                    let Some((alert, revision)) = desk.ledger.alerts().next().map(|a| (a.id, a.revision)) else {
                        continue;
                    };
                    let command = match step {
                        Step::Acknowledge => Command::Acknowledge { alert, revision },
                        _ => Command::Shelve { alert, revision, for_s: 60.0, reason: ShelveReason::InHand },
                    };
                    let _ = desk.order(operator("c1"), command);
                }
            }
            let counts = desk.ledger.counts();
            let waiting = desk.ledger.waiting(risk.key.kind) as u64;
            let (begun, raised) = (counts.begun(risk.key.kind), counts.raised(risk.key.kind));
            prop_assert_eq!(begun, raised + counts.hidden(risk.key.kind) + waiting);
            prop_assert!(desk.ledger.alerts().count() <= 1, "one live alert for one situation");
        }
        // Revisions of each alert have no gap, and no alert comes back once it is cleared.
        let mut last: std::collections::BTreeMap<AlertId, Alert> = std::collections::BTreeMap::new();
        for change in &desk.out {
            let Change::Alert(alert) = change else { continue };
            let before = last.insert(alert.id, (**alert).clone());
            prop_assert_eq!(alert.revision, before.as_ref().map_or(1, |before| before.revision + 1));
            prop_assert!(before.is_none_or(|before| before.state != State::Cleared));
        }
    }

    #[test]
    fn acceptance_d_the_edges_are_those_of_an_oracle(spells in proptest::collection::vec((1..60_u32, 1..60_u32), 1..40)) {
        // The condition holds for so long and is over for so long, again and again.
        let mut desk = Desk::new();
        let risk = case(Kind::SpeedLimit, 1);
        let (mut edges, mut is_live, mut over_s) = (0_u64, false, 0);
        for (on_s, off_s) in spells {
            // Told already, and back before the off-delay: the same condition.
            let is_same = is_live && over_s < 20;
            edges += u64::from(!is_same);
            desk.say(Signal::On, &risk);
            desk.wait(on_s);
            is_live = is_same || on_s >= 10;
            desk.say(Signal::Off, &risk);
            desk.wait(off_s);
            over_s = off_s;
        }
        let counts = desk.ledger.counts();
        prop_assume!(counts.chattering() == 0);
        prop_assert_eq!(counts.begun(risk.key.kind), edges);
        prop_assert_eq!(counts.raised(risk.key.kind) + counts.hidden(risk.key.kind), edges);
    }
}
