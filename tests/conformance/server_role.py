"""A server is judged: plays one case's client, compares what the server says with the case and the spec."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from wire_spec import HEX_UUID, schema_faults, strict_faults, strict_json

from .cases import Case, Step, verb_of
from .checks import check_some, check_status
from .messages import TITLES, build, differs
from .raw_http import Answer, Unreachable, open_socket, request
from .results import Mismatch, Trace
from .scripts import script_of
from .session_log import SUBPROTOCOL
from .session_verbs import SessionVerbs
from .stage import DISCOVERY, INITIATE, SOCKET
from .wire import Ended, Received, Wire

__all__ = ["WORKFLOW", "ServerCase"]

WORKFLOW = "conformance"
"""The one workflow that a server under test offers."""


class ServerCase:
    """One case, played once against the server at `url`. `play` raises Mismatch.

    `seconds` bounds each wait for something that should come.
    """

    def __init__(self, case: Case, url: str, trace: Trace, seconds: float) -> None:
        self.case = case
        self.url = url
        self.trace = trace
        self.seconds = seconds
        self.workflow = WORKFLOW
        self.own = str(uuid4())
        self.uuids: dict[str, str] = {}
        self.params: dict[str, Any] = {}
        self.script: list[Any] = []
        self._sockets: dict[str, Wire] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._fresh: set[str] = set()
        self._opened: list[Wire] = []
        self._number = 0
        self._verbs: dict[str, Callable[[Step], Awaitable[None]]] = {
            "discover": self._discover,
            "start": self._start,
            "started": self._started,
            "say": self._say,
            "answer": self._answer,
            "echo": self._echo,
            "return": self._return,
            "raise": self._raise,
            "leave": self._break,
            "end": self._closed,
            "script": self._set_script,
            "request": self._request,
            "open": self.open,
            "send": self.send,
            "receive": self._receive,
            "closed": self._closed,
            "break": self._break,
            "quiet": self._quiet,
            "crowd": self._crowd,
        }
        self._sessions = SessionVerbs(self)
        self._verbs |= self._sessions.verbs

    async def play(self) -> None:
        """Play every step. Raises Mismatch."""
        try:
            for number, step in enumerate(self.case.steps, 1):
                self._number = number
                self.trace.step = f"step {self._number} ({verb_of(step)})"
                await self._verbs[verb_of(step)](step)
        except Unreachable as error:
            raise Mismatch(str(error)) from error
        finally:
            for wire in self._opened:
                if wire.ended is None:
                    wire.drop(reset=True)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- REST ---------------------------------------------------------------------------------------

    async def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        self.trace.add(f"runner ▶ {method} {path} {(body or b'')[:300].decode(errors='replace')}")
        all_headers = {"Content-Type": "application/json", **(headers or {})} if body is not None else headers
        answer = await request(self.url, method, path, body, all_headers or {})
        self.trace.add(f"runner ◀ {answer.status} {answer.body[:300].decode(errors='replace')}")
        return answer

    async def _discover(self, step: Step) -> None:
        del step
        answer = await self._ask("GET", DISCOVERY)
        check_status(answer, 200)
        listed = answer.json()
        if not isinstance(listed, list):
            raise Mismatch("discovery answers no list")
        for workflow in listed:
            if faults := schema_faults("schemas/WorkflowInfo.yaml", workflow):
                raise Mismatch(f"discovery: {faults[0]}")
        if WORKFLOW not in [workflow["name"] for workflow in listed]:
            raise Mismatch(f"discovery lists no workflow {WORKFLOW!r}")

    async def _request(self, step: Step) -> None:
        wanted = step["request"]
        body = None
        if "json" in wanted:
            body = json.dumps(self.filled(wanted["json"])).encode()
        elif "text" in wanted:
            body = self.filled(wanted["text"]).encode()
        elif "bytes" in wanted:
            body = bytes.fromhex(wanted["bytes"])
        answer = await self._ask(wanted["method"], wanted["path"], body, wanted.get("headers"))
        check_status(answer, step.get("status", 200))
        for name in step.get("has", ()):
            if name.lower() not in answer.headers:
                raise Mismatch(f"the response has no header {name}")
        if "schema" in step or "body" in step:
            try:
                value = strict_json(answer.body)
            except ValueError as error:
                raise Mismatch(f"the response is not JSON: {error}") from None
            if faults := schema_faults(f"schemas/{step['schema']}.yaml", value) if "schema" in step else []:
                raise Mismatch(f"the response: {faults[0]}")
            check_some(value, self.filled(step.get("body", {})), "the response")

    async def announce(self, wanted: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        """Announce a conversation by a POST, and return the answer. Raises Mismatch."""
        answer = await self._ask("POST", INITIATE, json.dumps(body).encode(), wanted.get("headers"))
        check_status(answer, 200)
        initiated: dict[str, Any] = strict_json(answer.body)
        if faults := schema_faults("schemas/InitiatedWorkflow.yaml", initiated):
            raise Mismatch(f"the answer of initiate_workflow: {faults[0]}")
        for name, sent in (("name", body["workflow_name"]), ("params", body["params"])):
            if (how := differs(initiated[name], sent, f"{name}.")) is not None:
                raise Mismatch(f"the answer of initiate_workflow: {how}")
        return initiated

    # --- the conversation -----------------------------------------------------------------------------

    async def _set_script(self, step: Step) -> None:
        self.script = self.filled(step["script"])

    async def _start(self, step: Step) -> None:
        wanted, socket = step["start"], step.get("socket", "")
        proposed = self.filled(wanted.get("workflow_uuid", str(uuid4())))
        script = self.script or script_of(self.case.steps[self._number :])
        self.params = {**wanted.get("params", {}), "script": script}
        body = {
            "workflow_name": wanted.get("workflow", WORKFLOW),
            "workflow_uuid": proposed,
            "user_id": None,
            "params": self.params,
        }
        first = {
            "user_id": None,
            "workflow_uuid": proposed,
            "name": body["workflow_name"],
            "params": self.params,
        }
        if wanted.get("announced", True):
            first = await self.announce(wanted, body)
        form = wanted.get("first_frame_uuid", "response")
        if form == "own":
            first["workflow_uuid"] = proposed
        elif form in ("hex", "dashed"):
            uuid = UUID(first["workflow_uuid"])
            first["workflow_uuid"] = uuid.hex if form == "hex" else str(uuid)
        self.uuids[socket] = UUID(first["workflow_uuid"]).hex
        if socket not in self._fresh:
            await self.open({"open": {"headers": wanted.get("headers", {})}, "socket": socket})
        self._fresh.discard(socket)
        await self.send({"send": {"json": first}, "socket": socket})

    async def open(self, step: Step) -> None:
        """Open a WebSocket, and note what the server chose. Raises Mismatch."""
        wanted, socket = step["open"], step.get("socket", "")
        opened = await open_socket(
            self.url,
            wanted.get("path", SOCKET),
            wanted.get("headers", {}),
            compression=wanted.get("compression", False),
            subprotocols=wanted.get("subprotocols", ()),
        )
        status = opened.status if isinstance(opened, Answer) else 101
        self.trace.add(f"runner ▶ opens a WebSocket: {status}")
        if status != step.get("status", 101):
            raise Mismatch(f"the opening of the WebSocket is answered with {status}")
        if isinstance(opened, Wire):
            self._sockets[socket] = opened
            self._fresh.add(socket)
            self._opened.append(opened)
            self._tasks.append(asyncio.create_task(opened.run()))
            chosen = opened.protocol.subprotocol
            if chosen is not None and "subprotocols" not in wanted:
                raise Mismatch("the server chose a subprotocol that nobody offered")
            if chosen != wanted.get("chosen", chosen):
                raise Mismatch(f"the server chose the subprotocol {chosen}, not {wanted['chosen']}")
            if chosen == SUBPROTOCOL:
                self._sessions.opened(socket)

    async def _started(self, step: Step) -> None:
        message = await self._message(step, "workflow_started")
        if message["content"]["name"] != WORKFLOW:
            raise Mismatch(f"workflow_started names {message['content']['name']!r}")
        if (how := differs(message["content"]["params"], self.params, "params.")) is not None:
            raise Mismatch(f"workflow_started: {how}")

    async def _say(self, step: Step) -> None:
        expected = build(step, self.own)
        for _ in range(step.get("times", 1)):
            message = await self._message(step, expected["type"])
            for name in ("sender", "recipient", "auto_reply", "content"):
                if (how := differs(message[name], expected[name], f"{name}.")) is not None:
                    raise Mismatch(f"the {expected['type']}: {how}")

    async def _answer(self, step: Step) -> None:
        value = step["answer"]
        text = step.get("sent", value if isinstance(value, str) else ",".join(value))
        await self.send({"send": {"text": text}, **_socket_of(step)})

    async def _echo(self, step: Step) -> None:
        message = await self._message(step, "text_message")
        check_some(message["content"], {"body": step["echo"]}, "the echo")

    async def _return(self, step: Step) -> None:
        message = await self._message(step, "workflow_completed")
        check_some(message["content"], {"result": step["return"]}, "workflow_completed")

    async def _raise(self, step: Step) -> None:
        error = await self._message(step, "error")
        if not error["content"]["short"] and not error["content"]["long"]:
            raise Mismatch("the error says nothing")
        await self._message(step, "workflow_completed")

    async def send(self, step: Step) -> None:
        """Send one frame."""
        wire = self.wire(step)
        ((kind, value),) = step["send"].items()
        self.trace.add(f"runner ▶ {kind} {str(value)[:300]}")
        match kind:
            case "text":
                await wire.send(self.filled(value).encode(), fragments=step.get("fragments", 1))
            case "json":
                await wire.send(json.dumps(self.filled(value)).encode(), fragments=step.get("fragments", 1))
            case "letters":
                await wire.send(b"x" * value, fragments=step.get("fragments", 1))
            case "binary":
                await wire.send(bytes.fromhex(value), text=False)
            case "not_utf8":
                await wire.send(bytes.fromhex(value))
            case "raw":
                await wire.raw(bytes.fromhex(value))
            case "ping":
                await self._ping(wire, value.encode())

    async def _ping(self, wire: Wire, payload: bytes) -> None:
        await wire.ping(payload)
        try:
            async with asyncio.timeout(self.seconds):
                event = await wire.received.get()
        except TimeoutError:
            raise Mismatch("the server does not answer a ping") from None
        if not isinstance(event, Received) or (event.kind, event.data) != ("pong", payload):
            raise Mismatch(f"instead of a pong came {event}")

    async def _receive(self, step: Step) -> None:
        if self._sessions.holds(step):
            await self._sessions.receive(step)
            return
        wanted = step["receive"]
        message = await self._message(step, wanted["type"])
        check_some(message["content"], wanted.get("content", {}), wanted["type"])

    async def _closed(self, step: Step) -> None:
        wanted = step.get("closed") or step.get("end") or {}
        event = await self._event(step)
        if not isinstance(event, Ended):
            raise Mismatch(f"instead of the end came {event}")
        codes = wanted.get("code", [1000, 1005, 1006])
        if event.code not in (codes if isinstance(codes, list) else [codes]):
            raise Mismatch(f"the close code is {event.code}, not {codes}")

    async def _break(self, step: Step) -> None:
        wire, how = self.wire(step), step.get("break", "close")
        self.trace.add(f"runner ▶ ends the connection ({how})")
        if how == "close":
            await wire.close()
        else:
            wire.drop(reset=how == "reset")

    async def _quiet(self, step: Step) -> None:
        try:
            event = await self.wire(step).receive(step["quiet"])
        except TimeoutError:
            return
        raise Mismatch(f"though nothing should come, there came {event}")

    async def _crowd(self, step: Step) -> None:
        """So many conversations at once, each of which gets its question."""
        self.script = [{"say": {"type": "text_input", "content": {"prompt": "Wait"}}}]
        for number in range(step["crowd"]):
            socket = f"crowd {number}"
            await self._start({"start": {"announced": False}, "socket": socket})
            await self._message({"socket": socket}, "workflow_started")
            await self._message({"socket": socket}, "text_input")

    # --- what the server says ---------------------------------------------------------------------------

    async def _event(self, step: Step) -> Received | Ended:
        wire = self.wire(step)
        try:
            while True:
                event = await wire.receive(self.seconds)
                self.trace.add(f"runner ◀ {event}")
                if _is_keep_alive(event) and "keep_alive" not in step.get("say", ()):
                    continue  # a server may send one at any time
                return event
        except TimeoutError:
            raise Mismatch(f"nothing came within {self.seconds:g} s") from None

    async def _message(self, step: Step, kind: str) -> dict[str, Any]:
        event = await self._event(step)
        if not isinstance(event, Received) or event.kind != "text":
            raise Mismatch(f"instead of a {kind} came {event}")
        try:
            message: dict[str, Any] = strict_json(event.data)
        except ValueError as error:
            raise Mismatch(f"the server sent what is not JSON ({error}): {event}") from None
        seen = message.get("type") if isinstance(message, dict) else None
        if seen != kind:
            raise Mismatch(f"instead of a {kind} came {event}")
        if faults := strict_faults(f"schemas/{TITLES[kind]}.yaml", message):
            raise Mismatch(f"the {kind}: {faults[0]}")
        self._check_uuids(message, step.get("socket", ""))
        return message

    def _check_uuids(self, message: dict[str, Any], socket: str) -> None:
        if not HEX_UUID.fullmatch(message["workflow_uuid"]):
            raise Mismatch(f"workflow_uuid is {message['workflow_uuid']!r}, not 32 hex digits")
        known = self.uuids.get(socket)
        if known is not None and message["workflow_uuid"] != known:
            raise Mismatch(f"workflow_uuid is {message['workflow_uuid']}, that of another conversation")

    def wire(self, step: Step) -> Wire:
        """The socket of a step."""
        wire = self._sockets.get(step.get("socket", ""))
        assert wire is not None, "a case opens a socket before it uses it"
        return wire

    def filled(self, value: Any) -> Any:
        """The value with `$uuid`, `$hex`, `$script` and the names of `SessionVerbs` in its texts replaced."""
        match value:
            case "$script":
                return self.script
            case str():
                for name, text in self._names().items():
                    value = value.replace(name, text)
                return value
            case dict():
                return {key: self.filled(it) for key, it in value.items()}
            case list():
                return [self.filled(it) for it in value]
        return value

    def _names(self) -> dict[str, str]:
        return {"$uuid": self.own, "$hex": UUID(self.own).hex, **self._sessions.names}


def _is_keep_alive(event: Received | Ended) -> bool:
    if not isinstance(event, Received) or b"keep_alive" not in event.data:
        return False
    try:
        message = json.loads(event.data)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") == "keep_alive"


def _socket_of(step: Step) -> dict[str, Any]:
    return {"socket": step["socket"]} if "socket" in step else {}
