//! Alerts on the NMEA relay, as a bridge alert system takes them (IEC 61162-1): ALF for each that changes, ALC with all
//! that stand and a heartbeat every half minute; ACN is a command, and ARC its refusal.
//!
//! What is told: emergencies, alarms and warnings. Cautions are a list for consoles, hundreds long; an alert that was
//! told is told to its end, whatever becomes of it. Our kinds are 10,000 and their number, of the maker `FWY`.

use super::proto::{self, command::Body};
use decoders::arpa::{
    self, AlertCategory, AlertCommand, AlertList, AlertPriority, AlertState, Clock, Command, Heartbeat,
    Listed, Message, Text,
};
use decoders::frame::Line;
use decoders::nmea::{Item, Reader};
use units::UtcTime;
use watch::{Alert, Category, Priority, State};

const TALKER: [u8; 2] = *b"II";
const MAKER: &str = "FWY";
const FIRST_ID: u32 = 10_000;
/// A list comes every so many seconds.
pub const EVERY_S: u64 = 30;
/// A sentence has at most 82 characters: three entries of a list, and so much text.
const ENTRIES: usize = 3;
const MAX_LISTS: usize = 99;
const TITLE: usize = 16;
const DESCRIPTION: usize = 36;
/// Longer than any sentence.
const MAX_LINE: usize = 512;

/// Which alert, as a bridge names it.
pub type Name = (u32, u32);

/// One alert that stands, or has just ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub name: Name,
    pub revision: u32,
    /// ALF, two of them.
    pub sentences: Vec<u8>,
}

/// Whether an alert is told to who has not heard of it.
pub fn is_told(alert: &Alert) -> bool {
    alert.priority != Priority::Caution
}

/// From 1 to 99, and round again.
const fn revision_of(revision: u32) -> u32 {
    revision.saturating_sub(1) % 99 + 1
}

fn clock(at: UtcTime) -> Option<Clock> {
    u32::try_from(at.unix_us().div_euclid(1000).rem_euclid(86_400_000)).ok().and_then(Clock::of_day_ms)
}

/// The alert in sentences.
pub fn told(alert: &Alert) -> Told {
    let (name, revision) =
        ((FIRST_ID + u32::from(alert.kind.code()), alert.instance), revision_of(alert.revision));
    let (mut maker, mut title, mut text, mut sentences) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let cut = |text: &str, most: usize| text.chars().filter(char::is_ascii).take(most).collect::<String>();
    let first = arpa::Alert {
        total: Some(2),
        part: Some(1),
        // Which two belong together: of alerts that follow each other it differs.
        sequence: Some(alert.instance % 10),
        time: clock(alert.changed),
        category: Some(match alert.kind.category() {
            Category::A => AlertCategory::A,
            Category::B => AlertCategory::B,
            Category::C => AlertCategory::C,
        }),
        priority: Some(match alert.priority {
            Priority::Emergency => AlertPriority::Emergency,
            Priority::Alarm => AlertPriority::Alarm,
            Priority::Warning => AlertPriority::Warning,
            Priority::Caution => AlertPriority::Caution,
        }),
        state: Some(match alert.state {
            State::Active => AlertState::Unacknowledged,
            State::Silenced => AlertState::Silenced,
            State::Acknowledged => AlertState::Acknowledged,
            // Offered to another desk, it still stands here.
            State::Transferred => AlertState::Transferred,
            State::Rectified => AlertState::Rectified,
            State::Cleared => AlertState::Normal,
        }),
        maker: Some(Text::escaped(MAKER, &mut maker)),
        id: Some(name.0),
        instance: Some(name.1),
        revision: Some(revision),
        escalation: Some(alert.escalation.into()),
        text: Some(Text::escaped(&cut(alert.kind.title()[0], TITLE), &mut title)),
    };
    let second = arpa::Alert {
        part: Some(2),
        time: None,
        category: None,
        priority: None,
        state: None,
        text: Some(Text::escaped(&cut(&alert.text.en, DESCRIPTION), &mut text)),
        ..first
    };
    for part in [first, second] {
        Message::Alf(part).encode(TALKER, &mut sentences);
    }
    Told { name, revision, sentences }
}

