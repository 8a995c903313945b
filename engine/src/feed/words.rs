//! Enumerations of the feed as the words that its JSON form uses.

macro_rules! words {
    ($module:ident, $($number:literal = $word:literal),+) => {
        pub mod $module {
            use serde::{Deserialize, Deserializer, Serializer, de::Error};

            pub fn serialize<S: Serializer>(number: &i32, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(match *number { $($number => $word,)+ _ => "unspecified" })
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
                match <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.as_ref() {
                    $($word => Ok($number),)+
                    "unspecified" => Ok(0),
                    other => Err(D::Error::unknown_variant(other, &[$($word),+])),
                }
            }
        }
    };
}

words!(life, 1 = "tentative", 2 = "confirmed", 3 = "coasting", 4 = "lost");
words!(class, 1 = "class_a", 2 = "class_b", 3 = "aircraft", 4 = "terminal", 5 = "net_marker");
words!(
    alert_state,
    1 = "active",
    2 = "cleared",
    3 = "silenced",
    4 = "acknowledged",
    5 = "transferred",
    6 = "rectified"
);
