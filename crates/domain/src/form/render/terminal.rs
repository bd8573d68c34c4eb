//! A form, and answers to it, as text.

use super::{Voice, introduction};
use crate::form::field::{Field, Kind, Requirement, Sensitivity, Tier};
use crate::form::{Answers, Form, measure};

/// The form as text, question by question.
pub fn terminal(form: &Form, voice: &Voice<'_>) -> String {
    let mut lines = vec![voice.title(form).text.to_owned()];
    lines.extend(voice.description(form).map(|description| description.text.to_owned()));
    for field in form.fields() {
        if let Some(section) = voice.section(field) {
            lines.extend([String::new(), section.text.to_uppercase()]);
        }
        lines.extend([String::new(), question(form, field, voice)]);
    }
    lines.extend([String::new(), format!("{}: {}", voice.words.version, form.hash())]);
    finished(&lines)
}

/// One question as text, as it stands in [`terminal`] and before a prompt for its answer.
pub fn question(form: &Form, field: &Field, voice: &Voice<'_>) -> String {
    let place = form.fields().iter().position(|other| other.name == field.name).unwrap_or_default();
    let answered = match field.requirement {
        Requirement::Required => format!(" ({})", voice.words.required),
        Requirement::Optional => String::new(),
    };
    let mut lines: Vec<String> = introduction(form, field).map(|words| format!("    {words}")).into_iter().collect();
    let (number, asked) = (place.saturating_add(1), voice.question(field).text);
    lines.push(format!("{number:>2}. {asked}{answered}  [{} {}]", field.tier.word(), field.name));
    lines.extend(beneath(form, field, voice).into_iter().map(|line| format!("    {line}")));
    lines.join("\n")
}

/// Answers as text: each question with its answer, and the scores of measures. Who calls has asked whether the reader may see them.
pub fn answers(form: &Form, answers: &Answers, voice: &Voice<'_>) -> String {
    let mut lines = vec![voice.title(form).text.to_owned()];
    for (place, field) in form.fields().iter().enumerate().filter(|(_, field)| field.tier != Tier::ByPhone) {
        if let Some(section) = voice.section(field) {
            lines.extend([String::new(), section.text.to_uppercase()]);
        }
        let answer = answers.value(&field.name).map(|answer| voice.answer(field, answer));
        let answer = answer.unwrap_or_else(|| format!("({})", voice.words.not_answered));
        lines.push(format!("{:>2}. {}", place.saturating_add(1), voice.question(field).text));
        lines.extend(answer.lines().map(|line| format!("    {}", plain(line))));
    }
    let scores = measure::scores(form, answers);
    if !scores.is_empty() {
        lines.extend([String::new(), voice.words.scores.to_uppercase()]);
    }
    for score in scores {
        let band = score.band.map(|band| format!(", {band}")).unwrap_or_default();
        lines.push(format!("    {}: {} ({} to {}){band}", score.name, score.value, score.range.0, score.range.1));
    }
    finished(&lines)
}

fn beneath(form: &Form, field: &Field, voice: &Voice<'_>) -> Vec<String> {
    let words = voice.words;
    let mut lines = Vec::new();
    lines.extend(field.when.as_ref().and_then(|when| voice.condition(form, when)));
    lines.extend(voice.hint(field).map(|hint| hint.text.to_owned()));
    lines.extend(words.scale(&field.kind));
    match &field.kind {
        Kind::YesNo | Kind::MustAgree => lines.push(format!("{} / {}", words.yes, words.no)),
        Kind::One(choices) => {
            lines.push(format!("{}:", words.choose_one));
            lines.extend(numbered(field, choices, voice));
        }
        Kind::Several { choices, .. } => {
            lines.push(format!("{}:", words.choose_some));
            lines.extend(numbered(field, choices, voice));
        }
        _ => {}
    }
    lines.extend(voice.why(field).map(|why| format!("{} {}", words.why, why.text)));
    if field.sensitivity == Sensitivity::Special {
        lines.push(words.special.to_owned());
    }
    if field.tier == Tier::ByPhone {
        lines.push(words.by_phone.to_owned());
    }
    lines
}

fn numbered(field: &Field, choices: &[crate::form::Choice], voice: &Voice<'_>) -> Vec<String> {
    let label = |(place, choice)| format!("  {}) {}", usize::saturating_add(place, 1), voice.label(field, choice).text);
    choices.iter().enumerate().map(label).collect()
}

/// What a partner sent, without what would move the cursor of a terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn finished(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text
}
