//! One socket of a conversation.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as FrameCode;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

use crate::endings::Close;
use crate::socket::{close_of, Socket};

/// What RFC 6455 calls a close frame without a code.
const NO_CODE: u16 = 1005;

/// What happened on a socket.
pub(crate) enum Event {
    Text(Utf8Bytes),
    Binary(Bytes),
    /// Everything that was queued is written out.
    Flushed,
    Closed(Close),
}

/// A socket, and whether it has something to write out.
pub(crate) struct Link {
    socket: Socket,
    unflushed: bool,
}

impl Link {
    pub(crate) fn new(socket: Socket) -> Self {
        Self {
            socket,
            unflushed: false,
        }
    }

    /// Give a text frame to the socket. It goes out while something waits for the next event.
    pub(crate) fn queue(&mut self, text: String) {
        self.give(Message::text(text));
    }

    /// Give a close frame to the socket.
    pub(crate) fn queue_close(&mut self, code: u16) {
        self.give(Message::Close(Some(CloseFrame {
            code: FrameCode::from(code),
            reason: Utf8Bytes::default(),
        })));
    }

    /// Say goodbye, as far as the socket takes it at once.
    pub(crate) async fn say_goodbye(&mut self, code: u16) {
        self.queue_close(code);
        poll_fn(|context| {
            let _ = Pin::new(&mut self.socket).poll_flush(context); // it is dropped either way
            Poll::Ready(())
        })
        .await;
    }

    /// Wait for what happens next. Cancel-safe. Nothing is read unless `reads`.
    pub(crate) async fn next(&mut self, reads: bool) -> Event {
        poll_fn(|context| self.poll_next(reads, context)).await
    }

    fn give(&mut self, message: Message) {
        let _ = Pin::new(&mut self.socket).start_send(message); // a dead socket shows when it is read
        self.unflushed = true;
    }

    fn poll_next(&mut self, reads: bool, context: &mut Context<'_>) -> Poll<Event> {
        if self.unflushed {
            match Pin::new(&mut self.socket).poll_flush(context) {
                Poll::Ready(Ok(())) => {
                    self.unflushed = false;
                    return Poll::Ready(Event::Flushed);
                }
                // What came before the end is still to be read, the server's close frame for one.
                Poll::Ready(Err(_)) if reads => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Event::Closed(close_of(&error))),
                Poll::Pending => {}
            }
        }
        if !reads {
            return Poll::Pending;
        }
        loop {
            let message = match ready!(Pin::new(&mut self.socket).poll_next(context)) {
                Some(Ok(message)) => message,
                Some(Err(error)) => {
                    let close = close_of(&error);
                    if close.by_client {
                        self.queue_close(close.code);
                        let _ = Pin::new(&mut self.socket).poll_flush(context);
                    }
                    return Poll::Ready(Event::Closed(close));
                }
                None => return Poll::Ready(Event::Closed(Close::broken())),
            };
            match message {
                Message::Text(text) => return Poll::Ready(Event::Text(text)),
                Message::Binary(data) => return Poll::Ready(Event::Binary(data)),
                Message::Close(frame) => {
                    let _ = Pin::new(&mut self.socket).poll_flush(context); // answers it
                    let close = frame.map_or(Close::by_server(NO_CODE, ""), |frame| {
                        Close::by_server(frame.code.into(), &frame.reason)
                    });
                    return Poll::Ready(Event::Closed(close));
                }
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}
