//! Documents as readers ask for them: lists, finds, counts.

use crate::commit::{SORT_KEY_BYTES, folded, life_number, sort_key};
use crate::load::{COLUMNS, read_row};
use crate::sql::{self, Value};
use crate::{Store, StoreError};
use data_encoding::BASE64URL_NOPAD;
use domain::document::Kind;
use domain::statement::Life;
use domain::sync::batch::DocumentRow;
use domain::{DocId, OrgId, RecordId, Refusal};
use sqlx::AnyConnection;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// Content of the document was here at some time. A version can be known long before.
pub(crate) const HAS_CONTENT: &str = "value <> 'null'";
/// Somebody stands for its owner.
pub(crate) const IS_SHOWN: &str = "owner not in (select org_id from hidden_owner)";

/// Which documents a list shows. The default shows all of owners that somebody stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentFilter {
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only of these owners; all when it is empty.
    pub owners: BTreeSet<OrgId>,
    /// Only with this life. Of live ones only those whose content is here: there is nothing else to show.
    pub life: Option<Life>,
    /// Only with this in their name, whatever its case.
    pub name: Option<String>,
    /// Only these documents; all when it is empty.
    pub ids: BTreeSet<DocId>,
    /// Only those that are about one of these documents; all when it is empty.
    pub about: BTreeSet<DocId>,
    /// Only what asks something of another document's owner: proposals, and listings that would go on from another.
    pub is_proposal: bool,
    /// Only those whose record id begins so.
    pub record: Option<RecordPrefix>,
    /// Those of owners that nobody stands for as well.
    pub with_hidden: bool,
}

/// A place in a list: what comes after it is asked for next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentPlace {
    sort_key: Vec<u8>,
    doc_id: DocId,
}

impl DocumentPlace {
    /// The place of a document in every list.
    pub fn of(row: &DocumentRow) -> Self {
        Self { sort_key: sort_key(&row.name), doc_id: row.doc_id }
    }
}

/// As text, for a caller that comes back with it; nothing else is to be read in it.
impl fmt::Display for DocumentPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.doc_id.as_bytes().as_slice(), &self.sort_key].concat();
        f.write_str(&BASE64URL_NOPAD.encode(&bytes))
    }
}

impl FromStr for DocumentPlace {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::invalid("this is no place in a list").hint("begin the list anew");
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| wrong())?;
        let (doc_id, sort_key) = bytes.split_first_chunk::<32>().ok_or_else(wrong)?;
        if sort_key.len() > SORT_KEY_BYTES {
            return Err(wrong());
        }
        Ok(Self { sort_key: sort_key.to_vec(), doc_id: DocId::from_bytes(*doc_id) })
    }
}

/// How long a page of documents is at most. Its first document is there however large it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageBound {
    /// Documents.
    pub rows: usize,
    /// Bytes of their changes.
    pub bytes: u64,
}

/// A page of documents.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentPage {
    /// In the order of the list.
    pub rows: Vec<DocumentRow>,
    /// Whether nothing comes after them.
    pub is_end: bool,
}

/// The first characters of a record id (a UUID, with or without hyphens).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordPrefix {
    // All document ids of such records lie between these, both included.
    low: DocId,
    high: DocId,
}

impl FromStr for RecordPrefix {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::invalid(format!("{text:?} does not begin a record id (a UUID)"));
        let digits = text.replace('-', "");
        if digits.len() > 32 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let filled = |with: &str| format!("{digits}{}", with.repeat(64 - digits.len())).parse().map_err(|_| wrong());
        Ok(Self { low: filled("0")?, high: filled("f")? })
    }
}

/// Records by their ids, in order. The default is all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordRange {
    // Both included; none where the first is behind the second.
    low: DocId,
    high: DocId,
}

impl RecordRange {
    /// Those of them behind a record.
    pub fn after(self, record: &RecordId) -> Self {
        match u128::from_be_bytes(*record.as_bytes()).checked_add(1) {
            Some(next) => Self { low: self.low.max(first_of(&RecordId::from_bytes(next.to_be_bytes()))), ..self },
            None => Self { low: DocId::from_bytes([0xff; 32]), high: DocId::from_bytes([0; 32]) },
        }
    }

    /// Those of them up to a record, and that one.
    pub fn up_to(self, record: &RecordId) -> Self {
        Self { high: self.high.min(last_of(record)), ..self }
    }

    /// Between which ids their documents are, both included.
    pub(crate) fn bounds(&self) -> [Value; 2] {
        [self.low.as_bytes().into(), self.high.as_bytes().into()]
    }
}

