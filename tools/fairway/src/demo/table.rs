//! What the demo shows: a screen that refreshes, or a line now and then.

use super::viewer::View;
use engine::feed::proto::Track;
use std::fmt::Write;

const CLEAR: &str = "\x1b[H\x1b[2J";
const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";
const ROWS: usize = 14;

/// The engine's own figures, as its metrics say.
pub struct Figures {
    pub messages: f64,
    pub refused: f64,
    /// Observations by source.
    pub observations: Vec<(String, f64)>,
    pub p50_us: f64,
    pub p99_us: f64,
}

impl Figures {
    pub fn read(metrics: &str) -> Self {
        let of = |name: &str| {
            let values = metrics
                .lines()
                .filter_map(|line| line.strip_prefix(name)?.rsplit(' ').next()?.parse::<f64>().ok());
            values.sum::<f64>()
        };
        Self {
            messages: of("fairway_messages_total"),
            refused: of("fairway_sentences_rejected_total"),
            observations: metrics.lines().filter_map(by_source).collect(),
            p50_us: of("fairway_socket_to_feed_seconds{quantile=\"0.5\"}") * 1e6,
            p99_us: of("fairway_socket_to_feed_seconds{quantile=\"0.99\"}") * 1e6,
        }
    }
}

/// The source and count of a line of `fairway_observations_total`.
fn by_source(line: &str) -> Option<(String, f64)> {
    let (source, count) = line.strip_prefix("fairway_observations_total{source=\"")?.split_once("\"} ")?;
    Some((source.to_owned(), count.parse().ok()?))
}

/// Observations by sensor, and whom they all see.
fn sensors(view: &View, figures: &Figures) -> String {
    let mut out = "observations".to_owned();
    for (source, count) in &figures.observations {
        let _ = write!(out, "  {source} {count:.0}");
    }
    if let Some(witnessed) = &view.witnessed {
        let _ = write!(out, "; {} by all: ais {}", witnessed.name, witnessed.by_ais);
        for (radar, number, count) in &witnessed.by_radar {
            let _ = write!(out, "  {radar} {count} as target {number:02}");
        }
    }
    out
}

/// Where cameras look, and how well.
fn cameras(view: &View) -> String {
    let mut out = format!("cameras: {} pictures, {} alerts unseen", view.pictures, view.unseen.len());
    for (name, camera) in &view.cameras {
        let track = camera.track.and_then(|id| view.tracks.get(&id));
        let identity = track.and_then(|track| track.identity.clone()).unwrap_or_default();
        let mmsi = identity.mmsi.map(|mmsi| mmsi.to_string());
        let whom = identity.name.or(mmsi).or(camera.track.map(|id| format!("track {id}")));
        let _ = write!(
            out,
            "\n  {name:<11} {:<8} {:5.1}° wide {:4.1}° {}",
            camera.state,
            camera.azimuth_deg.unwrap_or_default(),
            camera.fov_deg.unwrap_or_default(),
            whom.as_deref().unwrap_or("on its round"),
        );
        if let Some([median, most, looks]) = view.eyes.get(name) {
            let _ = write!(out, "; off by {median:.3} of the picture, 99 % {most:.3} ({looks:.0} looks)");
        }
    }
    if let Some(reason) = view.unseen.values().next_back() {
        let _ = write!(out, "\n  unseen: {reason}");
    }
    out
}

/// One line for a log.
pub fn line(view: &View, figures: &Figures, seconds: u64) -> String {
    format!(
        "{seconds:4} s  {} tracks  {} marks  {:.0} messages ({:.1}/s)  {} refused  latency p50 {} p99 {}  \
         (this client: p50 {} p99 {})  alerts {} now, {} raised\n       {}\n{}",
        view.tracks.len(),
        view.marks.len(),
        figures.messages,
        figures.messages / seconds.max(1) as f64,
        figures.refused,
        micros(figures.p50_us),
        micros(figures.p99_us),
        micros(view.latency_us.value_at_quantile(0.5) as f64),
        micros(view.latency_us.value_at_quantile(0.99) as f64),
        view.alerts.len(),
        view.raised,
        sensors(view, figures),
        cameras(view),
    )
}

