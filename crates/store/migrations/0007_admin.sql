-- The order in which documents changed for readers: those of one transaction share a position and go by id. What was
-- here before has position 0.
alter table document add column position bigint not null default 0;
create index document_by_position on document (kind, position, doc_id);

-- Documents that were deleted here, in the same order, for readers who come back.
create table gone (
    doc_id bytea primary key,
    kind bigint not null,
    owner bytea not null,
    position bigint not null,
    at bigint not null
);
create index gone_by_position on gone (kind, position, doc_id);

-- `document`: the next position. `gone`: the highest position of what was forgotten of `gone`.
insert into counter (name, next) values ('document', 1), ('gone', 0);

-- Lives of that order, a new one at each start, and the last position before each.
create table log_epoch (
    number bigint primary key,
    epoch bytea not null,
    position bigint not null
);

-- API tokens. `scope`: 1 read, 2 write. `last_used_on` is a day since 1970.
create table token (
    token_id bytea primary key,
    name text not null,
    scope bigint not null,
    hash bytea not null,
    made_at bigint not null,
    expires_at bigint,
    last_used_on bigint
);
