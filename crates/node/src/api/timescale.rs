//! How long referrals took, many together. Counts and times: nothing of one person.

use super::Direction;
use domain::referral::Step;
use domain::{OrgId, RecordId};
use serde::{Deserialize, Serialize};

/// How long the referrals by one pathway took that went one way: the fixed `--json` form of `pathway times`. A count is none where it
/// is of fewer referrals than may be told of, and a time where there are none or too few.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathwayTimes {
    /// The pathway's record; none where it is not published any more.
    pub id: Option<RecordId>,
    /// What it is called.
    pub name: Option<String>,
    /// Who is referred to by it.
    pub receiver: OrgId,
    /// Which way the referrals went.
    pub direction: Direction,
    /// How many there are.
    pub referrals: Option<u64>,
    /// Each step, in the order in which they are taken.
    pub steps: Vec<StepTimes>,
    /// How many were taken on and are over.
    pub over: Option<u64>,
    /// The share of these that the sender closed with an outcome that was told, in percent.
    pub with_outcome_percent: Option<u64>,
}

/// How long one step took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTimes {
    /// Which.
    pub step: Step,
    /// Whether it begins by one party's clock and ends by the other's.
    pub across_clocks: bool,
    /// How long the receiver says that it takes at most.
    pub declared_ms: Option<i64>,
    /// How many took it.
    pub referrals: Option<u64>,
    /// How many are at it still.
    pub underway: Option<u64>,
    /// Half took no longer.
    pub median_ms: Option<i64>,
    /// Nine in ten took no longer.
    pub ninetieth_ms: Option<i64>,
}
