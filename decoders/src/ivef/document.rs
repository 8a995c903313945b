//! One message as a tree in flat memory: elements in document order, their attributes, and one text for all of them.
//! Decoding into the same document again allocates nothing once it has grown.

use super::counters::{Oddity, Reject};
use super::schema::{Attribute, Def, Form, Kind, Need};
use crate::ais::Visit;
use std::ops::Range;
use units::UtcTime;

/// A message: what was decoded last, or what is being composed.
#[derive(Clone, Debug, Default)]
pub struct Document {
    nodes: Vec<Node>,
    values: Vec<(u8, Value)>,
    text: String,
    /// The elements that are open while it is read or composed.
    open: Vec<Frame>,
    /// A root like `MSG_VesselData`, as dialects have it.
    dialect_root: bool,
    refused: [u32; Reject::COUNT],
    oddities: [u32; Oddity::COUNT],
    /// The first thing that was wrong in what is being composed.
    wrong: Option<Reject>,
}

#[derive(Clone, Debug)]
struct Node {
    kind: Kind,
    /// Behind its last descendant.
    end: u32,
    values: Range<u32>,
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Text { start: u32, end: u32 },
    Int(i64),
    Decimal(f64),
    Time(UtcTime),
    Flag(bool),
}

/// An open element, and where everything stood before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    node: u32,
    values: u32,
    text: u32,
    /// Bit n: a child of the n-th kind was there.
    children: u32,
    pub kind: Kind,
}

/// How a message is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Rules {
    /// The schema and its dialects; what is odd is counted.
    #[default]
    Lenient,
    /// Schema 0.2.5 to the letter.
    Strict,
}

