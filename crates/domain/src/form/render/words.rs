//! The words around a form's own. Further languages are made by who shows the form, from their files.

/// The words around the questions. `{number}`, `{answer}`, `{least}`, `{most}`, `{count}` are put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The language that they are in (BCP 47).
    pub language: &'static str,
    /// Yes.
    pub yes: &'static str,
    /// No.
    pub no: &'static str,
    /// Before the reason of a question.
    pub why: &'static str,
    /// That a question has to be answered.
    pub required: &'static str,
    /// That it need not be.
    pub optional: &'static str,
    /// That the law guards the answer.
    pub special: &'static str,
    /// That it is asked by telephone alone.
    pub by_phone: &'static str,
    /// The condition of a question.
    pub only_if: &'static str,
    /// That one option is chosen.
    pub choose_one: &'static str,
    /// That several may be.
    pub choose_some: &'static str,
    /// A number's bounds.
    pub from_to: &'static str,
    /// How a date is written.
    pub date: &'static str,
    /// That nothing was answered.
    pub not_answered: &'static str,
    /// Before the scores of measures.
    pub scores: &'static str,
    /// Before the form's hash, by which an answer on paper is matched to its version.
    pub version: &'static str,
    /// The beginning of a call.
    pub call_opening: &'static [&'static str],
    /// Its end.
    pub call_closing: &'static [&'static str],
    /// Before what is said if the person asks why.
    pub if_asked_why: &'static str,
    /// Before the options that are read out.
    pub read_out: &'static str,
    /// Before what is written down nowhere but by who calls.
    pub ask_now: &'static str,
}

impl Words {
    /// In English.
    pub const ENGLISH: Self = Self {
        language: "en",
        yes: "Yes",
        no: "No",
        why: "Why we ask:",
        required: "please answer",
        optional: "you need not answer",
        special: "This is private. The law protects it specially.",
        by_phone: "We ask this by telephone. Please do not write it down here.",
        only_if: "Only if your answer to question {number} is: {answer}",
        choose_one: "Choose one",
        choose_some: "Choose all that fit",
        from_to: "A number from {least} to {most}",
        date: "Day, month and year",
        not_answered: "not answered",
        scores: "Scores",
        version: "Version of this form",
        call_opening: &[
            "Say who you are and where you ring from only when you know that you speak to the person.",
            "Ask: is this a good moment, and can you talk freely where you are? If not, ask when to ring again.",
            "Say: you need not answer anything that you would rather not, and you can stop at any time.",
        ],
        call_closing: &[
            "Read back the telephone number and how it is safe to reach them.",
            "Say what happens next, and by when they will hear.",
            "Ask: is there anything you would like to ask, or to change?",
        ],
        if_asked_why: "If they ask why:",
        read_out: "Read out:",
        ask_now: "By telephone alone: do not put the answer on paper or in an e-mail.",
    };
}
