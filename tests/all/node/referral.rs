//! What is asked of one referral, or of one change, among hundreds: nothing of the others is read for it. They are made unreadable, so
//! that whoever reads one of them too many fails.

use super::fixture::{Home, Running, check};
use domain::document::{Kind, about};
use domain::referral::document::{new_referral, put};
use domain::referral::{
    Agreement, Author, Body, Events, Parties, PassBack, Reason, Request as Sent, Response as Answered, RestsOn, Role,
    Side, fold,
};
use domain::statement::Life;
use domain::sync::Batch;
use domain::sync::batch::DocumentRow;
use domain::sync::sealed::{LockedKey, homes_of};
use domain::{BlobHash, DataKeyId, DocId, NodeId, OrgId, RecordId, StaffId, Timestamp};
use node::api::{
    Handle, PrivacyRequest, PrivacyResponse, ReferralChanges, ReferralRequest, ReferralResponse, ReferralRow,
    ReferralView, Refusal, RefusalKind, Request, Response, WatchFrom,
};
use serde_json::Value;
use sqlx::{AnyConnection, Connection};
use std::collections::{BTreeMap, BTreeSet};
use store::{Draft, Store};

/// Who sent the person here.
const SENDER: OrgId = OrgId::from_bytes([0x51; 32]);
/// Who was asked next.
const NEXT: OrgId = OrgId::from_bytes([0x52; 32]);
const NODE: NodeId = NodeId::from_bytes([0x53; 16]);
/// Referrals that nobody asks about.
const OTHERS: u16 = 300;
const AT: Timestamp = Timestamp::from_ms(1_760_000_000_000);

/// A referral's id: those of a lower number come first.
fn id(number: u16) -> RecordId {
    let mut bytes = [0x5a; 16];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    new_referral(bytes)
}

/// One referral as its two documents.
struct Told {
    parties: Parties,
    previous: Option<RecordId>,
    deeds: Vec<(Side, Body)>,
}

impl Told {
    fn rows(&self, homes: &BTreeMap<OrgId, BTreeSet<NodeId>>) -> [DocumentRow; 2] {
        let [sent, answered] = self.events(homes);
        let Parties { referral, sender, receiver } = self.parties;
        let record = BlobHash::from_bytes([9; 32]);
        let agreement = Agreement { record, rests_on: RestsOn::Own, pass_back: PassBack::Outcome, expires_at: None };
        let listing = RecordId::from_bytes([7; 16]);
        let previous = self.previous;
        let request = Sent { referral, receiver, listing, form: [8; 32], previous, agreement, events: sent };
        let response = Answered { referral, sender, events: answered };
        [row(self.parties.request(), sender, request.value()), row(self.parties.response(), receiver, response.value())]
    }

    /// What both sides wrote, each knowing all before.
    fn events(&self, homes: &BTreeMap<OrgId, BTreeSet<NodeId>>) -> [Events; 2] {
        let (mut sent, mut answered) = (Events::new(), Events::new());
        for (side, body) in &self.deeds {
            let staff = StaffId::from_bytes([1; 16]);
            let author = Author { side: *side, node: NODE, role: Role::Caseworker, staff, occurred_at: AT, now: AT };
            let payload = matches!(body, Body::Send).then(|| BlobHash::from_bytes([9; 32]));
            let referral = fold(self.parties.referral, &sent, &answered, &homes_of(homes, &self.parties));
            let event = referral.write(&author, *body, payload).expect("it may be done");
            let path = put(&event).path;
            let of = if *side == Side::Sender { &mut sent } else { &mut answered };
            of.insert(path[1].parse().expect("an id"), event.encode());
        }
        [sent, answered]
    }
}

fn row(doc_id: DocId, owner: OrgId, value: Value) -> DocumentRow {
    let kinds = [Kind::REQUEST, Kind::RESPONSE];
    let kind = kinds.into_iter().find(|kind| doc_id.is_of(*kind, &owner)).expect("a referral's document");
    DocumentRow {
        doc_id,
        kind,
        owner,
        life: Life::Live,
        is_public: false,
        name: String::new(),
        about: about(kind, &owner, &value),
        value,
        heads: vec![domain::ChangeHash::from_bytes([1; 32])],
        conflicts: 0,
        last_modified: AT,
        bytes: 1,
    }
}

