//! How conversations end: by the server, by the client, by the connection.

mod common;

use std::time::Duration;

use common::{bounded, closing, completed, frame, next, Server};
use fastagency_sdk::tables::CloseCode;
use fastagency_sdk::{json, ConnectionState, ConversationState, Error};
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_close_code_says_what_was_wrong() {
    for (code, refused, retryable) in [
        (4004, true, false),
        (4100, true, true),
        (4150, true, true),
        (1009, true, false),
        (1011, false, false),
        (4201, false, false),
    ] {
        let server = Server::new().await;
        let client = server.client();
        let script = server.play(move |mut socket| async move {
            let error = r#"{"short":"No.","long":"Not here."}"#;
            socket.send(frame("error", error)).await.unwrap();
            socket.send(closing(code, "why")).await.unwrap();
            next(&mut socket).await
        });
        let mut conversation = client.start("w", json!({})).await.unwrap();
        assert_eq!(
            bounded(conversation.next()).await.unwrap().unwrap().tag(),
            "error"
        );
        let error = bounded(conversation.next()).await.unwrap().unwrap_err();
        assert_eq!(error.is_retryable(), retryable, "{error}");
        match &error {
            Error::ConversationRefused {
                code: seen,
                reason,
                detail,
                ..
            } => {
                assert!(refused);
                assert_eq!((*seen, reason.as_str()), (code, "why"));
                assert_eq!(detail.as_deref(), Some("No: Not here"));
                assert_eq!(conversation.state(), ConversationState::Failed);
            }
            Error::ConversationLost {
                code: seen, reason, ..
            } => {
                assert!(!refused);
                assert_eq!((*seen, reason.as_str()), (code, "why"));
                assert_eq!(conversation.state(), ConversationState::Cancelled);
            }
            other => panic!("{other:?}"),
        }
        if let Some(known) = CloseCode::from_number(code) {
            assert!(error.to_string().contains(known.meaning()), "{error}");
        }
        // Told once as an item; an answer meets it again.
        assert!(bounded(conversation.next()).await.is_none());
        let again = conversation.answer("x").await.unwrap_err();
        assert_eq!(again.to_string(), error.to_string());
        bounded(script).await.unwrap();
    }
}

#[tokio::test]
async fn a_broken_connection_is_a_loss_before_the_end_and_none_after_it() {
    for last in [None, Some(completed())] {
        let is_complete = last.is_some();
        let server = Server::new().await;
        let client = server.client();
        let script = server.play(|mut socket| async move {
            if let Some(last) = last {
                socket.send(last).await.unwrap();
            }
        });
        let mut conversation = client.start("w", json!({})).await.unwrap();
        bounded(script).await.unwrap();
        if is_complete {
            bounded(conversation.next()).await.unwrap().unwrap();
            assert!(bounded(conversation.next()).await.is_none());
            assert_eq!(conversation.state(), ConversationState::Completed);
        } else {
            match bounded(conversation.next()).await {
                Some(Err(Error::ConversationLost { code: 1006, .. })) => {}
                other => panic!("{other:?}"),
            }
            assert_eq!(conversation.state(), ConversationState::Cancelled);
        }
        assert_eq!(conversation.close_code(), Some(1006));
    }
}

