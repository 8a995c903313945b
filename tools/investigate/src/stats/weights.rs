//! How something is spread, by time.

use serde::Serialize;
use std::collections::BTreeMap;

/// Values nearer than this are one.
const STEP: f64 = 0.05;

/// Values, each with a weight.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    bins: BTreeMap<i64, f64>,
    total: f64,
    sum: f64,
    most: Option<f64>,
}

/// What is below which share of the weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quantiles {
    /// All weight: hours, or a number of values.
    pub weight: f64,
    /// The mean.
    pub mean: Option<f64>,
    /// 5 % are below.
    pub p05: Option<f64>,
    /// A quarter.
    pub p25: Option<f64>,
    /// Half.
    pub p50: Option<f64>,
    /// Three quarters.
    pub p75: Option<f64>,
    /// 95 %.
    pub p95: Option<f64>,
    /// 99 %.
    pub p99: Option<f64>,
    /// The greatest.
    pub most: Option<f64>,
}

impl Weights {
    /// One more.
    pub fn add(&mut self, value: f64, weight: f64) {
        if !value.is_finite() || weight <= 0.0 {
            return;
        }
        *self.bins.entry((value / STEP).round() as i64).or_default() += weight;
        self.total += weight;
        self.sum += value * weight;
        self.most = Some(self.most.map_or(value, |most| most.max(value)));
    }

    fn quantile(&self, share: f64) -> Option<f64> {
        let mut so_far = 0.0;
        for (bin, weight) in &self.bins {
            so_far += weight;
            if so_far >= share * self.total {
                return Some(rounded(*bin as f64 * STEP));
            }
        }
        self.most.map(rounded)
    }

    /// In a few numbers; the weight is in seconds and told in hours.
    #[must_use]
    pub fn quantiles(&self) -> Quantiles {
        Quantiles { weight: rounded(self.total / 3600.0), ..self.counted() }
    }

    /// In a few numbers; the weight is a count.
    #[must_use]
    pub fn counted(&self) -> Quantiles {
        Quantiles {
            weight: self.total,
            mean: (self.total > 0.0).then(|| rounded(self.sum / self.total)),
            p05: self.quantile(0.05),
            p25: self.quantile(0.25),
            p50: self.quantile(0.5),
            p75: self.quantile(0.75),
            p95: self.quantile(0.95),
            p99: self.quantile(0.99),
            most: self.most.map(rounded),
        }
    }
}

/// As people write it.
pub fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_weighs_more_counts_more() {
        let mut all = Weights::default();
        all.add(1.0, 3600.0);
        all.add(10.0, 3.0 * 3600.0);
        all.add(f64::NAN, 1.0);
        let found = all.quantiles();
        assert_eq!((found.weight, found.mean, found.most), (4.0, Some(7.75), Some(10.0)));
        assert_eq!((found.p05, found.p25, found.p50), (Some(1.0), Some(1.0), Some(10.0)));
        assert_eq!(Weights::default().quantiles(), Quantiles::default());
    }
}
