//! How SQLite goes about finding referrals: what one costs must not grow with how many there are.

use super::*;
use crate::sqlite_url;
use sqlx::Row;

async fn steps((select, values): (String, Vec<Value>)) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&sqlite_url(&folder.path().join("referrals.db"))).await.unwrap();
    let rows = store.read(format!("explain query plan {select}"), values).await.unwrap();
    store.close().await;
    rows.iter().map(|row| row.try_get::<String, _>("detail").unwrap()).collect()
}

#[tokio::test]
async fn a_page_and_one_referral_are_read_in_the_order_of_their_index() {
    let one = RecordId::from_bytes([7; 16]);
    for range in [RecordRange::default().after(&one), one.into()] {
        let steps = steps(of_kind(Kind::REQUEST, &range, 9)).await;
        let step = "document_of_referral (kind=? AND doc_id>? AND doc_id<?)";
        assert!(steps.iter().any(|taken| taken.contains(step)), "{steps:?}");
        assert!(!steps.iter().any(|taken| taken.contains("ORDER BY")), "nothing is sorted: {steps:?}");
    }
}
