//! `status`, `doctor`, `verify`, `config show`.

use super::{Place, now};
use crate::node_of::{Need, unexpected};
use crate::output::{Reader, print, print_json};
use crate::report::{FAILED, Failure};
use crate::show;
use node::api::{Request, Response, Setting, Severity};
use node::control::Control;

pub(super) async fn status(place: &Place) -> Result<(), Failure> {
    let Response::Status(status) = place.ask(Need::Folder, Request::Status).await? else { return Err(unexpected()) };
    place.reader.show(&status, || show::status::status(&status, now()))
}

pub(super) async fn doctor(place: &Place) -> Result<(), Failure> {
    let Response::Doctor { checks } = place.ask(Need::Folder, Request::Doctor).await? else { return Err(unexpected()) };
    place.reader.show(&checks, || show::status::doctor(&checks))?;
    if checks.iter().any(|check| check.severity == Severity::Problem) { Err(Failure::Told(FAILED)) } else { Ok(()) }
}

pub(super) async fn verify(place: &Place) -> Result<(), Failure> {
    let Response::Verified(verified) = place.ask(Need::Folder, Request::Verify).await? else {
        return Err(unexpected());
    };
    place.reader.show(&verified, || show::status::verified(&verified))?;
    if verified.bad.is_empty() { Ok(()) } else { Err(Failure::Told(FAILED)) }
}

/// As the running node has it, its flags too; else as a node would have it that started now. Needs no database.
pub(super) async fn configuration(place: &Place) -> Result<(), Failure> {
    let settings = match Control::find(&place.data).await? {
        Some(mut node) => match node.ask(Request::Configuration).await? {
            Response::Configuration { settings } => settings,
            _ => return Err(unexpected()),
        },
        None => super::up::config(&place.data, Vec::new())?.shown().into_iter().map(setting).collect(),
    };
    match place.reader {
        Reader::Program => settings.iter().try_for_each(print_json),
        Reader::Person => print(&show::status::settings(&settings)),
    }
}

fn setting(shown: node::config::Shown) -> Setting {
    Setting { name: shown.name.to_owned(), value: shown.value, origin: shown.origin.to_string() }
}
