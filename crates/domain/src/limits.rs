//! Every bound on what a partner can make grow, with its unit in its name (the table of the design's identity page).

/// Largest gRPC message.
pub const MESSAGE_BYTES: usize = 1 << 20;
/// Largest frame on a sync stream; larger things go in parts.
pub const FRAME_BYTES: usize = 512 << 10;
/// Most scopes opened, or answered, in one frame.
pub const FRAME_OPENINGS: usize = 4_096;
/// Most organisations on one roster: a link opens a scope for each.
pub const ROSTER_ENTRIES: usize = 2_000;
/// Most versions in one frame.
pub const FRAME_ITEMS: usize = 1_024;
/// Most heads that one want may name: those of every statement whose content counts.
pub const WANT_HEADS: usize = STANDING_STATEMENTS * DOCUMENT_HEADS;
/// Largest signed confirmation.
pub const CONFIRMATION_BYTES: usize = 1 << 10;
/// Largest signed scope head.
pub const SCOPE_HEAD_BYTES: usize = 1 << 10;
/// Largest signed list of addresses.
pub const ADDRESSES_BYTES: usize = 2 << 10;
/// Most addresses of one node.
pub const ADDRESSES: usize = 8;
/// Longest name an organisation gives itself, in bytes of UTF-8.
pub const NAME_BYTES: usize = 256;
/// Most protocol versions, and most capabilities, that one `Hello` names.
pub const HELLO_VERSIONS: usize = 8;
/// Largest single change.
pub const CHANGE_BYTES: usize = 64 << 10;
/// Most operations in one change, counted from run lengths before decoding.
pub const CHANGE_OPERATIONS: u64 = 2_000;
/// Most operations that one change's operations take the place of (a run of 64 bytes could name a million).
pub const CHANGE_PREDECESSORS: u64 = 4_000;
/// Longest key of a map, in bytes of UTF-8: a run length may repeat it for every operation.
pub const KEY_BYTES: usize = 256;
/// Most dependencies of one change.
pub const CHANGE_DEPENDENCIES: usize = 33;
/// Most actors that one change names.
pub const CHANGE_ACTORS: usize = 64;
/// Most bytes of plain changes in one document.
pub const DOCUMENT_BYTES: usize = 2 << 20;
/// Most changes in one document.
pub const DOCUMENT_CHANGES: usize = 10_000;
/// Most actors in one document. A generation is reset at [`SEEN_ENTRIES`], so honest ones stay far below.
pub const DOCUMENT_ACTORS: usize = 256;
/// Most operations in one document.
pub const DOCUMENT_OPERATIONS: u64 = 200_000;
/// Most heads of one statement.
pub const DOCUMENT_HEADS: usize = 32;
/// Highest operation counter a change may reach: far below where Automerge's u32 ends.
pub const OPERATION_COUNTER: u64 = 1 << 24;
/// Deepest nesting of maps and lists in a document.
pub const NESTING: usize = 8;
/// Most keys in one map, and most entries in one list.
pub const MAP_KEYS: usize = 256;
/// Longest text field, in bytes of UTF-8.
pub const TEXT_BYTES: usize = 20 << 10;
/// A change pack no larger than this rides with its feed row.
pub const ROW_PACK_BYTES: usize = 64 << 10;
/// Most incarnations one statement may have seen; the next write is a generation reset.
pub const SEEN_ENTRIES: usize = 32;
/// Most incarnations that the base of a reset generation names: it gathers them over all generations.
pub const BASE_ENTRIES: usize = 128;
/// Most statements of one document and scope whose content counts.
pub const STANDING_STATEMENTS: usize = 8;
/// Most current statements of one document and scope that are held at all.
pub const CURRENT_STATEMENTS: usize = 64;
/// Largest signed statement.
pub const STATEMENT_BYTES: usize = 8 << 10;
/// Largest keys object.
pub const KEYS_BYTES: usize = 32 << 10;
/// Most nodes of one organisation.
pub const ORGANISATION_NODES: usize = 8;
/// Documents of one owner that a node holds.
pub const OWNER_DOCUMENTS: u64 = 20_000;
/// Bytes of changes kept for one owner.
pub const OWNER_BYTES: u64 = 200 << 20;
/// How often a node signs its word on what it holds, while others read it.
pub const HEAD_EVERY_MS: i64 = 60 * 60 * 1000;
/// How old that word may be when a link opens.
pub const HEAD_FRESH_MS: i64 = 5 * 60 * 1000;
/// How long what is held may differ from an owner's word before somebody in between is asked about.
pub const WITHHELD_AFTER_MS: i64 = 24 * 60 * 60 * 1000;
/// How long documents of an owner that nobody stands for are kept, hidden.
pub const HIDDEN_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Most documents of all owners that are here through hubs alone.
pub const RELAYED_DOCUMENTS: u64 = 200_000;
/// Most bytes of changes of the same.
pub const RELAYED_BYTES: u64 = 8 << 30;
/// Documents that may be asked for and not yet answered, per partner.
pub const FETCHES_IN_FLIGHT: usize = 1_000;
/// Frames of one feed that may be sent and not yet acknowledged.
pub const FRAMES_IN_FLIGHT: usize = 4;
/// Size of one negentropy frame.
pub const RECONCILE_FRAME_BYTES: usize = 256 << 10;
/// Most rounds of one reconciliation.
pub const RECONCILE_ROUNDS: u32 = 64;
/// Most ids one reconciliation may cover.
pub const RECONCILE_IDS: usize = 2_000_000;
/// Longest time one reconciliation may take.
pub const RECONCILE_MS: i64 = 5 * 60 * 1000;
/// How long after an own document came from elsewhere its scopes are brought together: at the home node,
pub const TEND_HOME_MS: i64 = 5_000;
/// and at the others, which leave it to the home node where that one is there.
pub const TEND_SIBLING_MS: i64 = 40_000;
/// How often scopes that seem equal are compared in full all the same (sums could be wrong together with what they sum),
/// and those that differ at the end of their feeds again.
pub const RECONCILE_EVERY_MS: i64 = 4 * 60 * 60 * 1000;
/// Highest generation of a document: far above what any honest one comes to, and far below where a number ends.
pub const GENERATION: u64 = 1 << 32;
/// A generation is reset past this many bytes of changes.
pub const GENERATION_BYTES: usize = 256 << 10;
/// A generation is reset past this many changes.
pub const GENERATION_CHANGES: usize = 2_000;
/// A generation is reset past this many actors: each proposal that was taken is one.
pub const GENERATION_ACTORS: usize = 32;
/// Most edits of one proposal.
pub const PROPOSAL_EDITS: usize = 64;
/// Longest note or reason of a proposal, in bytes of UTF-8.
pub const PROPOSAL_WORDS_BYTES: usize = 2_000;
/// Most proposals of others to own listings that are looked at while they wait, of all makers. Those beyond wait for a
/// person, or for the next start.
pub const PROPOSALS_WAITING: usize = 20_000;
/// Most of them of one maker, with those that were answered and that it has not taken back.
pub const PROPOSALS_OF_MAKER: usize = 1_000;
/// Most proposals to one listing that one organisation has open.
pub const PROPOSALS_OPEN: usize = 16;
/// Most proposals of one keeper that are taken without asking in a day: each makes a document of the owner's.
pub const PROPOSALS_TAKEN_A_DAY: usize = 500;
/// What a proposal or an answer that was taken back counts for among its owner's bytes, at least.
pub const ENDED_BYTES: u64 = 1 << 10;
/// How long a superseded feed row keeps its place.
pub const FEED_ROW_KEPT_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// Quarantines of one owner within an hour after which its content is no longer taken.
pub const QUARANTINES_AN_HOUR: usize = 3;
/// Open invitations at once.
pub const INVITATIONS: usize = 10;
/// Wrong codes for a known invitation after which it ends.
pub const INVITATION_WRONG_CODES: u32 = 5;
/// How long an invitation stands.
pub const INVITATION_MS: i64 = 72 * 60 * 60 * 1000;
/// Largest message while pairing.
pub const PAIRING_MESSAGE_BYTES: usize = 16 << 10;
/// Concurrent HTTP/2 streams of one connection.
pub const CONCURRENT_STREAMS: u32 = 32;
/// Requests in work at once on one link; more are shed.
pub const REQUESTS_IN_WORK: usize = 16;
/// Pending accept resets before a connection is closed (HTTP/2 rapid reset).
pub const PENDING_ACCEPT_RESETS: usize = 20;
/// Local error resets before a connection is closed.
pub const LOCAL_ERROR_RESETS: usize = 64;
/// Largest HTTP/2 header list.
pub const HEADER_LIST_BYTES: u32 = 8 << 10;
/// HTTP/2 window of one stream.
pub const STREAM_WINDOW_BYTES: u32 = 256 << 10;
/// HTTP/2 window of one connection.
pub const CONNECTION_WINDOW_BYTES: u32 = 1 << 20;
/// Keepalive ping every so often.
pub const KEEPALIVE_MS: u64 = 30_000;
/// How long a keepalive ping may go unanswered.
pub const KEEPALIVE_TIMEOUT_MS: u64 = 10_000;
/// How long a TLS handshake may take.
pub const HANDSHAKE_MS: u64 = 5_000;
/// Sockets open at once on the node port.
pub const SOCKETS: usize = 256;
/// Sockets open at once from one address.
pub const SOCKETS_PER_ADDRESS: usize = 8;
/// Back-off between dials: first, and longest.
pub const DIAL_FIRST_MS: i64 = 500;
/// Longest back-off between dials.
pub const DIAL_LONGEST_MS: i64 = 60_000;
/// How long one wanted document may be in flight before another node is asked.
pub const WANTED_TIMEOUT_MS: i64 = 30_000;
/// Longest back-off for a wanted document.
pub const WANTED_LONGEST_MS: i64 = 60 * 60 * 1000;
/// Disk kept free for local writes, at least.
pub const DISK_RESERVE_BYTES: u64 = 1 << 30;
/// Connections open at once of an organisation's own software, on the socket in the data folder. On the port it is
/// [`SOCKETS`], and [`SOCKETS_PER_ADDRESS`] of those without a token.
pub const ADMIN_CONNECTIONS: usize = 64;
/// How long a socket on that port may stay open without a call that an API token goes with.
pub const ADMIN_PROOF_MS: u64 = 10_000;
/// How long one call of an organisation's own software may take before it is answered.
pub const ADMIN_CALL_MS: u64 = 30_000;
/// Watches of listings at once.
pub const WATCHES: usize = 64;
/// API tokens of one node.
pub const API_TOKENS: usize = 100;
/// Longest time an API token may be good for.
pub const API_TOKEN_MS: i64 = 10 * 366 * 24 * 60 * 60 * 1000;
/// How long it is known here that a document is gone: a watch that was away longer begins anew.
pub const GONE_KEPT_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// Starts of a node that are known: a watch whose place is from before them begins anew.
pub const LOG_EPOCHS: i64 = 1_000;
/// Bytes of documents' content that one page of the log holds, past its first document.
pub const LOG_PAGE_BYTES: u64 = 256 << 10;
/// Documents in one page of the log.
pub const LOG_PAGE_ROWS: usize = 128;
/// Events of one party to one referral: the keys of one map.
pub const REFERRAL_EVENTS: usize = MAP_KEYS;
/// Events of one party past which only what brings a referral to its end is written.
pub const REFERRAL_EVENTS_OPEN: usize = REFERRAL_EVENTS - 32;
/// Most referrals that go on from one.
pub const REFERRALS_ONWARD: usize = 64;
/// Largest event of a referral.
pub const EVENT_BYTES: usize = 3 << 10;
/// Most events of one side that an event names as the latest its author knew.
pub const EVENT_LINKS: usize = 64;
/// Highest version of a request.
pub const REQUEST_VERSIONS: u32 = 100;
/// Earliest moment that an event of a referral may name: 2000-01-01.
pub const EVENT_EARLIEST_MS: i64 = 946_684_800_000;
/// Latest: 2200-01-01.
pub const EVENT_LATEST_MS: i64 = 7_258_118_400_000;
/// How far ahead of this node's clock an event that is written here may lie.
pub const EVENT_AHEAD_MS: i64 = 5 * 60 * 1000;
/// Sizes that a sealed payload of a referral is padded to.
pub const BLOB_BYTES: [usize; 4] = [4 << 10, 16 << 10, 64 << 10, 256 << 10];
/// Sealed payloads of a referral that are asked for at once.
pub const PAYLOADS_AT_ONCE: usize = 8;
/// Referrals whose payloads are asked for at once on one link: the answers fit what may wait there.
pub const GATHERINGS_IN_FLIGHT: usize = 4;
/// Most payloads that are held of one referral.
pub const REFERRAL_PAYLOADS: usize = 128;
/// Decisions on one referral that are looked at in one step, of those that wait for the home node.
pub const DECISIONS_OPEN: usize = 4;
/// How often a node says of one referral that it dropped what came.
pub const ERASURE_WORDS: usize = 8;
/// How long a node waits for them before it asks another.
pub const FETCH_PATIENCE_MS: i64 = 30_000;
/// How often that time doubles where nobody has them.
pub const FETCH_DOUBLINGS: u32 = 7;
/// Largest wrapped data key.
pub const WRAPPED_KEY_BYTES: usize = 4 << 10;
/// Largest form, in bytes of its canonical JSON.
pub const FORM_BYTES: usize = 32 << 10;
/// Deepest nesting of maps and lists in a form.
pub const FORM_NESTING: usize = 5;
/// Most questions of a form.
pub const FORM_FIELDS: usize = 100;
/// Most options of one question.
pub const FORM_OPTIONS: usize = 50;
/// Longest text of a form (a question, a hint, a reason, an option), in bytes of UTF-8.
pub const FORM_TEXT_BYTES: usize = 1_000;
/// Longest name of a field, and longest option, in bytes.
pub const FORM_NAME_BYTES: usize = 64;
/// Most languages that a form is translated into.
pub const FORM_LANGUAGES: usize = 12;
/// Longest answer in words, in characters.
pub const ANSWER_CHARACTERS: u64 = 4_000;
/// Longest answer in words where the form does not say, in characters.
pub const ANSWER_LINE_CHARACTERS: u64 = 200;
/// Largest answers to one form, in bytes of their canonical JSON: they fit the largest sealed payload beside what goes with them.
pub const ANSWERS_BYTES: usize = 128 << 10;
/// Earliest date that an answer may name.
pub const ANSWER_EARLIEST_YEAR: i16 = 1900;
/// Latest.
pub const ANSWER_LATEST_YEAR: i16 = 2100;
/// Largest pathway, in bytes of its canonical JSON.
pub const PATHWAY_BYTES: usize = 16 << 10;
/// Deepest nesting of maps and lists in a pathway.
pub const PATHWAY_NESTING: usize = 5;
/// Most organisations that a pathway is for, where it is for named ones; most words of feedback; most templates.
pub const PATHWAY_ENTRIES: usize = 64;
/// Longest text of a pathway, in bytes of UTF-8.
pub const PATHWAY_TEXT_BYTES: usize = 4_000;
/// Most pathways to one listing among which the one that a referral came by is looked for.
pub const PATHWAYS_OF_LISTING: usize = 64;
/// Longest time that a pathway may declare.
pub const ANSWER_TIME_MS: i64 = 366 * 24 * 60 * 60 * 1000;
/// What the signature and the publisher of a published form or pathway take beside it.
pub const PUBLICATION_OVERHEAD_BYTES: usize = 256;
/// Bytes of a published form or pathway in one text of its document.
pub const PUBLICATION_PART_BYTES: usize = 12 << 10;
/// Bytes of changes of the documents in one page of a list, past its first document.
pub const DOCUMENT_PAGE_BYTES: u64 = 4 << 20;
/// Most keepers of a listing whose reports are shown beside it; of each at most [`PROPOSALS_OPEN`] are.
pub const KEEPERS_SHOWN: usize = 16;
/// Bytes of changes of the reports of one keeper, past the first, that are read to be shown beside a listing.
pub const REPORTS_BYTES: u64 = 128 << 10;
/// Most proposals that were answered, the last ones, among which is looked for whose words a listing's history holds.
pub const PROPOSALS_RECALLED: usize = 500;
/// Bytes of changes of the same, past the first.
pub const PROPOSALS_RECALLED_BYTES: u64 = 1 << 20;
/// Longest name of a paper on which two organisations agreed to share personal data, in bytes of UTF-8.
pub const SHARING_REFERENCE_BYTES: usize = 200;
/// Longest time ahead that such an agreement may stand: it is looked at again before.
pub const SHARING_MS: i64 = 10 * 366 * 24 * 60 * 60 * 1000;
/// Largest record of a person's agreement, in bytes of its canonical JSON.
pub const AGREEMENT_BYTES: usize = 16 << 10;
/// Most organisations that one agreement of a person covers.
pub const AGREEMENT_RECEIVERS: usize = 64;
/// Longest note on a person's agreement, in bytes of UTF-8.
pub const AGREEMENT_WORDS_BYTES: usize = 4 << 10;
/// How far ahead an agreement may be dated: a date alone is midnight in UTC, which elsewhere is still to come.
pub const AGREEMENT_AHEAD_MS: i64 = 24 * 60 * 60 * 1000;
/// Longest words in a payload of a referral, in bytes of UTF-8: a question, its answer, feedback, a note.
pub const WORDS_BYTES: usize = 16 << 10;
/// Longest time that a finished referral is kept by a rule, in days: 25 years.
pub const RETENTION_DAYS: u32 = 25 * 366;
/// The same once the person withdrew their agreement: a month (UK GDPR, article 12(3)).
pub const RETENTION_WITHDRAWN_DAYS: u32 = 30;
/// Longest time that a draft nobody touches may be kept, in days: a year.
pub const RETENTION_DRAFT_DAYS: u32 = 366;
/// Longest time ahead that a hold may be put on a finished referral; then it is looked at again.
pub const HOLD_MS: i64 = 25 * 366 * 24 * 60 * 60 * 1000;