/// The last lines of a demo.
pub fn summary(view: &View, figures: &Figures, seconds: u64) -> String {
    let boat = boat(view).map(|boat| format!("\n{boat}")).unwrap_or_default();
    format!(
        "{boat}\ndemo: {seconds} s, {} tracks, {:.0} messages ({:.1}/s), {} refused, {} alerts raised\n\
         latency socket to feed, measured by the engine:  p50 {}  p99 {}\n\
         latency socket to feed, measured by a client:    p50 {}  p99 {}  ({} updates, {} lines, {} gaps in seq)\n\
         {}\n{}",
        view.tracks.len(),
        figures.messages,
        figures.messages / seconds.max(1) as f64,
        figures.refused,
        view.raised,
        micros(figures.p50_us),
        micros(figures.p99_us),
        micros(view.latency_us.value_at_quantile(0.5) as f64),
        micros(view.latency_us.value_at_quantile(0.99) as f64),
        view.latency_us.len(),
        view.lines,
        view.gaps,
        sensors(view, figures),
        cameras(view),
    )
}

/// The boat that is heard in several ways: how many tracks it is, and by whom they were heard.
fn boat(view: &View) -> Option<String> {
    let mmsi = view.boat?;
    let own = |track: &&Track| track.identity.as_ref().and_then(|identity| identity.mmsi) == Some(mmsi);
    let tracks: Vec<&Track> = view.tracks.values().filter(own).collect();
    let heard: Vec<&str> =
        tracks.iter().flat_map(|track| &track.heard).map(|heard| heard.source.as_str()).collect();
    let name = tracks.iter().find_map(|track| track.identity.as_ref()?.name.clone()).unwrap_or_default();
    let plural = if tracks.len() == 1 { "" } else { "s" };
    Some(format!("{name} ({mmsi:09}): {} track{plural}, heard by {}", tracks.len(), heard.join(", ")))
}

/// A whole screen.
pub fn screen(view: &View, figures: &Figures, seconds: u64, connect: &str) -> String {
    let mut out = format!("{CLEAR}{BOLD}Fairway{PLAIN}  Ningbo-Zhoushan, simulated  ");
    let _ = write!(
        out,
        "{seconds} s\n\n{BOLD}{}{PLAIN} tracks  {BOLD}{}{PLAIN} marks  {BOLD}{:.1}{PLAIN} messages/s  {} refused\n\
         latency from socket to feed: p50 {BOLD}{}{PLAIN} p99 {BOLD}{}{PLAIN}   (this client: p50 {} p99 {})\n{}\n\n",
        view.tracks.len(),
        view.marks.len(),
        figures.messages / seconds.max(1) as f64,
        figures.refused,
        micros(figures.p50_us),
        micros(figures.p99_us),
        micros(view.latency_us.value_at_quantile(0.5) as f64),
        micros(view.latency_us.value_at_quantile(0.99) as f64),
        sensors(view, figures),
    );
    let _ = writeln!(
        out,
        "{BOLD}{:>6} {:>9}  {:<20} {:>10} {:>11} {:>5} {:>5}  {:<9}{PLAIN}",
        "track", "MMSI", "name", "lat", "lon", "SOG", "COG", "life"
    );
    let mut newest: Vec<&Track> = view.tracks.values().collect();
    newest.sort_by_key(|track| (std::cmp::Reverse(track.time_us), track.id));
    for track in newest.iter().take(ROWS) {
        let _ = writeln!(out, "{}", row(track));
    }
    let _ = writeln!(out, "\n{BOLD}alerts{PLAIN} {} now, {} raised", view.alerts.len(), view.raised);
    for alert in view.alerts.values().rev().take(5) {
        let colour = if alert.priority == "alarm" { RED } else { "" };
        let _ = writeln!(out, "  {colour}{:<8} {}{PLAIN}", alert.priority, alert.text_en);
    }
    let _ = writeln!(out, "\n{}", cameras(view));
    if let Some(boat) = boat(view) {
        let _ = writeln!(out, "\n{boat}");
    }
    let _ = write!(out, "\n{connect}Ctrl-C ends it.\n");
    out
}

fn row(track: &Track) -> String {
    let identity = track.identity.clone().unwrap_or_default();
    let number = |value: Option<f64>, digits| value.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
    format!(
        "{:>6} {:>9}  {:<20} {:>10.5} {:>11.5} {:>5} {:>5}  {:<9}",
        track.id,
        identity.mmsi.map_or("-".to_owned(), |mmsi| format!("{mmsi:09}")),
        identity.name.unwrap_or_default(),
        track.lat,
        track.lon,
        number(track.sog_kn, 1),
        number(track.cog_deg, 0),
        track.life().as_str_name().to_lowercase(),
    )
}

fn micros(us: f64) -> String {
    if us >= 1000.0 { format!("{:.1} ms", us / 1000.0) } else { format!("{us:.0} µs") }
}
