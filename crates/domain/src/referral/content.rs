//! What is inside a sealed payload once it is opened: answers, words, or the record of a person's agreement. Never printed.
//!
//! Which of them an event may carry follows from its action ([`Content::check_for`]); the record goes with no event, but with the
//! request. What comes from a partner is bounded, and refused unless [`Content::encode`] would have written it so; no refusal repeats
//! anything of it.

use super::code::{Action, Payload};
use super::consent::AgreementRecord;
use super::payload::CONTENT_BYTES;
use crate::form::{Answers, Score, check_language, is_words};
use crate::identity::object::{does_not_parse, expect_version_1, not_canonical};
use crate::limits::{ANSWERS_BYTES, WORDS_BYTES};
use crate::{Refusal, RefusalKind};
use prost::Message;
use std::collections::BTreeSet;
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// What a payload says.
#[derive(Clone, PartialEq)]
pub enum Content {
    /// Answers to the form.
    Answers(Answers),
    /// A question, its answer, feedback, a note.
    Words {
        /// Plain text, at most 16 KiB.
        words: String,
        /// Its language (BCP 47), where that is known.
        language: Option<String>,
        /// With feedback and at the end: what the person's answers to measures come to now.
        scores: BTreeSet<Score>,
    },
    /// What the person agreed to.
    Agreement(AgreementRecord),
}

/// `proto/fingerpost/object/v1/object.proto` describes these fields.
mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct ReferralContent {
        #[prost(uint32, tag = "1")]
        pub(super) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) answers: Vec<u8>,
        #[prost(string, tag = "3")]
        pub(super) words: String,
        #[prost(string, tag = "4")]
        pub(super) language: String,
        #[prost(message, repeated, tag = "5")]
        pub(super) scores: Vec<Score>,
        #[prost(bytes = "vec", tag = "6")]
        pub(super) agreement: Vec<u8>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct Score {
        #[prost(string, tag = "1")]
        pub(super) name: String,
        #[prost(uint32, tag = "2")]
        pub(super) value: u32,
    }
}

const WHAT: &str = "the content of a payload";

impl Content {
    /// Words alone.
    pub fn words(words: impl Into<String>) -> Self {
        Self::Words { words: words.into(), language: None, scores: BTreeSet::new() }
    }

    /// What is sealed. Refused when it is more than a payload holds, or no plain text.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        self.check()?;
        let mut content = self.message();
        let bytes = Zeroizing::new(content.encode_to_vec());
        content.answers.zeroize();
        content.words.zeroize();
        content.agreement.zeroize();
        if bytes.len() > CONTENT_BYTES {
            return Err(Refusal::too_large(format!("{WHAT} has {} bytes; the most is {CONTENT_BYTES}", bytes.len())));
        }
        Ok(bytes)
    }

    /// From an opened payload: shape, limits, canonical form. Whether answers fit their form is asked with the form at hand.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > CONTENT_BYTES {
            return Err(Refusal::too_large(format!("{WHAT} of {} bytes", bytes.len())));
        }
        let read = v1::ReferralContent::decode(bytes).map_err(|_| does_not_parse(WHAT))?;
        expect_version_1(read.version, WHAT)?;
        let content = match (read.answers.is_empty(), read.words.is_empty(), read.agreement.is_empty()) {
            (false, true, true) => Self::Answers(Answers::parse(&read.answers)?),
            (true, false, true) => Self::Words {
                words: read.words,
                language: Some(read.language).filter(|language| !language.is_empty()),
                scores: read.scores.iter().map(score).collect::<Result<_, _>>()?,
            },
            (true, true, false) => Self::Agreement(AgreementRecord::parse(&read.agreement)?),
            _ => return Err(Refusal::malformed(format!("{WHAT} is not one of answers, words and an agreement"))),
        };
        content.check()?;
        if content.message().encode_to_vec() != bytes {
            return Err(not_canonical(WHAT));
        }
        Ok(content)
    }

    /// Whether an event that does this may carry it: answers with what is sent, words with what else carries any, and either with an
    /// answer; scores with feedback and at the end.
    pub fn check_for(&self, action: Action) -> Result<(), Refusal> {
        let expected = match (action, action.payload()) {
            (Action::Send | Action::Amend, _) => "answers to the form",
            (Action::Answer, _) => "words or answers to the form",
            (_, Payload::Forbidden) => "nothing",
            _ => "words",
        };
        let fits = match self {
            Self::Answers(_) => matches!(action, Action::Send | Action::Amend | Action::Answer),
            Self::Words { .. } => expected.starts_with("words"),
            Self::Agreement(_) => false,
        };
        if !fits {
            let refusal = Refusal::invalid(format!("{action} carries {}", self.what()));
            return Err(refusal.hint(format!("it carries {expected}")));
        }
        match self {
            Self::Words { scores, .. } if !scores.is_empty() && !matches!(action, Action::Feedback | Action::End) => {
                Err(Refusal::invalid(format!("{action} carries scores"))
                    .hint("they go with feedback, and with the end"))
            }
            _ => Ok(()),
        }
    }

    /// What it is, in words.
    const fn what(&self) -> &'static str {
        match self {
            Self::Answers(_) => "answers to the form",
            Self::Words { .. } => "words",
            Self::Agreement(_) => "the record of an agreement",
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::Answers(answers) => {
                let bytes = answers.bytes().len();
                if bytes > ANSWERS_BYTES {
                    return Err(Refusal::too_large(format!("answers of {bytes} bytes; the most is {ANSWERS_BYTES}"))
                        .hint("shorten the longest"));
                }
                Ok(())
            }
            Self::Words { words, language, scores } => {
                check_words(words)?;
                language.as_deref().map_or(Ok(()), check_language)?;
                scores.iter().try_for_each(|score| match Score::of(score.name, score.value)? == *score {
                    true => Ok(()),
                    false => Err(Refusal::invalid("a score that no measure has")),
                })
            }
            Self::Agreement(record) => AgreementRecord::parse(&record.bytes()).map(drop),
        }
    }

    fn message(&self) -> v1::ReferralContent {
        let empty = v1::ReferralContent { version: 1, ..v1::ReferralContent::default() };
        match self {
            Self::Answers(answers) => v1::ReferralContent { answers: answers.bytes(), ..empty },
            Self::Words { words, language, scores } => v1::ReferralContent {
                words: words.clone(),
                language: language.clone().unwrap_or_default(),
                scores: scores
                    .iter()
                    .map(|score| v1::Score { name: score.name.to_owned(), value: u32::from(score.value) })
                    .collect(),
                ..empty
            },
            Self::Agreement(record) => v1::ReferralContent { agreement: record.bytes(), ..empty },
        }
    }
}

fn check_words(words: &str) -> Result<(), Refusal> {
    if words.len() > WORDS_BYTES {
        let bytes = words.len();
        return Err(Refusal::new(RefusalKind::TooLarge, format!("words of {bytes} bytes; the most is {WORDS_BYTES}"))
            .hint("shorten them, or send a long text another way and say so here"));
    }
    if is_words(words) {
        return Ok(());
    }
    Err(Refusal::invalid("the words are empty or no plain text").hint("write plain words, with new lines where needed"))
}

fn score(read: &v1::Score) -> Result<Score, Refusal> {
    Score::of(&read.name, u8::try_from(read.value).unwrap_or(u8::MAX))
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answers(_) => "Content::Answers([hidden])",
            Self::Words { .. } => "Content::Words([hidden])",
            Self::Agreement(_) => "Content::Agreement([hidden])",
        })
    }
}
