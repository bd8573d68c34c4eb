//! gRPC for the organisation's own software: `admin.v1`, reflection and health.
//!
//! ```text
//! admin.sock ──────────┐
//!                      ├─ gate (token, or the socket's own file) ─ service, referral ─ api::Handle
//! admin_listen ─ TLS ──┘                                        └─ watch ───────────── api::Handle, page by page
//! ```
//!
//! It speaks to the application API and to nothing else: it opens no database and knows no engine.

mod caller;
mod certificate;
mod listen;
mod method;
mod referral;
mod service;
mod shape;
mod stream;
mod token;
mod watch;

pub(crate) use token::Tokens;

use crate::Error;
use crate::api::{AdminPort, Handle};
use crate::config::Config;
use crate::control::Begun;
use crate::data::Folder;
use certificate::Certificate;
use listen::Port;
use std::sync::Arc;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Connections from the socket in the folder that may wait to be taken in.
pub(crate) const CONNECTIONS_WAITING: usize = 4;

/// Everything that can fail, opened. Protocol of use: [`Admin::open`], then [`Admin::serve`] until told to stop.
pub(crate) struct Admin {
    tokens: Arc<Tokens>,
    port: Option<Port>,
    place: Option<AdminPort>,
}

impl Admin {
    /// Reads the tokens, and prepares the certificate of an open port, where one was asked for.
    pub(crate) async fn open(
        config: &Config,
        folder: &Folder,
        store: &Store,
        listener: Option<TcpListener>,
    ) -> Result<Self, Error> {
        let tokens = Arc::new(Tokens::load(store).await?);
        let Some(listener) = listener else { return Ok(Self { tokens, port: None, place: None }) };
        let address = listener.local_addr().map_err(|e| Error::fault("cannot tell which port was opened", e))?;
        let Certificate { path, sha256, tls } = Certificate::open(folder, config)?;
        let place = AdminPort { listen: address.to_string(), certificate: path, sha256 };
        Ok(Self { tokens, port: Some(Port { listener, tls }), place: Some(place) })
    }

    /// The tokens, for whoever makes and revokes them.
    pub(crate) fn tokens(&self) -> Arc<Tokens> {
        self.tokens.clone()
    }

    /// Where the port is, where there is one.
    pub(crate) fn place(&self) -> Option<&AdminPort> {
        self.place.as_ref()
    }

    /// Serves the port and what comes from the socket in the folder until told to stop.
    pub(crate) async fn serve(
        self,
        folder: mpsc::Receiver<Begun>,
        node: Handle,
        stop: CancellationToken,
    ) -> Result<(), Error> {
        listen::run(self.port, folder, node, self.tokens, stop).await
    }
}
