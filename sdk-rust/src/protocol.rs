//! One conversation from the client's side, as a pure state machine.
//!
//! It does no I/O: text that arrived goes in, messages and frames to send come out. `conversation` puts it on a
//! socket.

use std::collections::VecDeque;

use crate::answers::{frame_for, Answer};
use crate::error::{Error, Result};
use crate::messages::{
    self, InitiateWorkflow, InitiatedWorkflow, ServerMessage, WorkflowCompleted,
};
use crate::tables::{CloseCode, ConversationState, Question};

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
}

/// Why a conversation ended before its time.
#[derive(Debug, Clone)]
struct Ending {
    refused: bool,
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

/// A conversation that `initiate_workflow` has announced.
#[derive(Debug)]
pub(crate) struct ConversationProtocol {
    initiated: InitiatedWorkflow,
    started: bool,
    left: bool,
    closed: Option<u16>,
    ending: Option<Ending>,
    questions: VecDeque<Question>,
    completed: Option<WorkflowCompleted>,
    last_error: Option<messages::Error>,
}

impl ConversationProtocol {
    pub(crate) fn new(initiated: InitiatedWorkflow) -> Self {
        Self {
            initiated,
            started: false,
            left: false,
            closed: None,
            ending: None,
            questions: VecDeque::new(),
            completed: None,
            last_error: None,
        }
    }

    pub(crate) fn workflow_uuid(&self) -> &str {
        &self.initiated.workflow_uuid
    }

    pub(crate) fn question(&self) -> Option<&Question> {
        self.questions.front()
    }

    pub(crate) fn result(&self) -> Option<&str> {
        self.completed.as_ref()?.content.result.as_deref()
    }

    pub(crate) fn last_error(&self) -> Option<&messages::Error> {
        self.last_error.as_ref()
    }

    pub(crate) fn close_code(&self) -> Option<u16> {
        self.closed
    }

    pub(crate) fn state(&self) -> ConversationState {
        if self.completed.is_some() {
            ConversationState::Completed
        } else if self.ending.as_ref().is_some_and(|ending| ending.refused) {
            ConversationState::Failed
        } else if self.closed.is_some() || self.left {
            ConversationState::Cancelled
        } else if !self.started {
            ConversationState::Created
        } else if self.questions.is_empty() {
            ConversationState::Running
        } else {
            ConversationState::AwaitingAnswer
        }
    }

    /// The first frame: what `initiate_workflow` answered, as it is.
    pub(crate) fn start(&mut self) -> String {
        self.started = true;
        let InitiatedWorkflow {
            user_id,
            workflow_uuid,
            name,
            params,
            ..
        } = self.initiated.clone();
        let first = InitiateWorkflow {
            user_id,
            workflow_uuid,
            name,
            params,
        };
        serde_json::to_string(&first).expect("texts and JSON are JSON")
    }

    /// Take a text frame and return its message. A malformed one leaves the conversation as it was.
    pub(crate) fn receive_text(&mut self, text: &str) -> Result<ServerMessage> {
        let message: ServerMessage =
            text.parse()
                .map_err(|error: serde_json::Error| Error::MalformedMessage {
                    why: error.to_string(),
                    text: text.to_owned(),
                })?;
        if self.state().is_final() {
            return Ok(message); // nothing is legal any more (spec FA-LIF), so it changes nothing either
        }
        if let Some(question) = Question::of(&message) {
            self.questions.push_back(question);
        } else if let ServerMessage::WorkflowCompleted(completed) = &message {
            self.completed = Some(completed.clone());
            self.questions.clear();
        } else if let ServerMessage::Error(error) = &message {
            self.last_error = Some(error.clone());
        }
        Ok(message)
    }

    /// Take a binary frame and return the error that it is: the protocol has none from servers.
    pub(crate) fn receive_binary(&self, data: &[u8]) -> Error {
        Error::MalformedMessage {
            why: "a binary frame: the protocol has text frames only".to_owned(),
            text: String::from_utf8_lossy(data).into_owned(),
        }
    }

    /// Return the frame that answers the open question, which is then answered.
    pub(crate) fn answer(&mut self, answer: &Answer) -> Result<String> {
        if let Some(ending) = &self.ending {
            return Err(ending.clone().into());
        }
        if self.completed.is_some() {
            return Err(Error::NotAsked("the workflow is over".to_owned()));
        }
        if self.closed.is_some() || self.left {
            return Err(Error::NotAsked("the conversation was left".to_owned()));
        }
        let Some(question) = self.questions.front() else {
            return Err(Error::NotAsked("nothing is asked".to_owned()));
        };
        let frame = frame_for(question, answer)?;
        self.questions.pop_front();
        Ok(frame)
    }

    /// Note that this side closes the connection: what ends afterwards is not lost.
    pub(crate) fn leave(&mut self) {
        self.left = true;
        self.questions.clear();
    }

    /// Note that the connection ended. None for a normal end.
    ///
    /// After `workflow_completed` every end is normal: FastAgency's own server sends no close frame, so that clients
    /// see 1006 there (spec FA-CLA-1 mends it). Before it, a code that says what was wrong is a refusal, every other
    /// end a loss (spec FA-CLS).
    pub(crate) fn disconnected(&mut self, close: Close) -> Option<Error> {
        self.closed = Some(close.code);
        self.questions.clear();
        if self.completed.is_some() || self.left {
            return None;
        }
        let ending = self
            .ending
            .get_or_insert(ending_of(close, text_of(self.last_error.as_ref())));
        Some(ending.clone().into())
    }

    /// What it means that a frame could not be sent. It changes nothing: messages may have come before the end of the
    /// connection, and they are still to be read. Once the end was read, it is what the end said.
    pub(crate) fn unsent(&self) -> Error {
        match &self.ending {
            Some(ending) => ending.clone().into(),
            None if self.completed.is_some() || self.left => {
                Error::NotAsked("the conversation is over".to_owned())
            }
            None => ending_of(Close::broken(), None).into(),
        }
    }
}

fn ending_of(close: Close, detail: Option<String>) -> Ending {
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
        return Ending {
            refused: false,
            close,
            detail: None,
            why,
        };
    }
    if *code == NO_CLOSE_FRAME {
        let why = "the connection broke before the workflow was over".to_owned();
        return Ending {
            refused: false,
            close,
            detail: None,
            why,
        };
    }
    let known = CloseCode::from_number(*code);
    let meaning = known.map_or("a code that this version does not know", CloseCode::meaning);
    let said = [meaning, reason, detail.as_deref().unwrap_or_default()];
    let why = said
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("; ");
    if is_refusal(*code) {
        return Ending {
            refused: true,
            close,
            detail,
            why,
        };
    }
    let why = format!("the server closed with {code} before the workflow was over: {why}");
    Ending {
        refused: false,
        close,
        detail: None,
        why,
    }
}

/// 42xx says that the conversation goes on elsewhere, so it is no refusal (spec FA-CLS).
fn is_refusal(code: u16) -> bool {
    matches!(code, 1007 | 1009 | 4000..=4199 | 4300..=4999)
}

fn text_of(error: Option<&messages::Error>) -> Option<String> {
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
