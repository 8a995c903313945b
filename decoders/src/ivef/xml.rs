//! XML to a document and back. Nothing is resolved, loaded or expanded that the five entities of XML itself are not.

use super::counters::{Oddity, Reject};
use super::document::{Document, Rules, is_allowed};
use super::schema::{Kind, Need};
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;

/// Deeper than any message goes, dialects' additions among it.
const MAX_DEPTH: usize = 32;
/// More than any element has.
const MAX_ATTRIBUTES: usize = 64;

impl Document {
    /// Decodes one message, in place of what the document held.
    ///
    /// A value that breaks the schema costs the object it stands in, and the message only where it stands in none or
    /// no object is left; what is not well-formed costs the message.
    ///
    /// # Errors
    /// Why it is refused; the document is empty then.
    pub fn decode(&mut self, xml: &[u8], rules: Rules) -> Result<(), Reject> {
        self.clear();
        let decoded = Reading { document: self, rules, skipping: 0 }.all(xml);
        if decoded.is_err() {
            self.clear();
        }
        decoded
    }

    /// Writes the message on one line, with LF at its end.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let Some(root) = self.root() else { return };
        if self.has_dialect_root() {
            let body = self.body().map_or(Kind::Body, super::Element::kind);
            let name = format!("MSG_{}", body.name());
            root.write(&name, "", out);
        } else {
            root.write(Kind::Message.name(), concat!(" xmlns=\"", super::namespace!(), "\""), out);
        }
        out.push(b'\n');
    }
}

struct Reading<'d> {
    document: &'d mut Document,
    rules: Rules,
    /// How many elements are open that are skipped.
    skipping: usize,
}

