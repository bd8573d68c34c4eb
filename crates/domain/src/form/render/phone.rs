//! A form as a script for who asks it by telephone.

use super::{Voice, introduction};
use crate::form::Form;
use crate::form::field::{Requirement, Tier};

/// The script: what to say first, the questions of every tier in order, what to say last.
pub fn phone_script(form: &Form, voice: &Voice<'_>) -> String {
    let words = voice.words;
    let mut lines = vec![voice.title(form).text.to_owned(), String::new()];
    lines.extend(words.call_opening.iter().map(|line| format!("* {line}")));
    for (place, field) in form.fields().iter().enumerate() {
        if let Some(section) = voice.section(field) {
            lines.extend([String::new(), format!("== {} ==", section.text)]);
        }
        lines.push(String::new());
        lines.extend(introduction(form, field).map(|said| format!("{} {said}", words.read_out)));
        lines.extend(field.when.as_ref().and_then(|when| voice.condition(form, when)).map(|only| format!("[{only}]")));
        let answered = match field.requirement {
            Requirement::Required => words.required,
            Requirement::Optional => words.optional,
        };
        lines.push(format!("{}. \"{}\" [{answered}]", place.saturating_add(1), voice.question(field).text));
        lines.extend(voice.hint(field).map(|hint| format!("   {}", hint.text)));
        let options: Vec<&str> = field.kind.choices().iter().map(|choice| voice.label(field, choice).text).collect();
        if !options.is_empty() {
            lines.push(format!("   {} {}", words.read_out, options.join(" / ")));
        }
        lines.extend(words.scale(&field.kind).map(|scale| format!("   {scale}")));
        lines.extend(voice.why(field).map(|why| format!("   {} {}", words.if_asked_why, why.text)));
        lines.push(match field.tier {
            Tier::ByPhone => format!("   {}", words.ask_now),
            _ => "   ______________________________".to_owned(),
        });
    }
    lines.push(String::new());
    lines.extend(words.call_closing.iter().map(|line| format!("* {line}")));
    lines.push(String::new());
    lines.join("\n")
}
