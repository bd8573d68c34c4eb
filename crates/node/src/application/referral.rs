//! referrals

use super::Application;
use crate::api::{ReferralRequest, Response};
use domain::{Refusal, RefusalKind};

impl Application {
    pub(super) async fn answer_referral(&self, _: ReferralRequest) -> Result<Response, Refusal> {
        Err(Refusal::new(RefusalKind::Busy, "not yet"))
    }
}
