"""Parameters, answers and credentials stay out of the log, whatever happens (tracebacks included)."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastagency_server import UI, FastAPIAdapter, Workflows
from fastapi import HTTPException, Request
from live_server import LiveServer, serve
from raw_client import RawConversation
from server.serving import application, eventually

SECRET = "s3cret"
PARAMS = {"token": SECRET}
INITIATE = "/fastagency/initiate_workflow"


def get_user_id(request: Request) -> str:
    if "x-token" in request.headers:
        raise HTTPException(401, "That token is not valid.")
    return "ann"


def make_workflows() -> Workflows:
    workflows = Workflows()

    @workflows.register(name="ask", description="Asks for a password")
    def ask(ui: UI, params: dict[str, Any]) -> str:
        del params
        return ui.text_input(prompt="Password?", password=True)

    @workflows.register(name="choose", description="Lets the user choose")
    def choose(ui: UI, params: dict[str, Any]) -> str:
        del params
        return ui.multiple_choice(prompt="Which?", choices=["a", "b"])

    @workflows.register(name="fail", description="Asks for a password, and fails")
    def fail(ui: UI, params: dict[str, Any]) -> str:
        ui.text_input(prompt="Password?", password=True)
        assert params == PARAMS
        raise RuntimeError("out of luck")

    @workflows.register(name="wrong", description="Says what the protocol cannot carry")
    def wrong(ui: UI, params: dict[str, Any]) -> None:
        ui.workflow_started(name=params, description=None, params=params)  # type: ignore[arg-type]

    return workflows


def answered(url: str, workflow: str) -> None:
    with RawConversation(url) as conversation:
        conversation.start(workflow, PARAMS)
        conversation.receive_until()
        for _ in range(10):  # as many as it takes for invalid answers to end a `choose`
            conversation.send_text(SECRET)
            if conversation.receive_until("error", "workflow_completed")[-1]["type"] != "error":
                break
            if workflow != "choose":
                break
        conversation.drain()


def bad_params(url: str) -> None:
    first = {"workflow_uuid": "new", "user_id": None, "params": [SECRET]}
    for body in (json.dumps({"workflow_name": "ask", **first}), f'{{"a": "{SECRET}"', f'"{SECRET}\\ud800"'):
        for content_type in ("application/json", "text/plain"):
            response = httpx.post(url + INITIATE, content=body, headers={"Content-Type": content_type})
            assert response.status_code in (400, 422)
    for frame in (json.dumps({"name": "ask", **first}), SECRET, f'{{"a": "{SECRET}"'):
        with RawConversation(url) as conversation:
            conversation.send_text(frame)
            assert conversation.drain()[1][0] == 4000


def refused(url: str) -> None:
    headers = {"x-token": SECRET}
    body = {"workflow_name": "ask", "workflow_uuid": "new", "user_id": None, "params": PARAMS}
    assert httpx.get(url + "/fastagency/discovery", headers=headers).status_code == 401
    assert httpx.post(url + INITIATE, json=body, headers=headers).status_code == 401
    with RawConversation(url, additional_headers=headers) as conversation:
        assert conversation.drain()[1][0] == 4001


def dropped(url: str) -> None:
    for workflow in ("ask", "choose"):
        conversation = RawConversation(url)
        conversation.start(workflow, PARAMS)
        conversation.receive_until()
        conversation.drop()


def unsaid(url: str) -> None:
    with RawConversation(url) as conversation:
        conversation.start("wrong", PARAMS)
        assert conversation.drain()[1] == (1000, "")


@pytest.mark.parametrize(
    ("scenario", "logged"),
    [
        (bad_params, None),
        (refused, None),
        (dropped, "the conversation ended early"),
        (lambda url: answered(url, "ask"), None),
        (lambda url: answered(url, "choose"), "the conversation ended early"),
        (lambda url: answered(url, "fail"), "RuntimeError: out of luck"),
        (unsaid, "InvalidMessage"),
    ],
    ids=["bad params", "401", "drop", "password", "invalid choice", "failing workflow", "wrong message"],
)
def test_nothing_secret_is_logged(
    scenario: Callable[[str], None], logged: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = FastAPIAdapter(provider=make_workflows(), get_user_id=get_user_id)
    live: LiveServer
    with (
        caplog.at_level(logging.DEBUG, "fastagency_server"),
        serve(application(adapter), client_faults="ignore") as live,
    ):
        scenario(live.url)
        eventually(lambda: adapter.running == 0, "a conversation is left")
    formatter = logging.Formatter("%(name)s %(levelname)s %(message)s")
    text = "\n".join(map(formatter.format, caplog.records))
    assert SECRET not in text
    assert SECRET not in repr([record.args for record in caplog.records])
    if logged is not None:
        assert logged in text
