//! What happens in the borough while it runs: a session is cancelled, a place is taken, something new begins, somebody who was
//! referred is accepted.

use super::borough::{Borough, add, ask};
use super::data::{Data, Row, What};
use super::listing::{edits, listing, morning};
use super::schedule::next;
use crate::node_of::unexpected;
use crate::report::Failure;
use jiff::civil::Date;
use node::api::{DocumentView, PathEdit, RecordId, Request, Response};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;

/// One thing that happened.
pub(crate) struct Happened {
    /// At whose node.
    pub(crate) organisation: String,
    /// What, in words.
    pub(crate) what: String,
}

/// The listing that something happens to, as its owner's node has it.
struct Scene<'a> {
    data: &'a Path,
    id: RecordId,
    view: Box<DocumentView>,
}

impl Borough {
    /// Lets the next thing happen, on this day; after the last one the first comes again. A node that refuses it, for
    /// instance because somebody has withdrawn the listing, is no failure of the borough. `None` where nothing ever
    /// happens.
    pub(crate) async fn happen(&mut self, today: Date) -> Option<Happened> {
        let data: Arc<Data> = Arc::clone(&self.data);
        // A referral that has come to its end is passed over.
        for _ in &data.events {
            let event = data.events.get(self.happened % data.events.len())?;
            self.happened += 1;
            let happened = match &event.what {
                What::Referral { name } => self.go_on_later(name, today).await.ok().flatten(),
                what => self.change(&event.node, what, today).await,
            };
            if happened.is_some() {
                return happened;
            }
        }
        None
    }

    async fn change(&mut self, node: &str, what: &What, today: Date) -> Option<Happened> {
        let place = self.data.place(node).ok()?;
        let told = match self.apply(place, what, today).await {
            Ok(told) => told,
            Err(Failure::Refused(refusal)) => format!("{:?} stays as it is: {}", what.name(), refusal.message),
            Err(_) => format!("{:?} stays as it is", what.name()),
        };
        Some(Happened { organisation: self.members().get(place)?.name.clone(), what: told })
    }

    async fn apply(&mut self, place: usize, what: &What, today: Date) -> Result<String, Failure> {
        if let What::Add { listing } = what {
            return self.begin(place, listing, today).await;
        }
        let name = what.name();
        let (Some(member), Some(id)) = (self.members().get(place), self.listing(place, name)) else {
            return Ok(format!("{name:?} is not listed any more"));
        };
        let Response::Document { view, .. } = ask(&member.data, Request::ListingShow { id: id.to_string() }).await?
        else {
            return Err(unexpected());
        };
        let scene = Scene { data: &member.data, id, view };
        match what {
            What::Cancel { reason, .. } => scene.cancel(reason, today).await,
            What::Resume { .. } => scene.resume().await,
            What::Space { available, .. } => scene.make_room(*available, today).await,
            What::Alert { alert, .. } => scene.warn(alert.as_deref()).await,
            What::Withdraw { .. } => {
                ask(scene.data, Request::ListingWithdraw { id: id.to_string() }).await?;
                if let Some(listings) = self.listings.get_mut(place) {
                    listings.remove(name);
                }
                Ok(format!("{name:?} is over, and withdrawn"))
            }
            What::Add { .. } | What::Referral { .. } => Ok(String::new()),
        }
    }

    async fn begin(&mut self, place: usize, row: &Row, today: Date) -> Result<String, Failure> {
        let name = &row.name;
        if self.listing(place, name).is_some() {
            return Ok(format!("{name:?} is listed already"));
        }
        let (Some(organisation), Some(member)) = (self.data.organisations.get(place), self.members().get(place)) else {
            return Err(unexpected());
        };
        let fields = listing((organisation.first_desk()?, row), &self.data.venues, today)?;
        let id = add(&member.data, edits(fields), row.audience.clone()).await?;
        if let Some(listings) = self.listings.get_mut(place) {
            listings.insert(name.clone(), id);
        }
        Ok(format!("{name:?} is new"))
    }
}

impl What {
    /// The name of the listing that it happens to, or of the referral.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Cancel { listing, .. }
            | Self::Resume { listing }
            | Self::Space { listing, .. }
            | Self::Alert { listing, .. }
            | Self::Withdraw { listing } => listing,
            Self::Add { listing } => &listing.name,
            Self::Referral { name } => name,
        }
    }
}

impl Scene<'_> {
    async fn cancel(&self, reason: &str, today: Date) -> Result<String, Failure> {
        let (session, fields) = first(&self.view, "sessions")?;
        let day = next(fields.get("byday").and_then(Value::as_str).unwrap_or_default(), today)?;
        let exception = json!({"date": day.to_string(), "state": "cancelled", "reason": reason});
        self.edit(vec![set(format!("sessions.{session}.exceptions.+"), exception)]).await?;
        Ok(format!("{:?} is cancelled on {}: {reason}", self.name(), day.strftime("%-d %B")))
    }

    /// Takes back every exception.
    async fn resume(&self) -> Result<String, Failure> {
        let (session, fields) = first(&self.view, "sessions")?;
        let exceptions = fields.get("exceptions").and_then(Value::as_object).into_iter().flatten();
        let gone =
            |(id, _): (&String, &Value)| PathEdit { path: format!("sessions.{session}.exceptions.{id}"), value: None };
        self.edit(exceptions.map(gone).collect()).await?;
        Ok(format!("{:?} takes place after all", self.name()))
    }

    async fn make_room(&self, available: u64, today: Date) -> Result<String, Failure> {
        let (capacity, _) = first(&self.view, "capacities")?;
        let edits = vec![
            set(format!("capacities.{capacity}.available"), available.into()),
            set(format!("capacities.{capacity}.updated"), morning(today).into()),
        ];
        self.edit(edits).await?;
        Ok(match available {
            0 => format!("{:?} is full", self.name()),
            1 => format!("{:?} has 1 place", self.name()),
            n => format!("{:?} has {n} places", self.name()),
        })
    }

    async fn warn(&self, alert: Option<&str>) -> Result<String, Failure> {
        self.edit(vec![PathEdit { path: "alert".into(), value: alert.map(Value::from) }]).await?;
        Ok(match alert {
            Some(alert) => format!("{:?} says: {alert}", self.name()),
            None => format!("{:?} is as usual again", self.name()),
        })
    }

    async fn edit(&self, edits: Vec<PathEdit>) -> Result<(), Failure> {
        ask(self.data, Request::ListingEdit { id: self.id.to_string(), edits }).await?;
        Ok(())
    }

    fn name(&self) -> &str {
        self.view.fields.get("name").and_then(Value::as_str).unwrap_or_default()
    }
}

fn set(path: String, value: Value) -> PathEdit {
    PathEdit { path, value: Some(value) }
}

/// The first entry of a list of things, with its id.
fn first<'a>(view: &'a DocumentView, list: &str) -> Result<(&'a String, &'a Map<String, Value>), Failure> {
    let entry = view.fields.get(list).and_then(Value::as_object).and_then(|entries| entries.iter().next());
    let entry = entry.and_then(|(id, entry)| Some((id, entry.as_object()?)));
    entry.ok_or_else(|| node::api::Refusal::not_found(format!("it has no {list} any more")).into())
}
