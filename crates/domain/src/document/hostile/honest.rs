//! Documents as honest nodes write them, from a seed: what hostile inputs are made from and measured against.

use crate::{ActorId, Incarnation, OrgId};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A document of `owner` that several of its processes edited, apart and together: about `edits` changes over maps,
/// texts, lists, counters, with conflicts and deletions. The same seed gives the same bytes.
pub fn document(owner: &OrgId, seed: u64, edits: usize) -> Automerge {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut replicas = vec![root(owner, &mut rng)];
    for incarnation in 1..4 {
        let mut fork = replicas[0].fork();
        fork.set_actor(actor(owner, incarnation));
        replicas.push(fork);
    }
    for _ in 0..edits {
        let at = pick(&mut rng, replicas.len());
        if pick(&mut rng, 3) == 0 {
            let mut other = replicas[pick(&mut rng, 4)].clone();
            replicas[at].merge(&mut other).expect("honest replicas merge");
        }
        edit(&mut replicas[at], &mut rng);
    }
    let mut document = replicas.remove(0);
    for mut other in replicas {
        document.merge(&mut other).expect("honest replicas merge");
    }
    document
}

/// The Automerge actor of one incarnation of `owner`.
pub fn actor(owner: &OrgId, incarnation: u8) -> automerge::ActorId {
    automerge::ActorId::from(ActorId::new(owner, Incarnation::from_bytes([incarnation; 8])).as_bytes().as_slice())
}

/// A document whose first change holds a map in a map, a text, a list and a counter.
fn root(owner: &OrgId, rng: &mut ChaCha8Rng) -> Automerge {
    let mut document = Automerge::new().with_actor(actor(owner, 0));
    commit(&mut document, rng, |tx, rng| {
        tx.put(ROOT, "name", "Tuesday supper")?;
        tx.put(ROOT, "places", ScalarValue::counter(12))?;
        let sessions = tx.put_object(ROOT, "sessions", ObjType::Map)?;
        let session = tx.put_object(&sessions, "3f0a", ObjType::Map)?;
        tx.put(&session, "starts", 1_111_111_111_111_i64)?;
        tx.put(&session, "is_free", true)?;
        let about = tx.put_object(ROOT, "about", ObjType::Text)?;
        tx.splice_text(&about, 0, 0, "A warm meal, and company.")?;
        let tags = tx.put_object(ROOT, "tags", ObjType::List)?;
        for i in 0..=pick(rng, 4) {
            tx.insert(&tags, i, format!("tag {i}"))?;
        }
        Ok(())
    });
    document
}

fn commit(
    document: &mut Automerge,
    rng: &mut ChaCha8Rng,
    edit: impl FnOnce(
        &mut automerge::transaction::Transaction<'_>,
        &mut ChaCha8Rng,
    ) -> Result<(), automerge::AutomergeError>,
) {
    let mut tx = document.transaction();
    edit(&mut tx, rng).expect("an honest edit is taken");
    tx.commit_with(CommitOptions::default().with_time(1_700_000_000 + i64::from(rng.next_u32() >> 12)));
}

/// A few operations in one change.
fn edit(document: &mut Automerge, rng: &mut ChaCha8Rng) {
    commit(document, rng, |tx, rng| {
        for _ in 0..=pick(rng, 5) {
            match pick(rng, 4) {
                0 => edit_text(tx, rng)?,
                1 => edit_list(tx, rng)?,
                _ => edit_map(tx, rng)?,
            }
        }
        Ok(())
    });
}

type Tx<'a> = automerge::transaction::Transaction<'a>;
type Edited = Result<(), automerge::AutomergeError>;

fn edit_text(tx: &mut Tx<'_>, rng: &mut ChaCha8Rng) -> Edited {
    let Some(about) = object(tx, "about") else { return Ok(()) };
    let length = tx.length(&about);
    let at = pick(rng, length + 1);
    let cut = pick(rng, (length - at).min(4) + 1);
    let word = ["tea ", "é", "", "soup and bread", "🫖"][pick(rng, 5)];
    tx.splice_text(&about, at, isize::try_from(cut).unwrap_or(0), word)
}

fn edit_list(tx: &mut Tx<'_>, rng: &mut ChaCha8Rng) -> Edited {
    let Some(tags) = object(tx, "tags") else { return Ok(()) };
    let length = tx.length(&tags);
    match pick(rng, 4) {
        0 | 1 => tx.insert(&tags, pick(rng, length + 1), format!("tag {}", rng.next_u32() % 9)),
        2 if length > 0 => tx.put(&tags, pick(rng, length), scalar(rng)),
        3 if length > 0 => tx.delete(&tags, pick(rng, length)),
        _ => tx.insert_object(&tags, 0, ObjType::Map).and_then(|o| tx.put(&o, "k", 1)),
    }
}

fn edit_map(tx: &mut Tx<'_>, rng: &mut ChaCha8Rng) -> Edited {
    let sessions = object(tx, "sessions").unwrap_or(ROOT);
    let key = format!("{}", rng.next_u32() % 7);
    match pick(rng, 7) {
        0 if tx.get(&sessions, key.as_str())?.is_some() => tx.delete(&sessions, key.as_str()),
        1 if is_counter(tx) => tx.increment(ROOT, "places", -1),
        2 => tx.put(ROOT, "places", ScalarValue::counter(i64::from(rng.next_u32() % 40))),
        3 => {
            let session = tx.put_object(&sessions, key.as_str(), ObjType::Map)?;
            tx.put(&session, "ends", ScalarValue::Timestamp(i64::from(rng.next_u32())))?;
            let note = tx.put_object(&session, "note", ObjType::Text)?;
            tx.splice_text(&note, 0, 0, "ring the bell")
        }
        4 => {
            #[expect(clippy::disallowed_types, reason = "Automerge's own macro; the map becomes an ordered one")]
            let value = automerge::hydrate_map! { "a" => 1, "b" => "two" }.into();
            tx.batch_create_object(&sessions, key.as_str(), &value, false).map(|_| ())
        }
        _ => tx.put(&sessions, key.as_str(), scalar(rng)),
    }
}

fn is_counter(tx: &Tx<'_>) -> bool {
    matches!(tx.get(ROOT, "places"), Ok(Some((Value::Scalar(s), _))) if matches!(*s, ScalarValue::Counter(_)))
}

fn object(tx: &Tx<'_>, key: &str) -> Option<ObjId> {
    match tx.get(ROOT, key) {
        Ok(Some((Value::Object(_), id))) => Some(id),
        _ => None,
    }
}

fn scalar(rng: &mut ChaCha8Rng) -> ScalarValue {
    let n = rng.next_u32();
    match pick(rng, 8) {
        0 => ScalarValue::Null,
        1 => ScalarValue::Boolean(n.is_multiple_of(2)),
        2 => ScalarValue::Int(-i64::from(n)),
        3 => ScalarValue::Uint(u64::from(n) << (n % 32)),
        4 => ScalarValue::F64(f64::from(n) / 7.0),
        5 => ScalarValue::Bytes(n.to_le_bytes().to_vec()),
        _ => ScalarValue::Str(format!("value {}", n % 5).into()),
    }
}

/// A number below `n`.
pub(super) fn pick(rng: &mut ChaCha8Rng, n: usize) -> usize {
    usize::try_from(rng.next_u32()).unwrap_or(0) % n.max(1)
}
