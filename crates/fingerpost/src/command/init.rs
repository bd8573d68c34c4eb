//! `init`.

use super::Place;
use super::up::{config, flags};
use crate::arguments::Init;
use crate::output::print;
use crate::report::Failure;
use node::data::{Keep, forget_words, initialise};
use serde_json::json;

pub(super) async fn init(place: &Place, init: Init) -> Result<(), Failure> {
    if init.forget_words {
        return forget(place);
    }
    let initialised = initialise(&config(&place.data, flags(init.name, &init.settings))?, Keep::All).await?;
    place.reader.show(&initialised, || {
        format!(
            "{} has a node now, in {}.\nOrganisation id: {}\n\n{}\n\nRun it: fingerpost up --data \"{}\"\n",
            crate::show::plain(&initialised.organisation.name),
            place.data.display(),
            initialised.organisation.id,
            crate::show::status::recovery_words(&initialised.recovery_words),
            place.data.display(),
        )
    })?;
    // They were shown; whoever could not read them to the end has the error instead, and the words still lie there.
    forget_words(&place.data)?;
    Ok(())
}

fn forget(place: &Place) -> Result<(), Failure> {
    let there = forget_words(&place.data)?;
    let said = if there { "The recovery words are gone from this machine.\n" } else { "There are none here.\n" };
    match place.reader {
        crate::output::Reader::Program => crate::output::print_json(&json!({"forgotten": there})),
        crate::output::Reader::Person => print(said),
    }
}
