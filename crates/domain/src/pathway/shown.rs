//! What a sender is shown before it sends.

use super::Pathway;
use crate::referral::PassBack;

/// A pathway as text: who, how, how fast, how long people wait, what comes back.
pub fn terminal(pathway: &Pathway) -> String {
    let parties = pathway.parties();
    let takes: Vec<&str> = pathway.takes().iter().map(|coming| coming.words()).collect();
    let mut lines = vec![pathway.title().to_owned()];
    lines.extend(pathway.description().map(str::to_owned));
    lines.extend([
        String::new(),
        format!("From:   {}", parties.sender.who),
        format!("To:     {}", parties.receiver.who),
        format!("Takes:  {}", takes.join(", ")),
        format!("Form:   {}", pathway.form()),
    ]);
    let times = pathway.file.answer_times.clone().unwrap_or_default();
    let declared: Vec<String> =
        times.each().into_iter().filter_map(|(what, span)| Some(format!("  within {}: {what}", span?))).collect();
    if !declared.is_empty() {
        lines.extend([String::new(), "How fast (weekends counted):".to_owned()]);
        lines.extend(declared);
    }
    lines.push(String::new());
    lines.push(match pathway.waiting_list() {
        None => "Waiting list: nothing is said of one".to_owned(),
        Some(list) => {
            let usual = list.usual_weeks.map(|weeks| format!(", usually {weeks} weeks")).unwrap_or_default();
            let kept =
                if list.kept { format!("yes{usual}") } else { "none: without space the answer is no".to_owned() };
            let note = list.note.as_ref().map(|note| format!(". {note}")).unwrap_or_default();
            format!("Waiting list: {kept}{note}")
        }
    });
    if !pathway.feedback().is_empty() {
        lines.extend([String::new(), "What comes back:".to_owned()]);
    }
    for feedback in pathway.feedback() {
        let needs = match feedback.needs {
            PassBack::Nothing => "",
            PassBack::Outcome => " (if the person agrees that the outcome is passed back)",
            PassBack::Progress => " (if the person agrees that progress is passed back)",
        };
        lines.push(format!("  {}: {}{needs}", feedback.on, feedback.what));
    }
    if let Some(origin) = pathway.origin() {
        lines.extend([String::new(), format!("Copied from {}, pathway {}", origin.organisation, origin.pathway)]);
    }
    lines.push(String::new());
    lines.join("\n")
}
