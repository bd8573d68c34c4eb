//! The nodes of this organisation and their keys.

use super::{Application, find};
use crate::api::{NodeKeys, Response};
use domain::identity::{Holds, KeysObject, NodeCertificate, NodeState, Root, Signed};
use domain::sync::effect::Command;
use domain::{Refusal, RefusalKind};

impl Application {
    /// Every node of this organisation that is known here.
    pub(super) async fn nodes(&self) -> Result<Response, Refusal> {
        let own = self.own_keys().await?;
        let row = |certificate: &NodeCertificate| NodeKeys {
            node_id: certificate.node_id,
            serial: certificate.serial,
            state: match certificate.state {
                NodeState::Active => "active",
                NodeState::Retired => "retired",
                NodeState::Compromised => "compromised",
            }
            .to_owned(),
            is_home: certificate.is_home,
            holds: match certificate.holds {
                Holds::All => "all",
                Holds::Directory => "directory",
            }
            .to_owned(),
            is_this: certificate.node_id == self.0.node,
        };
        Ok(Response::Nodes { nodes: own.certificates().map(Signed::content).map(row).collect() })
    }

    /// Retires a node that was lost: it opens no links any more, and what it signed stays valid. Takes the recovery
    /// words, since only the root may say so.
    pub(super) async fn retire(&self, node: &str, words: &str) -> Result<Response, Refusal> {
        let engine = self.engine()?;
        let own = self.own_keys().await?;
        let root = Root::from_recovery_words(words)?;
        if root.org_id() != self.0.org {
            return Err(Refusal::not_authentic("these are the recovery words of another organisation"));
        }
        let known: Vec<_> = own.certificates().map(Signed::content).collect();
        let found: Vec<_> = known
            .iter()
            .filter(|c| !node.is_empty() && c.node_id.to_string().starts_with(&node.to_lowercase()))
            .collect();
        let certificate = match found.as_slice() {
            [one] => (**one).clone(),
            [] => {
                return Err(Refusal::not_found(format!("this organisation has no node {node:?}"))
                    .hint("`fingerpost key list` shows its nodes"));
            }
            many => return Err(find::ambiguous("node", node, many.iter().map(|c| (c.node_id.to_string(), "a node")))),
        };
        if certificate.node_id == self.0.node {
            return Err(Refusal::invalid("this is the very node that runs here").hint("retire it from another one"));
        }
        if certificate.state != NodeState::Active {
            return Err(Refusal::new(RefusalKind::AlreadyDone, format!("node {} is retired", certificate.node_id)));
        }
        let retired = NodeCertificate { serial: own.next_serial(), state: NodeState::Retired, ..certificate };
        let keys = KeysObject::new(root.public(), [root.certify(retired)])?;
        engine.ask(Command::TakeKeys(keys.bytes())).await?;
        self.nodes().await
    }

    async fn own_keys(&self) -> Result<KeysObject, Refusal> {
        let known = self.known().await?;
        known.keys.get(&self.0.org).cloned().ok_or_else(|| Refusal::not_found("this organisation's own keys"))
    }
}
