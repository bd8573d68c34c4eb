//! A referral's two documents between two organisations, beside a third that is a partner of both.

use super::World;
use crate::audience::{Audience, Scope};
use crate::document::crdt::Content;
use crate::document::{Edit, Kind, StoredChange, chunk, pack};
use crate::referral::document::{EVENTS, new_referral, put};
use crate::referral::{
    Agreement, Author, Body, Events, Homes, PassBack, Reason, Request, Response, RestsOn, Role, Side, Word, fold, word,
};
use crate::statement::{SignedStatement, Statement};
use crate::sync::effect::{Answer, Command, Write, WriteAction};
use crate::sync::message::{Item, Versions};
use crate::sync::{Input, Message};
use crate::{ActorId, BlobHash, DocId, Incarnation, RecordId, Refusal, RefusalKind, StaffId, Timestamp};

/// A sender, a receiver and a partner of both, all linked.
struct Scene {
    world: World,
    sender: usize,
    receiver: usize,
    other: usize,
    referral: RecordId,
}

impl Scene {
    fn new() -> Self {
        let mut world = World::seeded(31);
        let [sender, receiver, other] = world.organisations([1, 1, 1]).map(|nodes| nodes[0]);
        world.link(sender, receiver).link(sender, other).link(receiver, other).run_until_quiet();
        Self { world, sender, receiver, other, referral: new_referral([3; 16]) }
    }

    fn request(&self) -> DocId {
        Request::document(self.referral, &self.world.org(self.sender))
    }

    fn response(&self) -> DocId {
        Response::document(self.referral, &self.world.org(self.receiver))
    }

    /// Both documents' events, as a node holds them.
    fn events(&self, at: usize) -> (Events, Events) {
        let value = |id: &DocId| self.world.row(at, *id).map(|row| row.value.clone());
        let request = value(&self.request()).map(|v| Request::read(&self.request(), &v).expect("a request").events);
        let response =
            value(&self.response()).map(|v| Response::read(&self.response(), &v).expect("a response").events);
        (request.unwrap_or_default(), response.unwrap_or_default())
    }

    fn homes(&self) -> Homes {
        let home = |at: usize| [self.world.nodes[at].identity.node].into();
        Homes { sender: home(self.sender), receiver: home(self.receiver) }
    }

    fn shown(&self, at: usize, viewer: Side) -> Word {
        let (request, response) = self.events(at);
        word(&fold(self.referral, &request, &response, &self.homes()).state, viewer)
    }

    /// Writes an event, into a document that is made with its first.
    fn act(&mut self, side: Side, body: Body) -> Result<Answer, Refusal> {
        let (at, to) = match side {
            Side::Sender => (self.sender, self.receiver),
            Side::Receiver => (self.receiver, self.sender),
        };
        let (request, response) = self.events(at);
        let author = Author {
            side,
            node: self.world.nodes[at].identity.node,
            role: Role::Caseworker,
            staff: StaffId::from_bytes([4; 16]),
            occurred_at: Timestamp::from_ms(1_700_000_000_000),
            now: Timestamp::from_ms(1_700_000_000_000),
        };
        let payload = (body == Body::Send).then(|| BlobHash::from_bytes([5; 32]));
        let event = fold(self.referral, &request, &response, &self.homes()).write(&author, body, payload)?;
        let events: Events = [(event.id(), event.encode())].into();
        let (doc_id, kind, value) = match side {
            Side::Sender => (self.request(), Kind::REQUEST, self.first(events).value()),
            Side::Receiver => {
                let response = Response { referral: self.referral, sender: self.world.org(self.sender), events };
                (self.response(), Kind::RESPONSE, response.value())
            }
        };
        let action = match self.world.row(at, doc_id) {
            Some(_) => WriteAction::Edit(vec![put(&event)]),
            None => WriteAction::Create { value, audience: Audience::Named([self.world.org(to)].into()) },
        };
        self.write(at, doc_id, kind, action)
    }

    fn first(&self, events: Events) -> Request {
        Request {
            referral: self.referral,
            receiver: self.world.org(self.receiver),
            listing: RecordId::from_bytes([6; 16]),
            form: [7; 32],
            previous: None,
            agreement: Agreement {
                record: BlobHash::from_bytes([8; 32]),
                rests_on: RestsOn::Own,
                pass_back: PassBack::Outcome,
                expires_at: None,
            },
            events,
        }
    }

    fn write(&mut self, at: usize, doc_id: DocId, kind: Kind, action: WriteAction) -> Result<Answer, Refusal> {
        self.world.ask(at, Command::Write(vec![Write { doc_id, kind, action, imported: None, change: None }]))
    }

