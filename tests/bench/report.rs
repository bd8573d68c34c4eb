//! Figures by run, name and size, with their spread and the floor that was measured beside them.

use std::fmt::Write as _;

/// One figure: several samples of one thing.
struct Figure {
    run: &'static str,
    name: String,
    size: usize,
    unit: Unit,
    samples: Vec<f64>,
    /// The same of the floor, in the same run.
    floor: Vec<f64>,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Milliseconds,
    Bytes,
    BytesAListing,
    Mebibytes,
    Documents,
    RoundTrips,
    /// More is better, alone among these.
    EditsASecond,
}

impl Unit {
    const fn word(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Bytes => "bytes",
            Self::BytesAListing => "bytes a listing",
            Self::Mebibytes => "MiB",
            Self::Documents => "documents",
            Self::RoundTrips => "round trips",
            Self::EditsASecond => "edits a second",
        }
    }
}

/// All figures of a run of this program, and what else there is to say.
#[derive(Default)]
pub(crate) struct Report {
    figures: Vec<Figure>,
    notes: Vec<String>,
}

impl Report {
    /// Adds samples of one figure.
    pub(crate) fn add(&mut self, run: &'static str, name: &str, size: usize, unit: Unit, samples: impl Into<Vec<f64>>) {
        self.add_beside(run, name, size, unit, samples, Vec::new());
    }

    /// Adds samples of one figure, and of the floor.
    pub(crate) fn add_beside(
        &mut self,
        run: &'static str,
        name: &str,
        size: usize,
        unit: Unit,
        samples: impl Into<Vec<f64>>,
        floor: impl Into<Vec<f64>>,
    ) {
        let (mut samples, mut floor) = (samples.into(), floor.into());
        samples.sort_by(f64::total_cmp);
        floor.sort_by(f64::total_cmp);
        if !samples.is_empty() {
            self.figures.push(Figure { run, name: name.to_owned(), size, unit, samples, floor });
        }
    }

    /// Adds a word for whoever reads the figures.
    pub(crate) fn note(&mut self, words: impl Into<String>) {
        self.notes.push(words.into());
    }

    /// A table: median, least and most, how many samples; beside it the floor's median and how many times that it is.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        let mut run = "";
        for f in &self.figures {
            if f.run != run {
                run = f.run;
                let _ = writeln!(
                    out,
                    "\n{run:<42} {:>8} {:>11} {:>11} {:>11} {:>3}  {:<16} {:>11} {:>8}",
                    "listings", "median", "least", "most", "of", "unit", "floor", "x floor"
                );
            }
            let (middle, low, high) = (f.at(0.5), f.at(0.0), f.at(1.0));
            let _ = write!(
                out,
                "  {:<40} {:>8} {middle:>11.3} {low:>11.3} {high:>11.3} {:>3}  {:<16}",
                f.name,
                f.size,
                f.samples.len(),
                f.unit.word()
            );
            if let Some(times) = f.times_floor() {
                let _ = write!(out, " {:>11.3} {times:>8.2}", quantile(&f.floor, 0.5));
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        for (n, note) in self.notes.iter().enumerate() {
            let _ = writeln!(out, "{}note: {note}", if n == 0 { "\n" } else { "" });
        }
        out
    }

    /// The same as JSON: an object a figure, and the notes.
    pub(crate) fn json(&self) -> String {
        let figures: Vec<_> = self
            .figures
            .iter()
            .map(|f| {
                serde_json::json!({
                    "run": f.run, "figure": f.name, "listings": f.size, "unit": f.unit.word(),
                    "median": f.at(0.5), "least": f.at(0.0), "most": f.at(1.0), "samples": f.samples.len(),
                    "floor": f.times_floor().map(|_| quantile(&f.floor, 0.5)), "times_floor": f.times_floor(),
                })
            })
            .collect();
        format!("{}\n", serde_json::json!({ "figures": figures, "notes": self.notes }))
    }
}

impl Figure {
    fn at(&self, share: f64) -> f64 {
        quantile(&self.samples, share)
    }

    /// How many times the floor it costs: 1 is as good.
    fn times_floor(&self) -> Option<f64> {
        let (figure, floor) = (self.at(0.5), quantile(&self.floor, 0.5));
        let times = if self.unit == Unit::EditsASecond { floor / figure } else { figure / floor };
        times.is_finite().then_some(times)
    }
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

/// The same of samples in any order.
pub(crate) fn quantile_of(samples: &[f64], share: f64) -> f64 {
    let mut samples = samples.to_vec();
    samples.sort_by(f64::total_cmp);
    quantile(&samples, share)
}
