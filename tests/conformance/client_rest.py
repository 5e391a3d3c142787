"""The REST half of a case in which a client is judged: what is answered, and whether it was asked right."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from wire_spec import schema_faults, strict_json

from .cases import Case
from .messages import differs
from .results import Mismatch, Trace
from .stage import DISCOVERY, INITIATE, SOCKET, Reply, Rest
from .wire import Received

__all__ = ["RestScript", "free_port"]

_DEFAULT_WORKFLOWS = [{"name": "conformance", "description": "Does as it is told"}]


class RestScript:
    """Answers the requests of one case and judges them, from `spec/schemas` alone."""

    def __init__(self, case: Case, trace: Trace) -> None:
        self.initiated: dict[str, Any] = {}
        """What initiate_workflow answered last."""
        self.advertised: dict[str, Any] = {}
        """What it answers beside the four fields of classic."""
        self.workflow = ""
        self.params: dict[str, Any] = {}
        self._case = case
        self._trace = trace
        self._offered: dict[str, Any] = {}
        self._start: dict[str, Any] = {}
        self._uuids: set[str] = set()
        self._judged = 0
        self._discoveries = 0

    async def answer(self, request: Rest) -> Reply:
        """The reply to a request, as the case laid it ready."""
        self._trace.add(
            f"server ▶ {request.method} {request.path} {request.body[:300].decode(errors='replace')}"
        )
        path = request.path.removeprefix(self._case.prefix)
        if request.method == "GET" and path == DISCOVERY:
            replies = self._offered.get("replies")
            if replies is None:
                return Reply.of(self.workflows())
            self._discoveries += 1
            return _reply(replies[min(self._discoveries, len(replies)) - 1])
        if request.method == "POST" and path == INITIATE:
            if "reply" in self._start:
                return _reply(self._start["reply"])
            return self._initiate(request)
        return Reply.of({"detail": "Not Found"}, 404)

    def workflows(self) -> list[dict[str, Any]]:
        """What discovery lists."""
        listed: list[dict[str, Any]] = self._offered.get("workflows", _DEFAULT_WORKFLOWS)
        return listed

    def offer(self, wanted: dict[str, Any]) -> None:
        """Lay ready what discovery answers."""
        self._offered, self._discoveries = wanted, 0

    def expect_start(self, wanted: dict[str, Any]) -> None:
        """Lay ready what initiate_workflow answers."""
        self._start = wanted

    def handshake(self, wanted: dict[str, Any]) -> Reply | None:
        """What the opening of the WebSocket is answered with; None accepts it."""
        return self.reply(wanted["handshake"]) if "handshake" in wanted else None

    def reply(self, wanted: dict[str, Any]) -> Reply:
        """An HTTP response as a case describes it."""
        return _reply(wanted)

    def check_discovery(self, requests: Sequence[Rest], wanted: dict[str, Any]) -> None:
        """Judge the requests of one discovery."""
        self._judged += len(requests)
        tries = 0 if "unreachable" in wanted else wanted.get("tries", 1)
        if len(requests) not in (tries if isinstance(tries, list) else [tries]):
            raise Mismatch(f"the client asked {len(requests)} times for the workflows, not {tries} times")
        for request in requests:
            self._check_line(request, "GET", DISCOVERY)
            _check_headers(request, wanted)

    def check_start(self, requests: Sequence[Rest], command: dict[str, Any]) -> None:
        """Judge the POST and the WebSocket's opening of one conversation.

        A client whose WebSocket ends when its offer is not echoed, as a browser's does, opens a second one
        without.
        """
        self._judged += len(requests)
        if self._start.get("offered") and len(requests) == 3 and requests[2].method == "GET":
            self.check_opening(requests[2], command)
            if "sec-websocket-protocol" in requests[2].headers:
                raise Mismatch("the client offers what was not echoed once more")
            requests = requests[:2]
        if [request.method for request in requests] != ["POST", "GET"]:
            seen = ", ".join(f"{it.method} {it.path}" for it in requests)
            raise Mismatch(
                f"a start is one POST, then the WebSocket's opening; the server saw {seen or 'nothing'}"
            )
        post, opening = requests
        self.check_post(post, command)
        self.check_opening(opening, command)
        offered = opening.headers.get("sec-websocket-protocol")
        if offered is not None and offered not in (self.initiated.get("subprotocols") or ()):
            raise Mismatch("the client offers a subprotocol that initiate_workflow did not advertise")
        if (offered is not None) != self._start.get("offered", offered is not None):
            raise Mismatch(f"the client offers {'no subprotocol' if offered is None else offered}")

    def check_opening(self, opening: Rest, command: dict[str, Any]) -> None:
        """Judge the opening of one WebSocket."""
        self._check_line(opening, "GET", SOCKET)
        _check_headers(opening, command)

    def check_post(self, post: Rest, command: dict[str, Any]) -> None:
        """Judge the announcement of one conversation."""
        self._check_line(post, "POST", INITIATE)
        _check_headers(post, command)
        if not post.headers.get("content-type", "").startswith("application/json"):
            raise Mismatch(f"the POST's content type is {post.headers.get('content-type')!r}, not JSON")
        body = self._body(post)
        if body["workflow_name"] != command["workflow"]:
            raise Mismatch(f"the POST names the workflow {body['workflow_name']!r}")
        if (how := differs(body["params"], command["params"])) is not None:
            raise Mismatch(f"the POST's params: {how}")
        if body["user_id"] != command["options"].get("user_id"):
            raise Mismatch(
                f"the POST's user_id is {body['user_id']!r}, not {command['options'].get('user_id')!r}"
            )

    def check_no_repeats(self, requests: Sequence[Rest]) -> None:
        """A start that failed is not tried again, neither here nor elsewhere (spec FA-NEG-3)."""
        self._judged += len(requests)
        for request in requests:
            self._check_line(request, request.method, INITIATE if request.method == "POST" else SOCKET)
        posts = sum(request.method == "POST" for request in requests)
        if posts > 1 or len(requests) - posts > 1:
            raise Mismatch(f"the client tried to start {max(posts, len(requests) - posts)} times")

    def check_first_frame(self, frame: Received) -> None:
        """The first frame is what initiate_workflow answered, as it is."""
        if frame.kind != "text":
            raise Mismatch(f"the first frame is a {frame.kind} one")
        try:
            value = strict_json(frame.data)
        except ValueError as error:
            raise Mismatch(f"the first frame is not JSON: {error}") from None
        if faults := schema_faults("schemas/InitiateWorkflow.yaml", value):
            raise Mismatch(f"the first frame: {faults[0]}")
        known = ("user_id", "workflow_uuid", "name", "params")
        sent = {key: value[key] for key in known if key in value}
        if (how := differs(sent, {key: self.initiated[key] for key in known})) is not None:
            raise Mismatch(f"the first frame is not what initiate_workflow answered: {how}")

    def check_nothing_more(self, requests: Sequence[Rest]) -> None:
        """No request came that no step asked for."""
        if len(requests) > self._judged:
            more = requests[self._judged]
            raise Mismatch(f"the client sent a request that nobody asked for: {more.method} {more.path}")

    def _initiate(self, request: Rest) -> Reply:
        try:
            body = json.loads(request.body)
            own = str(UUID(body["workflow_uuid"]))
            self.workflow, self.params = body["workflow_name"], body["params"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Reply.of({"detail": f"The body is not right: {error!r}"}, 400)
        answer = {"user_id": None, "workflow_uuid": own, "name": self.workflow, "params": self.params}
        answer |= self.advertised
        overrides = dict(self._start.get("answered_with", {}))
        if overrides.get("workflow_uuid") == "another":
            overrides["workflow_uuid"] = str(uuid4())
        elif overrides.get("workflow_uuid") == "as hex":
            overrides["workflow_uuid"] = UUID(own).hex
        self.initiated = {**answer, **overrides}
        return Reply.of(self.initiated)

    def _body(self, post: Rest) -> dict[str, Any]:
        try:
            body: dict[str, Any] = strict_json(post.body)
        except ValueError as error:
            raise Mismatch(f"the POST's body is not JSON: {error}") from None
        if faults := schema_faults("schemas/InitiateWorkflowRequest.yaml", body):
            raise Mismatch(f"the POST's body: {faults[0]}")
        try:
            uuid = UUID(body["workflow_uuid"]).hex
        except ValueError:
            raise Mismatch(f"the POST's workflow_uuid is no UUID: {body['workflow_uuid']!r}") from None
        if uuid in self._uuids:
            raise Mismatch("two conversations were announced with the same workflow_uuid")
        self._uuids.add(uuid)
        return body

    def _check_line(self, request: Rest, method: str, path: str) -> None:
        if (request.method, request.path) != (method, self._case.prefix + path):
            raise Mismatch(
                f"the client asked {request.method} {request.path}, not {method} {self._case.prefix}{path}"
            )


def _check_headers(request: Rest, command: dict[str, Any]) -> None:
    for name, value in command.get("options", {}).get("headers", {}).items():
        if request.headers.get(name.lower()) != value:
            raise Mismatch(f"the header {name} is missing in {request.method} {request.path}")


def _reply(wanted: dict[str, Any]) -> Reply:
    if "dropped" in wanted:
        return Reply(dropped=True)
    headers = dict(wanted.get("headers", {}))
    if "text" in wanted:
        return Reply(
            wanted.get("status", 200), wanted["text"].encode(), {"Content-Type": "text/plain", **headers}
        )
    return Reply.of(wanted.get("json"), wanted.get("status", 200), headers)


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
