//! The tasks that wait for one socket.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// The tasks to wake when the socket takes more, as one waker.
///
/// The socket remembers one task for writing, the last one that asked. Whoever reads flushes too, so that the socket
/// would forget those who wait for their answer to go out.
#[derive(Default)]
pub(crate) struct Wakers(Mutex<Vec<Waker>>);

impl Wakers {
    /// Wake this task too, once.
    pub(crate) fn add(&self, waker: &Waker) {
        let mut waiting = self.lock();
        if !waiting.iter().any(|it| it.will_wake(waker)) {
            waiting.push(waker.clone());
        }
    }

    /// Wake all tasks but this one, which is running, and forget them all.
    pub(crate) fn wake_others(&self, running: &Waker) {
        for waker in self.take() {
            if !waker.will_wake(running) {
                waker.wake();
            }
        }
    }

    /// Wake all tasks, and forget them.
    pub(crate) fn wake_all(&self) {
        self.take().into_iter().for_each(Waker::wake);
    }

    /// A task may run as soon as it is woken, so none is woken under the lock.
    fn take(&self) -> Vec<Waker> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}