impl Default for RecordRange {
    fn default() -> Self {
        Self { low: DocId::from_bytes([0; 32]), high: DocId::from_bytes([0xff; 32]) }
    }
}

impl From<RecordPrefix> for RecordRange {
    fn from(prefix: RecordPrefix) -> Self {
        Self { low: prefix.low, high: prefix.high }
    }
}

impl From<RecordId> for RecordRange {
    fn from(record: RecordId) -> Self {
        Self { low: first_of(&record), high: last_of(&record) }
    }
}

/// How many live documents of a kind an owner has here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentCount {
    /// The kind.
    pub kind: Kind,
    /// The owner.
    pub owner: OrgId,
    /// How many.
    pub live: u64,
}

impl Store {
    /// A page of documents after a place, by name without case and then by id; at most `limit` of them.
    pub async fn documents(
        &self,
        filter: &DocumentFilter,
        after: Option<&DocumentPlace>,
        limit: usize,
    ) -> Result<Vec<DocumentRow>, StoreError> {
        let (conditions, values) = conditions(filter, after)?;
        self.read(select(&conditions, limit), values).await?.iter().map(read_row).collect()
    }

    /// The same, and past the first no more than so many bytes of changes. Where the documents are is read before what they
    /// say, so that no more than one page of that is in memory.
    pub async fn document_page(
        &self,
        filter: &DocumentFilter,
        after: Option<&DocumentPlace>,
        bound: PageBound,
    ) -> Result<DocumentPage, StoreError> {
        let (conditions, mut values) = conditions(filter, after)?;
        values.push(Value::Int(i64::try_from(bound.rows).unwrap_or(i64::MAX)));
        let limit = values.len();
        let select =
            format!("select doc_id, bytes from document where {conditions} order by sort_key, doc_id limit ${limit}");
        self.page(select, values, bound).await
    }

    /// The page of the documents that a statement finds: it selects ids and bytes of changes, at most `bound.rows` of them.
    pub(crate) async fn page(
        &self,
        select: impl Into<String>,
        values: Vec<Value>,
        bound: PageBound,
    ) -> Result<DocumentPage, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let found = sql::fetch(&mut snapshot, select, values).await?;
        let places = found.iter().map(|row| Ok((sql::id(row, 0, "document id")?, sql::count(row, 1)?)));
        let mut places: Vec<(DocId, u64)> = places.collect::<Result<_, StoreError>>()?;
        let all = places.len();
        places.truncate(fitting(places.iter().map(|(_, bytes)| *bytes), bound.bytes));
        let is_end = places.len() == all && all < bound.rows;
        let rows = rows_of(&mut snapshot, places.iter().map(|(doc_id, _)| *doc_id)).await?;
        snapshot.commit().await?;
        Ok(DocumentPage { rows, is_end })
    }

    /// The documents whose record id begins so, at most `limit` of them, in order.
    pub async fn find(&self, record: &RecordPrefix, limit: usize) -> Result<Vec<DocId>, StoreError> {
        let select = format!(
            "select doc_id from document where doc_id between $1 and $2 and {IS_SHOWN} order by doc_id limit $3"
        );
        let limit = Value::Int(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.read(select, vec![record.low.as_bytes().into(), record.high.as_bytes().into(), limit]).await?;
        rows.iter().map(|row| sql::id(row, 0, "document id")).collect()
    }

    /// How many live documents of which kind are here from whom.
    pub async fn counts(&self) -> Result<Vec<DocumentCount>, StoreError> {
        let select = format!(
            "select kind, owner, count(*) from document where life = 1 and {HAS_CONTENT} and {IS_SHOWN} group by kind, owner \
             order by kind, owner"
        );
        let rows = self.read(select, vec![]).await?;
        rows.iter()
            .map(|row| {
                Ok(DocumentCount {
                    kind: Kind::from_number(sql::small(row, 0)?),
                    owner: sql::id(row, 1, "organisation id")?,
                    live: sql::count(row, 2)?,
                })
            })
            .collect()
    }

    /// The next documents after one, in order of id, whatever is here of them: row, statement or changes. For `verify`.
    pub async fn document_ids(&self, after: Option<DocId>, limit: usize) -> Result<Vec<DocId>, StoreError> {
        let of = |table: &str| {
            format!(
                "select doc_id from (select distinct doc_id from {table} where doc_id > $1 \
                 order by doc_id limit $2) as {table}_ids"
            )
        };
        let select =
            format!("{} union {} union {} order by doc_id limit $2", of("document"), of("statement"), of("change"));
        let after = after.map_or(Value::Bytes(Vec::new()), |doc_id| doc_id.as_bytes().into());
        let rows = self.read(select, vec![after, Value::Int(i64::try_from(limit).unwrap_or(i64::MAX))]).await?;
        rows.iter().map(|row| sql::id(row, 0, "document id")).collect()
    }
}