impl Document {
    /// An empty document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The root; `None` before anything was decoded or composed.
    #[must_use]
    pub fn root(&self) -> Option<Element<'_>> {
        self.element(0)
    }

    /// The one element of the body that says what the message is. The dialects' `VesselData` repeats: this is the
    /// first.
    #[must_use]
    pub fn body(&self) -> Option<Element<'_>> {
        self.root()?.child(Kind::Body)?.children().next()
    }

    /// The message's own identity, a UUID where the sender keeps to the standard.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.root()?.child(Kind::Header)?.text("MsgRefId")
    }

    /// The objects of an `ObjectDatas`, or of the dialects' `MSG_VesselData`.
    pub fn objects(&self) -> impl Iterator<Item = Element<'_>> {
        let body = self.root().and_then(|root| root.child(Kind::Body));
        let inside = body.and_then(|body| body.child(Kind::ObjectDatas));
        let ours = inside.into_iter().flat_map(Element::children).filter(|e| e.kind() == Kind::ObjectData);
        let dialect = body.into_iter().flat_map(Element::children).filter(|e| e.kind() == Kind::VesselData);
        ours.chain(dialect)
    }

    /// Objects of the message that were refused, each alone, by [`Reject::index`].
    #[must_use]
    pub const fn refused(&self) -> &[u32; Reject::COUNT] {
        &self.refused
    }

    /// What was odd about it, by the place in [`Oddity::ALL`].
    #[must_use]
    pub const fn oddities(&self) -> &[u32; Oddity::COUNT] {
        &self.oddities
    }

    /// Whether its root is one of a dialect's.
    #[must_use]
    pub const fn has_dialect_root(&self) -> bool {
        self.dialect_root
    }

    fn element(&self, index: u32) -> Option<Element<'_>> {
        let node = self.nodes.get(index as usize)?;
        Some(Element { document: self, node, index })
    }

    fn str(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// What is needed while it is read or composed.
impl Document {
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.values.clear();
        self.text.clear();
        self.open.clear();
        self.dialect_root = false;
        self.refused = [0; Reject::COUNT];
        self.oddities = [0; Oddity::COUNT];
        self.wrong = None;
    }

    pub(super) fn set_dialect_root(&mut self) {
        self.dialect_root = true;
        self.odd(Oddity::Dialect);
    }

    pub(super) fn odd(&mut self, what: Oddity) {
        if let Some(count) = self.oddities.get_mut(what as usize) {
            *count += 1;
        }
    }

    pub(super) fn open_elements(&self) -> &[Frame] {
        &self.open
    }

    pub(super) fn begin(&mut self, kind: Kind) {
        let (node, values) = (self.nodes.len() as u32, self.values.len() as u32);
        self.open.push(Frame { node, values, text: self.text.len() as u32, children: 0, kind });
        self.nodes.push(Node { kind, end: node + 1, values: values..values });
    }

    /// Begins a child of the element that is open.
    pub(super) fn begin_child(&mut self, place: usize, kind: Kind, many: bool) -> Result<(), Reject> {
        if let Some(parent) = self.open.last_mut() {
            let bit = 1 << place;
            if parent.children & bit != 0 && !many {
                return Err(Reject::Repeated);
            }
            parent.children |= bit;
        }
        self.begin(kind);
        Ok(())
    }

    /// Whether a child that comes later in the schema is there already.
    pub(super) fn is_past(&self, place: usize) -> bool {
        self.open.last().is_some_and(|parent| parent.children >> place > 1)
    }

    /// Gives the element that is open a value.
    fn put(&mut self, number: u8, value: Value) {
        self.values.push((number, value));
        self.keep_values();
    }

    fn keep_values(&mut self) {
        let end = self.values.len() as u32;
        if let Some(node) = self.open.last().and_then(|frame| self.nodes.get_mut(frame.node as usize)) {
            node.values.end = end;
        }
    }

    fn put_text(&mut self, number: u8, text: &str) {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.put(number, Value::Text { start, end: self.text.len() as u32 });
    }

    /// Reads a value, already unescaped, into the element that is open.
    pub(super) fn read(
        &mut self,
        number: u8,
        attribute: &Attribute,
        raw: &str,
        rules: Rules,
    ) -> Result<(), Reject> {
        let strict = rules == Rules::Strict;
        let read = match attribute.form {
            Form::Text(fewest, most) => {
                let length = raw.chars().count() as u64;
                let fits = (u64::from(fewest)..=u64::from(most)).contains(&length);
                let too_long = length > u64::from(most) && attribute.need == Need::Must;
                match fits {
                    false if too_long || strict => Err(Reject::TooLongText),
                    false => {
                        self.odd(Oddity::Facet);
                        Ok(None)
                    }
                    true => Ok(None),
                }
            }
            form => self.value(attribute.name, form, raw, strict).map(Some),
        };
        match read {
            Ok(None) => self.put_text(number, raw),
            Ok(Some(value)) => self.put(number, value),
            Err(reason) if strict || attribute.need == Need::Must => return Err(reason),
            // The decimal comma is refused wherever it stands: who writes one would write others.
            Err(Reject::BadNumber) if raw.contains(',') => return Err(Reject::BadNumber),
            Err(_) => self.odd(Oddity::Unusable),
        }
        Ok(())
    }

    fn value(&mut self, name: &str, form: Form, raw: &str, strict: bool) -> Result<Value, Reject> {
        let raw = raw.trim_ascii();
        match form {
            Form::Int(from, to) => {
                // HITT's word for the only encryption there is.
                let number = if name == "Encryption" && raw == "plain" && !strict { "1" } else { raw };
                let digits = number.strip_prefix(['+', '-']).unwrap_or(number);
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(Reject::BadNumber);
                }
                let value = number.parse::<i64>().map_err(|_| Reject::OutOfRange)?;
                (from..=to).contains(&value).then_some(Value::Int(value)).ok_or(Reject::OutOfRange)
            }
            Form::Decimal { fraction, .. } => {
                let shape =
                    |b: u8| b.is_ascii_digit() || b"+-.".contains(&b) || (!strict && b"eE".contains(&b));
                if !raw.bytes().all(shape) {
                    return Err(Reject::BadNumber);
                }
                let value = raw.parse::<f64>().map_err(|_| Reject::BadNumber)?;
                // No sign on a zero: it would not survive every writer.
                let value = if value == 0.0 { 0.0 } else { value };
                if !in_range(form, value) {
                    return Err(Reject::OutOfRange);
                }
                let decimals = raw.split_once('.').map_or(0, |(_, decimals)| decimals.len());
                if decimals > usize::from(fraction) {
                    if strict {
                        return Err(Reject::OutOfRange);
                    }
                    self.odd(Oddity::Facet);
                }
                Ok(Value::Decimal(value))
            }
            Form::Time => super::time::read(raw).map(Value::Time).ok_or(Reject::BadTime),
            Form::Flag => match raw {
                "true" | "1" => Ok(Value::Flag(true)),
                "false" | "0" => Ok(Value::Flag(false)),
                "yes" if !strict => Ok(Value::Flag(true)),
                "no" if !strict => Ok(Value::Flag(false)),
                _ => Err(Reject::BadFlag),
            },
            Form::Text(..) => Err(Reject::NotInSchema),
        }
    }

    /// Checks, once all attributes of the element that is open have been read, that none is missing.
    pub(super) fn check_attributes(&mut self, rules: Rules) -> Result<(), Reject> {
        let Some(frame) = self.open.last() else { return Ok(()) };
        let Some(node) = self.nodes.get(frame.node as usize) else { return Ok(()) };
        let range = node.values.start as usize..node.values.end as usize;
        // In the order of the table, so that two messages that say the same are the same.
        self.values.get_mut(range.clone()).unwrap_or_default().sort_unstable_by_key(|(number, _)| *number);
        let present =
            self.values.get(range).unwrap_or_default().iter().fold(0_u64, |bits, (n, _)| bits | 1 << n);
        for (number, attribute) in frame.kind.def().attributes() {
            if present >> number & 1 == 0 {
                match attribute.need {
                    Need::Must => return Err(Reject::MissingAttribute),
                    Need::Should if rules == Rules::Strict => return Err(Reject::MissingAttribute),
                    Need::Should => self.odd(Oddity::Missing),
                    Need::May | Need::Dialect => {}
                }
            }
        }
        Ok(())
    }

    /// Ends the element that is open.
    pub(super) fn end(&mut self) -> Result<(), Reject> {
        let Some(frame) = self.open.last().copied() else { return Err(Reject::BadXml) };
        let def = frame.kind.def();
        for (place, child) in def.children.iter().enumerate() {
            let enough = match child.fewest {
                0 => true,
                1 => frame.children >> place & 1 == 1,
                fewest => {
                    let kinds = self.nodes.get(frame.node as usize + 1..).unwrap_or_default();
                    kinds.iter().filter(|node| node.kind == child.kind).count() >= fewest as usize
                }
            };
            if !enough {
                return Err(Reject::MissingElement);
            }
        }
        if frame.kind == Kind::Body && frame.children.count_ones() > 1 {
            return Err(Reject::Repeated);
        }
        self.open.pop();
        let end = self.nodes.len() as u32;
        if let Some(node) = self.nodes.get_mut(frame.node as usize) {
            node.end = end;
        }
        Ok(())
    }

    /// Gives up the object that is open, if one is: forgets it and all in it, and says how many elements of it are
    /// open.
    pub(super) fn refuse_object(&mut self, reason: Reject) -> Option<usize> {
        let is_object = |frames: &[Frame]| match frames {
            [.., parent, this] => {
                this.kind == Kind::ObjectData || (this.kind, parent.kind) == (Kind::VesselData, Kind::Body)
            }
            _ => false,
        };
        let depth =
            (1..=self.open.len()).find(|depth| is_object(self.open.get(..*depth).unwrap_or_default()))?;
        let frame = *self.open.get(depth - 1)?;
        let inside = self.open.len() - (depth - 1);
        self.nodes.truncate(frame.node as usize);
        self.values.truncate(frame.values as usize);
        self.text.truncate(frame.text as usize);
        self.open.truncate(depth - 1);
        if let Some(count) = self.refused.get_mut(reason.index()) {
            *count += 1;
        }
        Some(inside)
    }

    /// A kind of object was there although all of them may have been refused.
    pub(super) fn first_refused(&self) -> Option<Reject> {
        Reject::ALL.into_iter().find(|reason| self.refused.get(reason.index()).is_some_and(|n| *n > 0))
    }
}

