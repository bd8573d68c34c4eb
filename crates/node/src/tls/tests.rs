use super::verifier::{Admits, Known, refusal_within};
use super::*;
use crate::engine::Acquaintance;
use crate::secret::{Founded, found};
use domain::identity::{NodeState, Root, Signed};
use domain::sync::batch::Partner;
use domain::{OrgId, Timestamp};
use rustls::pki_types::ServerName;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// An organisation that knows these others.
fn knowing(own: &Founded, others: &[&Founded]) -> (watch::Sender<Arc<Acquaintance>>, Known) {
    let mut known = Acquaintance::default();
    known.keys.insert(own.keys.org_id(), own.keys.clone());
    for other in others {
        let org_id = other.keys.org_id();
        known.keys.insert(org_id, other.keys.clone());
        known.partners.insert(org_id, partner(org_id));
    }
    watch::channel(Arc::new(known))
}

fn partner(org_id: OrgId) -> Partner {
    Partner {
        org_id,
        name: "Night Shelter".into(),
        addresses: vec![],
        is_paused: false,
        confirmed_here_at: None,
        confirmed_there: None,
        paired_at: Timestamp::default(),
        is_shared_with: false,
        is_followed: false,
    }
}

fn identity(of: &Founded) -> Identity {
    Identity::new(&of.secrets, &of.keys).unwrap()
}

/// What either side makes of a handshake: the session and key exchange, or this side's own refusal.
type Outcome = Result<(Session, rustls::NamedGroup), String>;

/// A handshake between a dialler and a listener over a pipe in memory.
async fn shake(
    dialler: &Identity,
    admits_there: Admits,
    listener: &Identity,
    admits_here: Admits,
) -> (Outcome, Outcome) {
    let server = listener.server(Verifier::new(admits_here), ALPN_LINK).unwrap();
    let client = dialler.client(Verifier::new(admits_there), ALPN_LINK).unwrap();
    let (near, far) = tokio::io::duplex(64 << 10);
    let accept = async {
        let stream = TlsAcceptor::from(server).accept(near).await.map_err(said)?;
        let connection = stream.get_ref().1;
        finished(connection, connection.export_keying_material([0; 32], exporter_label(ALPN_LINK), None))
    };
    let dial = async {
        let name = ServerName::try_from("node.invalid").unwrap();
        let stream = TlsConnector::from(client).connect(name, far).await.map_err(said)?;
        let connection = stream.get_ref().1;
        finished(connection, connection.export_keying_material([0; 32], exporter_label(ALPN_LINK), None))
    };
    let (listened, dialled) = tokio::join!(accept, dial);
    (dialled, listened)
}

fn finished(connection: &CommonState, exporter: Result<[u8; 32], rustls::Error>) -> Outcome {
    let group = connection.negotiated_key_exchange_group().unwrap().name();
    Ok((session(connection, exporter.unwrap(), ALPN_LINK).map_err(|r| r.message)?, group))
}

fn said(error: std::io::Error) -> String {
    refusal_within(&error).map_or_else(|| error.to_string(), |refusal| refusal.message)
}

fn anyone(known: &Known, own: &Founded) -> Admits {
    Admits::Anyone { known: known.clone(), own: own.keys.org_id() }
}

fn only(known: &Known, own: &Founded, org: &Founded) -> Admits {
    Admits::Only { known: known.clone(), own: own.keys.org_id(), org: org.keys.org_id() }
}

#[tokio::test]
async fn partners_meet_over_the_hybrid_and_each_knows_who_the_other_is() {
    let (a, b) = (found().unwrap(), found().unwrap());
    let (_a, a_knows) = knowing(&a, &[&b]);
    let (_b, b_knows) = knowing(&b, &[&a]);
    let (dialled, listened) = shake(&identity(&a), only(&a_knows, &a, &b), &identity(&b), anyone(&b_knows, &b)).await;
    let ((at_a, group), (at_b, _)) = (dialled.unwrap(), listened.unwrap());
    assert_eq!(group, rustls::NamedGroup::X25519MLKEM768);
    assert_eq!(at_a.exporter, at_b.exporter);
    assert_eq!((at_a.peer.node().org_id, at_b.peer.node().org_id), (b.keys.org_id(), a.keys.org_id()));
    assert_eq!(at_a.peer.node().author_key, b.secrets.author.public());
    assert_eq!(at_b.peer.node().node_id, a.secrets.node_id);
}

