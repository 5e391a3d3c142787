//! Encryption, the same for requests and for the WebSocket.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::error::{Error, Result};
use crate::options::Options;

/// Return the TLS settings. The provider is named here, so that none has to be installed for the whole process.
pub(crate) fn config(options: &Options, secure: bool) -> Result<ClientConfig> {
    if let Some(config) = &options.tls {
        return Ok(config.clone());
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(invalid)?;
    // A server without TLS needs no certificates, and the system may have none.
    let builder = if secure {
        builder.with_platform_verifier().map_err(invalid)?
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    Ok(builder.with_no_client_auth())
}

fn invalid(error: rustls::Error) -> Error {
    Error::Invalid(format!("TLS cannot be set up: {error}"))
}
