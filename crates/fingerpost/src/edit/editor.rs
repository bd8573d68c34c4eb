//! A document in the person's own editor.

use super::difference::difference;
use super::fields_of;
use crate::report::Failure;
use node::api::{PathEdit, Refusal};
use serde_json::{Map, Value};
use std::io::{self, IsTerminal, Write};
use std::process::Command;

/// Opens the fields as YAML in $VISUAL, $EDITOR or vi, and gives what the person changed. `heading` is put above as a comment.
/// What cannot be read afterwards is kept, and said where.
pub(crate) fn in_editor(heading: &str, before: &Map<String, Value>) -> Result<Vec<PathEdit>, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::Usage {
            cause: "it is not said what to change, and there is no terminal to open an editor on".into(),
            hint: "say it with --set PATH=VALUE, --unset PATH or --from FILE".into(),
        });
    }
    let failed = |e: io::Error| {
        Failure::Refused(Refusal::new(node::api::RefusalKind::WrongState, format!("cannot open an editor: {e}")))
    };
    // Readable by this user only, and gone afterwards.
    let mut file = tempfile::Builder::new().prefix("fingerpost-").suffix(".yaml").tempfile().map_err(failed)?;
    let yaml = if before.is_empty() { String::new() } else { to_yaml(before) };
    let comment: String = heading.lines().map(|line| format!("# {line}\n")).collect();
    write!(file, "{comment}{yaml}").and_then(|()| file.flush()).map_err(failed)?;

    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.trim().is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".into());
    // The variable may hold flags: the shell splits it as everybody's does.
    let status =
        Command::new("sh").args(["-c", &format!("{editor} \"$1\""), "sh"]).arg(file.path()).status().map_err(failed)?;
    if !status.success() {
        let refusal = Refusal::invalid(format!("the editor `{editor}` ended with {status}: nothing is changed"));
        return Err(refusal.hint("set EDITOR to the editor you like, or use --set").into());
    }
    let text = std::fs::read_to_string(file.path()).map_err(failed)?;
    match fields_of(&text) {
        Ok(after) => Ok(difference(before, &after)),
        Err(why) => {
            let kept = file.into_temp_path().keep().map_err(|e| failed(e.error))?;
            let refusal = Refusal::invalid(format!("what came back from the editor {why}"));
            let hint = format!("your text is kept: correct it and give it with `--from {}`", kept.display());
            Err(refusal.hint(hint).into())
        }
    }
}

fn to_yaml(fields: &Map<String, Value>) -> String {
    serde_yaml_ng::to_string(fields).unwrap_or_default()
}
