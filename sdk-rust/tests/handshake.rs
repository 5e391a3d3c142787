//! The opening of a WebSocket, by a server that writes its answer by hand.

mod common;

use common::{bounded, Server};
use fastagency_sdk::{json, Conversation, Error, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Start a conversation with a server that advertises `fastagency.v1`, and answers the opening with this. `KEY` stands for
/// the key that the opening wants to see.
async fn open(answer: &'static [u8]) -> Result<Conversation> {
    let server = Server::new().await;
    let client = server.client();
    let script = tokio::spawn(async move {
        server.announce().await;
        let (mut stream, _) = server.listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let length = stream.read(&mut head).await.unwrap();
        let head = String::from_utf8_lossy(&head[..length]).into_owned();
        let field = |name| head.lines().find_map(|line| line.strip_prefix(name));
        assert_eq!(field("Sec-WebSocket-Protocol: "), Some("fastagency.v1"));
        let accept = derive_accept_key(field("Sec-WebSocket-Key: ").unwrap().as_bytes());
        let at = answer.windows(3).position(|bytes| bytes == b"KEY");
        let (before, after) = answer.split_at(at.unwrap_or(answer.len()));
        // In pieces: the client reads on until the head is whole.
        for part in [
            before,
            accept.as_bytes(),
            after.get(3..).unwrap_or_default(),
        ] {
            stream.write_all(part).await.unwrap();
            stream.flush().await.unwrap();
        }
        stream.shutdown().await.unwrap();
        stream
    });
    let opened = bounded(client.start("w", json!({}))).await;
    drop(bounded(script).await.unwrap());
    opened
}

#[tokio::test]
async fn what_arrives_with_the_answer_is_not_lost() {
    // After the head, a close frame with 4004.
    let mut conversation = open(
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nconnection: keep-alive, Upgrade\r\n\
          sec-websocket-accept: KEY\r\nsec-websocket-protocol: fastagency.v1\r\n\r\n\x88\x02\x0f\xa4",
    )
    .await
    .unwrap();
    match bounded(conversation.next()).await {
        Some(Err(Error::ConversationRefused { code: 4004, .. })) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_that_is_no_opening_is_refused() {
    let wrong: [(&[u8], &str); 5] = [
        (
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
              sec-websocket-accept: KEY\r\nsec-websocket-protocol: fastagency.v9\r\n\r\n",
            "subprotocol",
        ),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
              sec-websocket-accept: another\r\n\r\n",
            "accept",
        ),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nsec-websocket-accept: KEY\r\n\r\n",
            "upgrade",
        ),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nsec-websocket-accept: KEY\r\n\r\n",
            "connection",
        ),
        (b"HTTP/1.1 101 Switching", "handshake"),
    ];
    for (answer, named) in wrong {
        match open(answer).await {
            Err(error @ Error::ServerUnreachable { .. }) => {
                let said = error.to_string().to_lowercase();
                assert!(said.contains(named), "{said}");
            }
            other => panic!("{named}: {other:?}"),
        }
    }
}
