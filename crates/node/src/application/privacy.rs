//! personal data

use super::Application;
use crate::api::{PrivacyRequest, Response};
use domain::{Refusal, RefusalKind};

impl Application {
    pub(super) async fn answer_privacy(&self, _: PrivacyRequest) -> Result<Response, Refusal> {
        Err(Refusal::new(RefusalKind::Busy, "not yet"))
    }
}
