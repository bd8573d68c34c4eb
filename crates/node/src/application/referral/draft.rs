//! Referrals before they are sent: kept locked at this node, in no document, since what a document once said it always says.

use super::super::{Application, fault, find};
use super::case::{Case, published};
use crate::api::{
    Direction, DraftChange, KeyState, NewReferral, Opened, Owed, Payloads, ReferralDone, ReferralResponse, ReferralRow,
    ReferralView, WatchFrom,
};
use crate::clock::now;
use crate::secret::random;
use domain::document::Kind;
use domain::form::{Answers, Form, FormDocument, Use};
use domain::pathway::{Coming, Pathway};
use domain::pii::Pii;
use domain::referral::access::AccessKind;
use domain::referral::chain::permit_onward;
use domain::referral::consent::AgreementRecord;
use domain::referral::content::Content;
use domain::referral::document::new_referral;
use domain::referral::{Action, Body, Duty, Parties, Request, Role, Sending, Side, Trust};
use domain::sync::Referring;
use domain::sync::effect::{Answer, Command};
use domain::sync::form_document;
use domain::{FormHash, OrgId, RecordId, Refusal, RefusalKind, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use store::RecordRange;
use zeroize::Zeroizing;

/// Drafts that may be kept at once.
pub(super) const DRAFTS: usize = 1_000;

/// What a draft says: locked as JSON.
#[derive(Clone, Serialize, Deserialize)]
struct Written {
    pathway: RecordId,
    receiver: OrgId,
    previous: Option<RecordId>,
    answers: Option<Value>,
    agreement: Option<Value>,
}

/// A draft, opened.
pub(crate) struct Draft {
    pub(super) id: RecordId,
    pub(super) at: Timestamp,
    sender: OrgId,
    written: Written,
}

/// That a draft is kept, and where it is to go if it opens.
pub(crate) struct KeptDraft {
    pub(crate) id: RecordId,
    pub(crate) at: Timestamp,
    pub(crate) receiver: Option<OrgId>,
}

impl Draft {
    pub(crate) const fn id(&self) -> RecordId {
        self.id
    }

    fn row(&self) -> ReferralRow {
        row(self.id, self.sender, Some(self.written.receiver), ("draft", Duty::Send.words()))
    }
}

/// A draft as a row: to whom, what it is, and what is to be done about it.
fn row(id: RecordId, own: OrgId, receiver: Option<OrgId>, (detail, what): (&str, &str)) -> ReferralRow {
    ReferralRow {
        id,
        direction: Direction::Sent,
        partner: receiver,
        request: "draft".to_owned(),
        response: "none".to_owned(),
        shown: domain::referral::Word::WaitingForUs.word().to_owned(),
        detail: detail.to_owned(),
        holder: Some(own),
        owed: vec![Owed { by: own, what: what.to_owned() }],
        overdue: Vec::new(),
        drafted: Vec::new(),
    }
}

impl Application {
    pub(super) async fn new_referral(&self, new: NewReferral) -> Result<ReferralResponse, Refusal> {
        let row = self.find_publication(Kind::PATHWAY, &new.pathway).await?;
        if row.owner == self.0.org {
            return Err(Refusal::invalid("this pathway is your own: it is for others, who refer people to you")
                .hint("`fingerpost pathway list` shows those of partners"));
        }
        if self.0.store.draft_count().await.map_err(fault)? >= DRAFTS as u64 {
            return Err(Refusal::new(RefusalKind::TooLarge, format!("there are {DRAFTS} drafts already"))
                .hint("send or discard some: `fingerpost referral list` shows them"));
        }
        let previous = match &new.previous {
            None => None,
            Some(id) => Some(self.received_case(id).await?.parties.referral),
        };
        let id = new_referral(*random().map_err(crate::Error::into_refusal)?);
        let written =
            Written { pathway: row.doc_id.record(), receiver: row.owner, previous, answers: None, agreement: None };
        let draft = Draft { id, at: now(), sender: self.0.org, written };
        let change = DraftChange { answers: new.answers, agreement: new.agreement };
        let draft = self.changed(draft, change).await?;
        self.keep_draft(&draft).await?;
        self.draft_view(&draft).await
    }

    pub(super) async fn edit_draft(&self, id: &str, change: DraftChange) -> Result<ReferralResponse, Refusal> {
        let draft = self.changed(self.draft(id).await?, change).await?;
        self.keep_draft(&draft).await?;
        self.draft_view(&draft).await
    }

    pub(super) async fn discard_draft(&self, id: &str) -> Result<(), Refusal> {
        self.running()?;
        // One that does not open is thrown away as well: nothing else is left to do with it.
        if let Some(kept) = self.kept_draft(id).await? {
            return self.0.store.delete_draft(&kept.key.request).await.map_err(fault).map(drop);
        }
        match self.case(id).await {
            Ok(case) => self.take_decisions_back(&case).await,
            Err(refusal) if refusal.kind == RefusalKind::NotFound => {
                if self.take_back_what_is_left(id).await? {
                    Ok(())
                } else {
                    Err(no_draft(id))
                }
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// A referral that came here, by the start of its id.
    async fn received_case(&self, id: &str) -> Result<Case, Refusal> {
        let case = self.case(id).await?;
        match case.side {
            Side::Receiver => Ok(case),
            Side::Sender => Err(Refusal::invalid("the referral before is one that you sent")
                .hint("a referral goes on from one that you received")),
        }
    }

    /// The draft with what is new of it, as far as that can be read.
    async fn changed(&self, mut draft: Draft, change: DraftChange) -> Result<Draft, Refusal> {
        if let Some(answers) = change.answers {
            let (_, form) = self.asked(&draft).await?;
            let read = Answers::draft(&form, answers.expose()).map_err(|problems| problems.refusal())?;
            draft.written.answers = Some(Value::Object(read.values().clone()));
        }
        if let Some(agreement) = change.agreement {
            let value = self.with_ids(agreement.into_exposed()).await?;
            AgreementRecord::read(&value)?;
            draft.written.agreement = Some(value);
        }
        draft.at = now();
        Ok(draft)
    }

    /// An agreement's file may name organisations as people do.
    async fn with_ids(&self, mut agreement: Value) -> Result<Value, Refusal> {
        let known = self.known().await?;
        let name = self.own_name().await?;
        if let Some(covers) = agreement.get_mut("covers").and_then(Value::as_array_mut) {
            for one in covers {
                if let Some(text) = one.as_str() {
                    // What stands there may be anything: no refusal repeats it.
                    let org = find::organisation((self.0.org, &name), &known, text).map_err(|_| {
                        Refusal::invalid(
                            "`covers` names an organisation that is not known here, or is not the only one of its name",
                        )
                        .hint("`fingerpost partner list` shows the partners with their ids")
                    })?;
                    *one = Value::String(org.to_string());
                }
            }
        }
        Ok(agreement)
    }

    async fn keep_draft(&self, draft: &Draft) -> Result<(), Refusal> {
        let bytes = serde_json::to_vec(&draft.written).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| Refusal::malformed("a draft cannot be written"))?;
        let request = Request::document(draft.id, &self.0.org);
        let key = self.running()?.vault.lock_draft(request, &bytes).map_err(crate::Error::into_refusal)?;
        self.0.store.put_draft(&store::Draft { key, at: draft.at }).await.map_err(fault)
    }

    /// A draft as a row; one that does not open says so.
    pub(super) fn draft_row(&self, kept: &store::Draft) -> ReferralRow {
        let closed = |what| row(kept.key.request.record(), self.0.org, None, ("draft that does not open", what));
        match self.opened_draft(kept) {
            Ok(draft) => draft.row(),
            Err(_) if self.0.running.is_none() => closed("start the node: drafts open while it runs"),
            Err(refusal) if refusal.kind == RefusalKind::NotAuthentic => closed(
                "put back the lock-key file that it was locked with, or throw it away: `fingerpost referral discard`",
            ),
            Err(_) => closed("read it with the version that wrote it, or throw it away: `fingerpost referral discard`"),
        }
    }

    /// Every draft, whether it opens or not.
    pub(crate) async fn kept_drafts(&self) -> Result<Vec<KeptDraft>, Refusal> {
        let drafts = self.0.store.drafts(&RecordRange::default(), DRAFTS).await.map_err(fault)?;
        let kept = drafts.iter().map(|kept| KeptDraft {
            id: kept.key.request.record(),
            at: kept.at,
            receiver: self.opened_draft(kept).ok().map(|draft| draft.written.receiver),
        });
        Ok(kept.collect())
    }

    pub(super) fn opened_draft(&self, kept: &store::Draft) -> Result<Draft, Refusal> {
        let bytes = self.running()?.vault.open_draft(kept.key.request, &kept.key)?;
        let written = serde_json::from_slice(&bytes).map_err(|_| Refusal::malformed("a draft does not parse"))?;
        Ok(Draft { id: kept.key.request.record(), at: kept.at, sender: self.0.org, written })
    }

    /// The draft that the start of an id names, opened.
    pub(crate) async fn draft(&self, id: &str) -> Result<Draft, Refusal> {
        let kept = self.kept_draft(id).await?.ok_or_else(|| no_draft(id))?;
        self.opened_draft(&kept)
    }

    /// The same as it is kept, whether it opens or not; nothing where there is none.
    pub(super) async fn kept_draft(&self, id: &str) -> Result<Option<store::Draft>, Refusal> {
        let range = RecordRange::from(find::record(id, "referral list --all")?);
        let shown = find::CANDIDATES_SHOWN.saturating_add(1);
        let mut found = self.0.store.drafts(&range, shown).await.map_err(fault)?;
        if found.len() > 1 {
            let candidates = found.iter().map(|draft| (draft.key.request.record().to_string(), ""));
            return Err(find::ambiguous("draft", id, candidates));
        }
        Ok(found.pop())
    }

    /// The pathway and the form of a draft, as they are published now.
    async fn asked(&self, draft: &Draft) -> Result<(Pathway, Form), Refusal> {
        let row = self.find_publication(Kind::PATHWAY, &draft.written.pathway.to_string()).await;
        let row = row.map_err(|_| {
            Refusal::new(RefusalKind::NotAllowed, "the pathway of this referral is not published any more")
                .hint("ask the receiver how it can be referred to now, discard this draft and begin another")
        })?;
        let pathway = published(&row, &self.known().await?.keys)
            .filter(|_| row.owner == draft.written.receiver)
            .ok_or_else(|| Refusal::not_authentic("the pathway is not signed by who offers it"))?;
        let form = self.form(&pathway.form(), &row.owner).await?.ok_or_else(|| {
            Refusal::not_found("the form of this pathway is not here")
                .hint("it comes with the next link to the receiver")
        })?;
        Ok((pathway, form))
    }

    /// A form that an organisation publishes, or this one.
    pub(super) async fn form(&self, hash: &FormHash, owner: &OrgId) -> Result<Option<Form>, Refusal> {
        for owner in [owner, &self.0.org] {
            let found = self.0.store.document(form_document(hash, owner)).await.map_err(fault)?;
            let form = found.and_then(|document| Some(FormDocument::read(&document.row?.value).ok()?.signed));
            if let Some(form) = form.map(|signed| signed.content().form.clone()).filter(|form| form.hash() == *hash) {
                return Ok(Some(form));
            }
        }
        Ok(None)
    }

    pub(super) async fn draft_view(&self, draft: &Draft) -> Result<ReferralResponse, Refusal> {
        let (pathway, form) = self.asked(draft).await?;
        let names = self.names().await?;
        let remarks = match self.check_draft(draft, &pathway, &form).await {
            Ok(()) => Vec::new(),
            Err(refusal) => vec![refusal.to_string()],
        };
        let view = ReferralView {
            row: draft.row(),
            listing: pathway.listing().unwrap_or(draft.written.pathway),
            listing_name: self.listing_name(pathway.listing(), &draft.written.receiver).await?,
            form: form.hash().to_string(),
            version: 0,
            previous: draft.written.previous,
            next: None,
            pass_back: None,
            agreement_expires_at_ms: None,
            possible: vec![Action::Send],
            events: Vec::new(),
            payloads: Payloads { key: KeyState::Here, ..Payloads::default() },
            pathway: Some(domain::pathway::terminal(&pathway)),
            opened: None,
            remarks,
        };
        Ok(ReferralResponse::View { view: Box::new(view), names })
    }

    /// The draft with what it says of the person, noted like any reading.
    pub(super) async fn open_draft(&self, draft: &Draft) -> Result<ReferralResponse, Refusal> {
        self.note_reading(Role::Caseworker, &[draft.id], AccessKind::Opened).await?;
        let (_, form) = self.asked(draft).await?;
        let mut response = self.draft_view(draft).await?;
        if let ReferralResponse::View { view, .. } = &mut response {
            view.opened = Some(opened(draft, Some(&form)));
        }
        Ok(response)
    }

    /// The same for the person it is about, who is told of it even where its pathway is not published any more.
    pub(crate) async fn draft_for_subject(&self, draft: &Draft) -> Result<(ReferralRow, Opened), Refusal> {
        self.note_reading(Role::Caseworker, &[draft.id], AccessKind::ListedForSubject).await?;
        let form = self.asked(draft).await.ok().map(|(_, form)| form);
        Ok((draft.row(), opened(draft, form.as_ref())))
    }

    async fn check_draft(&self, draft: &Draft, pathway: &Pathway, form: &Form) -> Result<(), Refusal> {
        self.ready_to_send(draft, pathway, form).await.map(drop)
    }

    /// What a draft would send. Refused with the first thing that keeps it from leaving.
    async fn ready_to_send(
        &self,
        draft: &Draft,
        pathway: &Pathway,
        form: &Form,
    ) -> Result<(Answers, AgreementRecord), Refusal> {
        let known = self.known().await?;
        let receiver = draft.written.receiver;
        let partner = known.partners.get(&receiver).ok_or_else(|| {
            Refusal::new(RefusalKind::NotAllowed, "the receiver is no partner of yours any more")
                .hint("pair with it again: `fingerpost invite`, or `fingerpost join CODE`")
        })?;
        if let Some(previous) = draft.written.previous {
            permit_onward(self.onward_count(previous).await?)?;
        }
        let sharing = self.0.store.sharing_agreement(&receiver).await.map_err(fault)?;
        let empty = Value::Object(serde_json::Map::new());
        let answers = draft.written.answers.as_ref().unwrap_or(&empty);
        let answers = Answers::draft(form, answers).map_err(|problems| problems.refusal())?;
        let agreement = draft.written.agreement.as_ref().map(AgreementRecord::read).transpose()?;
        let sending = Sending {
            sender: draft.sender,
            receiver,
            trust: Trust::of(partner),
            sharing: sharing.as_ref().map(|noted| &noted.agreement),
            pathway,
            form,
            answers: &answers,
            agreement: agreement.as_ref(),
            previous: draft.written.previous,
            now: now(),
        };
        // People know their partners by name.
        sending.check().map_err(|refusal| named(refusal, &receiver, &partner.name))?;
        let agreement = agreement.ok_or_else(|| Refusal::not_found("the person's agreement"))?;
        Ok((answers, agreement))
    }

    pub(super) async fn send_referral(&self, id: &str) -> Result<ReferralResponse, Refusal> {
        let draft = self.draft(id).await?;
        let (pathway, form) = self.asked(&draft).await?;
        let (answers, agreement) = self.ready_to_send(&draft, &pathway, &form).await?;
        let parties = Parties { referral: draft.id, sender: self.0.org, receiver: draft.written.receiver };
        let listing = pathway.listing().ok_or_else(|| Refusal::not_found("the listing that the pathway leads to"))?;
        let request = parties.request();
        let (key, locked) = self.running()?.vault.new_key(&parties).map_err(crate::Error::into_refusal)?;
        let record = key.seal(
            &request,
            &Content::Agreement(agreement.clone()).encode()?,
            *random().map_err(crate::Error::into_refusal)?,
        )?;
        let payload =
            key.seal(&request, &Content::Answers(answers).encode()?, *random().map_err(crate::Error::into_refusal)?)?;
        let first = Request {
            referral: draft.id,
            receiver: parties.receiver,
            listing,
            form: *form.hash().as_bytes(),
            previous: draft.written.previous,
            agreement: agreement.agreement(record.hash()),
            events: BTreeMap::new(),
        };
        let referring = Referring {
            parties,
            role: Role::Caseworker,
            staff: self.staff(),
            occurred_at: now(),
            body: Body::Send,
            payload: Some(payload),
            first: Some(Box::new(first)),
            beside: vec![record],
            key: Some(locked),
        };
        self.refer(referring).await
    }

    /// Asks the engine to write an event, and tells how the referral stands then.
    pub(super) async fn refer(&self, referring: Referring) -> Result<ReferralResponse, Refusal> {
        let parties = referring.parties;
        let before = self.log_cursor(WatchFrom::Now).await?;
        let answer = self.engine()?.ask(Command::Refer(Box::new(referring))).await?;
        let event = match answer {
            Answer::Referred(event) => Some(event),
            Answer::Drafted(id, decision) => self.word_of_home((id, &decision), before).await?,
            _ => return Err(Refusal::malformed("the engine answered something else")),
        };
        let case = self.case_of(&parties).await?;
        let row = super::row(&case, &self.context_of(&case).await?);
        let (event, names) = (event.map(|event| event.to_string()), self.names().await?);
        Ok(ReferralResponse::Done(Box::new(ReferralDone { row, event, names })))
    }

    /// Whether answers may replace those that were sent.
    pub(super) fn checked_answers(form: &Form, answers: &Value) -> Result<Answers, Refusal> {
        Answers::read(form, answers, Use::Referral, now().day()).map_err(|problems| problems.refusal())
    }

    /// Whether a receiver still takes referrals from here.
    pub(super) fn still_admits(&self, pathway: Option<&Pathway>) -> Result<(), Refusal> {
        pathway.map_or(Ok(()), |pathway| pathway.admits(&self.0.org, Coming::Referral))
    }
}

fn no_draft(id: &str) -> Refusal {
    Refusal::not_found(format!("there is no draft {id:?}"))
        .hint("`fingerpost referral list` shows the drafts; what was sent is one no longer")
}

/// A refusal in which a partner goes by its name, where it went by its id.
pub(super) fn named(refusal: Refusal, org: &OrgId, name: &str) -> Refusal {
    let told = |words: &str| words.replace(&org.to_string(), &format!("{name:?}"));
    Refusal { message: told(&refusal.message), hint: refusal.hint.as_deref().map(told), ..refusal }
}

/// What a draft says of the person.
fn opened(draft: &Draft, form: Option<&Form>) -> Opened {
    Opened {
        answers: draft.written.answers.clone().map(Pii::new),
        form: form.and_then(|form| serde_json::from_slice(form.bytes()).ok()),
        agreement: draft.written.agreement.clone().map(Pii::new),
        words: BTreeMap::new(),
    }
}
