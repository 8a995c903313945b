//! The report as one page that needs nothing but itself.

use super::geometry::{Sure, UNSEEN_MPS2};
use super::plot::{COLOURS, hulls, note, ways};
use super::{Encounter, Language, Sample, Side, What};
use crate::case::utc;
use crate::chart::{Frame, Line, STYLE, clock, escaped, legend, lines};
use crate::waters::Waters;
use std::fmt::Write;

/// So many points of each ship are listed, nearest in time to the closest approach.
const MOST_POINTS: usize = 1500;
/// Before the closest approach, seconds: what could be known then.
const BEFORE_S: [i64; 6] = [900, 600, 300, 180, 120, 60];
const GREEN: &str = "#1f7a4d";
/// Charts of what is predicted go no further than this: metres and seconds.
const DCPA_M: f64 = 3704.0;
const TCPA_S: f64 = 1800.0;

/// The page.
#[must_use]
pub fn html(met: &Encounter, waters: &Waters, language: Language) -> String {
    let say = |english: &'static str, chinese: &'static str| language.of(english, chinese);
    let [one, other] = met.sides.each_ref().map(|side| side.who.title());
    let title = format!("{}: {one} / {other}", say("Encounter", "会遇报告"));
    let mut out = format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><title>{1}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style><h1>{1}</h1>",
        language.tag(),
        escaped(&title)
    );
    let span = met.samples.first().zip(met.samples.last());
    if let Some((first, last)) = span {
        let _ = write!(
            out,
            "<p class=\"dim\">{} – {} UTC · {} {} · fairway {}</p>",
            plain(first.at_us),
            plain(last.at_us),
            say("recording", "记录"),
            escaped(&met.facts.recording),
            env!("CARGO_PKG_VERSION")
        );
    }
    warnings(&mut out, met, language);
    vessels(&mut out, met, language);
    closest(&mut out, met, language);
    let _ = write!(out, "<h2>{}</h2>{}", say("Tracks", "航迹"), ways(met, waters, language));
    let _ = write!(
        out,
        "<p class=\"dim\">{} {} {}</p>",
        say(
            "North up. Dots are where somebody saw or heard her; the line is broken where nobody did. Red: the closest point.",
            "北向上。圆点为实际观测或接收的位置；无观测处航迹断开。红圈：最近会遇点。"
        ),
        say(
            "Zones, routes and bridges are those of the configuration of the watch then.",
            "区域、航路与桥梁取自当时的监控配置。"
        ),
        escaped(&note(met, waters, language))
    );
    let drawn = hulls(met, language);
    if !drawn.is_empty() {
        let _ = write!(
            out,
            "<h2>{}</h2>{drawn}<p class=\"dim\">{}</p>",
            say("Hulls at the closest point, true scale", "最近会遇时的船体（真实比例）"),
            say(
                "Outlines from the dimensions and antenna place that each ship sends; dashed: half a minute and a minute before and \
                 after, if both went on as then. Ellipses: two standard deviations of where the middle of the hull may be.",
                "船体轮廓取自各船自报尺度与天线位置；虚线：按当时航向航速外推前后半分钟和一分钟。椭圆：船体中心位置两倍标准差。"
            )
        );
    }
    charts(&mut out, met, language);
    timeline(&mut out, met, language);
    consoles(&mut out, met, language);
    for side in &met.sides {
        points(&mut out, met, side, language);
    }
    method(&mut out, met, language);
    out.push_str("</html>");
    out
}

/// Date and time to the second.
fn plain(us: i64) -> String {
    utc(us).get(..19).unwrap_or_default().replace('T', " ")
}

fn dash(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

/// A value and how sure it is.
fn sure(value: Option<Sure>, digits: usize) -> String {
    let Some(Sure { value, sigma }) = value else { return "–".to_owned() };
    let sigma = sigma.map_or_else(|| " (± ?)".to_owned(), |sigma| format!(" ± {sigma:.digits$}"));
    format!("{value:.digits$}{sigma}")
}

fn warnings(out: &mut String, met: &Encounter, language: Language) {
    let mut all = met.facts.warnings();
    if met.closest.as_ref().is_some_and(|closest| closest.is_at_gap) {
        let said = language.of(
            "beside the closest point nothing is known of one of them: they may have been closer",
            "最近会遇点旁存在数据空缺：实际距离可能更近",
        );
        all.push(said.to_owned());
    }
    if met.closest.is_none() {
        let said = language.of("the two were never seen at the same time", "两船从未被同时观测到");
        all.push(said.to_owned());
    }
    let gaps = met.sides.iter().flat_map(|side| {
        side.gaps.iter().map(|gap| {
            let until = gap.to_us.map_or_else(|| language.of("the end", "结束").to_owned(), plain);
            format!(
                "{}: {} – {until}: {}",
                side.who.title(),
                plain(gap.from_us),
                language.reason(&gap.reason)
            )
        })
    });
    all.extend(gaps);
    if all.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<div class=\"warn\"><b>{}</b><ul>",
        language.of("What is not known, and not made up for:", "以下数据空缺，未作任何补偿：")
    );
    for line in all {
        let _ = write!(out, "<li>{}</li>", escaped(&line));
    }
    out.push_str("</ul></div>");
}

