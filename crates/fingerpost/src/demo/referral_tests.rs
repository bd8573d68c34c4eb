use super::course::{By, Person, Step};
use super::data::{Data, What};
use super::pathway::pathway;
use jiff::civil::{Date, date};
use node::api::Action;
use node::api::form::{Answers, Form, Use};
use node::api::pathway::Pathway;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A Wednesday.
const TODAY: Date = date(2026, 1, 14);

fn data() -> Data {
    Data::read().expect("the files read")
}

/// The pathway of this name as it is published, and its form.
fn published(data: &Data, name: &str) -> (Pathway, Form) {
    let (pathway, form) = Pathway::read(&pathway(data.way(name).unwrap()).unwrap()).unwrap();
    (pathway, form.expect("it stands in it"))
}

/// Every text in a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(entries) => entries.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => vec![],
    }
}

#[test]
fn pathways_lead_to_listings_of_who_offers_them_and_name_nobody_else() {
    let data = data();
    let examples = ["Copper Lane", "Harbour Gate", "Eastside", "Millpond"];
    for way in &data.ways.pathways {
        let owner = &data.organisations[data.place(&way.node).unwrap()];
        assert!(owner.listings().any(|(_, row)| row.name == way.listing && row.how.as_deref() == Some("referral")));
        let value = pathway(way).unwrap();
        for text in texts(&value) {
            assert!(!examples.iter().any(|name| text.contains(name)), "{}: {text}", way.name);
        }
        assert_eq!(value["answer_times"]["decide"], "5 days", "as its listing says");
        let (pathway, form) = published(&data, &way.name);
        assert_eq!(pathway.form(), form.hash());
        assert!(texts(&value).iter().any(|text| text.contains(&owner.name)), "{} is said to be its own", way.name);
    }
}

#[test]
fn a_pathway_is_made_ones_own() {
    let data = data();
    let value = pathway(data.way("lessons").unwrap()).unwrap();
    assert_eq!(value["title"], "Referral to lessons at Willow Street Centre");
    assert_eq!(value["parties"]["receiver"]["who"], "Willow Street Centre");
    let classes = &value["form"]["properties"]["class"];
    assert_eq!(classes["items"]["type"], "string", "what is not laid over stays");
    assert_eq!(classes["items"]["enum"].as_array().unwrap().len(), 5, "a list is laid over as a whole");
    assert!(classes["x-labels"].get("driving-theory").is_none() && classes["x-labels"]["care"].is_string());
}

#[test]
fn those_who_refer_have_an_agreement_and_what_they_say_fits_the_form() {
    let data = data();
    let mut names = BTreeSet::new();
    for person in &data.people {
        assert!(names.insert(&person.name), "{} is there twice", person.name);
        let receiver = &data.way(&person.to).unwrap().node;
        let is_between = |pair: &[String; 2]| pair.contains(&person.from) && pair.contains(receiver);
        assert!(data.ways.agreements.iter().any(|agreement| is_between(&agreement.between)), "{}", person.name);
        let (_, form) = published(&data, &person.to);
        let answers = Answers::read(&form, person.answers().expose(), Use::Referral, TODAY);
        assert!(answers.is_ok(), "{}: {:?}", person.name, answers.err());
        let agreement = person.agreement("Somebody", TODAY).into_exposed();
        assert_eq!(agreement["covers"], serde_json::json!(["Somebody"]));
        assert_eq!(agreement["given_at"], "2026-01-12");
    }
}

/// Their names say that they are made up, nobody is to be rung up, and what names a referral says nothing of them.
#[test]
fn nobody_who_is_referred_can_be_reached() {
    for person in &data().people {
        let answers = person.answers().into_exposed();
        let name = answers["name"].as_str().unwrap();
        assert!(name.ends_with(" Example"), "{name}");
        assert!(!name.to_lowercase().split(' ').any(|part| person.name.contains(part)), "{}", person.name);
        let phone = answers["phone"].as_str().unwrap();
        assert!(phone.starts_with("020 7946 0") || phone.starts_with("07700 900"), "{phone}");
        assert!(answers.get("email").is_none() && answers.get("address").is_none());
    }
}

