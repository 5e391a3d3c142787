//! What can go wrong.

use std::fmt;
use std::time::Duration;

use crate::tables::{ClientAction, CloseCode};

/// The result of this crate's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every error of this crate.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no connection to the server, or it broke before there was a conversation.
    #[error("{url}: {source}")]
    ServerUnreachable {
        /// The address that was tried.
        url: String,
        /// What went wrong there.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A request, or the opening of the WebSocket, was answered with an error status.
    #[error("{status}: {detail}")]
    RequestRefused {
        /// The HTTP status.
        status: u16,
        /// What the server said, as one sentence.
        detail: String,
        /// How long to wait before the next try. None when the server does not say.
        retry_after: Option<Duration>,
    },

    /// The server sent a frame or a body that is not what it should be. Reading can go on after it.
    #[error("{why}")]
    MalformedMessage {
        /// What is wrong.
        why: String,
        /// What arrived. Bytes that are not UTF-8 stand in it as replacement characters.
        text: String,
    },

    /// The server closed the conversation with a code that says what was wrong (spec FA-CLS), or let the client no
    /// longer in.
    #[error("{why}")]
    ConversationRefused {
        /// The close frame's code, 1006 when the socket could not even be opened any more.
        code: u16,
        /// The close frame's reason.
        reason: String,
        /// The text of the last `error` message before the close.
        detail: Option<String>,
        /// All that is known about it, as one sentence.
        why: String,
    },

    /// The connection ended before the workflow did, and the conversation could not be brought back. The client never
    /// runs it again by itself (spec FA-NEG-3).
    #[error("{why}")]
    ConversationLost {
        /// The close frame's code, 1006 when none came (RFC 6455, 7.1.5).
        code: u16,
        /// The close frame's reason.
        reason: String,
        /// All that is known about it, as one sentence.
        why: String,
    },

    /// An answer while nothing is asked, or one that the question does not allow. No such error holds the answer to
    /// a `text_input`, which may be a password.
    #[error("{0}")]
    NotAsked(String),

    /// The program asked for something that cannot be: an address that is none, parameters that are no JSON object.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    /// A binary frame of the server's: the protocol has none.
    pub(crate) fn binary(data: &[u8]) -> Self {
        Error::MalformedMessage {
            why: "a binary frame: the protocol has text frames only".to_owned(),
            text: String::from_utf8_lossy(data).into_owned(),
        }
    }

    /// Whether the same conversation may be tried again later, for example on a server that was full.
    ///
    /// The spec's table says so for the close codes that it knows, the range for the others (spec FA-CLS: 41xx).
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::ConversationRefused { code, .. } => match CloseCode::from_number(*code) {
                Some(known) => known.action() == ClientAction::Retry,
                None => (4100..4200).contains(code),
            },
            _ => false,
        }
    }
}

impl fmt::Debug for Error {
    /// What it says, and what kind it is. The text that arrived stays out: it may hold a secret.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Error::ServerUnreachable { .. } => "ServerUnreachable",
            Error::RequestRefused { .. } => "RequestRefused",
            Error::MalformedMessage { .. } => "MalformedMessage",
            Error::ConversationRefused { .. } => "ConversationRefused",
            Error::ConversationLost { .. } => "ConversationLost",
            Error::NotAsked(_) => "NotAsked",
            Error::Invalid(_) => "Invalid",
        };
        write!(out, "{kind}({:?})", self.to_string())
    }
}