fn vessels(out: &mut String, met: &Encounter, language: Language) {
    let head = [
        ("Ship", "船舶"),
        ("MMSI", "MMSI"),
        ("IMO", "IMO"),
        ("Call sign", "呼号"),
        ("Type", "船型"),
        ("Length × beam, m", "船长×船宽，米"),
        ("Points", "点数"),
    ];
    out.push_str("<table><tr>");
    for (english, chinese) in head {
        let _ = write!(out, "<th>{}</th>", language.of(english, chinese));
    }
    out.push_str("</tr>");
    for (side, colour) in met.sides.iter().zip(COLOURS) {
        let who = &side.who;
        let text = |value: Option<u32>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
        let size = who.hull.map_or_else(
            || "–".to_owned(),
            |[bow, stern, port, starboard]| format!("{} × {}", bow + stern, port + starboard),
        );
        let _ = write!(
            out,
            "<tr><td><b style=\"color:{colour}\">{}</b></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{size}</td>\
             <td>{}</td></tr>",
            escaped(&who.title()),
            who.mmsi.map_or_else(|| "–".to_owned(), |mmsi| format!("{mmsi:09}")),
            text(who.imo),
            escaped(who.callsign.as_deref().unwrap_or("–")),
            text(who.ship_type),
            side.points.len()
        );
    }
    out.push_str("</table>");
}

fn closest(out: &mut String, met: &Encounter, language: Language) {
    let Some(closest) = &met.closest else { return };
    let _ = write!(out, "<h2>{}</h2><table>", language.of("Closest point of approach", "最近会遇"));
    let mut row = |english: &'static str, chinese: &'static str, value: String| {
        let _ = write!(out, "<tr><th>{}</th><td>{value}</td></tr>", language.of(english, chinese));
    };
    let sigma = closest.at_sigma_s.map_or_else(|| "?".to_owned(), |sigma| format!("{sigma:.1}"));
    let at = utc(closest.at_us);
    row("When, UTC", "时间（UTC）", format!("{} ± {sigma} s", at.get(..21).unwrap_or(&at).replace('T', " ")));
    row("Between the middles of their hulls, m", "船体中心间距，米", sure(Some(closest.range_m), 0));
    let gap = match closest.gap_m {
        Some(gap_m) => {
            let sigma = closest.range_m.sigma;
            sure(Some(Sure { value: gap_m, sigma }), 0)
        }
        None => language.of("not known: a size or heading is missing", "未知：缺少尺度或船首向").to_owned(),
    };
    row("Between their hulls, m", "船体间距，米", gap);
    for (ship, side) in closest.ships.iter().zip(&met.sides) {
        let speed = ship.velocity.map(|[e, n]| e.hypot(n) * 3600.0 / 1852.0);
        let course = ship.velocity.map(|[e, n]| e.atan2(n).to_degrees().rem_euclid(360.0));
        let value = format!(
            "{} {} kn, {} {}°, {} {}°; {}",
            language.of("SOG", "对地航速"),
            dash(speed, 1),
            language.of("COG", "对地航向"),
            dash(course, 0),
            language.of("HDG", "船首向"),
            dash(ship.heading_deg, 0),
            match language {
                Language::English => format!("last seen or heard {:.1} s before", ship.age_s),
                Language::Chinese => format!("距上次观测 {:.1} s", ship.age_s),
            }
        );
        let _ = write!(out, "<tr><th>{}</th><td>{value}</td></tr>", escaped(&side.who.title()));
    }
    out.push_str("</table>");
    let _ = write!(
        out,
        "<h3>{}</h3><table><tr><th>{}</th><th class=\"n\">{}</th><th class=\"n\">DCPA, m</th><th class=\"n\">TCPA, s</th></tr>",
        language.of("What could be known before", "事前可知"),
        language.of("Before", "提前"),
        language.of("Range, m", "距离，米")
    );
    for before_s in BEFORE_S {
        let at_us = closest.at_us - before_s * 1_000_000;
        let near = |sample: &&Sample| (sample.at_us - at_us).abs() <= 1_000_000 && sample.two.is_some();
        let Some(two) = met.samples.iter().find(near).and_then(|sample| sample.two) else { continue };
        let _ = write!(
            out,
            "<tr><td>{before_s} s</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            sure(Some(two.range_m), 0),
            sure(two.dcpa_m, 0),
            sure(two.tcpa_s, 0)
        );
    }
    out.push_str("</table>");
}

