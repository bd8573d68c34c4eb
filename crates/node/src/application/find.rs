//! From what a person typed to the one thing it names.

use domain::sync::batch::Partner;
use domain::{OrgId, Refusal};
use store::RecordPrefix;

/// Candidates that an ambiguous name lists.
const CANDIDATES_SHOWN: usize = 8;

/// A partner by its whole id, the start of it, or its name without regard to case.
pub(super) fn partner<'p>(partners: impl IntoIterator<Item = &'p Partner>, text: &str) -> Result<&'p Partner, Refusal> {
    let typed = compact(text);
    if typed.is_empty() {
        return Err(Refusal::invalid("no partner is named"));
    }
    let partners: Vec<_> = partners.into_iter().collect();
    let named: Vec<_> =
        partners.iter().filter(|p| p.name.trim().to_lowercase() == text.trim().to_lowercase()).collect();
    if let [one] = named.as_slice() {
        return Ok(one);
    }
    let matching: Vec<_> = if named.is_empty() {
        partners.iter().filter(|p| compact(&p.org_id.to_string()).starts_with(&typed)).collect()
    } else {
        named
    };
    match matching.as_slice() {
        [one] => Ok(one),
        [] => Err(Refusal::not_found(format!("there is no partner {text:?}"))
            .hint("`fingerpost partner list` shows the partners and their ids")),
        many => Err(ambiguous("partner", text, many.iter().map(|p| (p.org_id.to_string(), p.name.as_str())))),
    }
}

/// An organisation by its whole id, or as a partner, or as this one.
pub(super) fn organisation(own: (OrgId, &str), partners: &[Partner], text: &str) -> Result<OrgId, Refusal> {
    if let Ok(id) = text.parse::<OrgId>() {
        return Ok(id);
    }
    let is_own = text.trim().to_lowercase() == own.1.trim().to_lowercase()
        || (!compact(text).is_empty() && compact(&own.0.to_string()).starts_with(&compact(text)));
    match partner(partners, text) {
        Ok(partner) => Ok(partner.org_id),
        Err(refusal) if is_own && refusal.kind == domain::RefusalKind::NotFound => Ok(own.0),
        Err(refusal) => Err(refusal),
    }
}

/// More than one thing goes by this name.
pub(super) fn ambiguous<'a>(what: &str, text: &str, candidates: impl Iterator<Item = (String, &'a str)>) -> Refusal {
    let mut shown: Vec<String> =
        candidates.take(CANDIDATES_SHOWN + 1).map(|(id, name)| format!("{id} ({name})")).collect();
    if shown.len() > CANDIDATES_SHOWN {
        shown.truncate(CANDIDATES_SHOWN);
        shown.push("and more".to_owned());
    }
    Refusal::invalid(format!("{text:?} names more than one {what}")).hint(format!("say which: {}", shown.join(", ")))
}

/// The records whose id starts so; dashes and case do not matter. Refused when nothing was typed, or no id starts so.
pub(super) fn record(text: &str) -> Result<RecordPrefix, Refusal> {
    let typed = text.trim();
    let hint = "`fingerpost listing list` shows the ids";
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