/// The list of all that stand, and a heartbeat; `beat` counts them.
pub fn list<'a>(alerts: impl Iterator<Item = &'a Told>, beat: u64) -> Vec<u8> {
    let (mut maker, mut out) = (Vec::new(), Vec::new());
    let maker = Text::escaped(MAKER, &mut maker);
    let entries = alerts.take(MAX_LISTS * ENTRIES).map(|told| Listed {
        maker: Some(maker),
        id: told.name.0,
        instance: Some(told.name.1),
        revision: Some(told.revision),
    });
    let entries: Vec<Listed<'_>> = entries.collect();
    let total = entries.len().div_ceil(ENTRIES).max(1);
    let mut parts = entries.chunks(ENTRIES);
    for part in 1..=total {
        let mut room = Vec::new();
        let mut list = AlertList::of(parts.next().unwrap_or_default(), &mut room);
        list.total = Some(total as u32);
        list.part = Some(part as u32);
        list.sequence = Some((beat % 100) as u32);
        Message::Alc(list).encode(TALKER, &mut out);
    }
    let heartbeat =
        Heartbeat { interval_s: Some(EVERY_S as f64), well: Some(true), sequence: Some((beat % 10) as u32) };
    Message::Hbt(heartbeat).encode(TALKER, &mut out);
    out
}

/// What a bridge wants of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    pub name: Name,
    pub command: Command,
}

/// Takes the whole lines out of what was said: what they ask for, in order. What is no ACN of ours is not for us.
pub fn hear(said: &mut Vec<u8>, mut wish: impl FnMut(Wish)) {
    let whole = said.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut reader = Reader::new();
    for line in said.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n') {
        reader.line(Line::Whole(line.trim_ascii_end()), UtcTime::from_unix_s(0), |item| {
            let Item::Other(sentence) = item else { return };
            let Some(Ok(Message::Acn(asked))) = arpa::decode(&sentence) else { return };
            let is_ours = asked.maker.is_none_or(|maker| maker.chars().eq(MAKER.chars()));
            if let AlertCommand { id: Some(id), instance: Some(instance), command: Some(command), .. } = asked
                && is_ours
            {
                wish(Wish { name: (id, instance), command });
            }
        });
    }
    said.drain(..whole);
    if said.len() > MAX_LINE {
        said.clear();
    }
}

impl Wish {
    /// A command for the core, of an alert as it was last told; `serial` makes it the only one of its kind. `None`: it
    /// is none for the core.
    pub fn order(self, alert: u64, revision: u32, serial: &str) -> Option<proto::Command> {
        let body = match self.command {
            Command::Acknowledge => {
                Body::Acknowledge(proto::Acknowledge { alert, revision, ..proto::Acknowledge::default() })
            }
            Command::Silence => Body::Silence(proto::Silence { alert, revision }),
            Command::Repeat | Command::Transfer => return None,
        };
        let id = format!("acn-{}-{}-{}-{serial}", self.name.0, self.name.1, letter(self.command));
        Some(proto::Command { id, body: Some(body) })
    }

    /// The answer to what never becomes a command.
    pub fn refusal(self) -> proto::Answer {
        let letter = letter(self.command);
        let id = format!("acn-{}-{}-{letter}", self.name.0, self.name.1);
        proto::Answer { id, code: 404, text: "no such alert or command".to_owned(), revision: None }
    }

    /// What a command was, from its id.
    fn of_order(id: &str) -> Option<Self> {
        let mut words = id.strip_prefix("acn-")?.split('-');
        let mut number = || words.next()?.parse().ok();
        let name = (number()?, number()?);
        let command = match words.next()? {
            "A" => Command::Acknowledge,
            "S" => Command::Silence,
            "Q" => Command::Repeat,
            "O" => Command::Transfer,
            _ => return None,
        };
        Some(Self { name, command })
    }

