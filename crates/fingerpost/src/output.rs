//! Standard output: text for people or JSON for programs, and a bar or plain lines while long work goes on.

use crate::report::Failure;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use node::api::Progress;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often progress is told where there is no terminal.
const PLAIN_LINE_EVERY: Duration = Duration::from_secs(5);

/// Who reads standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A person.
    Person,
    /// A program: JSON, a value a line.
    Program,
}

/// Whether what presses stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Emphasis {
    /// In bold, on a terminal.
    Bold,
    /// As all else.
    Plain,
}

impl Emphasis {
    /// What standard output can show, and its reader wants (no-color.org).
    pub(crate) fn of_stdout() -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb { Self::Bold } else { Self::Plain }
    }

    /// Lines that stand out.
    pub(crate) fn strong(self, lines: &str) -> String {
        match self {
            Self::Bold => lines.lines().map(|line| format!("\u{1b}[1m{line}\u{1b}[0m\n")).collect(),
            Self::Plain => lines.to_owned(),
        }
    }
}

/// Prints text, as it is.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Prints one line of JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let mut line = serde_json::to_string(value).map_err(io::Error::from)?;
    line.push('\n');
    print(&line)
}

impl Reader {
    /// Prints the value as a line of JSON, or the text.
    pub(crate) fn show(self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        match self {
            Self::Program => print_json(value),
            Self::Person => print(&text()),
        }
    }
}

/// Writes to stderr; when even that is closed there is nobody to tell.
pub(crate) fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Shows how far long work is: a bar with count, rate and time left on a terminal, a plain line every few seconds elsewhere.
pub(crate) struct Meter {
    bar: Option<ProgressBar>,
    what: String,
    told: Instant,
}

impl Meter {
    /// On stderr, so that standard output stays what was asked for.
    pub(crate) fn new() -> Self {
        let bar = io::stderr().is_terminal().then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()));
        Self { bar, what: String::new(), told: Instant::now() }
    }

    /// Takes in what a node said.
    pub(crate) fn take(&mut self, progress: &Progress) {
        let new = self.what != progress.what;
        match &self.bar {
            Some(bar) => {
                if new {
                    bar.reset();
                    bar.set_style(style(progress.total.is_some()));
                    bar.set_message(progress.what.clone());
                }
                if let Some(total) = progress.total {
                    bar.set_length(total);
                }
                bar.set_position(progress.done);
            }
            None if self.told.elapsed() >= PLAIN_LINE_EVERY => {
                self.told = Instant::now();
                let total = progress.total.map(|t| format!(" of {t}")).unwrap_or_default();
                tell(&format!("{}: {}{total}\n", progress.what, progress.done));
            }
            None => {}
        }
        if new {
            self.what.clone_from(&progress.what);
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(bounded: bool) -> ProgressStyle {
    let template = if bounded {
        "{msg} [{bar:30}] {human_pos}/{human_len}  {per_sec}, {eta} left"
    } else {
        "{msg} {spinner} {human_pos}  {per_sec}"
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
