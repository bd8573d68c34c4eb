//! Referrals by software at both ends: two nodes that are linked, a draft, and what becomes of it.

use super::{Node, PATIENCE, expect_refused, run, until};
use serde_json::{Value, json};
use std::time::{Instant, SystemTime};
use tests::postgres::Cluster;
use tests::software::Software;
use tonic::{Code, Status, Streaming};
use wire::proto::admin::watch_referrals_response::Event;
use wire::proto::admin::{
    ActOnReferralRequest, CreateReferralRequest, DiscardReferralRequest, GetReferralRequest, ListReferralsRequest,
    OpenReferralRequest, OpenReferralResponse, Referral, Said, SendReferralRequest, UpdateReferralRequest,
    WatchReferralsRequest, WatchReferralsResponse,
};

/// Who is referred. No test prints what is said of them.
const PERSON: &str = "Maud Canary";
const WORKERS: &str = "Link Workers";
const ARTS: &str = "Copper Lane Arts";
const SHELTER: &str = "Night Shelter";
const YEAR_MS: i64 = 366 * 24 * 60 * 60 * 1000;

/// Who refers, and who is referred to; both compared words and agreed to share.
struct Two {
    workers: Node,
    arts: Node,
    pathway: String,
}

impl Two {
    fn new(database: Option<String>) -> Self {
        let (workers, arts) = (Node::new(WORKERS, database), Node::new(ARTS, None));
        let drawing = publish(&arts, ARTS);
        befriend((&workers, WORKERS), (&arts, ARTS));
        let pathway = pathway_to(&workers, &drawing);
        Self { workers, arts, pathway }
    }

    fn says(&self) -> CreateReferralRequest {
        says(&self.pathway, ARTS)
    }
}

/// Publishes how to be referred to, and gives the listing that it leads to.
fn publish(node: &Node, name: &str) -> String {
    let listing = node.add("Drawing");
    let example = node.folder.run(["pathway", "example", "arts-group"]).out.replace(ARTS, name);
    let file = node.folder.file("pathway.yaml", &example);
    node.folder.run(["form", "publish", "arts-group"]).expect_done();
    node.folder.run(["pathway", "publish", file.to_str().expect("a path"), "--listing", &listing]).expect_done();
    listing
}

/// Pairs two, has them compare words, and notes at both that they agreed to share.
fn befriend((one, of_one): (&Node, &str), (other, of_other): (&Node, &str)) {
    let code = other.folder.json(["invite"])["code"].as_str().expect("a code").to_owned();
    one.folder.json(["join", &code]);
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_millis();
    let now = domain::Timestamp::from_ms(i64::try_from(now).expect("a time"));
    let ends = now.plus_ms(YEAR_MS).day().to_string();
    for (node, partner, there, own) in [(one, of_other, other, of_one), (other, of_one, one, of_other)] {
        until("each knows the other by name", || {
            let knows = |node: &Node, partner: &str| node.folder.run(["partner", "show", partner]).code == 0;
            (knows(node, partner) && knows(there, own)).then_some(())
        });
        let words = there.folder.json(["partner", "show", own])["own_words"].as_str().expect("words").to_owned();
        node.folder.run(["partner", "confirm", partner, "--words", &words]).expect_done();
        let agreed = ["partner", "agreement", partner, "--reference", "DSA 12", "--expires", &ends];
        node.folder.run(agreed).expect_done();
    }
    for (node, partner) in [(one, of_other), (other, of_one)] {
        until("each is verified", || {
            let shown = node.folder.run(["partner", "list", "--json"]).out;
            let mut rows = shown.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            rows.any(|row| row["name"] == partner && row["trust"] == "verified").then_some(())
        });
    }
}

/// The pathway that leads to a partner's listing, once it and a form are here.
fn pathway_to(node: &Node, listing: &str) -> String {
    until("the pathway and its form are there", || {
        let rows = |what: &str| node.folder.run([what, "list", "--json"]).out;
        let pathways = rows("pathway");
        let mut pathways = pathways.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let pathway = pathways.find(|row| row["listing"] == listing)?;
        (!rows("form").is_empty()).then(|| pathway["id"].as_str().expect("an id").to_owned())
    })
}

/// A referral of the person to an organisation.
fn says(pathway: &str, receiver: &str) -> CreateReferralRequest {
    let answers = json!({
        "session": "tuesday", "name": PERSON, "phone": "020 7946 0101", "safe_to_call": true,
        "safe_to_leave_message": false, "safe_to_text": true, "agrees": true, "pass_back": "outcome",
    });
    let agreement = json!({
        "given_by": "person", "how": "telephone", "language": "en", "interpreter": "none",
        "covers": [receiver], "pass_back": "outcome", "given_at": "2026-01-05T10:00:00Z",
    });
    CreateReferralRequest {
        pathway: pathway.to_owned(),
        answers_json: answers.to_string(),
        agreement_json: agreement.to_string(),
        ..Default::default()
    }
}

