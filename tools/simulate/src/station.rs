//! A vessel's AIS unit: when it sends what (ITU-R M.1371-5, Annex 1, tables 1 and 2).

use crate::date::date;
use crate::plane::{offset, wrap_deg};
use crate::random::Random;
use crate::vessel::{Class, Kind, Vessel};
use decoders::ais::{HalfB, Message, PositionA, PositionB, StaticA, StaticB, Text, raw};
use units::{Degrees, KNOT_MPS, Knots, UtcTime};

/// Who a vessel is goes out every six minutes.
const STATIC_S: f64 = 360.0;
/// GNSS: an error that wanders with this time constant, and a little white noise, m (1 sigma, each axis).
const GNSS_TAU_S: f64 = 300.0;
const GNSS_M: f64 = 2.6;
const GNSS_WHITE_M: f64 = 0.4;

/// Seconds between reports.
pub(crate) fn interval_s(class: Class, at_rest: bool, sog_kn: f64, turning: bool) -> f64 {
    match class {
        Class::A if at_rest && sog_kn <= 3.0 => 180.0,
        Class::A if sog_kn <= 14.0 => {
            if turning {
                10.0 / 3.0
            } else {
                10.0
            }
        }
        Class::A if sog_kn <= 23.0 && !turning => 6.0,
        Class::A => 2.0,
        _ if sog_kn <= 2.0 => 180.0,
        Class::BCarrierSense => 30.0,
        Class::BSelfOrganising if sog_kn <= 14.0 => 30.0,
        Class::BSelfOrganising if sog_kn <= 23.0 => 15.0,
        Class::BSelfOrganising => 5.0,
    }
}

/// Seconds since the scene began at which something is due; a slot that has passed is the next second's.
#[derive(Clone, Copy, Debug)]
struct Due(f64);

impl Due {
    /// When in the second that begins at `now_s` it goes out, if it does.
    fn take(self, now_s: f64) -> Option<f64> {
        (self.0 < now_s + 1.0).then_some(self.0.max(now_s))
    }
}

/// The AIS unit of one vessel.
#[derive(Clone, Debug)]
pub(crate) struct Radio {
    position: Due,
    /// The even beat that reports keep to; each strays from it by a tenth of the interval.
    beat_s: f64,
    interval_s: f64,
    last_s: f64,
    /// After this report a new beat begins at random, so that a chorus falls apart at once.
    shuffle_position: bool,
    shuffle_static: bool,
    static_a: Due,
    static_b: Due,
    has_turn_indicator: bool,
    has_compass: bool,
    mean_heading_deg: f64,
    turning_until_s: f64,
    channel_a: bool,
    gnss_m: (f64, f64),
    gnss_at_s: f64,
    serial: u32,
    random: Random,
}

impl Radio {
    pub(crate) fn new(vessel: &Vessel, mut random: Random) -> Self {
        let interval_s = interval_s(vessel.class, at_rest(vessel), vessel.speed.value(), false);
        let first_s = interval_s * random.unit();
        let static_s = STATIC_S * random.unit();
        Self {
            position: Due(first_s),
            beat_s: first_s,
            interval_s,
            last_s: first_s - interval_s,
            shuffle_position: false,
            shuffle_static: false,
            static_a: Due(static_s),
            static_b: Due(static_s + random.between(2.0, 20.0)),
            has_turn_indicator: vessel.length_m() >= 80.0,
            has_compass: vessel.class == Class::A || (vessel.kind != Kind::Fishing && random.chance(0.3)),
            mean_heading_deg: vessel.heading.value(),
            turning_until_s: f64::NEG_INFINITY,
            channel_a: random.chance(0.5),
            gnss_m: (GNSS_M * random.gauss(), GNSS_M * random.gauss()),
            gnss_at_s: 0.0,
            serial: random.below(1 << 20) as u32,
            random,
        }
    }

    /// Sends position and identity at that time, and keeps to its own beat afterwards.
    pub(crate) fn hello(&mut self, at_s: f64) {
        self.position = Due(at_s);
        self.static_a = Due(at_s + 0.1);
        self.static_b = Due(at_s + 0.2);
        self.shuffle_position = true;
        self.shuffle_static = true;
    }

