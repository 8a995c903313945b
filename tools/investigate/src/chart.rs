//! Charts as inline SVG: no script, no file beside them.

// Writing into a string cannot fail: what it returns is let go throughout.
use std::fmt::Write;

/// Where a chart's lines go over.
const WIDTH: f64 = 760.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 10.0;
/// So many labels on the axis of time.
const LABELS: usize = 7;

/// One line of a chart.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// A colour of CSS.
    pub colour: &'static str,
    /// Microseconds and value; `None` where nothing is known: there the line is broken.
    pub points: Vec<(i64, Option<f64>)>,
    /// The half width of what it may be, at each point.
    pub spread: Vec<Option<f64>>,
}

/// How a chart is drawn.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// What is on the upright axis.
    pub title: String,
    /// Pixels.
    pub height: f64,
    /// Values beyond these are not shown.
    pub limits: Option<[f64; 2]>,
    /// Upright marks: microseconds and what happened.
    pub marks: Vec<(i64, String)>,
    /// Steps of the upright axis; chosen without it.
    pub step: Option<f64>,
}

/// Text between tags.
#[must_use]
pub fn escaped(text: &str) -> String {
    crate::export::escaped(text)
}

/// Hours, minutes and seconds of an instant.
#[must_use]
pub fn clock(us: i64) -> String {
    let text = crate::case::utc(us);
    text.get(11..19).unwrap_or(&text).to_owned()
}

/// A step of 1, 2 or 5 times a power of ten that gives about five of it.
fn step_of(range: f64) -> f64 {
    let rough = (range / 5.0).max(1e-9);
    let power = 10_f64.powf(rough.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| power * times >= rough).unwrap_or(10.0);
    power * times
}

/// Lines across at every step, with their values.
fn grid(out: &mut String, [low, high]: [f64; 2], step: f64, y: impl Fn(f64) -> f64) {
    let digits = if step < 0.1 { 2 } else { usize::from(step < 1.0) };
    let mut value = low;
    while value <= high + step / 2.0 {
        let at = y(value);
        let _ = write!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{0}\" y1=\"{at:.1}\" y2=\"{at:.1}\" class=\"grid\"/>\
             <text x=\"{1}\" y=\"{2:.1}\" class=\"tick\" text-anchor=\"end\">{value:.digits$}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            at + 4.0
        );
        value += step;
    }
}

/// Lines over time.
#[must_use]
pub fn lines(frame: &Frame, all: &[Line]) -> String {
    let times = || all.iter().flat_map(|line| line.points.iter().map(|(us, _)| *us));
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return String::new() };
    let values = || {
        all.iter().flat_map(|line| {
            let spread = line.spread.iter().copied().chain(std::iter::repeat(None));
            line.points.iter().zip(spread).filter_map(|((_, value), spread)| {
                let spread = spread.unwrap_or(0.0);
                value.map(|value| [value - spread, value + spread])
            })
        })
    };
    let low = values().map(|[low, _]| low).fold(f64::INFINITY, f64::min);
    let high = values().map(|[_, high]| high).fold(f64::NEG_INFINITY, f64::max);
    let [low, high] = match frame.limits {
        Some([least, most]) => [low.max(least), high.min(most)],
        None => [low, high],
    };
    if low > high || !low.is_finite() || !high.is_finite() {
        return String::new();
    }
    let step = frame.step.unwrap_or_else(|| step_of((high - low).max(1e-3)));
    let (low, high) = ((low / step).floor() * step, ((high / step).ceil() * step).max(low + step));
    let width = (last - first).max(1) as f64;
    let x = |us: i64| LEFT + (us - first) as f64 / width * (WIDTH - LEFT - RIGHT);
    let bottom = frame.height - BOTTOM;
    let y = |value: f64| bottom - (value.clamp(low, high) - low) / (high - low).max(1e-9) * (bottom - TOP);
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {0}\" role=\"img\" aria-label=\"{1}\" class=\"chart\">",
        frame.height,
        escaped(&frame.title)
    );
    grid(&mut out, [low, high], step, y);
    for label in 0..LABELS {
        let us = first + (width * label as f64 / (LABELS - 1) as f64) as i64;
        let anchor = match label {
            0 => "start",
            label if label + 1 == LABELS => "end",
            _ => "middle",
        };
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" class=\"tick\" text-anchor=\"{anchor}\">{}</text>",
            x(us),
            frame.height - 6.0,
            clock(us)
        );
    }
    for (us, what) in frame.marks.iter().filter(|(us, _)| (first..=last).contains(us)) {
        let at = x(*us);
        let _ = write!(
            out,
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{bottom:.1}\" class=\"mark\"><title>{}</title></line>",
            escaped(what)
        );
    }
    let is_shown = |value: &f64| frame.limits.is_none_or(|[low, high]| (low..=high).contains(value));
    for line in all {
        // Behind all lines: how sure they are.
        let mut piece: Vec<(f64, f64, f64)> = Vec::new();
        let spread = line.spread.iter().copied().chain(std::iter::repeat(None));
        for ((us, value), spread) in line.points.iter().zip(spread) {
            match (value.filter(is_shown), spread) {
                (Some(value), Some(spread)) => piece.push((x(*us), y(value - spread), y(value + spread))),
                _ => band(&mut out, &std::mem::take(&mut piece), line.colour),
            }
        }
        band(&mut out, &piece, line.colour);
    }
    for line in all {
        let mut path = String::new();
        let mut is_down = false;
        for (us, value) in &line.points {
            let shown =
                value.filter(|value| frame.limits.is_none_or(|[low, high]| (low..=high).contains(value)));
            if let Some(value) = shown {
                let _ = write!(path, "{}{:.1} {:.1}", if is_down { "L" } else { "M" }, x(*us), y(value));
            }
            is_down = shown.is_some();
        }
        let _ =
            write!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\"/>", line.colour);
    }
    out.push_str("</svg>");
    out
}

