//! Whom a handshake lets in.
//!
//! For links: an organisation this node knows, by its root; a certificate that the root signed, that names the very TLS
//! key, is active, and is not older than the one known. For pairing: anyone whose certificate is consistent; the
//! invitation decides afterwards. The signature over the handshake is checked in both.

use super::certificate::Presented;
use super::provider;
use crate::engine::Acquaintance;
use domain::identity::NodeState;
use domain::{OrgId, Refusal, RefusalKind};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, SignatureScheme};
use std::sync::Arc;
use tokio::sync::watch;

/// Whom this node knows, as it changes.
pub type Known = watch::Receiver<Arc<Acquaintance>>;

/// Accepts or refuses the other side's certificate, whichever side that is.
#[derive(Debug)]
pub struct Verifier {
    admits: Admits,
    algorithms: rustls::crypto::WebPkiSupportedAlgorithms,
}

/// Whom a verifier lets in.
#[derive(Clone, Debug)]
pub enum Admits {
    /// Partners, and nodes of the own organisation.
    Anyone {
        /// Whom this node knows.
        known: Known,
        /// Its own organisation.
        own: OrgId,
    },
    /// One of those alone.
    Only {
        /// Whom this node knows.
        known: Known,
        /// Its own organisation.
        own: OrgId,
        /// The one that was dialled.
        org: OrgId,
    },
    /// Whoever uses an invitation.
    Joiner,
    /// The inviter that an invitation names.
    Inviter(OrgId),
}

impl Admits {
    /// Whether this one comes in, as things stand now.
    pub fn check(&self, peer: &Presented) -> Result<(), Refusal> {
        if peer.node().state != NodeState::Active {
            return Err(Refusal::not_authentic(format!(
                "node {} of organisation {} is not active any more",
                peer.node().node_id,
                peer.node().org_id
            )));
        }
        let only = match self {
            Self::Anyone { .. } | Self::Joiner => None,
            Self::Only { org, .. } | Self::Inviter(org) => Some(org),
        };
        if only.is_some_and(|org| *org != peer.node().org_id) {
            return Err(Refusal::not_authentic(format!("another organisation answers there: {}", peer.node().org_id)));
        }
        match self {
            Self::Joiner | Self::Inviter(_) => Ok(()),
            Self::Anyone { known, own } | Self::Only { known, own, .. } => check_known(&known.borrow(), *own, peer),
        }
    }
}

/// Whether this node knows the peer's organisation, is not holding it off, and knows no newer certificate of the node.
fn check_known(known: &Acquaintance, own: OrgId, peer: &Presented) -> Result<(), Refusal> {
    let org = peer.node().org_id;
    let refused = |what: String| Refusal::new(RefusalKind::NotAllowed, what);
    if org != own {
        let partner =
            known.partners.get(&org).ok_or_else(|| refused(format!("organisation {org} is not a partner")))?;
        if partner.is_paused {
            return Err(refused(format!("partner {:?} is paused", partner.name)));
        }
    }
    // Its id is the hash of its root, so that the root shown is the right one even where what was stored of it is damaged.
    let Some(keys) = known.keys.get(&org) else { return Ok(()) };
    let mut merged = keys.clone();
    merged.merge(peer.keys())?;
    if merged.node(&peer.node().node_id) != Some(peer.signed()) {
        return Err(Refusal::not_authentic(format!(
            "node {} shows an older certificate than the one known",
            peer.node().node_id
        )));
    }
    Ok(())
}

impl Verifier {
    /// Lets these in.
    pub fn new(admits: Admits) -> Self {
        Self { admits, algorithms: provider().signature_verification_algorithms }
    }

    fn verify(&self, end_entity: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Result<(), rustls::Error> {
        let accepted = if others.is_empty() {
            Presented::read(end_entity).and_then(|peer| self.admits.check(&peer))
        } else {
            Err(Refusal::malformed("a certificate chain where one certificate belongs"))
        };
        accepted.map_err(|refusal| {
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refusal))))
        })
    }
}

/// The reason within a failed handshake, when it was this side's verifier that refused.
pub fn refusal_within(error: &(dyn std::error::Error + 'static)) -> Option<Refusal> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner)))) =
            error.downcast_ref()
        {
            return inner.downcast_ref::<Refusal>().cloned();
        }
        let io = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = io.map(|inner| inner as &(dyn std::error::Error + 'static)).or_else(|| error.source());
    }
    None
}

fn no_tls12() -> rustls::Error {
    rustls::Error::General("nodes speak TLS 1.3 only".to_owned())
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.verify(end_entity, intermediates).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(no_tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.verify(end_entity, intermediates).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(no_tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}
