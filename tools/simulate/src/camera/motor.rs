//! One motor: a place, a speed, a way to go.

#[derive(Debug)]
pub(super) struct Motor {
    at: f64,
    rate: f64,
    stops: Option<[f64; 2]>,
    speed: f64,
    accel: f64,
    wish: Wish,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Wish {
    To(f64),
    At(f64),
}

impl Motor {
    pub const fn new(at: f64, stops: Option<[f64; 2]>, speed: f64, accel: f64) -> Self {
        Self { at, rate: 0.0, stops, speed, accel, wish: Wish::At(0.0) }
    }

    pub const fn at(&self) -> f64 {
        self.at
    }

    pub const fn speed(&self) -> f64 {
        self.speed
    }

    /// To a place, within its stops; one without stops goes the short way round.
    pub fn go(&mut self, to: f64) {
        let to = match self.stops {
            Some([least, most]) => to.clamp(least, most),
            None => self.at + (to - self.at + 180.0).rem_euclid(360.0) - 180.0,
        };
        self.wish = Wish::To(to);
    }

    pub const fn turn(&mut self, rate: f64) {
        self.wish = Wish::At(rate.clamp(-self.speed, self.speed));
    }

    pub fn is_moving(&self) -> bool {
        self.rate.abs() > 1e-4 || matches!(self.wish, Wish::To(to) if (to - self.at).abs() > 1e-3)
    }

    /// For a short time.
    pub fn run(&mut self, s: f64) {
        let wanted = match self.wish {
            Wish::At(rate) => rate,
            Wish::To(to) => {
                let way = to - self.at;
                // No faster than it can brake with something to spare, and no further than there is to go.
                let brake = (1.8 * self.accel * way.abs()).sqrt();
                let most = self.speed.min(brake).min(way.abs() / s);
                most.copysign(way)
            }
        };
        let most = self.accel * s;
        self.rate += (wanted - self.rate).clamp(-most, most);
        self.at += self.rate * s;
        if let Wish::To(to) = self.wish
            && (to - self.at).abs() < 2e-3 * self.speed
            && self.rate.abs() <= 2.0 * most
        {
            (self.at, self.rate) = (to, 0.0);
        }
        if let Some([least, most]) = self.stops
            && !(least..=most).contains(&self.at)
        {
            (self.at, self.rate) = (self.at.clamp(least, most), 0.0);
        }
    }
}
