//! The two databases that every story is told on.

use std::path::{Path, PathBuf};
use store::Store;
use tests::postgres::Cluster;

/// An empty database of one kind.
pub(super) struct Database {
    url: String,
    folder: tempfile::TempDir,
}

impl Database {
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { url: store::sqlite_url(&folder.path().join("it is ü?.db")), folder }
    }

    /// `None` where there is no PostgreSQL.
    fn postgres(name: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        Cluster::shared().map(|cluster| Self { url: cluster.database(name), folder })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file, when it is SQLite.
    pub(super) fn file(&self) -> Option<PathBuf> {
        self.url.starts_with("sqlite").then(|| self.folder.path().join("it is ü?.db"))
    }

    pub(super) async fn open(&self) -> Store {
        Store::open(&self.url).await.expect("the store opens")
    }
}

/// Tells a story on SQLite and, where there is one, on PostgreSQL; each time with an empty database.
pub(super) fn check(name: &str, story: impl AsyncFn(&Database)) {
    for database in [Some(Database::sqlite()), Database::postgres(name)].into_iter().flatten() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(story(&database));
    }
}
