//! The key file: a line for each key, in hex, and a check over them all.

use super::{LocalKey, NodeSecrets};
use crate::Error;
use domain::identity::sealing::SealingSecret;
use domain::identity::signing::SecretKey;
use domain::{NodeId, Refusal};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use zeroize::Zeroizing;

const TITLE: &str = "fingerpost keys v1";
const WARNING: &str = "# Whoever reads this file can act as this node. Back it up in a safe place; never share it.";
/// A key file is about 450 bytes; one that is larger is something else.
const LARGEST_BYTES: u64 = 4096;

pub(super) fn render(secrets: &NodeSecrets) -> Zeroizing<String> {
    let hex = |bytes: &[u8]| Zeroizing::new(data_encoding::HEXLOWER.encode(bytes));
    let mut text = Zeroizing::new(String::with_capacity(1024));
    for (name, value) in [
        (TITLE, Zeroizing::new(String::new())),
        (WARNING, Zeroizing::new(String::new())),
        ("node", hex(secrets.node_id.as_bytes())),
        ("tls", hex(secrets.tls.seed().as_slice())),
        ("author", hex(secrets.author.seed().as_slice())),
        ("sealing", hex(secrets.sealing.seed().as_slice())),
        ("local", hex(secrets.local.0.as_slice())),
    ] {
        text.push_str(name);
        if !value.is_empty() {
            text.push(' ');
            text.push_str(&value);
        }
        text.push('\n');
    }
    let check = check(&text);
    text.push_str("check ");
    text.push_str(&check);
    text.push('\n');
    text
}

pub(super) fn read(path: &Path) -> Result<NodeSecrets, Error> {
    let text = read_private(path)?;
    let wrong = |what: &str| {
        Refusal::malformed(format!("the key file \"{}\" is damaged: {what}", path.display()))
            .hint("put back a copy of it; without one, make a new node from the organisation's recovery words")
    };
    let (body, said) = text.split_once("check ").ok_or_else(|| wrong("its last line is missing"))?;
    if !body.starts_with(TITLE) {
        let later = body.starts_with("fingerpost keys v");
        return Err(wrong(if later { "a newer version of Fingerpost wrote it" } else { "it is no key file" }).into());
    }
    if said.trim_end() != check(body) {
        return Err(wrong("its check line does not match").into());
    }
    let key = |name: &str| {
        let value = body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let bytes = value.and_then(|hex| data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()).map(Zeroizing::new);
        bytes.ok_or_else(|| wrong(&format!("it has no usable line `{name}`")))
    };
    let seed = |name: &str| {
        let bytes = key(name)?;
        <[u8; 32]>::try_from(bytes.as_slice())
            .map(Zeroizing::new)
            .map_err(|_| wrong(&format!("its line `{name}` has another length")))
    };
    Ok(NodeSecrets {
        node_id: NodeId::try_from(key("node")?.as_slice())?,
        tls: SecretKey::from_seed(&*seed("tls")?),
        author: SecretKey::from_seed(&*seed("author")?),
        sealing: SealingSecret::from_seed(&*seed("sealing")?),
        local: LocalKey::from_bytes(&*seed("local")?),
    })
}

/// The text of a file that nobody but its owner may read.
fn read_private(path: &Path) -> Result<Zeroizing<String>, Error> {
    let shown = path.display();
    let mut file = std::fs::File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Refusal::not_found(format!("there is no key file \"{shown}\""))
            .hint("put back a copy of it; without one, make a new node from the organisation's recovery words")
            .into(),
        _ => Error::fault(format!("cannot open the key file \"{shown}\""), e),
    })?;
    let unreadable = |e| Error::fault(format!("cannot read the key file \"{shown}\""), e);
    let about = file.metadata().map_err(unreadable)?;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Refusal::new(
            domain::RefusalKind::NotAllowed,
            format!("others may read the key file \"{shown}\" (mode {mode:04o})"),
        )
        .hint(format!("`chmod 600 \"{shown}\"`; if others had a login on this machine, retire this node's keys"))
        .into());
    }
    if about.len() > LARGEST_BYTES {
        return Err(Refusal::malformed(format!("\"{shown}\" is too large to be a key file")).into());
    }
    // With room for the whole file, so that no copy of the keys is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(LARGEST_BYTES as usize));
    file.by_ref().take(LARGEST_BYTES).read_to_string(&mut text).map_err(|e| match e.kind() {
        std::io::ErrorKind::InvalidData => {
            Refusal::malformed(format!("the key file \"{shown}\" is damaged: it is not text")).into()
        }
        _ => unreadable(e),
    })?;
    Ok(text)
}

fn check(body: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(body.as_bytes()).into();
    data_encoding::HEXLOWER.encode(digest.first_chunk::<8>().unwrap_or(&[0; 8]))
}