fn band(out: &mut String, piece: &[(f64, f64, f64)], colour: &str) {
    if piece.len() < 2 {
        return;
    }
    let mut path = String::new();
    for (n, (x, low, _)) in piece.iter().enumerate() {
        let _ = write!(path, "{}{x:.1} {low:.1}", if n == 0 { "M" } else { "L" });
    }
    for (x, _, high) in piece.iter().rev() {
        let _ = write!(path, "L{x:.1} {high:.1}");
    }
    let _ = write!(out, "<path d=\"{path}Z\" fill=\"{colour}\" fill-opacity=\"0.15\"/>");
}

/// What the lines are.
#[must_use]
pub fn legend(all: &[(&str, &'static str)]) -> String {
    let mut out = "<p class=\"legend\">".to_owned();
    for (name, colour) in all {
        let _ = write!(out, "<span><i style=\"background:{colour}\"></i>{}</span>", escaped(name));
    }
    out.push_str("</p>");
    out
}

/// Bars beside each other, each with its label.
#[must_use]
pub fn bars(title: &str, colour: &str, all: &[(String, f64)]) -> String {
    const HEIGHT: f64 = 180.0;
    let most = all.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    if all.is_empty() || most <= 0.0 {
        return String::new();
    }
    let step = step_of(most);
    let high = (most / step).ceil() * step;
    let each = (WIDTH - LEFT - RIGHT) / all.len() as f64;
    let bottom = HEIGHT - BOTTOM;
    let mut out = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\" class=\"chart\">",
        escaped(title)
    );
    grid(&mut out, [0.0, high], step, |value| bottom - value / high * (bottom - TOP));
    let every = all.len().div_ceil(12);
    for (n, (label, value)) in all.iter().enumerate() {
        let (at, height) = (LEFT + each * n as f64, value / high * (bottom - TOP));
        let _ = write!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{colour}\">\
             <title>{}: {value}</title></rect>",
            at + each * 0.1,
            bottom - height,
            each.min(60.0) * 0.8,
            escaped(label)
        );
        if n % every == 0 {
            let _ = write!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" class=\"tick\">{}</text>",
                at + each * 0.1,
                HEIGHT - 6.0,
                escaped(label)
            );
        }
    }
    out.push_str("</svg>");
    out
}

/// How pages look.
pub const STYLE: &str = "
:root{color-scheme:light}
body{font:15px/1.5 'Noto Sans','Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei','PingFang SC',sans-serif;
color:#16222e;background:#fff;max-width:980px;margin:24px auto;padding:0 20px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:28px 0 6px;border-bottom:1px solid #c8d2dc;padding-bottom:3px}
h3{font-size:15px;margin:16px 0 4px}p{margin:6px 0}.dim{color:#56646f}.warn{background:#fff4d6;border-left:4px solid #d99a00;
padding:6px 10px}table{border-collapse:collapse;margin:6px 0;font-variant-numeric:tabular-nums;font-size:13px;width:100%}
td,th{border-bottom:1px solid #dfe6ec;padding:3px 8px;text-align:left;vertical-align:top}
th{background:#f2f5f8;font-weight:600}td.n,th.n{text-align:right}
svg.chart{width:100%;height:auto;display:block}.grid{stroke:#dfe6ec;stroke-width:1}
.tick{font-size:11px;fill:#56646f}.mark{stroke:#b3261e;stroke-width:1;stroke-dasharray:4 3}
.legend span{margin-right:16px;font-size:13px}.legend i{display:inline-block;width:14px;height:4px;margin-right:5px;
vertical-align:middle}.scroll{overflow-x:auto}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}svg,tr{break-inside:avoid}}
";
