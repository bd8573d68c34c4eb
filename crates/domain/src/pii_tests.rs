//! That it is carried, and not printed.

use super::Pii;
use serde::{Deserialize, Serialize};
use serde_json::json;

const CANARY: &str = "Zebedee Canary";

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Card {
    name: Pii<String>,
    age: Pii<u8>,
    note: Option<Pii<Vec<String>>>,
}

fn card() -> Card {
    Card { name: Pii::new(CANARY.to_owned()), age: Pii::new(64), note: Some(Pii::new(vec![CANARY.to_owned()])) }
}

#[test]
fn nothing_of_it_is_printed() {
    assert_eq!(format!("{:?}", card()), "Card { name: [pii], age: [pii], note: Some([pii]) }");
    assert_eq!(format!("{:#?} {} {:>20}", card().name, card().name, card().age), "[pii] [pii] [pii]");
}

#[test]
fn it_is_carried_as_what_it_holds() {
    let json = json!({ "name": CANARY, "age": 64, "note": [CANARY] });
    assert_eq!(serde_json::to_value(card()).expect("JSON"), json);
    assert_eq!(serde_json::from_value::<Card>(json).expect("a card"), card());
    assert_eq!(card().name.expose(), CANARY);
    assert_eq!(card().name.into_exposed(), CANARY);
}

#[test]
fn what_does_not_read_is_not_repeated() {
    for wrong in [
        json!({ "name": CANARY, "age": CANARY }),
        json!({ "name": { "first": CANARY }, "age": 1 }),
        json!({ "name": CANARY, "age": 1, "note": CANARY }),
        json!({ "name": CANARY, "age": 6_400 }),
    ] {
        let error = serde_json::from_str::<Card>(&wrong.to_string()).expect_err("refused").to_string();
        assert!(error.contains("what is about a person does not read"), "{error}");
        assert!(!error.contains(CANARY) && !error.contains("6400"), "{error}");
    }
}
