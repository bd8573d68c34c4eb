//! The one message of pairing, parsed. What it means and whether it holds is `domain::identity`'s question.

use crate::proto::pairing as proto;
use domain::identity::introduce::Proof;
use domain::{Refusal, limits};

/// An introduction with what proves it. The same either way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairing {
    /// The encoded introduction, as received.
    pub introduce: Vec<u8>,
    /// Signature and MAC over the pairing transcript.
    pub proof: Proof,
}

impl Pairing {
    fn new(introduce: Vec<u8>, signature: &[u8], mac: &[u8]) -> Result<Self, Refusal> {
        if introduce.len() > limits::PAIRING_MESSAGE_BYTES {
            return Err(Refusal::too_large(format!("an introduction of {} bytes", introduce.len())));
        }
        Ok(Self {
            introduce,
            proof: Proof {
                signature: crate::exactly(signature, "a signature")?,
                mac: crate::exactly(mac, "a message authentication code")?,
            },
        })
    }
}

impl TryFrom<proto::PairRequest> for Pairing {
    type Error = Refusal;

    fn try_from(request: proto::PairRequest) -> Result<Self, Refusal> {
        Self::new(request.introduce, &request.signature, &request.mac)
    }
}

impl TryFrom<proto::PairResponse> for Pairing {
    type Error = Refusal;

    fn try_from(response: proto::PairResponse) -> Result<Self, Refusal> {
        Self::new(response.introduce, &response.signature, &response.mac)
    }
}

impl From<Pairing> for proto::PairRequest {
    fn from(pairing: Pairing) -> Self {
        Self {
            introduce: pairing.introduce,
            signature: pairing.proof.signature.to_vec(),
            mac: pairing.proof.mac.to_vec(),
        }
    }
}

impl From<Pairing> for proto::PairResponse {
    fn from(pairing: Pairing) -> Self {
        Self {
            introduce: pairing.introduce,
            signature: pairing.proof.signature.to_vec(),
            mac: pairing.proof.mac.to_vec(),
        }
    }
}
