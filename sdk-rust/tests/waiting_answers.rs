//! Answers that wait for a full send buffer, while another task reads the conversation.

mod common;

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use common::{bounded, closing, completed, frame, next, next_text, Server, Socket};
use fastagency_sdk::{json, Answers, Conversation, Error, Result};
use futures_util::SinkExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// More than the sockets' buffers hold, and less than the largest frame that the test's server takes.
const LARGE: usize = 15 << 20;

async fn ask(socket: &mut Socket) {
    let question = frame("text_input", r#"{"prompt":"Name?"}"#);
    socket.send(question).await.unwrap();
}

/// Answer in a task of its own. It waits for the socket when this returns.
async fn answer_elsewhere(answers: Answers) -> JoinHandle<Result<Option<String>>> {
    let (waits, waiting) = oneshot::channel();
    let task = tokio::spawn(async move {
        let mut answering = pin!(answers.answer("x".repeat(LARGE)));
        let mut waits = Some(waits);
        poll_fn(|context| {
            let polled = answering.as_mut().poll(context);
            if let Some(waits) = waits.take() {
                waits.send(polled.is_pending()).unwrap();
            }
            polled
        })
        .await
    });
    assert!(bounded(waiting).await.unwrap(), "the buffers hold it all");
    task
}

/// Read once, in vain. That flushes as well, and the socket knows this task from then on.
async fn read_in_vain(conversation: &mut Conversation) {
    let mut reading = pin!(conversation.next());
    poll_fn(|context| {
        assert!(reading.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_leaves_ends_a_waiting_answer() {
    for says_goodbye in [false, true] {
        let server = Server::new().await;
        let client = server
            .builder()
            .close_timeout(Duration::from_millis(20))
            .build()
            .unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let script = server.play(|mut socket| async move {
            ask(&mut socket).await;
            let _ = stopped.await; // nobody reads
        });
        let mut conversation = client.start("w", json!({})).await.unwrap();
        bounded(conversation.next()).await.unwrap().unwrap();
        let answering = answer_elsewhere(conversation.answers()).await;
        read_in_vain(&mut conversation).await;
        if says_goodbye {
            bounded(conversation.close()).await;
        } else {
            drop(conversation);
        }
        match bounded(answering).await.unwrap() {
            Err(Error::NotAsked(_)) => {}
            other => panic!("{other:?}"),
        }
        stop.send(()).unwrap();
        bounded(script).await.unwrap();
    }
}

#[tokio::test]
async fn a_waiting_answer_learns_why_the_server_closed() {
    for code in [4004, 1011, 4201] {
        let server = Server::new().await;
        let client = server.client();
        let (close, closed) = oneshot::channel::<()>();
        let (stop, stopped) = oneshot::channel::<()>();
        let script = server.play(move |mut socket| async move {
            ask(&mut socket).await;
            closed.await.unwrap();
            socket.send(closing(code, "why")).await.unwrap();
            let _ = stopped.await; // nobody reads
        });
        let mut conversation = client.start("w", json!({})).await.unwrap();
        bounded(conversation.next()).await.unwrap().unwrap();
        let answering = answer_elsewhere(conversation.answers()).await;
        read_in_vain(&mut conversation).await;
        close.send(()).unwrap();
        let read = bounded(conversation.next()).await.unwrap().unwrap_err();
        let met = bounded(answering).await.unwrap().unwrap_err();
        assert_eq!(met.to_string(), read.to_string());
        match met {
            Error::ConversationRefused {
                code: seen, reason, ..
            }
            | Error::ConversationLost {
                code: seen, reason, ..
            } => assert_eq!((seen, reason.as_str()), (code, "why")),
            other => panic!("{other:?}"),
        }
        stop.send(()).unwrap();
        bounded(script).await.unwrap();
    }
}

#[tokio::test]
async fn all_waiting_answers_learn_that_they_were_sent() {
    for reads_on in [true, false] {
        let server = Server::new().await;
        let client = server.client();
        let (read, reading) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel::<()>();
        let script = server.play(|mut socket| async move {
            ask(&mut socket).await;
            ask(&mut socket).await;
            reading.await.unwrap();
            for _ in 0..2 {
                assert!(next_text(&mut socket).await.len() >= LARGE);
            }
            ended.await.unwrap();
            socket.send(completed()).await.unwrap();
            next(&mut socket).await
        });
        let mut conversation = client.start("w", json!({})).await.unwrap();
        for _ in 0..2 {
            bounded(conversation.next()).await.unwrap().unwrap();
        }
        let first = answer_elsewhere(conversation.answers()).await;
        let second = answer_elsewhere(conversation.answers()).await;
        read_in_vain(&mut conversation).await;
        read.send(()).unwrap();
        let answered = async {
            first.await.unwrap().unwrap();
            second.await.unwrap().unwrap();
        };
        if reads_on {
            tokio::select! {
                biased;
                message = conversation.next() => panic!("{message:?}"),
                () = bounded(answered) => {}
            }
        } else {
            bounded(answered).await; // nothing polls the conversation
        }
        end.send(()).unwrap();
        let last = bounded(conversation.next()).await.unwrap().unwrap();
        assert_eq!(last.tag(), "workflow_completed");
        bounded(conversation.close()).await;
        bounded(script).await.unwrap();
    }
}
