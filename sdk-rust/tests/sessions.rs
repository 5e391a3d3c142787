//! Conversations of `fastagency.v1` with a server that plays a script, through real sockets.

mod common;

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use common::{
    bounded, closing, logged, next, next_json, next_text, over, ready_with, said, text, Server,
    TOKEN,
};
use fastagency_sdk::messages::Outcome;
use fastagency_sdk::{
    json, Client, ConnectionState, Conversation, ConversationState, Dialect, Error, HeaderMap,
    ServerMessage,
};
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;

/// The types of all messages to the end, and the error that it came to.
async fn read(conversation: &mut Conversation) -> (Vec<String>, Option<Error>) {
    let mut seen = Vec::new();
    while let Some(message) = bounded(conversation.next()).await {
        match message {
            Ok(ServerMessage::TextMessage(message)) => seen.push(message.seq.unwrap().to_string()),
            Ok(message) => seen.push(message.tag().to_owned()),
            Err(error) => return (seen, Some(error)),
        }
    }
    (seen, None)
}

/// A client that notes the states of its connections.
fn watched(server: &Server) -> (Client, Arc<Mutex<Vec<&'static str>>>) {
    let states = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&states);
    let observe = move |state: ConnectionState| notes.lock().unwrap().push(state.as_str());
    (
        server.builder().on_connection(observe).build().unwrap(),
        states,
    )
}

