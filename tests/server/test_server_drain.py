"""drain.py: what SIGTERM does to a server that uvicorn runs in a process of its own (spec FA-LIV-8)."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from raw_client import RawConversation
from raw_session import RawSession

PROGRAM = """
import json, logging, socket, sys
import uvicorn
from fastagency_server import FastAPIAdapter, Settings
from fastagency_server.logs import JsonFormatter
from server.serving import application, make_workflows

handler = logging.StreamHandler()
handler.setFormatter(JsonFormatter())
logging.basicConfig(level=logging.INFO, handlers=[handler])
listener = socket.create_server(("127.0.0.1", 0))
print(json.dumps(listener.getsockname()[1]), flush=True)
settings = Settings(drain_seconds=float(sys.argv[1]), shutdown_seconds=1)
app = application(FastAPIAdapter(provider=make_workflows(), settings=settings))
uvicorn.Server(uvicorn.Config(app, log_config=None)).run(sockets=[listener])
"""
INITIATE: dict[str, Any] = {"workflow_name": "ask", "workflow_uuid": "", "user_id": None, "params": {}}
_SECONDS = 30.0  # ends a test that would hang otherwise


class Process:
    """A server, and what it has logged once it is over."""

    def __init__(self, drain_seconds: float) -> None:
        command = [sys.executable, "-c", PROGRAM, str(drain_seconds)]
        folder = Path(__file__).parents[1]
        self._process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{json.loads(self._process.stdout.readline())}"
        self.log: list[dict[str, Any]] = []

    def tell(self) -> None:
        """Send SIGTERM, and return when no new conversation is taken."""
        self._process.send_signal(signal.SIGTERM)
        until = time.monotonic() + _SECONDS
        while self.announce().status_code == 200:
            assert time.monotonic() < until, "SIGTERM has no effect"
            time.sleep(0.01)

    def announce(self) -> httpx.Response:
        """Announce a conversation."""
        return httpx.post(f"{self.url}/fastagency/initiate_workflow", json=INITIATE)

    def wait(self) -> int:
        """Wait for its end; returns the exit status, negative for a signal."""
        log = self._process.communicate(timeout=_SECONDS)[1]
        self.log = [json.loads(line) for line in log.splitlines()]
        return self._process.returncode

    def stop(self) -> None:
        """End it whatever it does."""
        self._process.kill()
        self._process.communicate()


@contextlib.contextmanager
def running(drain_seconds: float) -> Iterator[Process]:
    process = Process(drain_seconds)
    try:
        yield process
    finally:
        process.stop()


def test_conversations_end_in_peace_and_no_new_one_is_taken() -> None:
    with running(20) as server, RawSession(server.url) as session, RawConversation(server.url) as classic:
        ready = session.start_v1("ask")
        question = session.receive_until()[-1]
        classic.start("aask")
        classic.receive_until()
        server.tell()
        refused = server.announce()
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        with RawSession(server.url) as late:
            late.send("start_workflow", workflow_uuid=ready["workflow_uuid"], name="ask", params={})
            with contextlib.suppress(AssertionError):  # an `error` comes first
                late.expect_close()
            assert late.expect_close()[0] == 4009, "this one runs already"
        with RawConversation(server.url) as late_classic:
            late_classic.start("ask")
            assert late_classic.drain()[1][0] == 4100
        with RawSession(server.url) as again:  # a resume is always taken
            assert again.resume(ready, 2)["mode"] == "replay"
        session.answer(question, "42")
        classic.send_text("43")
        assert session.drain()[0][-1]["content"] == {"result": "42", "outcome": "completed"}
        assert classic.drain() == (classic.messages[-1:], (1000, ""))
        assert server.wait() in (0, -signal.SIGTERM)
    ended = [line for line in server.log if line["message"] == "a conversation ended"]
    assert [line["outcome"] for line in ended] == ["completed"] * 2
    assert ready["workflow_uuid"] in {line["workflow_uuid"] for line in ended}
    assert ready["resume_token"] not in json.dumps(server.log)


@pytest.mark.parametrize("workflow", ["ask", "aask", "asleep"])
def test_what_is_left_is_closed_with_4200_and_cancelled(workflow: str) -> None:
    with running(0.2) as server, RawSession(server.url) as session, RawConversation(server.url) as classic:
        session.start_v1(workflow)
        classic.start(workflow)
        session.receive_until("workflow_started")
        classic.receive_until("workflow_started")
        server.tell()
        messages, close = session.drain()
        assert (close[0], [message["type"] for message in messages if message["type"] == "error"]) == (
            4200,
            [],
        )
        messages, close = classic.drain()
        assert (messages[-1]["type"], close[0]) == ("error", 4200)
        assert server.wait() in (0, -signal.SIGTERM)
    assert not [line for line in server.log if line["level"] in ("WARNING", "ERROR")]


def test_an_idle_server_stops_at_once() -> None:
    with running(3600) as server:
        server.announce()
        server._process.send_signal(signal.SIGTERM)
        assert server.wait() in (0, -signal.SIGTERM)


def test_a_second_signal_does_not_wait() -> None:
    with running(3600) as server, RawSession(server.url) as session:
        session.start_v1("aask")
        session.receive_until()
        server.tell()
        server._process.send_signal(signal.SIGTERM)
        assert server.wait() in (0, -signal.SIGTERM)
