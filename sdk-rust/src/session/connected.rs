//! What the connections of a conversation do to its state machine.
//!
//! The shell opens a socket, sends `first_frame`, gives every frame to `receive_text` and sends what `outgoing` returns;
//! when the socket has ended, `disconnected` says what is next.

use std::sync::Arc;
use std::time::Duration;

use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::endings::{ending_of, text_of, Close, Ending};
use crate::error::Error;
use crate::messages::{
    Outcome, RejectionReason, ResumeWorkflow, ServerMessage, SessionMode, SessionReady,
    StartWorkflow,
};
use crate::tables::Question;

use super::protocol::{Phase, SessionProtocol};
use super::received::{seq_in, Place, Received};

/// After how many heartbeats without one the connection is dead (spec FA-LIV-1).
const SILENCES: f64 = 1.5;

/// What follows the end of a connection.
pub(crate) enum Next {
    /// Another connection, after this wait.
    Connect(Duration),
    /// Nothing; without an error the conversation has ended as it should. `rest` is of a replay that broke off: no
    /// connection will bring its end, so the user is given it before that of the conversation.
    Over {
        rest: Vec<Received>,
        error: Option<Error>,
    },
}

impl SessionProtocol {
    /// The first frame of a new socket. Before there was a session it is the same each time (spec FA-RES-7).
    pub(crate) fn first_frame(&mut self, now: Duration) -> String {
        self.heard = now;
        self.gap = false;
        let frame = match &self.initiated {
            Some(initiated) if !self.had_session => serde_json::to_string(&StartWorkflow {
                workflow_uuid: initiated.workflow_uuid.clone(),
                name: initiated.name.clone(),
                params: initiated.params.clone(),
                resume_token: initiated.resume_token.clone(),
            }),
            _ => serde_json::to_string(&ResumeWorkflow {
                workflow_uuid: self.workflow_uuid.clone(),
                resume_token: self.token.clone(),
                epoch: self.read.epoch.to_string(),
                after_seq: self.read.seq,
            }),
        };
        frame.expect("texts and JSON are JSON")
    }

    /// The frames that are to be sent now: answers that the server does not know yet, then a cancel.
    pub(crate) fn outgoing(&mut self) -> Vec<String> {
        if self.phase == Phase::Live {
            self.outbox.take_unsent()
        } else {
            Vec::new()
        }
    }

    /// Whether there is a session, and it was given all that there is to send.
    pub(crate) fn has_outgoing(&self) -> bool {
        self.phase == Phase::Live && !self.outbox.is_sent()
    }

    /// When the connection is dead if nothing is heard until then (spec FA-LIV-1).
    pub(crate) fn deadline(&self) -> Duration {
        let silence = self.heartbeat.unwrap_or(self.policy.reconnect.patience);
        self.heard.saturating_add(silence)
    }

    /// Note that the shell reads on after a pause of its own: silence counts from here.
    pub(crate) fn listen(&mut self, now: Duration) {
        self.heard = now;
    }

    /// Whether the socket is to be closed and the conversation resumed: the log has a gap (spec FA-RES-5).
    pub(crate) fn is_broken(&self) -> bool {
        self.gap
    }

    /// Whether the workflow's end was received: the server closes next.
    pub(crate) fn is_completed(&self) -> bool {
        self.completed
    }

    /// Note that the connection ended, or could not be opened, and return what is next (spec FA-CLS).
    pub(crate) fn disconnected(&mut self, close: Close, now: Duration) -> Next {
        if self.phase == Phase::Live && !self.gap && close.is_finish() {
            self.read_before = self.ended; // so `workflow_completed` does not come again (spec FA-RES-9)
        }
        if self.phase != Phase::Opening {
            self.gone_since = now;
        }
        self.phase = Phase::Opening;
        self.outbox.forget_sent();
        if self.completed || self.read_before.is_some() || self.left {
            let rest = self.release();
            return Next::Over { rest, error: None };
        }
        let close = if self.gap { Close::broken() } else { close };
        self.attempt += 1;
        if let Some(delay) = self.policy.delay(&close, self.attempt) {
            let gone = now.saturating_add(delay).saturating_sub(self.gone_since);
            if gone <= self.detached {
                return Next::Connect(delay);
            }
        }
        let detail = text_of(self.last_error.as_ref());
        self.give_up(ending_of(close, detail))
    }

    /// Note that no connection will be tried any more, and why.
    pub(crate) fn give_up(&mut self, ending: Ending) -> Next {
        self.ending = Some(ending.clone());
        self.outbox.clear();
        Next::Over {
            rest: self.release(),
            error: Some(ending.into()),
        }
    }

