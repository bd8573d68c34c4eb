//! The words around a form's own. Those of further languages are made by who shows the form, from its own files.

/// The words around the questions. `{number}`, `{answer}`, `{least}`, `{most}`, `{count}` are put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words<'a> {
    /// The language that they are in (BCP 47).
    pub language: &'a str,
    /// Yes.
    pub yes: &'a str,
    /// No.
    pub no: &'a str,
    /// Before the reason of a question.
    pub why: &'a str,
    /// That a question has to be answered.
    pub required: &'a str,
    /// That it need not be.
    pub optional: &'a str,
    /// That the law guards the answer.
    pub special: &'a str,
    /// That it is asked by telephone alone.
    pub by_phone: &'a str,
    /// The condition of a question.
    pub only_if: &'a str,
    /// That one option is chosen.
    pub choose_one: &'a str,
    /// That several may be.
    pub choose_some: &'a str,
    /// A number's bounds.
    pub from_to: &'a str,
    /// How a date is written.
    pub date: &'a str,
    /// That nothing was answered.
    pub not_answered: &'a str,
    /// Before the scores of measures.
    pub scores: &'a str,
    /// Before the form's hash, by which an answer on paper is matched to its version.
    pub version: &'a str,
    /// The beginning of a call.
    pub call_opening: &'a [&'a str],
    /// Its end.
    pub call_closing: &'a [&'a str],
    /// Before what is said if the person asks why.
    pub if_asked_why: &'a str,
    /// Before the options that are read out.
    pub read_out: &'a str,
    /// Before what is written down nowhere but by who calls.
    pub ask_now: &'a str,
}

impl Words<'static> {
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
