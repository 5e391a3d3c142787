//! What a client shows of its connection.

use std::fmt;

/// What a client shows of its connection (spec FA-LIF-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectionState {
    /// There was no session yet.
    Connecting,
    /// The conversation is here.
    Live,
    /// There was a session, and the client is getting it back.
    Reconnecting,
    /// The client has given up; the conversation did not end.
    Lost,
    /// The conversation is over, or was left.
    Ended,
}

impl ConnectionState {
    /// The name of the state in the spec.
    pub fn as_str(self) -> &'static str {
        match self {
            ConnectionState::Connecting => "connecting",
            ConnectionState::Live => "live",
            ConnectionState::Reconnecting => "reconnecting",
            ConnectionState::Lost => "lost",
            ConnectionState::Ended => "ended",
        }
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