/// An organisation in the middle: hundreds of referrals came and went on, and one of them is asked about.
struct Middle {
    store: Store,
    own: OrgId,
    homes: BTreeMap<OrgId, BTreeSet<NodeId>>,
}

const SEND: (Side, Body) = (Side::Sender, Body::Send);
const ACCEPT: (Side, Body) = (Side::Receiver, Body::Accept { version: 1 });

impl Middle {
    async fn of(home: &Home) -> Self {
        let store = home.store().await;
        let own = store.organisation().await.expect("reads").expect("a node").org_id;
        let homes: BTreeMap<_, _> = [own, SENDER, NEXT].map(|org| (org, [NODE].into())).into();
        store.commit(&Batch { homes: homes.clone(), ..Batch::default() }).await.expect("commits");
        Self { store, own, homes }
    }

    fn came(&self, number: u16, deeds: &[(Side, Body)]) -> Told {
        let parties = Parties { referral: id(number), sender: SENDER, receiver: self.own };
        Told { parties, previous: None, deeds: deeds.to_vec() }
    }

    fn went(&self, number: u16, previous: u16, deeds: &[(Side, Body)]) -> Told {
        let parties = Parties { referral: id(number), sender: self.own, receiver: NEXT };
        Told { parties, previous: Some(id(previous)), deeds: deeds.to_vec() }
    }

    async fn commit(&self, told: impl IntoIterator<Item = Told>) {
        let documents = told.into_iter().flat_map(|told| told.rows(&self.homes)).collect();
        self.store.commit(&Batch { documents, ..Batch::default() }).await.expect("commits");
    }

    /// One that came and was accepted, one that goes on from it, and many others of both sorts, each behind one that came.
    async fn fill(&self) {
        let others = (10..10 + OTHERS).flat_map(|n| {
            let answered: &[_] = if n % 2 == 0 { &[SEND, ACCEPT] } else { &[SEND] };
            [self.came(2 * n, answered), self.went(2 * n + 1, 2 * n, &[SEND])]
        });
        self.commit(others).await;
        self.commit([self.came(1, &[SEND, ACCEPT]), self.went(2, 1, &[SEND, ACCEPT])]).await;
    }
}

/// Makes the documents of all others unreadable.
async fn poison(home: &Home) {
    let mut connection = AnyConnection::connect(&home.url()).await.expect("connects");
    let poison = "update document set value = 'x' where kind in (13, 14) and doc_id > $1";
    let others = DocId::new(id(3), Kind::REQUEST, &SENDER).as_bytes().to_vec();
    let touched = sqlx::query(poison).bind(others).execute(&mut connection).await.expect("runs").rows_affected();
    assert_eq!(touched, u64::from(OTHERS) * 4);
    connection.close().await.expect("closes");
}

async fn ask(handle: &Handle, request: ReferralRequest) -> Result<ReferralResponse, Refusal> {
    match handle.ask(Request::Referral(request)).await? {
        Response::Referral(answer) => Ok(answer),
        other => unreachable!("{other:?}"),
    }
}

async fn view(handle: &Handle, id: &str) -> ReferralView {
    match ask(handle, ReferralRequest::Show { id: id.to_owned() }).await {
        Ok(ReferralResponse::View { view, .. }) => *view,
        other => unreachable!("{other:?}"),
    }
}

type Page = (Vec<ReferralRow>, Option<RecordId>);

async fn page(handle: &Handle, all: bool, after: Option<RecordId>, limit: usize) -> Result<Page, Refusal> {
    match ask(handle, ReferralRequest::Page { all, after, limit }).await? {
        ReferralResponse::Page { rows, next, .. } => Ok((rows, next)),
        other => unreachable!("{other:?}"),
    }
}

async fn changes(handle: &Handle, from: WatchFrom) -> ReferralChanges {
    match ask(handle, ReferralRequest::Changes { from }).await {
        Ok(ReferralResponse::Changes(changes)) => changes,
        other => unreachable!("{other:?}"),
    }
}

fn owes(row: &ReferralRow, what: &str) -> bool {
    row.owed.iter().any(|owed| owed.what.contains(what))
}

/// Tells it at a node on SQLite, and at one on PostgreSQL where there is one.
fn at_each(name: &str, story: impl AsyncFn(&Home)) {
    check(name, async |shelter, council| {
        story(&shelter).await;
        story(&council).await;
    });
}

