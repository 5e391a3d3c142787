//! The shell that puts a conversation on a WebSocket.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_core::stream::{FusedStream, Stream};

use crate::answers::Answer;
use crate::connection::Connection;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::messages::{self, ServerMessage};
use crate::options::Options;
use crate::protocol::ConversationProtocol;
use crate::socket::Socket;
use crate::tables::{ConversationState, Question};

/// One conversation with one workflow: a [`Stream`] of the server's messages.
///
/// Reading ends after `workflow_completed`. When the connection ends before, the last item is an
/// [`Error::ConversationRefused`] or an [`Error::ConversationLost`]. An [`Error::MalformedMessage`] is one bad frame:
/// reading can go on after it.
///
/// # Cancellation
///
/// [`next`](Self::next) is cancel-safe: under `tokio::time::timeout` or in `tokio::select!` no message is lost.
///
/// # Dropping
///
/// There is no task behind a conversation. Dropping it drops the socket at once, without a close frame; the server
/// sees that the connection has ended, and the workflow stops at its next call into the user interface (spec
/// FA-CLA-6). [`close`](Self::close) says goodbye first.
///
/// Messages are read, and pings answered, while something waits for a message or closes the conversation.
pub struct Conversation {
    shared: Shared,
}

/// A handle that answers the questions of a conversation from elsewhere, while another task reads its messages.
///
/// It does not keep the conversation alive.
#[derive(Clone)]
pub struct Answers {
    shared: Shared,
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Connection>>);

impl Conversation {
    /// Send the first frame. A server that closed already is no error here: reading tells why it did.
    pub(crate) async fn start(
        socket: Socket,
        protocol: ConversationProtocol,
        options: &Options,
    ) -> Self {
        let mut connection = Connection::new(socket, protocol, options);
        connection.start();
        let shared = Shared(Arc::new(Mutex::new(connection)));
        let _ = poll_fn(|context| shared.lock().poll_flush(context)).await;
        Self { shared }
    }

    /// The next message; None after the end.
    ///
    /// # Errors
    ///
    /// [`Error::MalformedMessage`] for a frame that is not what its type says; reading can go on after it.
    /// [`Error::ConversationRefused`] and [`Error::ConversationLost`] when the conversation ended before its time,
    /// once.
    pub async fn next(&mut self) -> Option<Result<ServerMessage>> {
        poll_fn(|context| self.shared.lock().poll_next(context)).await
    }

    /// Answer the open question: with a text, a choice, or several choices.
    ///
    /// An answer is sent once; nothing confirms that it arrived but what follows. When this is cancelled, the answer
    /// is sent nevertheless, with the next reading.
    ///
    /// # Errors
    ///
    /// [`Error::NotAsked`] when nothing is asked or the question does not allow the answer (it stays open then), and
    /// the conversation's own error when that has ended. While the end is unread, an answer that the connection does
    /// not take is an [`Error::ConversationLost`] with 1006: read on to see why the server closed.
    pub async fn answer(&self, answer: impl Into<Answer>) -> Result<()> {
        self.shared.answer(answer.into()).await
    }

    /// A handle to answer with from elsewhere.
    pub fn answers(&self) -> Answers {
        Answers {
            shared: self.shared.clone(),
        }
    }

    /// Leave the conversation and close the socket, with a close frame. Before the end that ends the workflow;
    /// afterwards, and the second time, it does nothing.
    ///
    /// It waits for the server's side of the close for as long as the client's `close_timeout` says.
    pub async fn close(&mut self) {
        self.shared.lock().leave();
        poll_fn(|context| self.shared.lock().poll_closed(context)).await;
    }

    /// The conversation's id, as the server named it.
    pub fn workflow_uuid(&self) -> String {
        self.shared.lock().protocol().workflow_uuid().to_owned()
    }

    /// Where the conversation stands (spec FA-LIF), as of the last message that was read.
    ///
    /// `Completed` says that `workflow_completed` came, not that the workflow succeeded; `Failed` that the server
    /// refused the conversation; `Cancelled` that the connection ended first, by either side.
    pub fn state(&self) -> ConversationState {
        self.shared.lock().protocol().state()
    }

    /// The question that the next answer answers, the oldest one that is open. None when nothing is asked.
    pub fn question(&self) -> Option<Question> {
        self.shared.lock().protocol().question().cloned()
    }

    /// What the workflow returned. None before its end, and when it returned nothing.
    pub fn result(&self) -> Option<String> {
        self.shared.lock().protocol().result().map(str::to_owned)
    }

    /// The last `error` message that came.
    pub fn last_error(&self) -> Option<messages::Error> {
        self.shared.lock().protocol().last_error().cloned()
    }

    /// The frame of the message that was read last, as it came: with the fields that this version does not know.
    pub fn raw_text(&self) -> Option<String> {
        self.shared.lock().raw_text().map(str::to_owned)
    }

    /// The code of the server's close frame, 1006 when the connection ended without one. None before the end.
    pub fn close_code(&self) -> Option<u16> {
        self.shared.lock().protocol().close_code()
    }
}

impl Stream for Conversation {
    type Item = Result<ServerMessage>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.shared.lock().poll_next(context)
    }
}

impl FusedStream for Conversation {
    fn is_terminated(&self) -> bool {
        self.shared.lock().is_over()
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.shared.lock().drop_socket();
    }
}

impl Answers {
    /// Answer the open question: see [`Conversation::answer`].
    ///
    /// # Errors
    ///
    /// Those of [`Conversation::answer`]; [`Error::NotAsked`] when the conversation was dropped.
    pub async fn answer(&self, answer: impl Into<Answer>) -> Result<()> {
        self.shared.answer(answer.into()).await
    }

    /// The question that the next answer answers. None when nothing is asked.
    pub fn question(&self) -> Option<Question> {
        self.shared.lock().protocol().question().cloned()
    }
}

impl Shared {
    /// The lock is held for the length of a poll, never across an `await`.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, answer: Answer) -> Result<()> {
        let frame = self.lock().answer(&answer)?;
        poll_fn(|context| self.lock().poll_sent(frame, context)).await
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Conversation")
            .field("workflow_uuid", &self.workflow_uuid())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Answers").finish_non_exhaustive()
    }
}
