"""The proof's proof: servers with one fault each, in which the suite's own checks must find that fault.

The checks are the very functions that the right server passes: `examine` for REST, `hold` with the wiretap
for the WebSocket.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from contract.contract_apps import CONFIGURATIONS, application
from contract.dialogue import Dialogue, Step, server
from contract.dialogue_oracle import hold
from contract.rest_contract import examine
from contract.sabotage import Spoil, on_rest, on_socket
from live_server import serve
from wiretap import App, Event, Send

INITIATE, DISCOVERY = "/fastagency/initiate_workflow", "/fastagency/discovery"

# --- REST -----------------------------------------------------------------------------------


def renamed(old: str, new: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Rename one field of a body."""
    return lambda body: {new if name == old else name: value for name, value in body.items()}


REST: dict[str, tuple[Callable[[App], App], str, str]] = {
    "a field renamed": (
        lambda app: on_rest(app, path=INITIATE, body=renamed("name", "workflow_name")),
        "response_schema_conformance: POST",
        "'name' is a required property",
    ),
    "a field dropped": (
        lambda app: on_rest(app, path=DISCOVERY, body=lambda body: [{"name": it["name"]} for it in body]),
        "response_schema_conformance: GET",
        "0: 'description' is a required property",
    ),
    "a field of the wrong type": (
        lambda app: on_rest(app, path=INITIATE, body=lambda body: {**body, "params": []}),
        "response_schema_conformance: POST",
        "params: [] is not of type 'object'",
    ),
    "a field too many": (
        lambda app: on_rest(app, path=INITIATE, body=lambda body: {**body, "token": "x"}),
        "",  # the schema is open for readers: only the wiretap is strict with servers
        "token: the field is not in the schema",
    ),
    "a status undocumented": (
        lambda app: on_rest(app, path=INITIATE, status=201),
        "status_code_conformance: POST",
        "answered 201, which is not in the spec",
    ),
    "an error status undocumented": (
        lambda app: on_rest(app, path=INITIATE, when=422, status=418),
        "status_code_conformance: POST",
        "answered 418, which is not in the spec",
    ),
    "a wrong content type": (
        lambda app: on_rest(app, path=DISCOVERY, headers=[(b"content-type", b"text/plain")]),
        "content_type_conformance: GET",
        "answered 200 as text/plain",
    ),
    "a wrong body taken": (
        lambda app: on_rest(
            app,
            path=INITIATE,
            when=422,
            status=200,
            body=lambda _: {"user_id": None, "workflow_uuid": "0" * 32, "name": "x", "params": {}},
        ),
        "negative_data_rejection: POST",
        "took a request body that is wrong",
    ),
    "a right body refused": (
        lambda app: on_rest(
            app,
            path=INITIATE,
            status=422,
            body=lambda _: {"detail": [{"type": "missing", "loc": ["body"], "msg": "No."}]},
        ),
        "positive_data_acceptance: POST",
        "refused a request body that is right",
    ),
}


@pytest.mark.parametrize("name", REST)
def test_a_fault_of_rest_is_found(name: str) -> None:
    sabotage, by_schemathesis, by_wiretap = REST[name]
    faults = examine(sabotage(application()), max_examples=8, thorough=name != "a field too many").faults
    assert any(by_schemathesis in fault for fault in faults), faults
    assert any(by_wiretap in fault for fault in faults), faults


def test_a_missing_header_is_found() -> None:
    with CONFIGURATIONS["full"]() as app:
        kind = [(b"content-type", b"application/json")]
        sabotaged = on_rest(app, path=INITIATE, when=503, headers=kind)
        faults = examine(sabotaged, max_examples=2, thorough=False, server_errors=(503,)).faults
    assert any("response_headers_conformance: POST" in fault for fault in faults), faults
    assert any("answered 503 without the header Retry-After" in fault for fault in faults), faults


# --- WebSocket ------------------------------------------------------------------------------

CHOICE = {"prompt": "Which?", "choices": ["a", "b"], "default": None, "single": True}
DIALOGUE = Dialogue(
    workflow="blocking",
    steps=(
        Step("say", "text_message", {"body": "Hello"}),
        Step("say", "system_message", {"message": {"heading": "One"}}),
        Step("wait", wrong=("unasked",)),
        Step("ask", "multiple_choice", CHOICE, ("c",), "a", "a"),
    ),
    result="done",
    envelope={"sender": "S", "recipient": "R", "auto_reply": False},
    extra={},
)


def each_message(change: Callable[[dict[str, Any]], str | None]) -> Callable[[], Spoil]:
    """Replace the text of each message; None leaves it out."""

    async def spoil(event: Event, send: Send) -> None:
        if event["type"] == "websocket.send":
            text = change(json.loads(event["text"]))
            if text is None:
                return
            event = {**event, "text": text}
        await send(event)

    return lambda: spoil


def of_type(kind: str, change: Callable[[dict[str, Any]], Any]) -> Callable[[], Spoil]:
    """Change the messages of one type."""
    return each_message(lambda message: json.dumps(change(message) if message["type"] == kind else message))


