//! Figures by name and size, with their spread.

use std::fmt::Write as _;

/// One figure: several samples of one thing.
struct Figure {
    name: String,
    size: usize,
    unit: &'static str,
    samples: Vec<f64>,
}

/// All figures of a run.
pub(crate) struct Report {
    figures: Vec<Figure>,
    names: Vec<String>,
}

impl Report {
    /// A report of the figures whose names begin with one of these; of all when there is none.
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self { figures: Vec::new(), names }
    }

    /// Adds samples of one figure.
    pub(crate) fn add(&mut self, name: &str, size: usize, unit: &'static str, samples: impl Into<Vec<f64>>) {
        let mut samples = samples.into();
        samples.sort_by(f64::total_cmp);
        let is_asked = self.names.is_empty() || self.names.iter().any(|n| name.starts_with(n.as_str()));
        if is_asked && !samples.is_empty() {
            self.figures.push(Figure { name: name.to_owned(), size, unit, samples });
        }
    }

    /// A table: median, then least and most.
    pub(crate) fn text(&self) -> String {
        let mut out = format!("{:<34} {:>7} {:>12} {:>12} {:>12}  unit\n", "figure", "size", "median", "least", "most");
        for f in &self.figures {
            let (low, high) = (f.at(0.0), f.at(1.0));
            let _ =
                writeln!(out, "{:<34} {:>7} {:>12.3} {low:>12.3} {high:>12.3}  {}", f.name, f.size, f.at(0.5), f.unit);
        }
        out
    }

    /// The same as JSON, an object a figure.
    pub(crate) fn json(&self) -> String {
        let figures: Vec<_> = self
            .figures
            .iter()
            .map(|f| {
                serde_json::json!({
                    "figure": f.name, "size": f.size, "unit": f.unit,
                    "median": f.at(0.5), "least": f.at(0.0), "most": f.at(1.0), "samples": f.samples.len(),
                })
            })
            .collect();
        format!("{}\n", serde_json::Value::from(figures))
    }
}

impl Figure {
    fn at(&self, share: f64) -> f64 {
        quantile(&self.samples, share)
    }
}

/// The median of samples in any order.
pub(crate) fn median(samples: &[f64]) -> f64 {
    let mut samples = samples.to_vec();
    samples.sort_by(f64::total_cmp);
    quantile(&samples, 0.5)
}

/// The value below which this share of sorted samples lies.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let place = (share * last as f64).round() as usize;
    sorted.get(place.min(last)).copied().unwrap_or(f64::NAN)
}