    /// It is not done.
    pub fn refused(self, at: UtcTime) -> Vec<u8> {
        let (mut maker, mut out) = (Vec::new(), Vec::new());
        let refusal = AlertCommand {
            time: clock(at),
            maker: Some(Text::escaped(MAKER, &mut maker)),
            id: Some(self.name.0),
            instance: Some(self.name.1),
            command: Some(self.command),
        };
        Message::Arc(refusal).encode(TALKER, &mut out);
        out
    }
}

const fn letter(command: Command) -> char {
    match command {
        Command::Acknowledge => 'A',
        Command::Repeat => 'Q',
        Command::Transfer => 'O',
        Command::Silence => 'S',
    }
}

/// The answer to a command in sentences: nothing where it was done, for the alert then says so itself.
pub fn answer(answer: &proto::Answer, at: UtcTime) -> Vec<u8> {
    let refused = Wish::of_order(&answer.id).filter(|_| answer.code != 200);
    refused.map_or_else(Vec::new, |wish| wish.refused(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_cut_into_sentences_that_fit() {
        let told: Vec<Told> = (0..400)
            .map(|i| Told { name: (10_101, 900_000 + i), revision: 99, sentences: Vec::new() })
            .collect();
        let text = String::from_utf8(list(told.iter(), 7)).unwrap();
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 99 + 1, "no more than the standard counts, and a heartbeat");
        assert!(lines.iter().all(|line| line.len() <= 80), "{lines:?}");
        assert!(
            lines[0].starts_with(
                "$IIALC,99,01,07,3,FWY,10101,900000,99,FWY,10101,900001,99,FWY,10101,900002,99*"
            )
        );
        assert!(lines[99].starts_with("$IIHBT,30.0,A,7*"), "{}", lines[99]);
        let empty = String::from_utf8(list([].iter(), 0)).unwrap();
        assert!(
            empty.starts_with("$IIALC,01,01,00,0,*") || empty.starts_with("$IIALC,01,01,00,0*"),
            "{empty}"
        );
    }

    #[test]
    fn what_a_bridge_says_is_heard_line_by_line() {
        let mut said = Vec::new();
        let mut sentence = |body: &str| decoders::nmea::encode_sentence(&mut said, b'$', body.as_bytes());
        sentence("IIACN,060002.00,FWY,10101,12,A,C");
        sentence("APHSC,10,T,,M");
        sentence("IIACN,060003.00,,10301,7,S,C");
        sentence("IIACN,060003.00,XYZ,10301,7,S,C");
        sentence("IIACN,060003.00,FWY,10301,,S,C");
        said.extend_from_slice(b"$IIACN,060004.00,FWY,10101,12,Q");
        let mut heard = Vec::new();
        hear(&mut said, |wish| heard.push((wish.name, wish.command)));
        assert_eq!(heard, [((10_101, 12), Command::Acknowledge), ((10_301, 7), Command::Silence)]);
        assert_eq!(said, b"$IIACN,060004.00,FWY,10101,12,Q", "the rest may still come");
        said.resize(10_000, b'x');
        hear(&mut said, |_| panic!("there is none"));
        assert!(said.is_empty(), "and what is no line is let go");
    }

    #[test]
    fn a_refusal_names_what_was_asked() {
        let wish = Wish { name: (10_101, 12), command: Command::Acknowledge };
        let order = wish.order(5, 3, "1a-2").unwrap();
        let refused = |code| proto::Answer { id: order.id.clone(), code, ..proto::Answer::default() };
        let at = UtcTime::from_unix_s(6 * 3600 + 2);
        let text = String::from_utf8(answer(&refused(409), at)).unwrap();
        assert!(text.starts_with("$IIARC,060002.00,FWY,10101,12,A*"), "{text}");
        assert_eq!(answer(&refused(200), at), b"");
        assert_eq!(
            answer(&proto::Answer { id: "c0ffee00".to_owned(), code: 403, ..Default::default() }, at),
            b""
        );
        assert_eq!(Wish { command: Command::Transfer, ..wish }.order(5, 3, "1a-2"), None);
    }
}
