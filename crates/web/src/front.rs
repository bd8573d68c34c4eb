//! The first page: what this node is, what to do next, what it holds from whom, whether it is in step.

use crate::Pages;
use crate::guard::Visitor;
use crate::health::unexpected;
use crate::pairing::refused_page;
use crate::words::{ago, count, instant, thousands};
use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use node::api::{Overview, PartnerRow, PartnerState, Request, Response as Answer, Timestamp, Trust};

/// Shows the page to this visitor.
pub(crate) async fn front(State(pages): State<Pages>, visitor: Visitor) -> Response {
    match pages.node.ask(Request::Overview).await {
        Ok(Answer::Overview(overview)) => show(&Front::new(&overview, visitor, now())),
        Ok(_) => refused_page(&unexpected()),
        Err(refusal) => refused_page(&refusal),
    }
}

/// Renders a page; templates are checked when they are compiled, so that failing is a fault of ours.
pub(crate) fn show(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(e) => {
            tracing::error!(error = %e, "a page did not render");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    organisation: String,
    organisation_id: String,
    local: bool,
    steps: Vec<Step>,
    listings: String,
    holdings: Vec<Holding>,
    owners: String,
    partners: Vec<PartnerLine>,
    in_step: String,
    hub: String,
    refused: Vec<String>,
    version: String,
    at: String,
}

/// One thing to do next.
struct Step {
    title: &'static str,
    text: String,
    command: Option<String>,
    form: Option<Form>,
}

/// A form that stands with a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Pair,
}

struct Holding {
    owner: String,
    listings: String,
}

struct PartnerLine {
    name: String,
    state: String,
    behind: String,
    trust: &'static str,
    well: bool,
}

impl Front {
    fn new(overview: &Overview, visitor: Visitor, now: Timestamp) -> Self {
        let (status, local) = (&overview.status, visitor == Visitor::Local);
        let total: u64 = overview.listings.iter().map(|owner| owner.listings).sum();
        let own =
            overview.listings.iter().filter(|o| o.owner.id == status.organisation.id).map(|o| o.listings).sum::<u64>();
        let others =
            overview.listings.iter().filter(|o| o.owner.id != status.organisation.id && o.listings > 0).count();
        let partners = status.partners.as_slice();
        Self {
            organisation: match status.organisation.name.as_str() {
                "" => "An organisation whose name is on its way here".to_owned(),
                name => name.to_owned(),
            },
            organisation_id: status.organisation.id.to_string(),
            local,
            steps: if local { steps(overview) } else { Vec::new() },
            listings: thousands(total),
            holdings: if local { holdings(overview) } else { Vec::new() },
            owners: owners(own, total - own, others as u64),
            partners: if local { partners.iter().map(|p| line(p, now)).collect() } else { Vec::new() },
            in_step: in_step(partners),
            hub: hub(overview.vouches_for),
            refused: if local { refused(overview) } else { Vec::new() },
            version: status.node.version.clone(),
            at: instant(now),
        }
    }
}

fn steps(overview: &Overview) -> Vec<Step> {
    let (status, mut steps) = (&overview.status, Vec::new());
    if status.node.recovery_words_kept {
        steps.push(Step {
            title: "Write down the recovery words",
            text:
                "They lie in the data folder and bring your organisation back when this machine is lost. Copy them to \
                   paper, then remove them from here."
                    .into(),
            command: Some("fingerpost init --forget-words".into()),
            form: None,
        });
    }
    if overview.listings.iter().all(|o| o.owner.id != status.organisation.id || o.listings == 0) {
        steps.push(Step {
            title: "Add your listings",
            text: "One by one, or all at once from an Open Referral UK file.".into(),
            command: Some(
                "fingerpost listing add --set name=\"Tuesday supper\"\nfingerpost import listings.ndjson.gz".into(),
            ),
            form: None,
        });
    }
    for partner in status.partners.iter().filter(|p| p.trust == Trust::Paired).take(3) {
        let id: String = partner.id.to_string().chars().take(13).collect();
        steps.push(Step {
            title: "Compare words with a partner",
            text: format!(
                "{} is paired. To be sure that it is them, ring a number you already know and compare your words.",
                partner.name
            ),
            command: Some(format!("fingerpost partner show {id}")),
            form: None,
        });
    }
    let first = status.partners.is_empty();
    steps.push(Step {
        title: if first { "Find your first partner" } else { "Add a partner" },
        text: if status.node.addresses.is_empty() {
            "Others cannot reach this node, so let a partner invite you: paste their code here.".into()
        } else {
            "Make a code and give it to a partner in confidence; or paste the code that a partner gave you.".into()
        },
        command: None,
        form: Some(Form::Pair),
    });
    steps
}

