//! One conversation from the client's side, as a pure state machine.
//!
//! It does no I/O: text that arrived goes in, messages and frames to send come out. `conversation` puts it on a
//! socket.

use std::collections::VecDeque;

use crate::answers::{frame_for, Answer};
use crate::connection_state::ConnectionState;
use crate::endings::{ending_of, text_of, Close, Ending};
use crate::error::{Error, Result};
use crate::messages::{
    self, InitiateWorkflow, InitiatedWorkflow, ServerMessage, WorkflowCompleted,
};
use crate::tables::{ConversationState, Question};

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

    /// The state of the connection (spec FA-LIF-3). The socket is open before the conversation is.
    pub(crate) fn connection(&self) -> ConnectionState {
        if self.ending.is_some() {
            ConnectionState::Lost
        } else if self.completed.is_some() || self.closed.is_some() || self.left {
            ConnectionState::Ended
        } else {
            ConnectionState::Live
        }
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

    /// Whether a question was not answered yet.
    pub(crate) fn is_open(&self, question_uuid: &str) -> bool {
        let mut open = self.questions.iter();
        open.any(|question| question.uuid() == question_uuid)
    }

    /// Return the frame that answers the oldest open question, which is then answered. When one is named it must be
    /// that.
    pub(crate) fn answer(&mut self, answer: &Answer, named: Option<&str>) -> Result<String> {
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
        if named.is_some_and(|named| named != question.uuid()) {
            return Err(Error::NotAsked("another question is asked".to_owned()));
        }
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
