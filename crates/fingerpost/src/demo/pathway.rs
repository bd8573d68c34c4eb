//! How people can be referred to the borough's organisations: pathways that come with Fingerpost and their forms, made the
//! organisation's own as anybody may do it, and published.

use super::borough::{Borough, Member, ask};
use super::data::unreadable;
use crate::node_of::unexpected;
use crate::report::Failure;
use node::api::form::shipped;
use node::api::pathway::Pathway;
use node::api::pathway::shipped::SHIPPED;
use node::api::{PublicationRequest, PublicationRow, RecordId, Refusal, Request, Response};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Between whom and how people can be referred.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ways {
    pub(super) agreements: Vec<Agreement>,
    pub(super) pathways: Vec<Way>,
}

/// Two organisations, by their folders, that agreed to share what is said of people.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Agreement {
    pub(super) between: [String; 2],
    /// What the paper is called.
    pub(super) reference: String,
}

/// A pathway that comes with Fingerpost, and what an organisation makes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Way {
    /// What referrals name it by.
    pub(super) name: String,
    /// Whose it is, by its folder.
    pub(super) node: String,
    /// The listing that it leads to.
    pub(super) listing: String,
    /// Which it was.
    pub(super) example: String,
    /// Names that stand in it, and what is put in their place.
    pub(super) names: BTreeMap<String, String>,
    /// What is laid over its form, by RFC 7396.
    #[serde(default)]
    pub(super) form: Value,
    /// What is laid over the pathway.
    #[serde(default)]
    pub(super) pathway: Value,
}

impl Borough {
    /// Publishes what is not published yet.
    pub(super) async fn open_ways(&mut self) -> Result<(), Failure> {
        let data = Arc::clone(&self.data);
        for way in &data.ways.pathways {
            let place = data.place(&way.node)?;
            let (member, listing) = (self.member(place)?, self.listed(place, &way.listing)?);
            let pathway = pathway(way)?;
            let (_, form) = Pathway::read(&pathway)?;
            let pathways = published(member, PublicationRequest::PathwayList).await?;
            let id = match pathways.iter().find(|row| row.listing == Some(listing)) {
                Some(row) => row.id,
                None => publish(member, pathway, listing).await?,
            };
            let forms = published(member, PublicationRequest::FormList).await?;
            let form = form.map(|form| form.hash().to_string());
            let form = forms.iter().find(|row| Some(&row.hash) == form.as_ref()).map(|row| row.id);
            self.forms.extend(form.map(|form| (way.name.clone(), form)));
            self.pathways.insert(way.name.clone(), id);
        }
        Ok(())
    }
}

async fn published(member: &Member, list: PublicationRequest) -> Result<Vec<PublicationRow>, Failure> {
    match ask(&member.data, Request::Publication(list)).await? {
        Response::Publications { rows, .. } => Ok(rows),
        _ => Err(unexpected()),
    }
}

async fn publish(member: &Member, pathway: Value, listing: RecordId) -> Result<RecordId, Failure> {
    let request = PublicationRequest::PathwayPublish { pathway, listing: Some(listing.to_string()), audience: None };
    match ask(&member.data, Request::Publication(request)).await? {
        Response::Written(written) => Ok(written.id),
        _ => Err(unexpected()),
    }
}

/// The pathway as its organisation publishes it, with its form in it.
pub(super) fn pathway(way: &Way) -> Result<Value, Refusal> {
    let example = SHIPPED.iter().find(|shipped| shipped.name == way.example);
    let example = example.ok_or_else(|| unreadable(&format!("no pathway {:?} comes with it", way.example)))?;
    let wrong = |why: &dyn ToString| unreadable(&format!("{}: {}", way.name, why.to_string()));
    let mut form: Value = serde_json::from_str(shipped::by_name(&way.example)?.json).map_err(|e| wrong(&e))?;
    let mut pathway: Value = serde_yaml_ng::from_str(example.yaml).map_err(|e| wrong(&e))?;
    for (value, patch) in [(&mut form, &way.form), (&mut pathway, &way.pathway)] {
        way.names.iter().for_each(|(name, own)| rename(value, name, own));
        if !patch.is_null() {
            lay_over(value, patch);
        }
    }
    let fields = pathway.as_object_mut().ok_or_else(|| wrong(&"a pathway is no map"))?;
    fields.insert("form".into(), form);
    Ok(pathway)
}

/// Puts one name in another's place, wherever it stands in a text.
fn rename(value: &mut Value, name: &str, own: &str) {
    match value {
        Value::String(text) => *text = text.replace(name, own),
        Value::Array(entries) => entries.iter_mut().for_each(|entry| rename(entry, name, own)),
        Value::Object(fields) => fields.values_mut().for_each(|field| rename(field, name, own)),
        _ => {}
    }
}

/// A JSON merge patch (RFC 7396): fields are laid over fields, and null takes one away.
fn lay_over(value: &mut Value, patch: &Value) {
    let (Value::Object(patch), true) = (patch, value.is_object()) else {
        *value = patch.clone();
        return;
    };
    let Some(fields) = value.as_object_mut() else { return };
    for (name, patch) in patch {
        if patch.is_null() {
            fields.shift_remove(name);
        } else {
            lay_over(fields.entry(name.as_str()).or_insert(Value::Null), patch);
        }
    }
}
