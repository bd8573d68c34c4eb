//! Drafts of referrals: what a new one says, from files or asked at the terminal, and what is asked again.

use super::agreement::{self, About};
use super::import::{agreed as is_agreed, is_asked};
use super::interview::Interview;
use super::referral::{reading, today};
use super::{Place, now};
use crate::arguments::Draft;
use crate::edit::read_answers;
use crate::node_of::{Asked, Need, find, unexpected};
use crate::output::tell;
use crate::report::{FAILED, Failure};
use crate::show::{self, ID_SHOWN, short};
use node::api::form::{self, Answers, CoreField, Form, Use};
use node::api::pathway::{self, Coming, Pathway};
use node::api::{
    DraftChange, NewReferral, Opened, OrgId, Pii, PublicationRequest, PublicationView, ReferralRequest,
    ReferralResponse, ReferralView, Refusal, Request, Response,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

type Names = BTreeMap<OrgId, String>;

/// A person's answers, and what they agreed to; what is not there was not said.
#[derive(Clone, Default)]
struct Said {
    answers: Option<Map<String, Value>>,
    agreement: Option<Map<String, Value>>,
}

/// What the questions are about: the form, who receives it, and what is known already.
struct Subject {
    form: Form,
    receiver: OrgId,
    names: Names,
    goes_on: bool,
    before: Said,
}

/// Whether what was written goes out at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It does.
    Send,
    /// It stays a draft.
    Keep,
}

pub(super) async fn new(
    place: &Place,
    named: String,
    draft: Draft,
    previous: Option<String>,
    then: Then,
) -> Result<(), Failure> {
    once([&draft.answers, &draft.agreement])?;
    if draft.answers.is_none() && draft.agreement.is_none() && !is_asked() {
        return Err(no_terminal());
    }
    let mut node = find(&place.data, Need::Running).await?;
    let said = from_files(&draft)?;
    let mut pathway = named;
    let mut about = None;
    if is_asked() && (said.answers.is_none() || said.agreement.is_none()) {
        let (view, subject) = subject(&mut node, &pathway, previous.as_deref()).await?;
        // What was shown is what is meant.
        pathway = view.row.id.to_string();
        about = Some(subject);
    }
    let request = |said: Said| {
        ReferralRequest::New(Box::new(NewReferral {
            pathway: pathway.clone(),
            previous: previous.clone(),
            answers: said.answers.map(pii),
            agreement: said.agreement.map(pii),
        }))
    };
    let (view, names) = taken(&mut node, about, said, request).await?;
    if then == Then::Keep {
        return super::referral::shown(place, &view, &names);
    }
    let id = view.row.id.to_string();
    super::referral::sent(place, &mut node, id.clone()).await.inspect_err(|_| {
        let id = short(&id, ID_SHOWN);
        tell(&format!(
            "The draft is kept: `fingerpost referral edit {id}` changes it, `fingerpost referral send {id}` sends it.\n"
        ));
    })
}

pub(super) async fn edit(place: &Place, id: String, draft: Draft) -> Result<(), Failure> {
    once([&draft.answers, &draft.agreement])?;
    let from_terminal = draft.answers.is_none() && draft.agreement.is_none();
    if from_terminal && !is_asked() {
        return Err(no_terminal());
    }
    let mut node = find(&place.data, Need::Running).await?;
    let about = if from_terminal { Some(opened(&mut node, &id).await?) } else { None };
    let request = |said: Said| {
        let change = DraftChange { answers: said.answers.map(pii), agreement: said.agreement.map(pii) };
        ReferralRequest::Edit { id: id.clone(), draft: Box::new(change) }
    };
    let (view, names) = taken(&mut node, about, from_files(&draft)?, request).await?;
    super::referral::shown(place, &view, &names)
}

