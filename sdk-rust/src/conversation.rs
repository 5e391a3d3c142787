//! A conversation as its user sees it, in either dialect.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::stream::{FusedStream, Stream};

use crate::answers::Answer;
use crate::connection::Connection;
use crate::connection_state::ConnectionState;
use crate::cursor::Cursor;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::handle::{Answers, Handle};
use crate::messages::{self, AnswerAccepted, Outcome, ServerMessage};
#[cfg(doc)]
use crate::options::ClientBuilder;
use crate::options::Options;
use crate::protocol::ConversationProtocol;
use crate::session::Session;
use crate::socket::Socket;
use crate::tables::{ConversationState, Question};

/// One conversation with one workflow: a [`Stream`] of the server's messages.
///
/// Reading ends after `workflow_completed`. When the connection ends before, and cannot be brought back, the last item is
/// an [`Error::ConversationRefused`] or an [`Error::ConversationLost`]. An [`Error::MalformedMessage`] is one bad frame:
/// reading can go on after it.
///
/// # Dialects
///
/// On a server that speaks `fastagency.v1` the conversation comes back by itself when its connection ends. A Tokio task
/// stands behind it, which ends with it: it reads up to 256 messages ahead, sends answers while nothing is read, and
/// watches the server's heartbeats.
///
/// In classic there is no task; messages are read, and pings answered, while something waits for a message or closes the
/// conversation. The connection's end is the conversation's.
///
/// # Cancellation
///
/// [`next`](Self::next) is cancel-safe: under `tokio::time::timeout` or in `tokio::select!` no message is lost.
///
/// # Dropping
///
/// Dropping a conversation drops its socket at once, without a close frame. In classic the workflow stops at its next
/// call into the user interface (spec FA-CLA-6); in `fastagency.v1` it goes on, and [`cursor`](Self::cursor) brings the
/// conversation back (spec FA-CAN-3). [`close`](Self::close) says goodbye first, [`cancel`](Self::cancel) ends the
/// workflow.
pub struct Conversation {
    handle: Handle,
    /// In `fastagency.v1`, the task behind it.
    session: Option<Session>,
}

impl Conversation {
    /// Send the first frame in classic. A server that closed already is no error here: reading tells why it did.
    pub(crate) async fn start(
        socket: Socket,
        protocol: ConversationProtocol,
        options: &Options,
    ) -> Self {
        let mut connection = Connection::new(socket, protocol, options);
        connection.start();
        let handle = Handle::classic(connection);
        if let Handle::Classic(classic) = &handle {
            let _ = poll_fn(|context| classic.lock().poll_flush(context)).await;
        }
        let session = None;
        Self { handle, session }
    }

    pub(crate) fn of_session(session: Session) -> Self {
        Self {
            handle: Handle::Session(Arc::clone(session.shared())),
            session: Some(session),
        }
    }

    /// The next message; None after the end.
    ///
    /// In `fastagency.v1` a `session_ready` among them says that what was shown is to be dropped: the server starts
    /// again from the oldest message that it holds (spec FA-RES-3).
    ///
    /// # Errors
    ///
    /// [`Error::MalformedMessage`] for a frame that is not what its type says; reading can go on after it.
    /// [`Error::ConversationRefused`] and [`Error::ConversationLost`] when the conversation ended before its time,
    /// once.
    pub async fn next(&mut self) -> Option<Result<ServerMessage>> {
        poll_fn(|context| self.poll(context)).await
    }

    /// Answer the oldest open question: with a text, a choice, or several choices.
    ///
    /// In `fastagency.v1` it returns the answer's id, which `answer_accepted` and `answer_rejected` repeat. The answer
    /// is taken exactly once, also when the connection drops meanwhile (spec FA-ANS). In classic it returns None, an
    /// answer is sent once, and nothing confirms that it arrived but what follows. When this is cancelled, the answer is
    /// sent nevertheless; in classic with the next reading.
    ///
    /// # Errors
    ///
    /// [`Error::NotAsked`] when nothing is asked or the question does not allow the answer (it stays open then), and
    /// the conversation's own error when that has ended. While the end is unread in classic, an answer that the
    /// connection does not take is an [`Error::ConversationLost`] with 1006: read on to see why the server closed.
    pub async fn answer(&self, answer: impl Into<Answer>) -> Result<Option<String>> {
        self.handle.answer(answer.into(), None).await
    }

    /// Answer the question whose message has this `uuid`. In classic only the oldest open one can be answered.
    ///
    /// # Errors
    ///
    /// As [`answer`](Self::answer); [`Error::NotAsked`] when that question is closed.
    pub async fn answer_to(
        &self,
        question_uuid: &str,
        answer: impl Into<Answer>,
    ) -> Result<Option<String>> {
        self.handle.answer(answer.into(), Some(question_uuid)).await
    }

    /// A handle to answer with from elsewhere.
    pub fn answers(&self) -> Answers {
        Answers::new(self.handle.clone())
    }

    /// Cancel the conversation; `reason` is for the server's log.
    ///
    /// In `fastagency.v1` the messages end with a `workflow_completed` of the outcome `cancelled` (spec FA-CAN-1); while
    /// there is no connection, the next one brings the cancel. In classic it closes the socket, which has the same
    /// effect on the workflow (spec FA-CLA-6).
    pub async fn cancel(&self, reason: Option<&str>) {
        self.handle.cancel(reason).await;
    }

