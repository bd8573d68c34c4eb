//! Watching listings: what stands, what happens, and going on after having been away.

use super::{Node, PATIENCE, check, expect_refused, run, set};
use serde_json::json;
use tests::software::Software;
use tonic::{Code, Status, Streaming};
use wire::proto::admin::watch_listings_response::Event;
use wire::proto::admin::{UpdateListingRequest, WatchListingsRequest, WatchListingsResponse};

/// A watch, and the token of the last event that was taken in.
struct Watcher {
    events: Streaming<WatchListingsResponse>,
    token: String,
}

async fn watch(software: &Software, request: WatchListingsRequest) -> Watcher {
    let events = software.listings().watch_listings(request).await.expect("it is opened").into_inner();
    Watcher { events, token: String::new() }
}

async fn anew(software: &Software) -> Watcher {
    watch(software, WatchListingsRequest::default()).await
}

async fn after(software: &Software, token: &str) -> Watcher {
    watch(software, WatchListingsRequest { resume_token: token.to_owned(), ..WatchListingsRequest::default() }).await
}

impl Watcher {
    async fn next(&mut self) -> Result<Event, Status> {
        let next = tokio::time::timeout(PATIENCE, self.events.message()).await.expect("something comes");
        let response = next?.expect("a watch does not end by itself");
        self.token = response.resume_token;
        Ok(response.event.expect("something happened"))
    }

    /// The names of what comes until everything was sent, `-` and the id of what does not stand any more.
    async fn until_caught_up(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            match self.next().await.expect("it goes on") {
                Event::Listing(listing) => names.push(listing.name),
                Event::Gone(gone) => names.push(format!("-{}", gone.id)),
                Event::CaughtUp(_) => return names,
            }
        }
    }

    /// The same, passing over words that nothing was for this watcher.
    async fn heard(&mut self) -> Vec<String> {
        loop {
            let names = self.until_caught_up().await;
            if !names.is_empty() {
                return names;
            }
        }
    }
}

#[test]
fn what_stands_comes_first_and_then_each_change_as_it_is_made() {
    check("admin_watch", async |node| {
        let software = node.socket().await;
        assert_eq!(anew(&software).await.until_caught_up().await, Vec::<String>::new(), "nothing stands");
        let supper = node.add("Supper");
        let gone = node.add("Gone");
        node.folder.run(["listing", "withdraw", &gone]).expect_done();
        let mut watcher = anew(&software).await;
        let mut later = watch(&software, WatchListingsRequest { skip_standing: true, ..Default::default() }).await;
        assert_eq!(watcher.until_caught_up().await, ["Supper"]);
        assert_eq!(later.until_caught_up().await, Vec::<String>::new());

        for name in ["Late supper", "Supper"] {
            node.rename(&supper, name);
            for watcher in [&mut watcher, &mut later] {
                assert_eq!(watcher.heard().await, [name]);
            }
        }
        let lunch = node.add("Lunch");
        assert_eq!(later.heard().await, ["Lunch"]);
        node.folder.run(["listing", "withdraw", &lunch]).expect_done();
        assert_eq!(later.heard().await, [format!("-{lunch}")]);
    });
}

#[test]
fn who_comes_back_misses_nothing_also_when_the_node_was_started_again() {
    check("admin_resume", async |node| {
        let (one, two, three) = (node.add("One"), node.add("Two"), node.add("Three"));
        let mut watcher = anew(&node.socket().await).await;
        // It takes in the first only, and is gone.
        let Event::Listing(first) = watcher.next().await.expect("it goes on") else { panic!("a listing comes first") };
        assert_eq!(first.name, "One");
        let in_between = watcher.token.clone();
        watcher.until_caught_up().await;
        let at_end = watcher.token.clone();
        drop(watcher);

        node.rename(&one, "One again");
        node.rename(&two, "Two again");
        node.rename(&two, "Two once more");
        node.folder.run(["listing", "withdraw", &three]).expect_done();
        let four = node.add("Four");
        node.restart();
        let expected = ["One again".to_owned(), "Two once more".to_owned(), format!("-{three}"), "Four".to_owned()];
        let software = node.socket().await;
        for token in [&at_end, &in_between] {
            let mut back = after(&software, token).await;
            assert_eq!(back.until_caught_up().await, expected);
            // The same again: a token may be used more than once, and what it gave counts from there.
            let mut again = after(&software, &back.token).await;
            assert_eq!(again.until_caught_up().await, Vec::<String>::new());
        }
        let mut back = after(&software, &at_end).await;
        back.next().await.expect("it goes on");
        let token = back.token.clone();
        drop(back);
        node.restart();
        assert_eq!(after(&node.socket().await, &token).await.until_caught_up().await, expected[1..]);
        node.rename(&four, "Four again");
        assert_eq!(
            after(&node.socket().await, &at_end).await.until_caught_up().await.last().expect("one"),
            "Four again"
        );
    });
}