impl Reading<'_> {
    fn all(&mut self, xml: &[u8]) -> Result<(), Reject> {
        let text = std::str::from_utf8(xml).map_err(|_| Reject::BadUtf8)?;
        let mut reader = Reader::from_str(text);
        loop {
            match reader.read_event().map_err(|_| Reject::BadXml)? {
                Event::Start(tag) => self.start(&tag)?,
                Event::Empty(tag) => {
                    self.start(&tag)?;
                    self.end()?;
                }
                Event::End(_) => self.end()?,
                Event::Text(text) => self.stray(&text)?,
                Event::CData(text) => self.stray(&text)?,
                Event::GeneralRef(reference) => {
                    let known = ["lt", "gt", "amp", "quot", "apos"].contains(&&*reference);
                    if !known && !matches!(reference.resolve_char_ref(), Ok(Some(_))) {
                        return Err(Reject::BadEntity);
                    }
                    self.stray("&")?;
                }
                Event::DocType(_) => return Err(Reject::Doctype),
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
                Event::Eof => break,
            }
        }
        let done = self.skipping == 0 && self.document.open_elements().is_empty();
        if !done {
            return Err(Reject::BadXml);
        }
        let (body, refused) = (self.document.body(), self.document.first_refused());
        let is_empty =
            body.is_none_or(|body| body.kind() == Kind::ObjectDatas && body.children().next().is_none());
        match refused {
            Some(reason) if is_empty => Err(reason),
            None if body.is_none() => Err(Reject::UnknownMessage),
            _ => Ok(()),
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), Reject> {
        if self.skipping > 0 {
            self.skipping += 1;
            return if self.skipping > MAX_DEPTH { Err(Reject::TooDeep) } else { Ok(()) };
        }
        let name = tag.local_name();
        let name: &str = name.as_ref();
        let opened = match self.document.open_elements().last() {
            None => self.root(name),
            Some(parent) => {
                let found =
                    parent.kind.def().child(name).filter(|(_, child)| !self.strict() || !child.dialect);
                let Some((place, child)) = found else {
                    if self.strict() {
                        return Err(Reject::NotInSchema);
                    }
                    self.document.odd(Oddity::UnknownElement);
                    self.skipping = 1;
                    return Ok(());
                };
                if child.dialect {
                    self.document.odd(Oddity::Dialect);
                }
                if self.strict() && self.document.is_past(place) {
                    return Err(Reject::NotInSchema);
                }
                self.document.begin_child(place, child.kind, child.many)
            }
        };
        match opened
            .and_then(|()| self.attributes(tag))
            .and_then(|()| self.document.check_attributes(self.rules))
        {
            Ok(()) => Ok(()),
            Err(reason) => self.refuse(reason, opened.is_err()),
        }
    }

    /// What is wrong with a value costs its object. `unopened`: the element that was to begin has not.
    fn refuse(&mut self, reason: Reject, unopened: bool) -> Result<(), Reject> {
        let is_broken = matches!(
            reason,
            Reject::BadXml | Reject::BadEntity | Reject::BadCharacter | Reject::TooMany | Reject::TooDeep
        );
        if is_broken || self.strict() {
            return Err(reason);
        }
        self.skipping = self.document.refuse_object(reason).ok_or(reason)? + usize::from(unopened);
        Ok(())
    }

    fn root(&mut self, name: &str) -> Result<(), Reject> {
        if self.document.root().is_some() {
            return Err(Reject::BadXml);
        }
        if name != Kind::Message.name() {
            if self.strict() || !name.starts_with("MSG_") {
                return Err(Reject::UnknownMessage);
            }
            self.document.set_dialect_root();
        }
        self.document.begin(Kind::Message);
        Ok(())
    }

    fn attributes(&mut self, tag: &BytesStart<'_>) -> Result<(), Reject> {
        let Some(frame) = self.document.open_elements().last().copied() else { return Err(Reject::BadXml) };
        let (def, mut seen, mut is_ours) = (frame.kind.def(), 0_u64, false);
        for (count, attribute) in tag.attributes().with_checks(false).enumerate() {
            let attribute = attribute.map_err(|_| Reject::BadXml)?;
            if count >= MAX_ATTRIBUTES {
                return Err(Reject::TooMany);
            }
            let value = text(&attribute.value)?;
            let key: &str = attribute.key.as_ref();
            if let Some(prefix) = key.strip_prefix("xmlns") {
                if prefix.strip_prefix(':') == tag.name().prefix().as_ref().map(AsRef::as_ref) {
                    is_ours = value == super::NAMESPACE;
                }
                continue;
            }
            let key = match key.split_once(':') {
                // What XML itself and W3C's schema instances say.
                Some(("xml" | "xsi", _)) => continue,
                Some(_) if self.strict() => return Err(Reject::NotInSchema),
                Some((_, local)) => local,
                None => key,
            };
            let found = def.attribute(key).filter(|(_, a)| !self.strict() || a.need != Need::Dialect);
            let Some((number, attribute)) = found else {
                if self.strict() {
                    return Err(Reject::NotInSchema);
                }
                self.document.odd(Oddity::UnknownAttribute);
                continue;
            };
            if seen >> number & 1 == 1 {
                return Err(Reject::BadXml);
            }
            seen |= 1 << number;
            if attribute.need == Need::Dialect {
                self.document.odd(Oddity::Dialect);
            }
            self.document.read(number, attribute, &value, self.rules)?;
            if self.strict() && key == "Version" && value != super::VERSION {
                return Err(Reject::BadVersion);
            }
        }
        if self.strict() && frame.kind == Kind::Message && !is_ours {
            return Err(Reject::BadVersion);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Reject> {
        if self.skipping > 0 {
            self.skipping -= 1;
            return Ok(());
        }
        match self.document.end() {
            Ok(()) => Ok(()),
            Err(reason) if self.strict() => Err(reason),
            // The element that ends is the innermost of those that are forgotten.
            Err(reason) => {
                self.skipping = self.document.refuse_object(reason).ok_or(reason)? - 1;
                Ok(())
            }
        }
    }

    fn stray(&mut self, text: &str) -> Result<(), Reject> {
        if text.trim_ascii().is_empty() {
            return Ok(());
        }
        if self.strict() {
            return Err(Reject::NotInSchema);
        }
        if self.skipping == 0 {
            self.document.odd(Oddity::StrayText);
        }
        Ok(())
    }

    fn strict(&self) -> bool {
        self.rules == Rules::Strict
    }
}

/// An attribute's value as XML means it (1.0, section 3.3.3).
fn text(raw: &str) -> Result<Cow<'_, str>, Reject> {
    if raw.contains('<') {
        return Err(Reject::BadXml);
    }
    let spaced = if raw.contains(['\t', '\n', '\r']) {
        Cow::Owned(raw.replace("\r\n", " ").replace(['\t', '\n', '\r'], " "))
    } else {
        Cow::Borrowed(raw)
    };
    let value = match spaced {
        Cow::Borrowed(raw) => unescape(raw).map_err(|_| Reject::BadEntity)?,
        Cow::Owned(raw) => Cow::Owned(unescape(&raw).map_err(|_| Reject::BadEntity)?.into_owned()),
    };
    if value.chars().all(is_allowed) { Ok(value) } else { Err(Reject::BadCharacter) }
}
