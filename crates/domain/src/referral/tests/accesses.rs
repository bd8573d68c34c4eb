//! That nobody changes the log of who read what without its being found.

use super::access::verify;
use super::*;
use proptest::prelude::*;
use proptest::sample::Index;

fn readings() -> impl Strategy<Value = Vec<Reading>> {
    let reading = (any::<i64>(), any::<[u8; 16]>(), any::<Index>(), any::<Index>(), any::<[u8; 16]>()).prop_map(
        |(at, random, role, what, referral)| Reading {
            at: Timestamp::from_ms(at),
            node: NodeId::from_bytes(random),
            role: *role.get(Role::ALL),
            staff: StaffId::from_bytes(random),
            referral: RecordId::from_bytes(referral),
            what: *what.get(AccessKind::ALL),
        },
    );
    proptest::collection::vec(reading, 1..12)
}

fn log(readings: &[Reading]) -> Vec<Access> {
    let mut head = Head::START;
    let mut next = |reading: &Reading| {
        let row = head.next(*reading);
        head = row.head();
        row
    };
    readings.iter().map(&mut next).collect()
}

fn reading(what: AccessKind) -> Reading {
    Reading {
        at: Timestamp::from_ms(1_700_000_000_000),
        node: node(Side::Receiver, 1),
        role: Role::Caseworker,
        staff: StaffId::from_bytes([3; 16]),
        referral: referral(),
        what,
    }
}

#[test]
fn the_bytes_of_a_log_stay_as_they_are() {
    let rows = log(&[reading(AccessKind::Opened), reading(AccessKind::Refused)]);
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let lines: Vec<_> = rows.iter().map(|row| format!("{} {}", hex(&row.bytes()), hex(&row.chain))).collect();
    golden("access", &lines.join("\n"));
}

#[test]
fn a_broken_log_is_told_in_words() {
    let rows = log(&[reading(AccessKind::Opened), reading(AccessKind::Printed), reading(AccessKind::Exported)]);
    let check = |rows: &[Access]| {
        verify(Head::START, rows).map_or_else(|bad| bad.to_string(), |head| format!("{} rows", head.number))
    };
    assert_eq!(check(&rows), "3 rows");
    insta::assert_snapshot!(check(&rows[1..]), @"row 1 of the log is missing or not in its place: row 2 stands there");
    insta::assert_snapshot!(check(&[rows[0], Access { chain: [0; 32], ..rows[1] }]), @"row 2 of the log is not as it was written");
}

#[test]
fn a_log_that_was_cut_or_written_anew_does_not_come_to_the_head_that_somebody_kept() {
    let rows = log(&[reading(AccessKind::Opened), reading(AccessKind::Printed), reading(AccessKind::Exported)]);
    let kept = rows[2].head();
    assert_eq!(verify(Head::START, &rows), Ok(kept));
    assert_ne!(verify(Head::START, &rows[..2]), Ok(kept));
    let anew = log(&[reading(AccessKind::Opened), reading(AccessKind::Listed), reading(AccessKind::Exported)]);
    assert!(verify(Head::START, &anew).is_ok_and(|head| head != kept));
    // Pruned before the second row, and verified from there.
    assert_eq!(verify(rows[0].head(), &rows[1..]), Ok(kept));
    assert_eq!(verify(Head::START, []), Ok(Head::START));
}

#[test]
fn a_row_that_is_none_is_refused() {
    let row = log(&[reading(AccessKind::Opened)])[0];
    let bytes = row.bytes();
    assert_eq!(Access::parse(&bytes, row.chain), Ok(row));
    assert!(Access::parse(&bytes[1..], row.chain).is_err());
    assert!(Access::parse(&[bytes.as_slice(), &[0]].concat(), row.chain).is_err());
    let mut strange = bytes;
    strange[71] = 77;
    assert!(Access::parse(&strange, row.chain).unwrap_err().message.contains("77 is not the number of a way to read"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_log_hangs_together_and_reads_back(readings in readings()) {
        let rows = log(&readings);
        prop_assert_eq!(verify(Head::START, &rows), Ok(rows[rows.len() - 1].head()));
        for row in &rows {
            prop_assert_eq!(Access::parse(&row.bytes(), row.chain), Ok(*row));
        }
    }

    #[test]
    fn one_changed_bit_is_found_at_its_row(readings in readings(), at in any::<Index>(), bit in any::<Index>()) {
        let mut rows = log(&readings);
        let at = at.index(rows.len());
        let row = rows[at];
        let mut kept = [row.bytes().as_slice(), &row.chain].concat();
        let bit = bit.index(kept.len() * 8);
        kept[bit / 8] ^= 1 << (bit % 8);
        let (bytes, chain) = kept.split_at(kept.len() - 32);
        // Some changes are no row any more.
        if let Ok(changed) = Access::parse(bytes, chain.try_into().expect("32 bytes")) {
            rows[at] = changed;
            prop_assert_eq!(verify(Head::START, &rows).map_err(|bad| bad.at), Err(at));
        }
    }

    #[test]
    fn a_row_that_is_gone_or_moved_is_found_at_its_place(readings in readings(), first in any::<Index>(), second in any::<Index>()) {
        let rows = log(&readings);
        let (first, second) = (first.index(rows.len()), second.index(rows.len()));
        let mut moved = rows.clone();
        moved.swap(first, second);
        let place = if first == second { Ok(rows[rows.len() - 1].head()) } else { Err(first.min(second)) };
        prop_assert_eq!(verify(Head::START, &moved).map_err(|bad| bad.at), place);
        let mut gone = rows.clone();
        gone.remove(first);
        let found = verify(Head::START, &gone);
        if first + 1 < rows.len() {
            prop_assert_eq!(found.map_err(|bad| bad.at), Err(first));
        } else {
            prop_assert_eq!(found.ok(), gone.last().map_or(Some(Head::START), |row| Some(row.head())));
        }
        let mut twice = rows.clone();
        twice.insert(first, rows[first]);
        prop_assert_eq!(verify(Head::START, &twice).map_err(|bad| bad.at), Err(first + 1));
    }
}
