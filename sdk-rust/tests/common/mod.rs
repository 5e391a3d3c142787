//! A server on the loopback interface that plays a script, one connection after the other.

#![allow(dead_code)] // each test file uses a part

use std::future::Future;
use std::time::Duration;

use fastagency_sdk::{json, Client, ClientBuilder, Reconnect, Retry};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::handshake::server::{
    Request as HandshakeRequest, Response as HandshakeResponse,
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as FrameCode;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, accept_hdr_async, WebSocketStream};

pub const UUID: &str = "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b";
pub const TOKEN: &str = "secret-token-of-thirty-two-chars";

/// Ends a test that would hang otherwise.
pub async fn bounded<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future)
        .await
        .expect("the test hangs")
}

/// A server that serves each connection as a request or a WebSocket.
pub struct Server {
    pub listener: TcpListener,
    pub url: String,
}

/// One request, as it came.
#[derive(Debug)]
pub struct Request {
    pub head: String,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<String> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    }
}

impl Server {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self { listener, url }
    }

    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub fn builder(&self) -> ClientBuilder {
        Client::builder(&self.url)
            .retry(Retry::never())
            .reconnect(Reconnect {
                first_delay: Duration::from_millis(10),
                longest_delay: Duration::from_millis(50),
                ..Reconnect::default()
            })
    }

    /// Take one request and answer it.
    pub async fn answer(&self, status: &str, headers: &str, body: &str) -> Request {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        let length = body.len();
        let response = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
        );
        stream.write_all(response.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        request
    }

    /// Take the announcement of a conversation, and answer it with an id of our own.
    pub async fn initiate(&self) -> Request {
        let body = format!(
            r#"{{"user_id":null,"workflow_uuid":"{UUID}","name":"w","params":{{"n":18446744073709551617}}}}"#
        );
        self.answer("200 OK", "content-type: application/json\r\n", &body)
            .await
    }

    /// Take the announcement, the socket and the first frame of a conversation.
    pub async fn conversation(&self) -> Socket {
        self.initiate().await;
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        let first = next_text(&mut socket).await;
        assert!(first.contains(UUID), "{first}");
        socket
    }

    /// Take the announcement of a conversation, and offer `fastagency.v1`.
    pub async fn announce(&self) -> Request {
        let body = json!({
            "user_id": null, "workflow_uuid": UUID, "name": "w", "params": {},
            "subprotocols": ["fastagency.v1"], "resume_token": TOKEN,
        });
        let headers = "content-type: application/json\r\n";
        self.answer("200 OK", headers, &body.to_string()).await
    }

    /// Take a socket that offers `fastagency.v1`, echo that, and return it with its first frame and the value of the
    /// header `authorization`.
    pub async fn session(&self) -> (Socket, Value, Option<String>) {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut credentials = None;
        #[allow(clippy::result_large_err)] // the library's own type
        let echo = |request: &HandshakeRequest, mut response: HandshakeResponse| {
            let offer = request.headers().get("sec-websocket-protocol").unwrap();
            assert_eq!(offer, "fastagency.v1");
            response
                .headers_mut()
                .insert("sec-websocket-protocol", offer.clone());
            let found = request.headers().get("authorization");
            credentials = found.map(|value| value.to_str().unwrap().to_owned());
            Ok(response)
        };
        let mut socket = accept_hdr_async(stream, echo).await.unwrap();
        let first = next_json(&mut socket).await;
        (socket, first, credentials)
    }

    /// Take a conversation's announcement and its first socket, and begin its session.
    pub async fn begin(&self) -> Socket {
        self.announce().await;
        let (mut socket, first, _) = self.session().await;
        assert_eq!(first["type"], "start_workflow");
        assert_eq!(first["resume_token"], TOKEN);
        socket.send(ready("fresh", 0)).await.unwrap();
        socket
    }

    /// Take the next socket of a conversation that resumes after `after_seq`, and replay these frames.
    pub async fn replay(&self, after_seq: i64, frames: &[Message]) -> Socket {
        let (mut socket, first, _) = self.session().await;
        assert_eq!(first["type"], "resume_workflow");
        assert_eq!(first["after_seq"], after_seq);
        let head = after_seq + i64::try_from(frames.len()).unwrap();
        socket.send(ready("replay", head)).await.unwrap();
        for frame in frames {
            socket.send(frame.clone()).await.unwrap();
        }
        let replayed = json!({"type": "replay_completed", "through_seq": head});
        socket.send(text(&replayed)).await.unwrap();
        socket
    }

    /// Play a whole conversation in the background.
    pub fn play<F, Fut, T>(self, script: F) -> JoinHandle<T>
    where
        F: FnOnce(Socket) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        tokio::spawn(async move { script(self.conversation().await).await })
    }
}

/// The first message of a session. The heartbeat is long; the test that waits for silence has its own.
pub fn ready(mode: &str, head_seq: i64) -> Message {
    ready_with(mode, head_seq, 25.0)
}

pub fn ready_with(mode: &str, head_seq: i64, heartbeat_seconds: f64) -> Message {
    text(&json!({
        "type": "session_ready", "workflow_uuid": UUID, "mode": mode, "epoch": "e1", "oldest_seq": 1,
        "head_seq": head_seq, "state": "running", "resume_token": TOKEN,
        "heartbeat_seconds": heartbeat_seconds, "detached_seconds": 60,
    }))
}

/// A logged message.
pub fn logged(seq: i64, kind: &str, content: &Value) -> Message {
    text(&json!({
        "type": kind, "workflow_uuid": UUID, "uuid": format!("u{seq}"), "content": content, "seq": seq,
        "timestamp": "2026-01-01T00:00:00Z",
    }))
}

/// A logged message that says its own place.
pub fn said(seq: i64) -> Message {
    logged(seq, "text_message", &json!({"body": seq.to_string()}))
}

/// The end of a conversation's log.
pub fn over(seq: i64, outcome: &str) -> Message {
    let content = json!({"result": "done", "outcome": outcome});
    logged(seq, "workflow_completed", &content)
}

pub fn text(value: &Value) -> Message {
    Message::text(value.to_string())
}

/// The server's side of a WebSocket.
pub type Socket = WebSocketStream<TcpStream>;

async fn read_request(stream: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.unwrap();
        assert!(count > 0, "the request is cut off");
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let request = Request {
            head: head.to_owned(),
            body: body.to_owned(),
        };
        let length = request
            .header("content-length")
            .map_or(0, |it| it.parse().unwrap());
        if body.len() >= length {
            return request;
        }
    }
}

/// A frame of a type with this content.
pub fn frame(kind: &str, content: &str) -> Message {
    Message::text(format!(
        r#"{{"workflow_uuid":"{UUID}","uuid":"u","content":{content},"type":"{kind}"}}"#
    ))
}

/// The next message; None when the connection ended without a close frame.
pub async fn next(socket: &mut Socket) -> Option<Message> {
    socket.next().await?.ok()
}

/// The next frame, which is JSON.
pub async fn next_json(socket: &mut Socket) -> Value {
    serde_json::from_str(&next_text(socket).await).unwrap()
}

pub async fn next_text(socket: &mut Socket) -> String {
    loop {
        match next(socket).await {
            Some(Message::Text(text)) => return text.to_string(),
            Some(Message::Ping(_) | Message::Pong(_)) => {}
            other => panic!("no text but {other:?}"),
        }
    }
}

/// A close frame.
pub fn closing(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame {
        code: FrameCode::from(code),
        reason: reason.into(),
    }))
}

/// The last message.
pub fn completed() -> Message {
    frame("workflow_completed", r#"{"result":"done"}"#)
}