/// Makes a draft and sends it; gives its id.
async fn send(software: &Software, says: CreateReferralRequest) -> String {
    let made = software.referrals().create_referral(says).await.expect("it is kept").into_inner();
    let id = made.referral.expect("it").id;
    software.referrals().send_referral(SendReferralRequest { id: id.clone() }).await.expect("it leaves");
    id
}

fn doing(id: &str, action: &str) -> ActOnReferralRequest {
    ActOnReferralRequest { id: id.to_owned(), action: action.to_owned(), ..Default::default() }
}

async fn act(software: &Software, asked: ActOnReferralRequest) -> Result<Referral, Status> {
    Ok(software.referrals().act_on_referral(asked).await?.into_inner().referral.expect("how it stands"))
}

async fn open(software: &Software, id: &str) -> Result<OpenReferralResponse, Status> {
    Ok(software.referrals().open_referral(OpenReferralRequest { id: id.to_owned() }).await?.into_inner())
}

/// Opens it until this is there: the key, and what was sealed, come behind what they belong to.
async fn open_until(software: &Software, id: &str, is_there: impl Fn(&Said) -> bool) -> Said {
    let began = Instant::now();
    loop {
        match open(software, id).await.map(|read| read.said.expect("what it says")) {
            Ok(said) if is_there(&said) => return said,
            Ok(_) => {}
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
        }
        assert!(began.elapsed() < PATIENCE, "what was sealed does not come");
    }
}

/// The readings that a node noted, as `privacy access` tells them.
fn readings(node: &Node) -> Vec<String> {
    let told = node.folder.run(["privacy", "access", "--json"]);
    told.expect_done();
    let what = |line: &str| serde_json::from_str::<Value>(line).ok()?["what"].as_str().map(str::to_owned);
    told.out.lines().filter_map(what).collect()
}

/// A watch, and the token of the last event that was taken in.
struct Watcher {
    events: Streaming<WatchReferralsResponse>,
    token: String,
}

impl Watcher {
    async fn after(software: &Software, token: &str) -> Self {
        let request = WatchReferralsRequest { resume_token: token.to_owned(), ..Default::default() };
        let events = software.referrals().watch_referrals(request).await.expect("it is opened").into_inner();
        Self { events, token: token.to_owned() }
    }

    async fn next(&mut self) -> Event {
        let next = tokio::time::timeout(PATIENCE, self.events.message()).await.expect("something comes");
        let response = next.expect("it goes on").expect("a watch does not end by itself");
        assert!(!format!("{response:?}").contains(PERSON), "nothing is said of the person");
        self.token = response.resume_token;
        response.event.expect("something happened")
    }

    /// How referrals stand that come until everything was sent: id, request and response.
    async fn until_caught_up(&mut self) -> Vec<(String, String, String)> {
        let mut told = Vec::new();
        loop {
            match self.next().await {
                Event::Referral(row) => told.push((row.id, row.request, row.response)),
                Event::Gone(gone) => told.push((gone.id, "-".into(), "-".into())),
                Event::CaughtUp(_) => return told,
            }
        }
    }

    /// Reads on until this referral stands so.
    async fn until_it_is(&mut self, id: &str, request: &str, response: &str) {
        loop {
            if let Event::Referral(row) = self.next().await
                && (row.id.as_str(), row.request.as_str(), row.response.as_str()) == (id, request, response)
            {
                return;
            }
        }
    }
}

#[test]
fn a_referral_is_made_sent_watched_answered_and_nothing_of_it_is_missed() {
    let postgres = Cluster::shared().map(|cluster| cluster.database("admin_referral"));
    for database in [Some(None), postgres.map(Some)].into_iter().flatten() {
        run(async { story(&mut Two::new(database)).await });
    }
}

