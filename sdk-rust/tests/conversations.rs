//! Conversations with a server that plays a script, through real sockets.

mod common;

use std::time::Duration;

use common::{bounded, closing, completed, frame, next, next_text, Server};
use fastagency_sdk::{json, ConversationState, Error, Question, ServerMessage};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_conversation_from_start_to_end() {
    let server = Server::new().await;
    let client = server.client();
    let script = server.play(|mut socket| async move {
        socket
            .send(frame("text_input", r#"{"prompt":"Name?"}"#))
            .await
            .unwrap();
        let answer = next_text(&mut socket).await;
        socket
            .send(frame("text_message", r#"{"body":"Hello"}"#))
            .await
            .unwrap();
        socket.send(completed()).await.unwrap();
        socket.send(closing(1000, "")).await.unwrap();
        assert!(matches!(next(&mut socket).await, Some(Message::Close(_))));
        answer
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    let mut seen = Vec::new();
    bounded(async {
        while let Some(message) = conversation.next().await.transpose()? {
            seen.push(message.tag().to_owned());
            if let ServerMessage::TextInput(question) = message {
                assert_eq!(conversation.question(), Some(Question::TextInput(question)));
                assert_eq!(conversation.state(), ConversationState::AwaitingAnswer);
                conversation.answer("world").await?;
                assert_eq!(conversation.question(), None);
            }
        }
        Ok::<_, Error>(())
    })
    .await
    .unwrap();
    assert_eq!(seen, ["text_input", "text_message", "workflow_completed"]);
    assert_eq!(conversation.state(), ConversationState::Completed);
    assert_eq!(conversation.result().as_deref(), Some("done"));
    assert_eq!(conversation.close_code(), Some(1000));
    assert_eq!(bounded(script).await.unwrap(), "world");
    assert!(bounded(conversation.next()).await.is_none());
}

#[tokio::test]
async fn the_first_frame_is_what_initiate_answered() {
    let server = Server::new().await;
    let client = server.client();
    let script = tokio::spawn(async move {
        let request = server.initiate().await;
        let (stream, _) = server.listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        (request, next_text(&mut socket).await)
    });
    let conversation = client.start("w", json!({"n": 1})).await.unwrap();
    let (request, first) = bounded(script).await.unwrap();
    let uuid = common::UUID;
    let expected = format!(
        r#"{{"user_id":null,"workflow_uuid":"{uuid}","name":"w","params":{{"n":18446744073709551617}}}}"#
    );
    assert_eq!(first, expected);
    assert_eq!(conversation.workflow_uuid(), uuid);
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["workflow_name"], "w");
    assert_eq!(body["params"], json!({"n": 1}));
    assert_eq!(body["workflow_uuid"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn an_expired_wait_loses_no_message() {
    let server = Server::new().await;
    let client = server.client();
    let (go, wait) = tokio::sync::oneshot::channel();
    let script = server.play(|mut socket| async move {
        wait.await.unwrap();
        // In two fragments, the second of them later.
        let Message::Text(text) = frame("text_message", r#"{"body":"late"}"#) else {
            panic!()
        };
        let (head, tail) = text.split_at(40);
        let part = |text: &str, code, last| {
            use tokio_tungstenite::tungstenite::protocol::frame::{coding, Frame};
            let code = coding::OpCode::Data(code);
            Message::Frame(Frame::message(text.as_bytes().to_vec(), code, last))
        };
        use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;
        socket.send(part(head, Data::Text, false)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        socket.send(part(tail, Data::Continue, true)).await.unwrap();
        next(&mut socket).await
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    let short = Duration::from_millis(10);
    assert!(tokio::time::timeout(short, conversation.next())
        .await
        .is_err());
    go.send(()).unwrap();
    let message = bounded(async {
        loop {
            if let Ok(next) = tokio::time::timeout(short, conversation.next()).await {
                return next.unwrap().unwrap();
            }
        }
    })
    .await;
    assert_eq!(message.tag(), "text_message");
    bounded(conversation.close()).await;
    assert!(matches!(
        bounded(script).await.unwrap(),
        Some(Message::Close(_))
    ));
}

#[tokio::test]
async fn another_task_answers_while_one_reads() {
    let server = Server::new().await;
    let client = server.client();
    let script = server.play(|mut socket| async move {
        socket.send(frame("text_input", "{}")).await.unwrap();
        assert_eq!(next_text(&mut socket).await, "from elsewhere");
        socket.send(completed()).await.unwrap();
        socket.send(closing(1000, "")).await.unwrap();
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    let answers = conversation.answers();
    let (asked, question) = tokio::sync::oneshot::channel();
    let user = tokio::spawn(async move {
        question.await.unwrap();
        assert!(answers.question().is_some());
        answers.answer("from elsewhere").await.unwrap();
        answers
    });
    let mut asked = Some(asked);
    let count = bounded(async {
        let mut count = 0;
        // As a `Stream`, by the trait's own methods.
        while let Some(message) = StreamExt::next(&mut conversation).await {
            message.unwrap();
            count += 1;
            if let Some(asked) = asked.take() {
                asked.send(()).unwrap();
            }
        }
        count
    })
    .await;
    assert_eq!(count, 2);
    let answers = bounded(user).await.unwrap();
    assert!(matches!(
        answers.answer("late").await,
        Err(Error::NotAsked(_))
    ));
    bounded(script).await.unwrap();
}

#[tokio::test]
async fn reading_goes_on_after_a_malformed_frame() {
    let server = Server::new().await;
    let client = server.client();
    let script = server.play(|mut socket| async move {
        socket.send(Message::text("no JSON")).await.unwrap();
        socket
            .send(frame("text_input", r#"{"prompt":5}"#))
            .await
            .unwrap();
        socket
            .send(Message::binary(vec![b'a', 0xff]))
            .await
            .unwrap();
        socket
            .send(frame("audio_message", r#"{"big":18446744073709551617}"#))
            .await
            .unwrap();
        socket.send(completed()).await.unwrap();
        next(&mut socket).await
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    for expected in ["no JSON", "{\"prompt\":5}", "a\u{fffd}"] {
        match bounded(conversation.next()).await {
            Some(Err(Error::MalformedMessage { text, .. })) => assert!(text.contains(expected)),
            other => panic!("{other:?}"),
        }
        assert_eq!(conversation.state(), ConversationState::Running);
        assert_eq!(conversation.question(), None);
    }
    match bounded(conversation.next()).await {
        Some(Ok(ServerMessage::Unknown(unknown))) => {
            assert_eq!(unknown.tag, "audio_message");
            assert!(unknown.raw.get().contains("18446744073709551617"));
            assert_eq!(conversation.raw_text().as_deref(), Some(unknown.raw.get()));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        bounded(conversation.next()).await.unwrap().unwrap().tag(),
        "workflow_completed"
    );
    drop(conversation);
    assert!(bounded(script).await.unwrap().is_none());
}

#[tokio::test]
async fn several_questions_are_answered_in_their_order() {
    let server = Server::new().await;
    let client = server.client();
    let script = server.play(|mut socket| async move {
        socket
            .send(frame("text_input", r#"{"prompt":"first"}"#))
            .await
            .unwrap();
        let choices = r#"{"choices":["a","b,c","d"],"single":false}"#;
        socket
            .send(frame("multiple_choice", choices))
            .await
            .unwrap();
        [next_text(&mut socket).await, next_text(&mut socket).await]
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    assert!(matches!(
        conversation.answer("early").await,
        Err(Error::NotAsked(_))
    ));
    for _ in 0..2 {
        bounded(conversation.next()).await.unwrap().unwrap();
    }
    conversation.answer("one").await.unwrap();
    match conversation.answer(["a", "x"]).await {
        Err(Error::NotAsked(why)) => assert!(why.contains("\"x\" is none of the choices"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        conversation.question(),
        Some(Question::MultipleChoice(_))
    ));
    conversation.answer(vec!["d", "b,c"]).await.unwrap();
    assert_eq!(bounded(script).await.unwrap(), ["one", "d,b,c"]);
    assert_eq!(conversation.state(), ConversationState::Running);
}

#[tokio::test]
async fn a_cancelled_answer_is_sent_all_the_same() {
    let server = Server::new().await;
    let client = server.client();
    let (go, wait) = tokio::sync::oneshot::channel();
    let script = server.play(|mut socket| async move {
        socket.send(frame("text_input", "{}")).await.unwrap();
        // Nobody reads until the client has given up on sending.
        wait.await.unwrap();
        let answer = next_text(&mut socket).await;
        socket.send(completed()).await.unwrap();
        answer.len()
    });
    let mut conversation = client.start("w", json!({})).await.unwrap();
    bounded(conversation.next()).await.unwrap().unwrap();
    // More than the sockets' buffers hold.
    let long = "x".repeat(15 << 20);
    let sending = tokio::time::timeout(Duration::from_millis(50), conversation.answer(&long));
    assert!(
        sending.await.is_err(),
        "the buffers are larger than thought"
    );
    go.send(()).unwrap();
    assert_eq!(
        bounded(conversation.next()).await.unwrap().unwrap().tag(),
        "workflow_completed"
    );
    assert_eq!(bounded(script).await.unwrap(), long.len());
}
