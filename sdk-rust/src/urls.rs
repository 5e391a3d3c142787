//! From one base URL to the three addresses of a server.

use reqwest::Url;

use crate::error::{Error, Result};
use crate::{rest, tables};

/// The paths of a server's three routes, below its base URL.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    pub discovery: String,
    pub initiate_workflow: String,
    pub web_socket: String,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            discovery: rest::DISCOVERY.path.to_owned(),
            initiate_workflow: rest::INITIATE_WORKFLOW.path.to_owned(),
            web_socket: tables::WEB_SOCKET_PATH.to_owned(),
        }
    }
}

/// Where a server's three routes are: two for HTTP, one for the WebSocket.
#[derive(Debug, Clone)]
pub(crate) struct Endpoints {
    pub discovery: Url,
    pub initiate_workflow: Url,
    pub web_socket: Url,
    pub secure: bool,
}

impl Endpoints {
    /// Return the addresses below `base`, which may carry a path prefix.
    ///
    /// `base` may be http, https, ws or wss: what counts is whether it is encrypted.
    pub(crate) fn new(base: &str, paths: &Paths) -> Result<Self> {
        let invalid = |why: &str| Error::Invalid(format!("{base:?} {why}"));
        let url =
            Url::parse(base.trim()).map_err(|error| invalid(&format!("is no URL: {error}")))?;
        let secure = match url.scheme() {
            "http" | "ws" => false,
            "https" | "wss" => true,
            _ => {
                return Err(invalid(
                    "must start with http://, https://, ws:// or wss://",
                ))
            }
        };
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid(
                "is a base URL and cannot have a query or a fragment",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Invalid(
                "a base URL holds no credentials: send them in a header".to_owned(),
            ));
        }
        let below = |scheme: &str, path: &str| {
            let prefix = url.path().trim_end_matches('/');
            let path = path.trim_start_matches('/');
            let whole = format!("{scheme}://{}{prefix}/{path}", url.authority());
            Url::parse(&whole)
                .map_err(|error| invalid(&format!("with {path:?} is no URL: {error}")))
        };
        let (http, ws) = if secure {
            ("https", "wss")
        } else {
            ("http", "ws")
        };
        Ok(Self {
            discovery: below(http, &paths.discovery)?,
            initiate_workflow: below(http, &paths.initiate_workflow)?,
            web_socket: below(ws, &paths.web_socket)?,
            secure,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(base: &str) -> [String; 3] {
        let it = Endpoints::new(base, &Paths::default()).unwrap();
        [it.discovery, it.initiate_workflow, it.web_socket].map(String::from)
    }

    #[test]
    fn routes_stand_below_the_base() {
        let expected = [
            "http://host:8008/fastagency/discovery",
            "http://host:8008/fastagency/initiate_workflow",
            "ws://host:8008/fastagency/ws",
        ];
        for base in ["http://host:8008", "http://host:8008/", " ws://host:8008 "] {
            assert_eq!(addresses(base), expected);
        }
        assert_eq!(
            addresses("https://[::1]/a/b/")[2],
            "wss://[::1]/a/b/fastagency/ws"
        );
        assert_eq!(
            addresses("wss://host/a")[0],
            "https://host/a/fastagency/discovery"
        );
    }

    #[test]
    fn what_is_no_base_is_refused() {
        for base in [
            "host",
            "ftp://host",
            "http://",
            "http://h:99999",
            "http://h?a",
            "http://h#a",
            "http://a:b@h",
        ] {
            assert!(
                matches!(
                    Endpoints::new(base, &Paths::default()),
                    Err(Error::Invalid(_))
                ),
                "{base}"
            );
        }
    }
}
