use super::*;

#[test]
fn codes_of_both_databases_mean_one_kind() {
    use StoreErrorKind::{Corrupt, DiskFull, InUse, NotPermitted, Query, Unavailable, WrongUrl};
    for (code, kind) in [
        ("13", DiskFull),
        ("53100", DiskFull),
        ("5", InUse),
        ("261", InUse),
        ("55P03", InUse),
        ("8", NotPermitted),
        ("1032", NotPermitted),
        ("42501", NotPermitted),
        ("11", Corrupt),
        ("26", Corrupt),
        ("XX001", Corrupt),
        ("14", Unavailable),
        ("778", Unavailable),
        ("57P01", Unavailable),
        ("53300", Unavailable),
        ("28P01", WrongUrl),
        ("3D000", WrongUrl),
        ("1", Query),
        ("2067", Query),
        ("23505", Query),
        ("", Query),
    ] {
        assert_eq!(kind_of_code(code), kind, "{code}");
    }
}

#[test]
fn an_error_keeps_its_source_and_says_where_it_was() {
    let error = StoreError::from(sqlx::Error::PoolClosed).at("SQLite, /data/x.db");
    assert_eq!(error.to_string(), "the database cannot be reached (SQLite, /data/x.db)");
    assert!(std::error::Error::source(&error).is_some());
}
