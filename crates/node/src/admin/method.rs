//! What each call is, and so which scope of a token it takes. A method of the contract that is not here cannot ask what it may,
//! and a test fails that knows all of the contract.

use crate::api::{Action, ReferralAct};
use domain::token::Deed;

/// A method of the contract that a token is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    ListListings,
    GetListing,
    CreateListing,
    UpdateListing,
    ShareListing,
    WithdrawListing,
    WatchListings,
    ListReferrals,
    GetReferral,
    OpenReferral,
    CreateReferral,
    UpdateReferral,
    DiscardReferral,
    SendReferral,
    ActOnReferral,
    WatchReferrals,
}

impl Method {
    /// What it does, whatever goes with it.
    pub(super) const fn deed(self) -> Deed {
        match self {
            Self::ListListings | Self::GetListing | Self::WatchListings => Deed::Read,
            Self::CreateListing | Self::UpdateListing | Self::ShareListing | Self::WithdrawListing => Deed::Write,
            Self::ListReferrals | Self::GetReferral | Self::ActOnReferral | Self::WatchReferrals => Deed::Referral,
            Self::OpenReferral
            | Self::CreateReferral
            | Self::UpdateReferral
            | Self::DiscardReferral
            | Self::SendReferral => Deed::Client,
        }
    }
}

/// What it is to do this to a referral. Whatever says something of the person, sends it, erases it, or says that it was read, is
/// for who may read it.
pub(super) const fn deed(act: &ReferralAct) -> Deed {
    if act.words.is_some() || act.answers.is_some() {
        return Deed::Client;
    }
    match act.action {
        Action::Send | Action::Amend | Action::Answer | Action::Ask | Action::Feedback => Deed::Client,
        Action::Open | Action::Erase => Deed::Client,
        Action::Withdraw
        | Action::Lapse
        | Action::TakeBack
        | Action::Close
        | Action::Acknowledge
        | Action::Wait
        | Action::Accept
        | Action::Decline
        | Action::Contact
        | Action::Start
        | Action::Pause
        | Action::Resume
        | Action::HandBack
        | Action::End
        | Action::PassOn
        | Action::ConfirmStop
        | Action::WithdrawAgreement
        | Action::Keep => Deed::Referral,
    }
}

#[cfg(test)]
#[path = "method_tests.rs"]
mod tests;
