//! `Hello`, the first message each way on every connection: who it is, proved with its author key on this very TLS
//! session. A connection that has not passed it gets nothing else.

use super::{Connection, Own};
use domain::identity::hello::{End, HelloTranscript, Side};
use domain::identity::{Addresses, Signed};
use domain::{Incarnation, NodeId, OrgId, Refusal};
use std::collections::BTreeSet;

/// What a node said of itself, proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// Its organisation.
    pub org: OrgId,
    /// The node.
    pub node: NodeId,
    /// Which side this node was: whether it was dialled.
    pub side: Side,
    /// Its process.
    pub incarnation: Incarnation,
    /// What its organisation calls itself.
    pub name: String,
    /// Where it can be reached; `None` when it says nothing.
    pub addresses: Option<Addresses>,
    /// Whether several processes of it on one database are no sign of a copy.
    pub is_replicated: bool,
}

/// This node's greeting on a connection.
pub(super) fn make(own: &Own, connection: &Connection) -> wire::hello::Hello {
    let about = own.about.borrow().clone();
    let transcript = HelloTranscript {
        side: connection.side,
        exporter: connection.session.exporter,
        signer: own.end(),
        other: other_end(connection),
        protocol_version: wire::hello::VERSION,
    };
    wire::hello::Hello {
        versions: BTreeSet::from([wire::hello::VERSION]),
        side: connection.side,
        is_replicated: false,
        is_hub: false,
        org_id: own.org,
        node_id: own.secrets.node_id,
        serial: own.serial,
        incarnation: own.incarnation,
        signature: transcript.sign(&own.secrets.author),
        addresses: own.signed_addresses(&about).map(|signed| signed.bytes().to_vec()).unwrap_or_default(),
        name: about.name,
    }
}

/// Checks the other side's greeting against the connection it came on.
pub(super) fn check(own: &Own, connection: &Connection, hello: &wire::hello::Hello) -> Result<Greeting, Refusal> {
    let peer = connection.session.peer.node();
    let side = opposite(connection.side);
    let said = End { org_id: hello.org_id, node_id: hello.node_id, serial: hello.serial };
    if hello.side != side || said != other_end(connection) {
        return Err(Refusal::not_authentic("a greeting is of another node, or another side, than its connection"));
    }
    if !hello.versions.contains(&wire::hello::VERSION) {
        return Err(Refusal::invalid(format!("the other node speaks protocol versions {:?}", hello.versions))
            .hint("update the older of the two nodes"));
    }
    let transcript = HelloTranscript {
        side,
        exporter: connection.session.exporter,
        signer: said,
        other: own.end(),
        protocol_version: hello.versions.last().copied().unwrap_or_default(),
    };
    transcript.verify(&peer.author_key, &hello.signature)?;
    Ok(Greeting {
        org: peer.org_id,
        node: peer.node_id,
        side: connection.side,
        incarnation: hello.incarnation,
        name: hello.name.clone(),
        addresses: addresses(connection, &hello.addresses)?,
        is_replicated: hello.is_replicated,
    })
}

fn addresses(connection: &Connection, bytes: &[u8]) -> Result<Option<Addresses>, Refusal> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let peer = connection.session.peer.node();
    let signed = Signed::<Addresses>::parse(bytes)?;
    signed.verify(&peer.author_key)?;
    let of = (signed.content().org_id, signed.content().node_id);
    if of != (peer.org_id, peer.node_id) {
        return Err(Refusal::not_authentic("a greeting has the addresses of another node"));
    }
    Ok(Some(signed.content().clone()))
}

fn other_end(connection: &Connection) -> End {
    let peer = connection.session.peer.node();
    End { org_id: peer.org_id, node_id: peer.node_id, serial: peer.serial }
}

const fn opposite(side: Side) -> Side {
    match side {
        Side::Dialler => Side::Listener,
        Side::Listener => Side::Dialler,
    }
}
