-- Scope heads: each node's newest signed word on what it holds of its organisation's public scope, which organisation's
-- node handed it on, and since when what is held here differs.
create table scope_head (
    org_id bytea not null,
    node_id bytea not null,
    bytes bytea not null,
    came_at bigint not null,
    by_org bytea not null,
    differs_since bigint,
    primary key (org_id, node_id)
);