    /// Hands out what goes on the air in the second that begins at `now_s`, of which `at` is the instant: seconds
    /// since the scene began, channel, message.
    pub(crate) fn tick(
        &mut self,
        vessel: &Vessel,
        now_s: f64,
        at: UtcTime,
        each: &mut dyn FnMut(f64, char, &Message),
    ) {
        self.watch_heading(vessel, now_s);
        if let Some(sent_s) = self.position.take(now_s) {
            let message = self.report(vessel, now_s, at);
            each(sent_s, self.channel(), &message);
            self.plan_next(sent_s);
        }
        let class_a = vessel.class == Class::A;
        if let Some(sent_s) = self.static_a.take(now_s) {
            let message = if class_a { static_a(vessel, at) } else { Message::StaticB(name_of(vessel)) };
            each(sent_s, self.channel(), &message);
            self.static_a = Due(sent_s + self.static_gap_s());
        }
        if !class_a && let Some(sent_s) = self.static_b.take(now_s) {
            each(sent_s, self.channel(), &Message::StaticB(self.hull_of(vessel)));
            // Part B follows part A within a minute.
            self.static_b = Due(self.static_a.0 + self.random.between(2.0, 20.0));
        }
    }

    fn static_gap_s(&mut self) -> f64 {
        if std::mem::take(&mut self.shuffle_static) {
            STATIC_S * self.random.between(0.1, 1.0)
        } else {
            STATIC_S
        }
    }

    fn plan_next(&mut self, sent_s: f64) {
        self.last_s = sent_s;
        if std::mem::take(&mut self.shuffle_position) {
            // No sooner than a second: a report of the same second would be the same report.
            self.beat_s = sent_s + 1.0_f64.max(self.interval_s * self.random.unit());
            self.position = Due(self.beat_s);
            return;
        }
        self.beat_s += self.interval_s;
        self.position = Due(self.beat_s + self.interval_s * self.random.between(-0.1, 0.1));
    }

    /// A change of course by more than 5 degrees against the mean of the last half minute shortens the interval, for
    /// 20 s at least; so does more speed. Either takes effect at once, a longer interval with the next report.
    fn watch_heading(&mut self, vessel: &Vessel, now_s: f64) {
        let heading = vessel.heading.value();
        let change_deg = wrap_deg(heading - self.mean_heading_deg);
        // The mean over 30 s lags a steady turn by 15 s, and so does this one.
        self.mean_heading_deg += change_deg / 15.0;
        if change_deg.abs() > 5.0 {
            self.turning_until_s = now_s + 20.0;
        }
        let turning = now_s < self.turning_until_s;
        let wanted_s = interval_s(vessel.class, at_rest(vessel), vessel.speed.value(), turning);
        if wanted_s < self.interval_s {
            let soon_s = (self.last_s + wanted_s).max(now_s);
            if soon_s < self.position.0 {
                self.position = Due(soon_s);
                self.beat_s = soon_s;
            }
        }
        self.interval_s = wanted_s;
    }

    fn channel(&mut self) -> char {
        self.channel_a = !self.channel_a;
        if self.channel_a { 'A' } else { 'B' }
    }

    fn report(&mut self, vessel: &Vessel, now_s: f64, at: UtcTime) -> Message {
        let (east_m, north_m) = self.gnss_error(now_s);
        let (lon_raw, lat_raw) = raw::position(Some(offset(vessel.antenna(), east_m, north_m)));
        let (sog, cog) = self.velocity(vessel);
        let second = raw::second(Some(at.unix_s().rem_euclid(60) as u8));
        let heading = self.has_compass.then_some(vessel.heading);
        if vessel.class == Class::A {
            // Message 3 is what a unit sends off its beat.
            let kind = if now_s < self.turning_until_s { 3 } else { 1 };
            Message::PositionA(PositionA {
                nav_status_raw: Some(vessel.nav_status),
                rot_raw: raw::rot(self.has_turn_indicator.then_some(vessel.rot_deg_min)),
                sog_raw: raw::sog(sog),
                pos_accuracy: Some(true),
                lon_raw,
                lat_raw,
                cog_raw: raw::cog(cog),
                heading_raw: raw::heading(heading),
                second_raw: second,
                ..PositionA::new(kind, vessel.mmsi)
            })
        } else {
            let carrier_sense = vessel.class == Class::BCarrierSense;
            let plain = PositionB::new(vessel.mmsi);
            Message::PositionB(PositionB {
                sog_raw: raw::sog(sog),
                pos_accuracy: Some(true),
                lon_raw,
                lat_raw,
                cog_raw: raw::cog(cog),
                heading_raw: raw::heading(heading),
                second_raw: second,
                cs_unit: Some(carrier_sense),
                band: Some(true),
                msg22: Some(true),
                comm_state_itdma: Some(carrier_sense),
                comm_state_raw: if carrier_sense { plain.comm_state_raw } else { Some(0) },
                ..plain
            })
        }
    }

