//! The WebSocket library: its opening, its settings, and what its errors mean.

use std::sync::Arc;

use http::header::{SEC_WEBSOCKET_PROTOCOL, USER_AGENT};
use http::{HeaderValue, StatusCode};
use reqwest::Url;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::Error as SocketError;
use tokio_tungstenite::WebSocketStream;

use crate::endings::Close;
use crate::error::{Error, Result};
use crate::handshake::{self, Connected};
use crate::http_client::{self, Answer};
use crate::options::Options;

/// An open WebSocket.
pub(crate) type Socket = WebSocketStream<Connected>;

/// A WebSocket that was opened, and whether the server took the subprotocol that was offered.
pub(crate) struct Opened {
    pub socket: Socket,
    pub subprotocol: bool,
}

/// Open a WebSocket, and offer a subprotocol if one is given.
pub(crate) async fn open(
    url: &Url,
    options: &Options,
    tls: &Arc<rustls::ClientConfig>,
    offer: Option<&'static str>,
) -> Result<Opened> {
    let invalid = |error: SocketError| Error::Invalid(format!("{url}: {error}"));
    let mut request = url.as_str().into_client_request().map_err(invalid)?;
    let headers = request.headers_mut();
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static(http_client::USER_AGENT),
    );
    headers.extend(options.fresh_headers().await?);
    if let Some(offer) = offer {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(offer));
    }
    let opening = async {
        let mut stream = handshake::connect(url, tls).await?;
        let agreed = handshake::shake_hands(&mut stream, request).await?;
        Ok((stream, agreed))
    };
    let opened = match options.open_timeout {
        Some(timeout) => tokio::time::timeout(timeout, opening)
            .await
            .map_err(|elapsed| Error::ServerUnreachable {
                url: url.to_string(),
                source: elapsed.into(),
            })?,
        None => opening.await,
    };
    let (stream, agreed) = opened.map_err(|error| why_not_open(url, error))?;
    let config = WebSocketConfig::default()
        .max_message_size(options.max_message_size)
        .max_frame_size(options.max_message_size);
    let (first_bytes, role) = (agreed.first_bytes, Role::Client);
    Ok(Opened {
        socket: Socket::from_partially_read(stream, first_bytes, role, Some(config)).await,
        subprotocol: agreed.subprotocol,
    })
}

fn why_not_open(url: &Url, error: SocketError) -> Error {
    match error {
        SocketError::Http(response) if response.status() != StatusCode::SWITCHING_PROTOCOLS => {
            let (head, body) = response.into_parts();
            Answer {
                status: head.status,
                headers: head.headers,
                body,
            }
            .refusal()
        }
        error => Error::ServerUnreachable {
            url: url.to_string(),
            source: error.into(),
        },
    }
}

/// What it means for the conversation that nothing more can be read.
pub(crate) fn close_of(error: &SocketError) -> Close {
    match error {
        SocketError::Utf8(_) => Close::by_client(1007, ""),
        SocketError::Capacity(CapacityError::MessageTooLong { .. }) => Close::by_client(1009, ""),
        // The end of the connection without a close frame is no fault of the protocol's grammar.
        SocketError::Protocol(
            ProtocolError::ResetWithoutClosingHandshake
            | ProtocolError::SendAfterClosing
            | ProtocolError::ReceivedAfterClosing,
        ) => Close::broken(),
        SocketError::Protocol(fault) => Close::by_client(1002, &fault.to_string()),
        _ => Close::broken(),
    }
}
