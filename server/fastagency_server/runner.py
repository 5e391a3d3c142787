"""Runs workflows: a blocking one in a thread, an `async def` one as a task (no thread)."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fastagency_sdk._generated.tables import ConversationState

from .conversation import Conversation
from .errors import ConversationClosed, Overloaded
from .runtimes import ambient
from .settings import Settings
from .threads import Threads
from .ui import UI, AsyncUI
from .workflows import Work

__all__ = ["Runner"]

logger = logging.getLogger(__name__)


class Runner:
    """Runs the workflows of one adapter. Its methods are called on the event loop's thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._threads = Threads(settings)
        self._in_threads = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: asyncio.Event | None = None

    def start(
        self, conversation: Conversation, work: Work, user_id: str | None, ended: Callable[[], None]
    ) -> Callable[[], None]:
        """Run `work` as `conversation`; `ended` is called on the event loop when nothing of it is left.

        Returns what is to be called when the socket is gone. Raises Overloaded when the system has no thread
        left for it; `ended` is not called then.
        """
        if inspect.iscoroutinefunction(work):
            return self._start_task(conversation, work, user_id, ended)
        return self._start_thread(conversation, work, user_id, ended)

    @property
    def busy(self) -> int:
        """How many workflows run."""
        return self._in_threads + len(self._tasks)

    async def idle(self, seconds: float) -> None:
        """Wait until no workflow runs, at most so many seconds."""
        if not self.busy:
            return
        self._idle = asyncio.Event()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()

    def release_threads(self) -> None:
        """End the threads that wait for the next workflow."""
        self._threads.release()

    def _ended(self, ended: Callable[[], None]) -> None:
        if self._idle is not None and not self.busy:
            self._idle.set()
        ended()

    # --- blocking workflows

    def _start_thread(
        self, conversation: Conversation, work: Any, user_id: str | None, ended: Callable[[], None]
    ) -> Callable[[], None]:
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()

        def forget() -> None:
            self._in_threads -= 1
            self._ended(ended)

        def body() -> None:
            try:
                context.run(_run_blocking, conversation, work, UI(conversation, user_id))
            finally:
                # When the loop is closed, so is everything that would want to know.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(forget)

        try:
            self._threads.run(f"workflow-{conversation.workflow_uuid}", body)
        except RuntimeError as error:  # what `threading` makes of the system's refusal
            logger.warning("no thread for a workflow: %s", error)
            raise Overloaded.without_thread() from error
        self._in_threads += 1
        return lambda: None

    # --- async workflows

    def _start_task(
        self, conversation: Conversation, work: Any, user_id: str | None, ended: Callable[[], None]
    ) -> Callable[[], None]:
        loop = asyncio.get_running_loop()
        task = loop.create_task(
            _run_async(conversation, work, AsyncUI(conversation, user_id)),
            name=f"workflow-{conversation.workflow_uuid}",
        )
        self._tasks.add(task)

        def forget(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._ended(ended)

        task.add_done_callback(forget)

        def socket_gone() -> None:
            # A call into `ui` that was waiting raises ConversationClosed and may tidy up; a workflow that
            # waits for something else is cancelled at once.
            if conversation.told:
                timer = loop.call_later(self._settings.cancel_seconds, task.cancel)
                task.add_done_callback(lambda _: timer.cancel())
            else:
                task.cancel()

        return socket_gone


def _run_blocking(conversation: Conversation, work: Callable[[UI], Any], ui: UI) -> None:
    try:
        with ambient(ui):
            result = work(ui)
        if inspect.iscoroutine(result):
            result.close()
            raise TypeError("a plain function returned a coroutine: write the workflow as 'async def'")
    except BaseException as error:
        _conclude(conversation, error)
    else:
        _finish(conversation, result)


async def _run_async(conversation: Conversation, work: Callable[[AsyncUI], Any], ui: AsyncUI) -> None:
    try:
        with ambient(ui):
            result = await work(ui)
    except asyncio.CancelledError:
        conversation.fail("The workflow was cancelled.")
        raise
    except BaseException as error:
        _conclude(conversation, error)
    else:
        _finish(conversation, result)


def _finish(conversation: Conversation, result: Any) -> None:
    try:
        text = None if result is None else str(result)
        conversation.finish(text)
    except Exception as error:  # a result that cannot be text
        _conclude(conversation, error)


def _conclude(conversation: Conversation, error: BaseException) -> None:
    """Tell both sides of an exception: the client what it says, the server's log where it comes from."""
    name, about = conversation.opening.name, {"workflow_uuid": conversation.workflow_uuid}
    if isinstance(error, ConversationClosed):
        logger.info("workflow %r: the conversation ended early", name, extra=about)
        conversation.finish(None)
        return
    if conversation.state is ConversationState.CANCELLED:
        # What a workflow (or AutoGen under it) makes of ConversationClosed; nobody is left to be told.
        logger.info("workflow %r: %s after its client had gone", name, type(error).__name__, extra=about)
        logger.debug("workflow %r", name, exc_info=error, extra=about)
        return
    logger.error("workflow %r failed", name, exc_info=error, extra=about)
    conversation.fail(_text(error))


def _text(error: BaseException) -> str:
    """The exception's text; its class when it has none. Text that cannot be sent is escaped."""
    try:
        text = str(error) or type(error).__name__
    except Exception:
        text = type(error).__name__
    return text.encode(errors="backslashreplace").decode()
