//! Settings come from four places, and each says which.

use super::*;

fn load(file: &str, environment: &[(&str, &str)], flags: &[(&str, &[&str])]) -> Result<Config, crate::Error> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), file).unwrap();
    Config::load(
        folder.path().to_path_buf(),
        environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        flags.iter().map(|(k, v)| ((*k).to_owned(), v.iter().map(|w| (*w).to_owned()).collect())),
    )
}

fn check(setting: &str, file: &str, environment: &[(&str, &str)], flags: &[(&str, &[&str])], value: &str, from: &str) {
    let config = load(file, environment, flags).unwrap();
    let shown = config.shown().into_iter().find(|s| s.name == setting).unwrap();
    assert_eq!(shown.value, value, "{setting}");
    assert!(shown.origin.to_string().ends_with(from), "{} should end with {from}", shown.origin);
}

fn refused(file: &str, environment: &[(&str, &str)], message: &str, hint: &str) {
    let refusal = load(file, environment, &[]).unwrap_err().into_refusal();
    assert!(refusal.message.contains(message), "{refusal:?}");
    assert!(refusal.hint.clone().unwrap_or_default().contains(hint), "{refusal:?}");
}

#[test]
fn later_layers_win_and_say_so() {
    let file = "node_listen = \"0.0.0.0:1\"\n";
    let environment = [("FINGERPOST_NODE_LISTEN", "0.0.0.0:2"), ("PATH", "/bin"), ("FINGERPOST_DATA", "/x")];
    check("node_listen", "", &[], &[], "0.0.0.0:7440", "default");
    check("node_listen", file, &[], &[], "0.0.0.0:1", "fingerpost.toml");
    check("node_listen", file, &environment, &[], "0.0.0.0:2", "environment FINGERPOST_NODE_LISTEN");
    check("node_listen", file, &environment, &[("node_listen", &["0.0.0.0:3"])], "0.0.0.0:3", "--node-listen");
    check("advertise", "advertise = [\"a:1\", \"b:2\"]", &[], &[], "a:1, b:2", "fingerpost.toml");
    check("advertise", "", &[("FINGERPOST_ADVERTISE", "a:1,b:2")], &[], "a:1, b:2", "FINGERPOST_ADVERTISE");
    check("cache_megabytes", "cache_megabytes = 8", &[], &[], "8", "fingerpost.toml");
}

#[test]
fn how_long_is_kept_is_a_table_of_days() {
    let days = |config: &Config, finish: &str| config.retention_days.days(finish.parse().unwrap());
    let read = load("[retention_days]\nhelped = 30\nnot-safe = 9150", &[], &[]).unwrap();
    assert_eq!(["helped", "not-safe", "declined"].map(|finish| days(&read, finish)), [30, 9150, 90]);
    let read = load("", &[("FINGERPOST_RETENTION_DAYS", "helped=7, declined = 8")], &[]).unwrap();
    assert_eq!(["helped", "declined", "lapsed"].map(|finish| days(&read, finish)), [7, 8, 90]);
    let unset = load("", &[], &[]).unwrap();
    assert_eq!((unset.retention_days, unset.draft_days), Default::default(), "the defaults are those of the domain");
    check("draft_days", "draft_days = 14", &[], &[], "14", "fingerpost.toml");
    let table = |text: &str| format!("[retention_days]\n{text}");
    refused(&table("healed = 3"), &[], "\"healed\" is not a way to finish", "use one of declined, ");
    refused(&table("helped = 9151"), &[], "helped would be kept for 9151 days; the most is 9150", "privacy hold");
    refused(&table("agreement-withdrawn = 31"), &[], "the most is 30", "privacy hold");
    refused(&table("helped = -1"), &[], "has \"-1\" and should have a whole number of days", "");
    refused(&table("helped = \"long\""), &[], "is no table of numbers", "");
    refused("retention_days = 3", &[], "is no table of numbers", "");
    refused("", &[("FINGERPOST_RETENTION_DAYS", "730")], "should be a table of days", "");
    refused("draft_days = 367", &[], "the most is 366", "kept as long again");
    refused("draft_days = -1", &[], "should be a whole number", "");
}

#[test]
fn wrong_settings_are_refused_with_the_nearest_name() {
    refused("node_lissen = \"x\"", &[], "no setting \"node_lissen\"", "did you mean node_listen?");
    refused("", &[("FINGERPOST_PEOPLE_LISTN", "x")], "no setting \"people_listn\"", "did you mean people_listen?");
    refused("zzzzzzzzzzzzzzz = 1", &[], "no setting", "config show");
    refused("cache_megabytes = \"much\"", &[], "should be a whole number", "");
    refused("metrics = \"some\"", &[], "loopback, all or nobody", "");
    refused("[metrics]\nx = 1", &[], "metrics in", "");
    refused("metrics = ", &[], "is not a configuration file", "toml");
}

#[test]
fn passwords_are_put_in_and_never_shown() {
    let config =
        load("database = \"postgres://fp@db.example/fp\"", &[("FINGERPOST_DATABASE_PASSWORD", "s3/cret@")], &[])
            .unwrap();
    assert_eq!(config.database_url().unwrap(), "postgres://fp:s3%2Fcret%40@db.example/fp");
    assert!(!format!("{config:?}").contains("s3/cret"));
    assert!(config.shown().iter().all(|s| !s.value.contains("cret")));
    check(
        "database",
        "database = \"postgres://fp:pw@db/x\"",
        &[],
        &[],
        "postgres://fp:[hidden]@db/x",
        "fingerpost.toml",
    );
}

#[test]
fn every_setting_is_documented() {
    for field in Config::FIELDS {
        assert!(field.doc.trim().len() > 20, "{} says too little", field.name);
    }
}
