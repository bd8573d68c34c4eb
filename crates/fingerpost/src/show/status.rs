//! Status, doctor, verify, configuration.

use super::partner::cells;
use super::{COLUMNS, ago, count, instant, plain, short, table, thousands, wrap};
use node::api::{Check, NodeKeys, Setting, Severity, SignedRow, Status, Timestamp, Verified};

/// A page that a volunteer understands.
pub(crate) fn status(status: &Status, now: Timestamp) -> String {
    let node = &status.node;
    let name = match status.organisation.name.as_str() {
        "" => "An organisation whose name is on its way here".to_owned(),
        name => plain(name).to_string(),
    };
    let mut out = format!("{name}\nid {}\n\n", status.organisation.id);
    out.push_str(&match node.started_at_ms {
        Some(at) => format!("The node runs (version {}, started {}).\n", node.version, ago(at, now)),
        None => "The node does not run: this is what its folder holds.\n".to_owned(),
    });
    out.push_str(&documents(status));
    out.push_str(&partners(status, now));
    out.push_str(&to_look_at(status));
    out.push_str(&refused(status));
    if let Some(people) = &node.people_listen {
        out.push_str(&format!("\nIts page: http://{people}/\n"));
    }
    if let Some(admin) = &node.admin_listen {
        out.push_str(&format!("For software with an API token: {admin}\n"));
    }
    out
}

fn documents(status: &Status) -> String {
    // An entry of a roster is a word of a hub on somebody, which says nothing to people.
    let shown = status.documents.iter().filter(|(kind, n)| **n > 0 && *kind != "roster");
    let held: Vec<_> = shown.map(|(kind, n)| count(*n, kind)).collect();
    let mut out = match held.as_slice() {
        [] => "It holds nothing yet. `fingerpost listing add` and `fingerpost import` bring listings in.\n".to_owned(),
        held => format!("It holds {}.\n", held.join(", ")),
    };
    if status.wanted > 0 {
        out.push_str(&format!("{} more are known of and on their way.\n", thousands(status.wanted)));
    }
    out
}

fn partners(status: &Status, now: Timestamp) -> String {
    if status.partners.is_empty() {
        return "\nThere are no partners yet. `fingerpost invite` makes a code for one.\n".into();
    }
    let rows = table(&status.partners.iter().map(|p| cells(p, now)).collect::<Vec<_>>());
    let rows: String = rows.lines().map(|line| format!("  {line}\n")).collect();
    format!("\n{}\n{rows}", count(status.partners.len() as u64, "partner"))
}

fn to_look_at(status: &Status) -> String {
    let node = &status.node;
    let mut lines = Vec::new();
    if node.recovery_words_kept {
        lines.push(
            "The recovery words lie in the data folder. Write them on paper, then run `fingerpost init --forget-words`."
                .to_owned(),
        );
    }
    if node.started_at_ms.is_some() && node.addresses.is_empty() {
        lines.push("Others cannot reach this node: let partners invite you, or set --advertise HOST:PORT.".to_owned());
    }
    if node.invitations > 0 {
        lines.push(format!("{} open.", count(node.invitations, "invitation")));
    }
    if status.quarantined > 0 {
        let pieces = count(status.quarantined, "piece");
        lines.push(format!("{pieces} of what partners sent did not pass the checks and was set aside."));
    }
    lines.extend(status.withheld.iter().map(|one| {
        let (who, by) = (plain(&one.organisation.name), plain(&one.by.name));
        format!(
            "Not all that {who} says it holds has come here since {} (its word came by {by}).",
            instant(one.since_ms)
        )
    }));
    if lines.is_empty() {
        return String::new();
    }
    let body: String = lines.iter().map(|line| wrap(&format!("- {line}"), 2)).collect();
    format!("\nTo look at\n{body}")
}

