//! The certificate of the port for the organisation's own software: self-signed, made once, for clients to pin.
//!
//! Of its own and not the node's, whose Ed25519 key and extension many TLS libraries do not take.

use crate::Error;
use crate::config::Config;
use crate::data::{Folder, write_private};
use domain::{Refusal, RefusalKind};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names that every such certificate goes by, whatever the machine is called.
const NAMES: [&str; 4] = ["fingerpost", "localhost", "127.0.0.1", "::1"];
/// Protocols of the port: gRPC only.
const ALPN: &[u8] = b"h2";

/// What the port serves with.
pub(super) struct Certificate {
    /// Where clients find it.
    pub(super) path: PathBuf,
    /// SHA-256 of it, in hex.
    pub(super) sha256: String,
    /// TLS 1.3 with it, nothing asked of the client.
    pub(super) tls: Arc<ServerConfig>,
}

impl Certificate {
    /// The one in the folder; made now where there is none.
    pub(super) fn open(folder: &Folder, config: &Config) -> Result<Self, Error> {
        let (path, key_path) = folder.admin_certificate();
        if !path.exists() && !key_path.exists() {
            make(&path, &key_path, config)?;
        }
        let anew = format!(
            "remove \"{}\" and \"{}\" to have both made anew; clients then pin the new one",
            path.display(),
            key_path.display()
        );
        expect_private(&key_path)?;
        let unreadable = |path: &Path, e| {
            Error::fault(format!("cannot read \"{}\"", path.display()), std::io::Error::other(e)).hint(&anew)
        };
        let certificate = CertificateDer::from_pem_file(&path).map_err(|e| unreadable(&path, e))?;
        let key = PrivateKeyDer::from_pem_file(&key_path).map_err(|e| unreadable(&key_path, e))?;
        let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&certificate));
        let mut tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|e| Error::fault("cannot set TLS up for the port for software", e))?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .map_err(|e| {
                Error::fault(format!("\"{}\" does not go with its key", path.display()), e).hint(anew.clone())
            })?;
        tls.alpn_protocols = vec![ALPN.to_vec()];
        tls.max_early_data_size = 0;
        Ok(Self { path, sha256, tls: Arc::new(tls) })
    }
}

/// The key goes first: a certificate alone would be pinned in vain.
fn make(path: &Path, key_path: &Path, config: &Config) -> Result<(), Error> {
    let fault = |e| Error::fault("cannot make a certificate for the port for software", e);
    let hosts = std::iter::once(&config.admin_listen).chain(&config.advertise).filter_map(|place| host(place));
    let mut names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).chain(hosts).collect();
    names.sort();
    names.dedup();
    let mut params = CertificateParams::new(names).map_err(fault)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "fingerpost admin");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(fault)?;
    let certificate = params.self_signed(&key).map_err(fault)?;
    write_private(key_path, zeroize::Zeroizing::new(key.serialize_pem()).as_bytes())?;
    write_private(path, certificate.pem().as_bytes())?;
    fs::set_permissions(path, Permissions::from_mode(0o644))
        .map_err(|e| Error::fault(format!("cannot open \"{}\" to readers", path.display()), e))
}

/// The host of `host:port`, where it names one; `[::1]:0` too.
fn host(place: &str) -> Option<String> {
    let host = place.rsplit_once(':')?.0.trim_start_matches('[').trim_end_matches(']');
    let is_any = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_unspecified());
    (!host.is_empty() && !is_any).then(|| host.to_owned())
}

fn expect_private(path: &Path) -> Result<(), Error> {
    let Ok(about) = fs::metadata(path) else { return Ok(()) }; // reading it says what is wrong
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalKind::NotAllowed,
        format!("others may read the key file \"{}\" (mode {mode:04o})", path.display()),
    )
    .hint(format!(
        "`chmod 600 \"{0}\"`; if others had a login on this machine, remove it and its certificate",
        path.display()
    ))
    .into())
}
