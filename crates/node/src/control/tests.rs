use super::*;
use crate::api::{Handle, Written};
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// A node that answers `Ready`, counts to three while it verifies, and refuses all else.
fn handle() -> Handle {
    Handle::new(|request, progress| async move {
        match request {
            Request::Ready => Ok(Response::Done),
            Request::Verify => {
                for done in 1..=3 {
                    progress.tell("checking", done, Some(3));
                    tokio::task::yield_now().await;
                }
                Ok(Response::Done)
            }
            _ => Err(Refusal::not_found("no listing has an id that begins with \"7\"").hint("list them")),
        }
    })
}

async fn serving(data: &Path) -> Control {
    let listener = Listener::bind(data).unwrap();
    let (software, _) = tokio::sync::mpsc::channel(1);
    tokio::spawn(listener.serve(handle(), software, CancellationToken::new()));
    Control::find(data).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_request_is_answered_refused_and_reported_on() {
    let data = tempfile::tempdir().unwrap();
    let mut control = serving(data.path()).await;

    assert_eq!(control.ask(Request::Ready).await, Ok(Response::Done));
    let refused = control.ask(Request::ListingShow { id: "7".into() }).await.unwrap_err();
    assert_eq!((refused.kind, refused.hint.as_deref()), (RefusalKind::NotFound, Some("list them")));
    let mut told = Vec::new();
    assert_eq!(control.ask_with(Request::Verify, |p| told.push(p.done)).await, Ok(Response::Done));
    assert_eq!(told, [1, 2, 3]);
}

#[tokio::test]
async fn the_file_of_a_killed_node_is_nobody_and_is_replaced() {
    let data = tempfile::tempdir().unwrap();
    assert!(Control::find(data.path()).await.unwrap().is_none());
    // A listener of std leaves its file behind, as a killed process does.
    drop(std::os::unix::net::UnixListener::bind(data.path().join("admin.sock")).unwrap());
    assert!(Control::find(data.path()).await.unwrap().is_none());
    serving(data.path()).await;
}

#[tokio::test]
async fn a_long_path_works_and_cleans_up() {
    let root = tempfile::tempdir().unwrap();
    let data: PathBuf = root.path().join("d".repeat(120));
    std::fs::create_dir(&data).unwrap();
    let listener = Listener::bind(&data).unwrap();
    let socket = std::fs::read_link(data.join("admin.sock")).unwrap();
    assert!(socket.exists() && listener.path() == Some(&data.join("admin.sock")));
    drop(listener);
    assert!(!socket.exists() && !data.join("admin.sock").is_symlink());
    let mut control = serving(&data).await;
    assert_eq!(control.ask(Request::Ready).await, Ok(Response::Done));
}

#[tokio::test]
async fn the_socket_is_for_its_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    let listener = Listener::bind(data.path()).unwrap();
    let mode = std::fs::metadata(listener.path().unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_unknown_word_is_refused_with_what_to_do() {
    let refused = decode(Ok(r#"{"request":{"ask":"dance"}}"#.to_owned())).unwrap_err();
    assert!(refused.message.contains("dance") && refused.hint.unwrap().contains("versions"));
}

#[test]
fn frames_read_back_as_they_were_written() {
    let written = Written {
        id: domain::RecordId::from_bytes([7; 16]),
        version: domain::VersionId::from_bytes([9; 32]),
        changed: true,
        proposal: None,
        is_public: false,
    };
    let line = encode(&Frame::Response(Response::Written(written))).unwrap();
    let Frame::Response(back) = decode(Ok(line)).unwrap() else { panic!("another frame") };
    assert_eq!(back, Response::Written(written));
}
