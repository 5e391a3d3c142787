//! What the task of a conversation and its user share.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes};

use crate::answers::Answer;
use crate::connection_state::ConnectionState;
use crate::endings::{Close, Ending};
use crate::error::{Error, Result};
use crate::messages::ServerMessage;
use crate::options::{OnConnection, Options};
use crate::wakers::Wakers;

use super::connected::Next;
use super::protocol::{Begin, SessionProtocol};
use super::received::Received;

/// How many messages are kept for a user who does not read. Beyond them nothing is read from the socket.
const READ_AHEAD: usize = 256;

/// A conversation, between the task that holds its connections and the tasks that use it.
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Tells the task that there is something to send, or room to read.
    pub(super) work: Notify,
    /// Tells the task that the user leaves.
    pub(super) leaving: Notify,
    clock: Instant,
    close_timeout: Duration,
    /// The state that the observer was told last. Held while it is told, so that it is told in order.
    shown: Mutex<Option<ConnectionState>>,
    on_connection: Option<Arc<OnConnection>>,
}

struct State {
    protocol: SessionProtocol,
    inbox: VecDeque<Received>,
    /// Whether nothing follows what is in the inbox, and with which error it ends.
    over: bool,
    end: Option<Error>,
    /// Whether frames were given to the socket that are not written out yet.
    writing: bool,
    reader: Option<Waker>,
    writers: Wakers,
    raw_text: Option<Utf8Bytes>,
    close_code: Option<u16>,
    completed_at: Option<Instant>,
}

impl Shared {
    pub(super) fn new(begin: Begin, options: &Options) -> Self {
        Self {
            state: Mutex::new(State {
                protocol: SessionProtocol::new(begin, options.policy(), Duration::ZERO),
                inbox: VecDeque::new(),
                over: false,
                end: None,
                writing: false,
                reader: None,
                writers: Wakers::default(),
                raw_text: None,
                close_code: None,
                completed_at: None,
            }),
            work: Notify::new(),
            leaving: Notify::new(),
            clock: Instant::now(),
            close_timeout: options.close_timeout,
            shown: Mutex::new(None),
            on_connection: options.on_connection.clone(),
        }
    }

    // What a user does.

    /// Ask something of the state machine.
    pub(crate) fn ask<T>(&self, ask: impl FnOnce(&SessionProtocol) -> T) -> T {
        ask(&self.lock().protocol)
    }

