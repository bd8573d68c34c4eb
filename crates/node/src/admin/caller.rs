//! Who calls, and what it may: asked before every call but health.

use super::method::Method;
use super::stream::Connection;
use super::token::{Grant, Tokens};
use crate::clock::now;
use domain::Refusal;
use std::sync::Arc;
use tonic::service::Interceptor;
use tonic::{Request, Status};
use wire::status::{fault, in_words};

/// The metadata that a token comes in.
const AUTHORIZATION: &str = "authorization";

/// Lets calls in, and notes what each may.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) tokens: Arc<Tokens>,
}

impl Interceptor for Gate {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let connection = request.extensions().get::<Arc<Connection>>().cloned().ok_or_else(fault)?;
        let grant = match connection.from {
            None => Grant::local(),
            Some(from) => {
                let shown = request.metadata().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
                let grant = self.tokens.check(shown, now()).map_err(|refusal| {
                    tracing::debug!(%from, reason = %refusal, "a call of software was refused");
                    in_words(&refusal)
                })?;
                connection.prove();
                grant
            }
        };
        request.extensions_mut().insert(grant);
        Ok(request)
    }
}

/// What a call may, once it is let in; refused when it may not do this.
pub(super) fn permit<T>(request: &Request<T>, method: Method) -> Result<Grant, Status> {
    let grant = request.extensions().get::<Grant>().cloned().ok_or_else(fault)?;
    grant.scope.permit(method.deed()).map_err(|refusal: Refusal| in_words(&refusal))?;
    Ok(grant)
}