fn in_range(form: Form, value: f64) -> bool {
    let Form::Decimal { above, or_equal, to, .. } = form else { return false };
    value.is_finite() && value <= to && (value > above || or_equal && value == above)
}

/// Composing. What the schema does not have is left out or, where it must be there, makes [`Document::finish`] fail;
/// the calls in between need no checks.
impl Document {
    /// Begins a message: root, header, body. `id` is a UUID, in braces as the standard writes it.
    pub fn compose(&mut self, id: &str) {
        self.clear();
        self.begin(Kind::Message);
        self.open(Kind::Header);
        self.put_str("MsgRefId", Some(id));
        self.put_str("Version", Some(super::VERSION));
        self.close();
        self.open(Kind::Body);
    }

    /// Opens an element in the one that is open.
    pub fn open(&mut self, kind: Kind) {
        let child = self.open.last().and_then(|parent| parent.kind.def().child_of(kind));
        match child {
            Some((place, child)) if !child.dialect && !self.is_past(place) => {
                if let Err(reason) = self.begin_child(place, kind, child.many) {
                    self.fail(reason);
                }
            }
            _ => self.fail(Reject::NotInSchema),
        }
    }

    /// Closes the element that is open.
    pub fn close(&mut self) {
        let closed = self.check_attributes(Rules::Strict).and_then(|()| self.end());
        if let Err(reason) = closed {
            self.fail(reason);
        }
    }

