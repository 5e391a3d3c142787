//! One frame of the server, on its way to the user.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::error::Result;
use crate::messages::ServerMessage;

/// A place in the log of a conversation (spec FA-RES-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub epoch: Arc<str>,
    pub seq: i64,
}

/// What a frame holds: a message, or what is wrong with it.
#[derive(Debug)]
pub(crate) struct Received {
    pub message: Result<ServerMessage>,
    /// The frame as it came, unless it was binary.
    pub text: Option<Utf8Bytes>,
    /// Where the user stands once it was given this. None for what is not logged.
    pub place: Option<Place>,
}

/// The place in the log that a frame claims, of whatever type it is; None when it claims none.
pub(crate) fn seq_in(text: &str) -> Option<i64> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    fields.get("seq")?.get().parse().ok()
}
