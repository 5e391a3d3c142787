//! What a conversation can be told from any task.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::answers::Answer;
use crate::connection::Connection;
#[cfg(doc)]
use crate::conversation::Conversation;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::session::Shared;
use crate::tables::Question;

/// A handle that answers the questions of a conversation from elsewhere, while another task reads its messages.
///
/// It does not keep the conversation alive.
#[derive(Clone)]
pub struct Answers {
    handle: Handle,
}

/// A conversation in either dialect, to be shared.
#[derive(Clone)]
pub(crate) enum Handle {
    Classic(Classic),
    Session(Arc<Shared>),
}

/// A conversation of the classic dialect, with its socket.
#[derive(Clone)]
pub(crate) struct Classic(Arc<Mutex<Connection>>);

impl Answers {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// Answer the oldest open question: see [`Conversation::answer`].
    ///
    /// # Errors
    ///
    /// Those of [`Conversation::answer`]; [`Error::NotAsked`] when the conversation was dropped.
    pub async fn answer(&self, answer: impl Into<Answer>) -> Result<Option<String>> {
        self.handle.answer(answer.into(), None).await
    }

    /// Answer the question whose message has this `uuid`: see [`Conversation::answer_to`].
    ///
    /// # Errors
    ///
    /// As [`answer`](Self::answer).
    pub async fn answer_to(
        &self,
        question_uuid: &str,
        answer: impl Into<Answer>,
    ) -> Result<Option<String>> {
        self.handle.answer(answer.into(), Some(question_uuid)).await
    }

    /// Cancel the conversation: see [`Conversation::cancel`].
    pub async fn cancel(&self, reason: Option<&str>) {
        self.handle.cancel(reason).await;
    }

    /// The question that the next answer answers. None when nothing is asked.
    pub fn question(&self) -> Option<Question> {
        self.handle.question()
    }

    /// Whether a question still takes an answer: see [`Conversation::is_open`].
    pub fn is_open(&self, question_uuid: &str) -> bool {
        self.handle.is_open(question_uuid)
    }
}

impl Handle {
    pub(crate) fn classic(connection: Connection) -> Self {
        Handle::Classic(Classic(Arc::new(Mutex::new(connection))))
    }

    pub(crate) async fn answer(
        &self,
        answer: Answer,
        question: Option<&str>,
    ) -> Result<Option<String>> {
        match self {
            Handle::Classic(classic) => {
                let frame = classic.lock().answer(&answer, question)?;
                poll_fn(|context| classic.lock().poll_sent(frame, context)).await?;
                Ok(None)
            }
            Handle::Session(shared) => {
                let answer_id = shared.answer(&answer, question)?;
                poll_fn(|context| shared.poll_written(context)).await;
                Ok(Some(answer_id))
            }
        }
    }

    pub(crate) async fn cancel(&self, reason: Option<&str>) {
        match self {
            Handle::Classic(classic) => {
                classic.lock().leave();
                // What cannot be sent needs no close frame: the connection has ended.
                let _ = poll_fn(|context| classic.lock().poll_flush(context)).await;
            }
            Handle::Session(shared) => {
                shared.cancel(reason);
                poll_fn(|context| shared.poll_written(context)).await;
            }
        }
    }

    pub(crate) fn question(&self) -> Option<Question> {
        match self {
            Handle::Classic(classic) => classic.lock().protocol().question().cloned(),
            Handle::Session(shared) => shared.ask(|protocol| protocol.question().cloned()),
        }
    }

    pub(crate) fn is_open(&self, question_uuid: &str) -> bool {
        match self {
            Handle::Classic(classic) => classic.lock().protocol().is_open(question_uuid),
            Handle::Session(shared) => shared.ask(|protocol| protocol.is_open(question_uuid)),
        }
    }
}

impl Classic {
    /// The lock is held for the length of a poll, never across an `await`.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Answers").finish_non_exhaustive()
    }
}
