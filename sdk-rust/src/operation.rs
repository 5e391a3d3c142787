//! What a REST operation is.

/// A REST operation: how it is called, and where it is unless the server is configured otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// Its name in the spec.
    pub name: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path, from the server's base URL.
    pub path: &'static str,
}