/// The draft, as the node took it. What is not said is asked for, and where the node refuses what was typed it is gone through
/// again, so that nobody types it twice.
async fn taken(
    node: &mut Asked,
    about: Option<Subject>,
    mut said: Said,
    request: impl Fn(Said) -> ReferralRequest,
) -> Result<(ReferralView, Names), Failure> {
    let Some(mut subject) = about else { return reading(node, request(said)).await };
    loop {
        said = asked(said, &subject)?;
        let failure = match reading(node, request(said.clone())).await {
            Err(failure @ Failure::Refused(_)) => failure,
            done => return done,
        };
        let (told, _) = failure.report("keep this draft");
        if !is_agreed(&told, "Go through the answers again? Enter keeps each as it is.")? {
            return Err(Failure::Told(FAILED));
        }
        subject.before = std::mem::take(&mut said);
    }
}

/// The answers of what was sent, asked again; as it was read for that, that is noted.
pub(super) async fn amended(node: &mut Asked, id: &str) -> Result<Pii<Value>, Failure> {
    if !is_asked() {
        return Err(Failure::Usage {
            cause: "no file has the answers, and there is no terminal to ask for them on".into(),
            hint: "give them with --answers FILE; - reads standard input".into(),
        });
    }
    let subject = opened(node, id).await?;
    with_terminal(|interview| Ok(pii(answers(interview, &subject)?)))
}

/// Refuses to read standard input twice.
pub(super) fn once<const N: usize>(files: [&Option<PathBuf>; N]) -> Result<(), Failure> {
    if files.iter().filter(|file| file.as_deref() == Some(Path::new("-"))).count() < 2 {
        return Ok(());
    }
    Err(Failure::Usage {
        cause: "standard input cannot be two things at once".into(),
        hint: "give - for one of them, and a file for the others".into(),
    })
}

fn no_terminal() -> Failure {
    Failure::Usage {
        cause: "no file has the answers, and there is no terminal to ask for them on".into(),
        hint:
            "give them with --answers FILE and what the person agreed to with --agreement FILE; - reads standard input"
                .into(),
    }
}

fn from_files(draft: &Draft) -> Result<Said, Failure> {
    let read = |file: &Option<PathBuf>| file.as_deref().map(read_answers).transpose();
    Ok(Said { answers: read(&draft.answers)?, agreement: read(&draft.agreement)? })
}

fn pii(fields: Map<String, Value>) -> Pii<Value> {
    Pii::new(Value::Object(fields))
}

/// The pathway, shown, with its form, and what the referral before it already says.
async fn subject(node: &mut Asked, named: &str, previous: Option<&str>) -> Result<(PublicationView, Subject), Failure> {
    let request = PublicationRequest::PathwayShow { id: named.to_owned() };
    let (view, names) = publication(node, request).await?;
    let (pathway, _) = Pathway::read(&view.content)?;
    // Before anybody has answered a question in vain.
    pathway.admits(&own(node).await?, Coming::Referral)?;
    tell(&show::plain(&format!("{}\n", pathway::terminal(&pathway))));
    let form = form_of(node, &pathway, &view.row.owner).await?;
    let mut before = Said::default();
    if let Some(previous) = previous {
        before.answers = carried(node, previous, &form).await?;
    }
    let subject = Subject { form, receiver: view.row.owner, names, goes_on: previous.is_some(), before };
    Ok((view, subject))
}

/// This organisation.
async fn own(node: &mut Asked) -> Result<OrgId, Failure> {
    match node.ask(Request::OrganisationShow).await? {
        Response::Document { view, .. } => Ok(view.owner),
        _ => Err(unexpected()),
    }
}

/// A draft or a referral of this organisation's own, as it was answered.
async fn opened(node: &mut Asked, id: &str) -> Result<Subject, Failure> {
    let (view, names) = reading(node, ReferralRequest::Open { id: id.to_owned() }).await?;
    let said = view.opened.ok_or_else(unexpected)?;
    let form = said.form.as_ref().map(Form::read).transpose()?.ok_or_else(|| {
        Refusal::not_found("the form of this referral is not here").hint("give the answers in a file: --answers FILE")
    })?;
    let before = Said { answers: fields(&said.answers), agreement: fields(&said.agreement) };
    let receiver = view.row.partner.ok_or_else(unexpected)?;
    let goes_on = view.previous.is_some();
    Ok(Subject { form, receiver, names, goes_on, before })
}

