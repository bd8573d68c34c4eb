//! Who is referred in the borough, what is said of them, and the course that it takes.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use node::api::{
    Action, Contact, Direction, EventRow, Outcome, Pii, Reason, ReferralAct, ReferralRequest, ReferralView, Timestamp,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Days since people agreed to be referred.
const AGREED_DAYS: i64 = 2;

/// Somebody who is referred.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    /// What other files name the referral by.
    pub(super) name: String,
    /// Who refers them, by its folder.
    pub(super) from: String,
    /// The pathway by which.
    pub(super) to: String,
    /// The referral that this one goes on from.
    pub(super) previous: Option<String>,
    /// What may be passed back.
    pub(super) back: String,
    pub(super) agreed: Agreed,
    /// What they answered, by question; what the form asks of their agreement is put to it.
    pub(super) answers: Pii<Value>,
    /// What has happened when the borough is ready. Nothing: it is a draft.
    #[serde(default)]
    pub(super) course: Vec<Step>,
    /// What happens while it runs.
    #[serde(default)]
    pub(super) later: Vec<Step>,
}

/// What somebody agreed to, as an agreement's file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Agreed {
    how: String,
    #[serde(default = "english")]
    language: String,
    interpreter: Option<String>,
    rests_on: Option<String>,
    /// Days from today until it ends, where it ends by itself.
    stands_days: Option<i64>,
    words: Option<Pii<String>>,
}

/// One thing that is done to a referral.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) by: By,
    pub(super) does: Action,
    reason: Option<Reason>,
    outcome: Option<Outcome>,
    contact: Option<Contact>,
    /// The referral by which somebody was passed on.
    pub(super) next: Option<String>,
    words: Option<Pii<String>>,
    /// Days ago, where it happened before it was noted.
    days_ago: Option<i64>,
}

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum By {
    Sender,
    Receiver,
}

impl Person {
    /// What happens to the referral from its draft on.
    pub(super) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.course.iter().chain(&self.later)
    }

    /// Their answers as the form asks for them. What they agreed to is said once, and stands in both.
    pub(super) fn answers(&self) -> Pii<Value> {
        let mut answers = self.answers.expose().as_object().cloned().unwrap_or_default();
        answers.insert("agrees".into(), true.into());
        answers.insert("pass_back".into(), self.back.clone().into());
        Pii::new(Value::Object(answers))
    }

    /// Their agreement that this organisation receives what is said of them.
    pub(super) fn agreement(&self, receiver: &str, today: Date) -> Pii<Value> {
        let agreed = &self.agreed;
        let day = |days: i64| today.saturating_add(days.days()).to_string();
        let mut agreement = Map::new();
        let mut put = |field: &str, value: Option<Value>| value.map(|value| agreement.insert(field.to_owned(), value));
        put("given_by", Some("person".into()));
        put("given_at", Some(day(-AGREED_DAYS).into()));
        put("expires_at", agreed.stands_days.map(|days| day(days).into()));
        put("how", Some(agreed.how.clone().into()));
        put("language", Some(agreed.language.clone().into()));
        put("interpreter", agreed.interpreter.clone().map(Value::from));
        put("rests_on", agreed.rests_on.clone().map(Value::from));
        put("words", agreed.words.as_ref().map(|words| words.expose().as_str().into()));
        put("covers", Some(json!([receiver])));
        put("pass_back", Some(self.back.clone().into()));
        Pii::new(Value::Object(agreement))
    }
}

impl Step {
    /// What a person's command would ask for. `next` is the referral by which somebody is passed on.
    pub(super) fn request(&self, id: String, next: Option<String>, today: Date) -> ReferralRequest {
        match self.does {
            Action::Send => ReferralRequest::Send { id },
            Action::Open => ReferralRequest::Open { id },
            action => {
                let act = ReferralAct {
                    reason: self.reason,
                    outcome: self.outcome,
                    contact: self.contact,
                    next,
                    words: self.words.clone(),
                    occurred_at_ms: self.days_ago.map(|days| moment(today.saturating_sub(days.days()), 10)),
                    ..ReferralAct::new(action)
                };
                ReferralRequest::Act { id, act: Box::new(act) }
            }
        }
    }

    /// What it comes to, for who watches; it says nothing of the person.
    pub(super) fn told(&self) -> String {
        match self.does {
            Action::Contact => match self.contact {
                Some(Contact::Made) => "the person was reached".into(),
                _ => "it was tried to reach the person".into(),
            },
            Action::End => format!("ended, {}", self.outcome.map_or("", Outcome::word)),
            Action::Start => "begun".into(),
            Action::Feedback => "word of how it goes".into(),
            Action::Close => "seen how it ended, and closed".into(),
            Action::Accept => "accepted".into(),
            action => action.word().replace('-', " "),
        }
    }

    /// Whether an event of this referral tells of such a step.
    fn is_told_by(&self, event: &EventRow, view: &ReferralView) -> bool {
        let is_theirs = match view.row.direction {
            Direction::Sent => self.by == By::Receiver,
            Direction::Received => self.by == By::Sender,
        };
        event.action == Some(self.does) && (Some(event.by) == view.row.partner) == is_theirs
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.by, self.does) == (other.by, other.does)
    }
}

/// Whether the step at this place of a course has been done, as somebody sees the referral. The same may be done twice.
pub(super) fn has_happened(steps: &[&Step], place: usize, view: &ReferralView) -> bool {
    let Some(step) = steps.get(place) else { return false };
    let wanted = steps.iter().take(place + 1).filter(|other| other.is_like(step)).count();
    view.events.iter().filter(|event| step.is_told_by(event, view)).count() >= wanted
}

/// An hour of this day, here.
pub(super) fn moment(day: Date, hour: i8) -> Timestamp {
    let at = day.at(hour, 0, 0, 0).to_zoned_datetime(TimeZone::system());
    Timestamp::from_ms(at.map(|at| at.timestamp().as_millisecond()).unwrap_or_default())
}

fn english() -> String {
    "en".into()
}
