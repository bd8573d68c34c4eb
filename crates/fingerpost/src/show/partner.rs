//! Partners and pairing.

use super::{ago, count, instant, organisation, plain, short, table};
use fast_qr::QRBuilder;
use node::api::{Heard, Invited, Joined, OrgId, PartnerRow, PartnerState, PartnerView, RosterRow, Timestamp, Trust};
use std::collections::BTreeMap;

/// One line a partner.
pub(crate) fn rows(partners: &[PartnerRow], now: Timestamp) -> String {
    if partners.is_empty() {
        return "There are no partners yet. `fingerpost invite` makes a code for one.\n".into();
    }
    table(&partners.iter().map(|p| cells(p, now)).collect::<Vec<_>>())
}

/// Name, start of the id, whether it is there, how far behind, how far trusted.
pub(super) fn cells(partner: &PartnerRow, now: Timestamp) -> Vec<String> {
    let state = match (partner.state, partner.last_heard_ms) {
        (PartnerState::Linked, _) => "linked".to_owned(),
        (PartnerState::Paused, _) => "paused".to_owned(),
        (PartnerState::Away, Some(at)) => format!("away, last heard {}", ago(at, now)),
        (PartnerState::Away, None) => "away, never heard".to_owned(),
    };
    let behind = match (partner.behind, partner.state, partner.last_heard_ms) {
        (0, PartnerState::Linked, _) => "in step".to_owned(),
        (0, _, None) => "nothing came yet".to_owned(),
        // Without a link nothing is known of what it has made since.
        (0, PartnerState::Away | PartnerState::Paused, Some(_)) => "in step when last linked".to_owned(),
        (n, _, _) => format!("{} still to come", count(n, "version")),
    };
    let trust = match partner.trust {
        Trust::Paired => "paired, not verified",
        Trust::Verified => "verified",
    };
    vec![partner.name.clone(), short(&partner.id.to_string(), 13).to_owned(), state, behind, trust.to_owned()]
}

/// Whom this organisation vouches for.
pub(crate) fn roster(entries: &[RosterRow]) -> String {
    if entries.is_empty() {
        return "There is nobody on the roster, so this node is no hub. `fingerpost invite --as member` makes a code for\n\
                an organisation that goes on it.\n"
            .into();
    }
    let cells = |row: &RosterRow| {
        vec![row.name.clone(), short(&row.id.to_string(), 13).to_owned(), format!("since {}", instant(row.since_ms))]
    };
    table(&entries.iter().map(cells).collect::<Vec<_>>())
}

/// What following a hub, or no longer, comes to.
pub(crate) fn following(view: &PartnerView) -> String {
    let name = plain(&view.row.name);
    match (view.is_followed, view.vouches_for) {
        (true, 0) => {
            format!("You follow {name}. It vouches for nobody else yet; whoever comes to its roster will show here.\n")
        }
        (true, n) => {
            format!("You follow {name}: what {} on its roster make public is on its way.\n", count(n, "organisation"))
        }
        (false, _) => format!(
            "You do not follow {name} any more. What came through it alone is hidden now and deleted after 30 days.\n"
        ),
    }
}

/// When an organisation was last heard of, and whether what it says it holds is here.
pub(super) fn heard(heard: &Heard, org: &OrgId, names: &BTreeMap<OrgId, String>, now: Timestamp) -> String {
    let who = organisation(org, names);
    let by = if heard.by == *org { String::new() } else { format!(", by {}", organisation(&heard.by, names)) };
    let mut line = format!("last heard from {who}: {}{by}", ago(heard.at_ms, now));
    if let Some(since) = heard.differs_since_ms {
        line = format!("! {line}. Not all that it says it holds has come here since {}", instant(since));
    }
    line
}

