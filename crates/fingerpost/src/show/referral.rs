//! Referrals as those read them who act on them: what waits for us first, what can be done, and who did what.

use super::listing::compact;
use super::{ID_SHOWN, ago, count, instant, last_day, organisation, plain, short, table, wrap};
use crate::output::Emphasis;
use node::api::form::render::{self, Voice};
use node::api::form::{Answers, Form};
use node::api::{
    Action, ChaseRow, Direction, DraftedRow, EventRow, GIVEN_UP, KeyState, Opened, OrgId, OverdueRow, Owed, PassBack,
    Pii, RecordId, ReferralDone, ReferralRow, ReferralView, Timestamp,
};
use serde_json::Value;
use std::collections::BTreeMap;

type Names = BTreeMap<OrgId, String>;

/// Characters of where it stands that a row of a list has room for.
const DETAIL_SHOWN: usize = 40;

/// Headings in the order in which they are read. What stops by our own doing next stands right behind what waits for us, and behind
/// that what is over but for something of ours.
const HEADINGS: [&str; 7] = [
    "WAITING FOR US",
    "STOPPING, AND WAITING FOR US",
    "FINISHED, AND WAITING FOR US",
    "WAITING FOR THEM",
    "ACTIVE",
    "STOPPING",
    "FINISHED",
];

/// Rows under the words by which they stand, in each in the order in which they came; what is owed or late stands below each.
pub(crate) fn rows(rows: &[ReferralRow], names: &Names, now: Timestamp, emphasis: Emphasis) -> String {
    if rows.is_empty() {
        return "No referral is under way. `fingerpost pathway list` shows how partners can be referred to, and\n\
                `fingerpost referral new` refers somebody; `fingerpost referral list --all` shows those that are over.\n"
            .into();
    }
    let cells: Vec<Vec<String>> = rows.iter().map(|row| cells(row, names)).collect();
    let lines = table(&cells);
    let mut listed: Vec<(String, &ReferralRow, &str)> =
        rows.iter().zip(lines.lines()).map(|(row, line)| (heading(row), row, line)).collect();
    listed.sort_by_key(|(heading, ..)| HEADINGS.iter().position(|known| known == heading).unwrap_or(HEADINGS.len()));
    let mut out = String::new();
    let mut above = "";
    for (heading, row, line) in &listed {
        if heading != above {
            let gap = if above.is_empty() { "" } else { "\n" };
            out.push_str(&format!("{gap}{heading}\n"));
            above = heading;
        }
        out.push_str(&format!("  {line}\n"));
        out.push_str(&wrap(standing_at(row).1, 6));
        out.push_str(&duties(row, names, now, emphasis, 6));
        out.push_str(&drafted(row, now, emphasis, 6));
    }
    out
}

/// Where it stands, and what else is to be known of that where it would make a row too long.
fn standing_at(row: &ReferralRow) -> (&str, &str) {
    match row.detail.split_once(", ") {
        Some(parts) if row.detail.chars().count() > DETAIL_SHOWN => parts,
        _ => (&row.detail, ""),
    }
}

fn heading(row: &ReferralRow) -> String {
    let shown = plain(&row.shown).to_uppercase();
    let is_ours = row.owed.iter().any(|owed| Some(owed.by) != row.partner);
    match shown.as_str() {
        "STOPPING" | "FINISHED" if is_ours => format!("{shown}, AND WAITING FOR US"),
        _ => shown,
    }
}

/// Id, the other party, which way, where it stands, who holds the person.
fn cells(row: &ReferralRow, names: &Names) -> Vec<String> {
    let way = match row.direction {
        Direction::Sent => "to",
        Direction::Received => "from",
    };
    let partner = partner(row, names);
    let detail = standing_at(row).0.to_owned();
    let held = if is_given_up(row) { String::new() } else { format!("held by {}", holder(row, names)) };
    vec![shown_id(&row.id), format!("{way} {partner}"), detail, held]
}

/// Whether nothing of it is kept but that it is erased.
fn is_given_up(row: &ReferralRow) -> bool {
    row.request == GIVEN_UP
}

/// The other party; only a draft that does not open does not say which that is.
fn partner(row: &ReferralRow, names: &Names) -> String {
    row.partner.map_or_else(
        || if is_given_up(row) { "a former partner" } else { "an unknown organisation" }.to_owned(),
        |id| organisation(&id, names),
    )
}

fn holder(row: &ReferralRow, names: &Names) -> String {
    row.holder.map_or_else(|| "whoever it was passed on to".to_owned(), |holder| organisation(&holder, names))
}

