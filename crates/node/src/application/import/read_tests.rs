//! Files as they come: deflated or not, lines or one document, cut short, not there.

use super::*;
use std::io::Write;

const ROWS: &str = "{\"id\":\"a\",\"name\":\"One\"}\n\nnot json\n{\"id\":\"b\",\"name\":\"Two\"}\n";

fn read_bytes(name: &str, bytes: &[u8]) -> Result<Import, Refusal> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read_path(&path).map(|reading| reading.import)
}

fn read_path(path: &Path) -> Result<Reading, Refusal> {
    let source = Source { feed: "test".into(), ..Source::default() };
    read(path, source, &Mappings::default(), &ProgressSender::silent())
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn good_rows_are_taken_and_bad_ones_named_by_their_line() {
    for (name, bytes) in
        [("rows.ndjson", ROWS.as_bytes().to_vec()), ("rows.ndjson.gz", gz(ROWS.as_bytes())), ("rows", ROWS.into())]
    {
        let import = read_bytes(name, &bytes).unwrap();
        assert_eq!(import.listings.len(), 2, "{name}");
        assert_eq!(import.bad.iter().map(|b| b.row).collect::<Vec<_>>(), [3], "{name}");
    }
    let import = read_bytes("page.json", br#"{"contents":[{"id":"a","name":"One"}]}"#).unwrap();
    assert_eq!(import.listings.len(), 1);
}

#[test]
fn a_row_that_is_too_long_is_one_bad_row() {
    let long = format!("{{\"id\":\"a\",\"name\":\"{}\"}}\n{{\"id\":\"b\",\"name\":\"Two\"}}\n", "x".repeat(ROW_BYTES));
    let import = read_bytes("rows.ndjson", long.as_bytes()).unwrap();
    assert_eq!((import.listings.len(), import.bad.len()), (1, 1));
}

#[test]
fn what_cannot_be_read_to_its_end_is_refused_as_a_whole() {
    let check = |result: Result<Import, Refusal>, words: &str| {
        let refusal = result.unwrap_err();
        assert!(refusal.message.contains(words), "{refusal}");
    };
    let whole = gz(ROWS.repeat(200).as_bytes());
    check(read_bytes("rows.ndjson.gz", &whole[..whole.len() / 2]), "is damaged");
    check(read_bytes("one.json", b"\xff\xfe"), "not UTF-8");
    check(read_bytes("one.json", b""), "nothing in it");
    check(read_bytes("groups.csv", b""), "nothing in");
    check(read_bytes("groups.csv", b"Name,When\nCaf\xe9,Tuesdays\n"), "\"groups.csv\" is not UTF-8 in line 2");
    check(read_bytes("groups.xlsx", b"PK\x03\x04"), "spreadsheet's own file");
    check(read_path(Path::new("/nowhere/rows.ndjson")).map(|r| r.import), "there is no file");
}

#[test]
fn a_spreadsheet_says_how_its_columns_were_read() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in
        [("groups.csv", b"Name;When\nTea;Tuesdays\n".to_vec()), ("a.csv.gz", gz(b"Name,When\nTea,Tuesdays\n"))]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let reading = read_path(&path).unwrap();
        let columns = reading.columns.unwrap();
        let said: Vec<_> = columns.assigned.iter().map(|a| format!("{} {}", a.heading, a.column)).collect();
        assert_eq!((said.join(", "), columns.heading_line), ("Name name, When when".to_owned(), 1));
        assert_eq!(reading.import.listings.len(), 1);
    }
}

#[test]
fn a_mapping_is_refused_where_there_are_no_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.ndjson");
    std::fs::write(&path, ROWS).unwrap();
    let mappings = Mappings { given: Some(Mapping::default()), remembered: None };
    let refusal = read(&path, Source::default(), &mappings, &ProgressSender::silent()).unwrap_err();
    assert!(refusal.message.contains("a mapping is for a spreadsheet"), "{refusal}");
}

#[test]
fn a_folder_is_read_as_its_tables() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let refused = |says: &str| {
        let refusal = read_path(folder.path()).unwrap_err();
        assert!(refusal.message.contains(says) && refusal.hint.is_some(), "{refusal:?}");
    };
    refused("is no folder of HSDS 1.1: there is no services.csv in it");
    write("organizations.csv", "id,name\no1,Hall\n");
    write("notes.txt", "not a table");
    write("staff.csv", "id,name\n1,Ann\n");
    write("metadata.csv", "");
    refused("there is no services.csv in it");
    write("Services.csv", "id,name,organization_id\ns1,Supper,o1\ns2,,o1\n");
    let import = read_path(folder.path()).unwrap().import;
    assert_eq!((import.listings.len(), import.organisations.len(), import.bad.len()), (1, 1, 1));
    assert_eq!(import.bad[0].file.as_deref(), Some("Services.csv"));
    assert!(import.notes.iter().any(|note| note.ends_with("not read: staff.csv")), "{:?}", import.notes);
    let table = read_path(&folder.path().join("Services.csv")).unwrap().import;
    assert_eq!(table.listings.len(), 1, "one table by itself is a spreadsheet");
    write("service.csv", "id,name\n");
    refused("hold the table services");
}