fn fields(said: &Option<Pii<Value>>) -> Option<Map<String, Value>> {
    said.as_ref().and_then(|said| said.expose().as_object().cloned())
}

async fn publication(node: &mut Asked, request: PublicationRequest) -> Result<(PublicationView, Names), Failure> {
    match node.ask(Request::Publication(request)).await? {
        Response::Publication { view, names } => Ok((*view, names)),
        _ => Err(unexpected()),
    }
}

/// The form that a pathway names by its hash: as the pathway's owner publishes it, else as anybody does.
async fn form_of(node: &mut Asked, pathway: &Pathway, owner: &OrgId) -> Result<Form, Failure> {
    let Response::Publications { rows, .. } = node.ask(Request::Publication(PublicationRequest::FormList)).await?
    else {
        return Err(unexpected());
    };
    let wanted = pathway.form().to_string();
    let found = rows.iter().filter(|row| row.hash == wanted).min_by_key(|row| row.owner != *owner);
    let found = found.ok_or_else(|| {
        Refusal::not_found(format!("the form of the pathway {:?} is not here", pathway.title()))
            .hint("it comes from who publishes the pathway: try again once they are linked (`fingerpost status`)")
    })?;
    let (view, _) = publication(node, PublicationRequest::FormShow { id: found.id.to_string() }).await?;
    Ok(Form::read(&view.content)?)
}

/// What the answers of another referral give to this form; nothing where this person may not read that one.
async fn carried(node: &mut Asked, previous: &str, to: &Form) -> Result<Option<Map<String, Value>>, Failure> {
    let request = ReferralRequest::Open { id: previous.to_owned() };
    let view = match node.ask(Request::Referral(request)).await {
        Ok(Response::Referral(ReferralResponse::View { view, .. })) => view,
        Ok(_) => return Err(unexpected()),
        Err(failure) => {
            tell(&failure.report("reuse what was answered before").0);
            return Ok(None);
        }
    };
    let Some(Opened { answers: Some(answers), form: Some(from), .. }) = &view.opened else { return Ok(None) };
    let from = Form::read(from)?;
    let answers = Answers::draft(&from, answers.expose()).map_err(|problems| problems.refusal())?;
    let carried = form::carried(&from, &answers, to, Use::Referral, today());
    Ok(Some(carried.answers.values().clone()))
}

/// What was not in a file is asked for.
fn asked(said: Said, subject: &Subject) -> Result<Said, Failure> {
    with_terminal(|interview| {
        let answers = match said.answers {
            Some(answers) => answers,
            None => answers(interview, subject)?,
        };
        let agreement = match said.agreement {
            Some(agreement) => agreement,
            None => agreed(interview, subject, &answers)?,
        };
        Ok(Said { answers: Some(answers), agreement: Some(agreement) })
    })
}

fn answers(interview: &mut Interview<'_>, subject: &Subject) -> Result<Map<String, Value>, Failure> {
    let none = Map::new();
    let before = subject.before.answers.as_ref().unwrap_or(&none);
    let answers = interview.form(&subject.form, before, today())?;
    let whole = Value::Object(answers.clone());
    Answers::read(&subject.form, &whole, Use::Referral, today()).map_err(|problems| problems.refusal())?;
    Ok(answers)
}

fn agreed(
    interview: &mut Interview<'_>,
    subject: &Subject,
    answers: &Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    let field = subject.form.fields().iter().find(|field| field.core == Some(CoreField::PassBackWhat));
    let about = About {
        receiver: subject.receiver,
        names: &subject.names,
        goes_on: subject.goes_on,
        pass_back: field.and_then(|field| answers.get(&field.name)).and_then(Value::as_str),
        now: now(),
    };
    agreement::ask(interview, &about, subject.before.agreement.as_ref().unwrap_or(&Map::new()))
}

/// With whoever sits at the terminal; the questions go to stderr, so that standard output stays what was asked for.
pub(super) fn with_terminal<T>(work: impl FnOnce(&mut Interview<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
    let (mut input, mut output) = (io::stdin().lock(), io::stderr());
    work(&mut Interview::new(&mut input, &mut output))
}
