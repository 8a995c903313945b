//! What a vessel's own satellite receiver and compass say, where the configuration says whose they are.
//!
//! Error: what GST says, else a receiver's usual. Time: date and time of the fix, where they agree with its arrival.

use decoders::nmea::Sentence;
use decoders::nmea::gnss::Gnss;
use fusion::{Body, Observation, Report, SourceId, Station};
use units::{Degrees, Mmsi, UtcTime};

const SIGMA_M: f64 = 6.0;
/// A fix that differs by more from its arrival has a clock that is not to be believed.
const PROMPT_S: f64 = 60.0;

/// The receiver of one vessel.
#[derive(Debug)]
pub struct Own {
    source: SourceId,
    mmsi: Mmsi,
    sigma_m: f64,
}

impl Own {
    /// That of a vessel.
    #[must_use]
    pub const fn new(source: SourceId, mmsi: Mmsi) -> Self {
        Self { source, mmsi, sigma_m: SIGMA_M }
    }

    /// What a sentence says of the vessel, if anything: RMC where it is and how it goes, HDT and THS how it heads.
    pub fn observe(
        &mut self,
        sentence: &Sentence<'_>,
        arrival: UtcTime,
        mut observed: impl FnMut(Observation),
    ) {
        let mut report = Report {
            by: self.mmsi.into(),
            station: Station::Terminal,
            position: None,
            sigma_m: self.sigma_m,
            sog: None,
            cog: None,
            heading: None,
            rot_deg_min: None,
            nav_status: None,
        };
        let mut valid = arrival;
        match Gnss::decode(sentence) {
            Some(Gnss::Rmc(rmc)) if rmc.valid == Some(true) => {
                (report.position, report.sog, report.cog) = (rmc.position, rmc.sog, rmc.cog);
                let at = rmc.at().filter(|at| arrival.since(*at).abs() <= PROMPT_S);
                valid = at.unwrap_or(arrival);
            }
            Some(Gnss::Hdt(heading) | Gnss::Ths { heading, mode: None | Some(b'A') }) => {
                let Some(heading) = heading else { return };
                report.heading = Degrees::new(heading.value());
            }
            Some(Gnss::Gst(gst)) => {
                let sigmas = gst.lat_sigma_m.zip(gst.lon_sigma_m).map(|(lat_m, lon_m)| lat_m.max(lon_m));
                self.sigma_m = sigmas.filter(|sigma_m| *sigma_m > 0.0).unwrap_or(SIGMA_M);
                return;
            }
            _ => return,
        }
        observed(Observation { source: self.source, valid, arrival, body: Body::Report(report) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use decoders::frame::Line;
    use decoders::nmea::{Item, Reader, encode_sentence};

    #[test]
    fn a_patrol_boats_receiver_speaks_for_it() {
        let mmsi = Mmsi::new(412_001_234).unwrap();
        // 2024-03-07 07:07:23 UTC, and a second later.
        let arrival = UtcTime::from_unix_s(1_709_795_244);
        let (mut own, mut seen) = (Own::new(SourceId(3), mmsi), Vec::new());
        for body in [
            "BDGST,070723.00,1.0,2.0,1.0,10.0,1.5,2.5,4.0",
            "BDRMC,070723.00,A,2956.1000,N,12153.1000,E,8.5,275.0,070324,,,A,V",
            "BDRMC,070723.00,V,2956.1000,N,12153.1000,E,8.5,275.0,070324,,,N,V",
            "BDRMC,070723.00,A,2956.1000,N,12153.1000,E,8.5,275.0,060324,,,A,V",
            "HEHDT,274.5,T",
            "HETHS,274.5,V",
        ] {
            let mut line = Vec::new();
            encode_sentence(&mut line, b'$', body.as_bytes());
            Reader::new().line(Line::Whole(line.trim_ascii_end()), arrival, |item| {
                let Item::Other(sentence) = item else { panic!("{item:?}") };
                own.observe(&sentence, arrival, |o| {
                    let Body::Report(report) = o.body else { panic!("{o:?}") };
                    let heading = report.heading.map(Degrees::value);
                    seen.push((arrival.since(o.valid), report.position.is_some(), heading, report.sigma_m));
                });
            });
        }
        assert_eq!(seen, [(1.0, true, None, 2.5), (0.0, true, None, 2.5), (0.0, false, Some(274.5), 2.5)]);
    }
}