/// Documents by name that meet these conditions, so many at most. That stands in the text: SQLite prepares a statement
/// anew each time a limit is bound to it.
fn select(conditions: &str, limit: usize) -> String {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    format!("select {COLUMNS} from document where {conditions} order by sort_key, doc_id limit {limit}")
}

fn conditions(filter: &DocumentFilter, after: Option<&DocumentPlace>) -> Result<(String, Vec<Value>), StoreError> {
    let mut values = Vec::new();
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut all = vec![if filter.with_hidden { "1 = 1" } else { IS_SHOWN }.to_owned()];
    if let Some(kind) = filter.kind {
        // A few documents are found by what names them. SQLite holds their kind for narrower, and would look through all
        // of the kind for them: an expression cannot be looked up.
        let is_named = filter.record.is_some() || !(filter.ids.is_empty() && filter.about.is_empty());
        let column = if is_named { "kind + 0" } else { "kind" };
        all.push(format!("{column} = {}", bind(Value::Int(kind.number().into()))));
    }
    if !filter.owners.is_empty() {
        let owners: Vec<_> = filter.owners.iter().map(|owner| bind(owner.as_bytes().into())).collect();
        all.push(format!("owner in ({})", owners.join(",")));
    }
    if let Some(life) = filter.life {
        all.push(format!("life = {}", bind(Value::Int(life_number(life)))));
        if life == Life::Live {
            all.push(HAS_CONTENT.to_owned());
        }
    }
    if let Some(name) = &filter.name {
        let pattern = format!("%{}%", escaped(&folded(name)));
        all.push(format!("folded like {} escape '!'", bind(sql::text(&pattern, "a name to look for")?)));
    }
    for (column, documents) in [("doc_id", &filter.ids), ("about", &filter.about)] {
        if !documents.is_empty() {
            let documents: Vec<_> = documents.iter().map(|document| bind(document.as_bytes().into())).collect();
            all.push(format!("{column} in ({})", documents.join(",")));
        }
    }
    if filter.is_proposal {
        let kinds = [Kind::PROPOSAL, Kind::LISTING].map(|kind| bind(Value::Int(kind.number().into())));
        all.push(format!("about is not null and kind + 0 in ({})", kinds.join(",")));
    }
    if let Some(record) = &filter.record {
        let (low, high) = (bind(record.low.as_bytes().into()), bind(record.high.as_bytes().into()));
        all.push(format!("doc_id between {low} and {high}"));
    }
    if let Some(place) = after {
        let (key, doc_id) = (bind(place.sort_key.as_slice().into()), bind(place.doc_id.as_bytes().into()));
        all.push(format!("(sort_key, doc_id) > ({key}, {doc_id})"));
    }
    Ok((all.join(" and "), values))
}

/// Before every document of a record.
fn first_of(record: &RecordId) -> DocId {
    doc_id(record, 0)
}

/// Behind every document of a record.
fn last_of(record: &RecordId) -> DocId {
    doc_id(record, 0xff)
}

fn doc_id(record: &RecordId, rest: u8) -> DocId {
    let mut bytes = [rest; 32];
    bytes[..16].copy_from_slice(record.as_bytes());
    DocId::from_bytes(bytes)
}

/// How many of these go into one page: the first, and more while their bytes fit.
fn fitting(sizes: impl Iterator<Item = u64>, most: u64) -> usize {
    let mut bytes = 0_u64;
    let fit = sizes.enumerate().take_while(|(i, size)| {
        bytes = bytes.saturating_add(*size);
        *i == 0 || bytes <= most
    });
    fit.count()
}

/// The rows of these documents, in this order.
pub(crate) async fn rows_of(
    connection: &mut AnyConnection,
    ids: impl Iterator<Item = DocId>,
) -> Result<Vec<DocumentRow>, StoreError> {
    let ids: Vec<_> = ids.collect();
    let select = format!("select {COLUMNS} from document where doc_id in (#)");
    let keys: Vec<_> = ids.iter().map(DocId::as_bytes).collect();
    let found = sql::fetch_for(connection, &select, &[], &keys).await?;
    let rows = found.iter().map(|row| read_row(row).map(|row| (row.doc_id, row)));
    let mut rows: BTreeMap<_, _> = rows.collect::<Result<_, _>>()?;
    Ok(ids.iter().filter_map(|doc_id| rows.remove(doc_id)).collect())
}

/// Text that `like` takes as it stands.
fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