    /// The sender signs another version of its request, whatever was done to it, and sends it to the receiver.
    fn forge(&mut self, scope: Scope, edit: Edit) -> SignedStatement {
        let (doc, own) = (self.request(), self.world.org(self.sender));
        let disk = &self.world.nodes[self.sender].disk;
        let standing = disk.statements.values().find(|s| s.statement().doc_id == doc).expect("it was sent").statement();
        let mut chunks: Vec<Vec<u8>> = disk.changes[&doc].iter().map(|change| change.bytes.clone()).collect();
        let mut content = Content::open(chunks.iter().map(Vec::as_slice)).expect("opened");
        let incarnation = Incarnation::from_bytes([9; 8]);
        // As another kind, since an honest engine would refuse it.
        let made = content.edit(ActorId::new(&own, incarnation), self.world.now(), Kind::from_number(77), &[edit]);
        chunks.extend(made.expect("edited"));
        let heads = content.heads().into_iter().collect();
        let seen = standing.seen.iter().map(|(i, n)| (*i, *n)).chain([(incarnation, 1)]).collect();
        let said = Statement { incarnation, rev: 1, seen, heads, scope_id: scope.id(), ..standing.clone() };
        let signed = SignedStatement::sign(said, &self.world.nodes[self.sender].identity.author);
        let changes: Vec<StoredChange> =
            chunks.iter().map(|bytes| chunk::inspect(bytes, &own).expect("a change")).collect();
        let pack = pack::encode(&changes.iter().collect::<Vec<_>>());
        let items = vec![Item { statement: signed.bytes().to_vec(), pack }];
        let message =
            Message::Versions(Versions { scope: scope.id(), items, absent: Vec::new(), absent_versions: Vec::new() });
        let node = self.world.nodes[self.sender].identity.node;
        self.world.nodes[self.receiver].inbox.push_back(Input::Received { node, message });
        self.world.run_until_quiet();
        signed
    }
}

#[test]
fn a_referral_and_its_answer_reach_the_parties_and_nobody_else() {
    let mut scene = Scene::new();
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    assert_eq!(scene.shown(scene.receiver, Side::Receiver), Word::WaitingForUs);
    scene.world.cut(scene.sender, scene.receiver);
    scene.world.run_until_quiet();
    scene.act(Side::Receiver, Body::Accept { version: 1 }).expect("accepted");
    scene.act(Side::Sender, Body::Withdraw(Reason::Other)).expect("withdrawn");
    assert_eq!(scene.shown(scene.sender, Side::Sender), Word::Finished);
    assert_eq!(scene.shown(scene.receiver, Side::Receiver), Word::Active);
    scene.world.link(scene.sender, scene.receiver).run_until_quiet();
    for (at, side) in [(scene.sender, Side::Sender), (scene.receiver, Side::Receiver)] {
        assert_eq!(scene.events(at), scene.events(scene.sender));
        assert_eq!(scene.shown(at, side), Word::Stopping);
    }
    for doc in [scene.request(), scene.response()] {
        assert!(scene.world.row(scene.other, doc).is_none());
        assert!(!scene.world.nodes[scene.other].disk.changes.contains_key(&doc));
    }
    assert!(scene.world.nodes.iter().all(|n| n.disk.incidents.is_empty()), "{:?}", scene.world.nodes[0].disk.incidents);
}

#[test]
fn who_owns_it_neither_shows_it_to_others_nor_takes_anything_back() {
    let mut scene = Scene::new();
    scene.act(Side::Sender, Body::Send).expect("sent");
    let (at, doc) = (scene.sender, scene.request());
    for audience in [Audience::Public, Audience::Partners, Audience::Named([scene.world.org(scene.other)].into())] {
        let refusal = scene.write(at, doc, Kind::REQUEST, WriteAction::Share(audience)).unwrap_err();
        assert_eq!(refusal.kind, RefusalKind::NotAllowed);
    }
    let gone = |path: &[&str]| Edit { path: path.iter().map(|key| (*key).to_owned()).collect(), value: None };
    let refusal = scene.write(at, doc, Kind::REQUEST, WriteAction::Edit(vec![gone(&[EVENTS])])).unwrap_err();
    assert!(refusal.message.contains("overwritten or deleted"), "{refusal}");
    assert_eq!(scene.events(at).0.len(), 1);
}

#[test]
fn what_an_owner_overwrites_or_publishes_all_the_same_is_not_taken() {
    let mut scene = Scene::new();
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    let (sender, receiver) = (scene.world.org(scene.sender), scene.world.org(scene.receiver));
    let before = scene.events(scene.receiver);
    assert_eq!(before.0.len(), 1);
    let deletion = Edit { path: vec![EVENTS.to_owned()], value: None };
    let signed = scene.forge(Scope::pair(sender, receiver), deletion.clone());
    let disk = &scene.world.nodes[scene.receiver].disk;
    let reason = &disk.quarantined[&signed.version_id()].reason;
    assert!(reason.contains("overwritten or deleted"), "{reason}");
    assert_eq!(scene.events(scene.receiver), before, "what was there is shown");

    let signed = scene.forge(Scope::public(sender), deletion);
    let disk = &scene.world.nodes[scene.receiver].disk;
    assert!(!disk.statements.contains_key(&signed.version_id()));
    assert!(disk.incidents.iter().any(|i| i.message.contains("a request in a public scope")), "{:?}", disk.incidents);
}
