"""What a workflow calls to talk to its user: `UI` blocks, `AsyncUI` is awaited; the methods are the same.

Every method is written once, in `_Voice`, in terms of two that each of the two classes has in its own way:
`_say` (send and go on) and `_ask` (send and wait for the answer).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import TIMEOUT_MAX, Lock
from typing import Any, Generic, TypeVar

from fastagency_sdk._generated.messages import Outcome
from fastagency_sdk._generated.tables import ASKING_TYPES, MESSAGE_CLASSES

from .conversation import Conversation
from .envelope import content_fields, encode, new_uuid
from .errors import AnswerTimeout, InvalidMessage
from .questions import Question

__all__ = ["UI", "AsyncUI"]

Said = TypeVar("Said")
Asked = TypeVar("Asked")
Content = dict[str, Any]

_OF_THE_SERVER = frozenset({"code", "expires_at", "outcome"})
"""Fields of `fastagency.v1` that a server fills in itself: those of another server are not passed on."""


class _Voice(ABC, Generic[Said, Asked]):
    """The ten messages. Every method takes the envelope's fields first:

    `sender` and `recipient`, for display; `auto_reply`, True when an agent answered by itself; `uuid` of the
    message (None: a new one). Every method raises `InvalidMessage` (a ValueError and a TypeError) for a field
    that the protocol cannot carry, and `ConversationClosed` once the conversation is over (spec FA-CLA-6).
    """

    def __init__(self, conversation: Conversation, user_id: str | None = None) -> None:
        self._conversation = conversation
        self._user_id = user_id

    @property
    def workflow_uuid(self) -> str:
        """The conversation's id, 32 hex digits."""
        return self._conversation.workflow_uuid

    @property
    def _workflow_uuid(self) -> str:
        # Providers that were written for FastAgency read this name.
        return self._conversation.workflow_uuid

    @property
    def user_id(self) -> str | None:
        """The authenticated user, None on a server that authenticates nobody."""
        return self._user_id

    @abstractmethod
    def _say(
        self, kind: str, content: Content, sender: Any, recipient: Any, auto_reply: Any, uuid: Any
    ) -> Said: ...

    @abstractmethod
    def _ask(self, kind: str, content: Content, timeout: float | None, *envelope: Any) -> Asked: ...

    @abstractmethod
    def _stream(self, *piece: Any) -> Said: ...

    def text_message(
        self,
        sender: str | None = None,
        recipient: str | None = None,
        auto_reply: bool = False,
        uuid: str | None = None,
        body: str | list[dict[str, Any]] | None = None,
    ) -> Said:
        """Show `body` to the user: text, often Markdown, or a list of content parts."""
        return self._say("text_message", {"body": body}, sender, recipient, auto_reply, uuid)

    def suggested_function_call(
        self,
        sender: str | None = None,
        recipient: str | None = None,
        auto_reply: bool = False,
        uuid: str | None = None,
        function_name: str | None = None,
        call_id: str | None = None,
        arguments: dict[str, Any] | None = None,
    ) -> Said:
        """Show that an agent proposes to call a function. `call_id` joins it to its result."""
        content = {"function_name": function_name, "call_id": call_id, "arguments": arguments or {}}
        return self._say("suggested_function_call", content, sender, recipient, auto_reply, uuid)

    def function_call_execution(
        self,
        sender: str | None = None,
        recipient: str | None = None,
        auto_reply: bool = False,
        uuid: str | None = None,
        function_name: str | None = None,
        call_id: str | None = None,
        retval: Any = None,
    ) -> Said:
        """Show what a function returned: `retval`, any JSON value."""
        content = {"function_name": function_name, "call_id": call_id, "retval": retval}
        return self._say("function_call_execution", content, sender, recipient, auto_reply, uuid)

    def text_input(
        self,
        sender: str | None = None,
        recipient: str | None = None,
        auto_reply: bool = False,
        uuid: str | None = None,
        prompt: str | None = None,
        suggestions: list[str] | None = None,
        password: bool = False,
        timeout: float | None = None,
    ) -> Asked:
        """Ask for a text and return it. `password` hides what is typed.

        After `timeout` seconds the question closes, and AnswerTimeout is raised (spec FA-ANS-5); None waits
        for ever.
        """
        content = {"prompt": prompt, "suggestions": suggestions or [], "password": password}
        return self._ask("text_input", content, timeout, sender, recipient, auto_reply, uuid)

    def multiple_choice(
        self,
        sender: str | None = None,
        recipient: str | None = None,
        auto_reply: bool = False,
        uuid: str | None = None,
        prompt: str | None = None,
        choices: list[str] | None = None,
        default: str | None = None,
        single: bool = True,
        timeout: float | None = None,
    ) -> Asked:
        """Ask to pick from `choices`, and return the pick: one of them, or several joined with `,`.

        An empty answer stands for `default`, where there is one. An invalid answer gets an `error` and the
        very same message again; after ten of them the workflow fails (spec FA-CLA-4).

        After `timeout` seconds the question closes: `default` is returned, or AnswerTimeout raised where
        there is none
        (spec FA-ANS-5). None waits for ever.
        """
        content = {"prompt": prompt, "choices": choices or [], "default": default, "single": single}
        return self._ask("multiple_choice", content, timeout, sender, recipient, auto_reply, uuid)

    def system_message(
        self,
        sender: str | None = None,
        recipient: str | None = None,
        auto_reply: bool = False,
        uuid: str | None = None,
        message: dict[str, Any] | None = None,
    ) -> Said:
        """Say something about the workflow itself, for example `{"heading": …, "body": …}`."""
        return self._say("system_message", {"message": message or {}}, sender, recipient, auto_reply, uuid)

    def workflow_started(
        self,
        sender: str | None = None,
        recipient: str | None = None,
        auto_reply: bool = False,
        uuid: str | None = None,
        name: str | None = None,
        description: str | None = None,
        params: dict[str, Any] | None = None,
    ) -> Said:
        """Say that the workflow runs. It is said once: the server does it for a workflow, a foreign provider
        does it itself, and any later one is not sent.
        """
        content = {"name": name, "description": description, "params": params or {}}
        return self._say("workflow_started", content, sender, recipient, auto_reply, uuid)

    def workflow_completed(
        self,
        sender: str | None = None,
        recipient: str | None = None,
        auto_reply: bool = False,
        uuid: str | None = None,
        result: Any = None,
    ) -> Said:
        """Say that the workflow is over; its socket closes next. Providers call it; a workflow need not.

        `result` is sent as text, whatever it is; None stays null.
        """
        content: Content = {"result": None if result is None else str(result)}
        if self._conversation.resumable:
            content["outcome"] = Outcome.COMPLETED
        return self._say("workflow_completed", content, sender, recipient, auto_reply, uuid)

    def error(
        self,
        sender: str | None = None,
        recipient: str | None = None,
        auto_reply: bool = False,
        uuid: str | None = None,
        short: str | None = None,
        long: str | None = None,
    ) -> Said:
        """Say that something went wrong: `short` for the user, `long` the details. The workflow goes on."""
        return self._say("error", {"short": short, "long": long}, sender, recipient, auto_reply, uuid)

    def keep_alive(
        self,
        sender: str | None = None,
        recipient: str | None = None,
        auto_reply: bool = False,
        uuid: str | None = None,
    ) -> Said:
        """Prove that the connection is alive, and nothing else."""
        return self._say("keep_alive", {}, sender, recipient, auto_reply, uuid)

    def text_chunk(
        self,
        sender: str | None = None,
        recipient: str | None = None,
        uuid: str = "",
        delta: str = "",
        replace: bool = False,
    ) -> Said:
        """Show a piece of a text while it is being written; `text_message` with the same `uuid` says the
        whole text.

        `uuid` is of the message that the text will be; `replace` says that `delta` is the whole text so far.
        In classic it says nothing, since the whole text follows (spec FA-FRM-3, FA-CLA-8).
        """
        return self._stream(uuid, sender, recipient, delta, replace)

    def _question(
        self,
        kind: str,
        content: Content,
        timeout: float | None,
        envelope: tuple[Any, ...],
        done: Callable[[], None],
    ) -> Question:
        if timeout is not None:
            if not timeout > 0:
                raise InvalidMessage(f"{kind}: timeout: {timeout!r} is not a positive number of seconds")
            if self._conversation.resumable:
                content["expires_at"] = _in_seconds(timeout)
        if (
            kind == "multiple_choice"
            and not content["choices"]
            and content["default"] is None
            and content["single"]
        ):
            raise InvalidMessage("multiple_choice: content.choices: there is nothing to choose from")
        sender, recipient, auto_reply, uuid = envelope
        uuid = new_uuid() if uuid is None else uuid
        frame = encode(kind, content, self.workflow_uuid, sender, recipient, auto_reply, uuid)
        return Question.of(kind, content, frame, done, uuid)

    def _unanswered(self, question: Question, timeout: float | None) -> str:
        """What a question comes to whose time ran out."""
        if not self._conversation.expire(question):
            return self._conversation.answer_to(question)
        if question.answer is None:
            raise AnswerTimeout(f"there was no answer within {timeout:g} s")
        return question.answer

    def _forward(self, message: Mapping[str, Any]) -> Said | Asked:
        """Say or ask one of the protocol's own envelopes, with this conversation's id."""
        kind = message["type"]
        content = dict(message["content"])
        if unknown := content.keys() - content_fields(kind):
            raise InvalidMessage(f"{kind}: content.{sorted(unknown)[0]}: there is no such field")
        method: Callable[..., Said | Asked] = getattr(self, kind)
        content = {name: value for name, value in content.items() if name not in _OF_THE_SERVER}
        fields = ("sender", "recipient", "auto_reply", "uuid")
        return method(**{name: message[name] for name in fields if name in message}, **content)


