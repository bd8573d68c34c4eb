//! `key relock` and `key passphrase`, and the passphrase of the lock wherever it is asked for: at a terminal that does not show it, or
//! in a file; never an argument, which other users of the machine can read.

use super::Place;
use super::up::{config, flags};
use crate::arguments::Settings;
use crate::output::tell;
use crate::report::Failure;
use crate::show;
use console::Term;
use node::Config;
use node::api::Refusal;
use node::config::Passphrase;
use node::data;
use serde_json::json;
use std::io;
use std::path::Path;

/// The configuration with the passphrase of the lock, which is asked for where it has to be and somebody is there.
pub(super) fn opened(mut config: Config) -> Result<Config, Failure> {
    if data::lacks_passphrase(&config)? && Term::stderr().is_term() {
        config.passphrase = Some(asked("Passphrase of the lock: ")?);
    }
    Ok(config)
}

pub(super) async fn relock(place: &Place) -> Result<(), Failure> {
    let relocked = data::relock(&opened(config(&place.data, flags(None, &Settings::default()))?)?).await?;
    let (keys, drafts) = (relocked.keys as u64, relocked.drafts as u64);
    place.reader.show(&relocked, || {
        let (keys, drafts) = (show::count(keys, "referral"), show::count(drafts, "draft"));
        format!("The lock has a new key: {keys} and {drafts} are locked with it.\n")
    })
}

pub(super) async fn passphrase(place: &Place, new: Option<&Path>, remove: bool) -> Result<(), Failure> {
    let config = opened(config(&place.data, flags(None, &Settings::default()))?)?;
    let new = match (remove, new) {
        (true, _) => None,
        (false, Some(path)) if path == Path::new("-") => Some(Passphrase::read_from(io::stdin().lock())?),
        (false, Some(path)) => Some(Passphrase::read(path)?),
        (false, None) => Some(asked_twice()?),
    };
    let is_on = new.is_some();
    data::set_passphrase(&config, new).await?;
    place.reader.show(&json!({ "passphrase": is_on }), || match is_on {
        true => {
            "The key of the lock opens with the passphrase alone. Write it down, and keep it where the data is not.\n\
             Copies of the key's file from before open without it: `fingerpost key relock` makes them useless.\n"
                .to_owned()
        }
        false => "The key of the lock has no passphrase: whoever reads its file can open what is said of people.\n"
            .to_owned(),
    })
}

fn asked(question: &str) -> Result<Passphrase, Failure> {
    tell(question);
    Ok(Passphrase::typed(&Term::stderr().read_secure_line()?)?)
}

/// A new one is typed twice: nobody sees a slip.
fn asked_twice() -> Result<Passphrase, Failure> {
    if !Term::stderr().is_term() {
        return Err(Refusal::invalid("there is no terminal to ask for a new passphrase")
            .hint("name a file that holds it with --new, or - for standard input")
            .into());
    }
    let new = asked("New passphrase: ")?;
    new.check_new()?;
    if asked("The same again: ")? == new {
        return Ok(new);
    }
    Err(Refusal::invalid("the two are not the same").hint("nothing is changed; begin again").into())
}