fn refused(status: &Status) -> String {
    if status.refused.is_empty() {
        return String::new();
    }
    let name = |id| match id {
        Some(id) if id == status.organisation.id => status.organisation.name.clone(),
        Some(id) => status
            .partners
            .iter()
            .find(|p| p.id == id)
            .map_or_else(|| short(&id.to_string(), 13).to_owned(), |p| p.name.clone()),
        None => "a partner".to_owned(),
    };
    let lines: String = status
        .refused
        .iter()
        .take(10)
        .map(|r| {
            let id = short(r.id.as_deref().unwrap_or(&r.kind), 16);
            wrap(&format!("{}, from {}, {id}: {}", instant(r.at_ms), name(r.organisation), r.reason), 2)
        })
        .collect();
    format!("\nRefused\n{lines}")
}

/// Each check with what was found and how to mend it.
pub(crate) fn doctor(checks: &[Check]) -> String {
    let mut out = String::new();
    for check in checks {
        let mark = match check.severity {
            Severity::Good => "good   ",
            Severity::Warning => "look   ",
            Severity::Problem => "PROBLEM",
        };
        out.push_str(&format!("{mark}  {}: {}\n", plain(&check.name), plain(&check.found)));
        if let Some(mend) = &check.mend {
            out.push_str(&wrap(&format!("to mend it: {mend}"), 9));
        }
    }
    let bad = checks.iter().filter(|c| c.severity == Severity::Problem).count() as u64;
    out.push_str(&match bad {
        0 => "\nNothing is broken.\n".to_owned(),
        n => format!("\n{} to mend.\n", count(n, "problem")),
    });
    out
}

/// What was checked and what does not hold.
pub(crate) fn verified(verified: &Verified) -> String {
    let (documents, statements) = (count(verified.documents, "document"), count(verified.statements, "statement"));
    let mut out = format!("Checked {documents} and {statements}.\n");
    if verified.bad.is_empty() {
        out.push_str("Every hash and signature holds.\n");
    } else {
        out.push_str(&format!(
            "{} not hold:\n",
            if verified.bad.len() == 1 { "1 does".to_owned() } else { format!("{} do", verified.bad.len()) }
        ));
        out.extend(verified.bad.iter().map(|bad| format!("  {}  {}\n", bad.id, plain(&bad.reason))));
    }
    out
}

/// Name, value, origin.
pub(crate) fn settings(settings: &[Setting]) -> String {
    let value =
        |value: &str| if value.is_empty() { "(nothing)".to_owned() } else { value.chars().take(COLUMNS).collect() };
    table(&settings.iter().map(|s| vec![s.name.clone(), value(&s.value), s.origin.clone()]).collect::<Vec<_>>())
}

/// The nodes of this organisation, a line each.
pub(crate) fn nodes(nodes: &[NodeKeys]) -> String {
    let cells = |node: &NodeKeys| {
        let role = if node.is_home { "home node" } else { "further node" };
        let here = if node.is_this { "this one" } else { "" };
        let holds = format!("holds {}", if node.holds == "all" { "everything" } else { "the directory" });
        vec![node.node_id.to_string(), node.state.clone(), role.to_owned(), holds, here.to_owned()]
    };
    table(&nodes.iter().map(cells).collect::<Vec<_>>())
}

/// What a node signed of what stands.
pub(crate) fn signed(documents: u64, newest: &[SignedRow]) -> String {
    let cells = |row: &SignedRow| vec![instant(row.at_ms), row.kind.clone(), row.name.clone(), row.id.to_string()];
    let rows = table(&newest.iter().map(cells).collect::<Vec<_>>());
    format!("That node signed {} of what stands; the newest:\n{rows}", count(documents, "document"))
}

/// The 24 words in numbered columns, and what they are for.
pub(crate) fn recovery_words(words: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    let rows = words.len().div_ceil(4);
    let cell = |row: usize, column: usize| {
        let at = column * rows + row;
        words.get(at).map(|word| format!("{:>2} {word}", at + 1)).unwrap_or_default()
    };
    let grid: Vec<Vec<String>> = (0..rows).map(|row| (0..4).map(|column| cell(row, column)).collect()).collect();
    format!(
        "Recovery words: write them on paper and keep them safe. They are shown once, and with them your organisation can be\n\
         brought back when this machine is lost. Whoever has them can speak for you.\n\n{}",
        table(&grid).trim_end()
    )
}
