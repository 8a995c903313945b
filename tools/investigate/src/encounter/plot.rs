//! Both ships from above: where they went, and their hulls at true scale when they were closest.

use super::geometry::{Pair, Plane, Ship};
use super::{Encounter, Language};
use crate::chart::{clock, escaped};
use crate::waters::Waters;
use engine::wall::land::{Area, Place};
use std::fmt::Write;

/// Of the first and the second.
pub const COLOURS: [&str; 2] = ["#2f6fab", "#c2571a"];
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 460.0;
const MARGIN: f64 = 30.0;
/// Outlines before and after the closest point, seconds.
const BESIDE_S: [f64; 4] = [-60.0, -30.0, 30.0, 60.0];

/// From metres to pixels.
struct View {
    middle: Pair,
    scale: f64,
}

impl View {
    fn of(places: &(impl Iterator<Item = Pair> + Clone), least_m: f64) -> Option<Self> {
        let ends = |axis: usize| {
            let values = places.clone().filter_map(move |place| place.get(axis).copied());
            let low = values.clone().fold(f64::INFINITY, f64::min);
            (low, values.fold(f64::NEG_INFINITY, f64::max))
        };
        let ((west, east), (south, north)) = (ends(0), ends(1));
        if !(west <= east && south <= north) {
            return None;
        }
        let wide = (east - west).max(least_m);
        let high = (north - south).max(least_m * 0.6);
        let scale = ((WIDTH - 2.0 * MARGIN) / wide).min((HEIGHT - 2.0 * MARGIN) / high);
        Some(Self { middle: [f64::midpoint(west, east), f64::midpoint(south, north)], scale })
    }

    fn x(&self, place: Pair) -> f64 {
        WIDTH / 2.0 + (place[0] - self.middle[0]) * self.scale
    }

    fn y(&self, place: Pair) -> f64 {
        HEIGHT / 2.0 - (place[1] - self.middle[1]) * self.scale
    }

    /// All of it, and a little around.
    fn area(&self, plane: &Plane) -> Area {
        let half = [WIDTH, HEIGHT].map(|pixels| 0.55 * pixels / self.scale);
        let (south, west) = plane.back([self.middle[0] - half[0], self.middle[1] - half[1]]);
        let (north, east) = plane.back([self.middle[0] + half[0], self.middle[1] + half[1]]);
        [south, west, north, east]
    }

    /// The paper, what is drawn first on it, a scale and where north is.
    fn begin(&self, out: &mut String, title: &str, first: impl FnOnce(&mut String)) {
        let _ = write!(
            out,
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" class=\"chart\" role=\"img\" aria-label=\"{}\" \
             style=\"background:#f2f7fb\">",
            escaped(title)
        );
        first(out);
        let about_m = 140.0 / self.scale;
        let power = 10_f64.powf(about_m.log10().floor());
        let times = [5.0, 2.0, 1.0].into_iter().find(|times| power * times <= about_m).unwrap_or(1.0);
        let (length_m, y) = (power * times, HEIGHT - 14.0);
        let label =
            if length_m >= 1000.0 { format!("{} km", length_m / 1000.0) } else { format!("{length_m} m") };
        let _ = write!(
            out,
            "<path d=\"M16 {0} v6 h{1:.1} v-6\" fill=\"none\" stroke=\"#16222e\"/>\
             <text x=\"{2:.1}\" y=\"{3}\" class=\"tick\">{label}</text>\
             <path d=\"M{4} 40 v-24 m-5 8 l5 -8 l5 8\" fill=\"none\" stroke=\"#16222e\"/>\
             <text x=\"{4}\" y=\"53\" class=\"tick\" text-anchor=\"middle\">N</text>",
            y - 6.0,
            length_m * self.scale,
            24.0 + length_m * self.scale,
            y,
            WIDTH - 20.0
        );
    }
}

/// Of where they went.
fn view_of_ways(met: &Encounter) -> Option<View> {
    let place = |point: &crate::points::Point| met.plane.place(point.lat, point.lon);
    let places = met.sides.iter().flat_map(|side| side.points.iter().map(place));
    View::of(&places, 200.0)
}

/// What is said of the chart below it.
pub fn note(met: &Encounter, waters: &Waters, language: Language) -> String {
    view_of_ways(met).map_or_else(String::new, |view| waters.note(view.area(&met.plane), language))
}

