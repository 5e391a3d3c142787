"""Threads for blocking workflows: one that begins soon after another has ended gets its thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Final

from .settings import Settings

__all__ = ["Threads"]

_IDLE_SECONDS: Final = 10.0
"""How long a thread waits for another workflow."""

_IDLE_NAME: Final = "idle thread for workflows"

Job = Callable[[], None]

# `threading.stack_size` is one setting for the whole process, so it is set only while a thread starts.
_stack_size_lock = threading.Lock()


class _Worker:
    """One thread's next job."""

    def __init__(self, name: str, job: Job) -> None:
        self.name = name
        self.job: Job | None = job
        self.called = threading.Lock()
        """Taken while the thread has a job; an idle one waits for it."""
        self.called.acquire()

    def call(self, name: str, job: Job | None) -> None:
        """Give an idle thread a job, or none, which ends it."""
        self.name, self.job = name, job
        self.called.release()


class Threads:
    """Any number of threads, one for each job. Up to `Settings.idle_threads` are kept for a while afterwards:
    a new one is a tenth of what a start costs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._released = False

    def run(self, name: str, job: Job) -> None:
        """Run `job`, which raises nothing, in a thread of this name.

        Raises RuntimeError when the system has no thread left; `job` is not run then.
        """
        with self._lock:
            self._released = False
            idle = self._idle.pop() if self._idle else None
        if idle is not None:
            idle.call(name, job)
            return
        # A daemon, so that a workflow inside a long call to a model cannot keep a stopped server alive.
        thread = threading.Thread(target=self._work, args=(_Worker(name, job),), name=name, daemon=True)
        with _stack_size_lock:
            before = threading.stack_size(self._settings.thread_stack_bytes)
            try:
                thread.start()
            finally:
                threading.stack_size(before)

    def release(self) -> None:
        """End the threads that are idle, and those that have a job after it."""
        with self._lock:
            self._released = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.call(_IDLE_NAME, None)

    def _work(self, worker: _Worker) -> None:
        thread = threading.current_thread()
        while worker.job is not None:
            thread.name = worker.name
            worker.job()
            # The next workflow finds nothing of this one; and the loop that it has set may be closed.
            worker.job = None
            asyncio.set_event_loop(None)
            thread.name = _IDLE_NAME
            self._wait(worker)

    def _wait(self, worker: _Worker) -> None:
        """Wait until the thread is called; not for ever, and not when there are idle ones enough."""
        with self._lock:
            if self._released or len(self._idle) >= self._settings.idle_threads:
                return
            self._idle.append(worker)
        if worker.called.acquire(timeout=_IDLE_SECONDS):
            return
        with self._lock:
            if worker in self._idle:
                self._idle.remove(worker)
                return
        worker.called.acquire()  # it was called at the last moment
