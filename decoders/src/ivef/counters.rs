//! What became of every message, counted.

/// Why a message, or one object of it, was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reject {
    /// Something between two messages that is neither space, prolog nor comment.
    NoStart,
    /// The stream ended, or the next message began, inside it.
    Unfinished,
    /// Above [`super::MAX_MESSAGE`] bytes.
    TooLong,
    /// Not UTF-8.
    BadUtf8,
    /// Not well-formed.
    BadXml,
    /// It declares a document type: nobody needs one, and its entities are a weapon.
    Doctype,
    /// A reference to an entity that XML does not predefine, or to no character.
    BadEntity,
    /// A character that XML forbids.
    BadCharacter,
    /// Elements nested deeper than any message is.
    TooDeep,
    /// An element with more attributes than any has.
    TooMany,
    /// A root or a body that is no message.
    UnknownMessage,
    /// A number that is none: a decimal comma, letters.
    BadNumber,
    /// No `xs:dateTime`, or beyond 1970 to 2199.
    BadTime,
    /// Neither true nor false.
    BadFlag,
    /// A required value out of its range.
    OutOfRange,
    /// A required text that is too long.
    TooLongText,
    /// A required attribute is not there.
    MissingAttribute,
    /// A required element is not there, or too few of it are.
    MissingElement,
    /// An element twice that may be there once.
    Repeated,
    /// By the strict rules: an element, attribute or text that the schema does not have, or not there.
    NotInSchema,
    /// By the strict rules: another version or namespace than 0.2.5's.
    BadVersion,
    /// What was compressed is no zlib stream. What follows on that stream is lost.
    BadZlib,
    /// What was compressed grows beyond any message's share. What follows on that stream is lost.
    Bomb,
}

impl Reject {
    /// How many reasons there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Every reason, in the order of [`Counters::rejects`].
    pub const ALL: [Self; 23] = [
        Self::NoStart,
        Self::Unfinished,
        Self::TooLong,
        Self::BadUtf8,
        Self::BadXml,
        Self::Doctype,
        Self::BadEntity,
        Self::BadCharacter,
        Self::TooDeep,
        Self::TooMany,
        Self::UnknownMessage,
        Self::BadNumber,
        Self::BadTime,
        Self::BadFlag,
        Self::OutOfRange,
        Self::TooLongText,
        Self::MissingAttribute,
        Self::MissingElement,
        Self::Repeated,
        Self::NotInSchema,
        Self::BadVersion,
        Self::BadZlib,
        Self::Bomb,
    ];

    /// Its place in [`Reject::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoStart => "no_start",
            Self::Unfinished => "unfinished",
            Self::TooLong => "too_long",
            Self::BadUtf8 => "bad_utf8",
            Self::BadXml => "bad_xml",
            Self::Doctype => "doctype",
            Self::BadEntity => "bad_entity",
            Self::BadCharacter => "bad_character",
            Self::TooDeep => "too_deep",
            Self::TooMany => "too_many",
            Self::UnknownMessage => "unknown_message",
            Self::BadNumber => "bad_number",
            Self::BadTime => "bad_time",
            Self::BadFlag => "bad_flag",
            Self::OutOfRange => "out_of_range",
            Self::TooLongText => "too_long_text",
            Self::MissingAttribute => "missing_attribute",
            Self::MissingElement => "missing_element",
            Self::Repeated => "repeated",
            Self::NotInSchema => "not_in_schema",
            Self::BadVersion => "bad_version",
            Self::BadZlib => "bad_zlib",
            Self::Bomb => "bomb",
        }
    }
}

/// What a message has that the schema does not allow, and that was read all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oddity {
    /// An attribute that no dialect known here has; skipped.
    UnknownAttribute,
    /// An element that no dialect known here has; skipped with all in it.
    UnknownElement,
    /// Text between elements; skipped.
    StrayText,
    /// An optional value that is none, or out of its range; taken as absent.
    Unusable,
    /// More decimals, or a longer or shorter text, than the schema has; kept.
    Facet,
    /// An attribute is not there that the schema insists on.
    Missing,
    /// An attribute, element or root of a dialect.
    Dialect,
}

impl Oddity {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// All, in the order of [`Counters::oddities`].
    pub const ALL: [Self; 7] = [
        Self::UnknownAttribute,
        Self::UnknownElement,
        Self::StrayText,
        Self::Unusable,
        Self::Facet,
        Self::Missing,
        Self::Dialect,
    ];

    /// Its name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownAttribute => "unknown_attribute",
            Self::UnknownElement => "unknown_element",
            Self::StrayText => "stray_text",
            Self::Unusable => "unusable",
            Self::Facet => "facet",
            Self::Missing => "missing",
            Self::Dialect => "dialect",
        }
    }
}

/// What became of every message of one stream. At every moment between two calls `candidates = messages + rejects`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Pieces of the stream that were tried as a message.
    pub candidates: u64,
    /// Messages decoded.
    pub messages: u64,
    /// Refused messages, by [`Reject::index`].
    pub rejects: [u64; Reject::COUNT],
    /// Objects in decoded messages.
    pub objects: u64,
    /// Objects refused, each alone, out of messages that were decoded; by [`Reject::index`].
    pub objects_refused: [u64; Reject::COUNT],
    /// What was read although the schema does not allow it, by the place in [`Oddity::ALL`].
    pub oddities: [u64; Oddity::COUNT],
}

impl Counters {
    /// Whether every candidate is accounted for.
    #[must_use]
    pub fn balanced(&self) -> bool {
        self.candidates == self.messages + self.rejects.iter().sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_place_and_its_own_name() {
        for (place, reason) in Reject::ALL.into_iter().enumerate() {
            assert_eq!(reason.index(), place);
            assert_eq!(Reject::ALL.iter().filter(|other| other.as_str() == reason.as_str()).count(), 1);
        }
        for (place, oddity) in Oddity::ALL.into_iter().enumerate() {
            assert_eq!(oddity as usize, place);
        }
    }
}
