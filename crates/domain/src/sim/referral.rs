//! A referral's two documents between two organisations, beside a third that is a partner of both.

use super::World;
use crate::audience::{Audience, Scope};
use crate::document::crdt::Content;
use crate::document::{Edit, Kind, StoredChange, chunk, pack};
use crate::referral::document::{EVENTS, new_referral};
use crate::referral::{
    Action, Agreement, Blob, Body, DataKey, Events, Homes, Outcome, Parties, PassBack, Reason, Receipt, Request,
    Response, RestsOn, Role, Side, Word, fold, word,
};
use crate::statement::{SignedStatement, Statement};
use crate::sync::batch::Partner;
use crate::sync::effect::{Answer, Command, Write, WriteAction};
use crate::sync::message::{Item, Versions};
use crate::sync::sealed::{FetchPayloads, KeyWanted};
use crate::sync::{Input, Message, Referring};
use crate::{ActorId, DocId, Incarnation, RecordId, Refusal, RefusalKind, StaffId, Timestamp, limits};

fn key() -> DataKey {
    DataKey::from_random([6; 32])
}

/// What stands for the sealed record of a person's agreement.
fn agreement() -> Blob {
    key().seal(&DocId::from_bytes([0; 32]), b"agreed", [8; 24]).expect("sealed")
}

/// Says at a node whether, and when, the words of another's organisation were compared, by both.
fn compare(world: &mut World, at: usize, with: usize, compared: Option<Timestamp>) {
    let with = world.org(with);
    let known = world.nodes[at].disk.partners[&with].clone();
    let there = compared.map(|_| vec![1]);
    let partner = Partner { confirmed_here_at: compared, confirmed_there: there, ..known };
    world.ask(at, Command::UpdatePartner(partner)).expect("updated");
}

/// A sender, a receiver and a partner of both, all linked.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) sender: usize,
    pub(super) receiver: usize,
    pub(super) other: usize,
    pub(super) referral: RecordId,
}

impl Scene {
    fn new() -> Self {
        Self::of([1, 1, 1]).0
    }

    /// The same where organisations have so many nodes, the first of each the home node. Gives the receiver's nodes too; only the home
    /// nodes are linked.
    pub(super) fn of(nodes: [usize; 3]) -> (Self, Vec<usize>) {
        let mut world = World::seeded(31);
        let [senders, receivers, others] = world.organisations(nodes);
        let (sender, receiver, other) = (senders[0], receivers[0], others[0]);
        world.link(sender, receiver).link(sender, other).link(receiver, other).run_until_quiet();
        compare(&mut world, sender, receiver, Some(Timestamp::from_ms(1)));
        for at in &receivers {
            compare(&mut world, *at, sender, Some(Timestamp::from_ms(1)));
        }
        (Self { world, sender, receiver, other, referral: new_referral([3; 16]) }, receivers)
    }

    pub(super) fn request(&self) -> DocId {
        Request::document(self.referral, &self.world.org(self.sender))
    }

    pub(super) fn response(&self) -> DocId {
        Response::document(self.referral, &self.world.org(self.receiver))
    }

