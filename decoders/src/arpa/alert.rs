//! ALR and ACK, the alarms of old; ALF, ALC, ACN, ARC and HBT, bridge alerts (IEC 61162-1, IEC 62923-1).

use super::value::{Clock, Table, Text};
use super::way::{Key, Way, digits, entries};

/// ALR, alarm state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alarm<'a> {
    /// When it changed.
    pub time: Option<Clock>,
    /// Which alarm of the sender.
    pub id: Option<u32>,
    /// The threshold is exceeded.
    pub raised: Option<bool>,
    /// Somebody has acknowledged it.
    pub acknowledged: Option<bool>,
    /// What it is about.
    pub text: Option<Text<'a>>,
}

impl<'a> Alarm<'a> {
    pub(super) fn fields(&mut self, way: &mut impl Way<'a>) {
        way.clock("time", &mut self.time);
        way.whole("id", &mut self.id, 3);
        way.letter("raised", &mut self.raised);
        way.letter("acknowledged", &mut self.acknowledged);
        way.text("text", &mut self.text);
    }

    /// As a sender means it that writes acknowledgement before condition.
    #[must_use]
    pub const fn acknowledged_first(self) -> Self {
        Self { raised: self.acknowledged, acknowledged: self.raised, ..self }
    }
}

/// ACK, an alarm is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    /// Which alarm of the receiver.
    pub id: Option<u32>,
}

impl Acknowledged {
    pub(super) fn fields<'a>(&mut self, way: &mut impl Way<'a>) {
        way.whole("id", &mut self.id, 3);
    }
}

/// ALF, alert sentence. The second of two has only the counts, the alert and its description as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alert<'a> {
    /// How many sentences, 1 or 2.
    pub total: Option<u32>,
    /// Which of them this is.
    pub part: Option<u32>,
    /// Ties the two together, 0 to 9.
    pub sequence: Option<u32>,
    /// When it last changed.
    pub time: Option<Clock>,
    /// How it is treated.
    pub category: Option<AlertCategory>,
    /// How urgent it is.
    pub priority: Option<AlertPriority>,
    /// Whether it stands, and who knows.
    pub state: Option<AlertState>,
    /// Whose alert, where not a standard one: three letters.
    pub maker: Option<Text<'a>>,
    /// What kind: 1 to 999 of the maker, 10,000 to 9,999,999 of the standard.
    pub id: Option<u32>,
    /// Which of that kind, 1 to 999,999.
    pub instance: Option<u32>,
    /// 1 to 99, one more with each change.
    pub revision: Option<u32>,
    /// How often it was escalated, 0 to 9.
    pub escalation: Option<u32>,
    /// What it is about.
    pub text: Option<Text<'a>>,
}

impl<'a> Alert<'a> {
    pub(super) fn fields(&mut self, way: &mut impl Way<'a>) {
        way.whole("total", &mut self.total, 1);
        way.whole("part", &mut self.part, 1);
        way.whole("sequence", &mut self.sequence, 1);
        way.clock("time", &mut self.time);
        way.letter("category", &mut self.category);
        way.letter("priority", &mut self.priority);
        way.letter("state", &mut self.state);
        way.text("maker", &mut self.maker);
        way.whole("id", &mut self.id, 1);
        way.whole("instance", &mut self.instance, 1);
        way.whole("revision", &mut self.revision, 1);
        way.whole("escalation", &mut self.escalation, 1);
        way.text("text", &mut self.text);
    }
}

/// ALC, cyclic list of the alerts that stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertList<'a> {
    /// How many sentences.
    pub total: Option<u32>,
    /// Which of them this is.
    pub part: Option<u32>,
    /// Ties them together, 0 to 99.
    pub sequence: Option<u32>,
    /// How many alerts are in this one, as its sender counts.
    pub count: Option<u32>,
    list: &'a [u8],
}

const ENTRY: &[Key] =
    &[Key::Text("maker"), Key::Number("id"), Key::Number("instance"), Key::Number("revision")];

/// One alert of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    /// As [`Alert::maker`].
    pub maker: Option<Text<'a>>,
    /// As [`Alert::id`].
    pub id: u32,
    /// As [`Alert::instance`].
    pub instance: Option<u32>,
    /// As [`Alert::revision`].
    pub revision: Option<u32>,
}

