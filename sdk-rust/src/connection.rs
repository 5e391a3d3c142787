//! A conversation on its socket, driven by polls: no task stands behind it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use futures_sink::Sink;
use tokio::time::{sleep, Instant, Sleep};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as FrameCode;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message, Utf8Bytes};

use crate::answers::Answer;
use crate::endings::Close;
use crate::error::{Error, Result};
use crate::messages::ServerMessage;
use crate::options::Options;
use crate::protocol::ConversationProtocol;
use crate::socket::{close_of, Socket};
use crate::tables::ConversationState;
use crate::wakers::Wakers;

/// What RFC 6455 calls a close frame without a code.
const NO_CODE: u16 = 1005;
const FINISHED: u16 = 1000;
const PING_UNANSWERED: u16 = 1011;

/// A conversation and the socket that it is held on, until that is closed.
pub(crate) struct Connection {
    protocol: ConversationProtocol,
    socket: Option<Socket>,
    raw_text: Option<Utf8Bytes>,
    /// How many frames were given to the socket, and how many of them are known to be written out.
    queued: u64,
    flushed: u64,
    /// The tasks that wait for a flush, and the waker of them all.
    flushing: Arc<Wakers>,
    flushing_waker: Waker,
    ping_interval: Option<Duration>,
    ping_unanswered: bool,
    close_timeout: Duration,
    /// When to ping next or, once the conversation is over, when to stop waiting for the server's close.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    pub(crate) fn new(socket: Socket, protocol: ConversationProtocol, options: &Options) -> Self {
        let flushing = Arc::new(Wakers::default());
        Self {
            protocol,
            socket: Some(socket),
            raw_text: None,
            queued: 0,
            flushed: 0,
            flushing_waker: Waker::from(Arc::clone(&flushing)),
            flushing,
            ping_interval: options.ping_interval,
            ping_unanswered: false,
            close_timeout: options.close_timeout,
            timer: options
                .ping_interval
                .map(|interval| Box::pin(sleep(interval))),
        }
    }

    pub(crate) fn protocol(&self) -> &ConversationProtocol {
        &self.protocol
    }

    /// The frame that was read last, unless it was binary.
    pub(crate) fn raw_text(&self) -> Option<&str> {
        self.raw_text.as_deref()
    }

    /// Whether nothing more can be read.
    pub(crate) fn is_over(&self) -> bool {
        self.socket.is_none()
    }

    /// Queue the first frame.
    pub(crate) fn start(&mut self) {
        let frame = self.protocol.start();
        let _ = self.queue(Message::text(frame)); // reading tells why it cannot be sent
    }

    /// Queue the answer to the oldest open question, and return the number of its frame.
    pub(crate) fn answer(&mut self, answer: &Answer, question: Option<&str>) -> Result<u64> {
        let frame = self.protocol.answer(answer, question)?;
        let queued = self.queue(Message::text(frame));
        queued.map_err(|_| self.protocol.unsent())
    }

    /// Wait until the frame with this number is written out, by whichever task.
    pub(crate) fn poll_sent(&mut self, frame: u64, context: &mut Context<'_>) -> Poll<Result<()>> {
        if self.flushed >= frame {
            return Poll::Ready(Ok(())); // even if the connection has ended since
        }
        let flushed = self.poll_flush(context);
        flushed.map_err(|_| self.protocol.unsent())
    }

    /// Leave the conversation: queue a close frame, and wait for the server's from now on.
    pub(crate) fn leave(&mut self) {
        if self.is_over() {
            return;
        }
        self.protocol.leave();
        let _ = self.queue(Message::Close(Some(close_frame(FINISHED)))); // a dead socket shows when it is read
        self.timer = Some(Box::pin(sleep(self.close_timeout)));
    }

    /// Drop the socket without a word.
    pub(crate) fn drop_socket(&mut self) {
        self.protocol.leave();
        self.socket = None;
        self.flushing.wake_all();
    }

    /// Write out what is queued.
    pub(crate) fn poll_flush(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), SocketError>> {
        let Some(socket) = &mut self.socket else {
            return Poll::Ready(Err(SocketError::AlreadyClosed));
        };
        // Before the flush: the socket may take more as soon as that has failed to finish.
        self.flushing.add(context.waker());
        let mut context_of_all = Context::from_waker(&self.flushing_waker);
        let flushed = ready!(Pin::new(socket).poll_flush(&mut context_of_all));
        if flushed.is_ok() {
            self.flushed = self.queued;
        }
        self.flushing.wake_others(context.waker());
        Poll::Ready(flushed)
    }

    /// The next message, or the error that ended the conversation, once; None after the end.
    pub(crate) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<ServerMessage>>> {
        loop {
            if self.flushed < self.queued {
                // What cannot be sent shows when reading: messages may have come before the connection ended.
                let _ = self.poll_flush(context);
            }
            let Some(socket) = &mut self.socket else {
                return Poll::Ready(None);
            };
            match Pin::new(socket).poll_next(context) {
                Poll::Ready(Some(Ok(message))) => {
                    self.ping_unanswered = false;
                    match message {
                        Message::Text(text) => return Poll::Ready(Some(self.receive_text(text))),
                        Message::Binary(data) => {
                            self.raw_text = None;
                            return Poll::Ready(Some(Err(Error::binary(&data))));
                        }
                        Message::Close(frame) => {
                            let close = frame.map_or(Close::by_server(NO_CODE, ""), |frame| {
                                Close::by_server(frame.code.into(), &frame.reason)
                            });
                            return Poll::Ready(self.end(close, context));
                        }
                        Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(self.end(close_of(&error), context))
                }
                Poll::Ready(None) => return Poll::Ready(self.end(Close::broken(), context)),
                Poll::Pending => {
                    ready!(self.poll_timer(context));
                    if self.protocol.state().is_final() {
                        let close = Close::by_client(FINISHED, "");
                        return Poll::Ready(self.end(close, context));
                    }
                    if self.ping_unanswered {
                        let close = Close::by_client(PING_UNANSWERED, "");
                        return Poll::Ready(self.end(close, context));
                    }
                    self.ping();
                }
            }
        }
    }

    /// Read until the connection is closed, and throw away what comes.
    pub(crate) fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while ready!(self.poll_next(context)).is_some() {}
        Poll::Ready(())
    }

    fn receive_text(&mut self, text: Utf8Bytes) -> Result<ServerMessage> {
        let message = self.protocol.receive_text(&text);
        self.raw_text = Some(text);
        if self.protocol.state() == ConversationState::Completed {
            // The server closes next. One that does not is not waited for.
            self.timer = Some(Box::pin(sleep(self.close_timeout)));
        }
        message
    }

    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.timer {
            Some(timer) => timer.as_mut().poll(context),
            None => Poll::Pending,
        }
    }

    fn ping(&mut self) {
        self.ping_unanswered = true;
        let _ = self.queue(Message::Ping(Default::default())); // a dead socket shows when it is read
        if let (Some(timer), Some(interval)) = (&mut self.timer, self.ping_interval) {
            timer.as_mut().reset(Instant::now() + interval);
        }
    }

    /// Note the end, answer or send the close frame as far as the socket takes it at once, and drop the socket.
    fn end(&mut self, close: Close, context: &mut Context<'_>) -> Option<Result<ServerMessage>> {
        if close.by_client {
            let _ = self.queue(Message::Close(Some(close_frame(close.code))));
        }
        let _ = self.poll_flush(context);
        self.socket = None;
        let ending = self.protocol.disconnected(close).map(Err);
        self.flushing.wake_others(context.waker());
        ending
    }

    /// Give a frame to the socket, and return its number. It goes out with a flush.
    fn queue(&mut self, message: Message) -> Result<u64, SocketError> {
        let Some(socket) = &mut self.socket else {
            return Err(SocketError::AlreadyClosed);
        };
        Pin::new(socket).start_send(message)?;
        self.queued += 1;
        Ok(self.queued)
    }
}

fn close_frame(code: u16) -> CloseFrame {
    CloseFrame {
        code: FrameCode::from(code),
        reason: Utf8Bytes::default(),
    }
}