/// What each party has to do, each with since when it is late; what is ours stands out.
fn duties(row: &ReferralRow, names: &Names, now: Timestamp, emphasis: Emphasis, indent: usize) -> String {
    let is_listed = |late: &&OverdueRow| row.owed.iter().any(|owed| owed.by == late.by && owed.what == late.what);
    let owed = row.owed.iter().map(|Owed { by, what }| {
        let late = row.overdue.iter().find(|late| late.by == *by && late.what == *what);
        (*by, what, late.map(|late| late.since_ms))
    });
    let others = row.overdue.iter().filter(|late| !is_listed(late));
    let all = owed.chain(others.map(|late| (late.by, &late.what, Some(late.since_ms))));
    let mut out = String::new();
    for (by, what, since) in all {
        let late = since.map(|since| format!(", late since {}", instant(since))).unwrap_or_default();
        let long = since.map(|since| format!(" ({})", ago(since, now))).unwrap_or_default();
        let line = wrap(&format!("{}: {what}{late}{long}", party(&by, row, names)), indent);
        out.push_str(&if Some(by) == row.partner { line } else { emphasis.strong(&line) });
    }
    out
}

/// Decisions that have no effect yet, and what the home node said to them.
fn drafted(row: &ReferralRow, now: Timestamp, emphasis: Emphasis, indent: usize) -> String {
    let mut out = String::new();
    for DraftedRow { action, at_ms, refused, hint, .. } in &row.drafted {
        let line = match refused {
            None => {
                format!("{action}, decided {}, waits for your home node: nobody else knows of it", ago(*at_ms, now))
            }
            Some(why) => {
                let hint = hint.as_ref().map(|hint| format!(" ({})", plain(hint))).unwrap_or_default();
                let id = shown_id(&row.id);
                format!(
                    "your home node did not {action}: {}{hint}; once read: fingerpost referral discard {id}",
                    plain(why)
                )
            }
        };
        out.push_str(&emphasis.strong(&wrap(&line, indent)));
    }
    out
}

/// The other party by its name, and this organisation as who reads it.
fn party(id: &OrgId, row: &ReferralRow, names: &Names) -> String {
    if Some(*id) == row.partner { organisation(id, names) } else { "you".to_owned() }
}

fn shown_id(id: &RecordId) -> String {
    short(&id.to_string(), ID_SHOWN).to_owned()
}

/// What became of one that something was done to.
pub(crate) fn done(done: &ReferralDone, now: Timestamp, emphasis: Emphasis) -> String {
    let row = &done.row;
    let id = shown_id(&row.id);
    let is = format!("{}: {}.", row.shown, row.detail);
    let said = match done.event {
        Some(_) => format!("Done. Referral {id} is now {is}"),
        None => {
            format!("Kept for your home node, which is not linked now or has not answered. Referral {id} is still {is}")
        }
    };
    let mut out = wrap(&said, 0);
    out.push_str(&wrap(&format!("The person is held by {}.", holder(row, &done.names)), 0));
    out.push_str(&duties(row, &done.names, now, emphasis, 2));
    out.push_str(&drafted(row, now, emphasis, 2));
    out.push_str(&format!("to see it: fingerpost referral show {id}\n"));
    out
}

/// One line that says which one it is.
pub(crate) fn named(view: &ReferralView, names: &Names) -> String {
    let partner = partner(&view.row, names);
    let way = match view.row.direction {
        Direction::Sent => format!("to {partner}"),
        Direction::Received => format!("from {partner}"),
    };
    if is_given_up(&view.row) {
        return wrap(&format!("Referral {} {way}: {}", shown_id(&view.row.id), view.row.detail), 0);
    }
    let listing = listing(view.listing_name.as_deref(), &view.listing);
    wrap(&format!("Referral {} {way}, for {listing}: {}", shown_id(&view.row.id), view.row.detail), 0)
}

fn listing(name: Option<&str>, id: &RecordId) -> String {
    name.map_or_else(|| format!("listing {}", shown_id(id)), plain)
}

