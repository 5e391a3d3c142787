//! What the user of a conversation was given so far.

use crate::messages::{self, RejectionReason, ServerMessage, WorkflowCompleted};
use crate::tables::Question;

use super::received::{Place, Received};

/// What the user knows. It is behind what was received, by all that was not read yet.
pub(crate) struct Told {
    /// After the last logged message that the user was given.
    pub place: Place,
    /// The questions that the user has seen, and neither answered nor seen closed.
    asked: Vec<String>,
    pub completed: Option<WorkflowCompleted>,
    pub last_error: Option<messages::Error>,
    /// Whether the user was told that no connection will be tried any more.
    pub ended: bool,
}

impl Told {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            asked: Vec::new(),
            completed: None,
            last_error: None,
            ended: false,
        }
    }

    /// Note that the user was given this.
    pub(crate) fn deliver(&mut self, received: &Received) {
        if let Some(place) = &received.place {
            self.place = place.clone();
        }
        let Ok(message) = &received.message else {
            return;
        };
        match message {
            ServerMessage::AnswerAccepted(accepted) => self.answer(&accepted.question_uuid),
            ServerMessage::AnswerRejected(rejected) => {
                if rejected.reason == RejectionReason::InvalidValue {
                    self.ask(&rejected.question_uuid); // again
                }
            }
            ServerMessage::WorkflowCompleted(completed) => {
                self.completed = Some(completed.clone());
                self.asked.clear();
            }
            ServerMessage::Error(error) => self.last_error = Some(error.clone()),
            ServerMessage::SessionReady(_) => self.asked.clear(),
            message => {
                if let Some(question) = Question::of(message) {
                    self.ask(question.uuid());
                }
            }
        }
    }

    /// Note that a question is asked no more.
    pub(crate) fn answer(&mut self, question_uuid: &str) {
        self.asked.retain(|asked| asked != question_uuid);
    }

    /// Whether the user sees this question, unanswered.
    pub(crate) fn is_asked(&self, question_uuid: &str) -> bool {
        self.asked.iter().any(|asked| asked == question_uuid)
    }

    /// Whether the user sees any question, unanswered.
    pub(crate) fn is_asked_something(&self) -> bool {
        !self.asked.is_empty()
    }

    fn ask(&mut self, question_uuid: &str) {
        if !self.is_asked(question_uuid) {
            self.asked.push(question_uuid.to_owned());
        }
    }
}
