//! Figures as one page, with charts, that needs nothing but itself.

use super::{Figures, Period, Quantiles};
use crate::chart::{STYLE, bars, escaped};
use crate::encounter::Language;
use engine::feed::kind_title;
use serde_json::Value;
use std::fmt::Write;

/// So many cells are drawn, the fullest.
const MOST_CELLS: usize = 20_000;
const WIDTH: f64 = 760.0;
const BLUE: &str = "#2f6fab";

/// The page.
#[must_use]
pub fn html(figures: &Figures, language: Language) -> String {
    let say = |english, chinese| language.of(english, chinese);
    let title = say("Figures of a recording", "记录统计");
    let mut out = format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style><h1>{title}</h1>",
        language.tag()
    );
    let head = &figures.head;
    let text = |name: &str| escaped(head.get(name).and_then(Value::as_str).unwrap_or_default());
    let span = head
        .get("span")
        .and_then(Value::as_array)
        .map(|span| span.iter().filter_map(|it| it.as_str()).collect::<Vec<_>>());
    let _ = write!(
        out,
        "<p class=\"dim\">{} UTC · {} {} · {}</p>",
        escaped(&span.unwrap_or_default().join(say(" to ", " 至 "))),
        say("recording", "记录"),
        text("recording"),
        text("made_by")
    );
    missing(&mut out, figures, language);
    let (vessels, nameless, hours) = (figures.vessels, figures.nameless, figures.vessel_hours);
    let _ = match language {
        Language::English => write!(
            out,
            "<p>{vessels} vessels that have a number, {nameless} tracks of nobody known, {hours:.1} hours that all \
             vessels together were seen or heard. What nobody saw or heard is counted nowhere.</p>"
        ),
        Language::Chinese => write!(
            out,
            "<p>有识别码的船舶 {vessels} 艘，身份不明的航迹 {nameless} 条，所有船舶被观测到的时间合计 {hours:.1} 小时。\
             未被观测到的不计入任何统计。</p>"
        ),
    };
    periods(&mut out, figures, language);
    speeds(&mut out, figures, language);
    gates(&mut out, figures, language);
    density(&mut out, figures, language);
    alerts(&mut out, figures, language);
    sources(&mut out, figures, language);
    out.push_str("</html>");
    out
}