/// What a step needs is there, and what is told stays within what the person agreed to.
#[test]
fn courses_can_be_taken() {
    let data = data();
    for person in &data.people {
        let first = person.steps().next();
        assert!(first.is_none_or(|step| (step.by, step.does) == (By::Sender, Action::Send)), "{}", person.name);
        for step in person.steps() {
            let sent = [Action::Send, Action::Amend, Action::Answer, Action::Withdraw, Action::Lapse];
            let is_senders = sent.contains(&step.does) || matches!(step.does, Action::TakeBack | Action::Close);
            let is_eithers = step.does == Action::WithdrawAgreement;
            assert!(is_eithers || (step.by == By::Sender) == is_senders, "{}: {}", person.name, step.does);
            let needs_progress = matches!(step.does, Action::Feedback | Action::Pause);
            assert!(!needs_progress || person.back == "progress", "{}: {}", person.name, step.does);
        }
        for next in person.steps().filter_map(|step| step.next.as_ref()) {
            assert_eq!(data.person(next).unwrap().previous.as_ref(), Some(&person.name));
        }
    }
}

/// Where the referrals stand that stay as they are, by what was done last.
#[test]
fn each_state_stays_to_be_seen() {
    let data = data();
    let stays = data.people.iter().filter(|person| person.later.is_empty());
    let last: BTreeSet<_> = stays.map(|person| person.course.last().map_or("draft", |step| step.does.word())).collect();
    for state in [
        "draft",
        "send",
        "acknowledge",
        "ask",
        "wait",
        "accept",
        "start",
        "feedback",
        "pause",
        "end",
        "close",
        "decline",
        "withdraw",
        "lapse",
        "hand-back",
        "pass-on",
        "stop-confirm",
        "take-back",
        "consent-withdraw",
    ] {
        assert!(last.contains(state), "{state} is not among {last:?}");
    }
}

/// What comes later comes once, in the first round, at the node that live.yaml names, and to an end.
#[test]
fn what_comes_later_comes_to_an_end() {
    let data = data();
    let mut come: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in &data.events {
        if let What::Referral { name } = &event.what {
            come.entry(name).or_default().push(&event.node);
        }
    }
    let acting = |person: &Person, step: &Step| match step.by {
        By::Sender => person.from.clone(),
        By::Receiver => data.way(&person.to).unwrap().node.clone(),
    };
    for person in data.people.iter().filter(|person| !person.later.is_empty()) {
        let nodes: Vec<_> = person.later.iter().map(|step| acting(person, step)).collect();
        assert_eq!(come.remove(person.name.as_str()).unwrap_or_default(), nodes, "{}", person.name);
        assert_eq!(person.later.last().map(|step| step.does), Some(Action::Close), "{}", person.name);
    }
    assert!(come.is_empty(), "{come:?}");
}

#[test]
fn proposals_are_about_listings_of_others() {
    let data = data();
    let lists = |folder: &str, name: &str| {
        data.organisations[data.place(folder).unwrap()].listings().any(|(_, row)| row.name == name)
    };
    for wish in &data.wishes.proposals {
        assert!(wish.by != wish.owner && data.place(&wish.by).is_ok() && lists(&wish.owner, &wish.listing));
    }
    for keeping in &data.wishes.keepers {
        assert!(keeping.keeper != keeping.owner && data.place(&keeping.keeper).is_ok());
        assert!(lists(&keeping.owner, &keeping.listing));
    }
    let touched = data.wishes.keepers.iter().map(|keeping| &keeping.listing);
    let mut touched = touched.chain(data.wishes.proposals.iter().map(|wish| &wish.listing));
    assert!(
        !touched.any(|name| data.events.iter().any(|event| event.what.name() == name)),
        "live edits leave them alone"
    );
}
