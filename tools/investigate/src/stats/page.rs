//! Figures as one page, with charts, that needs nothing but itself.

use super::{Figures, Period, Quantiles};
use crate::chart::{STYLE, bars, escaped};
use serde_json::Value;
use std::fmt::Write;

/// So many cells are drawn, the fullest.
const MOST_CELLS: usize = 20_000;
const WIDTH: f64 = 760.0;
const BLUE: &str = "#2f6fab";

/// The page.
#[must_use]
pub fn html(figures: &Figures) -> String {
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Figures of a recording</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style><h1>Figures of a recording</h1>"
    );
    let head = &figures.head;
    let text = |name: &str| escaped(head.get(name).and_then(Value::as_str).unwrap_or_default());
    let span = head
        .get("span")
        .and_then(Value::as_array)
        .map(|span| span.iter().filter_map(|it| it.as_str()).collect::<Vec<_>>());
    let _ = write!(
        out,
        "<p class=\"dim\">{} UTC · recording {} · {}</p>",
        escaped(&span.unwrap_or_default().join(" to ")),
        text("recording"),
        text("made_by")
    );
    missing(&mut out, figures);
    let _ = write!(
        out,
        "<p>{} vessels that have a number, {} tracks of nobody known, {:.1} hours that all vessels together were seen or \
         heard. What nobody saw or heard is counted nowhere.</p>",
        figures.vessels, figures.nameless, figures.vessel_hours
    );
    periods(&mut out, figures);
    speeds(&mut out, figures);
    gates(&mut out, figures);
    density(&mut out, figures);
    alerts(&mut out, figures);
    sources(&mut out, figures);
    out.push_str("</html>");
    out
}

/// What the recording has not.
fn missing(out: &mut String, figures: &Figures) {
    let list = |name: &str| figures.head.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (holes, faults) = (list("holes"), list("faults"));
    if holes.is_empty() && faults.is_empty() {
        return;
    }
    out.push_str("<div class=\"warn\"><b>Not all was recorded, and none of this is made up for:</b><ul>");
    for hole in &holes {
        let text = |name: &str| escaped(hole.get(name).and_then(Value::as_str).unwrap_or_default());
        let _ = write!(
            out,
            "<li>{} to {}: {} {}: {}</li>",
            text("from"),
            text("to"),
            text("what"),
            text("source"),
            text("reason")
        );
    }
    for fault in &faults {
        let _ = write!(out, "<li>{}</li>", escaped(fault.as_str().unwrap_or_default()));
    }
    out.push_str("</ul></div>");
}

fn periods(out: &mut String, figures: &Figures) {
    if figures.months.len() > 1 {
        by("month", &figures.months, out);
    }
    if figures.days.len() > 3 { by("day", &figures.days, out) } else { by("hour", &figures.hours, out) }
}

fn by(word: &str, all: &[Period], out: &mut String) {
    let chart = |title: &str, of: &dyn Fn(&Period) -> f64| {
        let label = |period: &Period| {
            let from = match word {
                "month" => period.from.get(..7),
                "day" => period.from.get(..10),
                _ => period.from.get(11..16),
            };
            from.unwrap_or(&period.from).to_owned()
        };
        let values: Vec<_> = all.iter().map(|it| (label(it), of(it))).collect();
        bars(title, BLUE, &values)
    };
    let _ = write!(out, "<h2>By {word}</h2><h3>Vessels</h3>{}", chart("Vessels", &|it| it.vessels as f64));
    if all.iter().any(|it| it.alerts > 0) {
        let _ = write!(out, "<h3>Alerts raised</h3>{}", chart("Alerts", &|it| it.alerts as f64));
    }
    if all.iter().any(|it| it.crossings > 0) {
        let _ = write!(out, "<h3>Gates passed</h3>{}", chart("Gates passed", &|it| it.crossings as f64));
    }
    table(
        out,
        &["From", "Vessels", "Points", "Vessel hours", "Alerts", "Gates passed"],
        all.iter().map(|it| {
            vec![
                it.from.clone(),
                it.vessels.to_string(),
                it.points.to_string(),
                format!("{:.1}", it.vessel_hours),
                it.alerts.to_string(),
                it.crossings.to_string(),
            ]
        }),
    );
}

/// A number, or a dash.
fn maybe(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"))
}

fn row(first: &str, of: &Quantiles) -> Vec<String> {
    let mut row = vec![first.to_owned(), format!("{:.1}", of.weight)];
    row.extend([of.p05, of.p25, of.p50, of.p75, of.p95, of.p99, of.most].map(maybe));
    row
}

fn table(out: &mut String, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    out.push_str("<div class=\"scroll\"><table><tr>");
    for (n, name) in head.iter().enumerate() {
        let _ = write!(out, "<th{}>{}</th>", if n == 0 { "" } else { " class=\"n\"" }, escaped(name));
    }
    out.push_str("</tr>");
    for row in rows {
        out.push_str("<tr>");
        for (n, cell) in row.iter().enumerate() {
            let _ = write!(out, "<td{}>{}</td>", if n == 0 { "" } else { " class=\"n\"" }, escaped(cell));
        }
        out.push_str("</tr>");
    }
    out.push_str("</table></div>");
}

