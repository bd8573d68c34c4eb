//! The command line as clap sees it. Help texts only; what a command does is in `command`.

mod demo;
mod listing;
mod moment;
mod node;
mod partner;
mod privacy;
mod publication;
mod referral;
mod token;

pub(crate) use demo::Demo;
pub(crate) use listing::{Edits, Export, Import, ImportUndo, ImportVerb, Keeper, Listing, Organisation, Proposal};
pub(crate) use moment::{beginning_of, end_of, read_moment};
pub(crate) use node::{ConfigVerb, Init, Key, Settings, Up};
pub(crate) use partner::{As, Follow, Invite, Join, Partner, Roster};
pub(crate) use privacy::Privacy;
pub(crate) use publication::{Form, Manner, Pathway};
pub(crate) use referral::{BareDeed, Deed, Draft, Reached, Referral, Why};
pub(crate) use token::{Scope, Token};

use clap::{Parser, Subcommand};
use std::path::PathBuf;

const AFTER: &str = "\
First steps:
  fingerpost demo                          look at a made-up borough on this machine
  fingerpost up --name \"Night Shelter\"     make a node here and run it
  fingerpost invite                        make a code for a partner (in another terminal)
  fingerpost join CODE                     take up a partner's code
  fingerpost import listings.ndjson.gz     bring listings in
  fingerpost status                        see how things stand

Exit codes: 0 done, 1 refused or failed, 2 wrong usage.";

/// A node that holds your organisation's own listings and keeps in step with your partners.
#[derive(Debug, Parser)]
#[command(name = "fingerpost", version, after_help = AFTER, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// The data folder of the node
    ///
    /// Default: $FINGERPOST_DATA, else the platform's data folder ($XDG_DATA_HOME/fingerpost or ~/.local/share/fingerpost).
    #[arg(
        long,
        global = true,
        help_heading = "For every command",
        value_name = "DIR",
        env = "FINGERPOST_DATA",
        hide_env = true,
        hide_env_values = true
    )]
    pub(crate) data: Option<PathBuf>,

    /// Print JSON for programs instead of text for people
    #[arg(long, global = true, help_heading = "For every command")]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the node; make its data folder and keys first where there are none
    Up(Up),
    /// Run a made-up borough on this machine, to look at and to try things on
    ///
    /// A council, a link worker team and two charities, each with a node of its own, some two hundred listings, and something
    /// new every few seconds. Ctrl-C stops it and leaves nothing behind.
    Demo(Demo),
    /// Make a new organisation and its first node, without running it
    Init(Init),
    /// Show how things stand: documents, partners, what was refused
    Status,
    /// Check this node and say how to mend what is wrong
    Doctor,
    /// Make an invitation for a partner
    Invite(Invite),
    /// Take up an invitation
    Join(Join),
    /// See, confirm, pause and remove partners
    #[command(subcommand)]
    Partner(Partner),
    /// See this organisation's nodes; retire one that was lost, say that one was stolen, change keys
    #[command(subcommand)]
    Key(Key),
    /// Let software of this organisation's own in, and out again
    #[command(subcommand)]
    Token(Token),
    /// Vouch for organisations and relay what they make public: be a hub
    #[command(subcommand)]
    Roster(Roster),
    /// Hold what a partner relays as a hub
    Follow(Follow),
    /// Stop holding what a hub relays
    ///
    /// What came through it alone is hidden at once, and deleted after 30 days.
    Unfollow(Follow),
    /// See and edit what this node says about its own organisation
    #[command(subcommand)]
    Organisation(Organisation),
    /// See and edit listings: services, groups and events
    #[command(subcommand)]
    Listing(Listing),
    /// See and answer what others would have in your listings, and what became of your own proposals
    #[command(subcommand)]
    Proposal(Proposal),
    /// See, publish and copy referral forms: what a receiver has to know
    #[command(subcommand)]
    Form(Form),
    /// See, publish and copy pathways: how a listing can be referred to
    #[command(subcommand)]
    Pathway(Pathway),
    /// Refer people to partners, and answer when they are referred to you
    #[command(subcommand)]
    Referral(Referral),
    /// See what is held of people, who read it, and when it is erased
    #[command(subcommand)]
    Privacy(Privacy),
    /// Bring listings in from an Open Referral file or folder, or a spreadsheet saved as CSV; take that back
    Import(Import),
    /// Write the own listings out as Open Referral UK
    Export(Export),
    /// Check every hash and signature this node holds
    ///
    /// Exit code 1 when anything does not hold.
    Verify,
    /// See the configuration
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Print completions for a shell
    ///
    /// For bash: fingerpost completions bash > ~/.local/share/bash-completion/completions/fingerpost
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// What the command is there for, as it follows "cannot".
    pub(crate) fn aim(&self) -> String {
        match self {
            Self::Up(_) => "run the node".into(),
            Self::Demo(_) => "run the borough".into(),
            Self::Init(_) => "make a node".into(),
            Self::Status => "show the status".into(),
            Self::Doctor => "check this node".into(),
            Self::Invite(_) => "make an invitation".into(),
            Self::Join(_) => "join".into(),
            Self::Partner(verb) => verb.aim(),
            Self::Key(Key::List) => "list the nodes".into(),
            Self::Key(Key::Retire { node, .. }) => format!("retire node {node:?}"),
            Self::Key(Key::Compromised { node, .. }) => format!("say that node {node:?} was stolen"),
            Self::Key(Key::Rotate { .. }) => "give this node new keys".into(),
            Self::Key(Key::Relock) => "give the lock a new key".into(),
            Self::Key(Key::Passphrase { remove: true, .. }) => "take the passphrase off the lock".into(),
            Self::Key(Key::Passphrase { .. }) => "put a passphrase on the lock".into(),
            Self::Token(verb) => verb.aim(),
            Self::Roster(verb) => verb.aim(),
            Self::Follow(follow) => format!("follow {:?}", follow.organisation),
            Self::Unfollow(follow) => format!("stop following {:?}", follow.organisation),
            Self::Organisation(Organisation::Show) => "show the organisation".into(),
            Self::Organisation(Organisation::Edit { .. }) => "edit the organisation".into(),
            Self::Listing(verb) => verb.aim(),
            Self::Proposal(verb) => verb.aim(),
            Self::Form(verb) => verb.aim(),
            Self::Pathway(verb) => verb.aim(),
            Self::Referral(verb) => verb.aim(),
            Self::Privacy(verb) => verb.aim(),
            Self::Import(import) => import.aim(),
            Self::Export(_) => "export the listings".into(),
            Self::Verify => "verify".into(),
            Self::Config(ConfigVerb::Show) => "show the configuration".into(),
            Self::Completions { .. } => "print completions".into(),
        }
    }
}

#[cfg(test)]
mod tests;
