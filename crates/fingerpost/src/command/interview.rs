//! Questions at a terminal, one after another, each until its answer fits.
//!
//! What is typed stays in memory and goes to the node: it is in no argument, no file and no log.

use crate::arguments::{beginning_of, read_moment};
use crate::report::Failure;
use crate::show::plain;
use jiff::civil::Date;
use node::api::form::render::{self, Voice};
use node::api::form::{self, Field, Form, Kind, Requirement, Use};
use node::api::{Refusal, RefusalKind, Timestamp};
use serde_json::{Map, Value};
use std::io::{BufRead, Write};

/// Somebody who is asked, and where the questions are written.
pub(super) struct Interview<'a> {
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
}

/// One of some answers: its word, and how it is read out.
pub(super) type Choice = (&'static str, &'static str);

impl<'a> Interview<'a> {
    /// With whoever types there.
    pub(super) fn new(input: &'a mut dyn BufRead, output: &'a mut dyn Write) -> Self {
        Self { input, output }
    }

    /// Writes lines; others may have written what stands in them.
    pub(super) fn tell(&mut self, text: &str) {
        // When nobody sees the questions there is nobody to tell; the next answer is waited for all the same.
        let _ = writeln!(self.output, "{}", plain(text));
    }

    /// One line, without its end. Refused when the input ends before it.
    pub(super) fn ask(&mut self) -> Result<String, Failure> {
        let _ = write!(self.output, "> ").and_then(|()| self.output.flush());
        Ok(self.line()?.ok_or_else(|| {
            Refusal::new(RefusalKind::WrongState, "the input ended before the last question was answered")
                .hint("nothing is kept; answer at the terminal to the end, or in a file: --answers FILE")
        })?)
    }

    /// Lines up to an empty one, or the end of the input.
    pub(super) fn words(&mut self, what: &str) -> Result<String, Failure> {
        self.tell(&format!("{what} An empty line ends it."));
        let mut words = String::new();
        while let Some(line) = self.line()?.filter(|line| !line.trim().is_empty()) {
            words.push_str(line.trim_end());
            words.push('\n');
        }
        Ok(words.trim_end().to_owned())
    }

    /// The answers to a form: every question that is asked, given those before it. `before` has answers that Enter keeps.
    pub(super) fn form(
        &mut self,
        form: &Form,
        before: &Map<String, Value>,
        today: Date,
    ) -> Result<Map<String, Value>, Failure> {
        let voice = Voice::ENGLISH;
        self.tell(voice.title(form).text);
        if let Some(description) = voice.description(form) {
            self.tell(description.text);
        }
        self.tell("\nEnter passes over what need not be answered. Ctrl-C stops, and nothing is kept.");
        let mut values = Map::new();
        for field in form.written(Use::Referral) {
            if !form::is_asked(field, form, &values) {
                continue;
            }
            if let Some(section) = voice.section(field) {
                self.tell(&format!("\n{}", section.text.to_uppercase()));
            }
            self.tell(&format!("\n{}", render::question(form, field, &voice)));
            if let Some(fits) = fits(&field.kind) {
                self.tell(&format!("    Give {fits}."));
            }
            if let Some(answer) = self.answer(field, before.get(&field.name), today)? {
                values.insert(field.name.clone(), answer);
            }
        }
        let by_phone: Vec<&str> = form.by_phone().map(|field| voice.question(field).text).collect();
        if !by_phone.is_empty() {
            self.tell("\nAsked by telephone alone, so not written down here:");
            by_phone.iter().for_each(|question| self.tell(&format!("  {question}")));
        }
        Ok(values)
    }

    fn answer(&mut self, field: &Field, before: Option<&Value>, today: Date) -> Result<Option<Value>, Failure> {
        let voice = Voice::ENGLISH;
        if let Some(before) = before {
            let now = voice.answer(field, before).replace('\n', " ");
            let or = if field.requirement == Requirement::Optional { ", - takes it away" } else { "" };
            self.tell(&format!("    Now: {now} (Enter keeps it{or})"));
        }
        loop {
            let mut typed = self.ask()?;
            match (typed.trim(), before) {
                ("", Some(before)) => return Ok(Some(before.clone())),
                ("-", Some(_)) => typed.clear(),
                _ => {}
            }
            match form::read_typed(field, &typed, &voice, today) {
                Ok(answer) => return Ok(answer),
                Err(_) if field.kind == Kind::MustAgree => {
                    self.tell("    Without a yes here the referral cannot be sent.");
                }
                Err(problem) => self.tell(&format!("    That {}: {}.", problem.what, problem.hint)),
            }
        }
    }

    /// One of these, by its number or its word. `before` is taken by Enter.
    pub(super) fn choose(
        &mut self,
        question: &str,
        choices: &[Choice],
        before: Option<&str>,
    ) -> Result<&'static str, Failure> {
        self.tell(&format!("\n{question}"));
        for (place, (_, label)) in choices.iter().enumerate() {
            self.tell(&format!("  {}) {label}", place + 1));
        }
        let before = before.and_then(|before| choices.iter().find(|(word, _)| *word == before));
        if let Some((_, label)) = before {
            self.tell(&format!("    Enter: {label}"));
        }
        loop {
            let typed = self.ask()?;
            let typed = typed.trim();
            let by_number = typed.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?));
            let by_word = choices.iter().find(|(word, _)| *word == typed.to_lowercase());
            match by_number.or(by_word).or(before.filter(|_| typed.is_empty())) {
                Some((word, _)) => return Ok(word),
                None => self.tell(&format!("    Give a number from 1 to {}.", choices.len())),
            }
        }
    }

    /// What somebody types, once `read` can read it; otherwise it says why not and it is asked again. An empty line is `empty`,
    /// where there is one; `told` says what that is.
    pub(super) fn read<T>(
        &mut self,
        question: &str,
        empty: Option<(&str, T)>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        self.tell(&format!("\n{question}"));
        if let Some((told, _)) = &empty {
            self.tell(&format!("    Enter: {told}"));
        }
        loop {
            let typed = self.ask()?;
            let typed = typed.trim();
            if typed.is_empty()
                && let Some((_, value)) = empty
            {
                return Ok(value);
            }
            match read(typed) {
                Ok(value) => return Ok(value),
                Err(why) => self.tell(&format!("    That does not fit: {}.", why.replace("\ntip: ", ": "))),
            }
        }
    }

    fn line(&mut self) -> Result<Option<String>, Failure> {
        let mut line = String::new();
        let read = self.input.read_line(&mut line).map_err(|e| {
            Refusal::invalid(format!("what was typed cannot be read: {e}")).hint("type text in UTF-8, and try again")
        })?;
        Ok((read > 0).then(|| line.trim_end_matches(['\n', '\r']).to_owned()))
    }
}

/// A moment that has been; a day alone begins it.
pub(super) fn read_past(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let at = beginning_of(text).or_else(|_| read_moment(text))?;
    if at > now { Err("it is still to come".to_owned()) } else { Ok(at) }
}

/// What fits, where the question itself does not show it.
fn fits(kind: &Kind) -> Option<String> {
    match kind {
        Kind::Text { .. } | Kind::Date | Kind::Email | Kind::Phone | Kind::Postcode => Some(kind.expected()),
        Kind::Whole { least: Some(_), most: Some(_) } => None,
        Kind::Whole { .. } => Some(kind.expected()),
        Kind::YesNo | Kind::MustAgree | Kind::One(_) | Kind::Several { .. } => None,
    }
}

#[cfg(test)]
#[path = "interview_tests.rs"]
mod tests;
