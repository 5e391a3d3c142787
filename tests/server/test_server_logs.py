"""logs.py and monitor.py: what a server tells of itself, and what it keeps to itself (spec FA-SEC-3)."""

from __future__ import annotations

import json
import logging
import sys

import httpx
import pytest
from fastagency_server import UI, FastAPIAdapter, Workflows
from fastagency_server.logs import JsonFormatter
from fastapi import Request
from live_server import serve
from raw_client import RawConversation
from raw_session import RawSession
from server.serving import application, eventually, make_workflows

PASSWORD = "correct horse battery staple"


def workflows() -> Workflows:
    found = make_workflows()

    @found.register(name="password", description="Asks for a password")
    def password(ui: UI, params: dict[str, object]) -> str:
        del params
        return str(len(ui.text_input(prompt="Password?", password=True)))

    return found


def user_of(request: Request) -> str:
    return request.headers["x-user"]


def test_a_record_is_one_line_of_json() -> None:
    try:
        raise RuntimeError("out of luck")
    except RuntimeError:
        record = logging.makeLogRecord(
            {
                "name": "fastagency_server.x",
                "levelno": logging.ERROR,
                "levelname": "ERROR",
                "msg": "%s\nfailed",
                "args": ("it",),
                "created": 1767225600.25,
                "workflow_uuid": "6f1e",
                "exc_info": sys.exc_info(),
            }
        )
    text = JsonFormatter().format(record)
    line = json.loads(text)
    assert "\n" not in text
    assert "RuntimeError: out of luck" in line.pop("exception")
    assert line == {
        "time": "2026-01-01T00:00:00.250Z",
        "level": "ERROR",
        "logger": "fastagency_server.x",
        "message": "it\nfailed",
        "workflow_uuid": "6f1e",
    }


def test_the_log_tells_of_a_conversation_by_its_uuid(caplog: pytest.LogCaptureFixture) -> None:
    adapter = FastAPIAdapter(provider=workflows())
    with caplog.at_level(logging.INFO, "fastagency_server"), serve(application(adapter)) as live:
        with RawSession(live.url) as session:
            ready = session.start_v1("ask")
            question = session.receive_until()[-1]
            with RawSession(live.url) as tab:
                tab.resume(ready, 0)
                session.answer(question, "42")
                tab.drain()
        with RawSession(live.url) as failing:
            failing.start_v1("fail")
            failing.drain()
        eventually(lambda: adapter.running == 0, "the workflows end")
    told = [vars(record) for record in caplog.records if vars(record).get("workflow_uuid")]
    uuid = ready["workflow_uuid"]
    assert [
        (it["msg"], it.get("outcome") or it.get("mode")) for it in told if it["workflow_uuid"] == uuid
    ] == [
        ("a conversation started", None),
        ("a conversation was resumed", "reset"),
        ("a conversation ended", "completed"),
    ]
    failed = [it for it in told if it["workflow_uuid"] == failing.ready["workflow_uuid"]]
    assert [it["levelname"] for it in failed if it["exc_info"]] == ["ERROR"]


def test_no_secret_is_in_any_log_even_on_debug(caplog: pytest.LogCaptureFixture) -> None:
    adapter = FastAPIAdapter(provider=workflows(), get_user_id=user_of)
    headers = {"x-user": "ann-of-green-gables"}
    with (
        caplog.at_level(logging.DEBUG),
        caplog.at_level(logging.DEBUG, "uvicorn.error"),
        serve(application(adapter), access_log=True) as live,
    ):
        body: dict[str, object] = {
            "workflow_name": "password",
            "workflow_uuid": "",
            "user_id": None,
            "params": {},
        }
        url = f"{live.url}/fastagency/initiate_workflow"
        announced = httpx.post(url, json=body, headers=headers).json()
        with RawSession(live.url, f"/fastagency/ws?x=1&ticket={announced['ticket']}") as session:
            given = session.start_v1("password", {}, announced["workflow_uuid"], announced["resume_token"])
            session.answer(session.receive_until()[-1], PASSWORD)
            assert session.drain()[0][-1]["content"]["result"] == str(len(PASSWORD))
        with RawConversation(live.url, f"/fastagency/ws?ticket={announced['ticket']}") as refused:
            assert refused.drain()[1][0] == 4001
    client_side = ("websockets.client", "httpcore", "httpx")
    ours = [it for it in caplog.records if not it.name.startswith(client_side)]
    assert any(it.name == "uvicorn.error" for it in ours), "uvicorn's log was caught"
    log = repr([{**vars(it), "said": it.getMessage()} for it in ours])
    assert "WebSocket /fastagency/ws" in log
    for secret in (announced["ticket"], given["resume_token"], PASSWORD, headers["x-user"]):
        assert secret not in log