/// One partner in full.
pub(crate) fn partner(view: &PartnerView, now: Timestamp) -> String {
    let mut out = format!("{}\nid {}\n\n", plain(&view.row.name), view.row.id);
    let mut lines: Vec<String> = cells(&view.row, now).drain(2..).collect();
    // A partner that is linked or away says by that when it was heard; what another says of it is told beside.
    let names = BTreeMap::from([(view.row.id, view.row.name.clone())]);
    let told = view.heard.filter(|heard| heard.by != view.row.id || heard.differs_since_ms.is_some());
    lines.extend(told.map(|told| heard(&told, &view.row.id, &names, now)));
    lines.extend(view.paired_at_ms.map(|at| format!("paired {}", instant(at))));
    lines.push(format!("held here: {} of theirs", count(view.documents_held, "document")));
    lines.push(format!("may go to them: {} of ours", count(view.documents_shared, "document")));
    if view.is_listed {
        lines.push("on our roster: what it makes public is relayed".into());
    }
    if view.is_followed {
        lines.push(format!("followed: it vouches for {}", count(view.vouches_for, "other organisation")));
    } else if view.vouches_for > 0 {
        let id = view.row.id.to_string();
        let name = short(&id, 13);
        lines.push(format!(
            "a hub for {}: `fingerpost follow {name}` brings theirs",
            count(view.vouches_for, "organisation")
        ));
    }
    lines.push(match view.addresses.as_slice() {
        [] => "no address is known: they have to connect to us".into(),
        addresses => format!("reached at {}", addresses.join(", ")),
    });
    out.extend(lines.iter().map(|line| format!("  {}\n", plain(line))));
    out.push_str(&format!("\n  their words  {}\n  your words   {}\n", view.words, view.own_words));
    out.push_str(&match (view.confirmed_here_at_ms, view.confirmed_there) {
        (Some(_), true) => "\nBoth sides compared the words.\n".to_owned(),
        (Some(at), false) => format!(
            "\nYou compared their words on {}. They are verified once they have compared yours, too: read yours to them.\n",
            instant(at)
        ),
        (None, _) => to_compare(&view.row.name, &view.row.id.to_string()),
    });
    out
}

fn to_compare(name: &str, id: &str) -> String {
    let name = plain(name);
    format!(
        "\nTo be sure that it is them: ring {name} on a number you already know. They read their words to you; you type\n\
         what you hear\n\n  fingerpost partner confirm {} --words \"…\"\n\n\
         and read your words to them, so that they do the same.\n",
        short(id, 13)
    )
}

/// A fresh invitation and what to do with it.
pub(crate) fn invitation(invited: &Invited, expires: Timestamp, addresses: &[String], qr: Option<&str>) -> String {
    let mut out = format!("{}\n", invited.code);
    if let Some(qr) = qr {
        out.push_str(&format!("\n{qr}\n"));
    }
    out.push_str(&format!(
        "\nGive this code to your partner in confidence. It works once, until {}. They run\n\n  fingerpost join CODE\n\n",
        instant(expires)
    ));
    match addresses {
        [] => out.push_str(
            "This node has no address that others can reach: the partner will not get through. Let the partner invite you\n\
             instead, or give this node an address with `fingerpost up --advertise HOST:PORT`.\n",
        ),
        addresses => out.push_str(&format!("It leads to this node at {}.\n", plain(&addresses.join(", ")))),
    }
    out.push_str("Afterwards compare your words by telephone: `fingerpost partner list` shows the new partner.\n");
    out
}

/// The code as a QR code of block characters; `None` when it is too long for one.
pub(crate) fn qr(code: &str) -> Option<String> {
    QRBuilder::new(code).build().ok().map(|qr| qr.to_str())
}

/// Whom we joined and what to do now.
pub(crate) fn joined(joined: &Joined, own_words: &str) -> String {
    if joined.words == own_words {
        return "This node is one of your organisation's now. What the organisation holds is on its way here; each partner\n\
                that it is to reach by itself invites it too, for it does not take over the home node's partners.\n"
            .to_owned();
    }
    let name = organisation(
        &joined.organisation.id,
        &BTreeMap::from([(joined.organisation.id, joined.organisation.name.clone())]),
    );
    let id = joined.organisation.id.to_string();
    format!(
        "You are paired with {name}. Listings are on their way in both directions.\n\n  their words  {}\n  your words   {own_words}\n{}",
        joined.words,
        to_compare(&joined.organisation.name, &id)
    )
}
