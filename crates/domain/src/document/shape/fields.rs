//! The trees of fields, as data.

use super::Scalar::{Boolean, Count, Date, Days, Email, Instant, Number, String, Time, Url, Uuid, Word};
use super::Shape::{Many, One, Open, RareThings, Record, Text, Things};
use super::{Fields, Shape};

/// A word's `status`: those of HSDS-UK, and two in plain words.
const STATUS: Shape = One(Word(&["active", "inactive", "defunct", "temporarily closed", "paused", "ended"]));
const PLACE: Shape = One(Word(&["physical", "postal", "virtual"]));

const TAXONOMY_TERM: &Fields = &[
    ("id", One(Uuid)),
    ("code", One(String)),
    ("name", One(String)),
    ("description", One(String)),
    ("parent_id", One(Uuid)),
    ("taxonomy", One(String)),
    ("taxonomy_id", One(Uuid)),
    ("taxonomy_detail", Open),
    ("language", One(String)),
    ("term_uri", One(Url)),
    ("term", One(String)),
    ("extra", Open),
];

const ATTRIBUTE: &Fields = &[
    ("link_type", One(String)),
    ("link_entity", One(String)),
    ("label", One(String)),
    ("value", One(String)),
    ("taxonomy_term_id", One(Uuid)),
    ("taxonomy_term", Record(TAXONOMY_TERM)),
    ("extra", Open),
];

const LANGUAGE: &Fields = &[
    ("name", One(String)),
    ("code", One(String)),
    ("note", One(String)),
    ("attributes", RareThings(ATTRIBUTE)),
    ("extra", Open),
];

const PHONE: &Fields = &[
    ("number", One(String)),
    ("extension", One(Number)),
    ("type", One(String)),
    ("description", One(String)),
    ("location", One(Uuid)),
    ("languages", RareThings(LANGUAGE)),
    ("attributes", RareThings(ATTRIBUTE)),
    ("extra", Open),
];

const CONTACT: &Fields = &[
    ("name", One(String)),
    ("title", One(String)),
    ("department", One(String)),
    ("email", One(Email)),
    ("location", One(Uuid)),
    ("phones", Things(PHONE)),
    ("attributes", RareThings(ATTRIBUTE)),
    ("extra", Open),
];

const EXCEPTION: &Fields = &[
    ("date", One(Date)),
    ("state", One(Word(&["cancelled", "moved"]))),
    ("moved_to", One(Date)),
    ("opens_at", One(Time)),
    ("closes_at", One(Time)),
    ("location", One(Uuid)),
    ("reason", One(String)),
    ("extra", Open),
];

const SESSION: &Fields = &[
    ("location", One(Uuid)),
    ("venue", One(Uuid)),
    ("valid_from", One(Date)),
    ("valid_to", One(Date)),
    ("dtstart", One(Date)),
    ("until", One(Date)),
    ("count", One(Count)),
    ("freq", One(Word(&["WEEKLY", "MONTHLY"]))),
    ("interval", One(Count)),
    ("wkst", One(Days)),
    ("byday", One(Days)),
    ("bymonthday", One(String)),
    ("byweekno", One(String)),
    ("byyearday", One(String)),
    ("opens_at", One(Time)),
    ("closes_at", One(Time)),
    ("timezone", One(String)),
    ("description", One(String)),
    ("schedule_link", One(Url)),
    ("attending_type", One(String)),
    ("booking", One(String)),
    ("notes", One(String)),
    ("exceptions", Things(EXCEPTION)),
    ("attributes", RareThings(ATTRIBUTE)),
    ("extra", Open),
];

const ADDRESS: &Fields = &[
    ("attention", One(String)),
    ("address_1", One(String)),
    ("address_2", One(String)),
    ("city", One(String)),
    ("region", One(String)),
    ("state_province", One(String)),
    ("postal_code", One(String)),
    ("country", One(String)),
    ("address_type", PLACE),
    ("attributes", RareThings(ATTRIBUTE)),
    ("extra", Open),
];

const ACCESSIBILITY: &Fields = &[
    ("description", One(String)),
    ("details", One(String)),
    ("accessibility", One(String)),
    ("url", One(Url)),
    ("step_free", One(Boolean)),
    ("hearing_loop", One(Boolean)),
    ("accessible_toilet", One(Boolean)),
    ("parking", One(String)),
    ("public_transport", One(String)),
    ("attributes", RareThings(ATTRIBUTE)),
    ("extra", Open),
];