/// Where they went, on the chart.
pub fn ways(met: &Encounter, waters: &Waters, language: Language) -> String {
    let place = |point: &crate::points::Point| met.plane.place(point.lat, point.lon);
    let Some(view) = view_of_ways(met) else { return String::new() };
    let mut out = String::new();
    view.begin(&mut out, language.of("Tracks", "航迹"), |out| below(out, &view, &met.plane, waters));
    for (side, colour) in met.sides.iter().zip(COLOURS) {
        let mut path = String::new();
        let mut before: Option<(u32, i64)> = None;
        for point in &side.points {
            // Another piece, or another track.
            let goes_on = before.is_some_and(|(piece, from_us)| {
                piece == point.piece
                    && !side.gaps.iter().any(|gap| (from_us..point.at_us).contains(&gap.from_us))
            });
            let at = place(point);
            let _ = write!(path, "{}{:.1} {:.1}", if goes_on { "L" } else { "M" }, view.x(at), view.y(at));
            before = Some((point.piece, point.at_us));
        }
        let _ = write!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.2\"/>");
        let every = side.points.len().div_ceil(1500).max(1);
        for point in side.points.iter().step_by(every) {
            let at = place(point);
            let _ = write!(
                out,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"1.8\" fill=\"{colour}\"><title>{} {}</title></circle>",
                view.x(at),
                view.y(at),
                clock(point.at_us),
                escaped(&point.sources.join(", "))
            );
        }
        // Where she came from and where she is at the end.
        for (point, is_end) in side
            .points
            .first()
            .map(|it| (it, false))
            .into_iter()
            .chain(side.points.last().map(|it| (it, true)))
        {
            let at = place(point);
            let name = if is_end { side.who.title() } else { String::new() };
            let _ = write!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" class=\"tick\" fill=\"{colour}\" style=\"fill:{colour}\">{} {}</text>",
                (view.x(at) + 6.0).min(WIDTH - 170.0),
                (view.y(at) - 6.0).max(12.0),
                clock(point.at_us),
                escaped(&name)
            );
        }
    }
    if let Some(closest) = &met.closest {
        for ship in &closest.ships {
            let (x, y) = (view.x(ship.place), view.y(ship.place));
            let _ =
                write!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"none\" stroke=\"#b3261e\"/>");
        }
    }
    out.push_str("</svg>");
    out
}

/// Land, what the watch's configuration draws, and a net of latitudes and longitudes.
fn below(out: &mut String, view: &View, plane: &Plane, waters: &Waters) {
    let area @ [south, west, north, east] = view.area(plane);
    let on_paper = |(lon, lat): &Place| {
        let at = plane.place(*lat, *lon);
        [view.x(at), view.y(at)]
    };
    let path = |line: &[Place]| {
        let mut path = String::new();
        for (number, corner) in line.iter().map(on_paper).enumerate() {
            let _ = write!(path, "{}{:.1} {:.1}", if number == 0 { "M" } else { "L" }, corner[0], corner[1]);
        }
        path
    };
    let land: String = waters.land(area).iter().map(|ring| path(ring) + "Z").collect();
    // Filled only: where a polygon is cut there is no shore.
    let _ = write!(out, "<path class=\"land\" d=\"{land}\" fill=\"#e4d8bb\" fill-rule=\"evenodd\"/>");
    let (lat_step, lon_step) = (step_deg(north - south), step_deg(east - west));
    for (is_lat, low, high, step) in [(true, south, north, lat_step), (false, west, east, lon_step)] {
        let first = (low / step).ceil() as i64;
        let last = (high / step).floor() as i64;
        for number in first..=last {
            let value = number as f64 * step;
            let (from, to) =
                if is_lat { ((west, value), (east, value)) } else { ((value, south), (value, north)) };
            let [x, y] = on_paper(&from);
            let (x, y) = if is_lat { (4.0, y - 3.0) } else { (x + 3.0, HEIGHT - 34.0) };
            let _ = write!(
                out,
                "<path d=\"{}\" class=\"grid\" fill=\"none\"/><text x=\"{x:.1}\" y=\"{y:.1}\" class=\"tick\">{}</text>",
                path(&[from, to]),
                degrees(value, is_lat)
            );
        }
    }
    for it in &waters.drawn {
        let all = |is: &dyn Fn([f64; 2]) -> bool| it.line.iter().map(on_paper).all(is);
        let is_beside = all(&|[x, _]| x < 0.0) || all(&|[x, _]| x > WIDTH);
        if is_beside || all(&|[_, y]| y < 0.0) || all(&|[_, y]| y > HEIGHT) {
            continue;
        }
        let (colour, style) = match it.kind.as_str() {
            "zone" => ("#8a6d3b", "stroke-dasharray=\"6 3\""),
            "route" => ("#5e7f99", "stroke-dasharray=\"2 4\""),
            "span" => ("#1f7a4d", "stroke-width=\"4\""),
            "bridge" => ("#4b5560", "stroke-width=\"2\""),
            _ => ("#7a4fa3", ""),
        };
        let _ = write!(
            out,
            "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-opacity=\"0.7\" {style}><title>{}</title></path>",
            path(&it.line),
            escaped(&it.name)
        );
        let seen = it
            .line
            .iter()
            .map(on_paper)
            .find(|[x, y]| (0.0..WIDTH - 90.0).contains(x) && (12.0..HEIGHT).contains(y));
        if let Some([x, y]) = seen.filter(|_| it.kind != "span") {
            let _ = write!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" class=\"tick\" style=\"fill:{colour}\">{}</text>",
                x + 3.0,
                y - 3.0,
                escaped(&it.name)
            );
        }
    }
}

