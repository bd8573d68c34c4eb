//! CSV as it comes out of spreadsheets and other people's scripts.

use super::*;

/// The rows as `line:cell|cell`, then the bad ones as `line!reason`.
fn check(text: &str, expected: &[&str]) {
    check_bytes(text.as_bytes(), expected);
}

fn check_bytes(bytes: &[u8], expected: &[&str]) {
    let rows = Rows::read("a.csv", bytes).expect("read");
    let mut said: Vec<String> = rows.rows.iter().map(|r| format!("{}:{}", r.line, r.cells.join("|"))).collect();
    said.extend(rows.bad.iter().map(|bad| format!("{}!{}", bad.row, bad.reason)));
    assert_eq!(said, expected, "{:?}", String::from_utf8_lossy(bytes));
}

fn refused(bytes: &[u8], says: &str) {
    let refusal = Rows::read("a.csv", bytes).expect_err("refused");
    assert!(refusal.message.contains(says), "{refusal}");
}

#[test]
fn rows_are_read_however_they_are_written() {
    check("a,b\n1,2\n", &["1:a|b", "2:1|2"]);
    check("a,b\r\n1,2\r\n\r\n3,4", &["1:a|b", "2:1|2", "4:3|4"]);
    check("\u{feff}a;b\n1,5;2\n", &["1:a|b", "2:1,5|2"]);
    check("a\tb\n1\t2, 3\n", &["1:a|b", "2:1|2, 3"]);
    check("sep=;\r\na;b\r\n1;2\r\n", &["2:a|b", "3:1|2"]);
    check("sep=;\na,x;b,y\n", &["2:a,x|b,y"]);
    check("name\nOne\nTwo\n", &["1:name", "2:One", "3:Two"]);
    check("\n\n , \na,b\n,,,\n 1 , 2 \n", &["4:a|b", "6:1|2"]);
    check("a,b\n\"1\n2\",3\n4,5\n", &["1:a|b", "2:1\n2|3", "4:4|5"]);
    check("a,b\r\n\"1\r\n2\",3\r\n4,5\r\n", &["1:a|b", "2:1\r\n2|3", "4:4|5"]);
    check("a,b\n\"say \"\"so\"\"\",6\" pipe\n", &["1:a|b", "2:say \"so\"|6\" pipe"]);
    check("a,b\nCafé,日本\n", &["1:a|b", "2:Café|日本"]);
}

#[test]
fn a_row_that_is_no_row_is_named_by_its_line() {
    let quote = "a quotation mark opens in this row and never closes, so the rest of the file is inside it";
    check("a,b\n1,2\n3,\"4\n5,6\n", &["1:a|b", "2:1|2", &format!("3!{quote}")]);
    let long = format!("a,b\n1,{}\n2,3\n", "x".repeat(CELL_BYTES + 1));
    check(&long, &["1:a|b", "3:2|3", "2!a cell has 20481 bytes; the most is 20480"]);
}

#[test]
fn what_is_no_utf8_or_too_much_is_refused() {
    refused(b"", "nothing in");
    refused(b"\n ,\n", "nothing in");
    refused(b"a,b\n1,caf\xe9\n", "not UTF-8 in line 2");
    refused(b"\xff\xfea\0,\0", "UTF-16");
    refused(b"PK\x03\x04rest", "spreadsheet's own file");
    refused(",x".repeat(TABLE_COLUMNS).as_bytes(), "201 columns in line 1");
    refused("x\n".repeat(TABLE_ROWS + 1).as_bytes(), "more than 200000 rows");
    refused(&vec![b'x'; TABLE_BYTES + 1], "more than 64 MiB");
}

#[test]
fn a_packed_folder_says_to_unpack_it() {
    let refusal = Rows::read("hsds.ZIP", b"PK\x03\x04").expect_err("refused");
    assert!(refusal.hint.is_some_and(|hint| hint.starts_with("unpack it")));
}

#[test]
fn headings_are_each_their_own() {
    let rows = Rows::read("a.csv", b"Groups 2026\nName,Phone,,phone\n a,b,c\n1,2,3,4,5\n").expect("read");
    let table = Table::under(rows, 1).expect("a table");
    assert_eq!(table.headings, ["Name", "Phone", "Column 3", "phone (2)"]);
    assert_eq!((table.heading_line, table.rows.len()), (2, 1));
    assert_eq!(table.bad.iter().map(|bad| bad.row).collect::<Vec<_>>(), [4]);
    assert_eq!(table.rows[0].cell(7), "");
}