/// One referral as a page to act on; with what is said of the person where it was opened.
pub(crate) fn view(view: &ReferralView, names: &Names, now: Timestamp, emphasis: Emphasis) -> String {
    if is_given_up(&view.row) {
        return given_up(view, names);
    }
    let mut parts = vec![standing(view, names, now, emphasis), possible(view)];
    parts.extend(view.opened.as_ref().map(|opened| said_of_the_person(opened, names)));
    parts.push(format!("What stands behind it\n{}", facts(view)));
    if let Some(pathway) = &view.pathway {
        parts.push(format!("How it is answered\n{}", wrap(pathway, 2)));
    }
    if !view.events.is_empty() {
        parts.push(format!("What happened\n{}", events(view, names)));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn given_up(view: &ReferralView, names: &Names) -> String {
    let mut out = named(view, names);
    out.push_str(&format!("id {}\n\n", view.row.id));
    out.push_str(&wrap(
        "It was erased for good, and its documents were given up. That it is erased is all that is kept.",
        2,
    ));
    out
}

/// The events alone.
pub(crate) fn history(view: &ReferralView, names: &Names) -> String {
    if is_given_up(&view.row) {
        return given_up(view, names);
    }
    if view.events.is_empty() {
        return "Nothing has happened yet: it is a draft.\n".to_owned();
    }
    events(view, names)
}

fn standing(view: &ReferralView, names: &Names, now: Timestamp, emphasis: Emphasis) -> String {
    let row = &view.row;
    let mut out = named(view, names);
    out.push_str(&format!("id {}\n\n", row.id));
    out.push_str(&wrap(&format!("{}: {}", row.shown, row.detail), 2));
    out.push_str(&wrap(&format!("the person is held by {}", holder(row, names)), 2));
    let duties = duties(row, names, now, emphasis, 4);
    out.push_str(if duties.is_empty() { "  nothing is owed\n" } else { "  to be done\n" });
    out.push_str(&duties);
    out.push_str(&drafted(row, now, emphasis, 2));
    out.extend(view.remarks.iter().map(|remark| wrap(&format!("! {remark}"), 2)));
    out
}

/// What can be done here now, as it is typed.
fn possible(view: &ReferralView) -> String {
    let id = shown_id(&view.row.id);
    let mut commands: Vec<String> = Vec::new();
    if view.possible.contains(&Action::Send) {
        commands.extend([format!("edit {id}"), format!("discard {id}")]);
    }
    commands.extend(view.possible.iter().map(|action| command(*action, &id)));
    if !view.row.drafted.is_empty() {
        commands.push(format!("discard {id}"));
    }
    if commands.is_empty() {
        return String::new();
    }
    let lines: String = commands.iter().map(|command| format!("  fingerpost referral {command}\n")).collect();
    format!("What you can do now\n{lines}")
}

/// What does it, behind `fingerpost referral`; what has to be put in is in capitals.
pub(crate) fn command(action: Action, id: &str) -> String {
    let said = match action {
        Action::Withdraw | Action::Decline | Action::Pause | Action::HandBack => " --reason REASON",
        Action::End => " --outcome OUTCOME",
        Action::Contact | Action::ConfirmStop => " --contact CONTACT",
        Action::PassOn => " --next REFERRAL",
        Action::Keep => " --basis BASIS --until DATE",
        _ => "",
    };
    format!("{action} {id}{said}")
}

fn facts(view: &ReferralView) -> String {
    let mut lines = Vec::new();
    match (view.pass_back, view.agreement_expires_at_ms) {
        (None, None) => {}
        (back, end) => {
            let back = match back {
                None => "",
                Some(PassBack::Nothing) => "; only that it ended may be passed back",
                Some(PassBack::Outcome) => "; how it ended may be passed back",
                Some(PassBack::Progress) => "; how it goes may be passed back",
            };
            let end = end.map(|end| format!(", until {}", last_day(end))).unwrap_or_default();
            lines.push(format!("the person agreed{end}{back}"));
        }
    }
    if view.version > 0 {
        lines.push(format!("version {} of the request, by form {}", view.version, short(&view.form, ID_SHOWN)));
    } else {
        lines.push(format!("a draft, by form {}: nothing has left this node", short(&view.form, ID_SHOWN)));
    }
    lines.extend(view.previous.map(|previous| format!("goes on from referral {}", shown_id(&previous))));
    lines.extend(view.next.map(|next| format!("goes on as referral {}", shown_id(&next))));
    let (held, named) = (view.payloads.held, view.payloads.named);
    if held < named {
        lines.push(format!("{held} of {} of what is said of the person are here", count(named.into(), "part")));
    }
    match view.payloads.key {
        KeyState::Here => {}
        KeyState::Awaited => lines.push("the key to what is said of the person is on its way".to_owned()),
        KeyState::Erased => lines.push("what is said of the person was erased here".to_owned()),
    }
    lines.iter().map(|line| wrap(line, 2)).collect()
}

/// The events, a line each; below it why it has no effect, and its words where they were opened.
fn events(view: &ReferralView, names: &Names) -> String {
    let cells: Vec<Vec<String>> = view.events.iter().map(|event| event_cells(event, names)).collect();
    let lines = table(&cells);
    let mut out = String::new();
    for (event, line) in view.events.iter().zip(lines.lines()) {
        out.push_str(&format!("  {line}\n"));
        if let Some(why) = &event.without_effect {
            out.push_str(&wrap(&format!("without effect: {why}"), 6));
        }
        let Some(opened) = &view.opened else { continue };
        match opened.words.get(&event.id) {
            Some(words) => out.push_str(&wrap(&quoted(words), 6)),
            None if has_words(event) => out.push_str("      (its words are not here)\n"),
            None => {}
        }
    }
    out
}

fn event_cells(event: &EventRow, names: &Names) -> Vec<String> {
    let role = event.role.map(|role| format!(" ({role})")).unwrap_or_default();
    let at = event.at_ms.map_or_else(|| "no time".to_owned(), instant);
    let words = if has_words(event) { ", with words" } else { "" };
    vec![at, format!("{}{role}", organisation(&event.by, names)), format!("{}{words}", event.words)]
}

/// What goes with the others is answers to the form, and is shown among those.
fn has_words(event: &EventRow) -> bool {
    event.has_payload && !matches!(event.action, Some(Action::Send | Action::Amend | Action::Answer))
}

fn quoted(words: &Pii<String>) -> String {
    words.expose().lines().map(|line| format!("| {line}")).collect::<Vec<_>>().join("\n")
}

fn said_of_the_person(opened: &Opened, names: &Names) -> String {
    let mut out = "What is said of the person. That you read it was noted.\n".to_owned();
    match &opened.answers {
        Some(answers) => out.push_str(&answered(answers.expose(), opened.form.as_ref())),
        None => out.push_str("  No answers are here.\n"),
    }
    if let Some(agreement) = &opened.agreement {
        out.push_str("\n  What the person agreed to\n");
        out.push_str(&agreed(agreement.expose(), names));
    }
    out
}

/// Questions with answers; where the form is not here, or they are not to it, the answers by name.
fn answered(answers: &Value, form: Option<&Value>) -> String {
    let form = form.and_then(|form| Form::read(form).ok());
    let read = form.as_ref().and_then(|form| Some((form, Answers::draft(form, answers).ok()?)));
    match read {
        Some((form, answers)) => wrap(&render::answers(form, &answers, &Voice::ENGLISH), 2),
        None => by_name(answers, &|_, value| compact(value)),
    }
}

fn agreed(agreement: &Value, names: &Names) -> String {
    by_name(agreement, &|name, value| match (name, value) {
        ("covers", Value::Array(ids)) => {
            let known = |id: &Value| {
                id.as_str().and_then(|id| id.parse().ok()).map_or_else(|| compact(id), |id| organisation(&id, names))
            };
            ids.iter().map(known).collect::<Vec<_>>().join(", ")
        }
        ("given_at", Value::String(text)) => moment(text).map_or_else(|| text.clone(), instant),
        ("expires_at", Value::String(text)) => moment(text).map_or_else(|| text.clone(), last_day),
        _ => compact(value),
    })
}

fn moment(text: &str) -> Option<Timestamp> {
    Some(Timestamp::from_ms(text.parse::<jiff::Timestamp>().ok()?.as_millisecond()))
}

fn by_name(value: &Value, shown: &dyn Fn(&str, &Value) -> String) -> String {
    let Some(fields) = value.as_object() else { return wrap(&compact(value), 4) };
    fields.iter().map(|(name, value)| wrap(&format!("{}: {}", name.replace('_', " "), shown(name, value)), 4)).collect()
}

/// What is late, and whom to ring.
pub(crate) fn chase(rows: &[ChaseRow], names: &Names, now: Timestamp) -> String {
    if rows.is_empty() {
        return "Nothing is late.\n".to_owned();
    }
    rows.iter().map(|row| chased(row, names, now)).collect::<Vec<_>>().join("\n")
}

fn chased(row: &ChaseRow, names: &Names, now: Timestamp) -> String {
    let partner = organisation(&row.partner, names);
    let (late, id) = (&row.late, shown_id(&row.id));
    let is_ours = late.by != row.partner;
    let who = if is_ours { "you" } else { &partner };
    let since = format!("late since {} ({})", instant(late.since_ms), ago(late.since_ms, now));
    let mut out = wrap(&format!("{who}: {}, {since}", late.what), 0);
    let way = match row.direction {
        Direction::Sent => format!("sent to {partner}"),
        Direction::Received => format!("that came from {partner}"),
    };
    let of = row.listing_name.as_ref().map(|name| format!(", for {}", plain(name))).unwrap_or_default();
    out.push_str(&wrap(&format!("referral {id} {way}{of}"), 2));
    out.extend(row.telephones.iter().map(|number| wrap(&format!("ring {number}"), 2)));
    out.extend(row.emails.iter().map(|address| wrap(&format!("write to {address}"), 2)));
    if row.telephones.is_empty() && row.emails.is_empty() && !is_ours {
        out.push_str("  no number of theirs is known here\n");
    }
    out.push_str(&format!("  fingerpost referral show {id}\n"));
    out
}

#[cfg(test)]
#[path = "referral_tests.rs"]
mod tests;