    /// A text, cut to the schema's length; characters that XML forbids become U+FFFD.
    pub fn put_str(&mut self, name: &'static str, text: Option<&str>) {
        let (Some(text), Some((number, attribute))) = (text, self.attribute(name)) else { return };
        let Form::Text(fewest, most) = attribute.form else { return self.fail(Reject::NotInSchema) };
        let start = self.text.len() as u32;
        let mut length = 0;
        for c in text.chars().take(most as usize) {
            self.text.push(if is_allowed(c) { c } else { char::REPLACEMENT_CHARACTER });
            length += 1;
        }
        if length < fewest {
            self.text.truncate(start as usize);
        } else {
            self.put(number, Value::Text { start, end: self.text.len() as u32 });
        }
    }

    /// A whole number; out of range it is left out.
    pub fn put_int(&mut self, name: &'static str, value: Option<i64>) {
        let (Some(value), Some((number, attribute))) = (value, self.attribute(name)) else { return };
        match attribute.form {
            Form::Int(from, to) if (from..=to).contains(&value) => self.put(number, Value::Int(value)),
            Form::Int(..) => {}
            _ => self.fail(Reject::NotInSchema),
        }
    }

    /// A number, rounded to the schema's decimals; out of range or not finite it is left out.
    pub fn put_decimal(&mut self, name: &'static str, value: Option<f64>) {
        let (Some(value), Some((number, attribute))) = (value, self.attribute(name)) else { return };
        let Form::Decimal { fraction, .. } = attribute.form else { return self.fail(Reject::NotInSchema) };
        let scale = 10_f64.powi(i32::from(fraction));
        let rounded = if fraction > 9 { value } else { (value * scale).round() / scale };
        if in_range(attribute.form, rounded) {
            self.put(number, Value::Decimal(if rounded == 0.0 { 0.0 } else { rounded }));
        }
    }

    /// An instant; beyond 1970 to 2199 it is left out.
    pub fn put_time(&mut self, name: &'static str, value: Option<UtcTime>) {
        let (Some(value), Some((number, attribute))) = (value, self.attribute(name)) else { return };
        match attribute.form {
            Form::Time if super::time::in_range(value) => self.put(number, Value::Time(value)),
            Form::Time => {}
            _ => self.fail(Reject::NotInSchema),
        }
    }

