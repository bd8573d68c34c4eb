//! A folder is made whole, or not at all.

use super::*;
use domain::Timestamp;

fn config(data: &Path, flags: &[(&str, &str)]) -> Config {
    let flags = flags.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]));
    Config::load(data.to_path_buf(), [], flags).unwrap()
}

async fn refused(config: &Config, words: &str) {
    let refusal = initialise(config, Keep::All, &Founding::New).await.unwrap_err().into_refusal();
    assert!(refusal.message.contains(words), "{refusal}");
}

#[tokio::test]
async fn a_folder_holds_keys_words_and_the_organisations_own_document() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let made = initialise(&config(&data, &[("name", " Night Shelter ")]), Keep::All, &Founding::New).await.unwrap();
    assert_eq!(made.organisation.name, "Night Shelter");
    let words = std::fs::read_to_string(data.join(RECOVERY_WORDS)).unwrap();
    assert_eq!(words.trim(), made.recovery_words);
    assert!(is_initialised(&data));
    assert!(forget_words(&data).unwrap() && !forget_words(&data).unwrap());

    let store = open_store(&config(&data, &[])).await.unwrap();
    let document = store.document(crate::application::organisation_document(&made.organisation.id)).await.unwrap();
    let row = document.unwrap().row.unwrap();
    assert_eq!((row.name.as_str(), row.is_public), ("Night Shelter", true));
    assert_eq!(row.value["organisation"], made.organisation.id.to_string());
    refused(&config(&data, &[]), "holds a node of \"Night Shelter\" already").await;
}

#[tokio::test]
async fn what_fails_leaves_nothing_and_a_half_done_folder_is_made_again() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    refused(&config(&data, &[("database", "mysql://x/y")]), "cannot open the database").await;
    assert!(!data.exists(), "a folder made for nothing is taken away again");
    refused(&config(&data, &[("name", &"x".repeat(201))]), "200 characters").await;

    // The process died before the keys were written.
    initialise(&config(&data, &[]), Keep::All, &Founding::New).await.unwrap();
    std::fs::remove_file(data.join(crate::data::KEYS)).unwrap();
    let made = initialise(&config(&data, &[]), Keep::All, &Founding::New).await.unwrap();
    assert_eq!(made.organisation.name, UNNAMED);
    let store = open_store(&config(&data, &[])).await.unwrap();
    assert_eq!(store.organisation().await.unwrap().unwrap().org_id, made.organisation.id);
}

#[tokio::test]
async fn a_database_of_another_folder_is_not_taken_over() {
    let parent = tempfile::tempdir().unwrap();
    let url = store::sqlite_url(&parent.path().join("shared.db"));
    let store = Store::open(&url).await.unwrap();
    let founded = found().unwrap();
    let organisation = Organisation {
        org_id: founded.root.org_id(),
        node_id: founded.secrets.node_id,
        name: "Somebody".to_owned(),
        keys: founded.keys.bytes(),
        created_at: Timestamp::from_ms(1),
        is_recovered: false,
        siblings: vec![],
    };
    store.set_organisation(&organisation).await.unwrap();
    store.close().await;
    refused(&config(&parent.path().join("data"), &[("database", &url)]), "this database holds a node").await;
}

#[test]
fn settings_are_kept_with_what_the_file_says_already() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path();
    std::fs::write(data.join(config::FILE), "# ours\nlog = \"warn\"\n").unwrap();
    let url = "postgres://fp:s3%2Fcret@db.example/fp";
    let given = [("database", url), ("node_listen", "127.0.0.1:0"), ("name", "x")];
    write_settings(&config(data, &given), Keep::Database).unwrap();
    let kept = std::fs::read_to_string(data.join(config::FILE)).unwrap();
    assert!(kept.starts_with("# ours\nlog = \"warn\"\n"), "{kept}");
    assert!(!kept.contains("cret") && !kept.contains("node_listen") && !kept.contains("name ="), "{kept}");

    let again = config(data, &[]);
    assert_eq!(again.database, "postgres://fp@db.example/fp");
    assert_eq!(again.database_url().unwrap(), url);
    write_settings(&config(data, &[("log", "info"), ("node_listen", "127.0.0.1:1")]), Keep::All).unwrap();
    assert_eq!(config(data, &[]).node_listen, "127.0.0.1:1");
}
