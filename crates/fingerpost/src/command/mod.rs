//! What each command does: asks, and shows the answer. Decides nothing.

mod agreement;
mod demo;
mod draft;
mod import;
mod init;
mod interview;
mod listing;
mod lock;
mod partner;
mod privacy;
mod proposal;
mod publication;
mod referral;
mod sink;
mod status;
mod token;
pub(crate) mod up;

use crate::arguments::{Arguments, Command};
use crate::node_of::{Need, find, folder};
use crate::output::{Reader, print};
use crate::report::Failure;
use node::api::{Request, Response, Timestamp};
use std::path::PathBuf;

/// Where a command is done and for whom.
pub(crate) struct Place {
    data: PathBuf,
    reader: Reader,
}

/// Runs one command to its end.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let reader = if arguments.json { Reader::Program } else { Reader::Person };
    if let Command::Demo(demo) = arguments.command {
        return demo::demo(reader, demo).await;
    }
    let place = Place { data: folder(arguments.data.as_deref())?, reader };
    match arguments.command {
        Command::Up(up) => up::up(&place, up).await,
        Command::Demo(demo) => demo::demo(reader, demo).await,
        Command::Init(init) => init::init(&place, init).await,
        Command::Status => status::status(&place).await,
        Command::Doctor => status::doctor(&place).await,
        Command::Verify => status::verify(&place).await,
        Command::Config(_) => status::configuration(&place).await,
        Command::Invite(invite) => partner::invite(&place, invite).await,
        Command::Join(join) => partner::join(&place, join).await,
        Command::Partner(verb) => partner::partner(&place, verb).await,
        Command::Key(verb) => init::key(&place, verb).await,
        Command::Token(verb) => token::token(&place, verb).await,
        Command::Roster(verb) => partner::roster(&place, verb).await,
        Command::Follow(follow) => partner::follow(&place, Request::Follow { id: follow.organisation }).await,
        Command::Unfollow(follow) => partner::follow(&place, Request::Unfollow { id: follow.organisation }).await,
        Command::Organisation(verb) => listing::organisation(&place, verb).await,
        Command::Listing(verb) => listing::listing(&place, verb).await,
        Command::Proposal(verb) => proposal::proposal(&place, verb).await,
        Command::Form(verb) => publication::form(&place, verb).await,
        Command::Pathway(verb) => publication::pathway(&place, verb).await,
        Command::Referral(verb) => referral::referral(&place, verb).await,
        Command::Privacy(verb) => privacy::privacy(&place, verb).await,
        Command::Import(import) => import::import(&place, import).await,
        Command::Export(export) => import::export(&place, export).await,
        Command::Completions { shell } => completions(shell),
    }
}

impl Place {
    async fn ask(&self, need: Need, request: Request) -> Result<Response, Failure> {
        find(&self.data, need).await?.ask(request).await
    }
}

fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut <Arguments as clap::CommandFactory>::command(), "fingerpost", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// The machine's clock, read once at the outermost place.
fn now() -> Timestamp {
    Timestamp::from_ms(jiff::Timestamp::now().as_millisecond())
}
