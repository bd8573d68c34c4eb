-- Which document an incident is about, where it is about one.
alter table incident add column doc_id bytea;
