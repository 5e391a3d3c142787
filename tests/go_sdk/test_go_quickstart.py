"""The Go SDK beside the real server: the README's first example, and the driver of the conformance suite."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conformance.messages import as_read
from driver_play import SCENES, DriverProcess, Scene
from driver_stage import stage
from fastagency_server import UI, FastAPIAdapter, Workflows
from fastapi import FastAPI
from go_sdk.go_tools import ROOT, SDK, go
from language_tools import need
from live_server import serve

workflows = Workflows()


@workflows.register(name="simple_learning", description="For the quickstart of the README")
def simple_learning(ui: UI, params: dict[str, Any]) -> str:
    """Ask for a subject and a level."""
    subject = ui.text_input(sender="Workflow", prompt="Which subject?", suggestions=["Fractions"])
    level = ui.multiple_choice(sender="Workflow", prompt="How hard?", choices=["Easy", "Hard"])
    ui.text_message(sender="Teacher", body=f"{subject}, {level}.")
    return f"level {params['level']}"


def real() -> FastAPI:
    """Return a server of this workflow."""
    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=workflows).router)
    return app


@pytest.fixture(autouse=True)
def _go() -> None:
    need("go")


def module_of_the_readme(folder: Path, number: int, url: str) -> None:
    """Write the README's program of this number into a module of its own, with another address."""
    text = (SDK / "README.md").read_text(encoding="utf-8")
    program = re.findall(r"```go\n(package main.*?)```", text, re.DOTALL)[number]
    (folder / "go.mod").write_text(
        "module readme\n\ngo 1.23\n\n"
        "require github.com/fastagency-protocol/sdk-go v0.0.0\n"
        "require github.com/coder/websocket v1.8.15 // indirect\n"
        f"replace github.com/fastagency-protocol/sdk-go => {SDK}\n",
        encoding="utf-8",
    )
    (folder / "go.sum").write_bytes((SDK / "go.sum").read_bytes())
    assert program.count("http://localhost:8008") == 1
    (folder / "main.go").write_text(program.replace("http://localhost:8008", url), encoding="utf-8")


