//! The X.509 that nodes show each other: a shell for the organisation's root key and one node certificate.
//!
//! Everything else in it (names, dates, its own signature) means nothing and is not looked at.

use crate::Error;
use crate::secret::NodeSecrets;
use domain::Refusal;
use domain::identity::signing::PublicKey;
use domain::identity::{KeysObject, NodeCertificate, Signed};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, DnType, KeyPair};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

/// The extension's object identifier, under the arc of UUIDs.
const EXTENSION: [u64; 3] = [2, 25, 7_440_716_218_446_511_001];
/// Largest certificate that is looked at: a keys object of one node, and the shell.
const CERTIFICATE_BYTES: usize = 8 << 10;
/// The object identifier of Ed25519 keys.
const ED25519: &str = "1.3.101.112";
/// What comes before the 32 bytes of an Ed25519 seed in PKCS #8.
const PKCS8_PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// What a node showed: its organisation's root key and its certificate, signed by that root and naming the very key
/// that the connection was signed with. Whether the organisation is known is asked elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    keys: KeysObject,
    certificate: Signed<NodeCertificate>,
}

impl Presented {
    /// Reads an X.509, and checks that the root signed the node certificate and that it names the X.509's own key.
    pub fn read(der: &CertificateDer<'_>) -> Result<Self, Refusal> {
        if der.len() > CERTIFICATE_BYTES {
            return Err(Refusal::too_large(format!("a TLS certificate of {} bytes", der.len())));
        }
        let (rest, shell) = X509Certificate::from_der(der)
            .map_err(|_| Refusal::malformed("a TLS certificate does not parse as X.509"))?;
        if !rest.is_empty() {
            return Err(Refusal::malformed("a TLS certificate has something behind it"));
        }
        let spki = shell.public_key();
        if spki.algorithm.algorithm.to_id_string() != ED25519 {
            return Err(Refusal::malformed("a TLS certificate has a key that is not Ed25519"));
        }
        let mut found = shell.extensions().iter().filter(|e| e.oid.iter().is_some_and(|oid| oid.eq(EXTENSION)));
        let (Some(extension), None) = (found.next(), found.next()) else {
            return Err(Refusal::malformed("a TLS certificate carries no node certificate, or several"));
        };
        let keys = KeysObject::parse(extension.value)?;
        let (Some(certificate), 1) = (keys.certificates().next().cloned(), keys.certificates().count()) else {
            return Err(Refusal::malformed("a TLS certificate carries the certificates of several nodes"));
        };
        if certificate.content().tls_key.as_slice() != spki.subject_public_key.data.as_ref() {
            return Err(Refusal::not_authentic("a node certificate names another TLS key than the one shown"));
        }
        Ok(Self { keys, certificate })
    }

    /// The node certificate.
    pub const fn node(&self) -> &NodeCertificate {
        self.certificate.content()
    }

    /// The same, as signed.
    pub const fn signed(&self) -> &Signed<NodeCertificate> {
        &self.certificate
    }

    /// The root that signed it.
    pub const fn root(&self) -> &PublicKey {
        self.keys.root()
    }

    /// Root key and certificate as a keys object of one node.
    pub const fn keys(&self) -> &KeysObject {
        &self.keys
    }
}

/// This node's X.509, and the PKCS #8 of its key.
pub(super) fn make(secrets: &NodeSecrets, keys: &KeysObject) -> Result<(CertificateDer<'static>, Vec<u8>), Error> {
    let fault = |e| Error::fault("cannot make this node's TLS certificate", e);
    let own = keys.node(&secrets.node_id).cloned();
    let shown = KeysObject::new(*keys.root(), own)?;
    let pkcs8 = Zeroizing::new([PKCS8_PREFIX.as_slice(), secrets.tls.seed().as_slice()].concat());
    let key = KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(pkcs8.as_slice()), &rcgen::PKCS_ED25519)
        .map_err(fault)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "fingerpost");
    params.custom_extensions = vec![CustomExtension::from_oid_content(&EXTENSION, shown.bytes())];
    let certificate = params.self_signed(&key).map_err(fault)?;
    Ok((certificate.der().clone(), pkcs8.to_vec()))
}
