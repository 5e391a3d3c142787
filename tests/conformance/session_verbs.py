"""The steps of a case in which a server is judged in `fastagency.v1`; `schema.yaml` says what each means."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID, uuid4

from .cases import Step
from .checks import check_some
from .results import Mismatch
from .session_log import SUBPROTOCOL, Reader, Record, close_name, instant
from .stage import SOCKET
from .wire import Ended, Received, Wire

if TYPE_CHECKING:
    from .server_role import ServerCase

__all__ = ["SessionVerbs"]

_TOKEN_LENGTH = 32
"""128 random bits in hex (spec FA-SEC-2)."""

_UNNAMED = "it"
"""The conversation of a step that names none."""


class SessionVerbs:
    """The conversations and the sockets of `fastagency.v1` of one case."""

    def __init__(self, case: ServerCase) -> None:
        self._case = case
        self._records: dict[str, Record] = {}
        self._readers: dict[str, Reader] = {}
        self._refusal: tuple[str | None, str | None, str] | None = None
        self.verbs: dict[str, Callable[[Step], Awaitable[None]]] = {
            "announce": self._announce,
            "begin": self._begin,
            "rejoin": self._rejoin,
            "ready": self._ready,
            "replay": self._replay,
            "respond": self._respond,
            "refused": self._refused,
            "pause": self._pause,
            "stall": self._stall,
            "catch_up": self._catch_up,
        }

    @property
    def names(self) -> dict[str, str]:
        """What stands for what in the texts of a case."""
        found = {"$url": self._case.url}
        if (record := self._records.get(_UNNAMED)) is not None:
            found |= {
                "$conversation": record.uuid,
                "$token": record.token or "",
                "$epoch": record.epoch or "",
            }
        return found

    def opened(self, socket: str) -> None:
        """A socket was opened, and the server chose `fastagency.v1`."""
        self._readers[socket] = Reader()

    def holds(self, step: Step) -> bool:
        """Whether the step's socket is one of `fastagency.v1`."""
        return step.get("socket", "") in self._readers

    async def receive(self, step: Step) -> None:
        """The next message is of this type, and has these fields."""
        wanted = step["receive"]
        for _ in range(step.get("times", 1)):
            reader = self._readers[step.get("socket", "")]
            before = None if wanted.get("after_others") else reader.cursor
            message = await self._message(step, wanted["type"], pass_over=wanted.get("after_others", False))
            check_some(message, self._case.filled(wanted.get("fields", {})), wanted["type"])
            check_some(message.get("content"), self._case.filled(wanted.get("content", {})), wanted["type"])
            again = message.get("seq") is not None and before is not None and message["seq"] <= before
            if again != wanted.get("again", False):
                raise Mismatch(f"the {wanted['type']} with seq {message.get('seq')} came after {before}")
            if "expires" in wanted:
                _check_expiry(message, wanted["expires"])

    # --- how a session begins -------------------------------------------------------------------------

    async def _announce(self, step: Step) -> None:
        wanted, name = step["announce"], step.get("of", _UNNAMED)
        case = self._case
        params = {**wanted.get("params", {}), "script": case.script}
        body = {
            "workflow_name": wanted.get("workflow", case.workflow),
            "workflow_uuid": case.filled(wanted.get("workflow_uuid", str(uuid4()))),
            "user_id": None,
            "params": params,
        }
        initiated = await case.announce(wanted, body)
        if SUBPROTOCOL not in (initiated.get("subprotocols") or ()):
            raise Mismatch(f"initiate_workflow does not list {SUBPROTOCOL} (spec FA-NEG-1)")
        token = initiated.get("resume_token")
        if token is None or len(token) < _TOKEN_LENGTH:
            raise Mismatch("initiate_workflow gives no resume_token of 128 bits (spec FA-NEG-1, FA-SEC-2)")
        if any(token == it.token for it in self._records.values()):
            raise Mismatch("two conversations have the same resume_token")
        ticket = initiated.get("ticket")
        if (ticket is not None) != wanted.get("ticket", ticket is not None):
            raise Mismatch("initiate_workflow gives " + ("a" if ticket else "no") + " ticket (spec FA-SEC-5)")
        uuid = UUID(initiated["workflow_uuid"]).hex
        self._records[name] = Record(uuid, token, ticket, params=params)

    async def _begin(self, step: Step) -> None:
        wanted, name = step["begin"], step.get("of", _UNNAMED)
        case = self._case
        if not wanted.get("announced", True):
            uuid = case.filled(wanted.get("workflow_uuid", str(uuid4())))
            params = {**wanted.get("params", {}), "script": case.script}
            self._records[name] = Record(UUID(uuid).hex, params=params)
        elif name not in self._records:
            await self._announce({"announce": wanted, "of": name})
        record = self._records[name]
        frame = {
            "type": "start_workflow",
            "workflow_uuid": record.uuid,
            "name": wanted.get("workflow", case.workflow),
            "params": record.params,
            "resume_token": case.filled(wanted.get("resume_token", record.token)),
        }
        # A start that is repeated is a resume with `after_seq` 0 (spec FA-RES-7).
        reader = Reader(record, 0 if record.starts else None)
        record.starts += 1
        await self._first(step, wanted, frame, reader)
        if record.token is None and frame["resume_token"] and len(frame["resume_token"]) >= _TOKEN_LENGTH:
            record.token = frame["resume_token"]

    async def _rejoin(self, step: Step) -> None:
        wanted = step["rejoin"]
        record = self._record(step)
        filled = self._case.filled(wanted)
        frame = {
            "type": "resume_workflow",
            "workflow_uuid": filled.get("workflow_uuid", record.uuid),
            "resume_token": filled.get("resume_token", record.token),
            "epoch": filled.get("epoch", record.epoch or ""),
            "after_seq": filled["after_seq"],
        }
        theirs = record if frame["workflow_uuid"] == record.uuid else Record(UUID(frame["workflow_uuid"]).hex)
        await self._first(step, wanted, frame, Reader(theirs, frame["after_seq"], frame["epoch"]))

    async def _first(self, step: Step, wanted: dict[str, Any], frame: dict[str, Any], reader: Reader) -> None:
        """Open a socket, offer the dialect, and send a first frame."""
        path = wanted.get("path", SOCKET)
        if "ticket" in wanted:
            path += f"?ticket={quote(self._records[wanted['ticket']].ticket or '')}"
        opening = {
            "path": path,
            "headers": self._case.filled(wanted.get("headers", {})),
            "subprotocols": [SUBPROTOCOL],
            "chosen": SUBPROTOCOL,
        }
        socket = {"socket": step.get("socket", "")}
        await self._case.open({"open": opening, **socket})
        self._readers[socket["socket"]] = reader
        await self._case.send({"send": {"json": frame}, **socket})

    async def _ready(self, step: Step) -> None:
        ready = await self._message(step, "session_ready")
        check_some(ready, step["ready"], "session_ready")

    async def _replay(self, step: Step) -> None:
        wanted = step["replay"]
        reader = self._readers[step.get("socket", "")]
        first = (reader.cursor or 0) + 1
        while (await self._message(step, None))["type"] != "replay_completed":
            continue
        for name, seen in (("first", first), ("last", reader.cursor)):
            if wanted.get(name, seen) != seen:
                raise Mismatch(f"the {name} message of the replay is {seen}, not {wanted[name]}")

    # --- what a session is told -----------------------------------------------------------------------

    async def _respond(self, step: Step) -> None:
        wanted, record = step["respond"], self._record(step)
        question = wanted.get("question", len(record.questions))
        if isinstance(question, int):
            if not 0 < question <= len(record.questions):
                raise Mismatch("nothing was asked")
            question = record.questions[question - 1]
        frame = {
            "type": "answer",
            "question_uuid": question,
            "answer_id": wanted.get("as", "an answer"),
            "value": wanted["value"],
        }
        await self._case.send({"send": {"json": frame}, "socket": step.get("socket", "")})

    # --- how a session ends ---------------------------------------------------------------------------

    async def _refused(self, step: Step) -> None:
        code = step["refused"]["code"]
        error = await self._message(step, "error", pass_over=step["refused"].get("after_others", False))
        if error.get("seq") is not None:
            raise Mismatch("the error before a refusal has a seq (spec FA-FRM-3)")
        check_some(error["content"], {"code": close_name(code)}, "the error")
        if not error["content"]["short"]:
            raise Mismatch("the error says nothing")
        event = await self._event(step)
        if not isinstance(event, Ended) or event.code != code:
            raise Mismatch(f"instead of the close code {code} came {event}")
        seen = error["content"]["short"], error["content"]["long"], event.reason
        if step["refused"].get("alike", False) and seen != self._refusal:
            raise Mismatch(f"the refusal is {seen}, the one before it {self._refusal}")
        self._refusal = seen

    async def _pause(self, step: Step) -> None:
        await asyncio.sleep(step["pause"])

    async def _stall(self, step: Step) -> None:
        self._case.wire(step).stall()

    async def _catch_up(self, step: Step) -> None:
        self._case.wire(step).catch_up()

    # --- what the server says -------------------------------------------------------------------------

    async def _event(self, step: Step) -> Received | Ended:
        wire: Wire = self._case.wire(step)
        # What has come already is taken without waiting: a long replay must not hold up the other cases.
        await asyncio.sleep(0)
        try:
            event = await wire.receive(self._case.seconds)
        except TimeoutError:
            raise Mismatch(f"nothing came within {self._case.seconds:g} s") from None
        self._case.trace.add(f"runner ◀ {event}")
        return event

    async def _message(self, step: Step, kind: str | None, *, pass_over: bool = False) -> dict[str, Any]:
        """The next message, which must be of that kind; None: of any. A `keep_alive` may come at any time,
        and with `pass_over` anything may."""
        reader = self._readers[step.get("socket", "")]
        while True:
            event = await self._event(step)
            if not isinstance(event, Received) or event.kind != "text":
                raise Mismatch(f"instead of a {kind or 'message'} came {event}")
            message = reader.read(event.data)
            if kind in (None, message["type"]):
                return message
            if message["type"] != "keep_alive" and not pass_over:
                raise Mismatch(f"instead of a {kind} came {event}")

    def _record(self, step: Step) -> Record:
        return self._records[step.get("of", _UNNAMED)]


def _check_expiry(message: dict[str, Any], expires: bool) -> None:
    at = message["content"].get("expires_at")
    if (at is not None) != expires:
        raise Mismatch(f"expires_at is {json.dumps(at)} (spec FA-FRM-6)")
    if at is not None and instant(at, "expires_at") <= instant(message["timestamp"], "the timestamp"):
        raise Mismatch("expires_at is not later than the timestamp")
