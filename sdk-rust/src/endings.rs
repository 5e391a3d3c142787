//! What the end of a connection means: an error of ours, by the close code (spec FA-CLS).

use crate::error::Error;
use crate::messages;
use crate::tables::{ClientAction, CloseCode};

/// What RFC 6455 calls a connection that ended without a close frame.
pub(crate) const NO_CLOSE_FRAME: u16 = 1006;

/// How a connection ended.
#[derive(Debug, Clone)]
pub(crate) struct Close {
    pub code: u16,
    pub reason: String,
    /// Whether the WebSocket library of this side closed first, because it could not go on.
    pub by_client: bool,
}

impl Close {
    /// The server's close frame.
    pub(crate) fn by_server(code: u16, reason: &str) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
            by_client: false,
        }
    }

    /// An end without a close frame.
    pub(crate) fn broken() -> Self {
        Self::by_server(NO_CLOSE_FRAME, "")
    }

    /// A close by this side.
    pub(crate) fn by_client(code: u16, reason: &str) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
            by_client: true,
        }
    }

    /// Whether the server says that the conversation is over.
    pub(crate) fn is_finish(&self) -> bool {
        self.code == CloseCode::Finished as u16 && !self.by_client
    }
}

/// Why a conversation ended before its time.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub refused: bool,
    close: Close,
    detail: Option<String>,
    why: String,
}

impl From<Ending> for Error {
    fn from(ending: Ending) -> Self {
        let Ending {
            refused,
            close: Close { code, reason, .. },
            detail,
            why,
        } = ending;
        if refused {
            return Error::ConversationRefused {
                code,
                reason,
                detail,
                why,
            };
        }
        Error::ConversationLost { code, reason, why }
    }
}

impl Ending {
    pub(crate) fn lost(close: Close, why: String) -> Self {
        Self {
            refused: false,
            close,
            detail: None,
            why,
        }
    }

    /// The server refused to open the socket, with an HTTP status that says what was wrong.
    pub(crate) fn not_opened(status: u16, detail: &str) -> Self {
        Self {
            refused: true,
            close: Close::broken(),
            detail: Some(detail.to_owned()),
            why: format!("the socket was refused with {status}: {detail}"),
        }
    }
}

/// Why a conversation ended, for a connection that ended before the workflow did. `detail` is the text of the last
/// `error` message.
pub(crate) fn ending_of(close: Close, detail: Option<String>) -> Ending {
    let Close {
        code,
        reason,
        by_client,
    } = &close;
    if *by_client {
        let why = match code {
            1007 => "a text frame from the server is not UTF-8".to_owned(),
            1009 => "a message from the server is larger than max_message_size".to_owned(),
            1011 => "the server did not answer a ping in time".to_owned(),
            _ => format!("the server broke the WebSocket protocol ({reason})"),
        };
        let why = format!("this client closed with {code}: {why}");
        return Ending::lost(close, why);
    }
    if *code == NO_CLOSE_FRAME {
        let why = "the connection broke before the workflow was over".to_owned();
        return Ending::lost(close, why);
    }
    let known = CloseCode::from_number(*code);
    let meaning = known.map_or("a code that this version does not know", CloseCode::meaning);
    let said = [meaning, reason, detail.as_deref().unwrap_or_default()];
    let said: Vec<&str> = said.into_iter().filter(|part| !part.is_empty()).collect();
    let said = said.join("; ");
    if is_refusal(*code) {
        let why = format!("the server closed with {code}: {said}");
        return Ending {
            refused: true,
            close,
            detail,
            why,
        };
    }
    let why = format!("the server closed with {code} before the workflow was over: {said}");
    Ending::lost(close, why)
}

/// A code on which a client would resume is no refusal, in classic either: there is just nothing to resume.
fn is_refusal(code: u16) -> bool {
    let resumes = match CloseCode::from_number(code) {
        Some(known) => known.action() == ClientAction::Resume,
        None => (4200..4300).contains(&code),
    };
    matches!(code, 1007 | 1009) || ((4000..5000).contains(&code) && !resumes)
}

/// What an `error` message says, as one sentence.
pub(crate) fn text_of(error: Option<&messages::Error>) -> Option<String> {
    let content = &error?.content;
    let parts = [content.short.as_deref(), content.long.as_deref()];
    let parts: Vec<&str> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .map(|part| part.trim_end_matches('.'))
        .collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}
