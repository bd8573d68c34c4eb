//! `privacy`, and `partner agreement`.

use super::sink::write_private;
use super::{Place, now};
use crate::arguments::Privacy;
use crate::node_of::{Need, unexpected};
use crate::output::{Reader, print, print_json, tell};
use crate::report::{FAILED, Failure};
use crate::show;
use node::api::{PrivacyRequest, PrivacyResponse, Request, Response, Timestamp};
use serde_json::json;

pub(super) async fn privacy(place: &Place, verb: Privacy) -> Result<(), Failure> {
    match verb {
        Privacy::Due => due(place).await,
        Privacy::Hold { id, keeping } => {
            let request = PrivacyRequest::Hold { id: id.clone(), basis: keeping.basis, until_ms: keeping.until };
            let Response::Done = place.ask(Need::Running, Request::Privacy(request)).await? else {
                return Err(unexpected());
            };
            let answer = json!({ "held": id, "basis": keeping.basis, "until_ms": keeping.until });
            place.reader.show(&answer, || format!("Held until {}: {}.\n", show::last_day(keeping.until), keeping.basis))
        }
        Privacy::Release { id } => {
            let request = PrivacyRequest::Release { id: id.clone() };
            let Response::Done = place.ask(Need::Running, Request::Privacy(request)).await? else {
                return Err(unexpected());
            };
            place.reader.show(&json!({ "released": id }), || {
                "Held no longer; `fingerpost privacy due` shows when it is to go.\n".into()
            })
        }
        Privacy::Erasures => erasures(place).await,
        Privacy::Access { id } => access(place, id).await,
        Privacy::Breach { since, until, to } => {
            let request = PrivacyRequest::Breach { since_ms: since, until_ms: until };
            let PrivacyResponse::Breach { pack } = told(place, Need::Running, request).await? else {
                return Err(unexpected());
            };
            write_private(place.reader, &to, &pack, "The office to tell is the Information Commissioner's.")
        }
        Privacy::Subject { ids, to } => {
            let request = PrivacyRequest::Subject { ids };
            let PrivacyResponse::Subject { bundle } = told(place, Need::Running, request).await? else {
                return Err(unexpected());
            };
            write_private(place.reader, &to, bundle.expose(), "That it was made is noted like a reading.")
        }
    }
}

/// What is to become of an agreement with a partner to share personal data.
pub(super) enum Paper {
    /// It is shown.
    Shown,
    /// It is noted.
    Noted { reference: String, expires: Timestamp },
    /// It has ended.
    Ended,
}

pub(super) async fn agreement(place: &Place, partner: Option<String>, paper: Paper) -> Result<(), Failure> {
    let (need, request) = match (partner, paper) {
        (partner, Paper::Shown) => (Need::Folder, PrivacyRequest::Agreements { partner }),
        (Some(partner), Paper::Noted { reference, expires }) => {
            (Need::Running, PrivacyRequest::AgreementNote { partner, reference, expires_at_ms: expires })
        }
        (Some(partner), Paper::Ended) => (Need::Running, PrivacyRequest::AgreementEnd { partner }),
        // The command line asks for the partner with these.
        (None, Paper::Noted { .. } | Paper::Ended) => return Err(unexpected()),
    };
    let PrivacyResponse::Agreements { rows, names } = told(place, need, request).await? else {
        return Err(unexpected());
    };
    match place.reader {
        Reader::Program => rows.iter().try_for_each(print_json),
        Reader::Person => print(&show::privacy::agreements(&rows, &names)),
    }
}

async fn told(place: &Place, need: Need, request: PrivacyRequest) -> Result<PrivacyResponse, Failure> {
    match place.ask(need, Request::Privacy(request)).await? {
        Response::Privacy(told) => Ok(told),
        _ => Err(unexpected()),
    }
}

async fn due(place: &Place) -> Result<(), Failure> {
    let PrivacyResponse::Due { rows, names } = told(place, Need::Folder, PrivacyRequest::Due).await? else {
        return Err(unexpected());
    };
    match place.reader {
        Reader::Program => rows.iter().try_for_each(print_json),
        Reader::Person => print(&show::privacy::due(&rows, &names, now())),
    }
}

async fn erasures(place: &Place) -> Result<(), Failure> {
    let told = told(place, Need::Folder, PrivacyRequest::Erasures).await?;
    let PrivacyResponse::Erasures { rows, names } = told else { return Err(unexpected()) };
    match place.reader {
        Reader::Program => rows.iter().try_for_each(print_json),
        Reader::Person => print(&show::privacy::erasures(&rows, &names)),
    }
}

/// A log that does not hold is no proof of anything: that is a failure, though what stands in it is shown.
async fn access(place: &Place, id: Option<String>) -> Result<(), Failure> {
    let told = told(place, Need::Folder, PrivacyRequest::Access { id }).await?;
    let PrivacyResponse::Access { rows, broken } = told else { return Err(unexpected()) };
    match place.reader {
        Reader::Program => rows.iter().try_for_each(print_json)?,
        Reader::Person => print(&show::privacy::access(&rows))?,
    }
    let Some(broken) = broken else { return Ok(()) };
    tell(&show::plain(&format!("The log of readings does not hold: {broken}\n")));
    Err(Failure::Told(FAILED))
}