class UI(_Voice[None, str]):
    """Talks to the user from a blocking workflow; a question parks the workflow's thread until it is
    answered.

    It may be called from several threads of one workflow; questions then reach the user one after the other.
    """

    def process(self, response: Any) -> str:
        """Show the events of an AG2 run (`agent.run()`), answer its input requests, and return its summary.

        Raises what the run failed with. When the conversation ends early, so does the run (spec FA-CLA-6).
        """
        from .runtimes.runs import process

        return process(response, self)

    async def async_process(self, response: Any) -> str:
        """The same for an AG2 `a_run()`, in an `async def` workflow that takes a `UI`."""
        from .runtimes.runs import process_async

        return await process_async(response, self)

    def process_message(self, message: Any) -> str | None:
        """Show one AG2 event, or one message of this protocol (any object whose `model_dump()` is its
        envelope).

        Returns the answer when it asks something, otherwise None.
        """
        envelope = _envelope(message)
        if envelope is not None:
            return self._forward(envelope)
        from .runtimes.events import deliver

        return deliver(message, self)

    def _say(
        self, kind: str, content: Content, sender: Any, recipient: Any, auto_reply: Any, uuid: Any
    ) -> None:
        conversation = self._conversation
        frame = encode(kind, content, conversation.workflow_uuid, sender, recipient, auto_reply, uuid)
        if not conversation.post(kind, frame):
            self._wait()

    def _wait(self) -> None:
        parked = _parked()
        if self._conversation.wait_for_room(parked.release):
            parked.acquire()
            self._conversation.check_open()

    def _ask(self, kind: str, content: Content, timeout: float | None, *envelope: Any) -> str:
        parked = _parked()
        question = self._question(kind, content, timeout, envelope, parked.release)
        self._conversation.ask(kind, question)
        if not parked.acquire(timeout=-1 if timeout is None else min(timeout, TIMEOUT_MAX)):
            return self._unanswered(question, timeout)
        return self._conversation.answer_to(question)

    def _stream(self, *piece: Any) -> None:
        if not self._conversation.text_chunk(*piece):
            self._wait()


