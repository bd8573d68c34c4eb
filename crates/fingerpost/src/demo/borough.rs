//! The borough itself: its nodes started, filled with listings, paired, and people referred from one to another.

use super::data::{Data, Organisation, Venue, unreadable};
use super::folder::Folder;
use super::listing::{edits, listing, organisation};
use super::process::{Processes, Ready, Started};
use crate::node_of::{Need, find, unexpected};
use crate::output::Meter;
use crate::report::Failure;
use futures::future::try_join_all;
use jiff::civil::Date;
use node::api::{Progress, RecordId, Refusal, RefusalKind, Request, Response};
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::BufReader;
use tokio::process::ChildStdout;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How long what one node said may take to be at another.
pub(super) const WITHIN: Duration = Duration::from_secs(60);
/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Four organisations whose nodes run. Protocol of use: [`Borough::open`], then [`Borough::happen`] over and over.
pub(crate) struct Borough {
    pub(super) data: Arc<Data>,
    members: Vec<Member>,
    /// Where their data folders are.
    pub(super) folder: PathBuf,
    /// The own listings of each, by name.
    pub(super) listings: Vec<BTreeMap<String, RecordId>>,
    /// How people can be referred, and who was, by the names that the borough's own data has for them.
    pub(super) pathways: BTreeMap<String, RecordId>,
    pub(super) forms: BTreeMap<String, RecordId>,
    pub(super) referrals: BTreeMap<String, RecordId>,
    /// How many steps of its course each referral is known to have taken.
    pub(super) taken: BTreeMap<String, usize>,
    /// How many things happened.
    pub(super) happened: usize,
    /// Where nodes print: kept open as long as they run.
    _prints: Vec<BufReader<ChildStdout>>,
}

/// One organisation whose node runs, as programs read it.
#[derive(Debug, Serialize)]
pub(crate) struct Member {
    /// The organisation's name.
    pub(crate) name: String,
    /// `hub`, `link workers`, `charity`.
    pub(crate) role: String,
    /// Where its page is, `host:port`.
    pub(crate) people: String,
    /// Where other nodes reach it, `host:port`.
    pub(crate) node: String,
    /// Its control socket.
    pub(crate) admin: PathBuf,
    /// Its data folder.
    pub(crate) data: PathBuf,
    /// What it logs.
    pub(crate) log: PathBuf,
    /// Its process id.
    pub(crate) process: u32,
    /// How many listings of its own it has.
    pub(crate) listings: usize,
    /// How many of them are public, and so reach every node of the borough.
    pub(crate) public: usize,
}

impl Borough {
    /// Starts the nodes, adds the listings, pairs the nodes, and refers people, as it is on this day. What a kept folder holds
    /// already is left as it is.
    pub(crate) async fn open(folder: &Folder, processes: &mut Processes, today: Date) -> Result<Self, Failure> {
        let data = Arc::new(Data::read()?);
        let mut started = Vec::new();
        for organisation in &data.organisations {
            let path = folder.path().join(&organisation.folder);
            started.push((processes.start(&organisation.name, &path)?, path));
        }
        let (mut members, mut prints) = (Vec::new(), Vec::new());
        for ((started, path), organisation) in started.into_iter().zip(&data.organisations) {
            let (member, print) = member(started, path, organisation, folder).await?;
            members.push(member);
            prints.push(print);
        }
        let listings = vec![BTreeMap::new(); members.len()];
        let mut borough = Self {
            data,
            members,
            folder: folder.path().to_path_buf(),
            listings,
            pathways: BTreeMap::new(),
            forms: BTreeMap::new(),
            referrals: BTreeMap::new(),
            taken: BTreeMap::new(),
            happened: 0,
            _prints: prints,
        };
        borough.fill(today).await?;
        borough.pair(today).await?;
        borough.open_ways().await?;
        borough.propose().await?;
        borough.refer(today).await?;
        Ok(borough)
    }

    /// Its organisations, the hub first.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// The id of a listing of this member's.
    pub(crate) fn listing(&self, member: usize, name: &str) -> Option<RecordId> {
        self.listings.get(member)?.get(name).copied()
    }

    /// The id of a pathway.
    pub(crate) fn pathway(&self, name: &str) -> Option<RecordId> {
        self.pathways.get(name).copied()
    }

    /// The id of the form that a pathway asks for.
    pub(crate) fn form(&self, pathway: &str) -> Option<RecordId> {
        self.forms.get(pathway).copied()
    }

    /// How many referrals there are, drafts among them.
    pub(crate) fn count_referrals(&self) -> usize {
        self.referrals.len()
    }

    pub(super) fn member(&self, place: usize) -> Result<&Member, Failure> {
        self.members.get(place).ok_or_else(unexpected)
    }

    /// The same of a listing that has to be there.
    pub(super) fn listed(&self, member: usize, name: &str) -> Result<RecordId, Refusal> {
        self.listing(member, name).ok_or_else(|| unreadable(&format!("no listing is called {name:?}")))
    }

