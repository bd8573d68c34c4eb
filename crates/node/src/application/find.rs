//! From what a person typed to the one thing it names.

use crate::engine::Acquaintance;
use domain::document::Kind;
use domain::sync::batch::{DocumentRow, Partner};
use domain::{OrgId, Refusal};
use std::collections::{BTreeMap, BTreeSet};
use store::RecordPrefix;

/// Candidates that an ambiguous name lists.
pub(super) const CANDIDATES_SHOWN: usize = 8;

/// A partner by its whole id, the start of it, or its name without regard to case.
pub(super) fn partner<'p>(partners: impl IntoIterator<Item = &'p Partner>, text: &str) -> Result<&'p Partner, Refusal> {
    let hint = "`fingerpost partner list` shows the partners and their ids";
    let partners: Vec<_> = partners.into_iter().collect();
    let names = partners.iter().map(|p| (p.org_id, p.name.as_str()));
    let org = named(names, "partner", text).map_err(|refusal| match refusal.kind {
        domain::RefusalKind::NotFound => refusal.hint(hint),
        _ => refusal,
    })?;
    partners.into_iter().find(|p| p.org_id == org).ok_or_else(|| Refusal::not_found(format!("no partner {text:?}")))
}

/// An organisation by its whole id, or by the start of it or its name as a partner, as one that a followed hub vouches
/// for, or as this one.
pub(super) fn organisation(own: (OrgId, &str), known: &Acquaintance, text: &str) -> Result<OrgId, Refusal> {
    if let Ok(id) = text.parse::<OrgId>() {
        return Ok(id);
    }
    let partners = known.partners.values().map(|p| (p.org_id, p.name.as_str()));
    let vouched = known.vouched().map(|(org, entry)| (*org, entry.name.as_str()));
    let listed = known.rosters.of(&own.0).map(|(org, entry)| (*org, entry.name.as_str()));
    let mut names: BTreeMap<OrgId, &str> = listed.chain(vouched).collect();
    names.extend(partners);
    names.insert(own.0, own.1);
    named(names, "organisation", text).map_err(|refusal| match refusal.kind {
        domain::RefusalKind::NotFound => {
            refusal.hint("`fingerpost partner list` and `roster list` show who is known here")
        }
        _ => refusal,
    })
}

/// The one of these that goes by a name, or by the start of its id.
fn named<'n>(names: impl IntoIterator<Item = (OrgId, &'n str)>, what: &str, text: &str) -> Result<OrgId, Refusal> {
    let typed = compact(text);
    if typed.is_empty() {
        return Err(Refusal::invalid(format!("no {what} is named")));
    }
    let all: Vec<_> = names.into_iter().collect();
    let by_name: Vec<_> =
        all.iter().filter(|(_, name)| name.trim().to_lowercase() == text.trim().to_lowercase()).collect();
    let matching = if by_name.is_empty() {
        all.iter().filter(|(org, _)| compact(&org.to_string()).starts_with(&typed)).collect()
    } else {
        by_name
    };
    match matching.as_slice() {
        [(org, _)] => Ok(*org),
        [] => Err(Refusal::not_found(format!("there is no {what} {text:?}"))),
        many => Err(ambiguous(what, text, many.iter().map(|(org, name)| (org.to_string(), *name)))),
    }
}

/// More than one thing goes by this name.
/// The document that the start of a record's id names, of those found, the preferred first: several organisations may have
/// one of the same record.
pub(super) fn only(kind: Kind, text: &str, mut rows: Vec<DocumentRow>) -> Result<DocumentRow, Refusal> {
    let records: BTreeSet<_> = rows.iter().map(|row| row.doc_id.record()).collect();
    match records.len() {
        0 => Err(Refusal::not_found(format!("there is no {kind} {text:?}"))
            .hint(format!("`fingerpost {kind} list` shows the {kind}s and their ids"))),
        1 => Ok(rows.swap_remove(0)),
        _ => {
            let candidates = rows.iter().map(|row| (row.doc_id.record().to_string(), row.name.as_str()));
            Err(ambiguous(&kind.to_string(), text, candidates))
        }
    }
}

pub(super) fn ambiguous<'a>(what: &str, text: &str, candidates: impl Iterator<Item = (String, &'a str)>) -> Refusal {
    let mut shown: Vec<String> =
        candidates.take(CANDIDATES_SHOWN + 1).map(|(id, name)| format!("{id} ({name})")).collect();
    if shown.len() > CANDIDATES_SHOWN {
        shown.truncate(CANDIDATES_SHOWN);
        shown.push("and more".to_owned());
    }
    Refusal::invalid(format!("{text:?} names more than one {what}")).hint(format!("say which: {}", shown.join(", ")))
}

/// The records whose id starts so; dashes and case do not matter. Refused when nothing was typed, or no id starts so; `list` is the
/// command that shows the ids.
pub(super) fn record(text: &str, list: &str) -> Result<RecordPrefix, Refusal> {
    let typed = text.trim();
    let hint = format!("`fingerpost {list}` shows the ids");
    if typed.is_empty() {
        return Err(Refusal::invalid("no id is given").hint(hint));
    }
    typed.parse::<RecordPrefix>().map_err(|refusal| refusal.hint(hint))
}

fn compact(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '-' | ' ')).collect::<String>().to_lowercase()
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
