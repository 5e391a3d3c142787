//! The two REST operations: the asking, and what the answers mean.

use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, HeaderValue, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{Method, StatusCode};
use reqwest::{redirect, Response, Url};

use crate::error::{Error, Result};
use crate::messages::{
    ErrorResponse, InitiateWorkflowRequest, InitiatedWorkflow, LocationPart,
    ValidationErrorResponse, WorkflowInfo,
};
use crate::operation::Operation;
use crate::options::Options;
use crate::rest::{self, DiscoveryResponse, InitiateWorkflowResponse};

/// What identifies this crate to servers.
pub(crate) const USER_AGENT: &str = concat!("fastagency-sdk-rust/", env!("CARGO_PKG_VERSION"));

/// Make the HTTP client. Redirects are not followed: a request may carry credentials.
pub(crate) fn new(options: &Options, tls: rustls::ClientConfig) -> Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .no_proxy();
    if let Some(timeout) = options.request_timeout {
        builder = builder.timeout(timeout);
    }
    builder
        .build()
        .map_err(|error| Error::Invalid(format!("no HTTP client can be made: {error}")))
}

/// Ask once for the workflows that the server offers.
pub(crate) async fn discovery(
    http: &reqwest::Client,
    url: &Url,
    options: &Options,
) -> Result<Vec<WorkflowInfo>> {
    let answer = send(http, rest::DISCOVERY, url, options, None).await?;
    match answer.read(url, DiscoveryResponse::read)? {
        DiscoveryResponse::Ok(workflows) => Ok(workflows),
        _ => Err(answer.refusal()),
    }
}

/// Announce a conversation.
pub(crate) async fn initiate(
    http: &reqwest::Client,
    url: &Url,
    options: &Options,
    request: &InitiateWorkflowRequest,
) -> Result<InitiatedWorkflow> {
    let body = serde_json::to_vec(request).expect("texts and JSON are JSON");
    let answer = send(http, rest::INITIATE_WORKFLOW, url, options, Some(body)).await?;
    match answer.read(url, InitiateWorkflowResponse::read)? {
        InitiateWorkflowResponse::Ok(initiated) => Ok(initiated),
        _ => Err(answer.refusal()),
    }
}

async fn send(
    http: &reqwest::Client,
    operation: Operation,
    url: &Url,
    options: &Options,
    body: Option<Vec<u8>>,
) -> Result<Answer> {
    let method = Method::from_bytes(operation.method.as_bytes()).expect("the spec names methods");
    let mut request = http
        .request(method, url.clone())
        .headers(options.fresh_headers().await?);
    if let Some(body) = body {
        request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request = request.body(body);
    }
    let unreachable = |error: reqwest::Error| Error::ServerUnreachable {
        url: url.to_string(),
        source: reason(error.without_url()),
    };
    let response = request.send().await.map_err(unreachable)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = read_body(response, options.max_message_size)
        .await
        .map_err(unreachable)?;
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// Read a body; at most the byte over `limit` of one that is larger.
async fn read_body(
    mut response: Response,
    limit: Option<usize>,
) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if limit.is_some_and(|limit| body.len() > limit) {
            return Ok(None);
        }
    }
    Ok(Some(body))
}

/// The innermost error: the outer ones only say that a request failed.
fn reason(error: reqwest::Error) -> Box<dyn std::error::Error + Send + Sync> {
    let mut texts = vec![error.to_string()];
    let mut next = std::error::Error::source(&error);
    while let Some(inner) = next {
        texts.push(inner.to_string());
        next = inner.source();
    }
    texts.dedup();
    texts.join(": ").into()
}

/// What came back. No `body`: it was too large.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Option<Vec<u8>>,
}

impl Answer {
    /// Read the body as what its status promises. An error status counts whatever its body is: a proxy on the way may
    /// have written it.
    fn read<T>(
        &self,
        url: &Url,
        read: impl FnOnce(u16, &str) -> Option<serde_json::Result<T>>,
    ) -> Result<T> {
        if !self.status.is_success() {
            return Err(self.refusal());
        }
        let body = self.body.as_deref().unwrap_or_default();
        let malformed = |why: &str| Error::MalformedMessage {
            why: format!("{url}: {why}"),
            text: String::from_utf8_lossy(body).into_owned(),
        };
        if self.body.is_none() {
            return Err(malformed("the body is larger than max_message_size"));
        }
        let text = std::str::from_utf8(body).map_err(|_| malformed("the body is not UTF-8"))?;
        let undocumented = || malformed(&format!("a status of {} is not documented", self.status));
        read(self.status.as_u16(), text)
            .ok_or_else(undocumented)?
            .map_err(|error| malformed(&error.to_string()))
    }

    /// An answer with an error status as the error that it is, its body as one readable sentence.
    pub(crate) fn refusal(&self) -> Error {
        let body = String::from_utf8_lossy(self.body.as_deref().unwrap_or_default());
        let phrase = || {
            self.status
                .canonical_reason()
                .unwrap_or("no reason given")
                .to_owned()
        };
        let mut detail = detail(&body).unwrap_or_else(phrase);
        if let Some(location) = self.headers.get(LOCATION) {
            detail += &format!(
                " (it points to {})",
                String::from_utf8_lossy(location.as_bytes())
            );
        }
        Error::RequestRefused {
            status: self.status.as_u16(),
            detail,
            retry_after: self.headers.get(RETRY_AFTER).and_then(retry_after),
        }
    }
}

/// What an error body says; None when it is none of ours, or says nothing.
fn detail(body: &str) -> Option<String> {
    if let Ok(ErrorResponse { detail, .. }) = serde_json::from_str(body) {
        return Some(detail).filter(|detail| !detail.is_empty());
    }
    let ValidationErrorResponse { detail, .. } = serde_json::from_str(body).ok()?;
    let said = |part: &LocationPart| match part {
        LocationPart::Text(name) => name.clone(),
        LocationPart::Integer(index) => index.to_string(),
    };
    let faults: Vec<String> = detail
        .iter()
        .map(|issue| {
            let place: Vec<String> = issue.loc.iter().map(said).collect();
            format!("{}: {}", place.join("."), issue.msg)
        })
        .collect();
    (!faults.is_empty()).then(|| faults.join("; "))
}

/// The time that `Retry-After` asks for, which holds seconds or a date (RFC 9110, 10.2.3).
fn retry_after(value: &HeaderValue) -> Option<Duration> {
    let value = value.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok().map(Duration::from_secs);
    }
    let when = httpdate::parse_http_date(value).ok()?;
    Some(when.duration_since(SystemTime::now()).unwrap_or_default())
}
