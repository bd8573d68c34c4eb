//! How long referrals took, by pathway: measured by `domain::referral`, beside what was declared. No word of a person is read for it.

use super::Application;
use super::referral::direction;
use crate::api::{Direction, PathwayTimes, PublicationRow, Response, StepTimes};
use domain::document::Kind;
use domain::pathway::Pathway;
use domain::referral::{AnswerTimes, Step, Timescales};
use domain::{OrgId, PathwayHash, Refusal};
use std::collections::BTreeMap;

/// Which way referrals went, to whom, and by which pathway, where that is published still.
type Way = (Direction, OrgId, Option<PathwayHash>);

impl Application {
    /// What the referrals by each pathway took, or by one.
    pub(super) async fn pathway_times(&self, id: Option<&str>) -> Result<Response, Refusal> {
        let published = self.publication_rows(Kind::PATHWAY).await?;
        let only = match id {
            Some(id) => Some(self.find_publication(Kind::PATHWAY, id).await?),
            None => None,
        };
        let cases = self.cases().await?;
        let context = self.context_among(&cases).await?;
        let mut counted: BTreeMap<Way, (AnswerTimes, Timescales)> = BTreeMap::new();
        for case in cases {
            let pathway = context.pathway(&case);
            let way = (direction(case.side), case.parties.receiver, pathway.map(Pathway::hash));
            let declared = || pathway.map(Pathway::answer_times).unwrap_or_default();
            let (_, timescales) = counted.entry(way).or_insert_with(|| (declared(), Timescales::default()));
            timescales.add(&case.referral);
        }
        let mut rows = Vec::new();
        for ((direction, receiver, hash), (declared, timescales)) in counted {
            let hash = hash.map(|hash| hash.to_string());
            let row = published.iter().find(|row| row.owner == receiver && Some(&row.hash) == hash.as_ref());
            if only.as_ref().is_none_or(|only| row.is_some_and(|row| row.id == only.doc_id.record())) {
                rows.push(times(direction, receiver, row, &declared, &timescales));
            }
        }
        rows.sort_by_key(|row| (row.direction == Direction::Sent, row.name.clone(), row.id));
        Ok(Response::PathwayTimes { rows, names: self.names().await? })
    }
}

fn times(
    direction: Direction,
    receiver: OrgId,
    pathway: Option<&PublicationRow>,
    declared: &AnswerTimes,
    timescales: &Timescales,
) -> PathwayTimes {
    let step = |step: Step| {
        let took = timescales.of(step);
        StepTimes {
            step,
            across_clocks: step.is_across_clocks(),
            declared_ms: step.declared_ms(declared),
            referrals: took.referrals,
            underway: took.underway,
            median_ms: took.median_ms,
            ninetieth_ms: took.ninetieth_ms,
        }
    };
    let closed = timescales.closed();
    PathwayTimes {
        id: pathway.map(|row| row.id),
        name: pathway.map(|row| row.name.clone()),
        receiver,
        direction,
        referrals: timescales.referrals(),
        steps: Step::ALL.map(step).into(),
        over: closed.over,
        with_outcome_percent: closed.with_outcome_percent,
    }
}
