"""AutoGen's events, delivered to a conversation: said, or asked and answered. It needs no AutoGen."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, TypeGuard, overload
from weakref import WeakKeyDictionary

from .mapping import Call, Mapper, content_of, is_asking

if TYPE_CHECKING:
    from ..ui import UI, AsyncUI

__all__ = ["deliver", "deliver_async", "mapper_of"]

_mappers: WeakKeyDictionary[Any, Mapper] = WeakKeyDictionary()
_mappers_lock = threading.Lock()


def mapper_of(ui: Any) -> Mapper:
    """The mapper of the conversation that `ui` belongs to; a conversation may have several `ui` objects."""
    key = getattr(ui, "_conversation", ui)
    with _mappers_lock:
        return _mappers.setdefault(key, Mapper())


@overload
def deliver(event: Any, ui: UI) -> str | None: ...
@overload
def deliver(event: Any, ui: AsyncUI) -> Awaitable[str | None]: ...


def deliver(event: Any, ui: UI | AsyncUI) -> str | Awaitable[str | None] | None:
    """Send one AutoGen event to the conversation of `ui`; with an `AsyncUI` the result is to be awaited.

    A request for input is asked: its answer is returned, and given to the event's `respond`. Every other
    event returns None. Whatever `ui` raises (`ConversationClosed`, spec FA-CLA-6) passes through. Raises
    RuntimeError when an event of an asynchronous run (`agent.a_run()`) asks through a blocking `UI`: such a
    run needs `ui.async_process`.
    """
    if _is_async(ui):
        return deliver_async(event, lambda call: getattr(ui, call.method)(**call.arguments), mapper_of(ui))
    steps = _dialogue(event, mapper_of(ui))
    try:
        call = next(steps)
        while True:
            call = steps.send(getattr(ui, call.method)(**call.arguments))
    except StopIteration as end:
        answer: str | None = end.value
    if inspect.isawaitable(told := _respond(event, answer)):
        if inspect.iscoroutine(told):
            told.close()
        raise RuntimeError("this event belongs to agent.a_run(): use `await ui.async_process(response)`")
    return answer


async def deliver_async(event: Any, perform: Callable[[Call], Awaitable[Any]], mapper: Mapper) -> str | None:
    """As `deliver`, with `perform` to carry out each call."""
    steps = _dialogue(event, mapper)
    try:
        call = next(steps)
        while True:
            call = steps.send(await perform(call))
    except StopIteration as end:
        answer: str | None = end.value
    if inspect.isawaitable(told := _respond(event, answer)):
        await told
    return answer


def _dialogue(event: Any, mapper: Mapper) -> Generator[Call, Any, str | None]:
    """The calls that an event becomes, one by one; the reply for AutoGen at the end, None when it does not
    ask.
    """
    if not is_asking(event):
        yield from mapper.calls(event)
        return None
    content = content_of(event)
    question = mapper.question(str(content.prompt or ""), bool(content.password))
    answer = yield question
    return mapper.reply(question, answer)


def _respond(event: Any, answer: str | None) -> Any:
    respond = getattr(content_of(event), "respond", None)
    return respond(answer) if answer is not None and callable(respond) else None


def _is_async(ui: Any) -> TypeGuard[AsyncUI]:
    from ..ui import AsyncUI

    return isinstance(ui, AsyncUI)
