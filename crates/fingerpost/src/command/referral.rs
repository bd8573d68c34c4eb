//! `referral`.

use super::draft::{self, Then, once, with_terminal};
use super::import::{agreed, declined, is_asked};
use super::sink::write_private;
use super::{Place, now};
use crate::arguments::{BareDeed, Deed, Reached, Referral, Why};
use crate::edit::{read_answers, read_text};
use crate::node_of::{Asked, Need, find, unexpected};
use crate::output::{Emphasis, Reader, print, print_json, tell};
use crate::report::Failure;
use crate::show;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use node::api::{
    Action, OrgId, Outcome, Pii, Reason, ReferralAct, ReferralRequest, ReferralResponse, ReferralView, RefusalKind,
    Request, Response,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(super) async fn referral(place: &Place, verb: Referral) -> Result<(), Failure> {
    match verb {
        Referral::New { pathway, draft, previous, send } => {
            draft::new(place, pathway, draft, previous, if send { Then::Send } else { Then::Keep }).await
        }
        Referral::Edit { id, draft } => draft::edit(place, id, draft).await,
        Referral::Discard { id, yes } => discard(place, id, yes).await,
        Referral::Send { id } => sent(place, &mut find(&place.data, Need::Running).await?, id).await,
        Referral::List { all } => list(place, all).await,
        Referral::Show { id } => show_one(place, Need::Folder, ReferralRequest::Show { id }).await,
        Referral::Open { id } => show_one(place, Need::Running, ReferralRequest::Open { id }).await,
        Referral::History { id } => history(place, id).await,
        Referral::Acknowledge(deed) => act(place, Said::new(Action::Acknowledge, deed)).await,
        Referral::Ask(deed) => act(place, Said::new(Action::Ask, deed).in_words()).await,
        Referral::Answer { deed, answers } => {
            act(place, Said { answers, wants: Wants::Anything, ..Said::new(Action::Answer, deed) }).await
        }
        Referral::Amend { deed, answers } => {
            act(place, Said { answers, wants: Wants::Answers, ..Said::bare(Action::Amend, deed) }).await
        }
        Referral::Wait(deed) => act(place, Said::new(Action::Wait, deed)).await,
        Referral::Accept(deed) => act(place, Said::new(Action::Accept, deed)).await,
        Referral::Decline { deed, why } => act(place, Said::new(Action::Decline, deed).because(why)).await,
        Referral::Contact { deed, reached } => act(place, Said::new(Action::Contact, deed).reached(reached)).await,
        Referral::Start(deed) => act(place, Said::new(Action::Start, deed)).await,
        Referral::Pause { deed, why } => act(place, Said::new(Action::Pause, deed).because(why)).await,
        Referral::Resume(deed) => act(place, Said::new(Action::Resume, deed)).await,
        Referral::Feedback(deed) => act(place, Said::new(Action::Feedback, deed).in_words()).await,
        Referral::HandBack { deed, why } => act(place, Said::new(Action::HandBack, deed).because(why)).await,
        Referral::PassOn { deed, next } => act(place, Said::new(Action::PassOn, deed).onto(next)).await,
        Referral::End { deed, outcome } => act(place, Said::new(Action::End, deed).with(outcome)).await,
        Referral::Withdraw { deed, why } => act(place, Said::new(Action::Withdraw, deed).because(why)).await,
        Referral::Lapse(deed) => act(place, Said::new(Action::Lapse, deed)).await,
        Referral::StopConfirm { deed, reached } => {
            act(place, Said::new(Action::ConfirmStop, deed).reached(reached)).await
        }
        Referral::TakeBack(deed) => act(place, Said::new(Action::TakeBack, deed)).await,
        Referral::Close(deed) => act(place, Said::new(Action::Close, deed)).await,
        Referral::ConsentWithdraw(deed) => act(place, Said::bare(Action::WithdrawAgreement, deed)).await,
        Referral::Erase { id, yes } => erase(place, id, yes).await,
        Referral::Keep { id, keeping } => {
            let act = ReferralAct {
                basis: Some(keeping.basis),
                until_ms: Some(keeping.until),
                ..ReferralAct::new(Action::Keep)
            };
            done(place, &mut find(&place.data, Need::Running).await?, acting(id, act)).await
        }
        Referral::Export { id, fhir } => export(place, id, &fhir).await,
        Referral::Chase => chase(place).await,
    }
}

/// What the command line says of something that is done.
struct Said {
    id: String,
    act: ReferralAct,
    words_from: Option<PathBuf>,
    answers: Option<PathBuf>,
    wants: Wants,
}

/// What has to go with it, and is asked for at the terminal where the command line does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    Nothing,
    Words,
    Answers,
    /// Words, where there are no answers.
    Anything,
}

