//! One conversation of `fastagency.v1` from the client's side, as a pure state machine over all its connections.
//!
//! It does no I/O and has no clock. This is what its user sees of it; `connected` is what its connections do. Times are
//! since any one moment, on a clock that never goes back.

use std::time::Duration;

use uuid::Uuid;

use crate::answers::{value_for, Answer};
use crate::connection_state::ConnectionState;
use crate::cursor::Cursor;
use crate::endings::Ending;
use crate::error::{Error, Result};
use crate::messages::{self, AnswerAccepted, InitiatedWorkflow, Outcome};
use crate::reconnect::Policy;
use crate::tables::{ConversationState, Question};

use super::outbox::Outbox;
use super::received::{Place, Received};
use super::told::Told;

/// How a conversation begins for this client.
pub(crate) enum Begin {
    /// It was announced, and is to be started.
    Start(InitiatedWorkflow),
    /// It runs, and is to be resumed.
    Resume(Cursor),
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Phase {
    /// There is no session on this connection, or no connection.
    Opening,
    /// What was missed is being sent.
    Replaying,
    Live,
}

/// A conversation, over as many connections as it takes.
pub(crate) struct SessionProtocol {
    pub(super) initiated: Option<InitiatedWorkflow>,
    pub(super) workflow_uuid: String,
    pub(super) token: String,
    pub(super) policy: Policy,
    pub(super) phase: Phase,
    /// Whether there was a session, of this client or of the one that the cursor is from.
    pub(super) had_session: bool,
    /// After the last message that was received.
    pub(super) read: Place,
    /// Of a replay that is not complete, perhaps over several connections.
    pub(super) held: Vec<Received>,
    /// Whether the user was, or will be, given anything: then a reset is to be told.
    pub(super) shown_any: bool,
    pub(super) told: Told,
    pub(super) outbox: Outbox,
    pub(super) open: Vec<Question>,
    pub(super) gap: bool,
    pub(super) left: bool,
    /// Whether `workflow_completed` was received.
    pub(super) completed: bool,
    /// How the conversation ended, if it was over when the last session began.
    pub(super) ended: Option<Outcome>,
    /// The same, once it is known that nothing follows: the end was read before.
    pub(super) read_before: Option<Outcome>,
    pub(super) last_error: Option<messages::Error>,
    pub(super) ending: Option<Ending>,
    pub(super) attempt: u32,
    pub(super) gone_since: Duration,
    pub(super) heard: Duration,
    pub(super) heartbeat: Option<Duration>,
    pub(super) detached: Duration,
}

impl SessionProtocol {
    pub(crate) fn new(begin: Begin, policy: Policy, now: Duration) -> Self {
        let resumed = matches!(begin, Begin::Resume(_));
        let (initiated, cursor) = match begin {
            Begin::Start(initiated) => {
                let cursor = Cursor {
                    workflow_uuid: initiated.workflow_uuid.clone(),
                    resume_token: initiated.resume_token.clone().unwrap_or_default(),
                    epoch: String::new(),
                    after_seq: 0,
                };
                (Some(initiated), cursor)
            }
            Begin::Resume(cursor) => (None, cursor),
        };
        let read = Place {
            epoch: cursor.epoch.into(),
            seq: cursor.after_seq,
        };
        Self {
            initiated,
            workflow_uuid: cursor.workflow_uuid,
            token: cursor.resume_token,
            detached: policy.reconnect.patience,
            policy,
            phase: Phase::Opening,
            had_session: resumed,
            told: Told::new(read.clone()),
            read,
            held: Vec::new(),
            shown_any: resumed,
            outbox: Outbox::default(),
            open: Vec::new(),
            gap: false,
            left: false,
            completed: false,
            ended: None,
            read_before: None,
            last_error: None,
            ending: None,
            attempt: 0,
            gone_since: now,
            heard: now,
            heartbeat: None,
        }
    }

    // What a user asks.

    pub(crate) fn workflow_uuid(&self) -> &str {
        &self.workflow_uuid
    }

    /// The state of the connection (spec FA-LIF-3).
    pub(crate) fn connection(&self) -> ConnectionState {
        if self.ending.is_some() {
            ConnectionState::Lost
        } else if self.left || self.knows_end() {
            ConnectionState::Ended
        } else if self.phase == Phase::Live || self.completed || self.read_before.is_some() {
            ConnectionState::Live
        } else if self.had_session {
            ConnectionState::Reconnecting
        } else {
            ConnectionState::Connecting
        }
    }

