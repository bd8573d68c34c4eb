//! Forms that come with Fingerpost, as examples that are configurations: to be published as they are, or changed and published.
//!
//! Every organisation and person in them is made up. Their pathways are in [`pathway::shipped`](crate::pathway::shipped), under the
//! same names.

use super::Form;
use crate::Refusal;

/// A form that comes with the software.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// What it is known by at the command line.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Its file, as JSON.
    pub json: &'static str,
    /// A filled example, as YAML: a map from questions to answers, of somebody made up.
    pub example: &'static str,
}

/// All of them.
pub const SHIPPED: [Shipped; 4] = [
    Shipped {
        name: "arts-group",
        about: "the least that a small group needs: who, how to reach them safely, what helps",
        json: include_str!("shipped/arts-group.json"),
        example: include_str!("shipped/arts-group.example.yaml"),
    },
    Shipped {
        name: "training-centre",
        about: "a fuller form for a training centre with classes for migrants",
        json: include_str!("shipped/training-centre.json"),
        example: include_str!("shipped/training-centre.example.yaml"),
    },
    Shipped {
        name: "refer-back",
        about: "from a charity to link workers, when somebody needs more than the charity has",
        json: include_str!("shipped/refer-back.json"),
        example: include_str!("shipped/refer-back.example.yaml"),
    },
    Shipped {
        name: "bridge-note",
        about: "from link workers to a GP surgery: a short note that a person agreed to",
        json: include_str!("shipped/bridge-note.json"),
        example: include_str!("shipped/bridge-note.example.yaml"),
    },
];

impl Shipped {
    /// The form.
    pub fn form(&self) -> Result<Form, Refusal> {
        let value = serde_json::from_str(self.json).map_err(|_| Refusal::malformed("a shipped form does not parse"))?;
        Form::read(&value)
    }
}

/// The one by this name.
pub fn by_name(name: &str) -> Result<&'static Shipped, Refusal> {
    SHIPPED.iter().find(|shipped| shipped.name == name).ok_or_else(|| {
        let names: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.name).collect();
        Refusal::not_found("no form of that name comes with Fingerpost").hint(format!("there are {}", names.join(", ")))
    })
}