/// What the recording has not.
fn missing(out: &mut String, figures: &Figures, language: Language) {
    let list = |name: &str| figures.head.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (holes, faults) = (list("holes"), list("faults"));
    if holes.is_empty() && faults.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<div class=\"warn\"><b>{}</b><ul>",
        language.of(
            "Not all was recorded, and none of this is made up for:",
            "记录不完整，缺失部分未作任何补充："
        )
    );
    for hole in &holes {
        let text = |name: &str| escaped(hole.get(name).and_then(Value::as_str).unwrap_or_default());
        let _ = write!(
            out,
            "<li>{} {} {}: {} {}: {}</li>",
            text("from"),
            language.of("to", "至"),
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

fn periods(out: &mut String, figures: &Figures, language: Language) {
    if figures.months.len() > 1 {
        by("month", &figures.months, out, language);
    }
    if figures.days.len() > 3 {
        by("day", &figures.days, out, language);
    } else {
        by("hour", &figures.hours, out, language);
    }
}

fn by(word: &str, all: &[Period], out: &mut String, language: Language) {
    let say = |english, chinese| language.of(english, chinese);
    let by = match word {
        "month" => say("By month", "按月"),
        "day" => say("By day", "按日"),
        _ => say("By hour", "按小时"),
    };
    let (vessels, passed) = (say("Vessels", "船舶"), say("Gates passed", "过门次数"));
    let raised = say("Alerts raised", "触发告警");
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
    let _ = write!(out, "<h2>{by}</h2><h3>{vessels}</h3>{}", chart(vessels, &|it| it.vessels as f64));
    if all.iter().any(|it| it.alerts > 0) {
        let _ = write!(out, "<h3>{raised}</h3>{}", chart(raised, &|it| it.alerts as f64));
    }
    if all.iter().any(|it| it.crossings > 0) {
        let _ = write!(out, "<h3>{passed}</h3>{}", chart(passed, &|it| it.crossings as f64));
    }
    table(
        out,
        &[
            say("From", "起始"),
            vessels,
            say("Points", "点"),
            say("Vessel hours", "船舶小时"),
            say("Alerts", "告警"),
            passed,
        ],
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

/// The heads of a table of quantiles.
fn quantiles<'a>(first: &'a str, weight: &'a str, language: Language) -> [&'a str; 9] {
    [first, weight, "5 %", "25 %", "50 %", "75 %", "95 %", "99 %", language.of("Most", "最大")]
}

fn speeds(out: &mut String, figures: &Figures, language: Language) {
    let say = |english, chinese| language.of(english, chinese);
    let _ = write!(
        out,
        "<h2>{}</h2><p class=\"dim\">{}</p>",
        say("Speed over ground, knots", "对地航速（节）"),
        say(
            "By time: half of the time they were slower than 50 %.",
            "按时间统计：一半时间内低于 50 % 一栏的值。"
        )
    );
    let head = quantiles(say("Class", "类别"), say("Hours", "小时"), language);
    table(out, &head, figures.speeds.iter().map(|(class, speeds)| row(class, speeds)));
}

fn gates(out: &mut String, figures: &Figures, language: Language) {
    if figures.gates.is_empty() {
        return;
    }
    let say = |english, chinese| language.of(english, chinese);
    let _ = write!(
        out,
        "<h2>{}</h2><p class=\"dim\">{}</p>",
        say("Gates", "断面"),
        say(
            "Left and right as one looks from a gate's first end to the other. Unseen: on the other side after a gap.",
            "左右以断面起点望向终点为准。未见：数据中断后已在另一侧。"
        )
    );
    table(
        out,
        &[
            say("Gate", "断面"),
            say("Left to right", "自左向右"),
            say("Right to left", "自右向左"),
            say("Unseen", "未见"),
        ],
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

fn density(out: &mut String, figures: &Figures, language: Language) {
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
    let (title, many) = (language.of("Where they were", "分布"), figures.density.len());
    let _ = write!(out, "<h2>{title}</h2><p class=\"dim\">");
    let _ = match language {
        Language::English => write!(
            out,
            "Cells of {side} degrees, {south:.3} to {north:.3} N, {west:.3} to {east:.3} E; the darkest: {fullest:.2} \
             vessel hours. {many} cells."
        ),
        Language::Chinese => write!(
            out,
            "网格边长 {side}°，北纬 {south:.3} 至 {north:.3}，东经 {west:.3} 至 {east:.3}；最深色为 {fullest:.2} \
             船舶小时。共 {many} 格。"
        ),
    };
    let _ = write!(
        out,
        "</p><svg viewBox=\"0 0 {WIDTH} {height:.0}\" class=\"chart\" role=\"img\" aria-label=\"{title}\" \
         style=\"background:#f2f5f8\">"
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

fn alerts(out: &mut String, figures: &Figures, language: Language) {
    if figures.alerts.is_empty() {
        return;
    }
    let say = |english, chinese| language.of(english, chinese);
    let _ = write!(out, "<h2>{}</h2>", say("Alerts", "告警"));
    let head = [
        say("Kind", "类型"),
        say("Raised", "触发"),
        say("Acknowledged", "已确认"),
        say("Over before", "确认前结束"),
        say("Open", "未结束"),
        say("Escalated", "已升级"),
        say("Acknowledged after, s: 50 %", "确认用时（秒）50 %"),
        "95 %",
        say("Lasted, s: 50 %", "持续（秒）50 %"),
    ];
    table(
        out,
        &head,
        figures.alerts.iter().map(|it| {
            vec![
                kind_title(it.kind).map_or_else(
                    || it.kind.to_string(),
                    |[english, chinese]| format!("{} {}", it.kind, say(english, chinese)),
                ),
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

fn sources(out: &mut String, figures: &Figures, language: Language) {
    let say = |english, chinese| language.of(english, chinese);
    let heading = |out: &mut String, text: &str| {
        let _ = write!(out, "<h3>{text}</h3>");
    };
    let _ = write!(out, "<h2>{}</h2>", say("Quality of data", "数据质量"));
    heading(out, say("By source", "按来源"));
    let head = [
        say("Source", "来源"),
        say("Tells of", "内容"),
        say("Observations", "观测"),
        say("Points", "点"),
        say("Vessels", "船舶"),
        say("Silences", "静默次数"),
        say("Silent, s", "静默（秒）"),
        say("Silent, %", "静默（%）"),
    ];
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
    heading(out, say("Seconds from one point to the next", "相邻两点间隔（秒）"));
    let head = quantiles(say("Class", "类别"), say("Values", "数目"), language);
    table(out, &head, figures.quality.iter().map(|it| row(&it.class, &it.interval_s)));
    heading(out, say("Standard deviation of the place, metres", "位置标准差（米）"));
    table(out, &head, figures.quality.iter().map(|it| row(&it.class, &it.sigma_m)));
    heading(out, say("What is not said, per cent of points", "缺失内容（占点数 %）"));
    let head = [
        say("Class", "类别"),
        say("Points", "点"),
        say("No speed", "无航速"),
        say("No heading", "无航向"),
        say("No name", "无船名"),
        say("Doubted", "存疑"),
    ];
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
