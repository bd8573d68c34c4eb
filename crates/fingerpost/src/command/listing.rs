//! `organisation` and `listing`.

use super::{Place, now};
use crate::arguments::{Edits, Keeper, Listing, Organisation};
use crate::edit::{gather, in_editor, named};
use crate::node_of::{Asked, Need, find, unexpected};
use crate::output::{Reader, print, print_json};
use crate::report::Failure;
use crate::show::{self, ID_SHOWN, short};
use node::api::{DocumentView, OrgId, PathEdit, Request, Response, Written};
use serde_json::{Map, json};
use std::collections::BTreeMap;

const NEW_LISTING: &str = "\
A new listing. Save and close to add it; leave it empty to add nothing. For example:

name: Tuesday supper
description: A hot meal and company for anybody who likes some.
kind: group
phones:
  - number: 020 7946 0000
sessions:
  - {freq: WEEKLY, byday: TU, opens_at: \"18:00\", closes_at: \"20:00\"}
cost_options:
  - {option: free, amount: 0}
";

pub(super) async fn organisation(place: &Place, verb: Organisation) -> Result<(), Failure> {
    match verb {
        Organisation::Show => {
            let mut node = find(&place.data, Need::Folder).await?;
            let (view, names) = view(&mut node, Request::OrganisationShow).await?;
            place.reader.show(&view, || show::listing::document(&view, &names))
        }
        Organisation::Edit { edits } => {
            let mut node = find(&place.data, Need::Running).await?;
            let edits = wanted(&mut node, &edits, Request::OrganisationShow).await?;
            write(place, &mut node, Request::OrganisationEdit { edits }, "Edited").await
        }
    }
}

pub(super) async fn listing(place: &Place, verb: Listing) -> Result<(), Failure> {
    match verb {
        Listing::List { owner } => list(place, owner).await,
        Listing::Show { id } => {
            let (view, names) = view(&mut find(&place.data, Need::Folder).await?, Request::ListingShow { id }).await?;
            place.reader.show(&view, || show::listing::listing(&view, &names, now()))
        }
        Listing::History { id } => {
            let (view, names) = view(&mut find(&place.data, Need::Folder).await?, Request::ListingShow { id }).await?;
            match place.reader {
                Reader::Program => view.history.iter().try_for_each(print_json),
                Reader::Person => print(&show::listing::history(&view, &names)),
            }
        }
        Listing::Add { edits, audience } => add(place, edits, audience).await,
        Listing::Edit { id, edits } => {
            let mut node = find(&place.data, Need::Running).await?;
            let edits = wanted(&mut node, &edits, Request::ListingShow { id: id.clone() }).await?;
            write(place, &mut node, Request::ListingEdit { id, edits }, "Edited").await
        }
        Listing::Withdraw { id } => {
            let mut node = find(&place.data, Need::Running).await?;
            write(
                place,
                &mut node,
                Request::ListingWithdraw { id },
                "Withdrawn here, and at partners as they hear of it",
            )
            .await
        }
        Listing::Share { id, audience } => {
            let mut node = find(&place.data, Need::Running).await?;
            write(place, &mut node, Request::ListingShare { id, audience }, "Shared").await
        }
        Listing::Propose { id, edits, note } => {
            let mut node = find(&place.data, Need::Running).await?;
            let edits = wanted(&mut node, &edits, Request::ListingShow { id: id.clone() }).await?;
            write(place, &mut node, Request::ListingPropose { id, edits, note }, "Proposed").await
        }
        Listing::Transfer { id, organisation, undo } => {
            let mut node = find(&place.data, Need::Running).await?;
            let done = if undo { "Offered no longer" } else { "Offered: it goes over when the other claims it" };
            write(place, &mut node, Request::ListingTransfer { id, organisation }, done).await
        }
        Listing::Orphan { id, undo } => {
            let mut node = find(&place.data, Need::Running).await?;
            let done = if undo { "Kept after all" } else { "Left to whoever claims it" };
            write(place, &mut node, Request::ListingOrphan { id, undo }, done).await
        }
        Listing::Claim { id, audience } => {
            let mut node = find(&place.data, Need::Running).await?;
            write(place, &mut node, Request::ListingClaim { id, audience }, "Claimed").await
        }
        Listing::Keeper(Keeper::Add { id, organisation }) => {
            let mut node = find(&place.data, Need::Running).await?;
            write(place, &mut node, Request::ListingKeeperAdd { id, organisation }, "Kept from now on").await
        }
        Listing::Keeper(Keeper::Remove { id, organisation }) => {
            let mut node = find(&place.data, Need::Running).await?;
            write(place, &mut node, Request::ListingKeeperRemove { id, organisation }, "Kept no longer").await
        }
    }
}

async fn list(place: &Place, owner: Option<String>) -> Result<(), Failure> {
    let mut node = find(&place.data, Need::Folder).await?;
    let (mut after, mut any) = (None, false);
    loop {
        let request = Request::ListingList { owner: owner.clone(), after };
        let Response::Listings(page) = node.ask(request).await? else { return Err(unexpected()) };
        any |= !page.listings.is_empty();
        match place.reader {
            Reader::Program => page.listings.iter().try_for_each(print_json)?,
            Reader::Person => print(&show::listing::rows(&page.listings, &page.names))?,
        }
        match page.next {
            Some(next) => after = Some(next),
            None if !any && place.reader == Reader::Person => {
                return print(
                    "There are no listings. `fingerpost listing add` and `fingerpost import` bring some in.\n",
                );
            }
            None => return Ok(()),
        }
    }
}

async fn add(place: &Place, edits: Edits, audience: Option<String>) -> Result<(), Failure> {
    let mut node = find(&place.data, Need::Running).await?;
    let edits = if named(&edits) { gather(&edits)? } else { in_editor(NEW_LISTING, &Map::new())? };
    if edits.is_empty() {
        return Err(Failure::Usage {
            cause: "it is not said what the listing is".into(),
            hint: "say at least its name: --set name=\"Tuesday supper\"".into(),
        });
    }
    write(place, &mut node, Request::ListingAdd { edits, audience }, "Added").await
}

async fn view(node: &mut Asked, request: Request) -> Result<(Box<DocumentView>, BTreeMap<OrgId, String>), Failure> {
    match node.ask(request).await? {
        Response::Document { view, names } => Ok((view, names)),
        _ => Err(unexpected()),
    }
}

/// The edits that the command line names, else those made in the editor over the document that `show` answers with.
async fn wanted(node: &mut Asked, edits: &Edits, show: Request) -> Result<Vec<PathEdit>, Failure> {
    if named(edits) {
        return gather(edits);
    }
    let (view, _) = view(node, show).await?;
    in_editor("Change what you like, then save and close: only what you changed is written.", &view.fields)
}

async fn write(place: &Place, node: &mut Asked, request: Request, done: &str) -> Result<(), Failure> {
    let Response::Written(written) = node.ask(request).await? else { return Err(unexpected()) };
    place.reader.show(&json!(written), || told(&written, done))
}

pub(super) fn told(written: &Written, done: &str) -> String {
    let id = written.id.to_string();
    if let Some(proposal) = written.proposal {
        let proposal = proposal.to_string();
        let seen = if written.is_public {
            "You keep this listing: all who see it see this too, with its note, until its owner answers.\n"
        } else {
            ""
        };
        format!(
            "Proposed to the listing's owner: {proposal}\n{seen}to see what becomes of it: fingerpost proposal list\nto take \
             it back: fingerpost proposal withdraw {}\n",
            short(&proposal, ID_SHOWN)
        )
    } else if written.changed {
        format!("{done}: {id}\nto see it: fingerpost listing show {}\n", short(&id, ID_SHOWN))
    } else {
        format!("Nothing to change: {id} is so already.\n")
    }
}
