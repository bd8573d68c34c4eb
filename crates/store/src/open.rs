//! Which database it is: its URL, pool, pragmas, migrations, transactions and size. No other module asks.

use crate::sql::{self, Value};
use crate::{Store, StoreError, StoreErrorKind, about};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, AnyRow};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions, Connection, Executor, SqlSafeStr, Transaction};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;

/// Every migration, in order. A released one is never edited.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "first", include_str!("../migrations/0001_first.sql")),
    (2, "hubs", include_str!("../migrations/0002_hubs.sql")),
    (3, "incident document", include_str!("../migrations/0003_incident_document.sql")),
    (4, "import", include_str!("../migrations/0004_import.sql")),
    (5, "about", include_str!("../migrations/0005_about.sql")),
    (6, "vouch", include_str!("../migrations/0006_vouch.sql")),
    (7, "admin", include_str!("../migrations/0007_admin.sql")),
    (8, "head", include_str!("../migrations/0008_head.sql")),
    (9, "referral", include_str!("../migrations/0009_referral.sql")),
    (10, "about of referrals", include_str!("../migrations/0010_about.sql")),
    (11, "owner of a payload", include_str!("../migrations/0011_payload_owner.sql")),
    (12, "tombstones", include_str!("../migrations/0012_tombstone.sql")),
];

/// The key of the advisory lock that makes writers on PostgreSQL take turns: "post" in ASCII.
const WRITE_LOCK: i64 = 0x706f_7374;

/// How long to wait for a database that does not answer, or that another process is writing.
const PATIENCE: Duration = Duration::from_secs(10);

/// How soon an empty file that another process is setting up is tried again.
const AGAIN: Duration = Duration::from_millis(10);

/// Connections of one process. One writes at a time; the others read.
const CONNECTIONS: u32 = 6;

/// Which database it is.
#[derive(Clone, Debug)]
pub(crate) enum Dialect {
    Sqlite { file: PathBuf },
    Postgres,
}

/// A transaction that holds the write lock. Dropped without [`Writing::commit`], it leaves nothing.
pub(crate) struct Writing {
    // Dropped in this order: the transaction ends before the next writer of this process starts.
    transaction: Transaction<'static, Any>,
    _turn: OwnedMutexGuard<()>,
}

impl Writing {
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    /// Returns when it is durable.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

/// What a path in a URL may not hold as it is.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'#').add(b'?').add(b'"').add(b'<').add(b'>').add(b'`');

/// The URL of a SQLite database in a file, given by its whole path.
pub fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", percent_encode(file.as_os_str().as_encoded_bytes(), ESCAPED))
}

impl Store {
    /// Opens `sqlite:///path/to/file` (made when absent) or `postgres://user:password@host/database`, and brings its
    /// tables up to date. Refuses a database that a newer version of this software wrote.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let (dialect, options, place) = read_url(url)?;
        let pool = connect(&dialect, options).await.map_err(|e| e.at(&place))?;
        let store = Self { pool, dialect, turn: Arc::new(Mutex::new(())), scrub_due: Arc::default() };
        store.migrate().await.map_err(|e| e.at(&place))?;
        Ok(store)
    }

    /// Brings the tables up to date, under the write lock: two processes may open one database at once.
    async fn migrate(&self) -> Result<(), StoreError> {
        let migrations = MIGRATIONS.iter().map(|(version, name, sql)| {
            Migration::new(*version, (*name).into(), MigrationType::Simple, (*sql).into_sql_str(), false)
        });
        let mut migrator = Migrator::with_migrations(migrations.collect());
        migrator.set_locking(false);
        let mut writing = self.begin().await?;
        migrator.run_direct(None, writing.connection(), false).await.map_err(cannot_migrate)?;
        about::renew(writing.connection()).await?;
        writing.commit().await
    }

    /// Ends all connections, once what is running is done.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Takes the write lock, so that log positions are dense, ordered and visible in order.
    pub(crate) async fn begin(&self) -> Result<Writing, StoreError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let transaction = match self.dialect {
            Dialect::Sqlite { .. } => self.begin_with("begin immediate").await?,
            Dialect::Postgres => {
                let mut transaction = self.begin_with("begin isolation level read committed").await?;
                sql::execute(&mut transaction, "select pg_advisory_xact_lock($1)", vec![Value::Int(WRITE_LOCK)])
                    .await?;
                transaction
            }
        };
        Ok(Writing { transaction, _turn: turn })
    }

    /// A transaction that sees one state of the database, whatever others write meanwhile.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Any>, StoreError> {
        self.begin_with(match self.dialect {
            Dialect::Sqlite { .. } => "begin",
            Dialect::Postgres => "begin isolation level repeatable read read only",
        })
        .await
    }

    /// On a task of its own: whoever asks may go away meanwhile, and then sqlx 0.9 gives a PostgreSQL connection back to the
    /// pool inside the transaction that was begun, for the next one to write into.
    async fn begin_with(&self, statement: &'static str) -> Result<Transaction<'static, Any>, StoreError> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { pool.begin_with(statement).await }).await;
        let ended = |_| StoreError::new(StoreErrorKind::Unavailable, "the process is ending");
        Ok(begun.map_err(ended)??)
    }

    /// One query on its own.
    pub(crate) async fn read(&self, select: impl Into<String>, values: Vec<Value>) -> Result<Vec<AnyRow>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        sql::fetch(&mut connection, select, values).await
    }

    /// Takes what was deleted out of the files too: on SQLite out of its log, on PostgreSQL out of the tables' pages. Where it cannot be
    /// done now, since somebody reads, it is done with the next upkeep: what was erased is erased all the same. A plain vacuum leaves the
    /// bytes of the last row in the free part of its page, so the tables with keys, which are small, are written anew.
    pub(crate) async fn scrub(&self) {
        self.scrub_due.store(true, Ordering::Relaxed);
        let is_done = match self.dialect {
            Dialect::Sqlite { .. } => self.checkpoint().await.unwrap_or(false),
            Dialect::Postgres => self.vacuum().await.is_ok(),
        };
        self.scrub_due.store(!is_done, Ordering::Relaxed);
    }

    /// Does what [`Store::scrub`] could not do.
    pub(crate) async fn scrub_if_due(&self) {
        if self.scrub_due.load(Ordering::Relaxed) {
            self.scrub().await;
        }
    }

    /// Gives whether nobody was in the way.
    async fn checkpoint(&self) -> Result<bool, StoreError> {
        let rows = self.read("pragma wal_checkpoint(truncate)", vec![]).await?;
        Ok(rows.first().is_some_and(|row| sql::int(row, 0).is_ok_and(|busy| busy == 0)))
    }

    async fn vacuum(&self) -> Result<(), StoreError> {
        for vacuum in ["vacuum full data_key", "vacuum payload", "vacuum full draft"] {
            self.read(vacuum, vec![]).await?;
        }
        Ok(())
    }

    /// Bytes that the database takes on disk, its log included.
    pub async fn disk_bytes(&self) -> Result<u64, StoreError> {
        match &self.dialect {
            Dialect::Sqlite { file } => {
                let size = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
                let mut log = file.clone().into_os_string();
                log.push("-wal");
                Ok(size(file).saturating_add(size(Path::new(&log))))
            }
            Dialect::Postgres => {
                let rows = self.read("select pg_database_size(current_database())", vec![]).await?;
                rows.first().map_or(Ok(0), |row| sql::count(row, 0))
            }
        }
    }
}

