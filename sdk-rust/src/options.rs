//! What a client can be told.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::client::Client;
use crate::connection_state::ConnectionState;
use crate::error::{Error, Result};
use crate::reconnect::{Policy, Reconnect, ShouldRetry};
use crate::retry::Retry;
use crate::urls::Paths;

type Fresh = Pin<Box<dyn Future<Output = HeaderMap> + Send>>;

/// Which dialects a client speaks (spec FA-NEG).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Dialect {
    /// `fastagency.v1` on a server that speaks it, classic on every other.
    #[default]
    Auto,
    /// Classic alone: a conversation is as long as its connection.
    Classic,
}

/// The settings of a client, in the making: see [`Client::builder`].
#[must_use]
#[derive(Clone)]
pub struct ClientBuilder {
    pub(crate) url: String,
    pub(crate) options: Options,
}

#[derive(Clone)]
pub(crate) struct Options {
    pub headers: Vec<(String, String)>,
    pub fresh_headers: Option<Arc<dyn Fn() -> Fresh + Send + Sync>>,
    pub user_id: Option<String>,
    pub paths: Paths,
    pub request_timeout: Option<Duration>,
    pub open_timeout: Option<Duration>,
    pub close_timeout: Duration,
    pub ping_interval: Option<Duration>,
    pub max_message_size: Option<usize>,
    pub retry: Retry,
    pub dialect: Dialect,
    pub reconnect: Reconnect,
    pub should_retry: Option<Arc<ShouldRetry>>,
    pub on_connection: Option<Arc<OnConnection>>,
    pub tls: Option<rustls::ClientConfig>,
}

/// Told of every change of a connection's state.
pub(crate) type OnConnection = dyn Fn(ConnectionState) + Send + Sync;

impl ClientBuilder {
    pub(crate) fn new(url: &str) -> Self {
        let options = Options {
            headers: Vec::new(),
            fresh_headers: None,
            user_id: None,
            paths: Paths::default(),
            request_timeout: Some(Duration::from_secs(10)),
            open_timeout: Some(Duration::from_secs(10)),
            close_timeout: Duration::from_secs(5),
            ping_interval: Some(Duration::from_secs(20)),
            max_message_size: Some(16 * 1024 * 1024),
            retry: Retry::default(),
            dialect: Dialect::default(),
            reconnect: Reconnect::default(),
            should_retry: None,
            on_connection: None,
            tls: None,
        };
        Self {
            url: url.to_owned(),
            options,
        }
    }

    /// Send a header with every request and with the opening of every WebSocket.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.headers.push((name.into(), value.into()));
        self
    }

    /// Ask for headers before each request and each opening of a WebSocket, so that credentials are fresh. They are
    /// sent beside those of [`header`](Self::header), and win over them.
    pub fn headers_from<F, Fut>(mut self, provide: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = HeaderMap> + Send + 'static,
    {
        self.options.fresh_headers = Some(Arc::new(move || Box::pin(provide())));
        self
    }

    /// The user to name, for servers that want one. It opens nothing. Default: none.
    pub fn user_id(mut self, user_id: impl Into<String>) -> Self {
        self.options.user_id = Some(user_id.into());
        self
    }

    /// The path of discovery, for a server that is configured with another.
    pub fn discovery_path(mut self, path: impl Into<String>) -> Self {
        self.options.paths.discovery = path.into();
        self
    }

    /// The path of `initiate_workflow`, for a server that is configured with another.
    pub fn initiate_workflow_path(mut self, path: impl Into<String>) -> Self {
        self.options.paths.initiate_workflow = path.into();
        self
    }

    /// The path of the WebSocket, for a server that is configured with another.
    pub fn web_socket_path(mut self, path: impl Into<String>) -> Self {
        self.options.paths.web_socket = path.into();
        self
    }

    /// How long one request may take, its answer included. Default: 10 seconds. None: for ever.
    pub fn request_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.options.request_timeout = timeout.into();
        self
    }

    /// How long the opening of a WebSocket may take. Default: 10 seconds. None: for ever.
    pub fn open_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.options.open_timeout = timeout.into();
        self
    }

    /// How long to wait for the server's side of a close. Default: 5 seconds.
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.options.close_timeout = timeout;
        self
    }

    /// How often to ping the server while messages are waited for, in classic. One that leaves a ping unanswered that
    /// long is lost. Default: 20 seconds. None: no pings. In `fastagency.v1` the server's heartbeats are watched
    /// instead (spec FA-LIV-1).
    pub fn ping_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.options.ping_interval = interval.into();
        self
    }

    /// How many bytes a message, or the body of an answer, may have. Default: 16 MiB. None: any number.
    pub fn max_message_size(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.options.max_message_size = bytes.into();
        self
    }

    /// When discovery is tried again.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.options.retry = retry;
        self
    }

    /// Which dialects to speak. Default: [`Dialect::Auto`].
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.options.dialect = dialect;
        self
    }

    /// How conversations of `fastagency.v1` come back after their connection ended.
    pub fn reconnect(mut self, reconnect: Reconnect) -> Self {
        self.options.reconnect = reconnect;
        self
    }

    /// Ask `decide` whether to try again after a connection of `fastagency.v1` ended: with the close code (1006 for a
    /// connection that broke, or could not be opened), its reason, and the number of the attempt from 1. It answers
    /// true: try again, false: give up, None: as the code says (spec FA-CLS).
    ///
    /// The conversation waits for it, so it must not use the conversation.
    pub fn should_retry<F>(mut self, decide: F) -> Self
    where
        F: Fn(u16, &str, u32) -> Option<bool> + Send + Sync + 'static,
    {
        self.options.should_retry = Some(Arc::new(decide));
        self
    }

    /// Tell `observe` of every change of the connection's state in each conversation of `fastagency.v1`, in their
    /// order. It must not block.
    pub fn on_connection<F>(mut self, observe: F) -> Self
    where
        F: Fn(ConnectionState) + Send + Sync + 'static,
    {
        self.options.on_connection = Some(Arc::new(observe));
        self
    }

    /// How to encrypt, for https and wss. Default: *ring*, and the certificates that the system trusts.
    pub fn tls(mut self, config: rustls::ClientConfig) -> Self {
        self.options.tls = Some(config);
        self
    }

    /// Make the client. It opens no connection yet.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for an address or a header that is none.
    pub fn build(self) -> Result<Client> {
        Client::new_with(self)
    }
}

impl Options {
    /// All that decides about coming back.
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            reconnect: self.reconnect.clone(),
            should_retry: self.should_retry.clone(),
            draw: rand::random,
        }
    }

    /// The headers for the next request.
    pub(crate) async fn fresh_headers(&self) -> Result<HeaderMap> {
        let mut headers = self.fixed_headers()?;
        if let Some(provide) = &self.fresh_headers {
            headers.extend(provide().await); // replaces those of the same name
        }
        Ok(headers)
    }

    pub(crate) fn fixed_headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            // The value may be a secret, so no error holds it.
            let invalid = || Error::Invalid(format!("{name:?} or its value is no header"));
            let key = HeaderName::try_from(name).map_err(|_| invalid())?;
            headers.append(key, HeaderValue::try_from(value).map_err(|_| invalid())?);
        }
        Ok(headers)
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ClientBuilder")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
