//! `[source.ivef]`: another centre's service, and what is asked of it.

use super::Wrong;
use decoders::ivef::message::{Delivery, Service};
use fusion::SensorId;
use serde::Deserialize;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use units::Position;

/// How an IVEF service is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ivef {
    /// The sensor that its tracks are of.
    pub sensor: SensorId,
    /// Who we say we are.
    pub user: String,
    /// What we prove it with.
    pub password: Secret,
    /// What is asked for; `None` takes what the server sends by itself.
    pub service: Option<Service>,
    /// Whether we pack what we send; what comes may be packed or not.
    pub packed: bool,
    /// How long an answer may take, seconds.
    pub reply_timeout_s: f64,
    /// After this much silence we ask whether the server lives, seconds.
    pub ping_after_s: f64,
}

/// What is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileIvef {
    user: Spanned<String>,
    password_file: Option<Spanned<PathBuf>>,
    password_env: Option<Spanned<String>>,
    areas: Option<Spanned<Vec<Vec<[f64; 2]>>>>,
    period_s: Option<Spanned<f64>>,
    filter: Option<Spanned<String>>,
    #[serde(default)]
    zlib: bool,
    #[serde(default = "ivef_reply_timeout_s")]
    reply_timeout_s: Spanned<f64>,
    #[serde(default = "ivef_ping_after_s")]
    ping_after_s: Spanned<f64>,
}

/// V-145's example.
fn ivef_reply_timeout_s() -> Spanned<f64> {
    Spanned::new(0..0, 4.0)
}

fn ivef_ping_after_s() -> Spanned<f64> {
    Spanned::new(0..0, 10.0)
}

/// The longest texts of schema 0.2.5.
const IVEF_NAME: usize = 256;
const IVEF_FILTER: usize = 1024;

/// Checks what the file says.
pub(super) fn check(settings: Spanned<FileIvef>, folder: &Path) -> Result<Ivef, Wrong> {
    let whole = settings.span();
    let file = settings.into_inner();
    let wrong = |span: Range<usize>, key: &str, what: &str| {
        // A value that the file leaves out has no place of its own.
        let span = if span.is_empty() { whole.clone() } else { span };
        (Some(span), format!("source.ivef.{key}: {what}"))
    };
    if !(1..=IVEF_NAME).contains(&file.user.as_ref().chars().count()) {
        return Err(wrong(file.user.span(), "user", "1 to 256 characters"));
    }
    let password = match (file.password_file, file.password_env) {
        (Some(path), None) => {
            let read = password_of(&folder.join(path.as_ref()));
            read.map_err(|what| wrong(path.span(), "password_file", &what))?
        }
        (None, Some(name)) => match std::env::var(name.as_ref()) {
            Ok(password) => password,
            Err(_) => return Err(wrong(name.span(), "password_env", "not set, or not text")),
        },
        _ => {
            return Err(wrong(
                whole.clone(),
                "password_file",
                "this or password_env must be there, and not both",
            ));
        }
    };
    if password.chars().count() > IVEF_NAME {
        return Err(wrong(whole.clone(), "password_file", "at most 256 characters"));
    }
    let mut areas = Vec::new();
    for (area, span) in file.areas.iter().flat_map(|all| all.as_ref().iter().map(|area| (area, all.span()))) {
        let corners: Option<Vec<_>> = area.iter().map(|[lat, lon]| Position::new(*lat, *lon)).collect();
        match corners {
            Some(corners) if corners.len() >= 3 => areas.push(corners),
            _ => return Err(wrong(span, "areas", "each needs at least 3 corners [latitude, longitude]")),
        }
    }
    if areas.is_empty() && (file.period_s.is_some() || file.filter.is_some()) {
        return Err(wrong(whole.clone(), "areas", "missing; without areas nothing can be asked for"));
    }
    let sensible = |value: f64| (0.1..=86_400.0).contains(&value);
    for (key, value) in [
        ("period_s", file.period_s.as_ref()),
        ("reply_timeout_s", Some(&file.reply_timeout_s)),
        ("ping_after_s", Some(&file.ping_after_s)),
    ] {
        if let Some(value) = value.filter(|value| !sensible(*value.as_ref())) {
            return Err(wrong(value.span(), key, "must be from 0.1 to 86400"));
        }
    }
    if let Some(filter) = &file.filter
        && !(filter.as_ref().starts_with("//ObjectData") && filter.as_ref().chars().count() <= IVEF_FILTER)
    {
        return Err(wrong(filter.span(), "filter", "must begin with //ObjectData, at most 1024 characters"));
    }
    let delivery = match &file.period_s {
        Some(period_s) => Delivery::Every { period_s: *period_s.as_ref() },
        None => Delivery::Updates,
    };
    let service = Service { areas, delivery, filter: file.filter.map(Spanned::into_inner) };
    Ok(Ivef {
        sensor: SensorId(0),
        user: file.user.into_inner(),
        password: Secret(password),
        service: (!service.areas.is_empty()).then_some(service),
        packed: file.zlib,
        reply_timeout_s: file.reply_timeout_s.into_inner(),
        ping_after_s: file.ping_after_s.into_inner(),
    })
}

/// A password is in a file that nobody else can read.
pub(super) fn password_of(path: &Path) -> Result<String, String> {
    use std::os::unix::fs::PermissionsExt;
    let cannot = |error| format!("{}: {error}", path.display());
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(format!("{}: others can read it; chmod 600", path.display()));
    }
    let text = std::fs::read_to_string(path).map_err(cannot)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("fairway-password-{}", std::process::id()));
        std::fs::write(&path, "geheim\r\n").unwrap();
        let read = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            password_of(&path)
        };
        let (open, shut) = (read(0o640), read(0o600));
        std::fs::remove_file(&path).unwrap();
        assert!(open.unwrap_err().ends_with("others can read it; chmod 600"));
        assert_eq!(shut.as_deref(), Ok("geheim"));
        assert_eq!(format!("{:?}", Secret(shut.unwrap())), "Secret");
    }
}