/// A step that gives about four of it, of those that sailors count in: parts of a minute, minutes, degrees.
fn step_deg(range: f64) -> f64 {
    const MINUTES: [f64; 12] = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0];
    let minutes = MINUTES.into_iter().find(|minutes| range * 60.0 / minutes <= 5.0).unwrap_or(600.0);
    minutes / 60.0
}

/// As a chart has it.
fn degrees(value: f64, is_lat: bool) -> String {
    let value = if is_lat { value } else { (value + 180.0).rem_euclid(360.0) - 180.0 };
    let hundredths = (value.abs() * 6000.0).round() as u64;
    let side = match (is_lat, value < 0.0) {
        (true, false) => 'N',
        (true, true) => 'S',
        (false, false) => 'E',
        (false, true) => 'W',
    };
    format!("{}°{:02}.{:02}′{side}", hundredths / 6000, hundredths % 6000 / 100, hundredths % 100)
}

/// Their hulls when they were closest.
pub fn hulls(met: &Encounter, language: Language) -> String {
    let Some(closest) = &met.closest else { return String::new() };
    let corners = closest
        .ships
        .iter()
        .flat_map(|ship| ship.outline().unwrap_or_default().into_iter().chain(std::iter::once(ship.place)));
    let Some(view) = View::of(&corners, 120.0) else { return String::new() };
    let mut out = String::new();
    view.begin(&mut out, language.of("Hulls at the closest point", "最近会遇时的船体"), |_| {});
    for (ship, colour) in closest.ships.iter().zip(COLOURS) {
        for beside_s in BESIDE_S {
            outline(
                &mut out,
                &view,
                &ship.later(beside_s),
                colour,
                "fill-opacity=\"0\" stroke-opacity=\"0.35\" stroke-dasharray=\"3 3\"",
            );
        }
    }
    for ((ship, side), colour) in closest.ships.iter().zip(&met.sides).zip(COLOURS) {
        ellipse(&mut out, &view, ship, colour);
        outline(&mut out, &view, ship, colour, "fill-opacity=\"0.25\"");
        let (x, y) = (view.x(ship.place), view.y(ship.place));
        let _ = write!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{colour}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" style=\"font-size:12px;fill:{colour}\">{}</text>",
            (x + 10.0).min(WIDTH - 190.0),
            (y - 10.0).max(14.0),
            escaped(&side.who.title())
        );
        if let Some([ve, vn]) = ship.velocity {
            // Where she is after a quarter of a minute.
            let ahead = [ship.place[0] + 15.0 * ve, ship.place[1] + 15.0 * vn];
            let _ = write!(
                out,
                "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\" stroke-width=\"1.5\"/>",
                view.x(ahead),
                view.y(ahead)
            );
        }
    }
    let [one, other] = closest.ships.map(|ship| (view.x(ship.place), view.y(ship.place)));
    let _ = write!(
        out,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" class=\"mark\"/></svg>",
        one.0, one.1, other.0, other.1
    );
    out
}

fn outline(out: &mut String, view: &View, ship: &Ship, colour: &str, style: &str) {
    let Some(corners) = ship.outline() else { return };
    let mut points = String::new();
    for corner in corners {
        let _ = write!(points, "{:.1},{:.1} ", view.x(corner), view.y(corner));
    }
    let _ = write!(out, "<polygon points=\"{points}\" fill=\"{colour}\" stroke=\"{colour}\" {style}/>");
}

/// Where the middle of her may be: two standard deviations.
fn ellipse(out: &mut String, view: &View, ship: &Ship, colour: &str) {
    let Some([ee, en, nn]) = ship.cov else { return };
    let (mean, half) = (f64::midpoint(ee, nn), (0.5 * (ee - nn)).hypot(en));
    let axes = [mean + half, mean - half].map(|squared| 2.0 * squared.max(0.0).sqrt() * view.scale);
    // The angle of the longer axis from east, anticlockwise; on the screen that is clockwise.
    let angle = 0.5 * (2.0 * en).atan2(ee - nn).to_degrees();
    let _ = write!(
        out,
        "<ellipse cx=\"{0:.1}\" cy=\"{1:.1}\" rx=\"{2:.1}\" ry=\"{3:.1}\" fill=\"{colour}\" fill-opacity=\"0.12\" \
         stroke=\"{colour}\" stroke-dasharray=\"2 2\" transform=\"rotate({4:.1} {0:.1} {1:.1})\"/>",
        view.x(ship.place),
        view.y(ship.place),
        axes[0],
        axes[1],
        -angle
    );
}
