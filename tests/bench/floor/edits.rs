//! The floor of live edits: made by Automerge and written at one place, sent, applied by Automerge and written at the next,
//! and so on to the last. As many edits as are handed over at once are one transaction, and one frame, at each place.

use super::{Chunks, connect, database, incoming, pack, tls, unpack};
use crate::Fallible;
use domain::document::{Content, Edit, Kind};
use domain::{ActorId, Incarnation, OrgId, Timestamp};
use futures::StreamExt;
use sqlx::{Connection, SqliteConnection};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use wire::proto::sync as proto;
use wire::proto::sync::sync_service_client::SyncServiceClient;
use wire::proto::sync::sync_service_server::{SyncService, SyncServiceServer};

/// Frames that may wait between two places.
const WAITING: usize = 64;

/// Places in a row, each with a connection to the next.
pub(crate) struct Chain {
    first: Place,
    actor: ActorId,
    field: &'static str,
    next: mpsc::Sender<Vec<u8>>,
    /// How many edits became durable at the last place, and when.
    done: mpsc::UnboundedReceiver<(usize, Instant)>,
    /// Ends with it.
    _tasks: JoinSet<()>,
    _folder: TempDir,
}

/// Documents in memory, and their changes in a database.
struct Place {
    documents: Vec<Content>,
    database: SqliteConnection,
}

impl Chain {
    /// Over these documents of this owner, whose edits change this field: so many connections in a row.
    pub(crate) async fn new(
        documents: &[Chunks],
        owner: OrgId,
        field: &'static str,
        connections: usize,
    ) -> Fallible<Self> {
        let folder = tempfile::tempdir()?;
        let opened = documents.iter().map(|d| Content::open(d.iter().map(Vec::as_slice)).map_err(|r| r.to_string()));
        let opened = opened.collect::<Result<Vec<_>, _>>()?;
        let place = async |n: usize| -> Fallible<Place> {
            let database = database(&folder.path().join(format!("{n}.db"))).await?;
            Ok(Place { documents: opened.clone(), database })
        };
        let mut tasks = JoinSet::new();
        let (next, mut frames) = mpsc::channel(WAITING);
        let (tell, done) = mpsc::unbounded_channel();
        for n in 1..=connections {
            let (address, connector) = serve(frames, &mut tasks).await?;
            let (onward, following) = mpsc::channel(WAITING);
            frames = following;
            let (place, tell) = (place(n).await?, (n == connections).then(|| tell.clone()));
            tasks.spawn(async move {
                // What went wrong shows: nothing arrives any more.
                let _ = follow(place, address, connector, onward, tell).await;
            });
        }
        let (first, actor) = (place(0).await?, ActorId::new(&owner, Incarnation::from_bytes([7; 8])));
        Ok(Self { first, actor, field, next, done, _tasks: tasks, _folder: folder })
    }

    /// Makes one edit in each of these documents; returns when they are durable at the first place and on their way.
    pub(crate) async fn edit(&mut self, documents: &[usize], text: &str) -> Fallible<()> {
        let edits = [Edit { path: vec![self.field.to_owned()], value: Some(text.into()) }];
        let mut made = Vec::new();
        for n in documents {
            let document = self.first.documents.get_mut(*n).ok_or("no such document")?;
            let chunks = document.edit(self.actor, Timestamp::from_ms(1), Kind::LISTING, &edits);
            made.extend(chunks.map_err(|r| r.to_string())?.into_iter().map(|chunk| (*n, chunk)));
        }
        write(&mut self.first.database, &made).await?;
        Ok(self.next.send(frame(&made)?).await?)
    }

    /// Returns once so many edits more are durable at the last place, with when that was.
    pub(crate) async fn until(&mut self, edits: usize) -> Fallible<Instant> {
        let mut left = edits;
        loop {
            let (came, at) = self.done.recv().await.ok_or("the floor's last place is gone")?;
            left = left.saturating_sub(came);
            if left == 0 {
                return Ok(at);
            }
        }
    }
}

