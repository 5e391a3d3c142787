//! The opening of a WebSocket (RFC 6455, 4.1).
//!
//! The library's own handshake refuses a server that does not echo the offered subprotocol. Ours takes it: such a server
//! speaks classic on that socket (spec FA-NEG-4).

use std::sync::Arc;

use http::header::{HeaderName, CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderValue, StatusCode};
use reqwest::Url;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::error::{
    CapacityError, Error as SocketError, ProtocolError, SubProtocolError, TlsError, UrlError,
};
use tokio_tungstenite::tungstenite::handshake::client::{generate_request, Request, Response};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::handshake::machine::TryParse;
use tokio_tungstenite::MaybeTlsStream;

/// A connection to a server, encrypted or not.
pub(crate) type Connected = MaybeTlsStream<TcpStream>;

/// The most bytes that a server may send before its answer's head is over.
const LARGEST_HEAD: usize = 64 * 1024;

/// What a server agreed to.
pub(crate) struct Agreed {
    /// Whether it echoed the offered subprotocol.
    pub subprotocol: bool,
    /// What it sent after the head of its answer: the first bytes of the WebSocket.
    pub first_bytes: Vec<u8>,
}

/// Connect to the server of a `ws` or `wss` URL.
pub(crate) async fn connect(
    url: &Url,
    tls: &Arc<rustls::ClientConfig>,
) -> Result<Connected, SocketError> {
    let host = url
        .host_str()
        .ok_or(SocketError::Url(UrlError::NoHostName))?;
    let host = host.trim_start_matches('[').trim_end_matches(']'); // as an IPv6 address stands in a URL
    let port = url
        .port_or_known_default()
        .ok_or(SocketError::Url(UrlError::UnsupportedUrlScheme))?;
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    if url.scheme() == "ws" {
        return Ok(MaybeTlsStream::Plain(stream));
    }
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| SocketError::Tls(TlsError::InvalidDnsName))?;
    let stream = TlsConnector::from(Arc::clone(tls))
        .connect(name, stream)
        .await?;
    Ok(MaybeTlsStream::Rustls(stream))
}

/// Ask the server to speak WebSocket on this connection.
pub(crate) async fn shake_hands(
    stream: &mut Connected,
    request: Request,
) -> Result<Agreed, SocketError> {
    let offered = request.headers().get(SEC_WEBSOCKET_PROTOCOL).cloned();
    let (request, key) = generate_request(request)?;
    stream.write_all(&request).await?;
    stream.flush().await?;
    let mut read = Vec::new();
    let (head, mut response) = loop {
        if stream.read_buf(&mut read).await? == 0 {
            return Err(ProtocolError::HandshakeIncomplete.into());
        }
        if let Some(found) = Response::try_parse(&read)? {
            break found;
        }
        if read.len() > LARGEST_HEAD {
            return Err(CapacityError::TooManyHeaders.into());
        }
    };
    let first_bytes = read.split_off(head);
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        *response.body_mut() = Some(first_bytes);
        return Err(SocketError::Http(Box::new(response)));
    }
    if !names(&response, UPGRADE, "websocket") {
        return Err(ProtocolError::MissingUpgradeWebSocketHeader.into());
    }
    if !names(&response, CONNECTION, "upgrade") {
        return Err(ProtocolError::MissingConnectionUpgradeHeader.into());
    }
    let accept = response.headers().get(SEC_WEBSOCKET_ACCEPT);
    if accept.is_none_or(|accept| accept != derive_accept_key(key.as_bytes()).as_str()) {
        return Err(ProtocolError::SecWebSocketAcceptKeyMismatch.into());
    }
    let echoed = response.headers().get(SEC_WEBSOCKET_PROTOCOL);
    Ok(Agreed {
        subprotocol: agreed(offered.as_ref(), echoed)?,
        first_bytes,
    })
}

/// Whether a header's list holds this word, in any case.
fn names(response: &Response, header: HeaderName, word: &str) -> bool {
    let values = response.headers().get_all(header);
    let texts = values.iter().filter_map(|value| value.to_str().ok());
    texts
        .flat_map(|text| text.split(','))
        .any(|name| name.trim().eq_ignore_ascii_case(word))
}

/// Whether the one subprotocol that was offered was taken. A server must not name another.
fn agreed(
    offered: Option<&HeaderValue>,
    echoed: Option<&HeaderValue>,
) -> Result<bool, SocketError> {
    let fault = match (offered, echoed) {
        (_, None) => return Ok(false),
        (Some(offered), Some(echoed)) if offered == echoed => return Ok(true),
        (Some(_), Some(_)) => SubProtocolError::InvalidSubProtocol,
        (None, Some(_)) => SubProtocolError::ServerSentSubProtocolNoneRequested,
    };
    Err(ProtocolError::SecWebSocketSubProtocolError(fault).into())
}