impl Said {
    fn new(action: Action, deed: Deed) -> Self {
        Self { words_from: deed.words_from, ..Self::bare(action, deed.bare) }
    }

    fn bare(action: Action, deed: BareDeed) -> Self {
        let act = ReferralAct { occurred_at_ms: deed.at, ..ReferralAct::new(action) };
        Self { id: deed.id, act, words_from: None, answers: None, wants: Wants::Nothing }
    }

    fn in_words(self) -> Self {
        Self { wants: Wants::Words, ..self }
    }

    /// A reason that is none of the list has its words.
    fn because(mut self, why: Why) -> Self {
        self.act.reason = Some(why.reason);
        if why.reason == Reason::Other { self.in_words() } else { self }
    }

    fn with(mut self, outcome: Outcome) -> Self {
        self.act.outcome = Some(outcome);
        if outcome == Outcome::Other { self.in_words() } else { self }
    }

    fn reached(mut self, reached: Reached) -> Self {
        self.act.contact = Some(reached.contact);
        self
    }

    fn onto(mut self, next: String) -> Self {
        self.act.next = Some(next);
        self
    }
}

async fn act(place: &Place, mut said: Said) -> Result<(), Failure> {
    once([&said.words_from, &said.answers])?;
    let mut node = find(&place.data, Need::Running).await?;
    let asks_for_words = match said.wants {
        Wants::Words => said.words_from.is_none(),
        Wants::Anything => said.words_from.is_none() && said.answers.is_none(),
        Wants::Nothing | Wants::Answers => false,
    };
    said.act.words = match said.words_from {
        Some(file) => Some(words_from(&file)?),
        None if asks_for_words => Some(typed_words()?),
        None => None,
    };
    said.act.answers = match said.answers {
        Some(file) => Some(Pii::new(Value::Object(read_answers(&file)?))),
        None if said.wants == Wants::Answers => Some(draft::amended(&mut node, &said.id).await?),
        None => None,
    };
    done(place, &mut node, acting(said.id, said.act)).await
}

fn acting(id: String, act: ReferralAct) -> ReferralRequest {
    ReferralRequest::Act { id, act: Box::new(act) }
}

/// Sends a draft.
pub(super) async fn sent(place: &Place, node: &mut Asked, id: String) -> Result<(), Failure> {
    done(place, node, ReferralRequest::Send { id }).await
}

async fn done(place: &Place, node: &mut Asked, request: ReferralRequest) -> Result<(), Failure> {
    let Response::Referral(ReferralResponse::Done(done)) = node.ask(Request::Referral(request)).await? else {
        return Err(unexpected());
    };
    place.reader.show(&done.row, || show::referral::done(&done, now(), Emphasis::of_stdout()))
}

fn words_from(file: &Path) -> Result<Pii<String>, Failure> {
    if file == Path::new("-") && is_asked() {
        tell("Type what is to be said; Ctrl-D ends it.\n");
    }
    not_empty(read_text(file)?)
}

fn typed_words() -> Result<Pii<String>, Failure> {
    if !is_asked() {
        return Err(Failure::Usage {
            cause: "the words that go with it are missing, and there is no terminal to ask for them on".into(),
            hint: "give them in a file: --words-from FILE; - reads standard input".into(),
        });
    }
    with_terminal(|interview| not_empty(interview.words("What is to be said?")?))
}

fn not_empty(words: String) -> Result<Pii<String>, Failure> {
    let words = words.trim();
    if words.is_empty() {
        return Err(Failure::Usage {
            cause: "there are no words in it".into(),
            hint: "write what the other party is to read, in a file for --words-from or at the terminal".into(),
        });
    }
    Ok(Pii::new(words.to_owned()))
}