#[test]
fn what_is_asked_of_one_referral_reads_none_of_hundreds_of_others() {
    at_each("of_one", async |home| {
        let middle = Middle::of(home).await;
        middle.fill().await;
        poison(home).await;
        let application = home.offline().await;
        let handle = application.handle();
        for all in [ReferralRequest::List { all: true }, ReferralRequest::Chase] {
            assert!(ask(&handle, all).await.is_err(), "what reads them all fails");
        }
        let came = view(&handle, &id(1).to_string()).await;
        assert_eq!((came.row.id, came.next, came.previous), (id(1), Some(id(2)), None));
        assert!(owes(&came.row, &format!("pass-on --next {}", id(2))), "{:?}", came.row.owed);
        let went = view(&handle, &id(2).to_string()[..13]).await;
        assert_eq!((went.row.id, went.next, went.previous), (id(2), None, Some(id(1))));
        assert_eq!((went.row.partner, went.row.holder), (Some(NEXT), Some(NEXT)));

        let (rows, next) = page(&handle, true, None, 2).await.expect("nothing else is read");
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [id(1), id(2)]);
        assert!(owes(&rows[0], "pass-on") && next == Some(id(2)), "{rows:?}");
        assert!(page(&handle, true, next, 2).await.is_err(), "the next page is of others");

        let subject = Request::Privacy(PrivacyRequest::Subject { ids: vec![id(1).to_string()] });
        match handle.ask(subject).await {
            Ok(Response::Privacy(PrivacyResponse::Subject { bundle })) => {
                let told = &bundle.expose()["referrals"][0];
                assert_eq!(told["stands"]["partner"], SENDER.to_string());
                assert_eq!(told["read_by"], serde_json::json!([]), "this reading is none of those before");
            }
            other => unreachable!("{other:?}"),
        }
        middle.store.close().await;
    });
}

#[test]
fn one_change_is_told_with_what_it_goes_on_from_and_nothing_else_is_read() {
    at_each("of_one_change", async |home| {
        home.up().await.down().await;
        let middle = Middle::of(home).await;
        middle.fill().await;
        poison(home).await;
        let node = home.up().await;
        let before = changes(&node.handle, WatchFrom::Now).await;
        assert_eq!((before.changes, before.is_end), (vec![], true));

        // The next organisation ends it: its answer alone is new.
        let deeds = [SEND, ACCEPT, (Side::Receiver, Body::End(domain::referral::Outcome::Completed))];
        let [_, answer] = middle.went(2, 1, &deeds).rows(&middle.homes);
        middle.store.commit(&Batch { documents: vec![answer], ..Batch::default() }).await.expect("commits");
        let told = changes(&node.handle, WatchFrom::After(before.next.clone())).await;
        assert_eq!(told.changes.iter().map(|change| change.id).collect::<Vec<_>>(), [id(1), id(2)]);
        let rows: Vec<_> = told.changes.iter().filter_map(|change| change.row.as_ref()).collect();
        assert_eq!(rows.iter().map(|row| row.detail.as_str()).collect::<Vec<_>>(), ["accepted", "ended (completed)"]);
        assert_eq!(told.names.keys().collect::<Vec<_>>(), [&middle.own], "of nobody else a name is known");
        // Whoever took in the first alone is told of both again, and whoever took in both of neither.
        let again = changes(&node.handle, WatchFrom::After(told.changes[0].cursor.clone())).await;
        assert_eq!(again.changes.len(), 2);
        let after = changes(&node.handle, WatchFrom::After(told.changes[1].cursor.clone())).await;
        assert_eq!((after.changes, after.is_end), (vec![], true));

        // What somebody else's referral goes on from is not told of: it may be anything, and is none of this organisation's.
        let came = Told { previous: Some(id(1)), ..middle.came(3, &[SEND]) };
        middle.commit([came]).await;
        let told = changes(&node.handle, WatchFrom::After(told.next)).await;
        assert_eq!(told.changes.iter().map(|change| change.id).collect::<Vec<_>>(), [id(3)]);
        node.down().await;
        middle.store.close().await;
    });
}

/// A draft that was locked with another lock.
fn closed(own: OrgId, number: u16) -> Draft {
    let request = Sent::document(id(number), &own);
    Draft { key: LockedKey { request, key_id: DataKeyId::from_bytes([0; 16]), locked: vec![3; 80] }, at: AT }
}

