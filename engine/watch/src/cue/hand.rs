//! An operator's hand on a camera: it wins over all else, and for how long.

use super::camera::Unseen;
use super::{Change, Cue, Cues, Moment, Subject, Task, Why};
use fusion::Fusion;
use serde::{Deserialize, Serialize};
use units::UtcTime;

/// A camera in somebody's hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Hand {
    pub user: String,
    pub until: UtcTime,
    pub subject: Subject,
}

/// What an operator wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<'a> {
    /// Which camera; `None`: whichever sees it best.
    pub camera: Option<u16>,
    /// At what.
    pub subject: Subject,
    /// Keep looking where it goes.
    pub follow: bool,
    /// Who.
    pub user: &'a str,
    /// May take a camera out of another's hand.
    pub overrules: bool,
}

/// Why an operator does not get a camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such camera.
    NoCamera,
    /// There is no such track.
    NoTrack,
    /// Another has it.
    Held {
        /// Who.
        by: String,
        /// For how long yet, seconds.
        for_s: u32,
    },
    /// No camera, or not this one, can look there.
    Unseen(String),
    /// Nobody holds it.
    Free,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoCamera => f.write_str("there is no such camera"),
            Self::NoTrack => f.write_str("there is no such track"),
            Self::Held { by, for_s } => write!(f, "{by} has it for another {for_s} s"),
            Self::Unseen(reason) => write!(f, "no camera can look there: {reason}"),
            Self::Free => f.write_str("nobody holds it"),
        }
    }
}

impl Cues {
    /// Points a camera as an operator wants, and says which.
    ///
    /// # Errors
    /// Why not.
    pub fn point(
        &mut self,
        picture: &Fusion,
        point: &Point<'_>,
        out: &mut Vec<Change>,
    ) -> Result<u16, Refused> {
        let now = picture.now();
        let mut moment = Moment { picture, now, out };
        let subject = match point.subject {
            Subject::Track(id) => {
                let track = picture.track(id).ok_or(Refused::NoTrack)?;
                if point.follow { point.subject } else { Subject::Place(track.position_at(now)) }
            }
            Subject::Place(_) => point.subject,
        };
        let number = match point.camera {
            Some(number) => {
                self.allow(number, point, &moment)?;
                self.can_turn(number, subject, &moment)?;
                number
            }
            None => self.best_of_all(subject, point, &moment)?,
        };
        let is_busy = self.seat(number).is_some_and(|seat| seat.task != Task::Idle);
        if is_busy {
            self.release(number, "an operator takes it", &mut moment);
        }
        let hand = Hand { user: point.user.to_owned(), until: now.plus_s(self.config.hold_s), subject };
        let cue = Cue {
            camera: Some(number),
            subject,
            why: Why::Operator,
            alert: None,
            user: Some(point.user.to_owned()),
            at: now,
            released: false,
            reason: None,
        };
        self.give(number, Task::Held(hand), cue, &mut moment);
        // What it looked at may be seen by another.
        self.plan(&mut moment);
        Ok(number)
    }

    /// Lets a camera go.
    ///
    /// # Errors
    /// Why not.
    pub fn let_go(
        &mut self,
        picture: &Fusion,
        number: u16,
        (user, overrules): (&str, bool),
        out: &mut Vec<Change>,
    ) -> Result<(), Refused> {
        let mut moment = Moment { picture, now: picture.now(), out };
        let seat = self.seat(number).ok_or(Refused::NoCamera)?;
        let Task::Held(hand) = &seat.task else { return Err(Refused::Free) };
        if hand.user != user && !overrules {
            return Err(held(hand, moment.now));
        }
        self.release(number, "let go", &mut moment);
        self.plan(&mut moment);
        Ok(())
    }

    fn allow(&self, number: u16, point: &Point<'_>, moment: &Moment<'_>) -> Result<(), Refused> {
        let seat = self.seat(number).ok_or(Refused::NoCamera)?;
        match &seat.task {
            Task::Held(hand) if hand.user != point.user && !point.overrules => Err(held(hand, moment.now)),
            _ => Ok(()),
        }
    }

    /// A hand may point into a haze, at land, and beyond the horizon; but no motor turns further than it turns.
    fn can_turn(&self, number: u16, subject: Subject, moment: &Moment<'_>) -> Result<(), Refused> {
        match self.worth(number, subject, 0.0, moment) {
            Err(cause @ (Unseen::Limits | Unseen::Down)) => Err(Refused::Unseen(cause.as_str().to_owned())),
            _ => Ok(()),
        }
    }

    fn best_of_all(&self, subject: Subject, point: &Point<'_>, moment: &Moment<'_>) -> Result<u16, Refused> {
        let mut reason = super::Reason::default();
        let mut best: Option<(f64, u16)> = None;
        for number in self.numbers() {
            if self.allow(number, point, moment).is_err() {
                reason.count(Unseen::Held);
                continue;
            }
            match self.worth(number, subject, 0.0, moment) {
                Ok(worth) if best.is_none_or(|(most, _)| worth > most) => best = Some((worth, number)),
                Ok(_) => {}
                Err(cause) => reason.count(cause),
            }
        }
        best.map(|(_, number)| number).ok_or_else(|| Refused::Unseen(reason.to_string()))
    }
}

fn held(hand: &Hand, now: UtcTime) -> Refused {
    Refused::Held { by: hand.user.clone(), for_s: hand.until.since(now).max(0.0).ceil() as u32 }
}
