-- Whose a payload is: the party whose event names it. It counts in what is held of that one. Of those that came before, it counts for
-- the sender, whose document is here.
alter table payload add column owner bytea;
update payload set owner = coalesce((select document.owner from document where document.doc_id = payload.request), request);