/// The fields of a listing's place.
pub(crate) const LOCATION: &Fields = &[
    ("location_id", One(Uuid)),
    ("venue", One(Uuid)),
    ("location_type", PLACE),
    ("name", One(String)),
    ("alternate_name", One(String)),
    ("description", One(String)),
    ("transportation", One(String)),
    ("url", One(Url)),
    ("latitude", One(Number)),
    ("longitude", One(Number)),
    ("external_identifier", One(String)),
    ("external_identifier_type", One(String)),
    ("confidential", One(Boolean)),
    ("addresses", Things(ADDRESS)),
    ("accessibility", Things(ACCESSIBILITY)),
    ("phones", RareThings(PHONE)),
    ("contacts", RareThings(CONTACT)),
    ("languages", RareThings(LANGUAGE)),
    ("schedules", RareThings(SESSION)),
    ("attributes", RareThings(ATTRIBUTE)),
    ("service_at_location", Record(SERVICE_AT_LOCATION)),
    ("extra", Open),
];

/// What HSDS says of a service at a place, besides the place and its lists.
pub(crate) const SERVICE_AT_LOCATION: &Fields =
    &[("description", One(String)), ("attributes", RareThings(ATTRIBUTE)), ("extra", Open)];

const COST_OPTION: &Fields = &[
    ("option", One(String)),
    ("amount", One(Number)),
    ("currency", One(String)),
    ("amount_description", One(String)),
    ("valid_from", One(Date)),
    ("valid_to", One(Date)),
    ("attributes", RareThings(ATTRIBUTE)),
    ("extra", Open),
];

const SERVICE_AREA: &Fields = &[
    ("name", One(String)),
    ("description", One(String)),
    ("extent", One(String)),
    ("extent_type", One(String)),
    ("uri", One(Url)),
    ("service_area", One(String)),
    ("location", One(Uuid)),
    ("attributes", RareThings(ATTRIBUTE)),
    ("extra", Open),
];

const FUNDING: &Fields = &[("source", One(String)), ("attributes", RareThings(ATTRIBUTE)), ("extra", Open)];

const REQUIRED_DOCUMENT: &Fields =
    &[("document", One(String)), ("uri", One(Url)), ("attributes", RareThings(ATTRIBUTE)), ("extra", Open)];

const CAPACITY: &Fields = &[
    ("unit", One(String)),
    ("unit_id", One(Uuid)),
    ("available", One(Count)),
    ("maximum", One(Count)),
    ("description", One(String)),
    ("updated", One(Instant)),
    ("attributes", RareThings(ATTRIBUTE)),
    ("extra", Open),
];

const LINK: &Fields = &[("label", One(String)), ("url", One(Url)), ("extra", Open)];

const WAITING_LIST: &Fields = &[
    ("length", One(Count)),
    ("length_on", One(Date)),
    ("wait_weeks", One(Count)),
    ("wait_on", One(Date)),
    ("description", One(String)),
];

const LIFE: &Fields = &[("kind", One(Word(&["one-off", "short course", "rolling"]))), ("weeks", One(Count))];

const PATHWAY: &Fields = &[
    ("how", One(Word(&["self", "signpost", "referral"]))),
    ("who_may_refer", One(String)),
    ("form", One(String)),
    ("answers_within_days", One(Count)),
    ("comes_back", One(String)),
    ("document", One(Uuid)),
];

/// An organisation whose proposals the owner's node takes without asking; keyed by its id.
const KEEPER: &Fields = &[("since", One(Instant))];

const SOURCE: &Fields = &[
    ("publisher", One(String)),
    ("feed", One(String)),
    ("id", One(String)),
    ("licence", One(String)),
    ("attribution", One(String)),
    ("fetched_at", One(Instant)),
    ("not_seen_since", One(Instant)),
];