    /// Where the conversation stands (spec FA-LIF), after the last message that the user was given.
    pub(crate) fn state(&self) -> ConversationState {
        if self.knows_end() {
            return match self.outcome() {
                Some(Outcome::Failed) => ConversationState::Failed,
                Some(Outcome::Cancelled) => ConversationState::Cancelled,
                _ => ConversationState::Completed,
            };
        }
        let refused = self.ending.as_ref().is_some_and(|ending| ending.refused);
        if self.told.ended && refused {
            ConversationState::Failed
        } else if self.told.ended || self.left {
            ConversationState::Cancelled
        } else if !self.had_session {
            ConversationState::Created
        } else if self.told.is_asked_something() {
            ConversationState::AwaitingAnswer
        } else {
            ConversationState::Running
        }
    }

    /// The oldest question that the user sees, and that takes an answer.
    pub(crate) fn question(&self) -> Option<&Question> {
        let takes = |question: &&Question| {
            self.told.is_asked(question.uuid()) && self.is_open(question.uuid())
        };
        self.open.iter().find(takes)
    }

    /// Whether a question still takes an answer: nobody's was accepted, and none of this client is under way.
    pub(crate) fn is_open(&self, question_uuid: &str) -> bool {
        let asked = self.open.iter().any(|open| open.uuid() == question_uuid);
        asked && !self.outbox.has_answer_to(question_uuid)
    }

    pub(crate) fn result(&self) -> Option<&str> {
        self.told.completed.as_ref()?.content.result.as_deref()
    }

    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match &self.told.completed {
            Some(completed) => completed.content.outcome,
            None => self.end_read_before(),
        }
    }

    /// The last `error` message that the user was given.
    pub(crate) fn last_error(&self) -> Option<&messages::Error> {
        self.told.last_error.as_ref()
    }

    /// Where the user stands: after the last message that was delivered. None before the first session.
    pub(crate) fn cursor(&self) -> Option<Cursor> {
        self.had_session.then(|| Cursor {
            workflow_uuid: self.workflow_uuid.clone(),
            resume_token: self.token.clone(),
            epoch: self.told.place.epoch.to_string(),
            after_seq: self.told.place.seq,
        })
    }

    /// Whether the answer of another socket was taken, another tab's for example (spec FA-RES-6).
    pub(crate) fn answered_elsewhere(&self, accepted: &AnswerAccepted) -> bool {
        let id = accepted.answer_id.as_deref();
        id.is_some_and(|id| !self.outbox.is_mine(id))
    }

    // What a user does.

    /// Answer a question, by default the oldest open one, and return the answer's id. `outgoing` has the frame.
    pub(crate) fn answer(&mut self, answer: &Answer, question: Option<&str>) -> Result<String> {
        if let Some(ending) = &self.ending {
            return Err(ending.clone().into());
        }
        if self.knows_end() || self.left {
            return Err(Error::NotAsked("the conversation is over".to_owned()));
        }
        let (found, why) = match question {
            Some(uuid) => {
                let named = |open: &&Question| open.uuid() == uuid && self.is_open(uuid);
                (self.open.iter().find(named), "the question is closed")
            }
            None => (self.question(), "nothing is asked"),
        };
        let question = found.ok_or_else(|| Error::NotAsked(why.to_owned()))?;
        let value = value_for(question, answer)?;
        let (question_uuid, answer_id) = (question.uuid().to_owned(), Uuid::new_v4().simple());
        let answer_id = answer_id.to_string();
        self.outbox.answer(&question_uuid, &answer_id, value);
        self.told.answer(&question_uuid);
        Ok(answer_id)
    }

    /// Cancel the conversation, now or as soon as there is a session again (spec FA-CAN-1).
    pub(crate) fn cancel(&mut self, reason: Option<&str>) {
        if !self.completed && !self.left && self.ending.is_none() {
            self.outbox.cancel(reason);
        }
    }

    /// Note that this side closes the connection for good; the conversation goes on (spec FA-CAN-3).
    pub(crate) fn leave(&mut self) {
        self.left = true;
        self.outbox.clear();
    }

    /// Note that the user was given this: the cursor moves on.
    pub(crate) fn deliver(&mut self, received: &Received) {
        self.told.deliver(received);
    }

    /// Note that the user was told that nothing follows.
    pub(crate) fn deliver_end(&mut self) {
        self.told.ended = true;
    }

    /// Whether the user knows how the workflow ended.
    fn knows_end(&self) -> bool {
        self.told.completed.is_some() || self.end_read_before().is_some()
    }

    /// How a conversation ended that was over, and read, before (spec FA-RES-9). Where there was a reset, the user is
    /// given that first.
    fn end_read_before(&self) -> Option<Outcome> {
        self.read_before.filter(|_| self.told.place == self.read)
    }
}
