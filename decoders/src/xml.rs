//! Small XML documents of strangers (ONVIF, ISAPI, MANSCDP) as a tree of names without prefixes.
//!
//! No entities but the five, no document types, and limits on everything: a camera that sends more is broken.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A longer document is refused, bytes.
pub const MAX_BYTES: usize = 256 * 1024;
const MAX_DEPTH: usize = 32;
const MAX_ELEMENTS: usize = 8192;

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Without its prefix.
    pub name: String,
    /// Names without prefixes, and values.
    pub attributes: Vec<(String, String)>,
    /// Its own text, without white space around it.
    pub text: String,
    /// What is in it.
    pub children: Vec<Element>,
}

/// Why bytes are no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XmlError {
    /// Longer than [`MAX_BYTES`].
    #[error("too long")]
    TooLong,
    /// No XML, or not all of it.
    #[error("not well-formed")]
    Malformed,
    /// Too deep, or too many elements.
    #[error("too deep or too many elements")]
    TooMuch,
    /// Has a document type: nobody needs one here.
    #[error("has a document type")]
    DocType,
}

impl Element {
    /// The first child of that name, whatever its case.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name.eq_ignore_ascii_case(name))
    }

    /// Goes down a path of names, `Body/Fault/Code`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |element, name| element.child(name))
    }

    /// The text at a path; `None` where there is none.
    #[must_use]
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).map(|element| element.text.as_str()).filter(|text| !text.is_empty())
    }

    /// The number at a path; `None` where there is no finite one.
    #[must_use]
    pub fn number_at(&self, path: &str) -> Option<f64> {
        self.text_at(path)?.parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// An attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// A number in an attribute.
    #[must_use]
    pub fn attribute_number(&self, name: &str) -> Option<f64> {
        self.attribute(name)?.trim().parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// The first element of that name anywhere below, itself among them.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Self> {
        if self.name.eq_ignore_ascii_case(name) {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }

    /// All elements of that name below it.
    pub fn all<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        for child in &self.children {
            if child.name.eq_ignore_ascii_case(name) {
                found.push(child);
            }
            child.all(name, found);
        }
    }
}

/// Reads a whole document: its root.
///
/// # Errors
/// What makes it none.
pub fn parse(text: &str) -> Result<Element, XmlError> {
    if text.len() > MAX_BYTES {
        return Err(XmlError::TooLong);
    }
    let mut reader = Reader::from_str(text);
    let (mut open, mut root, mut count): (Vec<Element>, Option<Element>, usize) = (Vec::new(), None, 0);
    loop {
        match reader.read_event().map_err(|_| XmlError::Malformed)? {
            Event::Start(start) => {
                count += 1;
                if open.len() >= MAX_DEPTH || count > MAX_ELEMENTS {
                    return Err(XmlError::TooMuch);
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                count += 1;
                if count > MAX_ELEMENTS {
                    return Err(XmlError::TooMuch);
                }
                close(element(&start)?, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let done = open.pop().ok_or(XmlError::Malformed)?;
                close(done, &mut open, &mut root)?;
            }
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::CData(data) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&data);
                }
            }
            Event::GeneralRef(reference) => {
                let value = match reference.resolve_char_ref() {
                    Ok(Some(value)) => value,
                    _ => entity(&reference).ok_or(XmlError::Malformed)?,
                };
                if let Some(element) = open.last_mut() {
                    element.text.push(value);
                }
            }
            Event::DocType(_) => return Err(XmlError::DocType),
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    if open.is_empty() { root.ok_or(XmlError::Malformed) } else { Err(XmlError::Malformed) }
}

fn close(mut done: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), XmlError> {
    done.text = String::from(done.text.trim());
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None if root.is_none() => *root = Some(done),
        None => return Err(XmlError::Malformed),
    }
    Ok(())
}

fn element(start: &BytesStart<'_>) -> Result<Element, XmlError> {
    let mut element = Element { name: start.local_name().as_ref().to_owned(), ..Element::default() };
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| XmlError::Malformed)?;
        let key = attribute.key.local_name().as_ref().to_owned();
        element.attributes.push((key, unescaped(&attribute.value)?));
    }
    Ok(element)
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

fn unescaped(value: &str) -> Result<String, XmlError> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after.split_once(';').ok_or(XmlError::Malformed)?;
        let number = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix('x') {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => digits.parse().ok(),
        });
        let value = number.and_then(char::from_u32).or_else(|| entity(name));
        out.push(value.ok_or(XmlError::Malformed)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Text as it may stand in a document.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for value in text.chars() {
        match value {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            value if value.is_control() && !matches!(value, '\n' | '\t') => {}
            value => out.push(value),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_document_is_a_tree_without_prefixes() {
        let text = "<?xml version=\"1.0\"?><s:E xmlns:s=\"x\"><s:Body a=\"1&amp;2\">\
                    <tt:X y=\"-0.5\"/> <n> 4&#x2E;5 </n><![CDATA[&]]></s:Body></s:E>";
        let root = parse(text).unwrap();
        assert_eq!(root.name, "E");
        assert_eq!(root.at("Body").unwrap().attribute("a"), Some("1&2"));
        assert_eq!(root.at("Body/X").unwrap().attribute_number("y"), Some(-0.5));
        assert_eq!(root.number_at("body/N"), Some(4.5));
        assert_eq!(root.at("Body").unwrap().text, "&");
        assert_eq!(root.find("n").unwrap().text, "4.5");
    }

    #[test]
    fn what_is_none_is_refused() {
        let deep = "<a>".repeat(100) + &"</a>".repeat(100);
        let many = format!("<a>{}</a>", "<b/>".repeat(10_000));
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><a>&b;</a>";
        for (text, expected) in [
            ("", XmlError::Malformed),
            ("<a>", XmlError::Malformed),
            ("<a></b>", XmlError::Malformed),
            ("<a/><a/>", XmlError::Malformed),
            ("<a>&b;</a>", XmlError::Malformed),
            (deep.as_str(), XmlError::TooMuch),
            (many.as_str(), XmlError::TooMuch),
            (bomb, XmlError::DocType),
            (&"x".repeat(MAX_BYTES + 1), XmlError::TooLong),
        ] {
            assert_eq!(parse(text), Err(expected), "{}", &text[..text.len().min(40)]);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(<|>|/|a|b|=|\"|&|;|#|!|\\[|\\]|-|[ -~]){0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_escaped_comes_back(text in "[ -~]{1,40}") {
            let root = parse(&format!("<a b=\"{0}\">{0}</a>", escaped(&text))).unwrap();
            prop_assert_eq!(root.text, text.trim());
            prop_assert_eq!(root.attributes[0].1.as_str(), text);
        }
    }
}
