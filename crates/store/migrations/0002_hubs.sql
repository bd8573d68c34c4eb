-- Whether what a partner relays as a hub is held here.
alter table partner add column is_followed bigint not null default 0;

-- What whoever uses an invitation becomes: 1 a partner, 2 a member of the roster, 3 a node of this organisation.
alter table invitation add column role bigint not null default 1;

-- Owners that nobody stands for: their documents are hidden, and deleted a while after `since`.
create table hidden_owner (
    org_id bytea primary key,
    since bigint not null
);

-- Whether the node was made with the recovery words of an organisation that was there before, and where its siblings
-- can be reached (a JSON list of `host:port`).
alter table node add column is_recovered bigint not null default 0;
alter table node add column siblings text not null default '[]';