fn holdings(overview: &Overview) -> Vec<Holding> {
    let held = overview.listings.iter().filter(|owner| owner.listings > 0);
    held.map(|owner| Holding { owner: owner.owner.name.clone(), listings: thousands(owner.listings) }).collect()
}

fn owners(own: u64, from_others: u64, others: u64) -> String {
    match (own, others) {
        (0, 0) => "Nothing is listed here yet.".into(),
        (_, 0) => "All of them are its own.".into(),
        (own, others) => {
            let own = if own == 0 { "None".to_owned() } else { thousands(own) };
            format!("{own} of its own, {} from {}.", thousands(from_others), count(others, "other organisation"))
        }
    }
}

fn line(partner: &PartnerRow, now: Timestamp) -> PartnerLine {
    let state = match (partner.state, partner.last_heard_ms) {
        (PartnerState::Linked, _) => "linked".to_owned(),
        (PartnerState::Paused, _) => "paused".to_owned(),
        (PartnerState::Away, Some(at)) => format!("away, last heard {}", ago(at, now)),
        (PartnerState::Away, None) => "away, never heard".to_owned(),
    };
    PartnerLine {
        name: partner.name.clone(),
        state,
        behind: match (partner.behind, partner.state) {
            (0, PartnerState::Linked) => "in step".into(),
            // Without a link nothing is known of what it has made since.
            (0, PartnerState::Away | PartnerState::Paused) => "in step when last linked".into(),
            (n, _) => format!("{} to come", count(n, "version")),
        },
        trust: match partner.trust {
            Trust::Paired => "not verified yet",
            Trust::Verified => "verified",
        },
        well: partner.behind == 0 && partner.state == PartnerState::Linked,
    }
}

/// Whether it is a hub; empty when it is not.
fn hub(vouches_for: u64) -> String {
    match vouches_for {
        0 => String::new(),
        n => format!(
            "It is a hub: it vouches for {}, and passes what they make public on to whoever follows it.",
            count(n, "organisation")
        ),
    }
}

/// Counts and lag: what anybody may know.
fn in_step(partners: &[PartnerRow]) -> String {
    let linked = partners.iter().filter(|p| p.state == PartnerState::Linked).count() as u64;
    let behind: u64 = partners.iter().map(|p| p.behind).sum();
    match partners.len() as u64 {
        0 => "It has no partners yet.".into(),
        all => {
            let step = match behind {
                0 => "all that is known of them is here".to_owned(),
                n => format!("{} still on the way", count(n, "version")),
            };
            format!("Linked to {} of {}; {step}.", thousands(linked), count(all, "partner"))
        }
    }
}

fn refused(overview: &Overview) -> Vec<String> {
    let status = &overview.status;
    let name = |id| status.partners.iter().find(|p| Some(p.id) == id).map_or("a partner", |p| p.name.as_str());
    status
        .refused
        .iter()
        .take(5)
        .map(|r| format!("{}, from {}: {}", instant(r.at_ms), name(r.organisation), r.reason))
        .collect()
}

fn now() -> Timestamp {
    Timestamp::from_ms(jiff::Timestamp::now().as_millisecond())
}