    fn gnss_error(&mut self, now_s: f64) -> (f64, f64) {
        let kept = (-(now_s - self.gnss_at_s) / GNSS_TAU_S).exp();
        let fresh_m = GNSS_M * (1.0 - kept * kept).max(0.0).sqrt();
        self.gnss_at_s = now_s;
        let (east_m, north_m) = self.gnss_m;
        self.gnss_m =
            (east_m * kept + fresh_m * self.random.gauss(), north_m * kept + fresh_m * self.random.gauss());
        (
            self.gnss_m.0 + GNSS_WHITE_M * self.random.gauss(),
            self.gnss_m.1 + GNSS_WHITE_M * self.random.gauss(),
        )
    }

    /// Speed and course as the receiver measures them: the error of the velocity is 0.03 m/s, each axis, so that a
    /// ship at rest shows any course at all.
    fn velocity(&mut self, vessel: &Vessel) -> (Option<Knots>, Option<Degrees>) {
        let (sin, cos) = vessel.course.radians().sin_cos();
        let east_mps = vessel.speed.mps() * sin + 0.03 * self.random.gauss();
        let north_mps = vessel.speed.mps() * cos + 0.03 * self.random.gauss();
        let sog_kn = east_mps.hypot(north_mps) / KNOT_MPS;
        (Knots::new(sog_kn), Degrees::new(east_mps.atan2(north_mps).to_degrees()))
    }

    fn hull_of(&self, vessel: &Vessel) -> StaticB {
        let half = HalfB {
            ship_type_raw: Some(vessel.ship_type),
            vendor_raw: Text::new("SIM"),
            unit_model: Some(1),
            serial: Some(self.serial),
            callsign_raw: Text::from_label(vessel.call_sign),
            dimensions_raw: raw::dimensions(Some(vessel.dimensions)),
            epfd: Some(1),
            ..HalfB::default()
        };
        StaticB::part_b(vessel.mmsi, half)
    }
}

fn at_rest(vessel: &Vessel) -> bool {
    matches!(vessel.nav_status, 1 | 5)
}

fn name_of(vessel: &Vessel) -> StaticB {
    StaticB::part_a(vessel.mmsi, Text::from_label(Some(vessel.name)))
}

fn static_a(vessel: &Vessel, now: UtcTime) -> Message {
    // Each its own hour of arrival, the same all day: the number stands in for a schedule.
    let number = vessel.mmsi.number();
    let hours = f64::from(6 + number % 40);
    let day_begin = now.plus_s(-(now.unix_s().rem_euclid(86_400) as f64));
    let (_, month, day, hour, ..) = date(day_begin.plus_s(hours * 3600.0 + 86_400.0));
    let bound = vessel.destination.is_some();
    Message::StaticA(StaticA {
        imo_raw: Some(vessel.imo.map_or(0, units::Imo::number)),
        callsign_raw: Text::from_label(vessel.call_sign),
        name_raw: Text::from_label(Some(vessel.name)),
        ship_type_raw: Some(vessel.ship_type),
        dimensions_raw: raw::dimensions(Some(vessel.dimensions)),
        epfd: Some(1),
        eta_month_raw: Some(if bound { month } else { 0 }),
        eta_day_raw: Some(if bound { day } else { 0 }),
        eta_hour_raw: Some(if bound { hour } else { 24 }),
        eta_minute_raw: Some(if bound { (number % 6 * 10) as u8 } else { 60 }),
        draught_raw: raw::draught(vessel.draught_m),
        destination_raw: Text::from_label(vessel.destination),
        dte: Some(0),
        ..StaticA::new(vessel.mmsi)
    })
}