/// Wait until no task is left but this one's.
async fn no_task_is_left() {
    let metrics = tokio::runtime::Handle::current().metrics();
    bounded(async {
        while metrics.num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_conversation_survives_its_connections() {
    let server = Server::new().await;
    let (client, states) = watched(&server);
    let script = tokio::spawn(async move {
        let mut socket = server.begin().await;
        socket.send(said(1)).await.unwrap();
        socket.send(said(2)).await.unwrap();
        drop(socket);
        // The network takes away a replay too, in its middle.
        let (mut socket, first, _) = server.session().await;
        assert_eq!(first["after_seq"], 2);
        socket.send(common::ready("replay", 4)).await.unwrap();
        socket.send(said(3)).await.unwrap();
        drop(socket);
        let mut socket = server.replay(3, &[said(4)]).await;
        socket.send(closing(4201, "renew")).await.unwrap();
        let mut socket = server.replay(4, &[]).await;
        socket.send(over(5, "completed")).await.unwrap();
        socket.send(closing(1000, "")).await.unwrap();
        next(&mut socket).await
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    let (seen, error) = read(&mut conversation).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(seen, ["1", "2", "3", "4", "workflow_completed"]);
    assert_eq!(conversation.outcome(), Some(Outcome::Completed));
    assert_eq!(conversation.state(), ConversationState::Completed);
    assert_eq!(conversation.close_code(), Some(1000));
    assert_eq!(conversation.cursor().unwrap().after_seq, 5);
    assert_eq!(bounded(script).await.unwrap(), Some(closing(1000, "")));
    let states = states.lock().unwrap().clone();
    assert_eq!(states[..2], ["connecting", "live"]);
    assert_eq!(
        states[states.len() - 3..],
        ["reconnecting", "live", "ended"]
    );
    no_task_is_left().await;
}

#[tokio::test]
async fn each_socket_has_fresh_credentials() {
    let server = Server::new().await;
    let asked = Arc::new(AtomicU32::new(0));
    let client = server
        .builder()
        .headers_from(move || {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            async move {
                let mut headers = HeaderMap::new();
                headers.insert("authorization", number.into());
                headers
            }
        })
        .build()
        .unwrap();
    let script = tokio::spawn(async move {
        let request = server.announce().await;
        let mut found = vec![request.header("authorization")];
        for _ in 0..3 {
            let (_, first, credentials) = server.session().await;
            // Before there was a session the same frame is sent again, and no second announcement (spec FA-RES-7).
            assert_eq!(first["type"], "start_workflow");
            found.push(credentials);
        }
        found
    });
    let conversation = client.start("w", json!({})).await.unwrap();
    let found = bounded(script).await.unwrap();
    let found: Vec<_> = found.into_iter().flatten().collect();
    assert_eq!(found, ["0", "1", "2", "3"]);
    drop(conversation);
    no_task_is_left().await;
}

#[tokio::test]
async fn a_server_that_does_not_echo_the_offer_speaks_classic() {
    for dialect in [Dialect::Auto, Dialect::Classic] {
        let server = Server::new().await;
        let client = server.builder().dialect(dialect).build().unwrap();
        let script = tokio::spawn(async move {
            server.announce().await;
            let (stream, _) = server.listener.accept().await.unwrap();
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            let first = next_json(&mut socket).await;
            assert!(first.get("type").is_none() && first.get("resume_token").is_none());
            assert_eq!(first["workflow_uuid"], common::UUID);
            socket
                .send(common::frame("text_input", "{}"))
                .await
                .unwrap();
            assert_eq!(next_text(&mut socket).await, "Ada");
        });
        let mut conversation = client.start("w", json!({})).await.unwrap();
        bounded(conversation.next()).await.unwrap().unwrap();
        assert_eq!(conversation.answer("Ada").await.unwrap(), None);
        bounded(script).await.unwrap();
        let (_, error) = read(&mut conversation).await;
        assert!(matches!(error, Some(Error::ConversationLost { .. })));
        assert!(conversation.cursor().is_none());
    }
}

#[tokio::test]
async fn a_stored_cursor_brings_a_conversation_back() {
    let server = Server::new().await;
    let client = server.client();
    let script = tokio::spawn(async move {
        let mut socket = server.begin().await;
        socket.send(said(1)).await.unwrap();
        assert_eq!(next(&mut socket).await, Some(closing(1000, "")));
        assert_eq!(next(&mut socket).await, None); // and the library has answered it
        let mut socket = server.replay(1, &[said(2), over(3, "failed")]).await;
        socket.send(closing(1000, "")).await.unwrap();
        next(&mut socket).await;
        let (mut socket, first, _) = server.session().await;
        assert_eq!(first["after_seq"], 0);
        socket.send(closing(4010, "")).await.unwrap();
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    bounded(conversation.next()).await.unwrap().unwrap();
    let stored = conversation.cursor().unwrap().to_json();
    bounded(conversation.close()).await;
    assert_eq!(conversation.connection(), ConnectionState::Ended);
    assert!(bounded(conversation.next()).await.is_none());

    let cursor = fastagency_sdk::Cursor::from_json(&stored).unwrap();
    let mut again = client.resume(cursor.clone()).await.unwrap();
    let (seen, error) = read(&mut again).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(seen, ["2", "workflow_completed"]);
    assert_eq!(again.state(), ConversationState::Failed);

    let mut gone = client.resume(cursor.from_start()).await.unwrap();
    let (_, error) = read(&mut gone).await;
    assert!(matches!(
        error,
        Some(Error::ConversationRefused { code: 4010, .. })
    ));
    assert!(bounded(gone.next()).await.is_none(), "the end is told once");
    bounded(script).await.unwrap();
    no_task_is_left().await;
}

#[tokio::test]
async fn answers_and_cancels_go_out_while_nothing_is_read() {
    let server = Server::new().await;
    let client = server.client();
    let (flooded, flood) = tokio::sync::oneshot::channel();
    let script = tokio::spawn(async move {
        let mut socket = server.begin().await;
        socket
            .send(logged(1, "text_input", &json!({})))
            .await
            .unwrap();
        // Until the client reads no more, and the sockets' buffers are full.
        let body = json!({"body": "x".repeat(100_000)});
        for seq in 2.. {
            assert!(seq < 2000, "the client reads on without end");
            let sending = socket.send(logged(seq, "text_message", &body));
            if tokio::time::timeout(Duration::from_secs(1), sending)
                .await
                .is_err()
            {
                break;
            }
        }
        flooded.send(()).unwrap();
        let answer = next_json(&mut socket).await;
        let cancel = next_json(&mut socket).await;
        (answer, cancel)
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    bounded(conversation.next()).await.unwrap().unwrap();
    bounded(flood).await.unwrap();
    let answer_id = bounded(conversation.answer("Ada")).await.unwrap().unwrap();
    bounded(conversation.cancel(Some("enough"))).await;
    let (answer, cancel) = bounded(script).await.unwrap();
    let expected =
        json!({"type": "answer", "question_uuid": "u1", "answer_id": answer_id, "value": "Ada"});
    assert_eq!(answer, expected);
    assert_eq!(
        cancel,
        json!({"type": "cancel_workflow", "reason": "enough"})
    );
    for seq in 2..=257 {
        match bounded(conversation.next()).await {
            Some(Ok(ServerMessage::TextMessage(message))) => assert_eq!(message.seq, Some(seq)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_answer_from_another_task_is_sent_though_all_is_dropped_then() {
    let server = Server::new().await;
    let client = server.client();
    let script = tokio::spawn(async move {
        let mut socket = server.begin().await;
        socket
            .send(logged(1, "text_input", &json!({})))
            .await
            .unwrap();
        let answer = next_json(&mut socket).await;
        (answer, next(&mut socket).await)
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    bounded(conversation.next()).await.unwrap().unwrap();
    let answers = conversation.answers();
    assert!(answers.is_open("u1") && answers.question().is_some());
    let cursor = conversation.cursor();
    let user = tokio::spawn(async move {
        answers.answer_to("u1", "Ada").await.unwrap();
        let shown = format!("{conversation:?} {answers:?} {cursor:?}");
        drop(conversation);
        shown
    });
    let shown = bounded(user).await.unwrap();
    assert!(!shown.contains(TOKEN) && !shown.contains("Ada"), "{shown}");
    let (answer, end) = bounded(script).await.unwrap();
    assert_eq!(answer["value"], "Ada");
    assert_eq!(end, None, "no close frame, but the end");
    no_task_is_left().await;
}

#[tokio::test]
async fn a_conversation_dropped_between_connections_leaves_no_task() {
    for says_goodbye in [false, true] {
        let server = Server::new().await;
        let (client, states) = watched(&server);
        let script = tokio::spawn(async move {
            drop(server.begin().await);
            server.listener // accepts, and never answers
        });
        let mut conversation = client.start("w", json!({})).await.unwrap();
        let listener = bounded(script).await.unwrap();
        bounded(async {
            while conversation.connection() != ConnectionState::Reconnecting {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
        if says_goodbye {
            bounded(conversation.close()).await;
        }
        drop(conversation);
        no_task_is_left().await;
        assert_eq!(states.lock().unwrap().last(), Some(&"ended"));
        drop(listener);
    }
}

#[tokio::test]
async fn a_silent_connection_is_dropped() {
    let server = Server::new().await;
    let client = server.client();
    let script = tokio::spawn(async move {
        server.announce().await;
        let (mut silent, _, _) = server.session().await;
        silent.send(ready_with("fresh", 0, 0.1)).await.unwrap();
        silent.send(said(1)).await.unwrap();
        let mut socket = server.replay(1, &[over(2, "completed")]).await;
        socket.send(closing(1000, "")).await.unwrap();
        next(&mut socket).await;
        silent
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    let (seen, error) = read(&mut conversation).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(seen, ["1", "workflow_completed"]);
    drop(bounded(script).await.unwrap());
}

#[tokio::test]
async fn a_gap_is_fetched() {
    let server = Server::new().await;
    let client = server.client();
    let script = tokio::spawn(async move {
        let mut socket = server.begin().await;
        socket.send(said(1)).await.unwrap();
        socket.send(said(3)).await.unwrap();
        let mut socket = server.replay(1, &[said(2), said(3)]).await;
        socket.send(over(4, "cancelled")).await.unwrap();
        socket.send(closing(1000, "")).await.unwrap();
        next(&mut socket).await
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    let (seen, error) = read(&mut conversation).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(seen, ["1", "2", "3", "workflow_completed"]);
    assert_eq!(conversation.state(), ConversationState::Cancelled);
    bounded(script).await.unwrap();
}

#[tokio::test]
async fn who_may_no_longer_is_refused_and_any_other_failure_is_tried_again() {
    let server = Server::new().await;
    let client = server.client();
    let script = tokio::spawn(async move {
        let mut socket = server.begin().await;
        socket.send(said(1)).await.unwrap();
        drop(socket);
        server.answer("503 Service Unavailable", "", "").await;
        server
            .answer("401 Unauthorized", "", r#"{"detail":"Who are you?"}"#)
            .await;
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    let (seen, error) = read(&mut conversation).await;
    assert_eq!(seen, ["1"]);
    match error {
        Some(Error::ConversationRefused { code, why, .. }) => {
            assert_eq!(code, 1006);
            assert_eq!(why, "the socket was refused with 401: Who are you?");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(conversation.state(), ConversationState::Failed);
    assert_eq!(conversation.connection(), ConnectionState::Lost);
    bounded(script).await.unwrap();
    no_task_is_left().await;
}

#[tokio::test]
async fn should_retry_has_the_last_word() {
    let server = Server::new().await;
    let client = server
        .builder()
        .should_retry(|code, reason, attempt| {
            assert_eq!((code, reason, attempt), (4100, "full", 1));
            Some(false)
        })
        .build()
        .unwrap();
    let script = tokio::spawn(async move {
        let mut socket = server.begin().await;
        socket.send(closing(4100, "full")).await.unwrap();
        next(&mut socket).await
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    let (_, error) = read(&mut conversation).await;
    assert!(error.unwrap().is_retryable());
    bounded(script).await.unwrap();
}

#[tokio::test]
async fn a_reader_learns_that_the_task_was_ended() {
    let server = Server::new().await;
    for panics_in_observer in [false, true] {
        let once = AtomicU32::new(0);
        let builder = server.builder();
        let client = if panics_in_observer {
            builder.on_connection(move |state| {
                let first = once.fetch_add(1, Ordering::SeqCst) == 0;
                assert!(first || state == ConnectionState::Lost, "on purpose");
            })
        } else {
            builder.should_retry(|_, _, _| panic!("on purpose"))
        };
        let client = client.build().unwrap();
        let script = async { drop(server.begin().await) };
        let (conversation, ()) = tokio::join!(client.start("w", json!({})), script);
        let (_, error) = read(&mut conversation.unwrap()).await;
        assert!(matches!(error, Some(Error::ConversationLost { .. })));
    }
}

#[tokio::test]
async fn an_expired_wait_loses_no_message() {
    let server = Server::new().await;
    let client = server.client();
    let (go, wait) = tokio::sync::oneshot::channel();
    let script = tokio::spawn(async move {
        let mut socket = server.begin().await;
        wait.await.unwrap();
        socket.send(said(1)).await.unwrap();
        socket
            .send(text(&json!({"type": "later", "seq": 2})))
            .await
            .unwrap();
        socket.send(Message::binary(vec![b'a'])).await.unwrap();
        next(&mut socket).await
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    poll_fn(|context| {
        assert!(pin!(conversation.next()).poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    go.send(()).unwrap();
    for expected in ["text_message", "later"] {
        let message = bounded(conversation.next()).await.unwrap().unwrap();
        assert_eq!(message.tag(), expected);
        assert!(conversation.raw_text().unwrap().contains(expected));
    }
    let malformed = bounded(conversation.next()).await.unwrap();
    assert!(matches!(malformed, Err(Error::MalformedMessage { .. })));
    bounded(conversation.close()).await;
    assert_eq!(bounded(script).await.unwrap(), Some(closing(1000, "")));
}
