"""Conversations of the Java client with the live server: cut connections, two tabs, leaving, cancelling."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from driver_play import DriverProcess
from fastagency_server import UI, FastAPIAdapter, Workflows
from fastapi import FastAPI
from faults.run import run
from java_tools import SDK, built_sdk
from live_server import serve

NOTHING_WRONG = {
    "lost": 0,
    "repeated": 0,
    "out_of_order": 0,
    "answers_lost": 0,
    "answers_doubled": 0,
}
LOG = SDK / "src/main/java/io/github/fastagencyprotocol/sdk/SessionLog.java"
DRIVER = SDK / "conformance" / "driver"
PROGRAM = "io.github.fastagencyprotocol.sdk.conformance.Faults"

workflows = Workflows()


@workflows.register(name="essay", description="Streams a text, and asks twice")
def essay(ui: UI, params: dict[str, Any]) -> str:
    """Say something piece by piece, then ask."""
    uuid = params.get("uuid", "t1")
    ui.text_chunk(uuid=uuid, delta="Once ")
    ui.text_chunk(uuid=uuid, delta="upon")
    ui.text_message(uuid=uuid, body="Once upon")
    ui.text_message(body=f"You said {ui.text_input(prompt='More?')}")
    ui.text_input(prompt="Enough?")
    return "done"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The server of the tabs."""
    built_sdk()
    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=workflows).router)
    with serve(app) as live:
        yield live.url


def test_nothing_is_lost_repeated_or_answered_twice() -> None:
    """A dozen conversations, half of them in loops and half with subscribers."""
    built_sdk()
    found = run([str(SDK / "conformance" / "faults")], 12, 12, share=0.3, seed=11)
    assert found.status == 0, found.said
    assert found.counted["finished"] == 12
    assert found.counted.items() >= NOTHING_WRONG.items()
    assert found.counted["reconnects"] > 0, "no connection was cut: the run proved nothing"


def test_the_program_finds_what_is_wrong(tmp_path: Path) -> None:
    """A client that forgets what it has read shows messages twice: the program must say so."""
    kept = "  void connected() {\n    gap = false;\n"
    source = LOG.read_text(encoding="utf-8")
    assert source.count(kept) == 1
    broken = tmp_path / LOG.name
    broken.write_text(source.replace(kept, f"{kept}    seq = Math.max(seq - 2, 0);\n"), encoding="utf-8")
    command = ["javac", "-nowarn", "-cp", built_sdk(), "-d", str(tmp_path), str(broken)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    classpath = f"{tmp_path}:{built_sdk()}"
    found = run(["java", "-XX:TieredStopAtLevel=1", "-cp", classpath, PROGRAM], 12, 12, share=0.3, seed=11)
    assert found.status == 1
    assert found.counted["repeated"] > 0


def test_two_tabs_share_a_conversation(url: str) -> None:
    """The second sees everything from the start, its answer wins, and a cancel of the first ends both."""
    with DriverProcess([DRIVER]) as first, DriverProcess([DRIVER]) as second:
        first.ask("start", url=url, workflow="essay")
        assert first.ask("next")["type"] == "workflow_started"
        texts = []
        while (whole := first.ask("next"))["type"] == "text_chunk":
            texts.append(whole["text"])
        assert texts == ["Once ", "Once upon"]
        assert (whole["type"], whole["connection"]) == ("text_message", "live")
        asked = first.ask("next")
        assert (asked["type"], asked["open"], asked["state"]) == ("text_input", True, "awaiting_answer")
        cursor = first.ask("cursor")["cursor"]
        assert cursor["after_seq"] == 3

        second.ask("resume", url=url, cursor=cursor, from_start=True)
        seen = [second.ask("next") for _ in range(4)]
        kinds = ["session_ready", "workflow_started", "text_message", "text_input"]
        assert [one["type"] for one in seen] == kinds
        answer_id = second.ask("answer", value="yes")["answer_id"]
        for tab, elsewhere in ((second, False), (first, True)):
            accepted = tab.ask("next")
            assert (accepted["type"], accepted["elsewhere"]) == ("answer_accepted", elsewhere)
            assert accepted["message"]["answer_id"] == answer_id
            assert tab.ask("next")["message"]["content"]["body"] == "You said yes"

        assert first.ask("next")["open"]
        assert first.ask("cancel", reason="enough") == {"saw": "cancelled"}
        while second.ask("next")["saw"] == "message":
            pass
        for tab in (first, second):
            while (last := tab.ask("next"))["saw"] == "message":
                pass
            ended = {"saw": "ended", "state": "cancelled", "result": None, "outcome": "cancelled"}
            assert last == ended


def test_leaving_cancels_nothing(url: str) -> None:
    """What was left goes on from the cursor, without what was read; a wrong token opens nothing."""
    with DriverProcess([DRIVER]) as driver:
        driver.ask("start", url=url, workflow="essay")
        while driver.ask("next")["type"] != "text_input":
            pass
        cursor = driver.ask("cursor")["cursor"]
        assert driver.ask("leave") == {"saw": "left", "state": "cancelled"}
        assert driver.ask("connection")["connection"] == "ended"
        driver.ask("resume", url=url, cursor={**cursor, "resume_token": "x" * 32})
        refused = driver.ask("next")
        while refused["saw"] == "message":
            refused = driver.ask("next")
        assert (refused["error"], refused["code"]) == ("ConversationRefused", 4010)
        driver.ask("resume", url=url, cursor={**cursor, "after_seq": 2})
        assert driver.ask("next")["type"] == "text_input"
        driver.ask("answer", value="no")
        assert driver.ask("next")["type"] == "answer_accepted"
        assert driver.ask("next")["message"]["content"]["body"] == "You said no"
        driver.ask("next")
        driver.ask("answer", value="")
        while (last := driver.ask("next"))["saw"] == "message":
            pass
        assert (last["state"], last["result"]) == ("completed", "done")
