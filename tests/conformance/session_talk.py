"""What is said in a case of `fastagency.v1`: the server's log, and what the client's user is given of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from .cases import Case, Step
from .messages import build, encode
from .results import Mismatch, Trace
from .scripted_log import Logged, ScriptedLog
from .session_stage import SessionStage
from .session_view import Reading, SessionView
from .subject import Subject

__all__ = ["SessionTalk"]

_BEAT_SECONDS = 0.2


class SessionTalk(SessionStage):
    """Whatever the server says is logged, sent, and read, apart from what a step says otherwise."""

    def __init__(self, case: Case, subject: Subject, trace: Trace) -> None:
        super().__init__(case, subject, trace)
        self.log = ScriptedLog()
        self.view = self._new_view()
        self._partial: list[
            Logged
        ] = []  # what a replay that was not completed has brought, as far as we know
        self._seen: dict[str, Any] | None = None  # an observation that is still to be judged
        self._verbs |= {
            "chunk": self._chunk,
            "beats": self._beats,
            "repeat": self._repeat,
            "read": self._read,
        }

    def _new_view(self) -> SessionView:
        return SessionView(raw_text="raw_text" in self.subject.features)

    # --- what the server says ---------------------------------------------------------------------

    async def _started(self, step: Step) -> None:
        about = {"name": self.rest.workflow, "description": "Does as it is told", "params": self.rest.params}
        await self._say({**step, "say": {"workflow_started": about}})

    async def _say(self, step: Step) -> None:
        for _ in range(step.get("times", 1)):
            message = build(step, self.log.workflow_uuid)
            if step.get("unlogged"):
                await self._send_json(message, step)
                self.view.sent(Reading(message, encode(message), step=step))
            else:
                await self._deliver(self.log.add(message), step)
        await self._read_unless(step)

    async def _frame(self, step: Step) -> None:
        text = step["frame"].replace("$uuid", self.log.workflow_uuid)
        malformed = step.get("sees") == "malformed"
        if "$seq" in text:
            text = text.replace("$seq", str(self.log.head_seq + 1))
            await self._deliver(self.log.add_text(text, malformed=malformed), step)
        else:
            await self._send_text(text.encode(), step)
            self.view.sent(Reading({} if malformed else json.loads(text), text, malformed, step=step))
        await self._read_unless(step)

    async def _binary(self, step: Step) -> None:
        await self._open_wire().send(bytes.fromhex(step["binary"]), text=False)
        self.view.sent(Reading({}, "", malformed=True, step=step))
        await self._read_unless(step)

    async def _deliver(self, logged: Logged, step: Step) -> None:
        """Send what was logged, unless the step says that nobody hears it."""
        if step.get("unheard"):
            return
        await self._send_text(logged.text.encode(), step)
        if "cut_after" not in step and step.get("sees") != "nothing of it":
            self._sent(logged, step)

    def _sent(self, logged: Logged, step: Step) -> None:
        message = {"seq": logged.seq} if logged.malformed else logged.message
        self.view.sent(Reading(message, logged.text, logged.malformed, step=step))
        self.view.sent_seq = logged.seq

    async def _return(self, step: Step) -> None:
        await self._completed({"result": step["return"], "outcome": "completed"}, step)

    async def _raise(self, step: Step) -> None:
        content = {"short": "The workflow failed.", "long": step["raise"], "code": "workflow_failed"}
        await self._say({**step, "say": {"error": content}})
        await self._completed({"result": step["raise"], "outcome": "failed"}, step)

    async def _completed(self, content: dict[str, Any], step: Step) -> None:
        await self._say({**step, "say": {"workflow_completed": content}})
        if not step.get("unheard") and "cut_after" not in step:
            await self._close({"close": {"code": 1000}})

    async def _chunk(self, step: Step) -> None:
        message = {
            "type": "text_chunk",
            "sender": "Workflow",
            "recipient": "User",
            "replace": False,
            **step["chunk"],
        }
        await self._send_json(message, step)
        self.view.sent(Reading(message, encode(message), step=step))
        await self._read_unless(step)

    async def _beats(self, step: Step) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + step["beats"]
        while loop.time() < until:
            await self._send_json(build({"say": {"keep_alive": {}}}, self.log.workflow_uuid), {})
            await asyncio.sleep(_BEAT_SECONDS)
        if self._open_wire().ended is not None or len(self.stage.requests) > self._judged:
            raise Mismatch("the client drops a connection on which the server is heard")

    async def _repeat(self, step: Step) -> None:
        await self._send_text(self.log[step["repeat"]].text.encode(), step)

    def _changed(self, message: dict[str, Any], step: Step) -> dict[str, Any]:
        """The message with the fields that the step sets beside."""
        return {**message, **step.get("set", {})}

    async def _send_json(self, message: dict[str, Any], step: Step) -> None:
        await self._send_text(encode(message).encode(), step)

    def _down(self) -> None:
        super()._down()
        self.view.live = False

    # --- what the client reads --------------------------------------------------------------------

    async def _next(self) -> dict[str, Any]:
        if self._seen is not None:
            seen, self._seen = self._seen, None
            return seen
        while True:
            seen = await self._ask({"do": "next", "timeout": self.arrival_seconds})
            if seen["saw"] != "message" or seen["type"] != "keep_alive":
                return seen

    async def _read_unless(self, step: Step) -> None:
        if not step.get("unread") and not step.get("unheard") and not self._batching:
            await self._read_all()

    async def _read_all(self) -> None:
        while (reading := self.view.next_reading()) is not None and not self._batching:
            seen = await self._next()
            if reading.perhaps and not self.view.fits(seen, reading):
                self.view.pass_over()
                self._seen = seen
            else:
                self.view.judge(seen)

    async def _read(self, step: Step) -> None:
        del step
        self._take_partial(self.log.head_seq)
        await self._read_all()

    def _take_partial(self, through: int) -> None:
        """The user is to be given what the client has received of a replay, and was not given before."""
        for it in self._partial:
            if self.view.sent_seq < it.seq <= through:
                self._sent(it, {})
        self._partial = []
