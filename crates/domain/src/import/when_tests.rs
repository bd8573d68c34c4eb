//! What people write about days and times, and what it may be taken for.

use super::*;
use proptest::prelude::*;

fn said(text: &str) -> String {
    let Some(sessions) = sessions(text) else { return "words".into() };
    let field = |session: &Map<String, Value>, key: &str| session.get(key).and_then(Value::as_str).map(str::to_owned);
    let session = |session: &Map<String, Value>| {
        let freq = if field(session, "freq").as_deref() == Some("MONTHLY") { "monthly " } else { "" };
        let mut said = format!("{freq}{}", field(session, "byday").unwrap_or_default());
        if let Some(opens_at) = field(session, "opens_at") {
            said += &format!(" {opens_at}-{}", field(session, "closes_at").unwrap_or_default());
        }
        said += &field(session, "description").map(|words| format!(" ({words})")).unwrap_or_default();
        said
    };
    sessions.iter().map(session).collect::<Vec<_>>().join("; ")
}

fn check(text: &str, expected: &str) {
    assert_eq!(said(text), expected, "{text:?}");
}

#[test]
fn plain_words_are_sessions() {
    check("Tuesdays 10-12", "TU 10:00-12:00");
    check("every Tue 10am\u{2013}12pm", "TU 10:00-12:00");
    check("Every Tuesday, 10.30am - 12 noon", "TU 10:30-12:00");
    check("Mondays", "MO");
    check("Monday: 14:00-16:00", "MO 14:00-16:00");
    check("Wed 2-4pm", "WE 14:00-16:00");
    check("Weds 11-1pm", "WE 11:00-13:00");
    check("Thurs 10 to 1", "TH 10:00-13:00");
    check("Fri 9-5", "FR 09:00-17:00");
    check("Fri 7pm", "FR 19:00-");
    check("Fridays from 7 p.m. till 9.30 p.m.", "FR 19:00-21:30");
    check("Mon-Fri 9am-5pm", "MO,TU,WE,TH,FR 09:00-17:00");
    check("Monday to Friday, 09:00 to 17:00", "MO,TU,WE,TH,FR 09:00-17:00");
    check("weekdays 10:00-15:00", "MO,TU,WE,TH,FR 10:00-15:00");
    check("Daily 10am-4pm", "MO,TU,WE,TH,FR,SA,SU 10:00-16:00");
    check("every day", "MO,TU,WE,TH,FR,SA,SU");
    check("Mon & Wed 1pm-3pm", "MO,WE 13:00-15:00");
    check("Mon, Wed and Fri", "MO,WE,FR");
    check("Mon 10-12; Thu 1pm-3pm", "MO 10:00-12:00; TH 13:00-15:00");
    check("Mon 10-12, Thu 1pm-3pm and Sat 11am", "MO 10:00-12:00; TH 13:00-15:00; SA 11:00-");
    check("Mon 10-12\r\nTue 13:30-15:00", "MO 10:00-12:00; TU 13:30-15:00");
    check("Tuesdays 10-12 and 1pm-3pm", "TU 10:00-12:00; TU 13:00-15:00");
    check("10am-12pm on Tuesdays", "TU 10:00-12:00");
    check("10-12, Tuesday and Thursday", "TU,TH 10:00-12:00");
    check("first Friday of the month 7pm-9pm", "monthly 1FR 19:00-21:00");
    check("1st and 3rd Wednesday of every month, 2pm", "monthly 1WE,3WE 14:00-");
    check("Last Saturday each month 10am to 1pm", "monthly -1SA 10:00-13:00");
    check("tuesday 10:00:00 - 12:00:00", "TU 10:00-12:00");
}

#[test]
fn hours_of_the_day_or_of_the_night_are_left_in_words() {
    check("Tuesdays 2-4", "TU (Tuesdays 2-4)");
    check("Tuesdays 7-9", "TU (Tuesdays 7-9)");
    check("Mon 10-12, Wed 2-4", "MO 10:00-12:00; WE (Mon 10-12, Wed 2-4)");
    check("Fri 8.30", "FR (Fri 8.30)");
    check("Fri 10pm-2am", "FR (Fri 10pm-2am)");
}

#[test]
fn what_may_mean_something_else_stays_words() {
    for text in [
        "",
        "Tuesdays 10-12 in term time",
        "Every other Tuesday 10-12",
        "Every second Tuesday 10am",
        "Fortnightly, Tuesdays 10-12",
        "Ring for times",
        "Various",
        "10-12",
        "7 days a week",
        "24/7",
        "Tuesdays 25-26",
        "Tue 10:75",
        "Mon-",
        "Fri to Mon 10-12",
        "Tuesdays 10-",
        "14 March 2026 2pm",
        "Mon Mon",
        "Sun 10-12 except bank holidays",
    ] {
        check(text, "words");
    }
    check(&"Mon 10-12, ".repeat(60), "words");
}

#[test]
fn days_dates_and_times_by_themselves() {
    let times = [
        ("9:00am", "09:00"),
        ("7:30 am ", "07:30"),
        ("11:00", "11:00"),
        ("9:00", "09:00"),
        ("14:00:00", "14:00"),
        ("12:00am", "00:00"),
        ("noon", "12:00"),
        ("5pm", "17:00"),
        ("00:00", "00:00"),
    ];
    for (text, expected) in times {
        assert_eq!(time(text).as_deref(), Some(expected), "{text}");
    }
    for text in ["", "late", "5", "25:00", "9:0am?", "9am-5pm"] {
        assert_eq!(time(text), None, "{text}");
    }
    let days =
        [("Monday", Some("MO")), ("sun", Some("SU")), ("1", Some("MO")), ("7", Some("SU")), ("0", None), ("x", None)];
    for (text, expected) in days {
        assert_eq!(weekday(text), expected, "{text}");
    }
    let dates = [
        ("2026-03-14", Some("2026-03-14")),
        ("14/03/2026", Some("2026-03-14")),
        ("14/3/26", Some("2026-03-14")),
        ("Sat 14th March 2026", Some("2026-03-14")),
        ("Saturday, 14 Mar 2026", Some("2026-03-14")),
        ("14-Mar-26", Some("2026-03-14")),
        ("31/02/2026", None),
        ("14 March", None),
        ("Tuesdays", None),
        ("03/14/2026", None),
    ];
    for (text, expected) in dates {
        assert_eq!(date(text).as_deref(), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn whatever_is_written_ends(text in "([mM]on|tue|10|2|pm|am|[-,;&/:. ]|to|and|first|é|\n|every|12:30){0,24}") {
        for session in sessions(&text).into_iter().flatten() {
            prop_assert!(session.contains_key("byday"));
        }
        let _ = (time(&text), spans(&text), date(&text), weekday(&text));
    }
}
