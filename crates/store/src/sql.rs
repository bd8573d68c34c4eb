//! Statements over many rows, values to bind, columns to read. Knows no table.

use crate::StoreError;
use domain::ChangeHash;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{AnyConnection, Arguments, AssertSqlSafe, Row};

/// How many rows or keys one statement takes. Few sizes, so that prepared statements are found again; the largest
/// stays under SQLite's 32,766 parameters with any table here.
const GROUPS: [usize; 5] = [256, 64, 16, 4, 1];

/// A value to bind.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Int(i64),
    NoInt,
    Text(String),
    Bytes(Vec<u8>),
    NoBytes,
}

impl Value {
    /// A flag, as 0 or 1.
    pub(crate) fn flag(flag: bool) -> Self {
        Self::Int(i64::from(flag))
    }

    /// A count that has to fit the databases' signed 64 bits.
    pub(crate) fn count(count: u64) -> Result<Self, StoreError> {
        i64::try_from(count).map(Self::Int).map_err(|_| StoreError::invalid(format!("{count} is too large to store")))
    }

    /// Bytes, or nothing.
    pub(crate) fn bytes_or_none(bytes: Option<&[u8]>) -> Self {
        bytes.map_or(Self::NoBytes, Self::from)
    }

    /// A number, or nothing.
    pub(crate) fn int_or_none(int: Option<i64>) -> Self {
        int.map_or(Self::NoInt, Self::Int)
    }