/// Serves these frames to whoever connects.
async fn serve(frames: mpsc::Receiver<Vec<u8>>, tasks: &mut JoinSet<()>) -> Fallible<(SocketAddr, TlsConnector)> {
    let (acceptor, connector) = tls()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let sender = SyncServiceServer::new(Sender(Mutex::new(Some(frames)))).max_encoding_message_size(4 << 20);
    let server = tonic::transport::Server::builder().tcp_nodelay(true).add_service(sender);
    tasks.spawn(async move {
        let _ = server.serve_with_incoming(incoming(listener, acceptor)).await;
    });
    Ok((address, connector))
}

/// Takes frames, makes them durable and hands them on.
async fn follow(
    mut place: Place,
    address: SocketAddr,
    connector: TlsConnector,
    onward: mpsc::Sender<Vec<u8>>,
    tell: Option<mpsc::UnboundedSender<(usize, Instant)>>,
) -> Fallible<()> {
    let channel = connect(address, connector).await?;
    let mut client = SyncServiceClient::new(channel).max_decoding_message_size(4 << 20);
    let mut stream = client.sync(Request::new(tokio_stream::empty::<proto::SyncRequest>())).await?.into_inner();
    while let Some(message) = stream.message().await? {
        let Some(proto::sync_response::Body::Frame(frame)) = message.body else { return Err("no frame".into()) };
        let made = edits_of(&frame)?;
        for (n, chunk) in &made {
            let document = place.documents.get_mut(*n).ok_or("no such document")?;
            *document = document.apply([chunk.as_slice()]).map_err(|r| r.to_string())?;
        }
        write(&mut place.database, &made).await?;
        match &tell {
            Some(tell) => tell.send((made.len(), Instant::now()))?,
            None => onward.send(frame).await?,
        }
    }
    Ok(())
}

async fn write(database: &mut SqliteConnection, made: &[(usize, Vec<u8>)]) -> Fallible<()> {
    let mut transaction = database.begin().await?;
    for (n, chunk) in made {
        let insert = sqlx::query("insert into change (document, bytes) values (?, ?)");
        insert.bind(i64::try_from(*n)?).bind(chunk.as_slice()).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

fn frame(made: &[(usize, Vec<u8>)]) -> Fallible<Vec<u8>> {
    let mut numbered = Vec::new();
    for (n, chunk) in made {
        numbered.push(vec![u64::try_from(*n)?.to_be_bytes().to_vec(), chunk.clone()]);
    }
    Ok(pack(&numbered))
}

fn edits_of(frame: &[u8]) -> Fallible<Vec<(usize, Vec<u8>)>> {
    let mut made = Vec::new();
    for document in unpack(frame) {
        let [number, chunk] = <[Vec<u8>; 2]>::try_from(document).map_err(|_| "a frame of something else")?;
        made.push((usize::try_from(u64::from_be_bytes(number.as_slice().try_into()?))?, chunk));
    }
    Ok(made)
}

struct Sender(Mutex<Option<mpsc::Receiver<Vec<u8>>>>);

#[tonic::async_trait]
impl SyncService for Sender {
    type SyncStream = Pin<Box<dyn futures::Stream<Item = Result<proto::SyncResponse, Status>> + Send>>;

    async fn hello(&self, _: Request<proto::HelloRequest>) -> Result<Response<proto::HelloResponse>, Status> {
        Err(Status::unimplemented("the floor greets nobody"))
    }

    async fn sync(&self, _: Request<Streaming<proto::SyncRequest>>) -> Result<Response<Self::SyncStream>, Status> {
        let frames = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let frames = frames.ok_or_else(|| Status::already_exists("somebody follows already"))?;
        let stream = ReceiverStream::new(frames)
            .map(|frame| Ok(proto::SyncResponse { body: Some(proto::sync_response::Body::Frame(frame)) }));
        Ok(Response::new(Box::pin(stream)))
    }
}
