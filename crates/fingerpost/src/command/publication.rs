//! `form` and `pathway`.

use super::{Place, now};
use crate::arguments::{Form as FormVerb, Manner, Pathway as PathwayVerb};
use crate::edit::read_fields;
use crate::node_of::{Need, unexpected};
use crate::output::{Reader, print, print_json};
use crate::report::Failure;
use crate::show::{self, fit, short};
use jiff::tz::TimeZone;
use node::api::form::render::{self, Voice, Words};
use node::api::form::{Answers, Form, Use, json_schema, shipped};
use node::api::pathway::{self, Pathway};
use node::api::{PublicationRequest, PublicationView, Refusal, Request, Response};
use serde_json::{Value, json};
use std::path::Path;

pub(super) async fn form(place: &Place, verb: FormVerb) -> Result<(), Failure> {
    match verb {
        FormVerb::List => list(place, PublicationRequest::FormList, "form").await,
        FormVerb::Show { form, language, manner } => {
            let form = named_form(place, &form).await?;
            show_form(place, &form, &language, &manner)
        }
        FormVerb::Example { name, answers } => {
            let shipped = shipped::by_name(&name)?;
            print(if answers { shipped.example } else { shipped.json })
        }
        FormVerb::Check { form, answers } => {
            let form = named_form(place, &form).await?;
            check(place, &form, answers.as_deref())
        }
        FormVerb::Publish { form, audience } => {
            let form = local_form(&form)?.ok_or_else(|| no_file(&form))?;
            let form = serde_json::from_slice(form.bytes()).unwrap_or_default();
            written(place, PublicationRequest::FormPublish { form, audience: Some(audience) }, "Published").await
        }
        FormVerb::Copy { id, audience } => {
            written(place, PublicationRequest::FormCopy { id, audience: Some(audience) }, "Copied").await
        }
        FormVerb::Withdraw { id } => written(place, PublicationRequest::FormWithdraw { id }, "Withdrawn").await,
    }
}

pub(super) async fn pathway(place: &Place, verb: PathwayVerb) -> Result<(), Failure> {
    match verb {
        PathwayVerb::List => list(place, PublicationRequest::PathwayList, "pathway").await,
        PathwayVerb::Show { pathway } => show_pathway(place, &pathway).await,
        PathwayVerb::Times { pathway } => times(place, pathway).await,
        PathwayVerb::Example { name } => {
            let found = pathway::shipped::SHIPPED.iter().find(|shipped| shipped.name == name);
            let missing = || Refusal::not_found("no pathway of that name comes with Fingerpost");
            let names: Vec<_> = pathway::shipped::SHIPPED.iter().map(|shipped| shipped.name).collect();
            print(found.ok_or_else(|| missing().hint(format!("there are {}", names.join(", "))))?.yaml)
        }
        PathwayVerb::Publish { file, listing, audience } => {
            let pathway = Value::Object(read_fields(&file)?);
            written(
                place,
                PublicationRequest::PathwayPublish { pathway, listing, audience: Some(audience) },
                "Published",
            )
            .await
        }
        PathwayVerb::Copy { id, listing, audience } => {
            written(place, PublicationRequest::PathwayCopy { id, listing, audience: Some(audience) }, "Copied").await
        }
        PathwayVerb::Withdraw { id } => written(place, PublicationRequest::PathwayWithdraw { id }, "Withdrawn").await,
    }
}

async fn list(place: &Place, request: PublicationRequest, what: &str) -> Result<(), Failure> {
    let Response::Publications { rows, names } = place.ask(Need::Folder, Request::Publication(request)).await? else {
        return Err(unexpected());
    };
    match place.reader {
        Reader::Program => rows.iter().try_for_each(print_json),
        Reader::Person => print(&show::publication::rows(&rows, &names, what)),
    }
}

/// A form that comes with Fingerpost, or one in a file; none where the name is neither.
fn local_form(name: &str) -> Result<Option<Form>, Failure> {
    if let Ok(shipped) = shipped::by_name(name) {
        return Ok(Some(shipped.form()?));
    }
    if name == "-" || Path::new(name).exists() {
        return Ok(Some(Form::read(&Value::Object(read_fields(Path::new(name))?))?));
    }
    Ok(None)
}

