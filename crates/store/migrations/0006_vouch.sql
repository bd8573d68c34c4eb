-- Keys that their organisations say were stolen, of which nothing is held any more.
create table disowned_key (
    key_id bytea primary key
);

-- Documents that nobody vouches for any more: kept for their owner to sign anew, and deleted a while after `since`.
create table unvouched (
    doc_id bytea primary key,
    since bigint not null
);