class AsyncUI(_Voice[Awaitable[None], Awaitable[str]]):
    """Talks to the user from an `async def` workflow: the methods of `UI`, to be awaited. It needs no
    thread."""

    @property
    def blocking(self) -> UI:
        """The same conversation for code in another thread. Never call it on the event loop's own thread."""
        return UI(self._conversation, self._user_id)

    async def process(self, response: Any) -> str:
        """Show the events of an AG2 run (`agent.a_run()`), answer its input requests, and return its summary.

        Raises what the run failed with. When the conversation ends early, so does the run (spec FA-CLA-6).
        """
        from .runtimes.runs import process_async

        return await process_async(response, self)

    async_process = process

    async def process_message(self, message: Any) -> str | None:
        """As `UI.process_message`."""
        envelope = _envelope(message)
        if envelope is not None:
            return await self._forward(envelope)
        from .runtimes.events import deliver

        return await deliver(message, self)

    async def _say(
        self, kind: str, content: Content, sender: Any, recipient: Any, auto_reply: Any, uuid: Any
    ) -> None:
        conversation = self._conversation
        frame = encode(kind, content, conversation.workflow_uuid, sender, recipient, auto_reply, uuid)
        if not conversation.post(kind, frame):
            await self._wait()

    async def _stream(self, *piece: Any) -> None:
        if not self._conversation.text_chunk(*piece):
            await self._wait()

    async def _wait(self) -> None:
        done, resume = _awaited()
        if self._conversation.wait_for_room(resume):
            await done
            self._conversation.check_open()

    async def _ask(self, kind: str, content: Content, timeout: float | None, *envelope: Any) -> str:  # noqa: ASYNC109
        done, resume = _awaited()
        question = self._question(kind, content, timeout, envelope, resume)
        self._conversation.ask(kind, question)
        try:
            async with asyncio.timeout(timeout):
                await done
        except TimeoutError:
            return self._unanswered(question, timeout)
        return self._conversation.answer_to(question)


def _in_seconds(seconds: float) -> str:
    """The time in so many seconds, RFC 3339 in UTC."""
    when = datetime.now(UTC) + timedelta(seconds=seconds)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parked() -> Lock:
    """A lock that is taken: the next `acquire` waits until somebody releases it."""
    lock = Lock()
    lock.acquire()
    return lock


def _awaited() -> tuple[asyncio.Future[None], Callable[[], None]]:
    """A future, and what completes it from any thread. A workflow may have been cancelled in the meantime."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def complete() -> None:
        if not future.done():
            future.set_result(None)

    return future, lambda: _call_in(loop, complete)


def _call_in(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    try:
        here = asyncio.get_running_loop() is loop
    except RuntimeError:
        here = False
    if here:
        callback()
        return
    # A loop that is closed has no workflow left to resume.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(callback)


def _envelope(message: Any) -> Mapping[str, Any] | None:
    """The message's envelope when it is one of this protocol's, otherwise None (then it is an AG2 event)."""
    dump = getattr(message, "model_dump", None)
    if not callable(dump):
        return None
    value = dump()
    if not isinstance(value, Mapping) or not isinstance(value.get("content"), Mapping):
        return None
    return value if value.get("type") in MESSAGE_CLASSES and "workflow_uuid" in value else None


assert {"text_input", "multiple_choice"} == ASKING_TYPES
