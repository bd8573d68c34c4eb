//! Who writes together, and what each is told.

use super::*;
use domain::audience::Audience;
use domain::document::Kind;
use domain::sync::effect::{WriteAction, Written};
use domain::{DocId, OrgId, RecordId, VersionId};
use serde_json::json;

type Answered = oneshot::Receiver<Result<Answer, Refusal>>;

fn document(n: u8) -> DocId {
    DocId::new(RecordId::from_bytes([n; 16]), Kind::LISTING, &OrgId::from_bytes([1; 32]))
}

fn writer(documents: &[u8]) -> (Writer, Answered) {
    let write = |n: &u8| Write {
        doc_id: document(*n),
        kind: Kind::LISTING,
        action: WriteAction::Create { value: json!({ "name": "x" }), audience: Audience::Public },
        imported: None,
        change: None,
    };
    let (answer, answered) = oneshot::channel();
    (Writer { writes: documents.iter().map(write).collect(), answer }, answered)
}

/// Which documents each of those writes who go with the first; what comes back, if anything; how many are left waiting.
fn check(asks: &[&[u8]], together: &[&[u8]], comes_back: Option<&[u8]>, left: usize) {
    let (to, mut waiting) = mpsc::channel(64);
    let mut writers = asks.iter().map(|documents| writer(documents).0);
    let first = writers.next().unwrap();
    for Writer { writes, answer } in writers {
        to.try_send(Ask::Do(Command::Write(writes), answer)).unwrap();
    }
    let documents = |writes: &[Write]| writes.iter().map(|write| write.doc_id).collect::<Vec<_>>();
    let expected = |documents: &[u8]| documents.iter().map(|n| document(*n)).collect::<Vec<_>>();
    let (gathered, back) = gather(first, &mut waiting);
    let gathered: Vec<_> = gathered.iter().map(|writer| documents(&writer.writes)).collect();
    assert_eq!(gathered, together.iter().map(|documents| expected(documents)).collect::<Vec<_>>(), "of {asks:?}");
    let back = back.map(|ask| match ask {
        Ask::Do(Command::Write(writes), _) => documents(&writes),
        other => panic!("{other:?} was never asked"),
    });
    assert_eq!(back, comes_back.map(expected), "of {asks:?}");
    assert_eq!(waiting.len(), left, "of {asks:?}");
}

#[test]
fn those_who_write_different_documents_go_together_and_nobody_overtakes() {
    check(&[&[1]], &[&[1]], None, 0);
    check(&[&[1], &[2], &[3, 4]], &[&[1], &[2], &[3, 4]], None, 0);
    check(&[&[1], &[2], &[1], &[3]], &[&[1], &[2]], Some(&[1]), 1);
    let many: Vec<u8> = (10..74).collect();
    check(&[&many, &[1]], &[&many], None, 1);
    check(&[&[1], &many, &[2]], &[&[1]], Some(&many), 1);
}

#[test]
fn what_is_no_write_waits_for_its_turn() {
    let (to, mut waiting) = mpsc::channel(4);
    to.try_send(Ask::Prune).unwrap();
    let (second, _answered) = writer(&[2]);
    to.try_send(Ask::Do(Command::Write(second.writes), second.answer)).unwrap();
    let (gathered, back) = gather(writer(&[1]).0, &mut waiting);
    assert!(gathered.len() == 1 && matches!(back, Some(Ask::Prune)) && waiting.len() == 1);
}

#[test]
fn each_hears_of_its_own_writes() {
    let (writers, answered): (Vec<_>, Vec<_>) = [&[1][..], &[2, 3], &[4]].into_iter().map(writer).unzip();
    let written = |n: u8| Written { doc_id: document(n), version_id: VersionId::from_bytes([n; 32]), changed: true };
    share_out(writers, Answer::Written((1..=4).map(written).collect()));
    let heard = answered.into_iter().map(|mut answered| match answered.try_recv().unwrap().unwrap() {
        Answer::Written(written) => written.into_iter().map(|one| one.doc_id).collect::<Vec<_>>(),
        Answer::Done | Answer::Referred(_) | Answer::Drafted(..) => Vec::new(),
    });
    let expected = [vec![document(1)], vec![document(2), document(3)], vec![document(4)]];
    assert_eq!(heard.collect::<Vec<_>>(), expected);
}