/// One referral, as the node answers.
pub(super) async fn reading(
    node: &mut Asked,
    request: ReferralRequest,
) -> Result<(ReferralView, BTreeMap<OrgId, String>), Failure> {
    match node.ask(Request::Referral(request)).await? {
        Response::Referral(ReferralResponse::View { view, names }) => Ok((*view, names)),
        _ => Err(unexpected()),
    }
}

/// Shows one.
pub(super) fn shown(place: &Place, view: &ReferralView, names: &BTreeMap<OrgId, String>) -> Result<(), Failure> {
    place.reader.show(view, || show::referral::view(view, names, now(), Emphasis::of_stdout()))
}

/// The day here.
pub(super) fn today() -> Date {
    let today = jiff::Timestamp::from_millisecond(now().as_ms()).unwrap_or_default();
    today.to_zoned_datetime(TimeZone::system()).date()
}

async fn show_one(place: &Place, need: Need, request: ReferralRequest) -> Result<(), Failure> {
    let (view, names) = reading(&mut find(&place.data, need).await?, request).await?;
    shown(place, &view, &names)
}

async fn history(place: &Place, id: String) -> Result<(), Failure> {
    let (view, names) = reading(&mut find(&place.data, Need::Folder).await?, ReferralRequest::Show { id }).await?;
    match place.reader {
        Reader::Program => view.events.iter().try_for_each(print_json),
        Reader::Person => print(&show::referral::history(&view, &names)),
    }
}

async fn list(place: &Place, all: bool) -> Result<(), Failure> {
    let request = Request::Referral(ReferralRequest::List { all });
    let Response::Referral(ReferralResponse::List { rows, names }) = place.ask(Need::Folder, request).await? else {
        return Err(unexpected());
    };
    match place.reader {
        Reader::Program => rows.iter().try_for_each(print_json),
        Reader::Person => print(&show::referral::rows(&rows, &names, now(), Emphasis::of_stdout())),
    }
}

async fn chase(place: &Place) -> Result<(), Failure> {
    let request = Request::Referral(ReferralRequest::Chase);
    let Response::Referral(ReferralResponse::Chase { rows, names }) = place.ask(Need::Folder, request).await? else {
        return Err(unexpected());
    };
    match place.reader {
        Reader::Program => rows.iter().try_for_each(print_json),
        Reader::Person => print(&show::referral::chase(&rows, &names, now())),
    }
}

async fn discard(place: &Place, id: String, yes: bool) -> Result<(), Failure> {
    let mut node = find(&place.data, Need::Running).await?;
    if !yes && is_asked() {
        let which = match named(&mut node, &id).await {
            Err(Failure::Refused(refusal))
                if refusal.kind != RefusalKind::NotFound && refusal.kind != RefusalKind::Invalid =>
            {
                // One that does not open, or leads nowhere any more, can be thrown away all the same.
                format!("{refusal}\n")
            }
            which => which?,
        };
        if !agreed(&which, "Throw this draft away?")? {
            return declined();
        }
    }
    let request = Request::Referral(ReferralRequest::Discard { id: id.clone() });
    let Response::Done = node.ask(request).await? else { return Err(unexpected()) };
    place.reader.show(&json!({ "discarded": id }), || "Thrown away.\n".to_owned())
}

async fn erase(place: &Place, id: String, yes: bool) -> Result<(), Failure> {
    let mut node = find(&place.data, Need::Running).await?;
    if !yes && is_asked() && !agreed(&named(&mut node, &id).await?, "Erase what is said of the person here?")? {
        return declined();
    }
    done(place, &mut node, acting(id, ReferralAct::new(Action::Erase))).await
}

/// Which one it is, for who is asked whether it is meant.
async fn named(node: &mut Asked, id: &str) -> Result<String, Failure> {
    let (view, names) = reading(node, ReferralRequest::Show { id: id.to_owned() }).await?;
    Ok(show::referral::named(&view, &names))
}

async fn export(place: &Place, id: String, file: &Path) -> Result<(), Failure> {
    let request = Request::Referral(ReferralRequest::Export { id });
    let Response::Referral(ReferralResponse::Exported { bundle }) = place.ask(Need::Running, request).await? else {
        return Err(unexpected());
    };
    write_private(place.reader, file, bundle.expose(), "That it was made is noted like a reading.")
}
