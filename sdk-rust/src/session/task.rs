//! The task behind a conversation of `fastagency.v1`: it reads, and comes back when a connection ends.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{sleep, sleep_until, timeout};

use crate::client::Client;
use crate::endings::{Close, Ending};
use crate::error::Error;
use crate::options::Options;
use crate::socket::Socket;

use super::link::{Event, Link};
use super::protocol::Begin;
use super::shared::Shared;

const FINISHED: u16 = 1000;

/// A conversation, and its task. Dropped, it leaves the conversation at once and ends the task.
pub(crate) struct Session {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Session {
    /// Hold a conversation, first on this socket, which the server opened for `fastagency.v1`.
    pub(crate) fn start(client: &Client, begin: Begin, socket: Socket, options: &Options) -> Self {
        let shared = Arc::new(Shared::new(begin, options));
        shared.show();
        let holder = Holder {
            shared: Arc::clone(&shared),
            client: client.clone(),
            link: Some(Link::new(socket)),
        };
        let task = tokio::spawn(holder.run());
        Self { shared, task }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Leave the conversation, and wait until its socket is closed.
    pub(crate) async fn close(&mut self) {
        self.shared.leaving.notify_one();
        poll_fn(|context| self.shared.poll_over(context)).await;
        self.shared.leave(); // what was not read yet is not read any more
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.shared.leave();
        self.task.abort();
    }
}

/// The task's own: it holds a socket, or waits for the next one.
struct Holder {
    shared: Arc<Shared>,
    client: Client,
    link: Option<Link>,
}

impl Holder {
    async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let leaves = tokio::select! {
            biased;
            () = shared.leaving.notified() => true,
            () = self.come_back() => false,
        };
        if leaves {
            self.part().await;
        }
    }

    /// Hold one connection after the other, until there is none to follow.
    async fn come_back(&mut self) {
        while let Some(link) = &mut self.link {
            let close = hold(link, &self.shared).await;
            self.link = None;
            let mut delay = self.shared.disconnected(close);
            while let (Some(wait), None) = (delay, &self.link) {
                sleep(wait).await;
                match self.client.open_session().await {
                    Ok(socket) => self.link = Some(Link::new(socket)),
                    Err(error) => delay = self.not_opened(&error),
                }
            }
        }
    }

    /// A status that says who may not is final; any other failure to open is a connection that broke.
    fn not_opened(&self, error: &Error) -> Option<Duration> {
        match error {
            Error::RequestRefused {
                status: status @ (401 | 403 | 404),
                detail,
                ..
            } => self.shared.give_up(Ending::not_opened(*status, detail)),
            _ => self.shared.disconnected(Close::broken()),
        }
    }

    /// Send what there is to send, and close the socket with a close frame.
    async fn part(&mut self) {
        let frames = self.shared.take_outgoing();
        if let Some(link) = &mut self.link {
            frames.into_iter().for_each(|frame| link.queue(frame));
            link.queue_close(FINISHED);
            let closed = async { while !matches!(link.next(true).await, Event::Closed(_)) {} };
            // A server that does not answer is not waited for.
            let _ = timeout(self.client.options().close_timeout, closed).await;
        }
        self.shared.leave();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.shared.finish();
    }
}

/// Hold a socket until it ends, and return how it did.
async fn hold(link: &mut Link, shared: &Shared) -> Close {
    link.queue(shared.first_frame());
    let mut reading = true;
    while !shared.is_broken() {
        for frame in shared.take_outgoing() {
            link.queue(frame);
        }
        let reads = shared.has_room();
        if reads && !reading {
            shared.listen();
        }
        reading = reads;
        tokio::select! {
            event = link.next(reads) => match event {
                Event::Text(text) => shared.receive_text(text),
                Event::Binary(data) => shared.receive_binary(&data),
                Event::Flushed => shared.written(),
                Event::Closed(close) => return close,
            },
            () = shared.work.notified() => {}
            // The connection is dead, whatever TCP says (spec FA-LIV-1).
            () = sleep_until(shared.deadline()), if reads => break,
        }
    }
    link.say_goodbye(FINISHED).await;
    Close::broken()
}