/// Reads a URL; the third part names the place for people, without the password.
fn read_url(url: &str) -> Result<(Dialect, AnyConnectOptions, String), StoreError> {
    let wrong = |why: String| StoreError::new(StoreErrorKind::WrongUrl, why);
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(wrong("a database URL has no scheme".to_string()));
    };
    match scheme {
        "sqlite" => {
            let path = rest.split_once('?').map_or(rest, |(path, _)| path);
            if !path.starts_with('/') || path.ends_with('/') {
                return Err(wrong(format!("\"{scheme}://{path}\" does not name a file by its whole path")));
            }
            let options = AnyConnectOptions::from_str(&format!("sqlite://{path}?mode=rwc"))?;
            let file = decoded(path).ok_or_else(|| wrong(format!("\"{scheme}://{path}\" is not UTF-8 inside")))?;
            let place = format!("SQLite, {}", file.display());
            Ok((Dialect::Sqlite { file }, options, place))
        }
        "postgres" | "postgresql" => {
            let options = AnyConnectOptions::from_str(url)?;
            let at = options.database_url.host_str().unwrap_or("localhost").to_string();
            let place = format!("PostgreSQL, {at}{}", options.database_url.path());
            Ok((Dialect::Postgres, options, place))
        }
        other => Err(wrong(format!("{other:?} is not a kind of database this software can use"))),
    }
}

/// A path with its %-escapes undone, as the driver does it; `None` when that is no UTF-8.
fn decoded(path: &str) -> Option<PathBuf> {
    percent_decode_str(path).decode_utf8().ok().map(|path| PathBuf::from(path.into_owned()))
}

async fn connect(dialect: &Dialect, options: AnyConnectOptions) -> Result<AnyPool, StoreError> {
    sqlx::any::install_default_drivers();
    let is_sqlite = matches!(dialect, Dialect::Sqlite { .. });
    let options = options.disable_statement_logging();
    // Tried once by itself: the pool would try a refusing database again and again, and then not say why.
    let mut first =
        tokio::time::timeout(PATIENCE, options.connect()).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
    if is_sqlite {
        settle(&mut first).await?;
    }
    first.close().await?;
    // No lifetimes: an idle node wakes up for nothing. A connection to a server may break while it lies idle, so it
    // is tried before it is used; a file needs no such thing.
    let pool = AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(!is_sqlite)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if is_sqlite {
                    connection.execute(SQLITE_PRAGMAS).await?;
                }
                Ok(())
            })
        });
    Ok(pool.connect_lazy_with(options))
}

/// Gives the file its journal. Where two find it empty at once, SQLite tells one of them that it is locked and does not
/// wait, whatever `busy_timeout` says: that one asks again until the other is through.
async fn settle(connection: &mut AnyConnection) -> Result<(), StoreError> {
    let since = Instant::now();
    let mut again = tokio::time::interval(AGAIN);
    loop {
        again.tick().await;
        match connection.execute(SQLITE_PRAGMAS).await.map_err(StoreError::from) {
            Err(error) if error.kind() == StoreErrorKind::InUse && since.elapsed() < PATIENCE => {}
            settled => return settled.map(drop),
        }
    }
}

/// `synchronous=full`: a change that was acknowledged to a partner survives a power cut. `secure_delete`: what is
/// deleted is overwritten.
const SQLITE_PRAGMAS: &str = "pragma busy_timeout = 10000; pragma journal_mode = wal; pragma synchronous = full; \
     pragma secure_delete = on; pragma foreign_keys = on;";

fn cannot_migrate(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(version) => StoreError::new(
            StoreErrorKind::TooNew,
            format!("the database was written by a newer version of this software (its tables have version {version})"),
        ),
        MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => {
            StoreError::corrupt(format!("the database's tables differ from what version {version} made"))
        }
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => e.into(),
        other => StoreError::new(StoreErrorKind::Query, format!("the database cannot be prepared: {other}")),
    }
}