    fn bind(self, arguments: &mut AnyArguments) -> Result<(), StoreError> {
        match self {
            Self::Int(int) => arguments.add(int),
            Self::NoInt => arguments.add(None::<i64>),
            Self::Text(text) => arguments.add(text),
            Self::Bytes(bytes) => arguments.add(bytes),
            Self::NoBytes => arguments.add(None::<Vec<u8>>),
        }
        .map_err(|e| sqlx::Error::Encode(e).into())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

/// Text that SQL can hold: a NUL character is refused here, since only PostgreSQL would.
pub(crate) fn text(text: &str, what: &str) -> Result<Value, StoreError> {
    if text.contains('\0') {
        return Err(StoreError::invalid(format!("{what} holds a NUL character")));
    }
    Ok(Value::Text(text.to_string()))
}

/// Words for people, which may quote what a partner sent: a NUL in them is shown, not refused.
pub(crate) fn words(words: &str) -> Value {
    Value::Text(words.replace('\0', "\u{fffd}"))
}

/// Inserts rows, hundreds in one statement. `into` is `table (columns)`, `then` an `on conflict` clause or nothing.
pub(crate) async fn insert<const N: usize>(
    connection: &mut AnyConnection,
    into: &str,
    then: &str,
    rows: Vec<[Value; N]>,
) -> Result<(), StoreError> {
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    while left > 0 {
        let group = GROUPS.into_iter().find(|group| *group <= left).unwrap_or(1);
        let tuples: Vec<_> = (0..group).map(|row| format!("({})", parameters(row * N + 1, N))).collect();
        let sql = format!("insert into {into} values {} {then}", tuples.join(","));
        execute(connection, sql, rows.by_ref().take(group).flatten().collect()).await?;
        left -= group;
    }
    Ok(())
}

/// Runs a statement once for every group of keys. `#` in the SQL stands for the keys; `leading` values come before
/// them, from `$1`.
pub(crate) async fn execute_for<K: AsRef<[u8]>>(
    connection: &mut AnyConnection,
    sql: &str,
    leading: &[Value],
    keys: &[K],
) -> Result<(), StoreError> {
    for group in keys.chunks(GROUPS[0]) {
        let (sql, values) = with_keys(sql, leading, group);
        execute(connection, sql, values).await?;
    }
    Ok(())
}

/// Like [`execute_for`], collecting the rows of all groups, in no order.
pub(crate) async fn fetch_for<K: AsRef<[u8]>>(
    connection: &mut AnyConnection,
    sql: &str,
    leading: &[Value],
    keys: &[K],
) -> Result<Vec<AnyRow>, StoreError> {
    let mut rows = Vec::new();
    for group in keys.chunks(GROUPS[0]) {
        let (sql, values) = with_keys(sql, leading, group);
        rows.append(&mut fetch(connection, sql, values).await?);
    }
    Ok(rows)
}

/// Runs one statement; gives how many rows it touched.
pub(crate) async fn execute(
    connection: &mut AnyConnection,
    sql: impl Into<String>,
    values: Vec<Value>,
) -> Result<u64, StoreError> {
    let query = sqlx::query_with(AssertSqlSafe(sql.into()), arguments(values)?);
    Ok(query.execute(connection).await?.rows_affected())
}

/// Runs one query.
pub(crate) async fn fetch(
    connection: &mut AnyConnection,
    sql: impl Into<String>,
    values: Vec<Value>,
) -> Result<Vec<AnyRow>, StoreError> {
    Ok(sqlx::query_with(AssertSqlSafe(sql.into()), arguments(values)?).fetch_all(connection).await?)
}

/// `count` parameters from `$first`, with commas.
pub(crate) fn parameters(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(",")
}

fn arguments(values: Vec<Value>) -> Result<AnyArguments, StoreError> {
    let mut arguments = AnyArguments::default();
    values.into_iter().try_for_each(|value| value.bind(&mut arguments))?;
    Ok(arguments)
}

/// Repeats the last key up to the next size of group, so that few texts of SQL exist.
fn with_keys<K: AsRef<[u8]>>(sql: &str, leading: &[Value], keys: &[K]) -> (String, Vec<Value>) {
    let size = GROUPS.into_iter().rev().find(|group| *group >= keys.len()).unwrap_or(keys.len());
    let padding = std::iter::repeat_n(keys.last(), size - keys.len()).flatten();
    let bytes = keys.iter().chain(padding).map(|key| Value::from(key.as_ref()));
    let values = leading.iter().cloned().chain(bytes).collect();
    (sql.replace('#', &parameters(leading.len() + 1, size)), values)
}

/// A name of fixed size.
pub(crate) fn id<T>(row: &AnyRow, column: usize, what: &str) -> Result<T, StoreError>
where
    T: for<'a> TryFrom<&'a [u8]>,
{
    T::try_from(bytes(row, column)?).map_err(|_| StoreError::corrupt(format!("a stored {what} has the wrong size")))
}

/// A name of fixed size, or nothing.
pub(crate) fn id_or_none<T>(row: &AnyRow, column: usize, what: &str) -> Result<Option<T>, StoreError>
where
    T: for<'a> TryFrom<&'a [u8]>,
{
    match row.try_get::<Option<&[u8]>, _>(column)? {
        Some(_) => id(row, column, what).map(Some),
        None => Ok(None),
    }
}

/// Change hashes, one after another.
pub(crate) fn hashes(row: &AnyRow, column: usize) -> Result<Vec<ChangeHash>, StoreError> {
    let (whole, rest) = bytes(row, column)?.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(StoreError::corrupt("a stored list of hashes has the wrong size"));
    }
    Ok(whole.iter().map(|hash| ChangeHash::from_bytes(*hash)).collect())
}

/// Change hashes as [`hashes`] reads them.
pub(crate) fn joined<'a>(hashes: impl IntoIterator<Item = &'a ChangeHash>) -> Value {
    Value::Bytes(hashes.into_iter().flat_map(|hash| hash.as_bytes()).copied().collect())
}

pub(crate) fn bytes(row: &AnyRow, column: usize) -> Result<&[u8], StoreError> {
    Ok(row.try_get(column)?)
}

pub(crate) fn string(row: &AnyRow, column: usize) -> Result<String, StoreError> {
    Ok(row.try_get(column)?)
}

pub(crate) fn int(row: &AnyRow, column: usize) -> Result<i64, StoreError> {
    Ok(row.try_get(column)?)
}

pub(crate) fn bytes_or_none(row: &AnyRow, column: usize) -> Result<Option<&[u8]>, StoreError> {
    Ok(row.try_get(column)?)
}

pub(crate) fn int_or_none(row: &AnyRow, column: usize) -> Result<Option<i64>, StoreError> {
    Ok(row.try_get(column)?)
}

pub(crate) fn flag(row: &AnyRow, column: usize) -> Result<bool, StoreError> {
    Ok(int(row, column)? != 0)
}

pub(crate) fn small(row: &AnyRow, column: usize) -> Result<u32, StoreError> {
    u32::try_from(int(row, column)?).map_err(|_| StoreError::corrupt("a stored number is out of range"))
}

pub(crate) fn count(row: &AnyRow, column: usize) -> Result<u64, StoreError> {
    u64::try_from(int(row, column)?).map_err(|_| StoreError::corrupt("a stored count is below zero"))
}
