//! Both ships from above: where they went, and their hulls at true scale when they were closest.

use super::geometry::{Pair, Ship};
use super::{Encounter, Language};
use crate::chart::{clock, escaped};
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

    fn begin(&self, out: &mut String, title: &str) {
        let _ = write!(
            out,
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" class=\"chart\" role=\"img\" aria-label=\"{}\" \
             style=\"background:#f2f7fb\">",
            escaped(title)
        );
        // A scale, and where north is.
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

/// Where they went.
pub fn ways(met: &Encounter, language: Language) -> String {
    let place = |point: &crate::points::Point| met.plane.place(point.lat, point.lon);
    let places = met.sides.iter().flat_map(|side| side.points.iter().map(place));
    let Some(view) = View::of(&places, 200.0) else { return String::new() };
    let mut out = String::new();
    view.begin(&mut out, language.of("Tracks", "航迹"));
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

/// Their hulls when they were closest.
pub fn hulls(met: &Encounter, language: Language) -> String {
    let Some(closest) = &met.closest else { return String::new() };
    let corners = closest
        .ships
        .iter()
        .flat_map(|ship| ship.outline().unwrap_or_default().into_iter().chain(std::iter::once(ship.place)));
    let Some(view) = View::of(&corners, 120.0) else { return String::new() };
    let mut out = String::new();
    view.begin(&mut out, language.of("Hulls at the closest point", "最近会遇时的船体"));
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
