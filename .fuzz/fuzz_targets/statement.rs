//! Statements: any bytes get an answer, and what parses is what was received.
#![no_main]

use domain::statement::SignedStatement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(statement) = SignedStatement::parse(data) {
        assert_eq!(statement.bytes(), data);
    }
});
