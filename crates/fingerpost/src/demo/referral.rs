//! Referrals in the borough: each takes its course, as far as it has come when the borough is ready, and on from there while
//! it runs. Each party does its own at its own node, once what came before is there.

use super::borough::{Borough, Member, WITHIN, ask, found, late, looks};
use super::course::{By, Person, Step, has_happened};
use super::event::Happened;
use crate::node_of::unexpected;
use crate::output::Meter;
use crate::report::Failure;
use crate::show::{ID_SHOWN, short};
use futures::future::join_all;
use jiff::civil::Date;
use node::api::{
    Action, KeyState, NewReferral, Progress, RecordId, ReferralRequest, ReferralResponse, ReferralView, Request,
    Response,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Which referral is which: what is said of people is sealed, and does not tell.
const FILE: &str = "referrals.json";

/// What came of looking whether a referral goes on.
enum Turn {
    /// It does not: its course is done, or somebody has turned it another way.
    Over,
    /// Something is still on its way.
    Waits,
    /// It is written, and is a draft.
    Written(RecordId),
    /// It went on: how many steps of its course it has taken, and what the last one was.
    Taken(usize, Happened),
}

impl Borough {
    /// Takes every referral as far as its course goes now. What a kept folder holds already is gone on from.
    pub(super) async fn refer(&mut self, today: Date) -> Result<(), Failure> {
        self.referrals = known(&self.folder)?;
        let data = Arc::clone(&self.data);
        let mut open: Vec<&Person> = data.people.iter().collect();
        let total = open.iter().map(|person| person.course.len() as u64 + 1).sum();
        let (mut meter, mut looks) = (Meter::new(), looks());
        let (mut done, mut last) = (0, Instant::now());
        while !open.is_empty() {
            let before = done;
            // Each at its own node: one waits for another only where it has to.
            let turns = join_all(open.iter().map(|person| self.go_on(person, &person.course, today))).await;
            let mut left = Vec::new();
            for (person, turn) in open.into_iter().zip(turns) {
                let turn = turn?;
                match turn {
                    Turn::Over => continue,
                    Turn::Waits => {}
                    Turn::Written(_) | Turn::Taken(..) => done += 1,
                }
                self.note(person, &turn)?;
                left.push(person);
            }
            open = left;
            if done > before {
                last = Instant::now();
                meter.take(&Progress { what: "referring people".into(), done, total: Some(total) });
            } else if last.elapsed() > WITHIN {
                return Err(late("what was said of a referral"));
            } else {
                looks.tick().await;
            }
        }
        Ok(())
    }

    /// Lets the next of what comes later happen to a referral. `None` where nothing does.
    pub(super) async fn go_on_later(&mut self, name: &str, today: Date) -> Result<Option<Happened>, Failure> {
        let data = Arc::clone(&self.data);
        let person = data.person(name)?;
        if !self.referrals.contains_key(name) {
            return Ok(None);
        }
        let turn = self.go_on(person, person.steps(), today).await?;
        self.note(person, &turn)?;
        match turn {
            Turn::Taken(_, happened) => Ok(Some(happened)),
            Turn::Over | Turn::Waits | Turn::Written(_) => Ok(None),
        }
    }

    /// The id of a referral.
    pub(crate) fn referral(&self, name: &str) -> Option<RecordId> {
        self.referrals.get(name).copied()
    }

    /// Keeps in mind how far it has come.
    fn note(&mut self, person: &Person, turn: &Turn) -> Result<(), Failure> {
        match turn {
            Turn::Over | Turn::Waits => {}
            Turn::Taken(taken, _) => drop(self.taken.insert(person.name.clone(), *taken)),
            Turn::Written(id) => {
                self.referrals.insert(person.name.clone(), *id);
                let file = serde_json::to_vec(&self.referrals).map_err(std::io::Error::from)?;
                node::data::write_private(&self.folder.join(FILE), &file)?;
            }
        }
        Ok(())
    }

    /// Does the first of these steps that was not done yet, if it can be done.
    async fn go_on<'a>(
        &self,
        person: &Person,
        steps: impl IntoIterator<Item = &'a Step>,
        today: Date,
    ) -> Result<Turn, Failure> {
        let Some(id) = self.referral(&person.name) else { return self.draft(person, today).await };
        let steps: Vec<&Step> = steps.into_iter().collect();
        let (sender, receiver) = self.parties(person)?;
        let taken = self.taken.get(&person.name).copied().unwrap_or_default();
        for (place, step) in steps.iter().enumerate().skip(taken) {
            let member = if step.by == By::Sender { sender } else { receiver };
            let Some(seen) = view(member, id).await? else {
                let is_kept = step.by == By::Receiver && view(sender, id).await?.is_some();
                return Ok(if is_kept { Turn::Waits } else { Turn::Over });
            };
            if !has_happened(&steps, place, &seen) {
                return self.take(member, &seen, &steps, place, today).await;
            }
        }
        Ok(Turn::Over)
    }

    /// Does the step at this place, once all before it is where it is done.
    async fn take(
        &self,
        member: &Member,
        view: &ReferralView,
        steps: &[&Step],
        place: usize,
        today: Date,
    ) -> Result<Turn, Failure> {
        let Some(step) = steps.get(place) else { return Ok(Turn::Over) };
        let is_whole = view.payloads.key == KeyState::Here && view.payloads.held == view.payloads.named;
        if !is_whole || (0..place).any(|before| !has_happened(steps, before, view)) {
            return Ok(Turn::Waits);
        }
        let next = match &step.next {
            None => None,
            Some(next) => match self.accepted(member, next).await? {
                Some(next) => Some(next.to_string()),
                None => return Ok(Turn::Waits),
            },
        };
        if step.does != Action::Open && !view.possible.contains(&step.does) {
            return Ok(Turn::Over);
        }
        let request = Request::Referral(step.request(view.row.id.to_string(), next, today));
        match ask(&member.data, request).await {
            Ok(_) => Ok(Turn::Taken(place + 1, told(member, step, view))),
            // Somebody was quicker, and has turned it another way.
            Err(Failure::Refused(_)) => Ok(Turn::Over),
            Err(failure) => Err(failure),
        }
    }

    /// Writes what is sent later, once the pathway is there and whatever it goes on from was accepted.
    async fn draft(&self, person: &Person, today: Date) -> Result<Turn, Failure> {
        let (sender, receiver) = self.parties(person)?;
        let previous = match &person.previous {
            None => None,
            Some(previous) => match self.accepted(sender, previous).await? {
                Some(previous) => Some(previous.to_string()),
                None => return Ok(Turn::Waits),
            },
        };
        let pathway = self.pathway(&person.to).ok_or_else(unexpected)?.to_string();
        let (answers, agreement) = (Some(person.answers()), Some(person.agreement(&receiver.name, today)));
        let new = ReferralRequest::New(Box::new(NewReferral { pathway, previous, answers, agreement }));
        let Some(response) = found(ask(&sender.data, Request::Referral(new)).await)? else { return Ok(Turn::Waits) };
        let Response::Referral(ReferralResponse::View { view, .. }) = response else { return Err(unexpected()) };
        Ok(Turn::Written(view.row.id))
    }

    /// Who refers, and to whom.
    fn parties(&self, person: &Person) -> Result<(&Member, &Member), Failure> {
        let way = self.data.way(&person.to)?;
        Ok((self.member(self.data.place(&person.from)?)?, self.member(self.data.place(&way.node)?)?))
    }

    /// The id of a referral, once this party to it knows that it was accepted.
    async fn accepted(&self, member: &Member, name: &str) -> Result<Option<RecordId>, Failure> {
        let Some(id) = self.referral(name) else { return Ok(None) };
        let is_accepted = |view: &ReferralView| view.events.iter().any(|event| event.action == Some(Action::Accept));
        Ok(view(member, id).await?.filter(is_accepted).map(|_| id))
    }
}

/// A referral as one of its parties sees it, if it does.
async fn view(member: &Member, id: RecordId) -> Result<Option<ReferralView>, Failure> {
    let request = Request::Referral(ReferralRequest::Show { id: id.to_string() });
    match found(ask(&member.data, request).await)? {
        Some(Response::Referral(ReferralResponse::View { view, .. })) => Ok(Some(*view)),
        Some(_) => Err(unexpected()),
        None => Ok(None),
    }
}

/// What somebody did to which referral.
fn told(member: &Member, step: &Step, view: &ReferralView) -> Happened {
    let id = view.row.id.to_string();
    let listing = view.listing_name.as_deref().unwrap_or("a listing");
    let what = format!("referral {} to {listing:?}: {}", short(&id, ID_SHOWN), step.told());
    Happened { organisation: member.name.clone(), what }
}

/// The referrals that a kept folder has.
fn known(folder: &Path) -> Result<BTreeMap<String, RecordId>, Failure> {
    let file = folder.join(FILE);
    match std::fs::read(&file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| Failure::file("read", &file, &e.into())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(e) => Err(Failure::file("read", &file, &e)),
    }
}
