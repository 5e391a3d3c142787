"""AutoGen's input and output, led into a conversation. Only this module imports AutoGen for it.

AutoGen prints and asks through an `IOStream` that it takes from a context variable: each conversation sets
its own, so conversations in one process never mix, and AutoGen itself stays as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from autogen.io import IOConsole, IOStream

from ..ui import UI, AsyncUI
from .events import deliver, mapper_of
from .mapping import is_asking, printed
from .threads import quiet_when_closed

__all__ = ["NoConversation", "conversation_stream", "refuse_standard_input"]

logger = logging.getLogger(__name__)


class NoConversation(RuntimeError):
    """An agent asked its human for something where there is no conversation to ask in."""


@contextmanager
def conversation_stream(ui: UI | AsyncUI) -> Iterator[None]:
    """Let AutoGen say and ask through `ui` in the current context: this thread, or this task and those it
    starts.
    """
    refuse_standard_input()
    stream: Any = AsyncConversationStream(ui) if isinstance(ui, AsyncUI) else ConversationStream(ui)
    with IOStream.set_default(stream):
        yield


def refuse_standard_input() -> None:
    """Make sure that no agent ever reads the server's standard input.

    Outside of conversations AutoGen takes its process-wide default stream, which is the console. It is
    replaced by one that logs what is said (at debug) and raises `NoConversation` when something is asked.
    """
    if isinstance(IOStream.get_global_default(), IOConsole):
        nowhere: Any = _Nowhere()
        IOStream.set_global_default(nowhere)
    quiet_when_closed()


class ConversationStream:
    """The stream of a blocking workflow. Any thread that runs in the workflow's context may use it."""

    def __init__(self, ui: UI) -> None:
        self._ui = ui

    def print(self, *objects: Any, sep: str = " ", end: str = "\n", flush: bool = False) -> None:
        """Show printed text as a text message. `end` and `flush` mean nothing here."""
        del end, flush
        for call in printed(sep.join(map(str, objects))):
            getattr(self._ui, call.method)(**call.arguments)

    def send(self, message: Any) -> None:
        """Show one event."""
        deliver(message, self._ui)

    def input(self, prompt: str = "", *, password: bool = False) -> str:
        """Ask the user and wait for the answer. Raises ConversationClosed when there will be none."""
        mapper = mapper_of(self._ui)
        question = mapper.question(prompt, password)
        return _Answer(mapper.reply(question, getattr(self._ui, question.method)(**question.arguments)))


class AsyncConversationStream:
    """The stream of an `async def` workflow.

    AutoGen sends from the event loop and from the loop's executor alike, without awaiting; it awaits
    `input`. It awaits it in its `a_…` functions only: its blocking ones cannot ask in an `async def`
    workflow.
    """

    def __init__(self, ui: AsyncUI) -> None:
        self._ui = ui
        self._now = _Unthrottled.of(ui)

    def print(self, *objects: Any, sep: str = " ", end: str = "\n", flush: bool = False) -> None:
        """Show printed text as a text message. `end` and `flush` mean nothing here."""
        del end, flush
        for call in printed(sep.join(map(str, objects))):
            getattr(self._now, call.method)(**call.arguments)

    def send(self, message: Any) -> None:
        """Show one event."""
        if is_asking(message):
            logger.warning("dropped a request for input that nobody awaits: %s", message)
            return
        deliver(message, self._now)

    async def input(self, prompt: str = "", *, password: bool = False) -> str:
        """Ask the user and await the answer. Raises ConversationClosed when there will be none."""
        mapper = mapper_of(self._ui)
        question = mapper.question(prompt, password)
        return mapper.reply(question, await getattr(self._ui, question.method)(**question.arguments))


class _Unthrottled(UI):
    """A `UI` that never waits for a slow reader, for callers that cannot: they are on the event loop.

    What an agent says between two answers of its model is little, so memory stays bounded all the same.
    """

    @classmethod
    def of(cls, ui: AsyncUI) -> _Unthrottled:
        return cls(ui._conversation, ui.user_id)

    def _wait(self) -> None:
        pass


class _Answer(str):
    """An answer that may be awaited too: pyautogen 0.9 awaits any stream's `input` in its `a_…` functions."""

    def __await__(self) -> Generator[Any, None, str]:
        yield from ()
        return str(self)


class _Nowhere:
    """The stream outside of conversations."""

    def print(self, *objects: Any, sep: str = " ", end: str = "\n", flush: bool = False) -> None:
        del end, flush
        logger.debug("printed outside of a conversation: %s", sep.join(map(str, objects)))

    def send(self, message: Any) -> None:
        logger.debug("said outside of a conversation: %s", getattr(message, "type", type(message).__name__))

    def input(self, prompt: str = "", *, password: bool = False) -> str:
        del password
        raise NoConversation(
            f"An agent asked {prompt!r} outside of a conversation, and a server has no console to ask on."
            " A thread that a workflow starts does not know its conversation: start it with"
            " contextvars.copy_context().run."
        )
