-- Referrals whose documents were given up (`life` 3): what is kept of them is that they are erased.
create index document_given_up on document (kind, doc_id) where kind in (13, 14) and life = 3;
