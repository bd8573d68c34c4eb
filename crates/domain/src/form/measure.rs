//! Published questions as measures: their wording and scales as published, and the scores as their publishers define them.
//!
//! Personal well-being (ONS4): Office for National Statistics, "Personal well-being survey user guide" and the harmonised standard;
//! four questions from 0 to 10, reported one by one in published bands, never summed. Loneliness: the three-item scale of Hughes and
//! others (2004) in the wording and with the answers of the harmonised standard of the Government Statistical Service, whose
//! introduction speaks of four questions since a direct one follows there; answers count 1 to 3, the sum is from 3 to 9, and ONS publishes no threshold, so there is none here.

use super::field::{Field, Kind, Requirement, Sensitivity, Tier};
use super::{Answers, Form};
use crate::Refusal;
use serde_json::{Value, json};

/// A published set of questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Personal well-being, four questions.
    Wellbeing,
    /// Loneliness, three questions.
    Loneliness,
}

/// One question of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// Life satisfaction.
    Satisfied,
    /// Worthwhile.
    Worthwhile,
    /// Happiness.
    Happy,
    /// Anxiety.
    Anxious,
    /// Lacking companionship.
    Companionship,
    /// Left out.
    LeftOut,
    /// Isolated.
    Isolated,
}

/// What answers to a measure come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score {
    /// Of what: "life satisfaction", "loneliness".
    pub name: &'static str,
    /// How much.
    pub value: u8,
    /// The least and the most that it could be.
    pub range: (u8, u8),
    /// The published band, where bands are published.
    pub band: Option<&'static str>,
}

const HARDLY: &str = "Hardly ever or never";
const SOME: &str = "Some of the time";
const OFTEN: &str = "Often";
/// Each counts one more than the one before, from 1.
const HOW_OFTEN: [&str; 3] = [HARDLY, SOME, OFTEN];

impl Measure {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Wellbeing, Self::Loneliness];

    /// Its questions, in the order in which they are asked.
    pub const fn items(self) -> &'static [Item] {
        match self {
            Self::Wellbeing => &[Item::Satisfied, Item::Worthwhile, Item::Happy, Item::Anxious],
            Self::Loneliness => &[Item::Companionship, Item::LeftOut, Item::Isolated],
        }
    }

    /// What is said before its first question.
    pub const fn introduction(self) -> &'static str {
        match self {
            Self::Wellbeing => {
                "Next I would like to ask you four questions about your feelings on aspects of your life. There are no right or \
                 wrong answers. For each of these questions I'd like you to give an answer on a scale of 0 to 10, where 0 is \
                 \"not at all\" and 10 is \"completely\"."
            }
            Self::Loneliness => {
                "The next three questions are about relationships with others. For each one, please say how often (if at all) \
                 you feel that way."
            }
        }
    }

    /// Its questions as the `properties` of a form, ready to be put there, under the names that they have here.
    pub fn properties(self) -> Vec<(&'static str, Value)> {
        self.items().iter().map(|item| (item.name(), item.property())).collect()
    }
}

