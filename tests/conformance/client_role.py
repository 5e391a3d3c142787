"""A client is judged: plays a case's server, gives the driver its commands, compares what both sides saw."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from .cases import Case, Step, verb_of
from .client_rest import RestScript, free_port
from .messages import ASKING, as_read, build, differs, encode
from .observed import NotOffered, check_message, check_raw, check_survival, codes_of, failed, one_form, saw
from .results import Mismatch, Trace
from .stage import Stage
from .subject import Subject
from .wire import Ended, Received, Wire

__all__ = ["ClientCase"]

# Bounds of waits, not expectations.
_ARRIVAL_SECONDS = 8.0
_PONG_SECONDS = 5.0
_LEFT_CODES = (1000, 1001, 1005)

_QUIET_STATES = ("completed", "failed", "cancelled")


class ClientCase:
    """One case, played once. `play` raises Mismatch, or SubjectFault when the driver itself breaks down."""

    def __init__(self, case: Case, subject: Subject, trace: Trace) -> None:
        self.case = case
        self.subject = subject
        self.trace = trace
        self.rest = RestScript(case, trace)
        self.stage = Stage(self.rest.answer, case.prefix)
        self.stage.compression = case.compression
        self.wire: Wire | None = None
        self.arrival_seconds = _ARRIVAL_SECONDS
        self.state = "created"
        self.result: str | None = None
        self.open_questions = 0
        self.last_answer = ""
        self._reads: deque[Callable[[], Awaitable[None]]] = deque()
        self._perhaps: list[dict[str, Any]] = []
        self._batching = False
        self._verbs: dict[str, Callable[[Step], Awaitable[None]]] = {
            "discover": self._discover,
            "start": self._start,
            "started": self._started,
            "say": self._say,
            "frame": self._frame,
            "binary": self._binary,
            "raw": self._raw,
            "answer": self._answer,
            "echo": self._echo,
            "return": self._return,
            "raise": self._raise,
            "leave": self._leave,
            "end": self._end,
            "ping": self._ping,
            "close": self._close,
            "drop": self._drop,
            "wait": self._wait,
            "together": self._together,
            "stays_away": self._stays_away,
        }

    async def play(self) -> None:
        """Play every step. Raises Mismatch with the step's number in it."""
        async with self.stage:
            await self._play_steps()

    async def _play_steps(self) -> None:
        try:
            for number, step in enumerate(self.case.steps, 1):
                self.trace.step = f"step {number} ({verb_of(step)})"
                await self._verbs[verb_of(step)](step)
            self.trace.step = "after the last step"
            await self._nothing_unasked()
        finally:
            # A driver that still waits for a message learns that none will come.
            self.stage.abort()

    # --- what the client is told to do -------------------------------------------------------------

    async def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        self.trace.add(f"driver ◀ {json.dumps(command)}")
        seen = await self.subject.ask(command)
        self.trace.add(f"driver ▶ {json.dumps(seen)}")
        return seen

    async def _next(self) -> dict[str, Any]:
        return await self._ask({"do": "next"})

    async def _discover(self, step: Step) -> None:
        wanted = step["discover"]
        self.rest.offer(wanted)
        url = f"http://127.0.0.1:{free_port()}" if "unreachable" in wanted else self.stage.url
        before = len(self.stage.requests)
        seen = await self._ask({"do": "discover", "url": url, "options": wanted.get("options", {})})
        asked = self.stage.requests[before:]
        self.rest.check_discovery(asked, wanted)
        if "fails" in step or "sees" in step:
            failed(seen, step.get("fails") or {"error": step["sees"]})
            return
        saw(seen, "workflows")
        expected = [{"name": it["name"], "description": it["description"]} for it in self.rest.workflows()]
        listed = [{"name": it["name"], "description": it["description"]} for it in seen["workflows"]]
        if (how := differs(listed, expected)) is not None:
            raise Mismatch(f"the workflows: {how}")

    async def _start(self, step: Step) -> None:
        wanted = step["start"]
        self.rest.expect_start(wanted)
        self.stage.handshake = self.rest.handshake(wanted)
        self.state, self.result, self.open_questions, self.wire = "running", None, 0, None
        command = {
            "do": "start",
            "url": f"http://127.0.0.1:{free_port()}" if "unreachable" in wanted else self.stage.url,
            "workflow": wanted.get("workflow", "conformance"),
            "params": wanted.get("params", {}),
            "options": wanted.get("options", {}),
        }
        before = len(self.stage.requests)
        seen = await self._ask(command)
        if "fails" in step or "sees" in step:
            failed(seen, step.get("fails") or {"error": step["sees"]})
            self.rest.check_no_repeats(self.stage.requests[before:])
            if not self.stage.sockets.empty():
                raise Mismatch("the client opened a WebSocket though there was no conversation")
            return
        saw(seen, "started")
        self.rest.check_start(self.stage.requests[before:], command)
        if one_form(seen["workflow_uuid"]) != one_form(self.rest.initiated["workflow_uuid"]):
            raise Mismatch(
                f"the driver says that the conversation is {seen['workflow_uuid']}, "
                f"but initiate_workflow answered {self.rest.initiated['workflow_uuid']}"
            )
        self.wire = await self._new_socket()
        while wanted.get("offered") and not self.stage.sockets.empty():
            self.wire = self.stage.sockets.get_nowait()
        if self.case.compression and not self.wire.compressed:
            raise NotOffered("compression")
        frame = await self._from_client("the first frame")
        self.rest.check_first_frame(frame)

    async def _answer(self, step: Step) -> None:
        value = step["answer"]
        seen = await self._ask({"do": "answer", "value": value})
        wanted = step.get("sees", "answered")
        if wanted != "answered":
            saw(seen, "not_answered")
            if seen["error"] != wanted:
                raise Mismatch(f"the answer is refused with {seen['error']}, not {wanted}")
            return
        saw(seen, "answered")
        frame = await self._from_client("the answer")
        expected = step.get("sent", value if isinstance(value, str) else ",".join(value))
        if frame.kind != "text" or frame.data.decode(errors="replace") != expected:
            raise Mismatch(f"the answer is {frame}, not the text frame {expected[:200]!r}")
        self.last_answer = expected
        self.open_questions -= 1
        self.state = "awaiting_answer" if self.open_questions else "running"

    async def _leave(self, step: Step) -> None:
        del step
        seen = await self._ask({"do": "leave"})
        saw(seen, "left")
        expected = self.state if self.state in _QUIET_STATES else "cancelled"
        if seen["state"] != expected:
            raise Mismatch(f"after leaving the state is {seen['state']}, not {expected}")
        assert self.wire is not None, "a case starts before it leaves"
        try:
            event = await self.wire.receive(_ARRIVAL_SECONDS)
        except TimeoutError:
            raise Mismatch("the client left, but its connection stays open") from None
        self.trace.add(f"server ▶ {event}")
        if not isinstance(event, Ended) or event.code not in _LEFT_CODES:
            raise Mismatch(f"a client that leaves closes with 1000; the server saw {event}")
        self.state = expected

    # --- what the server does ----------------------------------------------------------------------

    async def _started(self, step: Step) -> None:
        del step
        content = {
            "name": self.rest.workflow,
            "description": "Does as it is told",
            "params": self.rest.params,
        }
        await self._say({"say": {"workflow_started": content}})

    async def _say(self, step: Step) -> None:
        for _ in range(step.get("times", 1)):
            message = build(step, self.rest.initiated["workflow_uuid"])
            text = encode(message)
            if "after" in step:
                await self._read_while(self._send_text(text.encode(), step), message, text, step)
                continue
            await self._send_text(text.encode(), step)
            if step.get("sees") == "perhaps":
                self._perhaps.append(message)
            elif step.get("sees") != "nothing of it":
                self._reads.append(self._reading(message, text, step))
        await self._read_all()

    async def _read_while(
        self, sending: Awaitable[None], message: dict[str, Any], raw: str, step: Step
    ) -> None:
        """The client is told to read before anything is there to be read."""
        reading = asyncio.ensure_future(self._next())
        try:
            await asyncio.sleep(step["after"])
            await sending
            self._check_message(await reading, message, raw, step)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _frame(self, step: Step) -> None:
        text = step["frame"]
        await self._send_text(text.encode(), step)
        if step.get("sees") == "malformed":
            self._reads.append(self._read_malformed)
        else:
            self._reads.append(self._reading(json.loads(text), text, step))
        await self._read_all()

    async def _binary(self, step: Step) -> None:
        await self._open_wire().send(bytes.fromhex(step["binary"]), text=False)
        self.trace.add(f"server ◀ binary {step['binary']}")
        if step.get("sees", "malformed") == "malformed":
            self._reads.append(self._read_malformed)
        await self._read_all()

    async def _raw(self, step: Step) -> None:
        self.trace.add(f"server ◀ raw bytes {step['raw']}")
        await self._later(step)
        await self._open_wire().raw(bytes.fromhex(step["raw"]))
        if (text := step.get("frame_arrives")) is not None:
            self._reads.append(self._reading(json.loads(text), text, step))
            await self._read_all()

    async def _echo(self, step: Step) -> None:
        if self.last_answer != step["echo"]:
            raise Mismatch(f"the answer that arrived is {self.last_answer!r}, not {step['echo']!r}")
        await self._say({"say": {"text_message": {"body": self.last_answer}}})

    async def _return(self, step: Step) -> None:
        await self._say({"say": {"workflow_completed": {"result": step["return"]}}})
        await self._close({"close": {"code": 1000}})

    async def _raise(self, step: Step) -> None:
        text = step["raise"]
        await self._say({"say": {"error": {"short": "The workflow failed.", "long": text}}})
        await self._return({"return": text})

    async def _ping(self, step: Step) -> None:
        """A pong must come while the client waits for a message; then it gets one."""
        wire = self._open_wire()
        pending = asyncio.ensure_future(self._next())
        try:
            payload = step["ping"].encode()
            await wire.ping(payload)
            async with asyncio.timeout(_PONG_SECONDS):
                event = await wire.received.get()
        except TimeoutError:
            raise Mismatch("the client does not answer a ping") from None
        else:
            if isinstance(event, Ended) or event.kind != "pong" or event.data != payload:
                raise Mismatch(f"instead of a pong came {event}")
            message = build({"say": {"keep_alive": {}}}, self.rest.initiated["workflow_uuid"])
            await wire.send(encode(message).encode())
            self._check_message(await pending, message, encode(message), {})
        finally:
            if not pending.done():
                wire.drop(reset=True)
            await asyncio.gather(pending, return_exceptions=True)

    async def _close(self, step: Step) -> None:
        self.trace.add(f"server ◀ close frame {step['close']}")
        await self._open_wire().close(step["close"]["code"], step["close"].get("reason", ""))

    async def _drop(self, step: Step) -> None:
        self.trace.add(f"server ◀ the connection ends without a close frame ({step['drop']})")
        self._open_wire().drop(reset=step["drop"] == "reset")

    async def _together(self, step: Step) -> None:
        self._batching = True
        for inner in step["together"]:
            await self._verbs[verb_of(inner)](inner)
        self._batching = False
        await self._read_all()

    # --- what the client observes ------------------------------------------------------------------

    def _reading(self, message: dict[str, Any], raw: str, step: Step) -> Callable[[], Awaitable[None]]:
        async def read() -> None:
            if step.get("sees") == "malformed":
                await self._read_malformed()
            elif step.get("sees") == "text at hand":
                check_raw(await self._next(), raw)
            else:
                self._check_message(await self._next(), message, raw, step)

        return read

    async def _read_all(self) -> None:
        while self._reads and not self._batching:
            await self._reads.popleft()()

    async def _read_malformed(self) -> None:
        saw(await self._next(), "malformed")

    def _check_message(self, seen: dict[str, Any], message: dict[str, Any], raw: str, step: Step) -> None:
        expected = as_read(message)
        kind = expected["type"]
        check_message(seen, expected, raw if "raw_text" in self.subject.features else None)
        for path, value in step.get("survives", {}).items():
            check_survival(seen, path, value)
        self._note(kind, expected)
        if seen["state"] != self.state:
            raise Mismatch(f"after this {kind} the state is {seen['state']}, not {self.state}")

    def _note(self, kind: str, message: dict[str, Any]) -> None:
        if self.state in _QUIET_STATES:
            return  # nothing is legal any more (spec FA-LIF), so it changes nothing
        if kind in ASKING:
            self.open_questions += 1
            self.state = "awaiting_answer"
        elif kind == "workflow_completed":
            self.state, self.result, self.open_questions = "completed", message["content"]["result"], 0

    async def _wait(self, step: Step) -> None:
        seen = await self._ask({"do": "next", "timeout": step["wait"]})
        saw(seen, "timeout")

    async def _stays_away(self, step: Step) -> None:
        before = len(self.stage.requests)
        await asyncio.sleep(step["stays_away"])
        if len(self.stage.requests) > before or not self.stage.sockets.empty():
            raise Mismatch("the client comes back, though it is not to")

    async def _end(self, step: Step) -> None:
        wanted = step["end"]
        seen = await self._next()
        while self._perhaps and seen["saw"] == "message":
            message = self._perhaps.pop(0)
            self._check_message(seen, message, encode(message), {})
            seen = await self._next()
        if "error" in wanted:
            failed(seen, wanted)
            if "state" in wanted and seen.get("state") != wanted["state"]:
                raise Mismatch(f"at the end the state is {seen.get('state')}, not {wanted['state']}")
            self.state = wanted.get("state", "cancelled")
            return
        saw(seen, "ended")
        if seen["state"] != wanted.get("state", "completed"):
            raise Mismatch(f"at the end the state is {seen['state']}, not {wanted.get('state', 'completed')}")
        result = wanted.get("result", self.result)
        if seen.get("result") != result:
            raise Mismatch(f"the result is {seen.get('result')!r}, not {result!r}")
        if "code" in wanted and seen.get("code") is not None and seen["code"] not in codes_of(wanted["code"]):
            raise Mismatch(f"the close code is {seen['code']}, not {wanted['code']}")

    # --- what the server observes ------------------------------------------------------------------

    async def _new_socket(self) -> Wire:
        try:
            async with asyncio.timeout(self.arrival_seconds):
                return await self.stage.sockets.get()
        except TimeoutError:
            raise Mismatch("the client opened no WebSocket") from None

    async def _from_client(self, what: str) -> Received:
        assert self.wire is not None, "a case starts before a client can send"
        try:
            event = await self.wire.receive(_ARRIVAL_SECONDS)
        except TimeoutError:
            raise Mismatch(f"{what} did not arrive at the server") from None
        self.trace.add(f"server ▶ {event}")
        if isinstance(event, Ended):
            raise Mismatch(f"instead of {what} came {event}")
        return event

    async def _nothing_unasked(self) -> None:
        for wire in self.stage.opened:
            while not wire.received.empty():
                event = wire.received.get_nowait()
                if isinstance(event, Received) and event.kind in ("text", "binary"):
                    raise Mismatch(f"the client sent what nobody asked for: {event}")
                if isinstance(event, Ended) and event.fault and event.fault.startswith("ProtocolError"):
                    raise Mismatch(f"the client broke the WebSocket protocol: {event.fault}")
        if self.stage.faults:
            raise Mismatch("; ".join(self.stage.faults))
        self.rest.check_nothing_more(self.stage.requests)
        if not self.stage.sockets.empty():
            raise Mismatch("the client opened a second WebSocket")
        if (line := self.subject.unasked()) is not None:
            raise Mismatch(f"the driver printed what nobody asked for: {line}")

    async def _later(self, step: Step) -> None:
        await asyncio.sleep(step.get("after", 0))

    async def _send_text(self, data: bytes, step: Step) -> None:
        shown = data[:300].decode(errors="replace")
        self.trace.add(f"server ◀ {shown}" + (f" … ({len(data)} bytes)" if len(data) > 300 else ""))
        await self._open_wire().send(data, fragments=step.get("fragments", 1))

    def _open_wire(self) -> Wire:
        assert self.wire is not None, "a case starts before its server says anything"
        return self.wire