    /// Yes or no.
    pub fn put_flag(&mut self, name: &'static str, value: Option<bool>) {
        let (Some(value), Some((number, attribute))) = (value, self.attribute(name)) else { return };
        match attribute.form {
            Form::Flag => self.put(number, Value::Flag(value)),
            _ => self.fail(Reject::NotInSchema),
        }
    }

    /// Ends the message.
    ///
    /// # Errors
    /// What keeps it from being one of schema 0.2.5.
    pub fn finish(&mut self) -> Result<(), Reject> {
        while !self.open.is_empty() && self.wrong.is_none() {
            self.close();
        }
        self.open.clear();
        match self.wrong {
            None if self.body().is_none() => Err(Reject::UnknownMessage),
            None => Ok(()),
            Some(reason) => Err(reason),
        }
    }

    fn attribute(&mut self, name: &'static str) -> Option<(u8, &'static Attribute)> {
        // Attributes come before what is inside.
        let open = self.open.last().filter(|frame| frame.node as usize + 1 == self.nodes.len());
        match open.and_then(|frame| frame.kind.def().attribute(name)) {
            Some((number, attribute)) if attribute.need != Need::Dialect => Some((number, attribute)),
            _ => {
                self.fail(Reject::NotInSchema);
                None
            }
        }
    }

    fn fail(&mut self, reason: Reject) {
        self.wrong.get_or_insert(reason);
    }
}

/// What XML 1.0 allows in a text (section 2.2).
pub(super) const fn is_allowed(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

/// One element of a document, and what is in it.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    document: &'a Document,
    node: &'a Node,
    index: u32,
}

impl<'a> Element<'a> {
    /// What it is.
    #[must_use]
    pub const fn kind(self) -> Kind {
        self.node.kind
    }