#[test]
fn a_partners_listing_is_watched_and_not_written() {
    run(async {
        let (council, shelter) = (Node::new("Hoe Street Council", None), Node::new("Night Shelter", None));
        let code = shelter.folder.json(["invite"])["code"].as_str().expect("a code").to_owned();
        council.folder.json(["join", &code]);
        let software = council.socket().await;
        let owner = "Night Shelter".to_owned();
        let mut watcher = watch(&software, WatchListingsRequest { owner, ..Default::default() }).await;
        watcher.until_caught_up().await;
        council.add("Ours");
        let supper = shelter.add("Supper");
        assert_eq!(watcher.heard().await, ["Supper"], "and nothing of ours");
        let edits = vec![set("name", json!("Mine now"))];
        let refused = software.listings().update_listing(UpdateListingRequest { id: supper.clone(), edits }).await;
        expect_refused(refused, Code::PermissionDenied, "not_allowed", "Night Shelter");
        shelter.folder.run(["listing", "share", &supper, "--audience", "own"]).expect_done();
        assert_eq!(watcher.heard().await, [format!("-{supper}")]);
        shelter.folder.run(["listing", "share", &supper, "--audience", "partners"]).expect_done();
        assert_eq!(watcher.heard().await, ["Supper"]);
        let id = council.folder.json(["partner", "list"])["id"].as_str().expect("an id").to_owned();
        council.folder.run(["partner", "remove", &id]).expect_done();
        assert_eq!(watcher.heard().await, [format!("-{supper}")], "it went with the partner");
    });
}

#[test]
fn a_slow_reader_is_waited_for_and_hears_how_things_stand() {
    run(async {
        let node = Node::new("Night Shelter", None);
        let (id, software) = (node.add("0"), node.socket().await);
        let mut slow = anew(&software).await;
        slow.until_caught_up().await;
        // Some 4 MB of changes while it reads nothing: more than any window on the way holds.
        for number in 1..=200 {
            let text = format!("{number}{}", "x".repeat(19_000));
            let edits = vec![set("description", json!(text)), set("name", json!(number.to_string()))];
            let request = UpdateListingRequest { id: id.clone(), edits };
            software.listings().update_listing(request).await.expect("it is written");
        }
        let mut events = 0;
        let mut last = 0;
        while last < 200 {
            if let Event::Listing(listing) = slow.next().await.expect("it goes on") {
                let number: u32 = listing.name.parse().expect("a number");
                assert!(number > last, "{number} after {last}: never backwards");
                (last, events) = (number, events + 1);
            }
        }
        assert!(events < 200, "what was in between is passed over: {events}");
    });
}

#[test]
fn what_cannot_be_watched_is_refused() {
    run(async {
        let node = Node::new("Night Shelter", None);
        node.add("Supper");
        let software = node.socket().await;
        let mut watcher = anew(&software).await;
        watcher.until_caught_up().await;
        let open = async |resume_token: &str, skip_standing| {
            let request =
                WatchListingsRequest { resume_token: resume_token.into(), skip_standing, ..Default::default() };
            software.listings().watch_listings(request).await
        };
        expect_refused(open("token", false).await, Code::InvalidArgument, "invalid", "place in the log");
        expect_refused(open(&watcher.token, true).await, Code::InvalidArgument, "invalid", "skip_standing");
        // A life of the log that this node knows nothing of: that of a database that is not here any more.
        let foreign = format!("{}{}{}", &watcher.token[..2], "ab".repeat(8), &watcher.token[18..]);
        expect_refused(open(&foreign, false).await, Code::FailedPrecondition, "expired", "begin anew");
        // And a position that this life has not come to: its database was put back.
        let ahead = format!("{}{:016x}{}", &watcher.token[..18], u64::MAX >> 1, &watcher.token[34..]);
        expect_refused(open(&ahead, false).await, Code::FailedPrecondition, "expired", "begin anew");

        let (mut connections, mut open) = (vec![software.clone()], vec![watcher]);
        while open.len() < domain::limits::WATCHES {
            if open.len() % 20 == 0 {
                connections.push(node.socket().await);
            }
            open.push(anew(connections.last().expect("one")).await);
        }
        let refused = software.listings().watch_listings(WatchListingsRequest::default()).await;
        expect_refused(refused, Code::Unavailable, "busy", "open already");
        // One that ends makes room; the node hears of it a moment later.
        drop(open.pop());
        loop {
            match software.listings().watch_listings(WatchListingsRequest::default()).await {
                Ok(_) => break,
                Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
            }
        }
    });
}

#[test]
fn a_watch_ends_in_words_when_the_node_stops() {
    run(async {
        let mut node = Node::new("Night Shelter", None);
        let mut watcher = anew(&node.socket().await).await;
        watcher.until_caught_up().await;
        node.stop();
        expect_refused(watcher.next().await, Code::Unavailable, "busy", "stopping");
    });
}