    /// Leave the conversation and close the socket, with a close frame. In classic that ends a workflow that still runs;
    /// in `fastagency.v1` it goes on (spec FA-CAN-3). After the end, and the second time, it does nothing.
    ///
    /// It waits for the server's side of the close for as long as the client's `close_timeout` says.
    pub async fn close(&mut self) {
        if let Some(session) = &mut self.session {
            session.close().await;
        } else if let Handle::Classic(classic) = &self.handle {
            classic.lock().leave();
            poll_fn(|context| classic.lock().poll_closed(context)).await;
        }
    }

    /// The conversation's id, as the server named it.
    pub fn workflow_uuid(&self) -> String {
        match &self.handle {
            Handle::Classic(classic) => classic.lock().protocol().workflow_uuid().to_owned(),
            Handle::Session(shared) => shared.ask(|it| it.workflow_uuid().to_owned()),
        }
    }

    /// Where the conversation stands (spec FA-LIF), as of the last message that was read.
    ///
    /// In classic `Completed` says that `workflow_completed` came, not that the workflow succeeded; in `fastagency.v1`
    /// the final state is its outcome. `Failed` says also that the server refused the conversation; `Cancelled` also
    /// that it was left, or that its connection ended for good.
    pub fn state(&self) -> ConversationState {
        match &self.handle {
            Handle::Classic(classic) => classic.lock().protocol().state(),
            Handle::Session(shared) => shared.ask(|it| it.state()),
        }
    }

    /// The state of the connection, to be shown (spec FA-LIF-3). [`ClientBuilder::on_connection`] tells of its changes.
    pub fn connection(&self) -> ConnectionState {
        match &self.handle {
            Handle::Classic(classic) => classic.lock().protocol().connection(),
            Handle::Session(shared) => shared.ask(|it| it.connection()),
        }
    }

    /// Where this conversation stands, to be stored and given to [`Client::resume`](crate::Client::resume): after the
    /// last message that was read. None before the first session, and in classic.
    pub fn cursor(&self) -> Option<Cursor> {
        match &self.handle {
            Handle::Classic(_) => None,
            Handle::Session(shared) => shared.ask(|it| it.cursor()),
        }
    }

    /// The question that the next answer answers, the oldest one that is open. None when nothing is asked.
    pub fn question(&self) -> Option<Question> {
        self.handle.question()
    }

    /// Whether the question whose message has this `uuid` still takes an answer. A question of a replay may be answered
    /// already when it is read.
    pub fn is_open(&self, question_uuid: &str) -> bool {
        self.handle.is_open(question_uuid)
    }

    /// Whether somebody else's answer was taken, in another tab for example (spec FA-RES-6). An answer that this
    /// conversation did not give is somebody else's; nobody's is taken when a question's time ran out.
    pub fn answered_elsewhere(&self, accepted: &AnswerAccepted) -> bool {
        match &self.handle {
            Handle::Classic(_) => false,
            Handle::Session(shared) => shared.ask(|it| it.answered_elsewhere(accepted)),
        }
    }

    /// What the workflow returned. None before its end, and when it returned nothing.
    pub fn result(&self) -> Option<String> {
        match &self.handle {
            Handle::Classic(classic) => classic.lock().protocol().result().map(str::to_owned),
            Handle::Session(shared) => shared.ask(|it| it.result().map(str::to_owned)),
        }
    }

    /// How the workflow ended. None before its end, and in classic, which does not say.
    pub fn outcome(&self) -> Option<Outcome> {
        match &self.handle {
            Handle::Classic(_) => None,
            Handle::Session(shared) => shared.ask(|it| it.outcome()),
        }
    }

    /// The last `error` message that came.
    pub fn last_error(&self) -> Option<messages::Error> {
        match &self.handle {
            Handle::Classic(classic) => classic.lock().protocol().last_error().cloned(),
            Handle::Session(shared) => shared.ask(|it| it.last_error().cloned()),
        }
    }

    /// The frame of the message that was read last, as it came: with the fields that this version does not know.
    pub fn raw_text(&self) -> Option<String> {
        match &self.handle {
            Handle::Classic(classic) => classic.lock().raw_text().map(str::to_owned),
            Handle::Session(shared) => shared.raw_text(),
        }
    }

    /// The code of the server's last close frame, 1006 when the connection ended without one. None before the end.
    pub fn close_code(&self) -> Option<u16> {
        match &self.handle {
            Handle::Classic(classic) => classic.lock().protocol().close_code(),
            Handle::Session(shared) => shared.close_code(),
        }
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Result<ServerMessage>>> {
        match &self.handle {
            Handle::Classic(classic) => classic.lock().poll_next(context),
            Handle::Session(shared) => shared.poll_next(context),
        }
    }
}

impl Stream for Conversation {
    type Item = Result<ServerMessage>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl FusedStream for Conversation {
    fn is_terminated(&self) -> bool {
        match &self.handle {
            Handle::Classic(classic) => classic.lock().is_over(),
            Handle::Session(shared) => shared.is_over(),
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        if let Handle::Classic(classic) = &self.handle {
            classic.lock().drop_socket();
        }
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Conversation")
            .field("workflow_uuid", &self.workflow_uuid())
            .field("state", &self.state())
            .field("connection", &self.connection())
            .finish_non_exhaustive()
    }
}
