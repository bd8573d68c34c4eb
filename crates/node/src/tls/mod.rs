//! TLS between nodes: version 1.3 only, the post-quantum hybrid first, both sides named by node certificates.
//!
//! No certificate authority, no names, no dates: a self-signed X.509 carries the organisation's root key and the node's
//! certificate ([`certificate`]), and a [`verifier`] asks whether this node knows that organisation. No tickets, no
//! early data: each connection proves everything anew, so a partner that was removed has nothing left to use.

pub mod certificate;
pub mod verifier;

use crate::Error;
use crate::secret::NodeSecrets;
use certificate::Presented;
use domain::Refusal;
use domain::identity::KeysObject;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, CommonState, ServerConfig};
use std::sync::Arc;
use verifier::Verifier;

/// The protocol of links.
pub const ALPN_LINK: &[u8] = b"h2";
/// The protocol of pairing, offered only while an invitation is open.
pub const ALPN_PAIR: &[u8] = b"fingerpost-pair/1";

/// This node's TLS identity: its certificate and the key behind it.
#[derive(Clone)]
pub struct Identity {
    provider: Arc<CryptoProvider>,
    certificate: CertificateDer<'static>,
    key: Arc<PrivateKeyDer<'static>>,
}

/// What a finished handshake says.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who is at the other end, as the verifier accepted it.
    pub peer: Presented,
    /// The exporter of this connection.
    pub exporter: [u8; 32],
}

impl Identity {
    /// From a node's keys and its organisation's keys object, which must name the node.
    pub fn new(secrets: &NodeSecrets, keys: &KeysObject) -> Result<Self, Error> {
        secrets.check_against(keys)?;
        let (certificate, key) = certificate::make(secrets, keys)?;
        let key = Arc::new(PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key)));
        Ok(Self { provider: Arc::new(provider()), certificate, key })
    }

    /// To accept connections with this protocol, from whom this verifier accepts.
    pub fn server(&self, verifier: Verifier, alpn: &[u8]) -> Result<Arc<ServerConfig>, Error> {
        let fault = |e| Error::fault("cannot set TLS up for accepting", e);
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(fault)?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .map_err(fault)?;
        config.alpn_protocols = vec![alpn.to_vec()];
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        config.max_early_data_size = 0;
        Ok(Arc::new(config))
    }

    /// To open a connection with this protocol, to whom this verifier accepts.
    pub fn client(&self, verifier: Verifier, alpn: &[u8]) -> Result<Arc<ClientConfig>, Error> {
        let fault = |e| Error::fault("cannot set TLS up for dialling", e);
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(fault)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_auth_cert(vec![self.certificate.clone()], self.key.clone_key())
            .map_err(fault)?;
        config.alpn_protocols = vec![alpn.to_vec()];
        config.resumption = rustls::client::Resumption::disabled();
        config.enable_early_data = false;
        config.enable_sni = false;
        Ok(Arc::new(config))
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity([hidden])")
    }
}

/// What a finished handshake says, whichever side asks. Refused when the other side named no protocol, or the handshake
/// is not done.
pub fn session(connection: &CommonState, exporter: [u8; 32], alpn: &[u8]) -> Result<Session, Refusal> {
    if connection.alpn_protocol() != Some(alpn) {
        return Err(Refusal::invalid("the other side of a connection did not say which protocol it speaks"));
    }
    let [certificate] = connection.peer_certificates().unwrap_or_default() else {
        return Err(Refusal::not_authentic("the other side of a connection showed no certificate, or several"));
    };
    Ok(Session { peer: Presented::read(certificate)?, exporter })
}

/// The label that an exporter is derived under, by the protocol of the connection.
pub fn exporter_label(alpn: &[u8]) -> &'static [u8] {
    if alpn == ALPN_PAIR { b"EXPORTER-fingerpost-pair-v1" } else { b"EXPORTER-fingerpost-hello-v1" }
}

/// The one provider in the tree, narrowed to what nodes speak.
fn provider() -> CryptoProvider {
    CryptoProvider {
        kx_groups: vec![aws_lc_rs::kx_group::X25519MLKEM768, aws_lc_rs::kx_group::X25519],
        ..aws_lc_rs::default_provider()
    }
}

#[cfg(test)]
mod tests;
