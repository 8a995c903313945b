//! A message as a tree of JSON, to be compared with the oracle's.

use decoders::ais::{Message, Visit, asm};
use decoders::asterix::Record;
use decoders::bits::Bits;
use serde_json::{Map, Value, json};

pub type Fields = Map<String, Value>;

/// Everything a message says.
pub fn fields(message: &Message, payload: Bits<'_>) -> Fields {
    let mut tree = Tree { ascii: true, ..Tree::default() };
    message.fields(payload, &mut tree);
    tree.root()
}

/// What its application says; null where that is not known.
pub fn application(message: &Message, payload: Bits<'_>) -> Value {
    let mut tree = Tree { ascii: true, ..Tree::default() };
    if asm::fields(message, payload, &mut tree) { Value::Object(tree.root()) } else { Value::Null }
}

/// Every item of a record.
pub fn record(record: &Record<'_>) -> Fields {
    let mut tree = Tree::default();
    record.tell(&mut tree);
    tree.root()
}

/// What is being told: objects and arrays that are open, with the key each has in the one around it.
pub struct Tree {
    open: Vec<(&'static str, Value)>,
    /// Text must be printable ASCII, and some.
    ascii: bool,
}

impl Default for Tree {
    fn default() -> Self {
        Self { open: vec![("", json!({}))], ascii: false }
    }
}

impl Tree {
    /// All of it.
    pub fn value(self) -> Value {
        Value::Object(self.root())
    }

    fn root(mut self) -> Fields {
        assert_eq!(self.open.len(), 1, "something was not closed");
        let Some((_, Value::Object(root))) = self.open.pop() else { panic!("no object") };
        root
    }

    fn add(&mut self, key: &'static str, value: Value) {
        match &mut self.open.last_mut().unwrap().1 {
            Value::Object(map) => {
                assert!(!key.is_empty(), "a field without a name: {value}");
                assert!(map.insert(key.to_owned(), value).is_none(), "{key} twice");
            }
            Value::Array(list) => {
                assert!(key.is_empty(), "an element with a name: {key}");
                list.push(value);
            }
            other => panic!("{other}"),
        }
    }
}

impl Visit for Tree {
    fn null(&mut self, key: &'static str) {
        self.add(key, Value::Null);
    }

    fn flag(&mut self, key: &'static str, value: bool) {
        self.add(key, value.into());
    }

    fn int(&mut self, key: &'static str, value: i64) {
        self.add(key, value.into());
    }

    fn float(&mut self, key: &'static str, value: f64, decimals: u8) {
        let scale = 10_f64.powi(decimals.into());
        self.add(key, ((value * scale).round() / scale).into());
    }

    fn text(&mut self, key: &'static str, value: &str) {
        assert!(
            !self.ascii || !value.is_empty() && value.bytes().all(|b| (0x20..0x7f).contains(&b)),
            "{key}: {value:?}"
        );
        self.add(key, value.into());
    }

    fn exact(&mut self, key: &'static str, value: f64) {
        self.add(key, value.into());
    }

    fn wide(&mut self, key: &'static str, octets: &[u8]) {
        let digits: Vec<String> = octets.iter().map(|byte| format!("{byte:02x}")).collect();
        self.add(key, format!("0x{}", digits.concat().trim_start_matches('0')).into());
    }

    fn hex(&mut self, key: &'static str, bits: Bits<'_>) {
        let mut bytes = bits.bytes().to_vec();
        if !bits.len().is_multiple_of(8) {
            *bytes.last_mut().unwrap() &= 0xff << (8 - bits.len() % 8);
        }
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.add(key, digits.concat().into());
    }

    fn object(&mut self, key: &'static str) {
        self.open.push((key, json!({})));
    }

    fn array(&mut self, key: &'static str) {
        self.open.push((key, json!([])));
    }

    fn close(&mut self) {
        assert!(self.open.len() > 1, "closed too often");
        let (key, value) = self.open.pop().unwrap();
        self.add(key, value);
    }
}

/// Every key on which the two differ, with what each says. Integers and whole floats are the same number.
pub fn differences(seen: &Fields, expected: &Fields) -> Vec<String> {
    let mut keys: Vec<_> = seen.keys().chain(expected.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let differ = |key: &&String| !same(seen.get(*key), expected.get(*key));
    let show = |key: &String| format!("{key}: {:?}, expected {:?}", seen.get(key), expected.get(key));
    keys.into_iter().filter(differ).map(show).collect()
}

fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(Some(a), Some(b)))
        }
        (Some(Value::Object(a)), Some(Value::Object(b))) => differences(a, b).is_empty(),
        (Some(a), Some(b)) if a.is_number() && b.is_number() => {
            (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-9
        }
        (a, b) => a == b,
    }
}