#[tokio::test]
async fn a_server_that_does_not_close_is_not_waited_for() {
    let server = Server::new().await;
    let client = server
        .builder()
        .close_timeout(Duration::from_millis(20))
        .build()
        .unwrap();
    let script = server.play(|mut socket| async move {
        socket.send(completed()).await.unwrap();
        next(&mut socket).await
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    bounded(conversation.next()).await.unwrap().unwrap();
    assert!(bounded(conversation.next()).await.is_none());
    assert_eq!(bounded(script).await.unwrap(), Some(closing(1000, "")));
}

#[tokio::test]
async fn what_the_library_refuses_is_a_loss() {
    let invalid = {
        use tokio_tungstenite::tungstenite::protocol::frame::{coding, Frame};
        let code = coding::OpCode::Data(coding::Data::Text);
        Message::Frame(Frame::message(vec![0xc3, 0x28], code, true))
    };
    let long = frame(
        "text_message",
        &format!(r#"{{"body":"{}"}}"#, "x".repeat(2000)),
    );
    for (message, expected) in [(invalid, 1007), (long, 1009)] {
        let server = Server::new().await;
        let client = server.builder().max_message_size(1000).build().unwrap();
        let script = server.play(|mut socket| async move {
            socket.send(message).await.unwrap();
            next(&mut socket).await
        });
        let mut conversation = client.start("w", json!({})).await.unwrap();
        match bounded(conversation.next()).await {
            Some(Err(Error::ConversationLost { code, why, .. })) => {
                assert_eq!(code, expected);
                assert!(why.contains("this client closed"), "{why}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(bounded(script).await.unwrap(), Some(closing(expected, "")));
    }
}

#[tokio::test]
async fn a_dropped_conversation_leaves_no_socket_and_no_task() {
    let server = Server::new().await;
    let client = server.client();
    let script = server.play(|mut socket| async move { next(&mut socket).await });
    let conversation = client.start("w", json!({})).await.unwrap();
    let answers = conversation.answers();
    drop(conversation);
    assert!(
        bounded(script).await.unwrap().is_none(),
        "the server sees no close frame but the end"
    );
    assert!(matches!(answers.answer("x").await, Err(Error::NotAsked(_))));
    let metrics = tokio::runtime::Handle::current().metrics();
    bounded(async {
        while metrics.num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn leaving_says_goodbye() {
    let server = Server::new().await;
    let client = server.client();
    let script = server.play(|mut socket| async move {
        // More than the sockets' buffers hold, so that the client has to read it away.
        for _ in 0..200 {
            socket
                .feed(frame(
                    "text_message",
                    &format!(r#"{{"body":"{}"}}"#, "x".repeat(50_000)),
                ))
                .await
                .unwrap();
        }
        socket.flush().await.unwrap();
        next(&mut socket).await
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    bounded(conversation.close()).await;
    assert_eq!(conversation.state(), ConversationState::Cancelled);
    assert!(bounded(conversation.next()).await.is_none());
    bounded(conversation.close()).await;
    assert_eq!(bounded(script).await.unwrap(), Some(closing(1000, "")));
    assert!(matches!(
        conversation.answer("x").await,
        Err(Error::NotAsked(_))
    ));
}

#[tokio::test]
async fn a_cancel_in_classic_closes_the_socket() {
    let server = Server::new().await;
    let client = server.client();
    let script = server.play(|mut socket| async move {
        socket.send(frame("text_input", "{}")).await.unwrap();
        next(&mut socket).await
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    bounded(conversation.next()).await.unwrap().unwrap();
    assert_eq!(conversation.connection(), ConnectionState::Live);
    assert!(conversation.is_open("u") && !conversation.is_open("another"));
    let other = conversation.answer_to("another", "x").await;
    assert!(matches!(other, Err(Error::NotAsked(_))));
    bounded(conversation.answers().cancel(Some("enough"))).await;
    assert_eq!(bounded(script).await.unwrap(), Some(closing(1000, "")));
    assert!(bounded(conversation.next()).await.is_none());
    assert_eq!(conversation.connection(), ConnectionState::Ended);
    assert_eq!(
        (conversation.outcome(), conversation.cursor()),
        (None, None)
    );
}

#[tokio::test]
async fn pings_are_answered_and_unanswered_ones_are_a_loss() {
    let server = Server::new().await;
    let client = server
        .builder()
        .ping_interval(Duration::from_millis(250))
        .build()
        .unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let script = server.play(|mut socket| async move {
        socket.send(Message::Ping(vec![1, 2].into())).await.unwrap();
        assert_eq!(
            next(&mut socket).await,
            Some(Message::Pong(vec![1, 2].into()))
        );
        // Reading answers the client's pings.
        for _ in 0..3 {
            assert!(matches!(next(&mut socket).await, Some(Message::Ping(_))));
        }
        socket.send(frame("keep_alive", "{}")).await.unwrap();
        // From here on nobody reads.
        let _ = stopped.await;
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    assert_eq!(
        bounded(conversation.next()).await.unwrap().unwrap().tag(),
        "keep_alive"
    );
    match bounded(conversation.next()).await {
        Some(Err(Error::ConversationLost { code: 1011, .. })) => {}
        other => panic!("{other:?}"),
    }
    stop.send(()).unwrap();
    bounded(script).await.unwrap();
}
