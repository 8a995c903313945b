//! What cameras say, and what is said of them.

use super::{Aim, Camera, Pose, Subject};
use crate::alert::AlertId;
use serde::{Deserialize, Serialize};
use units::{Position, UtcTime};

/// What a camera says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Which.
    pub camera: u16,
    /// When it was so.
    pub at: UtcTime,
    /// What.
    pub said: Said,
}

/// What a camera says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Said {
    /// Where it looks, in its own degrees.
    Looks {
        /// Its pan.
        pan_deg: f64,
        /// Its tilt.
        tilt_deg: f64,
        /// Its horizontal field of view.
        fov_deg: f64,
        /// It told so itself; otherwise it was reckoned from what it was told to do.
        is_told: bool,
    },
    /// It does not answer, or refuses what it is told.
    Down {
        /// What happened, in words, without secrets.
        reason: String,
    },
    /// It took a picture that was asked for.
    Picture(Picture),
}

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The request that it answers.
    pub shot: u64,
    /// What kind of file it is.
    pub media: String,
    /// Of the file.
    pub sha256: [u8; 32],
    /// The file.
    pub bytes: Vec<u8>,
}

/// Why a camera looks somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// An alert.
    Alert,
    /// An operator.
    Operator,
    /// Nothing else is to do.
    Patrol,
}

impl Why {
    /// As a lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Operator => "operator",
            Self::Patrol => "patrol",
        }
    }
}

/// A camera was told to look somewhere, is free again, or there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    /// Which; `None`: no camera looks at it, and `reason` says why.
    pub camera: Option<u16>,
    /// At what.
    pub subject: Subject,
    /// Why.
    pub why: Why,
    /// For which alert.
    pub alert: Option<AlertId>,
    /// For which operator.
    pub user: Option<String>,
    /// When.
    pub at: UtcTime,
    /// It looks there no more.
    pub released: bool,
    /// Why not, or why no more.
    pub reason: Option<String>,
}

/// What an event changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// Who looks where.
    Cue(Box<Cue>),
    /// A camera is to follow this path from now on.
    Aim(u16, Aim),
    /// A camera is to take a picture of what it looks at.
    Shoot(u16, Shot),
    /// What is known of a camera has changed: [`Cues::view`].
    Camera(u16),
    /// A picture was taken.
    Picture(u16, Shot, Picture),
}

/// A picture that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shot {
    /// Its number.
    pub number: u64,
    /// What the camera looked at.
    pub subject: Subject,
    /// For which alert.
    pub alert: Option<AlertId>,
    /// When it was asked for.
    pub at: UtcTime,
}

/// What is known of a camera now.
#[derive(Clone, Debug, PartialEq)]
pub struct View<'a> {
    /// What it is.
    pub camera: &'a Camera,
    /// It answers; `None`: it was never heard.
    pub is_up: Option<bool>,
    /// Why not.
    pub down: Option<&'a str>,
    /// It is on its way, and not there yet.
    pub is_slewing: bool,
    /// Where it looks.
    pub pose: Option<Pose>,
    /// What it covers at sea level.
    pub footprint: Vec<Position>,
    /// What it looks at.
    pub subject: Option<Subject>,
    /// Who holds it, and until when.
    pub held: Option<(&'a str, UtcTime)>,
}
