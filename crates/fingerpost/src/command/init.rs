//! `init`, `key`.

use super::import::{agreed, declined, is_asked};
use super::up::{config, flags};
use super::{Place, lock};
use crate::arguments::{Init, Key, Settings};
use crate::node_of::{Need, unexpected};
use crate::output::{Reader, print, print_json};
use crate::report::Failure;
use crate::show;
use node::api::{Initialised, Request, Response, Words};
use node::data::{self, Founding, Keep, forget_words, initialise};
use serde_json::json;
use std::io::{IsTerminal, Read};
use std::path::Path;

/// Longest list of words that is read.
const WORDS_BYTES: u64 = 4 << 10;

pub(super) async fn init(place: &Place, init: Init) -> Result<(), Failure> {
    if init.forget_words {
        return forget(place);
    }
    let founding = match (init.recover, init.further) {
        (true, _) => Founding::Recovered(words(&init.words_file)?, data::Place::Home),
        (_, true) => Founding::Recovered(words(&init.words_file)?, data::Place::Further(init.holds.into())),
        (false, false) => Founding::New,
    };
    let config = config(&place.data, flags(init.name, &init.settings))?;
    let initialised = initialise(&config, Keep::All, &founding).await?;
    place.reader.show(&initialised, || made(place, &initialised, &founding))?;
    // They were shown; whoever could not read them to the end has the error instead, and the words still lie there.
    forget_words(&place.data)?;
    Ok(())
}

fn made(place: &Place, initialised: &Initialised, founding: &Founding) -> String {
    let data = place.data.display();
    let next = match founding {
        Founding::New => {
            return format!(
                "{} has a node now, in {data}.\nOrganisation id: {}\n\n{}\n\nRun it: fingerpost up --data \"{data}\"\n",
                show::plain(&initialised.organisation.name),
                initialised.organisation.id,
                show::status::recovery_words(&initialised.recovery_words),
            );
        }
        Founding::Recovered(_, data::Place::Home) => {
            "join by an invitation from a partner or a hub: what they hold of yours comes back. Then retire the node that\n\
             was lost: fingerpost key list, fingerpost key retire NODE"
        }
        Founding::Recovered(_, data::Place::Further(_)) => {
            "join by an invitation that the home node makes with: fingerpost invite --as node"
        }
    };
    format!(
        "A new node of organisation {} is in {data}.\n\nRun it: fingerpost up --data \"{data}\"\nand {next}\n",
        initialised.organisation.id
    )
}

/// The recovery words, from a file or as they are typed.
fn words(file: &Path) -> Result<Words, Failure> {
    let unreadable = |e: std::io::Error| Failure::Usage {
        cause: format!("the recovery words cannot be read from \"{}\": {e}", file.display()),
        hint: "give them as the 24 words they are, with spaces between".into(),
    };
    let mut text = String::new();
    if file == Path::new("-") {
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            crate::output::tell("The 24 recovery words, with spaces between, then Enter:\n");
            stdin.read_line(&mut text).map_err(unreadable)?;
        } else {
            stdin.lock().take(WORDS_BYTES).read_to_string(&mut text).map_err(unreadable)?;
        }
    } else {
        std::fs::File::open(file)
            .map_err(unreadable)?
            .take(WORDS_BYTES)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
    }
    Ok(Words::new(text.trim().to_owned()))
}

pub(super) async fn key(place: &Place, verb: Key) -> Result<(), Failure> {
    let (need, request) = match verb {
        Key::List => (Need::Folder, Request::KeyList),
        Key::Retire { node, words_file } => (Need::Running, Request::KeyRetire { node, words: words(&words_file)? }),
        Key::Compromised { node, words_file, yes } => {
            if !yes && is_asked() {
                let question = "Is all of it right as it stands? It is signed anew, and the rest is gone everywhere.";
                let Response::Signed { documents, newest } =
                    place.ask(Need::Running, Request::KeySigned { node: node.clone() }).await?
                else {
                    return Err(unexpected());
                };
                if !agreed(&show::status::signed(documents, &newest), question)? {
                    return declined();
                }
            }
            (Need::Running, Request::KeyCompromised { node, words: words(&words_file)? })
        }
        Key::Relock => return lock::relock(place).await,
        Key::Passphrase { new, remove } => return lock::passphrase(place, new.as_deref(), remove).await,
        Key::Rotate { words_file } => {
            let config = config(&place.data, flags(None, &Settings::default()))?;
            data::rotate(&config, &words(&words_file)?).await?;
            (Need::Folder, Request::KeyList)
        }
    };
    let Response::Nodes { nodes } = place.ask(need, request).await? else { return Err(unexpected()) };
    match place.reader {
        Reader::Program => nodes.iter().try_for_each(print_json),
        Reader::Person => print(&show::status::nodes(&nodes)),
    }
}

fn forget(place: &Place) -> Result<(), Failure> {
    let there = forget_words(&place.data)?;
    let said = if there { "The recovery words are gone from this machine.\n" } else { "There are none here.\n" };
    match place.reader {
        Reader::Program => print_json(&json!({"forgotten": there})),
        Reader::Person => print(said),
    }
}
