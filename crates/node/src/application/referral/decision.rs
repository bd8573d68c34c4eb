//! Decisions on a node that is not the home node: waiting a moment for what the home node says, and taking them back.

use super::super::{Application, fault};
use super::case::Case;
use domain::document::Kind;
use domain::log::LogCursor;
use domain::referral::Decision;
use domain::referral::fold::Standing;
use domain::statement::Life;
use domain::sync::batch::DocumentRow;
use domain::sync::effect::{Command, Write, WriteAction};
use domain::{DocId, EventId, Refusal, RefusalKind};
use std::time::Duration;
use store::DocumentFilter;

/// How long whoever decides is kept waiting for the home node, where it is linked.
const PATIENCE: Duration = Duration::from_secs(5);

/// Decisions looked at for those on a referral that is gone.
const LEFT: usize = 500;

/// What may tell of the home node's word.
const TELLING: &[Kind] = &[Kind::DECISION, Kind::REQUEST, Kind::RESPONSE];

/// What became of a decision.
enum Word {
    /// It waits.
    None,
    /// The home node wrote it.
    Written(EventId),
    /// The home node did not, and says why.
    Refused(Refusal),
}

impl Application {
    /// The event that the home node wrote of a decision, where it is linked and does so at once; none while the decision waits. Where
    /// the home node refuses it, so does this, and nothing of it is left.
    pub(super) async fn word_of_home(
        &self,
        (id, decision): (DocId, &Decision),
        before: LogCursor,
    ) -> Result<Option<EventId>, Refusal> {
        if !self.is_home_linked().await? {
            return Ok(None);
        }
        match tokio::time::timeout(PATIENCE, self.hear_home(id, decision, before)).await {
            Ok(Ok(Word::Written(event))) => Ok(Some(event)),
            Ok(Ok(Word::Refused(refusal))) => {
                self.withdraw_decisions([id]).await?;
                Err(refusal)
            }
            Ok(Ok(Word::None)) | Err(_) => Ok(None),
            Ok(Err(refusal)) => Err(refusal),
        }
    }

    async fn hear_home(&self, id: DocId, decision: &Decision, mut cursor: LogCursor) -> Result<Word, Refusal> {
        loop {
            match self.word(id, decision).await? {
                Word::None => cursor = self.await_log_page(TELLING, None, &cursor).await?.next,
                word => return Ok(word),
            }
        }
    }

    async fn word(&self, id: DocId, decision: &Decision) -> Result<Word, Refusal> {
        let Some(row) = self.row(id).await? else { return Ok(Word::None) };
        let stands = Decision::read(&row.owner, &row.value).ok();
        if let Some(said) = stands.and_then(|stands| stands.refused) {
            let refusal = Refusal::new(RefusalKind::WrongState, format!("the home node refused it: {}", said.why));
            return Ok(Word::Refused(Refusal { hint: said.hint, ..refusal }));
        }
        if row.life == Life::Live {
            return Ok(Word::None);
        }
        let case = self.case_of(&decision.parties).await?;
        let effective = case.referral.events.iter().filter(|told| told.standing == Standing::Effective);
        let mut written = effective.filter(|told| told.event.as_ref().is_some_and(|one| decision.is_written_as(one)));
        Ok(written.next_back().map_or(Word::None, |told| Word::Written(told.id)))
    }

    async fn is_home_linked(&self) -> Result<bool, Refusal> {
        let linked = self.engine()?.look().await?.linked;
        let known = self.known().await?;
        let home = |node| known.keys.get(&self.0.org)?.node(node).map(|signed| signed.content().is_home);
        Ok(linked.iter().any(|(node, org)| *org == self.0.org && home(node) == Some(true)))
    }

    /// Takes back every decision on a referral that has no effect yet.
    pub(super) async fn take_decisions_back(&self, case: &Case) -> Result<(), Refusal> {
        if case.drafted.is_empty() {
            let refusal = format!("referral {} is no draft, and no decision on it waits", case.parties.referral);
            return Err(Refusal::new(RefusalKind::WrongState, refusal)
                .hint("`fingerpost referral show` says what can be done with it now"));
        }
        self.withdraw_decisions(case.drafted.iter().map(|(id, _)| *id)).await
    }

    /// Takes back decisions on a referral that is not here any more, because its other party is no partner now. Gives whether there were
    /// any; read only where nothing else goes by that id.
    pub(super) async fn take_back_what_is_left(&self, id: &str) -> Result<bool, Refusal> {
        let typed = id.trim().to_lowercase();
        let owners = [self.0.org].into();
        let (kind, life) = (Some(Kind::DECISION), Some(Life::Live));
        let filter = DocumentFilter { kind, owners, life, ..DocumentFilter::default() };
        let rows = self.0.store.documents(&filter, None, LEFT).await.map_err(fault)?;
        let is_on = |row: &&DocumentRow| {
            let decision = Decision::read(&row.owner, &row.value);
            decision.is_ok_and(|decision| decision.parties.referral.to_string().starts_with(&typed))
        };
        let ids: Vec<_> = rows.iter().filter(is_on).map(|row| row.doc_id).collect();
        if ids.is_empty() {
            return Ok(false);
        }
        self.withdraw_decisions(ids).await.map(|()| true)
    }

    async fn withdraw_decisions(&self, ids: impl IntoIterator<Item = DocId>) -> Result<(), Refusal> {
        let withdraw = |doc_id| Write {
            doc_id,
            kind: Kind::DECISION,
            action: WriteAction::Withdraw,
            imported: None,
            change: None,
        };
        let writes = ids.into_iter().map(withdraw).collect();
        self.engine()?.ask(Command::Write(writes)).await.map(drop)
    }
}