def swapped() -> Spoil:
    """The first two messages the other way round."""
    held: list[Event] = []
    seen = 0

    async def spoil(event: Event, send: Send) -> None:
        nonlocal seen
        if event["type"] == "websocket.send":
            seen += 1
            if seen == 1:
                held.append(event)
                return
        await send(event)
        if seen == 2 and held:
            await send(held.pop())

    return spoil


async def last_twice(event: Event, send: Send) -> None:
    """The last message again, at once: a client that has read the first one closes."""
    await send(event)
    if event["type"] == "websocket.send" and json.loads(event["text"])["type"] == "workflow_completed":
        await send(event)


def closing_with(code: int) -> Callable[[], Spoil]:
    """Another close code. (That a missing close frame is found, `test_wiretap` shows.)"""

    async def spoil(event: Event, send: Send) -> None:
        if event["type"] == "websocket.close":
            event = {**event, "code": code}
        await send(event)

    return lambda: spoil


def _without(message: dict[str, Any], name: str) -> dict[str, Any]:
    return {field: value for field, value in message.items() if field != name}


SOCKET: dict[str, tuple[Callable[[], Spoil], str]] = {
    "a field renamed": (
        of_type("text_message", lambda message: {**message, "content": {"text": message["content"]["body"]}}),
        "text_message: content.text: the field is not in the schema",
    ),
    "a field dropped": (
        of_type("text_message", lambda message: _without(message, "recipient")),
        "text_message: recipient: the field is missing",
    ),
    "a field too many": (
        of_type("multiple_choice", lambda message: {**message, "seq": 4}),
        "multiple_choice: seq: classic has no such field",
    ),
    "a field that nobody knows": (
        of_type("multiple_choice", lambda message: {**message, "colour": "red"}),
        "multiple_choice: colour: the field is not in the schema",
    ),
    "a field of the wrong type": (
        of_type("workflow_completed", lambda message: {**message, "content": {"result": {"ok": True}}}),
        "workflow_completed: content.result: {'ok': True} is not of type",
    ),
    "a type that is not there": (
        of_type("system_message", lambda message: {**message, "type": "system"}),
        "sent a type that is not in the spec: 'system'",
    ),
    "NaN": (
        each_message(lambda message: json.dumps(message).replace('"One"', "NaN")),
        "sent what is not JSON (NaN is not JSON)",
    ),
    "two messages out of order": (swapped, "text_message out of order: not in state created"),
    "a message after the last": (lambda: last_twice, "out of order: not in state completed"),
    "a dashed uuid": (
        of_type("text_message", lambda message: {**message, "workflow_uuid": "-".join(["0" * 8] * 4)}),
        "workflow_uuid is not 32 lower-case hex digits",
    ),
    "another conversation's uuid": (
        of_type("text_message", lambda message: {**message, "workflow_uuid": "0" * 32}),
        "text_message: workflow_uuid is 0000",
    ),
    "a wrong close code": (closing_with(1001), "closed with 1001 after workflow_completed, not with 1000"),
    "a close code that is not there": (closing_with(4999), "closed with 4999, which is not in x-close-codes"),
}


def faults_of(app: App) -> tuple[str, list[str]]:
    """Hold the dialogue with a server as the suite does: (what the oracle says, what the wiretap says)."""
    verdict = ""
    with serve(app, client_faults="ignore", allow_faults=True) as running:
        try:
            hold(running, DIALOGUE)
        except (AssertionError, ConnectionError) as error:
            verdict = f"{type(error).__name__}: {error}"
    return verdict, running.wiretap.faults


def test_without_sabotage_there_is_no_fault() -> None:
    assert faults_of(server()) == ("", [])


@pytest.mark.parametrize("name", SOCKET)
def test_a_fault_of_the_socket_is_found(name: str) -> None:
    sabotage, reason = SOCKET[name]
    _, faults = faults_of(on_socket(server(), sabotage))
    assert any(reason in fault for fault in faults), faults


# These keep every schema and every order, so that only the oracle of the dialogues can tell.
ORACLE: dict[str, tuple[Callable[[], Spoil], str]] = {
    "another text": (
        of_type("text_message", lambda message: {**message, "content": {"body": "Good bye"}}),
        "'body': 'Good bye'",
    ),
    "a message left out": (
        each_message(lambda message: None if message["type"] == "text_message" else json.dumps(message)),
        "expected text_message",
    ),
    "another result": (
        of_type("workflow_completed", lambda message: {**message, "content": {"result": "undone"}}),
        "undone",
    ),
    "another sender": (
        of_type("text_message", lambda message: {**message, "sender": "Somebody"}),
        "sender",
    ),
}


@pytest.mark.parametrize("name", ORACLE)
def test_a_fault_that_is_well_formed_is_found(name: str) -> None:
    sabotage, reason = ORACLE[name]
    verdict, faults = faults_of(on_socket(server(), sabotage))
    assert faults == []
    assert reason in verdict
