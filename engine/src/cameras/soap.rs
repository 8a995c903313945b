//! SOAP 1.2 as ONVIF has it: an envelope with a `UsernameToken`, and what comes back.

use super::Fault;
use super::http::{Ask, Http};
use crate::clock::now_utc;
use decoders::auth;
use decoders::calendar;
use decoders::xml::{self, Element};
use hyper::Method;

const MEDIA: &str = "application/soap+xml; charset=utf-8";
/// The prefixes that bodies may use.
const NAMESPACES: &str = "xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
    xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" xmlns:trt=\"http://www.onvif.org/ver10/media/wsdl\" \
    xmlns:tptz=\"http://www.onvif.org/ver20/ptz/wsdl\" xmlns:tt=\"http://www.onvif.org/ver10/schema\"";
const SECURITY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const UTILITY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const DIGEST: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";

/// Asks a service for something: the first element of the body of its answer.
pub async fn call(http: &mut Http, path: &str, ahead_s: Option<f64>, body: &str) -> Result<Element, Fault> {
    let header = match ahead_s {
        Some(ahead_s) if !http.user().is_empty() => token(http, ahead_s)?,
        _ => String::new(),
    };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope {NAMESPACES}><s:Header>{header}</s:Header>\
         <s:Body>{body}</s:Body></s:Envelope>"
    );
    let ask = Ask { method: Method::POST, path, media: MEDIA, body, most: xml::MAX_BYTES };
    let reply = http.ask(ask).await?;
    let text = String::from_utf8(reply.body).map_err(|_| Fault::Nonsense("no text"))?;
    let root = match xml::parse(&text) {
        Ok(root) => root,
        // One that says no may say so without any words.
        Err(_) if reply.status >= 400 => return Err(refused(reply.status, "")),
        Err(_) => return Err(Fault::Nonsense("no XML, or too much of it")),
    };
    let body = root.at("Body").ok_or(Fault::Nonsense("no SOAP"))?;
    if let Some(fault) = body.child("Fault") {
        let code = fault.text_at("Code/Subcode/Value").unwrap_or_default();
        let deeper = fault.text_at("Code/Subcode/Subcode/Value").unwrap_or_default();
        return Err(refused(reply.status, if deeper.is_empty() { code } else { deeper }));
    }
    if reply.status != 200 {
        return Err(refused(reply.status, ""));
    }
    body.children.first().cloned().ok_or(Fault::Nonsense("an empty answer"))
}

fn refused(status: u16, code: &str) -> Fault {
    if code.ends_with("NotAuthorized") || status == 401 || status == 403 {
        return Fault::Password;
    }
    let short: String = code.chars().filter(|value| !value.is_control()).take(80).collect();
    Fault::Refused(format!("{status} {short}").trim_end().to_owned())
}

fn token(http: &Http, ahead_s: f64) -> Result<String, Fault> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|_| Fault::Cannot("be random"))?;
    // In the camera's own time: what is old by its clock it does not believe.
    let at = now_utc().plus_s(ahead_s);
    let [year, month, day, hour, minute, second] =
        calendar::civil(at).ok_or(Fault::Cannot("tell the time"))?;
    let created = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
    let digest = auth::token_digest(&nonce, &created, &http.password().0);
    Ok(format!(
        "<wsse:Security xmlns:wsse=\"{SECURITY}\" xmlns:wsu=\"{UTILITY}\"><wsse:UsernameToken>\
         <wsse:Username>{}</wsse:Username><wsse:Password Type=\"{DIGEST}\">{digest}</wsse:Password>\
         <wsse:Nonce>{}</wsse:Nonce><wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>",
        xml::escaped(http.user()),
        auth::base64(&nonce)
    ))
}