async fn story(two: &mut Two) {
    let (workers, arts) = (two.workers.socket().await, two.arts.socket().await);
    let (mut at_workers, mut at_arts) = (Watcher::after(&workers, "").await, Watcher::after(&arts, "").await);
    assert_eq!((at_workers.until_caught_up().await, at_arts.until_caught_up().await), (vec![], vec![]));

    drafts(two, &workers).await;
    let made = workers.referrals().create_referral(two.says()).await.expect("it is kept").into_inner();
    assert!(!format!("{made:?}").contains(PERSON) && made.remarks.is_empty(), "{:?}", made.remarks);
    let id = made.referral.expect("it").id;
    let draft = workers.referrals().get_referral(GetReferralRequest { id: id[..8].to_owned() }).await;
    let draft = draft.expect("it is here").into_inner();
    assert!(!format!("{draft:?}").contains(PERSON), "a draft is shown without what it says");
    assert_eq!(draft.detail.expect("more").possible, ["send"]);
    let said = open(&workers, &id).await.expect("it is here").said.expect("what it says");
    assert_eq!(serde_json::from_str::<Value>(&said.answers_json).expect("JSON")["name"], PERSON);

    let sent = workers.referrals().send_referral(SendReferralRequest { id: id.clone() }).await.expect("it leaves");
    let sent = sent.into_inner();
    assert_eq!((sent.referral.expect("it").request.as_str(), sent.event.is_empty()), ("sent", false));
    at_workers.until_it_is(&id, "sent", "none").await;
    let shown = workers.referrals().get_referral(GetReferralRequest { id: id.clone() }).await.expect("it is here");
    let pathway = shown.into_inner().detail.expect("more").pathway;
    assert!(pathway.contains(ARTS), "the pathway that it went by is found: {pathway:?}");
    at_arts.until_it_is(&id, "sent", "none").await;
    let early = at_arts.token.clone();

    let before = readings(&two.arts).len();
    let said = open_until(&arts, &id, |said| !said.answers_json.is_empty()).await;
    assert_eq!(serde_json::from_str::<Value>(&said.answers_json).expect("JSON")["name"], PERSON);
    assert!(readings(&two.arts)[before..].iter().any(|what| what == "opened"), "it is noted");
    let accepted = act(&arts, ActOnReferralRequest { words: "Welcome".into(), ..doing(&id, "accept") }).await;
    assert_eq!(accepted.expect("it is done").response, "accepted");
    at_workers.until_it_is(&id, "sent", "accepted").await;

    // Who was away, and whose node was away, hears how it stands now.
    let away = at_workers.token.clone();
    drop((at_workers, at_arts));
    act(&arts, doing(&id, "start")).await.expect("it is done");
    two.workers.restart();
    let workers = two.workers.socket().await;
    let mut back = Watcher::after(&workers, &away).await;
    back.until_it_is(&id, "sent", "started").await;
    let mut at_arts = Watcher::after(&arts, &early).await;
    let told = at_arts.until_caught_up().await;
    assert_eq!(told.last(), Some(&(id.clone(), "sent".to_owned(), "started".to_owned())), "{told:?}");
    open_until(&workers, &id, |said| said.words.iter().any(|words| words.words == "Welcome")).await;
    refused(two, &workers, &id).await;
    let listed = workers.referrals().list_referrals(ListReferralsRequest::default()).await;
    let listed = listed.expect("a page").into_inner();
    assert_eq!((listed.referrals.len(), listed.next_page_token.as_str()), (1, ""));
    assert_eq!(listed.referrals[0].partner_name, "Copper Lane Arts");
}

