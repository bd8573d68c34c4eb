//! `invite`, `join`, `partner`, `roster`, `follow`.

use super::import::{agreed, declined, is_asked};
use super::privacy::{Paper, agreement};
use super::{Place, now};
use crate::arguments::{As, Invite, Join, Partner, Roster};
use crate::node_of::{Need, find, unexpected};
use crate::output::{Reader, print, print_json};
use crate::report::Failure;
use crate::show;
use node::api::{GIVEN_UP, InviteRole, ReferralRequest, ReferralResponse, ReferralRow, Request, Response};
use serde_json::json;
use std::io::Read;

/// Longest invitation code that is read from standard input.
const CODE_BYTES: u64 = 16 << 10;

pub(super) async fn invite(place: &Place, invite: Invite) -> Result<(), Failure> {
    let role = match invite.role {
        As::Partner => InviteRole::Partner,
        As::Member => InviteRole::Member,
        As::Node => InviteRole::Node,
    };
    let request = Request::Invite { role, expires_in_ms: Some(invite.expires) };
    let Response::Invited { invited, expires_at_ms, addresses } = place.ask(Need::Running, request).await? else {
        return Err(unexpected());
    };
    let qr = invite.qr.then(|| show::partner::qr(&invited.code)).flatten();
    place.reader.show(&invited, || show::partner::invitation(&invited, expires_at_ms, &addresses, qr.as_deref()))
}

pub(super) async fn join(place: &Place, join: Join) -> Result<(), Failure> {
    let code = if join.code == "-" { read_code()? } else { join.code };
    let Response::Joined { joined, own_words } = place.ask(Need::Running, Request::Join { code }).await? else {
        return Err(unexpected());
    };
    place.reader.show(&joined, || show::partner::joined(&joined, &own_words))
}

fn read_code() -> Result<String, Failure> {
    let mut code = String::new();
    std::io::stdin().lock().take(CODE_BYTES).read_to_string(&mut code).map_err(|e| Failure::Usage {
        cause: format!("the code cannot be read from standard input: {e}"),
        hint: "give it as it was sent, as text".into(),
    })?;
    Ok(code)
}

pub(super) async fn partner(place: &Place, verb: Partner) -> Result<(), Failure> {
    let (need, request, done) = match verb {
        Partner::List => return list(place).await,
        Partner::Remove { id, yes } => return remove(place, id, yes).await,
        Partner::Agreement { id, reference, expires, end } => {
            let paper = match (reference, expires) {
                _ if end => Paper::Ended,
                (Some(reference), Some(expires)) => Paper::Noted { reference, expires },
                _ => Paper::Shown,
            };
            return agreement(place, id, paper).await;
        }
        Partner::Show { id } => (Need::Folder, Request::PartnerShow { id }, ""),
        Partner::Confirm { id, words } => {
            (Need::Running, Request::PartnerConfirm { id, words }, "The words are theirs: confirmed.\n\n")
        }
        Partner::Pause { id } => (Need::Running, Request::PartnerPause { id }, "Paused.\n\n"),
        Partner::Resume { id } => (Need::Running, Request::PartnerResume { id }, "Resumed.\n\n"),
    };
    let Response::Partner(view) = place.ask(need, request).await? else { return Err(unexpected()) };
    place.reader.show(&view, || format!("{done}{}", show::partner::partner(&view, now())))
}

pub(super) async fn roster(place: &Place, verb: Roster) -> Result<(), Failure> {
    let (need, request) = match verb {
        Roster::List => (Need::Folder, Request::RosterList),
        Roster::Add { organisation } => (Need::Running, Request::RosterAdd { id: organisation }),
        Roster::Remove { organisation } => (Need::Running, Request::RosterRemove { id: organisation }),
    };
    let Response::Roster { entries } = place.ask(need, request).await? else { return Err(unexpected()) };
    match place.reader {
        Reader::Program => entries.iter().try_for_each(print_json),
        Reader::Person => print(&show::partner::roster(&entries)),
    }
}

pub(super) async fn follow(place: &Place, request: Request) -> Result<(), Failure> {
    let Response::Partner(view) = place.ask(Need::Running, request).await? else { return Err(unexpected()) };
    place.reader.show(&view, || show::partner::following(&view))
}

async fn list(place: &Place) -> Result<(), Failure> {
    let Response::Partners { partners } = place.ask(Need::Folder, Request::PartnerList).await? else {
        return Err(unexpected());
    };
    match place.reader {
        Reader::Program => partners.iter().try_for_each(print_json),
        Reader::Person => print(&show::partner::rows(&partners, now())),
    }
}

async fn remove(place: &Place, id: String, yes: bool) -> Result<(), Failure> {
    let mut node = find(&place.data, Need::Running).await?;
    if !yes && is_asked() {
        let Response::Partner(view) = node.ask(Request::PartnerShow { id: id.clone() }).await? else {
            return Err(unexpected());
        };
        let all = Request::Referral(ReferralRequest::List { all: true });
        let Response::Referral(ReferralResponse::List { rows, .. }) = node.ask(all).await? else {
            return Err(unexpected());
        };
        let is_kept = |row: &&ReferralRow| row.partner == Some(view.row.id) && row.request != GIVEN_UP;
        let kept = rows.iter().filter(is_kept).count() as u64;
        let with_it = match kept {
            0 => "Nothing is kept of referrals with it.".to_owned(),
            kept => format!(
                "All that is kept of {} with it goes too, on each of your nodes.",
                show::count(kept, "referral")
            ),
        };
        if !agreed(&format!("{}: its links are cut. {with_it}", view.row.name), "Remove it?")? {
            return declined();
        }
    }
    let Response::Done = node.ask(Request::PartnerRemove { id: id.clone() }).await? else {
        return Err(unexpected());
    };
    place.reader.show(&json!({"removed": id}), || {
        "Removed. Its links are cut and it gets nothing new; what it already holds stays with it.\n".into()
    })
}