    /// Both documents' events, as a node holds them.
    pub(super) fn events(&self, at: usize) -> (Events, Events) {
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

    pub(super) fn shown(&self, at: usize, viewer: Side) -> Word {
        let (request, response) = self.events(at);
        word(&fold(self.referral, &request, &response, &self.homes()).state, viewer)
    }

    pub(super) fn parties(&self) -> Parties {
        let (sender, receiver) = (self.world.org(self.sender), self.world.org(self.receiver));
        Parties { referral: self.referral, sender, receiver }
    }

    /// Does something, with sealed words where it needs any.
    pub(super) fn act(&mut self, side: Side, body: Body) -> Result<Answer, Refusal> {
        let at = if side == Side::Sender { self.sender } else { self.receiver };
        self.act_in(self.parties(), at, side, body)
    }

    /// The same in a referral between others.
    pub(super) fn act_in(&mut self, parties: Parties, at: usize, side: Side, body: Body) -> Result<Answer, Refusal> {
        let seal = |words: &str| key().seal(&parties.document(side), words.as_bytes(), [9; 24]).expect("sealed");
        let is_first = body == Body::Send;
        let is_said = body.action().payload() == crate::referral::code::Payload::Required;
        let may_be_said = matches!(body, Body::Decline(Reason::Other) | Body::End(Outcome::PartlyCompleted));
        let has_words = is_said || may_be_said;
        let lock = self.world.nodes[at].lock();
        let referring = Referring {
            parties,
            role: match body.action() {
                Action::Erase | Action::Keep => Role::DataProtectionLead,
                _ => Role::Caseworker,
            },
            staff: StaffId::from_bytes([4; 16]),
            occurred_at: Timestamp::from_ms(1_700_000_000_000),
            body,
            payload: has_words.then(|| seal("a name, and what is needed")),
            first: is_first.then(|| Box::new(self.first(Events::new()))),
            beside: if is_first { vec![agreement()] } else { Vec::new() },
            key: is_first.then(|| lock.keep(&parties, &key(), [1; 24]).expect("locked")),
        };
        self.world.ask(at, Command::Refer(Box::new(referring)))
    }

    /// What is held of it beside its documents: how many payloads, and whether the key is there.
    pub(super) fn held(&self, at: usize) -> (usize, bool) {
        let disk = &self.world.nodes[at].disk;
        (disk.payloads.get(&self.request()).map_or(0, |of| of.len()), disk.data_keys.contains_key(&self.request()))
    }

    fn first(&self, events: Events) -> Request {
        Request {
            referral: self.referral,
            receiver: self.world.org(self.receiver),
            listing: RecordId::from_bytes([6; 16]),
            form: [7; 32],
            previous: None,
            agreement: Agreement {
                record: agreement().hash(),
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

    /// The partner of both asks each for what is sealed.
    fn ask_as_other(&mut self) {
        let (request, _) = self.events(self.sender);
        let named = request.values().filter_map(|bytes| crate::referral::Event::parse(bytes).ok()?.payload);
        let wants = named.chain([agreement().hash()]).collect();
        let asked = Message::FetchPayloads(FetchPayloads { parties: self.parties(), wants, key: KeyWanted::Yes });
        for at in [self.sender, self.receiver] {
            self.world.inject(self.other, at, asked.clone()).run_until_quiet();
        }
        let got: Vec<_> = self.world.nodes[self.other].disk.incidents.clone();
        assert!(got.is_empty(), "{got:?}");
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
fn what_was_sealed_and_its_key_are_at_the_parties_alone() {
    let mut scene = Scene::new();
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    scene.act(Side::Receiver, Body::Acknowledge { version: 1 }).expect("acknowledged");
    scene.act(Side::Receiver, Body::Ask).expect("asked");
    scene.world.run_until_quiet();
    for at in [scene.sender, scene.receiver] {
        assert_eq!(scene.held(at), (3, true));
        let node = &scene.world.nodes[at];
        let locked = &node.disk.data_keys[&scene.request()];
        assert!(node.lock().kept(&scene.parties(), locked).expect("opens") == key());
        assert!(node.disk.gathering.is_empty(), "nothing is left to look at");
    }
    assert_eq!(scene.held(scene.other), (0, false));
    scene.ask_as_other();
    assert_eq!(scene.held(scene.other), (0, false), "a partner of both is given nothing");
}

#[test]
fn what_could_not_come_comes_with_the_next_link_and_after_a_crash() {
    let mut scene = Scene::new();
    scene.act(Side::Sender, Body::Send).expect("sent");
    // The documents came and the link ends before what was sealed did.
    while scene.events(scene.receiver).0.is_empty() {
        assert!(scene.world.step(), "the request never came");
    }
    scene.world.cut(scene.sender, scene.receiver);
    scene.world.run_until_quiet();
    assert_eq!(scene.held(scene.receiver), (0, false));
    scene.world.restart(scene.receiver);
    scene.world.link(scene.sender, scene.receiver).run_until_quiet();
    assert_eq!(scene.held(scene.receiver), (2, true));
}

#[test]
fn what_a_full_partner_sealed_waits_until_there_is_room_and_is_not_lost() {
    let mut scene = Scene::new();
    let (sender, receiver) = (scene.sender, scene.receiver);
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    scene.act(Side::Receiver, Body::Open { version: 1 }).expect("read");
    scene.act(Side::Receiver, Body::Decline(Reason::NoSpace)).expect("declined");
    scene.world.run_until_quiet();
    // The first referral fills what the sender may have, but for the last byte.
    let (first, from) = (scene.referral, scene.world.org(sender));
    let fill = |scene: &mut Scene| {
        let request = scene.request();
        let disk = &mut scene.world.nodes[receiver].disk;
        let usage = disk.usage()[&from];
        let room = limits::OWNER_BYTES - 1 - usage.bytes - usage.sealed_bytes;
        let largest = disk.payloads.get_mut(&request).and_then(|of| of.values_mut().next()).expect("it is here");
        assert_eq!(largest.owner, from);
        largest.bytes.resize(largest.bytes.len() + usize::try_from(room).expect("fits"), 0);
    };
    fill(&mut scene);
    scene.world.restart(receiver).link(sender, receiver).run_until_quiet();
    assert!(!scene.world.nodes[receiver].is_full_of_sealed(&from));

    scene.referral = new_referral([5; 16]);
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    assert_eq!(scene.events(receiver).0.len(), 1, "what is not sealed came, and filled it");
    assert_eq!(scene.held(receiver), (0, false));
    let node = &scene.world.nodes[receiver];
    assert!(node.is_full_of_sealed(&from) && node.disk.gathering.contains(&scene.parties()), "it waits");
    assert_eq!(node.disk.incidents.iter().filter(|one| one.kind == "full").count(), 1);
    scene.world.restart(receiver).link(sender, receiver).run_until_quiet();
    assert_eq!(scene.held(receiver), (0, false), "it waits still");

    let (second, node) = (scene.referral, scene.world.nodes[receiver].identity.node);
    scene.referral = first;
    scene.act(Side::Receiver, Body::Erase { node, receipt: Receipt::Erased }).expect("erased");
    scene.world.run_until_quiet();
    scene.world.link(sender, receiver).run_until_quiet();
    scene.referral = second;
    assert_eq!(scene.held(receiver), (2, true), "there was room again");
    let node = &scene.world.nodes[receiver];
    assert!(!node.is_full_of_sealed(&from) && node.disk.gathering.is_empty());
}

#[test]
fn what_was_destroyed_is_counted_no_more() {
    let mut scene = Scene::new();
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    let counted = |scene: &Scene, at: usize| {
        let disk = scene.world.nodes[at].disk.usage();
        let of = |side: usize| disk.get(&scene.world.org(side)).map_or(0, |usage| usage.sealed_bytes);
        [of(scene.sender), of(scene.receiver)]
    };
    let size = 2 * limits::BLOB_BYTES[0] as u64;
    let at_least = |bytes: [u64; 2], sealed: [u64; 2]| bytes.iter().zip(sealed).all(|(is, of)| *is >= of);
    assert!(at_least(counted(&scene, scene.receiver), [size, 0]));
    scene.act(Side::Receiver, Body::Ask).expect("asked");
    scene.world.run_until_quiet();
    for at in [scene.sender, scene.receiver] {
        assert!(at_least(counted(&scene, at), [size, size / 2]), "each what its own events name");
        assert!(scene.world.nodes[at].counts_sealed());
    }
    scene.act(Side::Sender, Body::WithdrawAgreement).expect("withdrawn");
    let node = scene.world.nodes[scene.sender].identity.node;
    scene.act(Side::Sender, Body::Erase { node, receipt: Receipt::Erased }).expect("erased");
    scene.world.run_until_quiet();
    for at in [scene.sender, scene.receiver] {
        assert_eq!(counted(&scene, at), [0, 0]);
        assert!(scene.world.nodes[at].counts_sealed());
    }
}

#[test]
fn an_agreement_that_ends_before_anybody_read_drops_what_was_sealed_unread() {
    let mut scene = Scene::new();
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    assert_eq!(scene.held(scene.receiver), (2, true));
    scene.act(Side::Sender, Body::WithdrawAgreement).expect("withdrawn");
    scene.world.run_until_quiet();
    assert_eq!(scene.held(scene.receiver), (0, false));
    let (request, response) = scene.events(scene.sender);
    let state = fold(scene.referral, &request, &response, &scene.homes()).state;
    assert_eq!(state.receiver.nodes.values().collect::<Vec<_>>(), [&Receipt::NeverOpened], "and the sender knows");
    // What is asked for again is not given again.
    scene.world.cut(scene.sender, scene.receiver);
    scene.world.link(scene.sender, scene.receiver).run_until_quiet();
    assert_eq!(scene.held(scene.receiver), (0, false));
}

#[test]
fn an_old_copy_that_is_put_back_erases_again_what_was_erased() {
    let mut scene = Scene::new();
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    scene.act(Side::Receiver, Body::Open { version: 1 }).expect("read");
    scene.act(Side::Receiver, Body::Decline(Reason::NoSpace)).expect("declined");
    scene.world.run_until_quiet();
    let old = scene.world.nodes[scene.receiver].disk.clone();
    let node = scene.world.nodes[scene.receiver].identity.node;
    scene.act(Side::Receiver, Body::Erase { node, receipt: Receipt::Erased }).expect("erased");
    assert_eq!(scene.held(scene.receiver), (0, false), "at once");
    scene.world.run_until_quiet();
    scene.world.cut(scene.sender, scene.receiver);
    scene.world.nodes[scene.receiver].disk = old;
    scene.world.restart(scene.receiver);
    assert_eq!(scene.held(scene.receiver), (2, true), "the copy has it");
    scene.world.link(scene.sender, scene.receiver).run_until_quiet();
    assert_eq!(scene.held(scene.receiver), (0, false), "until it hears that it was erased");
    assert_eq!(scene.held(scene.sender), (2, true), "and nothing is deleted at the other party");
}

#[test]
fn another_organisations_referral_under_the_same_id_destroys_nothing() {
    let mut scene = Scene::new();
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    let (other, receiver) = (scene.other, scene.receiver);
    compare(&mut scene.world, other, receiver, Some(Timestamp::from_ms(1)));
    compare(&mut scene.world, receiver, other, Some(Timestamp::from_ms(1)));
    let forged = Parties { sender: scene.world.org(other), ..scene.parties() };
    scene.act_in(forged, other, Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    scene.act_in(forged, other, Side::Sender, Body::WithdrawAgreement).expect("withdrawn");
    scene.world.run_until_quiet();
    assert_eq!(scene.held(receiver), (2, true), "what the first sender said is here still");
    assert!(!scene.world.nodes[receiver].disk.payloads.contains_key(&forged.request()));
}

#[test]
fn what_nobody_had_fetched_when_the_agreement_ended_is_given_to_nobody() {
    let mut scene = Scene::new();
    let (sender, receiver) = (scene.sender, scene.receiver);
    scene.act(Side::Sender, Body::Send).expect("sent");
    while scene.events(receiver).0.is_empty() {
        assert!(scene.world.step(), "the request never came");
    }
    scene.world.cut(sender, receiver);
    scene.world.run_until_quiet();
    scene.act(Side::Sender, Body::WithdrawAgreement).expect("withdrawn");
    // By its own word, the receiver had opened it before.
    scene.act(Side::Receiver, Body::Open { version: 1 }).expect("said");
    scene.world.link(sender, receiver).run_until_quiet();
    assert_eq!(scene.held(receiver), (0, false));
    let asked = Message::FetchPayloads(FetchPayloads {
        parties: scene.parties(),
        wants: vec![agreement().hash()],
        key: KeyWanted::Yes,
    });
    scene.world.inject(receiver, sender, asked).run_until_quiet();
    assert_eq!(scene.held(receiver), (0, false));
}

#[test]
fn nobody_is_asked_about_a_referral_from_an_organisation_whose_words_were_not_compared() {
    let mut scene = Scene::new();
    let (sender, receiver) = (scene.sender, scene.receiver);
    compare(&mut scene.world, receiver, sender, None);
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    assert_eq!(scene.events(scene.receiver).0.len(), 1);
    assert_eq!(scene.held(scene.receiver), (0, false));
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