#[test]
fn pages_of_referrals_and_drafts_tell_each_once_in_order() {
    at_each("pages", async |home| {
        let middle = Middle::of(home).await;
        let stopped = [SEND, (Side::Sender, Body::Withdraw(Reason::PersonAsked))];
        let finished = (100..400).map(|n| middle.went(n, 1, &stopped));
        middle.commit(finished).await;
        middle.commit([middle.came(2, &[SEND]), middle.came(5, &[SEND]), middle.went(6, 2, &[SEND])]).await;
        middle.commit([middle.came(500, &[SEND])]).await;
        // Somebody who learned of its id wrote another under it; it is the second that is ours.
        let parties = Parties { referral: id(5), sender: OrgId::from_bytes([1; 32]), receiver: middle.own };
        let [shadow, _] = Told { parties, previous: None, deeds: vec![SEND] }.rows(&middle.homes);
        let [request, answer] = middle.came(5, &[SEND, ACCEPT]).rows(&middle.homes);
        let documents = vec![shadow, request, answer];
        middle.store.commit(&Batch { documents, ..Batch::default() }).await.expect("commits");
        for number in [1, 4, 7, 600] {
            middle.store.put_draft(&closed(middle.own, number)).await.expect("writes");
        }
        let application = home.offline().await;
        let handle = application.handle();
        let open: Vec<_> = [1, 2, 4, 5, 6, 7, 500, 600].map(id).into();
        let mut every: Vec<_> = open.iter().copied().chain((100..400).map(id)).collect();
        every.sort_unstable();
        for (all, expected, limits) in [(true, &every, [40, 77, 500]), (false, &open, [1, 3, 500])] {
            for limit in limits {
                let (mut told, mut after) = (Vec::new(), None);
                loop {
                    let (rows, next) = page(&handle, all, after, limit).await.expect("a page");
                    assert!(rows.len() <= limit, "{} with {limit} at most", rows.len());
                    told.extend(rows.into_iter().map(|row| row.id));
                    after = next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(told, *expected, "{limit} at once, the finished ones too: {all}");
            }
        }
        let (rows, _) = page(&handle, true, Some(id(4)), 1).await.expect("a page");
        assert_eq!((rows[0].partner, rows[0].detail.as_str()), (Some(SENDER), "accepted"));
        middle.store.close().await;
    });
}

async fn rows(handle: &Handle) -> Vec<ReferralRow> {
    match ask(handle, ReferralRequest::List { all: false }).await {
        Ok(ReferralResponse::List { rows, .. }) => rows,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_draft_that_does_not_open_stands_in_the_list_and_can_be_thrown_away() {
    at_each("closed_draft", async |home| {
        home.up().await.down().await;
        let middle = Middle::of(home).await;
        middle.store.put_draft(&closed(middle.own, 1)).await.expect("writes");
        let expect = |rows: Vec<ReferralRow>, what: &str| {
            assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [id(1)]);
            assert_eq!((rows[0].partner, rows[0].detail.as_str()), (None, "draft that does not open"));
            assert!(rows[0].owed[0].by == middle.own && owes(&rows[0], what), "{:?}", rows[0].owed);
        };
        let application = home.offline().await;
        expect(rows(&application.handle()).await, "start the node");
        drop(application);

        let node: Running = home.up().await;
        expect(rows(&node.handle).await, "put back the lock-key file");
        let (paged, _) = page(&node.handle, false, None, 9).await.expect("a page");
        expect(paged, "put back the lock-key file");
        let id = id(1).to_string()[..8].to_owned();
        for asked in [ReferralRequest::Show { id: id.clone() }, ReferralRequest::Open { id: id.clone() }] {
            let refused = ask(&node.handle, asked).await.expect_err("it does not open");
            assert_eq!(refused.kind, RefusalKind::NotAuthentic, "{refusal}", refusal = refused);
        }
        let discard = Request::Referral(ReferralRequest::Discard { id });
        assert_eq!(node.handle.ask(discard.clone()).await, Ok(Response::Done));
        assert_eq!(rows(&node.handle).await, []);
        let refused = node.handle.ask(discard).await.expect_err("there is none any more");
        assert_eq!(refused.kind, RefusalKind::NotFound);
        node.down().await;
        middle.store.close().await;
    });
}
