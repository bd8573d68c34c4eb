//! What comes with the software works as it is.

use super::*;

#[test]
fn every_shipped_form_is_one_and_its_example_fits() {
    for shipped in shipped::SHIPPED {
        let form = shipped.form().unwrap_or_else(|refusal| panic!("{}: {}", shipped.name, told(&refusal)));
        let example: Value = serde_yaml_ng::from_str(shipped.example).expect("YAML");
        let answers = Answers::read(&form, &example, Use::Referral, today());
        let answers = answers.unwrap_or_else(|problems| panic!("{}: {}", shipped.name, told(&problems.refusal())));
        assert_eq!(Answers::parse(&answers.bytes()), Ok(answers));
        assert_eq!(shipped::by_name(shipped.name).unwrap().name, shipped.name);
        // The two permissions stand apart, and nobody goes without the first.
        let asks = |core| form.fields().iter().any(|field| field.core == Some(core));
        assert!(asks(CoreField::PermissionToRefer) && asks(CoreField::PassBackWhat), "{}", shipped.name);
        let silent = with(example, "/agrees", None);
        assert!(Answers::read(&form, &silent, Use::Referral, today()).is_err());
    }
    assert!(told(&shipped::by_name("x").unwrap_err()).contains("there are arts-group, training-centre"));
}

#[test]
fn every_shipped_form_makes_an_enquiry_that_names_nobody() {
    for shipped in shipped::SHIPPED {
        let form = shipped.form().unwrap();
        let example: Value = serde_yaml_ng::from_str(shipped.example).unwrap();
        let mut enquiry = example.as_object().unwrap().clone();
        enquiry.retain(|name, _| form.field(name).unwrap().tier == Tier::Enquiry);
        assert!(Answers::read(&form, &json!(enquiry), Use::Enquiry, today()).is_ok(), "{}", shipped.name);
        assert!(!enquiry.contains_key("name") && !enquiry.contains_key("phone"));
    }
}

/// The library that checks answers knows the whole of JSON Schema: the plain schema of a form is one.
#[test]
fn the_plain_schema_of_a_form_is_json_schema() {
    for shipped in shipped::SHIPPED {
        for purpose in [Use::Enquiry, Use::Referral] {
            let schema = json_schema(&shipped.form().unwrap(), purpose);
            assert!(jsonschema::draft202012::meta::is_valid(&schema), "{}", shipped.name);
        }
        let written: Value = serde_json::from_str(shipped.json).unwrap();
        assert!(jsonschema::draft202012::meta::is_valid(&written), "{}", shipped.name);
    }
}
