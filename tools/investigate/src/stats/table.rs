//! Figures as CSV: one number a line, and what it is of.

use super::{Figures, Period, Quantiles};
use std::fmt::Display;
use std::io::{self, Write};

/// Writes all of it.
///
/// # Errors
/// What the disk says.
pub fn csv(out: impl Write, figures: &Figures) -> io::Result<()> {
    let mut out = Rows(csv::Writer::from_writer(out));
    out.0.write_record(["what", "of", "figure", "value"])?;
    out.put("vessels", "", "count", figures.vessels)?;
    out.put("vessels", "", "nameless_tracks", figures.nameless)?;
    out.put("vessels", "", "hours", figures.vessel_hours)?;
    for (class, count) in &figures.vessels_by_class {
        out.put("vessels", class, "count", count)?;
    }
    for (class, speeds) in &figures.speeds {
        out.quantiles("speed_kn", class, "", speeds)?;
    }
    for gate in &figures.gates {
        out.put("gate", &gate.gate, "left_to_right", gate.left_to_right)?;
        out.put("gate", &gate.gate, "right_to_left", gate.right_to_left)?;
        out.put("gate", &gate.gate, "unseen", gate.unseen)?;
    }
    for kind in &figures.alerts {
        let of = kind.kind.to_string();
        out.put("alert", &of, "raised", kind.raised)?;
        out.put("alert", &of, "acknowledged", kind.acknowledged)?;
        out.put("alert", &of, "over_unacknowledged", kind.over_unacknowledged)?;
        out.put("alert", &of, "open", kind.open)?;
        out.put("alert", &of, "escalated", kind.escalated)?;
        out.quantiles("alert", &of, "acknowledge_s_", &kind.acknowledge_s)?;
        out.quantiles("alert", &of, "lasted_s_", &kind.lasted_s)?;
    }
    for source in &figures.sources {
        let of = &source.source;
        out.maybe("source", of, "observations", source.observations.map(|it| it as f64))?;
        out.put("source", of, "points", source.points)?;
        out.put("source", of, "vessels", source.vessels)?;
        out.put("source", of, "silences", source.silences)?;
        out.put("source", of, "silent_s", source.silent_s)?;
        out.maybe("source", of, "silent_share", source.silent_share)?;
    }
    for class in &figures.quality {
        let of = &class.class;
        out.put("quality", of, "points", class.points)?;
        out.quantiles("quality", of, "interval_s_", &class.interval_s)?;
        out.quantiles("quality", of, "sigma_m_", &class.sigma_m)?;
        out.put("quality", of, "without_sog_percent", class.without_sog)?;
        out.put("quality", of, "without_heading_percent", class.without_heading)?;
        out.put("quality", of, "without_name_percent", class.without_name)?;
        out.put("quality", of, "doubted_percent", class.doubted)?;
    }
    for (what, periods) in [("hour", &figures.hours), ("day", &figures.days), ("month", &figures.months)] {
        periods.iter().try_for_each(|period| out.period(what, period))?;
    }
    for cell in &figures.density {
        let of = format!("{:.7},{:.7}", cell.south, cell.west);
        out.put("density", &of, "vessel_hours", cell.vessel_hours)?;
        out.put("density", &of, "vessels", cell.vessels)?;
        out.maybe("density", &of, "mean_sog_kn", cell.mean_sog_kn)?;
    }
    out.0.flush()
}

struct Rows<W: Write>(csv::Writer<W>);

impl<W: Write> Rows<W> {
    fn put(&mut self, what: &str, of: &str, figure: &str, value: impl Display) -> io::Result<()> {
        Ok(self.0.write_record([what, of, figure, &value.to_string()])?)
    }

    /// What is not known has no line.
    fn maybe(&mut self, what: &str, of: &str, figure: &str, value: Option<f64>) -> io::Result<()> {
        value.map_or(Ok(()), |value| self.put(what, of, figure, value))
    }

    fn quantiles(&mut self, what: &str, of: &str, before: &str, of_it: &Quantiles) -> io::Result<()> {
        let all = [
            ("mean", of_it.mean),
            ("p05", of_it.p05),
            ("p25", of_it.p25),
            ("p50", of_it.p50),
            ("p75", of_it.p75),
            ("p95", of_it.p95),
            ("p99", of_it.p99),
            ("most", of_it.most),
        ];
        self.put(what, of, &format!("{before}weight"), of_it.weight)?;
        all.into_iter().try_for_each(|(name, value)| self.maybe(what, of, &format!("{before}{name}"), value))
    }

    fn period(&mut self, what: &str, period: &Period) -> io::Result<()> {
        let of = &period.from;
        self.put(what, of, "vessels", period.vessels)?;
        self.put(what, of, "points", period.points)?;
        self.put(what, of, "vessel_hours", period.vessel_hours)?;
        self.put(what, of, "alerts", period.alerts)?;
        self.put(what, of, "crossings", period.crossings)
    }
}
