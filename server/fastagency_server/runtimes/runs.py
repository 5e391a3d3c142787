"""A run that AutoGen holds in the background (`agent.run()`, `agent.a_run()`), shown in a conversation.

Such a run has a thread or a task of its own, with a stream of its own: its events come through a queue.
When the conversation ends early the run must end too, or its thread would wait for an answer for ever.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

from ..ui import UI, AsyncUI
from .events import deliver, deliver_async, mapper_of
from .mapping import Call, content_of, event_type, is_asking

__all__ = ["RunAbandoned", "process", "process_async"]

_POLL_SECONDS = 0.02
"""How often an idle run's conversation is looked at. AutoGen itself polls the same queue ten times a
second.
"""

_FAREWELL_SECONDS = 2.0
"""How long to wait for an abandoned run's end. One that is inside a long call ends by itself right after
it.
"""

_LAST = frozenset({"error", "run_completion"})


class RunAbandoned(Exception):
    """Raised inside a run whose conversation is over, where it next says something. AutoGen takes it as a
    failure.
    """


def process(response: Any, ui: UI) -> str:
    """Show the events of `agent.run()`, answer its requests for input, and return its summary.

    Raises what the run failed with, and `ConversationClosed` when the socket drops (spec FA-CLA-6); the run
    ends then.
    """
    events = iter(response.events)
    last: Any = None
    try:
        for last in _while_open(events, response, ui):
            # The failure of a run is raised here next, so it is not shown as a message of its own.
            if event_type(last) != "error":
                deliver(last, ui)
    except BaseException:
        if event_type(last) not in _LAST:
            _abandon(response, events, last)
        raise
    return _text(response.summary)


async def process_async(response: Any, ui: UI | AsyncUI) -> str:
    """The same for `agent.a_run()`. A blocking `ui` is called in another thread, so that the run can go on
    meanwhile.
    """

    def perform(call: Call) -> Awaitable[Any]:
        method = getattr(ui, call.method)
        if isinstance(ui, AsyncUI):
            answer: Awaitable[Any] = method(**call.arguments)
            return answer
        return asyncio.to_thread(method, **call.arguments)

    events = aiter(response.events)
    last: Any = None
    try:
        async for last in events:
            if event_type(last) != "error":
                await deliver_async(last, perform, mapper_of(ui))
    except BaseException:
        if event_type(last) not in _LAST:
            await _abandon_async(response, events, last)
        raise
    return _text(await response.summary)


def _text(summary: Any) -> str:
    return "" if summary is None else str(summary)


def _while_open(events: Iterator[Any], response: Any, ui: UI) -> Iterator[Any]:
    """The run's events, as long as the conversation lasts.

    Waiting inside AutoGen's own iterator would be waiting for ever when the run's thread has ended without
    a word, as it does when a tool in it raises ConversationClosed.
    """
    queue = _queue(response)
    last: Any = None
    while True:
        # After the last event the iterator ends or raises by itself, without looking at the queue.
        while queue is not None and queue.empty() and event_type(last) not in _LAST:
            ui._conversation.check_open()
            time.sleep(_POLL_SECONDS)
        try:
            last = next(events)
        except StopIteration:
            return
        yield last


def _abandon(response: Any, events: Iterator[Any], last: Any) -> None:
    """End a run: what waits for an answer gets `exit`, and the next thing that it says raises
    `RunAbandoned` in it.
    """
    if (queue := _queue(response)) is None:
        return
    _refuse(response.iostream)
    if last is not None and is_asking(last):
        content_of(last).respond("exit")
    until = time.monotonic() + _FAREWELL_SECONDS
    while time.monotonic() < until:
        if queue.empty():
            time.sleep(_POLL_SECONDS)
            continue
        event = next(events)
        if event_type(event) in _LAST:
            return
        if is_asking(event):
            content_of(event).respond("exit")


async def _abandon_async(response: Any, events: AsyncIterator[Any], last: Any) -> None:
    """As `_abandon`. Nothing needs to be waited for: the run's task takes its turn when this one is done."""
    if (queue := _queue(response)) is None:
        return
    _refuse(response.iostream)
    if last is not None and is_asking(last):
        await content_of(last).respond("exit")
    while not queue.empty():
        event = await anext(events, None)
        if event is None:  # the iterator itself was interrupted, and is over
            return
        if is_asking(event):
            await content_of(event).respond("exit")


def _queue(response: Any) -> Any:
    """The queue that a run's events come through; None for one that has no background."""
    return getattr(getattr(response, "iostream", None), "input_stream", None)


def _refuse(iostream: Any) -> None:
    """Let the run's own stream refuse everything but the run's end."""
    send = iostream.send

    def refuse(event: Any) -> None:
        if event_type(event) not in _LAST:
            raise RunAbandoned("the conversation is over")
        send(event)

    iostream.send = refuse