    /// Adds what each organisation lists and does not hold yet: all of them at once, each at its own node.
    async fn fill(&mut self, today: Date) -> Result<(), Failure> {
        let total = self.data.organisations.iter().map(|organisation| organisation.listings().count() as u64).sum();
        let (meter, done) = (RefCell::new(Meter::new()), Cell::new(0));
        let tell = || {
            done.set(done.get() + 1);
            let progress = Progress { what: "adding listings".into(), done: done.get(), total: Some(total) };
            meter.borrow_mut().take(&progress);
        };
        let (venues, organisations) = (&self.data.venues, &self.data.organisations);
        let members = organisations.iter().zip(&mut self.members);
        let filled = try_join_all(members.map(|(said, member)| filled(said, member, venues, today, &tell))).await?;
        self.listings = filled;
        Ok(())
    }
}

/// Adds what an organisation lists and does not hold yet. Gives its listings by name.
async fn filled(
    organisation: &Organisation,
    member: &mut Member,
    venues: &BTreeMap<String, Venue>,
    today: Date,
    tell: &impl Fn(),
) -> Result<BTreeMap<String, RecordId>, Failure> {
    describe(organisation, member).await?;
    let mut listings = held(&member.data, &member.name).await?;
    for row in organisation.listings() {
        if !listings.contains_key(&row.1.name) {
            let edits = edits(listing(row, venues, today)?);
            let id = add(&member.data, edits, row.1.audience.clone()).await?;
            listings.insert(row.1.name.clone(), id);
        }
        member.listings += 1;
        member.public += usize::from(row.1.audience.is_none());
        tell();
    }
    Ok(listings)
}

async fn member(
    started: Started,
    data: PathBuf,
    organisation: &Organisation,
    folder: &Folder,
) -> Result<(Member, BufReader<ChildStdout>), Failure> {
    let process = started.process;
    let (ready, print) = started.ready().await?;
    if folder.stays() {
        keep_ports(&data, &ready)?;
    } else {
        // Nobody will want this organisation back when its folder is gone.
        node::data::forget_words(&data)?;
    }
    let member = Member {
        name: organisation.name.clone(),
        role: organisation.role.clone(),
        people: ready.people,
        node: ready.node,
        admin: ready.admin,
        log: data.with_extension("log"),
        data,
        process,
        listings: 0,
        public: 0,
    };
    Ok((member, print))
}

/// A node that is kept has the same ports the next time: its partners know it by them.
fn keep_ports(data: &Path, ready: &Ready) -> Result<(), Failure> {
    let file = data.join(node::config::FILE);
    if file.exists() {
        return Ok(());
    }
    let text = format!("node_listen = \"{}\"\npeople_listen = \"{}\"\n", ready.node, ready.people);
    Ok(node::data::write_private(&file, text.as_bytes())?)
}

async fn describe(organisation_data: &Organisation, member: &Member) -> Result<(), Failure> {
    let Response::Document { view, .. } = ask(&member.data, Request::OrganisationShow).await? else {
        return Err(unexpected());
    };
    if !view.fields.contains_key("description") {
        let edits = edits(organisation(organisation_data));
        ask(&member.data, Request::OrganisationEdit { edits }).await?;
    }
    Ok(())
}

/// The live listings that an organisation's own node holds of it.
async fn held(data: &Path, owner: &str) -> Result<BTreeMap<String, RecordId>, Failure> {
    let (mut held, mut after) = (BTreeMap::new(), None);
    loop {
        let request = Request::ListingList { owner: Some(owner.to_owned()), after };
        let Response::Listings(page) = ask(data, request).await? else { return Err(unexpected()) };
        held.extend(page.listings.into_iter().map(|row| (row.name, row.id)));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(held),
        }
    }
}

/// Adds a listing and gives its id.
pub(super) async fn add(
    data: &Path,
    edits: Vec<node::api::PathEdit>,
    audience: Option<String>,
) -> Result<RecordId, Failure> {
    match ask(data, Request::ListingAdd { edits, audience }).await? {
        Response::Written(written) => Ok(written.id),
        _ => Err(unexpected()),
    }
}

/// Asks the node that runs for a data folder, as any other command does.
pub(super) async fn ask(data: &Path, request: Request) -> Result<Response, Failure> {
    find(data, Need::Running).await?.ask(request).await
}

/// What was asked for, if it is there.
pub(super) fn found(answer: Result<Response, Failure>) -> Result<Option<Response>, Failure> {
    match answer {
        Ok(response) => Ok(Some(response)),
        Err(Failure::Refused(refusal)) if refusal.kind == RefusalKind::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Looks over and over until it is there. Another node has said it, and it is on its way.
pub(super) async fn until<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>, Failure>,
) -> Result<T, Failure> {
    let (begun, mut looks) = (Instant::now(), looks());
    loop {
        looks.tick().await;
        match look().await? {
            Some(found) => return Ok(found),
            None if begun.elapsed() > WITHIN => return Err(late(what)),
            None => {}
        }
    }
}

/// When to look again: other processes have to say it first, and they are given room for that.
pub(super) fn looks() -> Interval {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}

/// What should have come from another node and did not.
pub(super) fn late(what: &str) -> Failure {
    let refusal = Refusal::new(
        RefusalKind::WrongState,
        format!("{what} did not arrive at its node within {} seconds", WITHIN.as_secs()),
    );
    refusal.hint("this machine may be busy with something else: try again later").into()
}
