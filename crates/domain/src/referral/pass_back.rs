//! What may come back to who referred: the second of a person's two permissions, asked by the receiver before anything is told.

use super::code::{Outcome, Reason};
use super::content::Content;
use super::event::Body;
use crate::{Refusal, RefusalKind};
use serde::{Deserialize, Serialize};

/// The second of the two permissions: how much a person agreed may be told to who referred, and how much a word that comes back
/// needs. What needs no more than was agreed may be told (`needs <= agreed`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PassBack {
    /// That it ended, and no more: with whether the referral was received and taken, this is told in any case.
    #[default]
    Nothing,
    /// How it ended.
    Outcome,
    /// How it goes, too.
    Progress,
}

impl PassBack {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Outcome, Self::Progress];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Outcome => "outcome",
            Self::Progress => "progress",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// Whether the person agreed that the receiver tells this, with that content. What the sender has to know to hold the person, or to
    /// take them back, is told in any case: answers, questions, and why a person is handed back.
    pub fn check(self, body: &Body, content: Option<&Content>) -> Result<(), Refusal> {
        let (needs, hint) = needed(body, content);
        if needs <= self {
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
fn needed(body: &Body, content: Option<&Content>) -> (PassBack, &'static str) {
    const NO_WORDS: &str = "leave the words out";
    let has_scores = matches!(content, Some(Content::Words { scores, .. }) if !scores.is_empty());
    match (body, content) {
        (Body::Feedback, _) => {
            (PassBack::Progress, "ask the person first; what they agree to now goes into a new agreement")
        }
        (Body::End(_), _) if has_scores => (PassBack::Progress, "leave the scores out"),
        (Body::End(Outcome::NotTold), None) => (PassBack::Nothing, ""),
        (Body::End(Outcome::NotTold), Some(_)) => (PassBack::Outcome, NO_WORDS),
        (Body::End(_), _) => (PassBack::Outcome, "end it as `not-told`, and without words"),
        (Body::Pause(reason), _) if *reason != Reason::Other => {
            (PassBack::Progress, "pause it as `other`, and without words")
        }
        (Body::Contact(_) | Body::Start | Body::Pause(_) | Body::Resume, Some(_)) => (PassBack::Progress, NO_WORDS),
        _ => (PassBack::Nothing, ""),
    }
}
