//! What is late, and whom to ring about it.

use super::super::{Application, fault};
use super::case::Case;
use super::direction;
use crate::api::{ChaseRow, OverdueRow, ReferralResponse};
use domain::document::Kind;
use domain::sync::batch::DocumentRow;
use domain::{DocId, Refusal};
use serde_json::Value;
use store::DocumentFilter;

/// Organisation documents of one owner that are looked at.
const ORGANISATIONS: usize = 4;

impl Application {
    pub(super) async fn chase(&self) -> Result<ReferralResponse, Refusal> {
        let cases = self.cases().await?;
        let context = self.context_among(&cases).await?;
        let mut rows = Vec::new();
        for case in &cases {
            let late = case.overdue(&context);
            if late.is_empty() {
                continue;
            }
            let contact = self.contact(case).await?;
            let listing_name = self.listing_name(Some(case.request.listing), &case.parties.receiver).await?;
            rows.extend(late.into_iter().map(|one| ChaseRow {
                id: case.parties.referral,
                direction: direction(case.side),
                partner: case.partner(),
                late: OverdueRow {
                    by: case.parties.party(one.side),
                    what: one.late.words().to_owned(),
                    since_ms: one.since,
                },
                telephones: contact.telephones.clone(),
                emails: contact.emails.clone(),
                listing_name: listing_name.clone(),
            }));
        }
        rows.sort_by_key(|row| (row.late.since_ms, row.id));
        Ok(ReferralResponse::Chase { rows, names: self.names().await? })
    }

    /// How the other party is reached: by its listing where the referral is to one of its own, and by what it says of itself.
    async fn contact(&self, case: &Case) -> Result<Contact, Refusal> {
        let partner = case.partner();
        let mut contact = Contact::default();
        if case.parties.receiver == partner {
            let listing = DocId::new(case.request.listing, Kind::LISTING, &partner);
            let document = self.0.store.document(listing).await.map_err(fault)?;
            document.and_then(|document| document.row).into_iter().for_each(|row| contact.add(&row));
        }
        let filter =
            DocumentFilter { kind: Some(Kind::ORGANISATION), owners: [partner].into(), ..DocumentFilter::default() };
        let rows = self.0.store.documents(&filter, None, ORGANISATIONS).await.map_err(fault)?;
        rows.iter().for_each(|row| contact.add(row));
        Ok(contact)
    }
}

#[derive(Clone, Default)]
struct Contact {
    telephones: Vec<String>,
    emails: Vec<String>,
}

impl Contact {
    fn add(&mut self, row: &DocumentRow) {
        let phones = row.value.get("phones").and_then(Value::as_object).into_iter().flatten();
        for phone in phones.map(|(_, phone)| phone) {
            let text = |name: &str| phone.get(name).and_then(Value::as_str).unwrap_or_default();
            let number = text("number");
            let line = if text("description").is_empty() {
                number.to_owned()
            } else {
                format!("{number} ({})", text("description"))
            };
            if !number.is_empty() && !self.telephones.contains(&line) {
                self.telephones.push(line);
            }
        }
        let email = row.value.get("email").and_then(Value::as_str).filter(|email| !email.is_empty());
        if let Some(email) = email.map(str::to_owned).filter(|email| !self.emails.contains(email)) {
            self.emails.push(email);
        }
    }
}