def test_quickstart_of_the_readme(tmp_path: Path) -> None:
    """It runs as it stands in a module of its own, but for the address."""
    with serve(real()) as live:
        module_of_the_readme(tmp_path, 0, live.url)
        said = go("run", ".", cwd=tmp_path)
    assert said.splitlines() == [
        "simple_learning - For the quickstart of the README",
        "Teacher: Prime numbers, Easy.",
        "Result: level beginner",
    ]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DriverProcess]:
    """One process for all scenes, as in the suite."""
    need("go")
    program = tmp_path_factory.mktemp("driver") / "driver"
    go("build", "-o", program, "./conformance")
    with DriverProcess([program]) as process:
        yield process


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The server of the scenes."""
    with stage() as address:
        yield address


def test_the_driver_says_what_it_is(driver: DriverProcess) -> None:
    version = re.findall(r'Version = "(.*)"', (SDK / "version.go").read_text(encoding="utf-8"))
    assert (driver.ready["saw"], driver.ready["language"]) == ("ready", "go")
    assert [driver.ready["version"]] == version
    assert {"exact_integers", "raw_text", "sessions"} <= set(driver.ready["features"])
    assert driver.ask("next") == {"saw": "unsupported", "do": "next without a conversation"}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_the_driver_plays(scene: Scene, driver: DriverProcess, url: str) -> None:
    scene(driver, url)


def test_a_classic_conversation_in_the_driver(driver: DriverProcess) -> None:
    """With our server too, where it is asked for."""
    with serve(real()) as live:
        discovered = driver.ask("discover", url=live.url)
        assert [workflow["name"] for workflow in discovered["workflows"]] == ["simple_learning"]
        asked = {"url": live.url, "workflow": "simple_learning", "options": {"dialect": "classic"}}
        assert driver.ask("start", params={"level": "ü"}, **asked)["saw"] == "started"
        assert driver.ask("next")["type"] == "workflow_started"
        question = driver.ask("next")
        assert (question["type"], question["state"], question["known"]) == (
            "text_input",
            "awaiting_answer",
            True,
        )
        assert question["message"] == as_read(json.loads(question["raw"]))
        assert "connection" not in question
        assert driver.ask("next", timeout=0.05) == {"saw": "timeout"}
        assert driver.ask("answer", value=["a", "b"]) == {"saw": "not_answered", "error": "NotAsked"}
        assert driver.ask("answer", value="Primes") == {"saw": "answered"}
        assert driver.ask("next")["message"]["content"]["choices"] == ["Easy", "Hard"]
        assert driver.ask("answer", value=["Hard"]) == {"saw": "answered"}
        assert driver.ask("next")["message"]["content"]["body"] == "Primes, Hard."
        assert driver.ask("cursor") == {"saw": "cursor", "cursor": None}
        assert driver.ask("next")["state"] == "completed"
        ended = {"saw": "ended", "state": "completed", "result": "level ü"}
        assert [driver.ask("next"), driver.ask("next")] == [ended, ended]
        driver.ask("start", params={"level": 1}, **asked)
        assert driver.ask("next")["type"] == "workflow_started"
        assert driver.ask("leave") == {"saw": "left", "state": "cancelled"}


def test_a_session_in_the_driver(driver: DriverProcess) -> None:
    """A conversation that is left goes on in another one, a second one sees it from the start, and it is
    cancelled."""
    with serve(real()) as live:
        driver.ask("start", url=live.url, workflow="simple_learning", params={"level": 1})
        assert driver.ask("next")["connection"] == "live"
        question = driver.ask("next")
        assert (question["open"], question["state"]) == (True, "awaiting_answer")
        answer_id = driver.ask("answer", value="Primes")["answer_id"]
        taken = driver.ask("next")
        assert (taken["type"], taken["elsewhere"]) == ("answer_accepted", False)
        assert taken["message"]["answer_id"] == answer_id
        cursor = driver.ask("cursor")["cursor"]
        assert cursor["after_seq"] == 3
        assert driver.ask("leave") == {"saw": "left", "state": "cancelled"}
        assert driver.ask("connection") == {"saw": "connection", "connection": "ended"}

        assert driver.ask("resume", url=live.url, cursor=cursor)["saw"] == "started"
        assert driver.ask("next")["type"] == "multiple_choice"
        driver.ask("resume", url=live.url, cursor=cursor, from_start=True)
        seen = [driver.ask("next") for _ in range(5)]
        assert [it["type"] for it in seen] == [
            "session_ready",
            "workflow_started",
            "text_input",
            "answer_accepted",
            "multiple_choice",
        ]
        assert [seen[2]["open"], seen[3]["elsewhere"], seen[4]["open"]] == [False, True, True]
        assert driver.ask("cancel", reason="enough") == {"saw": "cancelled"}
        assert driver.ask("next")["type"] == "workflow_completed"
        ended = driver.ask("next")
        assert (ended["saw"], ended["state"], ended["outcome"]) == ("ended", "cancelled", "cancelled")


def test_driver_decodes(driver: DriverProcess) -> None:
    unknown = '{"type":"later","n":123456789012345678901}'
    seen = driver.ask("decode", **{"as": "ServerMessage", "frame": unknown})
    assert seen == {"saw": "decoded", "type": "Unknown", "value": json.loads(unknown)}
    info = driver.ask("decode", **{"as": "WorkflowInfo", "frame": '{"name":"a","description":"b"}'})
    assert info == {"saw": "decoded", "type": "WorkflowInfo", "value": {"name": "a", "description": "b"}}
    error = (ROOT / "spec" / "vectors" / "messages" / "error.json").read_text(encoding="utf-8")
    full = json.loads(error)["cases"][0]
    seen = driver.ask("decode", **{"as": "ServerMessage", "frame": full["frame"]})
    assert (seen["type"], seen["value"]) == ("Error", full["expect"])
    assert driver.ask("decode", **{"as": "ServerMessage", "frame": "{}"})["saw"] == "refused"
    assert driver.ask("dance")["saw"] == "unsupported"


def test_surviving_conversation_of_the_readme(tmp_path: Path, driver: DriverProcess) -> None:
    """It starts one where nothing is stored, and goes on with one that is."""
    stored = tmp_path / "conversation.json"
    with serve(real()) as live:
        module_of_the_readme(tmp_path, 1, live.url)
        started = go("run", ".", cwd=tmp_path)
        assert not stored.exists()
        driver.ask("start", url=live.url, workflow="simple_learning", params={"level": 1})
        assert [driver.ask("next")["type"] for _ in range(2)] == ["workflow_started", "text_input"]
        driver.ask("answer", value="Primes")
        driver.ask("next")
        stored.write_text(json.dumps(driver.ask("cursor")["cursor"]))
        driver.ask("leave")
        resumed = go("run", ".", cwd=tmp_path)
    end = ["Outcome: completed"]
    states = [["Connection: connecting", "Connection: live"], ["Connection: ended"]]
    assert sorted(started.splitlines()) == sorted([*states[0], "Teacher: Easy, Easy.", *states[1], *end])
    resuming = ["Connection: reconnecting", "Connection: live"]
    assert sorted(resumed.splitlines()) == sorted([*resuming, "Teacher: Primes, Easy.", *states[1], *end])