/// The fields of a listing.
pub const LISTING: &Fields = &[
    ("name", One(String)),
    ("alternate_name", One(String)),
    ("description", Text),
    ("kind", One(Word(&["service", "group", "event", "outreach"]))),
    ("organization_id", One(Uuid)),
    ("program_id", One(Uuid)),
    ("url", One(Url)),
    ("additional_urls", RareThings(LINK)),
    ("email", One(Email)),
    ("status", STATUS),
    ("alert", One(String)),
    ("interpretation_services", One(String)),
    ("application_process", One(String)),
    ("fees", One(String)),
    ("fees_description", One(String)),
    ("wait_time", One(String)),
    ("accreditations", One(String)),
    ("licenses", One(String)),
    ("eligibility_description", Text),
    ("minimum_age", One(Number)),
    ("maximum_age", One(Number)),
    ("assured_date", One(Date)),
    ("assurer_email", One(Email)),
    ("last_modified", One(Instant)),
    ("life", Record(LIFE)),
    ("funded_until", One(Date)),
    ("expected_back", One(Date)),
    ("waiting_list", Record(WAITING_LIST)),
    ("pathway", Record(PATHWAY)),
    ("source", Record(SOURCE)),
    ("audience", One(Word(&["public", "partners", "named", "own"]))),
    ("tags", Many(String)),
    ("phones", Things(PHONE)),
    ("contacts", Things(CONTACT)),
    ("languages", Things(LANGUAGE)),
    ("sessions", Things(SESSION)),
    ("locations", Things(LOCATION)),
    ("cost_options", Things(COST_OPTION)),
    ("service_areas", Things(SERVICE_AREA)),
    ("capacities", Things(CAPACITY)),
    ("attributes", Things(ATTRIBUTE)),
    ("required_documents", Things(REQUIRED_DOCUMENT)),
    ("keepers", Things(KEEPER)),
    ("offered_to", One(String)),
    ("orphaned_since", One(Date)),
    ("moved_from", One(String)),
    ("funding", RareThings(FUNDING)),
    ("extra", Open),
];

const IDENTIFIER: &Fields = &[
    ("identifier_scheme", One(String)),
    ("identifier_type", One(String)),
    ("identifier", One(String)),
    ("attributes", RareThings(ATTRIBUTE)),
    ("extra", Open),
];

const PROGRAM: &Fields = &[
    ("name", One(String)),
    ("alternate_name", One(String)),
    ("description", One(String)),
    ("attributes", RareThings(ATTRIBUTE)),
    ("extra", Open),
];

const TEAM: &Fields = &[
    ("name", One(String)),
    ("description", One(String)),
    ("areas", Many(String)),
    ("practices", Many(String)),
    ("email", One(Email)),
    ("phone", One(String)),
    ("extra", Open),
];

/// The fields of an organisation.
pub const ORGANISATION: &Fields = &[
    ("name", One(String)),
    ("alternate_name", One(String)),
    ("description", Text),
    ("email", One(Email)),
    ("website", One(Url)),
    ("additional_websites", RareThings(LINK)),
    ("logo", One(Url)),
    ("uri", One(Url)),
    ("legal_status", One(String)),
    ("tax_status", One(String)),
    ("tax_id", One(String)),
    ("year_incorporated", One(Number)),
    ("parent_organization_id", One(Uuid)),
    ("organisation", One(String)),
    ("last_modified", One(Instant)),
    ("source", Record(SOURCE)),
    ("audience", One(Word(&["public", "partners", "named", "own"]))),
    ("phones", Things(PHONE)),
    ("contacts", Things(CONTACT)),
    ("locations", RareThings(LOCATION)),
    ("organization_identifiers", Things(IDENTIFIER)),
    ("teams", Things(TEAM)),
    ("programs", RareThings(PROGRAM)),
    ("funding", RareThings(FUNDING)),
    ("attributes", RareThings(ATTRIBUTE)),
    ("extra", Open),
];

/// The fields of a published form: what readers find it by, and the signed bytes in parts.
pub const FORM: &Fields = &[
    ("name", One(String)),
    ("language", One(String)),
    ("form", One(String)),
    ("published_by", One(String)),
    ("signed", Many(String)),
    ("audience", One(Word(&["public", "partners"]))),
    ("extra", Open),
];

/// The fields of a published pathway, likewise.
pub const PATHWAY_DOCUMENT: &Fields = &[
    ("name", One(String)),
    ("language", One(String)),
    ("pathway", One(String)),
    ("form", One(String)),
    ("listing", One(Uuid)),
    ("takes", Many(String)),
    ("signed", Many(String)),
    ("audience", One(Word(&["public", "partners"]))),
    ("extra", Open),
];
