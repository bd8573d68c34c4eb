//! Who did what when, as FHIR `Provenance`: one for the export, which also says whose view the bundle is, and one for each event that
//! took effect and moved something. Of who acted there is the organisation and the role: staff are known to their own organisation alone.

use super::Export;
use super::datatype::{Coding, Concept, Reference, ResourceId, instant};
use super::entry::Ids;
use super::resource::{Agent, Provenance};
use crate::referral::Side;
use crate::referral::code::Action;
use crate::referral::event::Event;
use crate::referral::fold::{Standing, Told};

/// All of them, the export's first.
pub(super) fn all(export: &Export<'_>, ids: &Ids) -> Vec<(ResourceId, Provenance)> {
    let exported = Provenance {
        id: ids.exported.id(),
        target: vec![ids.request(), ids.task()],
        occurred_date_time: None,
        recorded: instant(export.exported_at),
        activity: Concept::said("export"),
        agent: vec![agent("assembler", None, ids.party(export.viewer))],
    };
    let events = export.referral.events.iter().filter_map(|told| Some((told, significant(told)?)));
    let of_events = events.map(|(told, event)| {
        let id = ResourceId::of_event(export.referral.id.as_bytes(), &told.id);
        (id, of_event(id, event, ids))
    });
    std::iter::once((ids.exported, exported)).chain(of_events).collect()
}

fn of_event(id: ResourceId, event: &Event, ids: &Ids) -> Provenance {
    let action = event.body.action();
    Provenance {
        id: id.id(),
        target: vec![target(action, event, ids)],
        occurred_date_time: Some(instant(event.occurred_at)),
        recorded: instant(event.recorded_at),
        activity: Concept::said(action.word()),
        agent: vec![agent("author", Some(event.role.word()), ids.party(event.side))],
    }
}

/// The event, where it took effect and is more than a look, a call or a word on how it goes.
fn significant(told: &Told) -> Option<&Event> {
    let event = told.event.as_ref().filter(|_| told.standing == Standing::Effective)?;
    let is_passing = matches!(event.body.action(), Action::Open | Action::Contact | Action::Feedback);
    (!is_passing).then_some(event)
}

fn target(action: Action, event: &Event, ids: &Ids) -> Reference {
    match (action, event.side) {
        (Action::WithdrawAgreement, _) => ids.consent(),
        (Action::Erase | Action::Keep, _) => ids.patient(),
        (_, Side::Sender) => ids.request(),
        (_, Side::Receiver) => ids.task(),
    }
}

fn agent(r#type: &str, role: Option<&str>, who: Reference) -> Agent {
    let coding = Coding::new("http://terminology.hl7.org/CodeSystem/provenance-participant-type", r#type);
    Agent { r#type: Concept::of(coding), role: role.map(Concept::said).into_iter().collect(), who }
}
