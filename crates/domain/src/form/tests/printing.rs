//! Forms as people see them.

use super::*;
use render::{Voice, Words, paper, phone_script, terminal};

fn filled() -> (Form, Answers) {
    let shipped = shipped::by_name("refer-back").unwrap();
    let form = shipped.form().unwrap();
    let answers = serde_yaml_ng::from_str(shipped.example).unwrap();
    let answers = Answers::read(&form, &answers, Use::Referral, today()).unwrap();
    (form, answers)
}

#[test]
fn the_small_form_reads_well_everywhere() {
    let form = shipped::by_name("arts-group").unwrap().form().unwrap();
    snapshot("terminal", &terminal(&form, &Voice::ENGLISH));
    snapshot("paper", &paper(&form, &Voice::ENGLISH));
    snapshot("phone", &phone_script(&form, &Voice::ENGLISH));
    let welsh = Voice { language: "cy", words: &Words::ENGLISH };
    snapshot("paper_cy", &paper(&form, &welsh));
}

#[test]
fn answers_read_in_words_with_their_scores() {
    let (form, answers) = filled();
    snapshot("answers", &render::answers(&form, &answers, &Voice::ENGLISH));
}

#[test]
fn paper_is_large_and_needs_nothing_from_elsewhere() {
    for shipped in shipped::SHIPPED {
        let form = shipped.form().unwrap();
        let html = paper(&form, &Voice::ENGLISH);
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
        for absent in
            ["<script", "http://", "https://", "src=", "href=", "url(", "@import", "onload", "<form", "<input"]
        {
            assert!(!html.contains(absent), "{} has {absent}", shipped.name);
        }
        let sizes = html.split("pt").filter_map(|before| before.rsplit([':', ' ']).next()?.parse::<u32>().ok());
        assert!(html.contains("font:18pt/") && sizes.count() > 3);
        let small = html.split("font-size:").skip(1).filter_map(|rest| rest.split("pt").next()?.parse::<u32>().ok());
        assert!(small.into_iter().all(|size| size >= 18));
        for field in form.fields() {
            assert!(html.contains(field.title.split(['"', '\'', '&']).next().unwrap()), "{}", field.name);
        }
        let by_phone = form.by_phone().count();
        assert_eq!(html.matches(Words::ENGLISH.by_phone).count(), by_phone, "{}", shipped.name);
        assert_eq!(html.matches("<li class=\"question\">").count(), form.fields().len());
        assert_eq!(html.matches("<ol>").count(), html.matches("</ol>").count());
    }
}

#[test]
fn a_form_from_elsewhere_can_do_no_more_than_be_read() {
    let evil = "</title><script>alert('x')</script> \" onload=\"x & <img src=//x>";
    let mut value = tea();
    for at in [
        "/title",
        "/description",
        "/properties/name/title",
        "/properties/name/description",
        "/properties/name/x-why",
        "/properties/name/x-section",
        "/properties/cake/x-labels/plain",
        "/x-i18n/cy/title",
        "/properties/name/x-i18n/cy/title",
    ] {
        value = with(value, at, Some(json!(evil)));
    }
    for language in ["en", "cy"] {
        let html = paper(&form(&value), &Voice { language, words: &Words::ENGLISH });
        assert!(
            !html.contains("<script") && !html.contains("<img") && !html.contains("' ") && !html.contains("\" onload")
        );
        assert!(html.matches("&lt;script&gt;alert(&#39;x&#39;)").count() >= 6, "{html}");
    }
}

#[test]
fn what_a_form_lacks_in_a_language_is_marked_as_its_own() {
    let html = paper(&form(&tea()), &Voice { language: "cy", words: &Words::ENGLISH });
    assert!(html.contains("<html lang=\"cy\">") && html.contains("<h1>Te a sgwrs</h1>"));
    assert!(html.contains("<p class=\"ask\">2. Beth yw eich enw?</p>"), "{html}");
    assert!(html.contains("<p class=\"ask\" lang=\"en\">1. Which part of town?</p>"), "{html}");
    assert!(html.contains("<span lang=\"en\">please answer</span>"), "{html}");
    let html = paper(&form(&tea()), &Voice { language: "pl", words: &Words::ENGLISH });
    assert!(html.contains("<html lang=\"en\">") && !html.contains(" lang=\"pl\""));
    assert!(html.contains("Only if your answer to question 8 is: Yes"), "{html}");
}

#[test]
fn answers_cannot_move_a_terminals_cursor() {
    let form = form(&tea());
    let value = json!({ "form": form.hash().to_string(), "answers": { "name": "Ann\u{1b}[2J" } });
    let answers = Answers::parse(&canonical::bytes(&value)).unwrap();
    assert!(!render::answers(&form, &answers, &Voice::ENGLISH).contains('\u{1b}'));
}