impl<'a> AlertList<'a> {
    /// A list to be sent, written into `room`.
    #[must_use]
    pub fn of(alerts: &[Listed<'_>], room: &'a mut Vec<u8>) -> Self {
        use std::io::Write as _;
        room.clear();
        for Listed { maker, id, instance, revision } in alerts {
            if !room.is_empty() {
                room.push(b',');
            }
            room.extend_from_slice(maker.map_or(&[], Text::as_sent));
            drop(write!(room, ",{id}"));
            for number in [instance, revision] {
                room.push(b',');
                if let Some(number) = number {
                    drop(write!(room, "{number}"));
                }
            }
        }
        let one = Some(1);
        Self { total: one, part: one, sequence: Some(0), count: Some(alerts.len() as u32), list: room }
    }

    pub(super) fn fields(&mut self, way: &mut impl Way<'a>) {
        way.whole("total", &mut self.total, 2);
        way.whole("part", &mut self.part, 2);
        way.whole("sequence", &mut self.sequence, 2);
        way.whole("count", &mut self.count, 1);
        way.list("alerts", &mut self.list, ENTRY);
    }

    /// The alerts that are in it; those without an identifier are left out.
    pub fn alerts(&self) -> impl Iterator<Item = Listed<'a>> + use<'a> {
        entries(self.list, 4).filter_map(|[maker, id, instance, revision]| {
            let number = |field: &[u8]| if field.is_empty() { None } else { digits(field, 10) };
            Some(Listed {
                maker: Some(maker).filter(|maker| !maker.is_empty()).map(Text::sent),
                id: number(id)?,
                instance: number(instance),
                revision: number(revision),
            })
        })
    }
}

/// ACN, a command to an alert; ARC, its refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertCommand<'a> {
    /// When it was given.
    pub time: Option<Clock>,
    /// As [`Alert::maker`].
    pub maker: Option<Text<'a>>,
    /// As [`Alert::id`].
    pub id: Option<u32>,
    /// As [`Alert::instance`].
    pub instance: Option<u32>,
    /// What is asked.
    pub command: Option<Command>,
}

impl<'a> AlertCommand<'a> {
    /// Of ACN, which ends in a `C` for "command".
    pub(super) fn command_fields(&mut self, way: &mut impl Way<'a>) {
        self.refusal_fields(way);
        way.letter("kind", &mut Some(IsCommand));
    }

    pub(super) fn refusal_fields(&mut self, way: &mut impl Way<'a>) {
        way.clock("time", &mut self.time);
        way.text("maker", &mut self.maker);
        way.whole("id", &mut self.id, 1);
        way.whole("instance", &mut self.instance, 1);
        way.letter("command", &mut self.command);
    }
}

/// HBT, heartbeat.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Heartbeat {
    /// Seconds until the next.
    pub interval_s: Option<f64>,
    /// Whether the sender is well.
    pub well: Option<bool>,
    /// 0 to 9, one more each time.
    pub sequence: Option<u32>,
}

impl Heartbeat {
    pub(super) fn fields<'a>(&mut self, way: &mut impl Way<'a>) {
        way.decimal("interval_s", &mut self.interval_s, (1, 1));
        way.letter("well", &mut self.well);
        way.whole("sequence", &mut self.sequence, 1);
    }
}

/// How an alert is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertCategory {
    /// What it is about must be looked at where it is shown.
    A,
    /// It can be understood anywhere on the bridge.
    B,
    /// It cannot be acknowledged on the bridge.
    C,
}

impl Table for AlertCategory {
    const TABLE: &'static [(u8, Self)] = &[(b'A', Self::A), (b'B', Self::B), (b'C', Self::C)];
}

/// How urgent an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertPriority {
    /// Act at once, or lose life or ship.
    Emergency,
    /// Act at once.
    Alarm,
    /// Look at once.
    Warning,
    /// Be aware.
    Caution,
}

impl Table for AlertPriority {
    const TABLE: &'static [(u8, Self)] =
        &[(b'E', Self::Emergency), (b'A', Self::Alarm), (b'W', Self::Warning), (b'C', Self::Caution)];
}

/// Whether an alert stands, and who knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertState {
    /// It stands, and nobody has acknowledged it.
    Unacknowledged,
    /// The same, silenced for a while.
    Silenced,
    /// It stands, and somebody has acknowledged it.
    Acknowledged,
    /// It stands, and somebody else answers for it.
    Transferred,
    /// It is over, and nobody has acknowledged it.
    Rectified,
    /// There is none.
    Normal,
}

impl Table for AlertState {
    const TABLE: &'static [(u8, Self)] = &[
        (b'V', Self::Unacknowledged),
        (b'S', Self::Silenced),
        (b'A', Self::Acknowledged),
        (b'O', Self::Transferred),
        (b'U', Self::Rectified),
        (b'N', Self::Normal),
    ];
}

/// What is asked of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Take it as known.
    Acknowledge,
    /// Say it again.
    Repeat,
    /// Leave it to somebody else.
    Transfer,
    /// Be silent for a while.
    Silence,
}

impl Table for Command {
    const TABLE: &'static [(u8, Self)] =
        &[(b'A', Self::Acknowledge), (b'Q', Self::Repeat), (b'O', Self::Transfer), (b'S', Self::Silence)];
}

#[derive(Clone, Copy, PartialEq)]
struct IsCommand;

impl Table for IsCommand {
    const TABLE: &'static [(u8, Self)] = &[(b'C', Self)];
}
