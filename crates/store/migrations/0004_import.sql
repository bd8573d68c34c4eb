-- What the last import of each source did to each document, and what of that was taken back.
create table import_change (
    source text not null,
    doc_id bytea not null,
    run text not null,
    at bigint not null,
    state bigint not null,
    is_made bigint not null,
    change text not null,
    primary key (source, doc_id)
);
create index import_change_by_document on import_change (doc_id);
create index import_change_by_time on import_change (at);

-- How the columns of a source's spreadsheet are read.
create table import_mapping (
    source text primary key,
    mapping text not null
);
