//! The client of one server.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use crate::conversation::Conversation;
use crate::error::{Error, Result};
use crate::http_client;
use crate::json::JsonObject;
use crate::messages::{InitiateWorkflowRequest, WorkflowInfo};
use crate::options::{ClientBuilder, Options};
use crate::protocol::ConversationProtocol;
use crate::socket;
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
    /// repeated: a workflow may have started.
    ///
    /// # Errors
    ///
    /// [`Error::ServerUnreachable`], [`Error::RequestRefused`] (404 for a workflow that is not there),
    /// [`Error::MalformedMessage`], and [`Error::Invalid`] for `params` that are no JSON object or hold a
    /// NaN or an infinity (spec FA-CLA-7).
    pub async fn start<P: Serialize>(&self, name: &str, params: P) -> Result<Conversation> {
        let Inner {
            endpoints,
            options,
            tls,
            http,
        } = &*self.0;
        let params =
            JsonObject::new(&params).map_err(|error| Error::Invalid(format!("params: {error}")))?;
        let request = InitiateWorkflowRequest {
            workflow_name: name.to_owned(),
            workflow_uuid: Uuid::new_v4().to_string(),
            user_id: options.user_id.clone(),
            params,
        };
        let url = &endpoints.initiate_workflow;
        let initiated = http_client::initiate(http, url, options, &request).await?;
        let protocol = ConversationProtocol::new(initiated);
        let socket = socket::open(&endpoints.web_socket, options, tls).await?;
        Ok(Conversation::start(socket, protocol, options).await)
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