    /// The elements directly in it, in order.
    pub fn children(self) -> impl Iterator<Item = Element<'a>> {
        let first = Some(self.index + 1).filter(|first| *first < self.node.end);
        let first = first.and_then(|first| self.document.element(first));
        std::iter::successors(first, move |child| {
            (child.node.end < self.node.end).then(|| self.document.element(child.node.end)).flatten()
        })
    }

    /// The first child of that kind.
    #[must_use]
    pub fn child(self, kind: Kind) -> Option<Element<'a>> {
        self.children().find(|child| child.kind() == kind)
    }

    /// A text.
    #[must_use]
    pub fn text(self, name: &str) -> Option<&'a str> {
        match self.value(name)? {
            Value::Text { start, end } => Some(self.document.str(start, end)),
            _ => None,
        }
    }

    /// A whole number.
    #[must_use]
    pub fn int(self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    /// A number.
    #[must_use]
    pub fn decimal(self, name: &str) -> Option<f64> {
        match self.value(name)? {
            Value::Decimal(value) => Some(value),
            _ => None,
        }
    }

    /// An instant.
    #[must_use]
    pub fn time(self, name: &str) -> Option<UtcTime> {
        match self.value(name)? {
            Value::Time(value) => Some(value),
            _ => None,
        }
    }

    /// Yes or no.
    #[must_use]
    pub fn flag(self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Flag(value) => Some(value),
            _ => None,
        }
    }

    /// Tells everything in it: attributes, then children, under the names of the schema and in its order. A kind of
    /// child that may come more than once is an array. Times are text as the standard writes them; what is not there
    /// is not told.
    pub fn fields(self, visit: &mut dyn Visit) {
        let def = self.kind().def();
        for (attribute, value) in self.attributes() {
            // A dialect's attribute beside the standard's element of that name.
            if attribute.need == Need::Dialect && self.children().any(|c| c.kind().name() == attribute.name) {
                continue;
            }
            match value {
                // Whoever reads a capture need not read that.
                Value::Text { .. } if attribute.name == "Password" => visit.text(attribute.name, "***"),
                Value::Text { start, end } => visit.text(attribute.name, self.document.str(start, end)),
                Value::Int(value) => visit.int(attribute.name, value),
                Value::Decimal(value) => visit.exact(attribute.name, value),
                Value::Time(at) => {
                    let mut text = Vec::with_capacity(30);
                    super::time::write(at, &mut text);
                    visit.text(attribute.name, std::str::from_utf8(&text).unwrap_or_default());
                }
                Value::Flag(value) => visit.flag(attribute.name, value),
            }
        }
        for child in def.children {
            let mut these = self.children().filter(|element| element.kind() == child.kind).peekable();
            if these.peek().is_none() {
                continue;
            }
            if child.many {
                visit.array(child.kind.name());
                for element in these {
                    visit.object("");
                    element.fields(visit);
                    visit.close();
                }
                visit.close();
            } else if let Some(element) = these.next() {
                visit.object(child.kind.name());
                element.fields(visit);
                visit.close();
            }
        }
    }

    fn value(self, name: &str) -> Option<Value> {
        let (number, _) = self.kind().def().attribute(name)?;
        self.values().iter().find(|(n, _)| *n == number).map(|(_, value)| *value)
    }

    fn values(self) -> &'a [(u8, Value)] {
        let Range { start, end } = self.node.values;
        self.document.values.get(start as usize..end as usize).unwrap_or_default()
    }

    fn attributes(self) -> impl Iterator<Item = (&'static Attribute, Value)> {
        let def: &'static Def = self.kind().def();
        self.values().iter().filter_map(|(number, value)| Some((def.attribute_at(*number)?, *value)))
    }

    /// Writes it as XML, with all in it.
    pub(super) fn write(self, name: &str, more: &str, out: &mut Vec<u8>) {
        use std::io::Write;
        out.push(b'<');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(more.as_bytes());
        for (attribute, value) in self.attributes() {
            out.push(b' ');
            out.extend_from_slice(attribute.name.as_bytes());
            out.extend_from_slice(b"=\"");
            // Writing into memory cannot fail.
            let _ = match value {
                Value::Text { start, end } => {
                    escape(self.document.str(start, end), out);
                    Ok(())
                }
                Value::Int(value) => write!(out, "{value}"),
                // The fewest digits that give the same number again, and never an exponent.
                Value::Decimal(value) => write!(out, "{value}"),
                Value::Time(at) => {
                    super::time::write(at, out);
                    Ok(())
                }
                Value::Flag(value) => write!(out, "{value}"),
            };
            out.push(b'"');
        }
        if self.children().next().is_none() {
            out.extend_from_slice(b"/>");
            return;
        }
        out.push(b'>');
        for child in self.children() {
            child.write(child.kind().name(), "", out);
        }
        out.extend_from_slice(b"</");
        out.extend_from_slice(name.as_bytes());
        out.push(b'>');
    }
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        let same = |(mine, theirs): (Value, Value)| match (mine, theirs) {
            (Value::Text { start, end }, Value::Text { start: start2, end: end2 }) => {
                self.document.str(start, end) == other.document.str(start2, end2)
            }
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Decimal(a), Value::Decimal(b)) => a == b,
            (Value::Time(a), Value::Time(b)) => a == b,
            (Value::Flag(a), Value::Flag(b)) => a == b,
            _ => false,
        };
        let (mine, theirs) = (self.values(), other.values());
        self.kind() == other.kind()
            && mine.len() == theirs.len()
            && mine.iter().zip(theirs).all(|(a, b)| a.0 == b.0 && same((a.1, b.1)))
            && self.children().eq(other.children())
    }
}

/// Two messages are equal that say the same.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.dialect_root == other.dialect_root && self.root() == other.root()
    }
}

fn escape(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            // As they stand, a reader would make spaces of them.
            b'\t' => out.extend_from_slice(b"&#9;"),
            b'\n' => out.extend_from_slice(b"&#10;"),
            b'\r' => out.extend_from_slice(b"&#13;"),
            _ => out.push(byte),
        }
    }
}
