//! One process holds a folder, and its files are its own.

use super::*;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_folder_is_private_and_held_by_one() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("a/b");
    let refusal = Folder::open(&path).unwrap_err().into_refusal();
    assert!(refusal.message.contains("there is no data folder"), "{refusal:?}");

    let folder = Folder::open_or_make(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    let refusal = Folder::open(&path).unwrap_err().into_refusal();
    assert!(refusal.message.contains(&format!("(process {})", std::process::id())), "{refusal:?}");

    drop(folder);
    Folder::open(&path).unwrap();
}

#[test]
fn a_file_in_the_way_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("file");
    std::fs::write(&path, "x").unwrap();
    let refusal = Folder::open_or_make(&path).unwrap_err().into_refusal();
    assert!(refusal.message.contains("is a file"), "{refusal:?}");
}

#[test]
fn private_files_are_private_and_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    write_private(&path, b"one").unwrap();
    write_private(&path, b"two").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"two");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left lying about");
}

#[test]
fn the_folder_follows_the_environment() {
    let check = |environment: &[(&str, &str)], expected: &str| {
        let found = default_folder(|name| environment.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned()));
        assert_eq!(found, PathBuf::from(expected));
    };
    check(&[("FINGERPOST_DATA", "/d"), ("HOME", "/h")], "/d");
    check(&[("XDG_DATA_HOME", "/x"), ("HOME", "/h")], "/x/fingerpost");
    check(&[("HOME", "/h")], "/h/.local/share/fingerpost");
    check(&[], "/var/lib/fingerpost");
}

#[test]
fn the_reserve_is_the_larger_of_a_gibibyte_and_a_twentieth() {
    let check = |size_gib: u64, asked: u64, expected_gib: u64| {
        let disk = Disk { free_bytes: 0, size_bytes: size_gib << 30 };
        assert_eq!(disk.reserve_bytes(asked), expected_gib << 30);
    };
    check(10, 0, 1);
    check(100, 0, 5);
    check(100, 2 << 30, 2);
    assert!(disk(Path::new(".")).unwrap().size_bytes > 0);
}
