//! A form on paper, in large print: one HTML page that needs nothing else. No script, nothing from elsewhere, and every word that
//! came from a form escaped, so that a partner's form can do no more than be read.

use super::{Said, Tongue, Voice, introduction};
use crate::form::Form;
use crate::form::field::{Field, Kind, Requirement, Sensitivity, Tier};
use std::fmt::Write;

/// 18 points is the large print of RNIB's clear print guidance; boxes are as high as handwriting is.
const STYLE: &str = "@page{size:A4;margin:18mm}\
body{font:18pt/1.5 Arial,Helvetica,sans-serif;color:#000;background:#fff;max-width:174mm;margin:0 auto}\
h1{font-size:28pt;line-height:1.2}h2{font-size:22pt;border-top:3pt solid #000;padding-top:6pt}\
ol{list-style:none;margin:0;padding:0}li.question{break-inside:avoid;margin:0 0 24pt}\
p{margin:4pt 0}.ask{font-weight:bold;font-size:20pt}\
.box{border:2pt solid #000;height:16mm;margin:6pt 0}.tall{height:60mm}.short{width:80mm}\
.tick{display:inline-block;width:9mm;height:9mm;border:2pt solid #000;vertical-align:middle;margin-right:4mm}\
.options{padding:0}.options li{list-style:none;margin:6pt 0}\
.phone{border:2pt dashed #000;padding:6pt}footer{border-top:1pt solid #000;overflow-wrap:anywhere}";

/// Past this many characters an answer gets a box of several lines.
const LINE_CHARACTERS: u64 = 200;

/// The form as a page to be printed.
pub fn paper(form: &Form, voice: &Voice<'_>) -> String {
    let page = Page { form, voice, tongue: page_language(form, voice) };
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escaped(page.tongue),
        escaped(voice.title(form).text)
    );
    html.push_str(&page.said("h1", voice.title(form)));
    if let Some(description) = voice.description(form) {
        html.push_str(&page.said("p", description));
    }
    let mut is_open = false;
    for (place, field) in form.fields().iter().enumerate() {
        if let Some(section) = voice.section(field) {
            html.push_str(if is_open { "</ol>\n" } else { "" });
            html.push_str(&page.said("h2", section));
            is_open = false;
        }
        if !is_open {
            html.push_str("<ol>\n");
            is_open = true;
        }
        html.push_str(&page.question(place, field));
    }
    html.push_str(if is_open { "</ol>\n" } else { "" });
    html.push_str("</main>\n<footer>");
    let _ = write!(html, "{}: {}", page.around(voice.words.version), form.hash());
    html.push_str("</footer>\n</body>\n</html>\n");
    html
}

/// The language that most of the page is in: the one that was wanted, if the form has it.
fn page_language<'a>(form: &'a Form, voice: &Voice<'a>) -> &'a str {
    form.languages().find(|language| *language == voice.language).unwrap_or_else(|| form.language())
}

struct Page<'a> {
    form: &'a Form,
    voice: &'a Voice<'a>,
    tongue: &'a str,
}

impl Page<'_> {
    fn question(&self, place: usize, field: &Field) -> String {
        let words = self.voice.words;
        let mut html = String::from("<li class=\"question\">\n");
        if let Some(introduction) = introduction(self.form, field) {
            html.push_str(&self.said("p", Said { text: introduction, tongue: Tongue::Own }));
        }
        if let Some(only) = field.when.as_ref().and_then(|when| self.voice.condition(self.form, when)) {
            let _ = writeln!(html, "<p>{}</p>", self.around(&only));
        }
        let asked = self.voice.question(field);
        let answered = match field.requirement {
            Requirement::Required => words.required,
            Requirement::Optional => words.optional,
        };
        let _ = writeln!(
            html,
            "<p class=\"ask\"{}>{}. {}</p>\n<p>({})</p>",
            self.language_of(asked.tongue),
            place.saturating_add(1),
            lines(asked.text),
            self.around(answered)
        );
        if let Some(hint) = self.voice.hint(field) {
            html.push_str(&self.said("p", hint));
        }
        if let Some(why) = self.voice.why(field) {
            let _ = writeln!(
                html,
                "<p>{} <span{}>{}</span></p>",
                self.around(words.why),
                self.language_of(why.tongue),
                lines(why.text)
            );
        }
        if field.sensitivity == Sensitivity::Special {
            let _ = writeln!(html, "<p>{}</p>", self.around(words.special));
        }
        if field.tier == Tier::ByPhone {
            let _ = writeln!(html, "<p class=\"phone\">{}</p>", self.around(words.by_phone));
        } else {
            html.push_str(&self.room(field));
        }
        html.push_str("</li>\n");
        html
    }

    /// Where the answer goes.
    fn room(&self, field: &Field) -> String {
        let words = self.voice.words;
        let small = "<div class=\"box short\"></div>\n";
        match &field.kind {
            Kind::Text { most, .. } if *most > LINE_CHARACTERS => "<div class=\"box tall\"></div>\n".to_owned(),
            Kind::Text { .. } | Kind::Email => "<div class=\"box\"></div>\n".to_owned(),
            Kind::Phone | Kind::Postcode => small.to_owned(),
            Kind::Date => format!("<p>{}</p>\n{small}", self.around(words.date)),
            Kind::Whole { .. } => {
                let scale = words.scale(&field.kind).map(|scale| format!("<p>{}</p>\n", self.around(&scale)));
                format!("{}{small}", scale.unwrap_or_default())
            }
            Kind::YesNo => self.ticks(&[self.around(words.yes), self.around(words.no)]),
            Kind::MustAgree => self.ticks(&[self.around(words.yes)]),
            Kind::One(choices) | Kind::Several { choices, .. } => {
                let how = if matches!(field.kind, Kind::One(_)) { words.choose_one } else { words.choose_some };
                let label = |choice| {
                    let said = self.voice.label(field, choice);
                    format!("<span{}>{}</span>", self.language_of(said.tongue), lines(said.text))
                };
                let labels: Vec<String> = choices.iter().map(label).collect();
                format!("<p>{}</p>\n{}", self.around(how), self.ticks(&labels))
            }
        }
    }

    fn ticks(&self, labels: &[String]) -> String {
        let items: String =
            labels.iter().map(|label| format!("<li><span class=\"tick\"></span>{label}</li>\n")).collect();
        format!("<ul class=\"options\">\n{items}</ul>\n")
    }

    fn said(&self, element: &str, said: Said<'_>) -> String {
        format!("<{element}{}>{}</{element}>\n", self.language_of(said.tongue), lines(said.text))
    }

    /// The attribute of what is in another language than the page.
    fn language_of(&self, tongue: Tongue) -> String {
        let language = match tongue {
            Tongue::Wanted => self.voice.language,
            Tongue::Own => self.form.language(),
        };
        if language == self.tongue { String::new() } else { format!(" lang=\"{}\"", escaped(language)) }
    }

    /// Words around the form's own, which may be in another language than the page.
    fn around(&self, text: &str) -> String {
        if self.voice.words.language == self.tongue {
            return lines(text);
        }
        format!("<span lang=\"{}\">{}</span>", escaped(self.voice.words.language), lines(text))
    }
}

fn lines(text: &str) -> String {
    escaped(text).replace('\n', "<br>")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
