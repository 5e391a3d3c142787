"""The snippets of the first page, as a reader copies them, hold a conversation with a real server."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastagency_server import UI, FastAPIAdapter, Workflows
from fastapi import FastAPI
from live_server import LiveServer, serve
from site_reader import Page

SERVER = "http://localhost:8008"
SECONDS = 60


def app() -> FastAPI:
    """A server with one workflow that asks both kinds of question."""
    workflows = Workflows()

    @workflows.register(name="simple_learning", description="Asks twice")
    def simple_learning(ui: UI, params: dict[str, Any]) -> str:
        name = ui.text_input(prompt="What is your name?", suggestions=["Ada"])
        choice = ui.multiple_choice(prompt="How hard?", choices=["Easy", "Ada"])
        return f"{name} wants {choice}{params.get('level', '')}"

    application = FastAPI()
    application.include_router(FastAPIAdapter(provider=workflows).router)
    return application


@pytest.fixture
def live() -> Iterator[LiveServer]:
    """A server, every frame of it judged by the wiretap."""
    with serve(app()) as server:
        yield server


def snippet(pages: dict[str, Page], kind: str, live: LiveServer) -> str:
    """Return a snippet with the server's address put in."""
    text = pages["index.html"].snippets[kind]
    assert SERVER in text
    return text.replace(SERVER, live.url)


def assert_whole_conversation(printed: str, live: LiveServer) -> None:
    """Check that the workflow got the answers, and that the snippet said how it ended."""
    assert "Ada wants Ada" in printed
    assert "closed" in printed
    assert "1000" in printed
    assert [json.loads(text)["type"] for sender, text in live.wiretap.frames if sender == "server"] == [
        "workflow_started",
        "text_input",
        "multiple_choice",
        "workflow_completed",
    ]


def test_the_python_client(pages: dict[str, Page], live: LiveServer, tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(snippet(pages, "python", live), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "client.py")],
        input="Ada\nAda\n",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert_whole_conversation(done.stdout, live)


def test_the_javascript_client(pages: dict[str, Page], live: LiveServer, tmp_path: Path) -> None:
    (tmp_path / "client.mjs").write_text(snippet(pages, "javascript", live), encoding="utf-8")
    # Browsers have `prompt` and `WebSocket`; Node 20 has the one not, the other behind a flag.
    prompt = "data:text/javascript,globalThis.prompt = () => 'Ada'"
    done = subprocess.run(
        ["node", "--experimental-websocket", "--import", prompt, str(tmp_path / "client.mjs")],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert_whole_conversation(done.stdout, live)


def test_the_two_requests_by_curl(pages: dict[str, Page], live: LiveServer) -> None:
    replies = []
    for kind in ("curl-discovery", "curl-initiate"):
        command = shlex.split(snippet(pages, kind, live).replace("\\\n", " "))
        done = subprocess.run(
            [*command, "--silent", "--noproxy", "*"], capture_output=True, text=True, check=True
        )
        replies.append(json.loads(done.stdout))
    assert replies[0] == [{"name": "simple_learning", "description": "Asks twice"}]
    assert replies[1]["name"] == "simple_learning"
