//! The client of one server.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use crate::conversation::Conversation;
use crate::cursor::Cursor;
use crate::error::{Error, Result};
use crate::http_client;
use crate::json::JsonObject;
use crate::messages::{InitiateWorkflowRequest, InitiatedWorkflow, WorkflowInfo};
use crate::options::{ClientBuilder, Dialect, Options};
use crate::protocol::ConversationProtocol;
use crate::session::{Begin, Session, SUBPROTOCOL};
use crate::socket::{self, Opened, Socket};
use crate::tls;
use crate::urls::Endpoints;

/// A client of one server. Cloning it is cheap: the clones share their connections.
///
/// Everything it does needs a Tokio runtime with its I/O and its timers enabled.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    endpoints: Endpoints,
    options: Options,
    tls: Arc<rustls::ClientConfig>,
    http: reqwest::Client,
}

impl Client {
    /// A client of the server at `url`: http, https, ws or wss, with a path prefix if it has one.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for an address that is none.
    pub fn new(url: &str) -> Result<Client> {
        Self::builder(url).build()
    }

    /// The same, with settings.
    pub fn builder(url: &str) -> ClientBuilder {
        ClientBuilder::new(url)
    }

    pub(crate) fn new_with(builder: ClientBuilder) -> Result<Client> {
        let ClientBuilder { url, options } = builder;
        let endpoints = Endpoints::new(&url, &options.paths)?;
        options.fixed_headers()?;
        let tls = tls::config(&options, endpoints.secure)?;
        let http = http_client::new(&options, tls.clone())?;
        Ok(Client(Arc::new(Inner {
            endpoints,
            options,
            tls: Arc::new(tls),
            http,
        })))
    }

    /// The workflows that the server offers.
    ///
    /// A server that cannot be reached or is full is asked again, as [`Retry`](crate::Retry) says.
    ///
    /// # Errors
    ///
    /// [`Error::ServerUnreachable`], [`Error::RequestRefused`], and [`Error::MalformedMessage`] for an answer that is
    /// no list of workflows.
    pub async fn discovery(&self) -> Result<Vec<WorkflowInfo>> {
        let Inner {
            endpoints,
            options,
            http,
            ..
        } = &*self.0;
        let mut tried = 0;
        loop {
            tried += 1;
            let error = match http_client::discovery(http, &endpoints.discovery, options).await {
                Ok(workflows) => return Ok(workflows),
                Err(error) => error,
            };
            match options.retry.delay(tried, &error, rand::random()) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(error),
            }
        }
    }

    /// Start the workflow `name` and return the conversation with it: announce it, open the socket and send the first
    /// frame.
    ///
    /// `params` are the workflow's parameters, anything that serde writes as a JSON object. Nothing here is ever
    /// repeated: a workflow may have started. On a server that speaks `fastagency.v1` the conversation comes back by
    /// itself from here on, unless [`dialect`](ClientBuilder::dialect) says otherwise (spec FA-NEG).
    ///
    /// # Errors
    ///
    /// [`Error::ServerUnreachable`], [`Error::RequestRefused`] (404 for a workflow that is not there),
    /// [`Error::MalformedMessage`], and [`Error::Invalid`] for `params` that are no JSON object or hold a
    /// NaN or an infinity (spec FA-CLA-7).
    pub async fn start<P: Serialize>(&self, name: &str, params: P) -> Result<Conversation> {
        let initiated = self.initiate(name, params).await?;
        let offer = self.speaks_sessions(&initiated).then_some(SUBPROTOCOL);
        let Opened {
            socket,
            subprotocol,
        } = self.open(offer).await?;
        let options = self.options();
        if subprotocol {
            let session = Session::start(self, Begin::Start(initiated), socket, options);
            return Ok(Conversation::of_session(session));
        }
        // Nothing was offered, or the offer was not taken (spec FA-NEG-4).
        let protocol = ConversationProtocol::new(initiated);
        Ok(Conversation::start(socket, protocol, options).await)
    }

    /// Return the conversation that `cursor` stands in. It goes on after the cursor; after that of
    /// [`Cursor::from_start`] it shows everything that the server still holds (spec FA-RES-3).
    ///
    /// Reading ends with an [`Error::ConversationRefused`] of the code 4010 when the conversation is gone.
    ///
    /// # Errors
    ///
    /// [`Error::ServerUnreachable`] and [`Error::RequestRefused`].
    pub async fn resume(&self, cursor: Cursor) -> Result<Conversation> {
        let socket = self.open_session().await?;
        let session = Session::start(self, Begin::Resume(cursor), socket, self.options());
        Ok(Conversation::of_session(session))
    }

    async fn initiate<P: Serialize>(&self, name: &str, params: P) -> Result<InitiatedWorkflow> {
        let Inner {
            endpoints,
            options,
            http,
            ..
        } = &*self.0;
        let params =
            JsonObject::new(&params).map_err(|error| Error::Invalid(format!("params: {error}")))?;
        let request = InitiateWorkflowRequest {
            workflow_name: name.to_owned(),
            workflow_uuid: Uuid::new_v4().to_string(),
            user_id: options.user_id.clone(),
            params,
        };
        http_client::initiate(http, &endpoints.initiate_workflow, options, &request).await
    }

    fn speaks_sessions(&self, initiated: &InitiatedWorkflow) -> bool {
        let mut spoken = initiated.subprotocols.iter().flatten();
        self.options().dialect == Dialect::Auto && spoken.any(|spoken| spoken == SUBPROTOCOL)
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    /// Open a socket for a conversation that is held in `fastagency.v1` already.
    pub(crate) async fn open_session(&self) -> Result<Socket> {
        let opened = self.open(Some(SUBPROTOCOL)).await?;
        if opened.subprotocol {
            return Ok(opened.socket);
        }
        Err(Error::ServerUnreachable {
            url: self.0.endpoints.web_socket.to_string(),
            source: "the server does not speak fastagency.v1".into(),
        })
    }

    async fn open(&self, offer: Option<&'static str>) -> Result<Opened> {
        let Inner {
            endpoints,
            options,
            tls,
            ..
        } = &*self.0;
        socket::open(&endpoints.web_socket, options, tls, offer).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endpoints {
            discovery,
            initiate_workflow,
            web_socket,
            ..
        } = &self.0.endpoints;
        out.debug_struct("Client")
            .field("discovery", &discovery.as_str())
            .field("initiate_workflow", &initiate_workflow.as_str())
            .field("web_socket", &web_socket.as_str())
            .finish_non_exhaustive()
    }
}