fn charts(out: &mut String, met: &Encounter, language: Language) {
    let marks: Vec<(i64, String)> = met
        .closest
        .iter()
        .map(|closest| (closest.at_us, language.of("closest point", "最近会遇").to_owned()))
        .collect();
    let line = |name: &str, colour, of: &dyn Fn(&Sample) -> Option<Sure>| {
        let values: Vec<_> = met.samples.iter().map(|sample| (sample.at_us, of(sample))).collect();
        Line {
            name: name.to_owned(),
            colour,
            points: values.iter().map(|(us, it)| (*us, it.map(|it| it.value))).collect(),
            spread: values.iter().map(|(_, it)| it.and_then(|it| it.sigma)).collect(),
        }
    };
    let chart = |out: &mut String, title: &str, limits, step, all: &[Line]| {
        let frame = Frame { title: title.to_owned(), height: 190.0, limits, marks: marks.clone(), step };
        let drawn = lines(&frame, all);
        if !drawn.is_empty() {
            let _ = write!(out, "<h3>{}</h3>{drawn}", escaped(title));
        }
    };
    let _ = write!(
        out,
        "<h2>{}</h2><p class=\"dim\">{}</p>",
        language.of("Over time (UTC)", "随时间变化（UTC）"),
        language.of(
            "Shaded: one standard deviation. Lines are broken where one of them was not seen or heard. Red: the closest point.",
            "阴影：一倍标准差。任一船无观测时曲线断开。红线：最近会遇。"
        )
    );
    let range = line("", GREEN, &|sample| sample.two.map(|two| two.range_m));
    chart(out, language.of("Range, m", "距离，米"), None, None, &[range]);
    let dcpa = line("", GREEN, &|sample| sample.two.and_then(|two| two.dcpa_m));
    chart(out, "DCPA, m", Some([0.0, DCPA_M]), None, &[dcpa]);
    let tcpa = line("", GREEN, &|sample| sample.two.and_then(|two| two.tcpa_s));
    chart(out, "TCPA, s", Some([-300.0, TCPA_S]), None, &[tcpa]);
    let bearing = line("", GREEN, &|sample| {
        sample.two.map(|two| {
            // Across the range, in degrees.
            let sigma =
                two.range_m.sigma.map(|sigma| (sigma / two.range_m.value.max(1.0)).atan().to_degrees());
            Sure { value: two.bearing_deg, sigma }
        })
    });
    let title = format!(
        "{} {} → {}, °",
        language.of("Bearing", "方位"),
        met.sides[0].who.title(),
        met.sides[1].who.title()
    );
    chart(out, &title, Some([0.0, 360.0]), Some(90.0), &[unwrapped(bearing)]);
    let names = met.sides.each_ref().map(|side| side.who.title());
    let keys: Vec<(&str, &'static str)> = names.iter().map(String::as_str).zip(COLOURS).collect();
    let each = |of: &dyn Fn(&super::geometry::Ship) -> Option<f64>| -> Vec<Line> {
        COLOURS
            .iter()
            .enumerate()
            .map(|(n, colour)| {
                line("", colour, &|sample| {
                    let value = sample.ships.get(n).copied().flatten().and_then(|ship| of(&ship))?;
                    Some(Sure { value, sigma: None })
                })
            })
            .collect()
    };
    let speeds = each(&|ship| ship.velocity.map(|[e, n]| e.hypot(n) * 3600.0 / 1852.0));
    chart(out, language.of("SOG, kn", "对地航速，节"), None, None, &speeds);
    out.push_str(&legend(&keys));
    let headings: Vec<Line> = each(&|ship| ship.heading_deg).into_iter().map(unwrapped).collect();
    chart(out, language.of("HDG, °", "船首向，°"), Some([0.0, 360.0]), Some(90.0), &headings);
    out.push_str(&legend(&keys));
}

/// Where a direction goes through north the line is broken, and not drawn across.
fn unwrapped(mut line: Line) -> Line {
    let mut before: Option<f64> = None;
    for (_, value) in &mut line.points {
        let now = *value;
        if before.zip(now).is_some_and(|(before, now)| (before - now).abs() > 180.0) {
            *value = None;
        }
        before = now;
    }
    line.spread.clear();
    line
}

fn timeline(out: &mut String, met: &Encounter, language: Language) {
    let _ = write!(out, "<h2>{}</h2>", language.of("Alerts and operators", "告警与操作"));
    if met.events.is_empty() {
        let _ = write!(
            out,
            "<p>{}</p>",
            language.of(
                "No alert was raised about either, and no operator did anything about them.",
                "无相关告警，亦无操作记录。"
            )
        );
        return;
    }
    out.push_str("<table>");
    for event in &met.events {
        let said = match &event.what {
            What::Alert { id, kind, priority, state, text, user, both } => {
                let user = user.as_ref().map(|user| format!(", {}", escaped(user))).unwrap_or_default();
                format!(
                    "{} {id} ({kind}), {}, <b>{}</b>{user}</td><td>{}{}",
                    language.of("alert", "告警"),
                    language.state(priority),
                    language.state(state),
                    escaped(language.of(&text[0], &text[1])),
                    if *both {
                        ""
                    } else {
                        language.of(" (about one of them)", "（仅涉及其中一船）")
                    }
                )
            }
            What::Command { user, action, answer } => format!(
                "{} <b>{}</b>: {}</td><td>{}",
                language.of("operator", "操作员"),
                escaped(user),
                escaped(action),
                escaped(answer)
            ),
        };
        let _ = write!(out, "<tr><td>{}</td><td>{said}</td></tr>", plain(event.at_us));
    }
    out.push_str("</table>");
}

fn consoles(out: &mut String, met: &Encounter, language: Language) {
    let title = language.of("What each console showed", "各终端显示内容");
    let _ = write!(out, "<h2>{title}</h2>");
    if met.consoles.is_empty() {
        let none = language.of("Nothing about consoles is recorded.", "无终端记录。");
        let _ = write!(out, "<p>{none}</p>");
        return;
    }
    let heads = [
        language.of("since (UTC)", "起始时间（UTC）"),
        language.of("console", "终端"),
        language.of("who", "人员"),
        language.of("what it had asked for", "订阅内容"),
        language.of("chart", "海图"),
        language.of("sound", "声音"),
        language.of("switched off", "关闭图层"),
    ];
    out.push_str("<div class=\"scroll\"><table><tr>");
    for head in heads {
        let _ = write!(out, "<th>{head}</th>");
    }
    out.push_str("</tr>");
    for console in &met.consoles {
        if console.said == "began" {
            let began = language
                .of("The recording begins, or goes on: nobody is there.", "记录开始或恢复：无终端在线。");
            let _ = write!(out, "<tr><td>{}</td><td colspan=\"6\">{began}</td></tr>", plain(console.time_us));
            continue;
        }
        let asked = match (console.said.as_str(), console.is_cut, console.subscriptions.is_empty()) {
            ("left", ..) => language.of("gone", "已断开").to_owned(),
            (_, true, _) => language.of("more than is recorded", "超出记录长度").to_owned(),
            (_, _, true) => language.of("everything", "全部").to_owned(),
            _ => serde_json::to_string(&console.subscriptions).unwrap_or_default(),
        };
        let viewing = console.viewing.as_ref();
        let chart = viewing.and_then(|it| {
            let (lat, lon, zoom) = (it.lat?, it.lon?, it.zoom.unwrap_or_default());
            Some(format!("{lat:.4} {lon:.4}, {zoom:.1}, {} {}", it.layout, it.palette))
        });
        let _ = write!(out, "<tr><td>{}</td>", plain(console.time_us));
        let who = console.user.as_deref().unwrap_or(&console.role);
        let cells = [
            format!("{} {} {}", console.console, console.client, console.address),
            who.to_owned(),
            asked,
            chart.unwrap_or_else(|| "?".to_owned()),
            viewing.map_or_else(|| "?".to_owned(), |it| it.sound.clone()),
            viewing.map_or_else(|| "?".to_owned(), |it| it.hidden.join(", ")),
        ];
        for cell in cells {
            let _ = write!(out, "<td>{}</td>", escaped(&cell));
        }
        out.push_str("</tr>");
    }
    out.push_str("</table></div>");
}

fn points(out: &mut String, met: &Encounter, side: &Side, language: Language) {
    let middle = met.closest.as_ref().map_or(0, |closest| closest.at_us);
    let mut all: Vec<_> = side.points.iter().collect();
    all.sort_by_key(|point| (point.at_us - middle).abs());
    all.truncate(MOST_POINTS);
    all.sort_by_key(|point| point.at_us);
    let _ = write!(
        out,
        "<h2>{}: {}</h2><p class=\"dim\">{}</p><details><summary>{} / {}</summary><div class=\"scroll\"><table><tr>",
        escaped(&side.who.title()),
        language.of("every point", "逐点数据"),
        language.of(
            "As estimated from all sensors; σ: one standard deviation along the worst axis.",
            "多传感器融合估计；σ：最差方向一倍标准差。"
        ),
        all.len(),
        side.points.len()
    );
    let head = [
        ("Time, UTC", "时间（UTC）"),
        ("Latitude", "纬度"),
        ("Longitude", "经度"),
        ("σ, m", "σ，米"),
        ("SOG, kn", "航速，节"),
        ("COG, °", "航向，°"),
        ("HDG, °", "船首向，°"),
        ("Seen or heard by", "来源"),
        ("State", "状态"),
    ];
    for (english, chinese) in head {
        let _ = write!(out, "<th>{}</th>", language.of(english, chinese));
    }
    out.push_str("</tr>");
    let mut piece = None;
    for point in all {
        if piece.is_some_and(|piece| piece != point.piece) {
            let _ = write!(
                out,
                "<tr><td colspan=\"9\" class=\"warn\">{}</td></tr>",
                language.of("gap", "数据空缺")
            );
        }
        piece = Some(point.piece);
        let doubt = if point.doubt { language.of(", doubted", "，存疑") } else { "" };
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{:.6}</td><td>{:.6}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td>{}{doubt}</td></tr>",
            format_args!("{}.{:03}", clock(point.at_us), point.at_us.rem_euclid(1_000_000) / 1000),
            point.lat,
            point.lon,
            dash(point.sigma_m(), 1),
            dash(point.sog_kn, 1),
            dash(point.cog_deg, 1),
            dash(point.heading_deg, 0),
            escaped(&point.sources.join(", ")),
            language.state(point.state)
        );
    }
    out.push_str("</table></div></details>");
}