    /// The next message; None after the end, which is told once.
    pub(crate) fn poll_next(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<ServerMessage>>> {
        let mut state = self.lock();
        let next = if let Some(received) = state.inbox.pop_front() {
            state.protocol.deliver(&received);
            if state.inbox.len() + 1 == READ_AHEAD {
                self.work.notify_one();
            }
            state.raw_text = received.text;
            Some(received.message)
        } else if state.over {
            state.protocol.deliver_end();
            state.end.take().map(Err)
        } else {
            state.reader = Some(context.waker().clone());
            return Poll::Pending;
        };
        drop(state);
        self.show();
        Poll::Ready(next)
    }

    /// Answer a question, by default the oldest open one, and return the answer's id.
    pub(crate) fn answer(&self, answer: &Answer, question: Option<&str>) -> Result<String> {
        let answered = self.lock().protocol.answer(answer, question);
        self.work.notify_one();
        answered
    }

    pub(crate) fn cancel(&self, reason: Option<&str>) {
        self.lock().protocol.cancel(reason);
        self.work.notify_one();
    }

    /// Wait until everything is written out, or there is no connection that could take it: it is kept then.
    pub(crate) fn poll_written(&self, context: &mut Context<'_>) -> Poll<()> {
        let state = self.lock();
        if !state.writing && !state.protocol.has_outgoing() {
            return Poll::Ready(());
        }
        state.writers.add(context.waker());
        Poll::Pending
    }

    /// Leave the conversation: nothing more is read.
    pub(crate) fn leave(&self) {
        let mut state = self.lock();
        state.protocol.leave();
        state.inbox.clear();
        (state.over, state.end) = (true, None);
        state.stop_writing();
        drop(state);
        self.show();
    }

    /// Wait until the task is done with its socket.
    pub(crate) fn poll_over(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.over {
            return Poll::Ready(());
        }
        state.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// Whether nothing more can be read.
    pub(crate) fn is_over(&self) -> bool {
        let state = self.lock();
        state.over && state.inbox.is_empty() && state.end.is_none()
    }

    pub(crate) fn raw_text(&self) -> Option<String> {
        let state = self.lock();
        state.raw_text.as_ref().map(|text| text.as_str().to_owned())
    }

    pub(crate) fn close_code(&self) -> Option<u16> {
        if self.is_over() {
            self.lock().close_code
        } else {
            None
        }
    }

    // What the task does.

    pub(super) fn first_frame(&self) -> String {
        self.lock().protocol.first_frame(self.now())
    }

    /// The frames that the socket is to be given now.
    pub(super) fn take_outgoing(&self) -> Vec<String> {
        let mut state = self.lock();
        let frames = state.protocol.outgoing();
        state.writing |= !frames.is_empty();
        frames
    }

    /// Note that the socket has written out what it was given.
    pub(super) fn written(&self) {
        self.lock().stop_writing();
    }

    pub(super) fn receive_text(&self, text: Utf8Bytes) {
        let mut state = self.lock();
        let received = state.protocol.receive_text(text, self.now());
        if state.protocol.is_completed() && state.completed_at.is_none() {
            state.completed_at = Some(Instant::now());
        }
        state.put(received);
        drop(state);
        self.show();
    }

    pub(super) fn receive_binary(&self, data: &Bytes) {
        let mut state = self.lock();
        let received = state.protocol.receive_binary(data, self.now());
        state.put(received);
    }

    /// Whether more is to be read. A user who does not read holds it up.
    pub(super) fn has_room(&self) -> bool {
        self.lock().inbox.len() < READ_AHEAD
    }

    /// Note that reading goes on after there was no room.
    pub(super) fn listen(&self) {
        self.lock().protocol.listen(self.now());
    }

    pub(super) fn is_broken(&self) -> bool {
        self.lock().protocol.is_broken()
    }

    /// When the socket is dropped if nothing is heard until then. After the workflow's end the server closes it, and one
    /// that does not is not waited for.
    pub(super) fn deadline(&self) -> Instant {
        let state = self.lock();
        let silence = self.clock.checked_add(state.protocol.deadline());
        let close = state
            .completed_at
            .and_then(|at| at.checked_add(self.close_timeout));
        // A century stands for a time that cannot be told.
        let never = || self.clock + Duration::from_secs(100 * 365 * 24 * 3600);
        let both = [silence, close].into_iter().flatten();
        both.min().unwrap_or_else(never)
    }

    /// Note how a connection ended, and return how long to wait before the next one. None: there is none.
    pub(super) fn disconnected(&self, close: Close) -> Option<Duration> {
        self.follow(|state, now| {
            state.stop_writing();
            state.close_code = Some(close.code);
            state.protocol.disconnected(close, now)
        })
    }

    /// Note that no connection will be tried any more, and why.
    pub(super) fn give_up(&self, ending: Ending) -> Option<Duration> {
        self.follow(|state, _| state.protocol.give_up(ending))
    }

    /// Note that the task is gone. It may have been ended before its time, with its runtime or by a panic of the user's
    /// own function.
    pub(super) fn finish(&self) {
        if !self.lock().over {
            self.give_up(Ending::lost(
                Close::broken(),
                "the conversation's task was ended".to_owned(),
            ));
        }
        let reader = self.lock().reader.take();
        reader.into_iter().for_each(Waker::wake);
    }

    /// Tell the observer of the connection's state, if it is another.
    pub(super) fn show(&self) {
        let Some(tell) = &self.on_connection else {
            return;
        };
        // When the user's own function ended the task, the reader's task tells: a second panic here would be the last.
        if std::thread::panicking() {
            return;
        }
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.ask(SessionProtocol::connection);
        if shown.replace(state) != Some(state) {
            tell(state);
        }
    }

    fn follow(&self, end: impl FnOnce(&mut State, Duration) -> Next) -> Option<Duration> {
        let mut state = self.lock();
        let delay = match end(&mut state, self.now()) {
            Next::Connect(delay) => Some(delay),
            Next::Over { rest, error } => {
                (state.over, state.end) = (true, error);
                state.put(rest);
                None
            }
        };
        drop(state);
        self.show();
        delay
    }

    fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// The lock is never held across an `await`.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn put(&mut self, received: Vec<Received>) {
        self.inbox.extend(received);
        if self.over || !self.inbox.is_empty() {
            self.reader.take().into_iter().for_each(Waker::wake);
        }
    }

    fn stop_writing(&mut self) {
        self.writing = false;
        self.writers.wake_all();
    }
}