    /// Take a text frame, and return what the user is given, in order.
    pub(crate) fn receive_text(&mut self, text: Utf8Bytes, now: Duration) -> Vec<Received> {
        self.heard = now;
        if self.gap {
            return Vec::new();
        }
        let message = text.parse::<ServerMessage>();
        match &message {
            Ok(ServerMessage::SessionReady(ready)) => {
                let ready = ready.clone();
                self.begin(&ready, text, now);
                return Vec::new();
            }
            Ok(ServerMessage::ReplayCompleted(_)) => {
                self.go_live(now);
                return self.release();
            }
            Ok(ServerMessage::KeepAlive(_)) => return Vec::new(),
            // Whether it is new or said again: the answer is settled (spec FA-ANS-4).
            Ok(ServerMessage::AnswerAccepted(accepted)) => {
                self.outbox
                    .settle(accepted.answer_id.as_deref().unwrap_or_default());
            }
            _ => {}
        }
        // A frame that is malformed, or of an unknown type, has its place too.
        let place = match seq_in(&text) {
            None => None,
            Some(seq) if seq <= self.read.seq => return Vec::new(),
            Some(seq) if seq > self.read.seq.saturating_add(1) => {
                self.gap = true;
                return Vec::new();
            }
            Some(seq) => {
                self.read.seq = seq;
                self.attempt = 0;
                Some(self.read.clone())
            }
        };
        if let Ok(message) = &message {
            self.note(message);
        }
        let message = message.map_err(|error| Error::MalformedMessage {
            why: error.to_string(),
            text: text.as_str().to_owned(),
        });
        self.out(Received {
            message,
            text: Some(text),
            place,
        })
    }

    /// Take a binary frame, which the protocol does not have from servers.
    pub(crate) fn receive_binary(&mut self, data: &[u8], now: Duration) -> Vec<Received> {
        self.heard = now;
        self.out(Received {
            message: Err(Error::binary(data)),
            text: None,
            place: None,
        })
    }

    fn begin(&mut self, ready: &SessionReady, text: Utf8Bytes, now: Duration) {
        self.token.clone_from(&ready.resume_token);
        self.heartbeat = seconds(ready.heartbeat_seconds * SILENCES);
        self.detached = seconds(ready.detached_seconds).unwrap_or(Duration::MAX);
        self.had_session = true;
        self.ended = outcome_of(&ready.state);
        let epoch: Arc<str> = ready.epoch.as_str().into();
        match ready.mode {
            SessionMode::Replay => {
                self.read.epoch = epoch;
                self.phase = Phase::Replaying;
            }
            SessionMode::Reset => {
                let seq = ready.oldest_seq.saturating_sub(1);
                self.read = Place { epoch, seq };
                self.phase = Phase::Replaying;
                self.open.clear();
                self.held.clear();
                if self.shown_any {
                    self.held.push(Received {
                        message: Ok(ServerMessage::SessionReady(ready.clone())),
                        text: Some(text),
                        place: Some(self.read.clone()),
                    });
                }
            }
            SessionMode::Fresh => {
                self.read = Place { epoch, seq: 0 };
                self.go_live(now);
            }
        }
        if !self.shown_any {
            self.told.place = self.read.clone();
        }
    }

    fn go_live(&mut self, now: Duration) {
        self.phase = Phase::Live;
        self.attempt = 0;
        self.gone_since = now;
    }

    /// During a replay messages are held back, so that `is_open` is right when they are delivered.
    fn out(&mut self, received: Received) -> Vec<Received> {
        let holds = self.phase == Phase::Replaying || !self.held.is_empty();
        self.held.push(received);
        if holds {
            Vec::new()
        } else {
            self.release()
        }
    }

    fn release(&mut self) -> Vec<Received> {
        self.shown_any |= !self.held.is_empty();
        std::mem::take(&mut self.held)
    }

    fn note(&mut self, message: &ServerMessage) {
        match message {
            ServerMessage::AnswerAccepted(accepted) => {
                self.close_question(&accepted.question_uuid);
                self.outbox.close(&accepted.question_uuid);
            }
            ServerMessage::AnswerRejected(rejected) => {
                self.outbox.settle(&rejected.answer_id);
                if rejected.reason != RejectionReason::InvalidValue {
                    self.close_question(&rejected.question_uuid);
                }
            }
            ServerMessage::WorkflowCompleted(_) => {
                self.completed = true;
                self.open.clear();
                self.outbox.clear();
            }
            ServerMessage::Error(error) => self.last_error = Some(error.clone()),
            message => self.open.extend(Question::of(message)),
        }
    }

    fn close_question(&mut self, question_uuid: &str) {
        self.open.retain(|open| open.uuid() != question_uuid);
    }
}

/// The outcome of a conversation in this state; None for one that is not over.
fn outcome_of(state: &str) -> Option<Outcome> {
    let outcomes = [Outcome::Completed, Outcome::Failed, Outcome::Cancelled];
    outcomes
        .into_iter()
        .find(|outcome| outcome.as_str() == state)
}

/// A time of the server's; None for one that cannot be.
fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}