fn method(out: &mut String, met: &Encounter, language: Language) {
    let _ = write!(out, "<h2>{}</h2>", language.of("How this was made", "方法说明"));
    let text = match language {
        Language::English => format!(
            "The recorded inputs were told to the same tracker again. At every second each ship is where she was thought to be \
             then: her last point, carried on with her course and speed until the next; nothing is smoothed with what came later. \
             Places are of the middle of the hull where dimensions, antenna and heading are known, else of the place that is \
             sent. Uncertainty: the tracker's covariances of place and velocity, taken as independent of each other, and \
             {UNSEEN_MPS2} m/s² of unseen manoeuvre while she is carried on. DCPA and TCPA: both go on with course and speed of \
             that second. What each console showed is not recorded and not in here."
        ),
        Language::Chinese => format!(
            "将所记录的输入重新输入同一跟踪器得到。每一秒内，各船位置为当时所知：由最近一点按其航向航速外推至下一点，不使用事后数据平滑。\
             尺度、天线位置与船首向已知时位置取船体中心，否则取自报位置。不确定度：跟踪器给出的位置与速度协方差（视为相互独立），\
             外推期间另计 {UNSEEN_MPS2} m/s² 的未知机动。DCPA 与 TCPA：假定两船保持该秒的航向航速。各席位当时的显示内容未被记录，本报告不含。"
        ),
    };
    let _ = write!(out, "<p>{}</p><table>", escaped(&text));
    for (at, setup) in &met.facts.setups {
        let _ = write!(
            out,
            "<tr><td>{}</td><td>fairway {}</td><td>{} SHA-256 {}</td></tr>",
            at.map(|at| plain(at.unix_us())).unwrap_or_default(),
            escaped(&setup.version),
            language.of("configuration", "配置"),
            escaped(&setup.sha256)
        );
    }
    out.push_str("</table>");
}
