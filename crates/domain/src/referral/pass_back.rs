//! What may come back to who referred: the second of a person's two permissions, asked by the receiver before anything is told.

use super::code::{Outcome, Reason};
use super::content::Content;
use super::document::PassBack;
use super::event::Body;
use crate::pathway::Permission;
use crate::{Refusal, RefusalKind};

impl PassBack {
    /// Whether the person agreed that the receiver tells this, with that content. What the sender has to know to hold the person, or to
    /// take them back, is told in any case: answers, questions, and why a person is handed back.
    pub fn check(self, body: &Body, content: Option<&Content>) -> Result<(), Refusal> {
        let (needs, hint) = needed(body, content);
        if needs.is_within(self) {
            return Ok(());
        }
        let action = body.action();
        let words = match self {
            Self::Nothing => "that it ended, and no more",
            Self::Outcome => "how it ended, and no more",
            Self::Progress => "how it goes",
        };
        let refusal = format!("{action} says more than the person agreed may be passed back: {words}");
        Err(Refusal::new(RefusalKind::NotAllowed, refusal).hint(hint))
    }
}

/// What a person has to have agreed to for it, and what to say where they did not.
fn needed(body: &Body, content: Option<&Content>) -> (Permission, &'static str) {
    const NO_WORDS: &str = "leave the words out";
    let has_scores = matches!(content, Some(Content::Words { scores, .. }) if !scores.is_empty());
    match (body, content) {
        (Body::Feedback, _) => {
            (Permission::Progress, "ask the person first; what they agree to now goes into a new agreement")
        }
        (Body::End(_), _) if has_scores => (Permission::Progress, "leave the scores out"),
        (Body::End(Outcome::NotTold), None) => (Permission::Nothing, ""),
        (Body::End(Outcome::NotTold), Some(_)) => (Permission::Outcome, NO_WORDS),
        (Body::End(_), _) => (Permission::Outcome, "end it as `not-told`, and without words"),
        (Body::Pause(reason), _) if *reason != Reason::Other => {
            (Permission::Progress, "pause it as `other`, and without words")
        }
        (Body::Contact(_) | Body::Start | Body::Pause(_) | Body::Resume, Some(_)) => (Permission::Progress, NO_WORDS),
        _ => (Permission::Nothing, ""),
    }
}
