-- Referrals beside their documents. Nothing here can be read without the node's lock, which is not in the database.

-- Referrals that are still to be looked at.
create table gathering (
    referral bytea not null,
    sender bytea not null,
    receiver bytea not null,
    primary key (referral, sender, receiver)
);

-- Sealed payloads. A referral goes by the sender's document, which no other sender can have. The owner is the party whose event names
-- it: it counts in what is held of that one.
create table payload (
    request bytea not null,
    hash bytea not null,
    owner bytea not null,
    key_id bytea not null,
    bytes bytea not null,
    primary key (request, hash)
);

-- Keys of referrals, locked.
create table data_key (
    request bytea not null primary key,
    key_id bytea not null,
    locked bytea not null
);

-- Referrals that were not sent yet, locked.
create table draft (
    request bytea not null primary key,
    key_id bytea not null,
    locked bytea not null,
    at bigint not null
);

-- Every node that was ever known as an organisation's home.
create table home_node (
    org_id bytea not null,
    node_id bytea not null,
    primary key (org_id, node_id)
);

-- Referrals whose keys and payloads were destroyed here.
create table erased (
    request bytea not null primary key,
    at bigint not null
);

-- Agreements with partners to share personal data.
create table sharing_agreement (
    partner bytea not null primary key,
    reference text not null,
    expires_at bigint not null,
    noted_at bigint not null
);

-- Who read what: each row is chained to the one before.
create table access (
    number bigint not null primary key,
    referral bytea not null,
    reading bytea not null,
    chain bytea not null
);
create index access_referral on access (referral, number);

-- Referrals that are kept longer than their time.
create table retention_hold (
    referral bytea not null primary key,
    basis bigint not null,
    until_ms bigint not null,
    at bigint not null
);