impl Item {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Satisfied,
        Self::Worthwhile,
        Self::Happy,
        Self::Anxious,
        Self::Companionship,
        Self::LeftOut,
        Self::Isolated,
    ];

    /// The measure that it is of.
    pub const fn measure(self) -> Measure {
        match self {
            Self::Satisfied | Self::Worthwhile | Self::Happy | Self::Anxious => Measure::Wellbeing,
            Self::Companionship | Self::LeftOut | Self::Isolated => Measure::Loneliness,
        }
    }

    /// Its word in `x-measure`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Satisfied => "ons4/satisfied",
            Self::Worthwhile => "ons4/worthwhile",
            Self::Happy => "ons4/happy",
            Self::Anxious => "ons4/anxious",
            Self::Companionship => "loneliness-3/companionship",
            Self::LeftOut => "loneliness-3/left-out",
            Self::Isolated => "loneliness-3/isolated",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Result<Self, Refusal> {
        Self::ALL.into_iter().find(|item| item.word() == word).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|item| item.word()).collect();
            Refusal::invalid("`x-measure` names no measure that is known here")
                .hint(format!("use {}", words.join(", ")))
        })
    }

    /// The question, as published.
    pub const fn wording(self) -> &'static str {
        match self {
            Self::Satisfied => "Overall, how satisfied are you with your life nowadays?",
            Self::Worthwhile => {
                "Overall, to what extent do you feel that the things you do in your life are worthwhile?"
            }
            Self::Happy => "Overall, how happy did you feel yesterday?",
            Self::Anxious => {
                "On a scale where 0 is \"not at all anxious\" and 10 is \"completely anxious\", overall, how anxious did you \
                 feel yesterday?"
            }
            Self::Companionship => "How often do you feel that you lack companionship?",
            Self::LeftOut => "How often do you feel left out?",
            Self::Isolated => "How often do you feel isolated from others?",
        }
    }

    /// Its scale, where the question does not say it.
    pub const fn scale(self) -> Option<&'static str> {
        match self {
            Self::Satisfied => Some("0 is \"not at all satisfied\" and 10 is \"completely satisfied\"."),
            Self::Worthwhile => Some("0 is \"not at all worthwhile\" and 10 is \"completely worthwhile\"."),
            Self::Happy => Some("0 is \"not at all happy\" and 10 is \"completely happy\"."),
            Self::Anxious | Self::Companionship | Self::LeftOut | Self::Isolated => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Satisfied => "life_satisfaction",
            Self::Worthwhile => "life_worthwhile",
            Self::Happy => "happy_yesterday",
            Self::Anxious => "anxious_yesterday",
            Self::Companionship => "lacks_companionship",
            Self::LeftOut => "feels_left_out",
            Self::Isolated => "feels_isolated",
        }
    }

    const fn scored_as(self) -> &'static str {
        match self {
            Self::Satisfied => "life satisfaction",
            Self::Worthwhile => "worthwhile",
            Self::Happy => "happiness",
            Self::Anxious => "anxiety",
            Self::Companionship | Self::LeftOut | Self::Isolated => "loneliness",
        }
    }

    fn property(self) -> Value {
        let mut property = match self.measure() {
            Measure::Wellbeing => json!({ "type": "integer", "minimum": 0, "maximum": 10 }),
            Measure::Loneliness => json!({ "type": "string", "enum": HOW_OFTEN }),
        };
        let said = json!({
            "title": self.wording(),
            "x-tier": Tier::Context.word(),
            "x-special-category": true,
            "x-measure": self.word(),
            "x-why": "So that you and we can see whether things change. You need not answer.",
        });
        if let (Some(property), Some(said)) = (property.as_object_mut(), said.as_object()) {
            property.extend(said.clone());
            property.extend(self.scale().map(|scale| ("description".to_owned(), json!(scale))));
        }
        property
    }

    /// Whether a question asks it as it was published: otherwise its answers compare with nobody's.
    pub(super) fn check(self, field: &Field) -> Result<(), Refusal> {
        let name = &field.name;
        let kind_fits = match (self.measure(), &field.kind) {
            (Measure::Wellbeing, Kind::Whole { least: Some(0), most: Some(10) }) => true,
            (Measure::Loneliness, Kind::One(choices)) => {
                choices.iter().map(|choice| choice.value.as_str()).eq(HOW_OFTEN)
                    && choices.iter().all(|choice| choice.label == choice.value)
            }
            _ => false,
        };
        if !kind_fits {
            let scale = match self.measure() {
                Measure::Wellbeing => "an integer with minimum 0 and maximum 10".to_owned(),
                Measure::Loneliness => format!("a string with `enum` {}", json!(HOW_OFTEN)),
            };
            return Err(Refusal::invalid(format!("{name} is {} on another scale than published", self.word()))
                .hint(format!("make it {scale}")));
        }
        if field.title != self.wording() || field.description.as_deref() != self.scale() {
            let scale = self.scale().map_or_else(String::new, |scale| format!(", and the description {scale:?}"));
            return Err(Refusal::invalid(format!("{name} is {} in other words than published", self.word()))
                .hint(format!("make the title {:?}{scale}", self.wording())));
        }
        if field.sensitivity != Sensitivity::Special || field.requirement == Requirement::Required {
            return Err(Refusal::invalid(format!(
                "{name} asks how somebody feels: health data that nobody has to give"
            ))
            .hint("write \"x-special-category\": true, and take it out of `required`"));
        }
        Ok(())
    }
}

impl Score {
    /// So much of that. Refused when no measure here is scored so, or cannot come to so much.
    pub fn of(name: &str, value: u8) -> Result<Self, Refusal> {
        let scored = Item::ALL.into_iter().find(|item| item.scored_as() == name);
        let item = scored.ok_or_else(|| Refusal::invalid("a score of no measure that is known here"))?;
        let (range, band) = match item.measure() {
            Measure::Wellbeing => ((0, 10), Some(band(item, value))),
            Measure::Loneliness => ((3, 9), None),
        };
        if (range.0..=range.1).contains(&value) {
            return Ok(Self { name: item.scored_as(), value, range, band });
        }
        let name = item.scored_as();
        Err(Refusal::invalid(format!("a score of {name} that it cannot come to"))
            .hint(format!("it is from {} to {}", range.0, range.1)))
    }
}

/// What the answers to measures come to: well-being question by question; loneliness when all three were answered.
pub fn scores(form: &Form, answers: &Answers) -> Vec<Score> {
    let answer = |item: Item| {
        let field = form.fields().iter().find(|field| field.measure == Some(item))?;
        count(item, answers.value(&field.name)?)
    };
    let mut found: Vec<Score> =
        Measure::Wellbeing.items().iter().filter_map(|item| Score::of(item.scored_as(), answer(*item)?).ok()).collect();
    let lonely: Option<Vec<u8>> = Measure::Loneliness.items().iter().map(|item| answer(*item)).collect();
    let lonely = lonely.map(|counts| counts.into_iter().fold(0, u8::saturating_add));
    found.extend(lonely.and_then(|sum| Score::of(Item::Isolated.scored_as(), sum).ok()));
    found
}

fn count(item: Item, answer: &Value) -> Option<u8> {
    match item.measure() {
        Measure::Wellbeing => {
            answer.as_u64().and_then(|answer| u8::try_from(answer).ok()).filter(|answer| *answer <= 10)
        }
        Measure::Loneliness => {
            let place = HOW_OFTEN.iter().position(|option| Some(*option) == answer.as_str())?;
            u8::try_from(place).ok().map(|place| place.saturating_add(1))
        }
    }
}

/// The thresholds that ONS publishes with its estimates; those of anxiety run the other way.
const fn band(item: Item, value: u8) -> &'static str {
    match item {
        Item::Anxious => match value {
            0..=1 => "very low",
            2..=3 => "low",
            4..=5 => "medium",
            _ => "high",
        },
        _ => match value {
            0..=4 => "low",
            5..=6 => "medium",
            7..=8 => "high",
            _ => "very high",
        },
    }
}