fn speeds(out: &mut String, figures: &Figures) {
    out.push_str("<h2>Speed over ground, knots</h2><p class=\"dim\">By time: half of the time they were slower than 50 %.</p>");
    let head = ["Class", "Hours", "5 %", "25 %", "50 %", "75 %", "95 %", "99 %", "Most"];
    table(out, &head, figures.speeds.iter().map(|(class, speeds)| row(class, speeds)));
}

fn gates(out: &mut String, figures: &Figures) {
    if figures.gates.is_empty() {
        return;
    }
    out.push_str(
        "<h2>Gates</h2><p class=\"dim\">Left and right as one looks from a gate's first end to the other. Unseen: on the other \
         side after a gap.</p>",
    );
    table(
        out,
        &["Gate", "Left to right", "Right to left", "Unseen"],
        figures.gates.iter().map(|it| {
            vec![
                it.gate.clone(),
                it.left_to_right.to_string(),
                it.right_to_left.to_string(),
                it.unseen.to_string(),
            ]
        }),
    );
}

fn density(out: &mut String, figures: &Figures) {
    if figures.density.is_empty() {
        return;
    }
    let side = figures.cell_deg;
    let mut cells: Vec<_> = figures.density.iter().collect();
    cells.sort_by(|one, other| other.vessel_hours.total_cmp(&one.vessel_hours));
    cells.truncate(MOST_CELLS);
    let least =
        |of: &dyn Fn(&super::Cell) -> f64| cells.iter().map(|cell| of(cell)).fold(f64::INFINITY, f64::min);
    let most = |of: &dyn Fn(&super::Cell) -> f64| {
        cells.iter().map(|cell| of(cell)).fold(f64::NEG_INFINITY, f64::max)
    };
    let (south, north) = (least(&|it| it.south), most(&|it| it.south) + side);
    let (west, east) = (least(&|it| it.west), most(&|it| it.west) + side);
    let narrow = f64::midpoint(south, north).to_radians().cos();
    let scale = WIDTH / ((east - west) * narrow).max(1e-9);
    let height = (north - south) * scale;
    let fullest = most(&|it| it.vessel_hours).max(1e-9);
    let _ = write!(
        out,
        "<h2>Where they were</h2><p class=\"dim\">Cells of {side} degrees, {south:.3} to {north:.3} N, {west:.3} to {east:.3} E; \
         the darkest: {fullest:.2} vessel hours. {} cells.</p>\
         <svg viewBox=\"0 0 {WIDTH} {height:.0}\" class=\"chart\" role=\"img\" aria-label=\"Density\" \
         style=\"background:#f2f5f8\">",
        figures.density.len()
    );
    for cell in &cells {
        let share = (1.0 + 99.0 * cell.vessel_hours / fullest).log10() / 2.0;
        let _ = write!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"#0b3c6f\" fill-opacity=\"{:.2}\"/>",
            (cell.west - west) * narrow * scale,
            (north - cell.south - side) * scale,
            side * narrow * scale,
            side * scale,
            0.08 + 0.92 * share
        );
    }
    out.push_str("</svg>");
}

fn alerts(out: &mut String, figures: &Figures) {
    if figures.alerts.is_empty() {
        return;
    }
    out.push_str("<h2>Alerts</h2>");
    let head = [
        "Kind",
        "Raised",
        "Acknowledged",
        "Over before",
        "Open",
        "Escalated",
        "Acknowledged after, s: 50 %",
        "95 %",
        "Lasted, s: 50 %",
    ];
    table(
        out,
        &head,
        figures.alerts.iter().map(|it| {
            vec![
                it.kind.to_string(),
                it.raised.to_string(),
                it.acknowledged.to_string(),
                it.over_unacknowledged.to_string(),
                it.open.to_string(),
                it.escalated.to_string(),
                maybe(it.acknowledge_s.p50),
                maybe(it.acknowledge_s.p95),
                maybe(it.lasted_s.p50),
            ]
        }),
    );
}

fn sources(out: &mut String, figures: &Figures) {
    out.push_str("<h2>Quality of data</h2><h3>By source</h3>");
    let head =
        ["Source", "Tells of", "Observations", "Points", "Vessels", "Silences", "Silent, s", "Silent, %"];
    table(
        out,
        &head,
        figures.sources.iter().map(|it| {
            vec![
                it.source.clone(),
                it.kind.clone(),
                it.observations.map_or_else(|| "–".to_owned(), |count| count.to_string()),
                it.points.to_string(),
                it.vessels.to_string(),
                it.silences.to_string(),
                format!("{:.0}", it.silent_s),
                maybe(it.silent_share.map(|share| 100.0 * share)),
            ]
        }),
    );
    out.push_str("<h3>Seconds from one point to the next</h3>");
    let head = ["Class", "Values", "5 %", "25 %", "50 %", "75 %", "95 %", "99 %", "Most"];
    table(out, &head, figures.quality.iter().map(|it| row(&it.class, &it.interval_s)));
    out.push_str("<h3>Standard deviation of the place, metres</h3>");
    table(out, &head, figures.quality.iter().map(|it| row(&it.class, &it.sigma_m)));
    out.push_str("<h3>What is not said, per cent of points</h3>");
    let head = ["Class", "Points", "No speed", "No heading", "No name", "Doubted"];
    table(
        out,
        &head,
        figures.quality.iter().map(|it| {
            let mut row = vec![it.class.clone(), it.points.to_string()];
            row.extend(
                [it.without_sog, it.without_heading, it.without_name, it.doubted]
                    .map(|it| format!("{it:.1}")),
            );
            row
        }),
    );
}
