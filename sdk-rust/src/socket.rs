//! The WebSocket library: its opening, its settings, and what its errors mean.

use std::sync::Arc;

use http::header::USER_AGENT;
use http::{HeaderValue, StatusCode};
use reqwest::Url;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::Error as SocketError;
use tokio_tungstenite::{
    connect_async_tls_with_config, Connector, MaybeTlsStream, WebSocketStream,
};

use crate::error::{Error, Result};
use crate::http_client::{self, Answer};
use crate::options::Options;
use crate::protocol::Close;

/// An open WebSocket.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Open a WebSocket.
pub(crate) async fn open(
    url: &Url,
    options: &Options,
    tls: &Arc<rustls::ClientConfig>,
) -> Result<Socket> {
    let invalid = |error: SocketError| Error::Invalid(format!("{url}: {error}"));
    let mut request = url.as_str().into_client_request().map_err(invalid)?;
    let headers = request.headers_mut();
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static(http_client::USER_AGENT),
    );
    headers.extend(options.fresh_headers().await?);
    let config = WebSocketConfig::default()
        .max_message_size(options.max_message_size)
        .max_frame_size(options.max_message_size);
    let connector = Connector::Rustls(Arc::clone(tls));
    let opening = connect_async_tls_with_config(request, Some(config), true, Some(connector));
    let opened = match options.open_timeout {
        Some(timeout) => tokio::time::timeout(timeout, opening)
            .await
            .map_err(|elapsed| Error::ServerUnreachable {
                url: url.to_string(),
                source: elapsed.into(),
            })?,
        None => opening.await,
    };
    opened
        .map(|(socket, _)| socket)
        .map_err(|error| why_not_open(url, error))
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
