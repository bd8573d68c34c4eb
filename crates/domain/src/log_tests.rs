use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_cursor_reads_back_as_it_was_given(
        epoch: [u8; 8], position: u64, quiet_until: u64, doc_id: [u8; 32],
    ) {
        let cursor = LogCursor { epoch, position, doc_id: DocId::from_bytes(doc_id), quiet_until };
        prop_assert_eq!(cursor.to_string().parse::<LogCursor>().unwrap(), cursor);
    }

    #[test]
    fn what_is_no_cursor_is_refused(text in ".{0,120}") {
        prop_assert_eq!(text.parse::<LogCursor>().unwrap_err().kind, crate::RefusalKind::Invalid);
    }
}

#[test]
fn a_cursor_of_another_version_is_refused() {
    let end = LogCursor { epoch: [1; 8], position: 9, doc_id: LAST_DOCUMENT, quiet_until: 0 };
    let text = LogCursor::before_all(&end).to_string();
    assert_eq!(text.parse::<LogCursor>().unwrap().quiet_until, 9);
    let later = format!("02{}", &text[2..]);
    later.parse::<LogCursor>().unwrap_err();
}
