-- The document that a document is about: of a proposal the listing it would change, of an answer the proposal.
alter table document add column about bytea;
create index document_by_about on document (about, kind) where about is not null;
