//! What gets into a log, and what does not.

use super::write_field;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::debug_fn;

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn a_field_that_is_not_on_the_list_is_named_and_not_told() {
    let kept = Kept::default();
    let logging = tracing_subscriber::fmt()
        .with_writer(kept.clone())
        .with_ansi(false)
        .without_time()
        .fmt_fields(debug_fn(write_field).delimited(" "))
        .finish();
    tracing::subscriber::with_default(logging, || {
        let person = "Maud Example";
        tracing::warn!(reason = %"the disk is full", rows = 3, person, answers = ?[person], "it was not kept");
    });
    let told = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    assert!(told.contains("it was not kept reason=the disk is full rows=3"), "{told}");
    assert!(told.contains("person=[not logged]") && told.contains("answers=[not logged]"), "{told}");
    assert!(!told.contains("Maud"), "{told}");
}
