-- One text for SQLite and PostgreSQL: text, bigint, bytea. Flags are 0 or 1, times are Unix milliseconds, lists of
-- hashes are the hashes one after another, JSON is text. What is sorted for people is sorted by bytes made in Rust.

-- What this node is; one row, written by init.
create table node (
    one bigint primary key check (one = 1),
    org_id bytea not null,
    node_id bytea not null,
    name text not null,
    keys bytea not null,
    created_at bigint not null
);

-- Numbers given out in order.
create table counter (
    name text primary key,
    next bigint not null
);
insert into counter (name, next) values ('change', 1), ('incident', 1);

-- A scope this node holds: the end of its feed, and count and sum of its current versions.
create table scope (
    scope_id bytea primary key,
    feed_id bytea not null,
    seq bigint not null,
    chain bytea not null,
    count bigint not null,
    sum bytea not null
);

-- Current statements. What is replaced is deleted.
create table statement (
    version_id bytea primary key,
    doc_id bytea not null,
    scope_id bytea not null,
    signed_at bigint not null,
    is_wanted bigint not null,
    bytes bytea not null
);
create index statement_by_document on statement (doc_id);
create index statement_by_scope on statement (scope_id, signed_at, version_id);
create index statement_wanted on statement (scope_id) where is_wanted = 1;

-- A superseded row keeps its place and chain, and loses its version.
create table feed (
    scope_id bytea not null,
    seq bigint not null,
    chain bytea not null,
    version_id bytea,
    since bytea not null,
    superseded_at bigint,
    primary key (scope_id, seq)
);
create index feed_by_version on feed (version_id) where version_id is not null;
create index feed_superseded on feed (superseded_at) where superseded_at is not null;

-- Automerge changes, raw. `position` grows with every change stored, so it is a causal order.
create table change (
    doc_id bytea not null,
    hash bytea not null,
    position bigint not null,
    deps bytea not null,
    actor bytea not null,
    seq bigint not null,
    start_op bigint not null,
    operations bigint not null,
    bytes bytea not null,
    primary key (doc_id, hash)
);

-- Documents as readers see them. `life`: 1 live, 2 withdrawn, 3 erased. `sort_key`: the first bytes of `folded`.
create table document (
    doc_id bytea primary key,
    kind bigint not null,
    owner bytea not null,
    life bigint not null,
    is_public bigint not null,
    name text not null,
    folded text not null,
    sort_key bytea not null,
    value text not null,
    heads bytea not null,
    conflicts bigint not null,
    last_modified bigint not null,
    bytes bigint not null
);
create index document_by_name on document (kind, sort_key, doc_id);
create index document_by_owner on document (owner, kind, life, sort_key, doc_id);

-- Content that was refused, kept to be tried once more by a later version of the software.
create table quarantine (
    version_id bytea primary key,
    doc_id bytea not null,
    owner bytea not null,
    from_node bytea not null,
    reason text not null,
    pack bytea not null,
    pack_hash bytea not null,
    at bigint not null
);
create index quarantine_by_time on quarantine (at);

-- Where this node stands in others' feeds.
create table cursor (
    node_id bytea not null,
    scope_id bytea not null,
    feed_id bytea not null,
    seq bigint not null,
    chain bytea not null,
    primary key (node_id, scope_id)
);

-- Keys objects, as signed.
create table keys (
    org_id bytea primary key,
    bytes bytea not null
);

create table partner (
    org_id bytea primary key,
    name text not null,
    addresses text not null,
    is_paused bigint not null,
    confirmed_here_at bigint,
    confirmed_there bytea,
    paired_at bigint not null,
    is_shared_with bigint not null
);

-- Nodes that were heard from.
create table peer (
    node_id bytea primary key,
    org_id bytea not null,
    last_heard bigint not null,
    incarnation bytea not null
);
create index peer_by_organisation on peer (org_id);

-- Open invitations; `sealed` holds the key, and only the node can open it.
create table invitation (
    invitation_id bytea primary key,
    sealed bytea not null,
    expires_at bigint not null,
    bound_org bytea,
    wrong_codes bigint not null
);

-- The record each import last saw.
create table imported (
    source text not null,
    doc_id bytea not null,
    value text not null,
    seen_at bigint not null,
    primary key (source, doc_id)
);
create index imported_by_document on imported (doc_id);

-- What an operator should know; the newest are kept.
create table incident (
    position bigint primary key,
    at bigint not null,
    from_node bytea,
    owner bytea,
    kind text not null,
    message text not null
);
