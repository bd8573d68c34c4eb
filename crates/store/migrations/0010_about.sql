-- Referrals by their ids: the two kinds of document that they are kept as.
create index document_of_referral on document (kind, doc_id) where kind in (13, 14);

-- What `document.about` was made by. A version that makes it of more makes it anew of what was written before.
insert into counter (name, next) values ('about', 0);