async fn named_form(place: &Place, name: &str) -> Result<Form, Failure> {
    if let Some(form) = local_form(name)? {
        return Ok(form);
    }
    let view = published(place, PublicationRequest::FormShow { id: name.to_owned() }).await?;
    Ok(Form::read(&view.content)?)
}

async fn published(place: &Place, request: PublicationRequest) -> Result<PublicationView, Failure> {
    match place.ask(Need::Folder, Request::Publication(request)).await? {
        Response::Publication { view, .. } => Ok(*view),
        _ => Err(unexpected()),
    }
}

fn show_form(place: &Place, form: &Form, language: &str, manner: &Manner) -> Result<(), Failure> {
    let voice = Voice { language, words: &Words::ENGLISH };
    if let Some(file) = &manner.paper {
        let page = render::paper(form, &voice);
        std::fs::write(file, page).map_err(|e| Failure::file("write", file, &e))?;
        let told = format!("Written to {}: open it in a browser and print it.\n", file.display());
        return place.reader.show(&json!({ "file": file }), || told);
    }
    if manner.schema {
        return print_json(&json_schema(form, Use::Referral));
    }
    match (place.reader, manner.phone) {
        (Reader::Program, _) => print(&format!("{}\n", String::from_utf8_lossy(form.bytes()))),
        (Reader::Person, true) => print(&fit(&render::phone_script(form, &voice))),
        (Reader::Person, false) => print(&fit(&render::terminal(form, &voice))),
    }
}

/// Whether answers fit a form. What was answered is not repeated: it may be on somebody's screen.
fn check(place: &Place, form: &Form, answers: Option<&Path>) -> Result<(), Failure> {
    let hash = form.hash().to_string();
    let questions = form.written(Use::Referral).count();
    let Some(file) = answers else {
        let told = format!("The form is in order: {questions} questions in writing.\nform {hash}\n");
        return place.reader.show(&json!({ "form": hash, "questions": questions }), || told);
    };
    let today = jiff::Timestamp::from_millisecond(now().as_ms()).unwrap_or_default();
    let today = today.to_zoned_datetime(TimeZone::system()).date();
    let value = Value::Object(read_fields(file)?);
    Answers::read(form, &value, Use::Referral, today).map_err(|problems| problems.refusal())?;
    place.reader.show(&json!({ "form": hash, "fits": true }), || "The answers fit the form.\n".to_owned())
}

async fn show_pathway(place: &Place, name: &str) -> Result<(), Failure> {
    let content = if name == "-" || Path::new(name).exists() {
        Value::Object(read_fields(Path::new(name))?)
    } else {
        published(place, PublicationRequest::PathwayShow { id: name.to_owned() }).await?.content
    };
    let (pathway, _) = Pathway::read(&content)?;
    place.reader.show(&content, || fit(&pathway::terminal(&pathway)))
}

async fn times(place: &Place, id: Option<String>) -> Result<(), Failure> {
    let request = Request::Publication(PublicationRequest::PathwayTimes { id });
    let Response::PathwayTimes { rows, names } = place.ask(Need::Folder, request).await? else {
        return Err(unexpected());
    };
    match place.reader {
        Reader::Program => rows.iter().try_for_each(print_json),
        Reader::Person => print(&show::timescale::times(&rows, &names)),
    }
}

async fn written(place: &Place, request: PublicationRequest, done: &str) -> Result<(), Failure> {
    let Response::Written(written) = place.ask(Need::Running, Request::Publication(request)).await? else {
        return Err(unexpected());
    };
    let id = written.id.to_string();
    place.reader.show(&written, || format!("{done}: {}\n", short(&id, show::ID_SHOWN)))
}

fn no_file(name: &str) -> Failure {
    let names: Vec<_> = shipped::SHIPPED.iter().map(|shipped| shipped.name).collect();
    Refusal::not_found(format!("there is no file {name:?}, and no form of that name comes with Fingerpost"))
        .hint(format!("these do: {}", names.join(", ")))
        .into()
}
