//! A server on the loopback interface that plays a script, one connection after the other.

#![allow(dead_code)] // each test file uses a part

use std::future::Future;
use std::time::Duration;

use fastagency_sdk::{Client, ClientBuilder, Retry};
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as FrameCode;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, WebSocketStream};

pub const UUID: &str = "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b";

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
        Client::builder(&self.url).retry(Retry::never())
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
