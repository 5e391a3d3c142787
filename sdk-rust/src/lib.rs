#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod _generated;
mod answers;
mod client;
mod connection;
mod connection_state;
mod conversation;
mod cursor;
mod endings;
mod error;
mod finite;
mod handle;
mod handshake;
mod http_client;
mod json;
mod operation;
mod options;
mod protocol;
mod reconnect;
mod retry;
mod session;
mod socket;
mod texts;
mod tls;
mod urls;
mod wakers;
// Which of its helpers the generated codec needs depends on the spec.
#[allow(dead_code)]
mod wire;

pub use _generated::{messages, rest, tables};
pub use answers::Answer;
pub use client::Client;
pub use connection_state::ConnectionState;
pub use conversation::Conversation;
pub use cursor::Cursor;
pub use error::{Error, Result};
pub use handle::Answers;
pub use http::HeaderMap;
pub use json::{Json, JsonObject, Unknown};
pub use messages::ServerMessage;
pub use operation::Operation;
pub use options::{ClientBuilder, Dialect};
pub use reconnect::Reconnect;
pub use retry::Retry;
pub use rustls;
pub use serde_json::json;
pub use tables::{ConversationState, Question};
pub use texts::TextAssembler;