/// A draft is kept until it is whole, changed, and thrown away; nobody but its own organisation hears of it.
async fn drafts(two: &Two, workers: &Software) {
    let whole = two.says();
    let half = CreateReferralRequest { agreement_json: String::new(), ..whole.clone() };
    let made = workers.referrals().create_referral(half).await.expect("it is kept").into_inner();
    assert!(made.remarks[0].contains("agreement"), "{:?}", made.remarks);
    let id = made.referral.expect("it").id;
    let refused = workers.referrals().send_referral(SendReferralRequest { id: id.clone() }).await;
    expect_refused(refused, Code::FailedPrecondition, "wrong_state", "agreement");
    let change = UpdateReferralRequest { id: id.clone(), agreement_json: whole.agreement_json, ..Default::default() };
    let changed = workers.referrals().update_referral(change).await.expect("it is kept").into_inner();
    assert_eq!(changed.remarks, Vec::<String>::new());
    let listed = workers.referrals().list_referrals(ListReferralsRequest::default()).await.expect("a page");
    assert_eq!(listed.into_inner().referrals.first().map(|row| row.request.clone()), Some("draft".to_owned()));
    let (mut ids, mut page_token) = (Vec::new(), String::new());
    let mut expected = vec![id.clone()];
    for _ in 0..2 {
        let made = workers.referrals().create_referral(two.says()).await.expect("it is kept").into_inner();
        expected.push(made.referral.expect("it").id);
    }
    expected.sort();
    loop {
        let request = ListReferralsRequest { page_size: 1, page_token, skip_finished: true };
        let page = workers.referrals().list_referrals(request).await.expect("a page").into_inner();
        assert!(page.referrals.len() <= 1, "{page:?}");
        ids.extend(page.referrals.into_iter().map(|row| row.id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(ids, expected, "each once, in their order");
    for id in expected.into_iter().filter(|other| *other != id) {
        workers.referrals().discard_referral(DiscardReferralRequest { id }).await.expect("it is gone");
    }
    let discard = DiscardReferralRequest { id };
    workers.referrals().discard_referral(discard.clone()).await.expect("it is gone");
    expect_refused(workers.referrals().discard_referral(discard).await, Code::NotFound, "not_found", "no draft");
    let listed = workers.referrals().list_referrals(ListReferralsRequest::default()).await.expect("a page");
    assert_eq!(listed.into_inner().referrals, []);
}

/// What software may not do, and what it may do without reading of people.
async fn refused(two: &Two, workers: &Software, id: &str) {
    let port = two.workers.port().await;
    let board = port.with(&two.workers.token("board", "referral"));
    let denied = Code::PermissionDenied;
    let noted = readings(&two.workers).len();
    expect_refused(open(&board, id).await, denied, "not_allowed", "what is said of people");
    assert_eq!(readings(&two.workers).len(), noted, "nothing was read, so nothing is noted");
    let words = ActOnReferralRequest { words: "Hello".into(), reason: "person-asked".into(), ..doing(id, "withdraw") };
    expect_refused(act(&board, words).await, denied, "not_allowed", "what is said of people");
    expect_refused(act(&board, doing(id, "erase")).await, denied, "not_allowed", "what is said of people");
    expect_refused(act(&board, doing(id, "send")).await, denied, "not_allowed", "what is said of people");
    let shown = board.referrals().get_referral(GetReferralRequest { id: id.to_owned() }).await.expect("it is seen");
    assert!(!format!("{shown:?}").contains(PERSON) && !format!("{shown:?}").contains("Welcome"));

    let invalid = Code::InvalidArgument;
    expect_refused(act(workers, doing(id, PERSON)).await, invalid, "invalid", "none of the words");
    expect_refused(act(workers, doing(id, "withdraw")).await, invalid, "invalid", "without a reason");
    expect_refused(act(workers, doing("ffffffff", "close")).await, Code::NotFound, "not_found", "ffffffff");
    let again = workers.referrals().send_referral(SendReferralRequest { id: id.to_owned() }).await;
    expect_refused(again, Code::NotFound, "not_found", "no draft");
    let broken = CreateReferralRequest { answers_json: PERSON.into(), ..two.says() };
    let answer = workers.referrals().create_referral(broken).await;
    assert!(!format!("{answer:?}").contains(PERSON));
    expect_refused(answer, invalid, "invalid", "answers_json");
    let withdrawn = ActOnReferralRequest { reason: "person-asked".into(), ..doing(id, "withdraw") };
    assert_eq!(act(&board, withdrawn).await.expect("it moves on").request, "withdrawn");
}

/// What is owed in a referral can rest on the one that goes on from it: whoever watches hears of the first when only the second
/// changed, also when they come back.
#[test]
fn a_referral_that_another_goes_on_from_comes_with_every_change_of_that() {
    run(async {
        let two = Two::new(None);
        let shelter = Node::new(SHELTER, None);
        let beds = publish(&shelter, SHELTER);
        befriend((&shelter, SHELTER), (&two.arts, ARTS));
        let pathway = pathway_to(&two.arts, &beds);
        let (workers, arts, shelter) = (two.workers.socket().await, two.arts.socket().await, shelter.socket().await);
        let mut at_arts = Watcher::after(&arts, "").await;
        let first = send(&workers, two.says()).await;
        at_arts.until_it_is(&first, "sent", "none").await;
        act(&arts, doing(&first, "accept")).await.expect("it is done");
        at_arts.until_it_is(&first, "sent", "accepted").await;

        let onward = CreateReferralRequest { previous: first.clone(), ..says(&pathway, SHELTER) };
        let second = send(&arts, onward).await;
        let mut at_shelter = Watcher::after(&shelter, "").await;
        at_shelter.until_it_is(&second, "sent", "none").await;
        at_arts.until_it_is(&second, "sent", "none").await;
        at_arts.until_caught_up().await;
        let before = at_arts.token.clone();
        act(&shelter, doing(&second, "accept")).await.expect("it is done");
        at_arts.until_it_is(&second, "sent", "accepted").await;
        let mut back = Watcher::after(&arts, &before).await;
        let (told, token) = (back.next().await, back.token.clone());
        let Event::Referral(row) = told else { panic!("the first referral comes first: {told:?}") };
        assert_eq!(row.id, first);
        assert!(row.owed.iter().any(|owed| owed.what.contains("pass-on")), "{row:?}");
        let again = Watcher::after(&arts, &token).await.until_caught_up().await;
        assert!(
            again.iter().any(|(id, ..)| *id == second),
            "who took in the first alone is told of the second: {again:?}"
        );

        let passed = ActOnReferralRequest { next: second.clone(), ..doing(&first, "pass-on") };
        assert_eq!(act(&arts, passed).await.expect("it is done").response, "passed on");
    });
}
