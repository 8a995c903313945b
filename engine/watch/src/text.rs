//! What an alert says, in English and in Chinese.

use crate::{Alert, Evidence};
use fusion::{Fusion, TrackId};
use serde::{Deserialize, Serialize};

/// The same sentence in two languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// Puts an alert into words; `picture` knows the names.
pub(crate) fn of(alert: &Alert, picture: &Fusion) -> Text {
    let [title_en, title_zh] = alert.kind.title();
    let names = |unknown: &str, and: &str| {
        alert.tracks.iter().map(|id| name(id, picture, unknown)).collect::<Vec<_>>().join(and)
    };
    let (en_names, zh_names) = (names("track", " and "), names("航迹", " 与 "));
    let zone = alert.zone.as_deref().unwrap_or_default();
    match alert.evidence {
        Evidence::Encounter { cpa_m, tcpa_s, .. } => {
            let (en_time, zh_time) = time(tcpa_s);
            Text {
                en: format!("{title_en}: {en_names}, {cpa_m:.0} m between hulls {en_time}"),
                zh: format!("{title_zh}：{zh_names}，{zh_time}船体相距 {cpa_m:.0} 米"),
            }
        }
        Evidence::Entry { through } => {
            let (en_verb, zh_verb) = if through { ("went through", "穿越") } else { ("is in", "位于") };
            Text {
                en: format!("{title_en}: {en_names} {en_verb} {zone}"),
                zh: format!("{title_zh}：{zh_names} {zh_verb} {zone}"),
            }
        }
        Evidence::Density { vessels } => {
            let cell = alert.cell.map(|cell| cell.to_string()).unwrap_or_default();
            Text {
                en: format!("{title_en}: {vessels} vessels in {cell}"),
                zh: format!("{title_zh}：{cell} 内有 {vessels} 艘船舶"),
            }
        }
    }
}

/// The vessel's name, else its MMSI, else the track's number.
fn name(id: TrackId, picture: &Fusion, unknown: &str) -> String {
    let identity = picture.track(id).map(|track| &track.identity);
    let name = identity.and_then(|i| i.name.map(|name| name.to_string()));
    let mmsi = || identity.and_then(|i| i.mmsi.map(|mmsi| mmsi.to_string()));
    name.or_else(mmsi).unwrap_or_else(|| format!("{unknown} {}", id.0))
}

fn time(tcpa_s: f64) -> (String, String) {
    let whole = tcpa_s.abs().round() as u64;
    let (minutes, seconds) = (whole / 60, whole % 60);
    let (en, zh) = if minutes == 0 {
        (format!("{seconds} s"), format!("{seconds} 秒"))
    } else {
        (format!("{minutes} min {seconds} s"), format!("{minutes} 分 {seconds} 秒"))
    };
    if tcpa_s < 0.0 {
        (format!("{en} ago"), format!("{zh}前"))
    } else {
        (format!("in {en}"), format!("{zh}后"))
    }
}
