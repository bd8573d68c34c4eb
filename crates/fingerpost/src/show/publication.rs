//! Published forms and pathways, a line each.

use super::{ID_SHOWN, instant, organisation, short, table};
use node::api::{OrgId, PublicationRow};
use std::collections::BTreeMap;

/// Id, name, language, whose, since when.
pub(crate) fn rows(rows: &[PublicationRow], names: &BTreeMap<OrgId, String>, what: &str) -> String {
    if rows.is_empty() {
        return format!(
            "No {what} is published here or at a partner. `fingerpost {what} example arts-group` prints one to begin with.\n"
        );
    }
    let cells = |row: &PublicationRow| {
        let owner = organisation(&row.owner, names);
        let whose = match (row.owner == row.published_by, row.verified) {
            (true, true) => owner,
            (true, false) => format!("{owner}, signature not checked"),
            (false, true) => format!("{owner}, from {}", organisation(&row.published_by, names)),
            (false, false) => {
                format!("{owner}, said to be from {}, whom you do not know", organisation(&row.published_by, names))
            }
        };
        vec![
            short(&row.id.to_string(), ID_SHOWN).to_owned(),
            row.name.clone(),
            row.language.clone(),
            whose,
            instant(row.at_ms),
        ]
    };
    table(&rows.iter().map(cells).collect::<Vec<_>>())
}