#[tokio::test]
async fn strangers_the_paused_and_the_removed_are_refused_in_the_handshake() {
    let (a, b, stranger) = (found().unwrap(), found().unwrap(), found().unwrap());
    let (sender, b_knows) = knowing(&b, &[&a]);
    let (_s, known_there) = knowing(&stranger, &[&b]);
    let meets = async |who: &Founded| {
        let (_w, knows) = knowing(who, &[&b]);
        shake(&identity(who), only(&knows, who, &b), &identity(&b), anyone(&b_knows, &b)).await.1.map(drop)
    };
    assert_eq!(meets(&a).await, Ok(()));
    assert!(meets(&stranger).await.unwrap_err().contains("is not a partner"));
    sender.send_modify(|known| {
        let mut paused = (**known).clone();
        paused.partners.get_mut(&a.keys.org_id()).unwrap().is_paused = true;
        *known = Arc::new(paused);
    });
    assert!(meets(&a).await.unwrap_err().contains("is paused"));
    sender.send_modify(|known| {
        let mut gone = (**known).clone();
        gone.partners.clear();
        *known = Arc::new(gone);
    });
    assert!(meets(&a).await.unwrap_err().contains("is not a partner"));
    drop(known_there);
}

#[tokio::test]
async fn a_dialler_takes_nobody_but_whom_it_dialled() {
    let (a, b, c) = (found().unwrap(), found().unwrap(), found().unwrap());
    let (_a, a_knows) = knowing(&a, &[&b, &c]);
    let (_c, c_knows) = knowing(&c, &[&a]);
    let (dialled, _) = shake(&identity(&a), only(&a_knows, &a, &b), &identity(&c), anyone(&c_knows, &c)).await;
    assert!(dialled.unwrap_err().contains("another organisation answers there"));
}

/// The same node with another serial and state.
fn reissued(of: &Founded, serial: u64, state: NodeState) -> Founded {
    let certificate = of.keys.node(&of.secrets.node_id).unwrap().content().clone();
    let signed = of.root.certify(domain::identity::NodeCertificate { serial, state, ..certificate });
    let root = Root::from_recovery_words(&of.root.recovery_words().unwrap()).unwrap();
    let keys = domain::identity::KeysObject::new(root.public(), [signed]).unwrap();
    Founded { root, secrets: of.secrets.clone(), keys }
}

#[tokio::test]
async fn a_new_serial_reaches_a_partner_in_the_handshake_and_an_old_one_is_refused() {
    let (a, b) = (found().unwrap(), found().unwrap());
    let newer = reissued(&a, 2, NodeState::Active);
    let retired = reissued(&a, 3, NodeState::Retired);
    let meets = async |shown: &Founded, pinned: &Founded| {
        let (_b, b_knows) = knowing(&b, &[pinned]);
        let (_a, a_knows) = knowing(shown, &[&b]);
        let admits = only(&a_knows, shown, &b);
        shake(&identity(shown), admits, &identity(&b), anyone(&b_knows, &b)).await.1
    };
    assert_eq!(meets(&newer, &a).await.unwrap().0.peer.node().serial, 2);
    assert!(meets(&a, &newer).await.unwrap_err().contains("an older certificate"));
    assert!(meets(&a, &retired).await.unwrap_err().contains("an older certificate"));
    assert!(meets(&retired, &a).await.unwrap_err().contains("is not active"));
}

#[tokio::test]
async fn a_certificate_of_another_key_or_root_is_refused() {
    let (a, b, thief) = (found().unwrap(), found().unwrap(), found().unwrap());
    let (_b, b_knows) = knowing(&b, &[&a]);
    let (_t, t_knows) = knowing(&thief, &[&b]);
    // A thief shows the victim's certificate around its own TLS key.
    let shown = domain::identity::KeysObject::new(*a.keys.root(), a.keys.certificates().cloned()).unwrap();
    let mut secrets = a.secrets.clone();
    secrets.tls = thief.secrets.tls.clone();
    assert!(Identity::new(&secrets, &shown).is_err(), "this node would show a certificate that is not its own");
    let (certificate, key) = certificate::make(&secrets, &shown).unwrap();
    let forged = Identity {
        provider: Arc::new(provider()),
        certificate: certificate.clone(),
        key: Arc::new(PrivateKeyDer::Pkcs8(key.into())),
    };
    assert!(Presented::read(&certificate).unwrap_err().message.contains("names another TLS key"));
    let (_, listened) = shake(&forged, only(&t_knows, &thief, &b), &identity(&b), anyone(&b_knows, &b)).await;
    assert!(listened.unwrap_err().contains("names another TLS key"));
    // And the victim's own X.509, without the key behind it.
    let copied = Identity { certificate: identity(&a).certificate, ..identity(&thief) };
    assert!(copied.client(Verifier::new(only(&t_knows, &thief, &b)), ALPN_LINK).is_err());
}

#[test]
fn every_flipped_byte_of_what_is_presented_is_refused() {
    let a = found().unwrap();
    let honest = identity(&a).certificate;
    let bytes = honest.as_ref();
    let start = bytes.windows(64).position(|w| *w == a.keys.bytes()[..64]).unwrap();
    for i in (start..start + a.keys.bytes().len()).step_by(5) {
        let mut altered = bytes.to_vec();
        altered[i] ^= 1;
        let read = Presented::read(&CertificateDer::from(altered));
        assert!(read.is_err(), "byte {i}");
    }
    let signed: Signed<_> = Presented::read(&honest).unwrap().signed().clone();
    assert_eq!(signed.content().node_id, a.secrets.node_id);
}
