"""The Go SDK beside the real server: the README's first example, and the driver of the conformance suite."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conformance.messages import as_read
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


def test_quickstart_of_the_readme(tmp_path: Path) -> None:
    """It runs as it stands in a module of its own, but for the address."""
    quickstart = re.findall(r"```go\n(.*?)```", (SDK / "README.md").read_text(encoding="utf-8"), re.DOTALL)[0]
    (tmp_path / "go.mod").write_text(
        "module quickstart\n\ngo 1.23\n\n"
        "require github.com/fastagency-protocol/sdk-go v0.0.0\n"
        "require github.com/coder/websocket v1.8.15 // indirect\n"
        f"replace github.com/fastagency-protocol/sdk-go => {SDK}\n",
        encoding="utf-8",
    )
    (tmp_path / "go.sum").write_bytes((SDK / "go.sum").read_bytes())
    with serve(real()) as live:
        assert quickstart.count("http://localhost:8008") == 1
        program = quickstart.replace("http://localhost:8008", live.url)
        (tmp_path / "main.go").write_text(program, encoding="utf-8")
        said = go("run", ".", cwd=tmp_path)
    assert said.splitlines() == [
        "simple_learning - For the quickstart of the README",
        "Teacher: Prime numbers, Easy.",
        "Result: level beginner",
    ]


class Driver:
    """The driver as a process: each command is answered by one observation."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.ready = self._observation()

    def do(self, **command: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command, ensure_ascii=False) + "\n")
        self._process.stdin.flush()
        return self._observation()

    def end(self) -> None:
        assert self._process.communicate(timeout=60)[0] == ""
        assert self._process.returncode == 0

    def _observation(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    go("build", "-o", tmp_path / "driver", "./conformance")
    started = Driver(tmp_path / "driver")
    yield started
    started.end()


def test_driver_of_the_conformance_suite(driver: Driver) -> None:
    assert (driver.ready["saw"], driver.ready["language"]) == ("ready", "go")
    with serve(real()) as live:
        discovered = driver.do(do="discover", url=live.url)
        assert [workflow["name"] for workflow in discovered["workflows"]] == ["simple_learning"]
        refused = driver.do(do="start", url=live.url, workflow="no such workflow", params={})
        assert (refused["saw"], refused["error"], refused["status"]) == ("failed", "RequestRefused", 404)
        assert driver.do(do="next")["saw"] == "unsupported"
        started = driver.do(do="start", url=live.url, workflow="simple_learning", params={"level": "ü"})
        assert started["saw"] == "started"
        assert driver.do(do="next")["type"] == "workflow_started"
        asked = driver.do(do="next")
        assert (asked["type"], asked["state"], asked["known"]) == ("text_input", "awaiting_answer", True)
        assert asked["message"] == as_read(json.loads(asked["raw"]))
        assert driver.do(do="next", timeout=0.05) == {"saw": "timeout"}
        assert driver.do(do="answer", value=["a", "b"]) == {"saw": "not_answered", "error": "NotAsked"}
        assert driver.do(do="answer", value="Primes") == {"saw": "answered"}
        assert driver.do(do="next")["message"]["content"]["choices"] == ["Easy", "Hard"]
        assert driver.do(do="answer", value=["Hard"]) == {"saw": "answered"}
        assert driver.do(do="next")["message"]["content"]["body"] == "Primes, Hard."
        assert driver.do(do="next")["state"] == "completed"
        ended = {"saw": "ended", "state": "completed", "result": "level ü"}
        assert driver.do(do="next") == ended
        assert driver.do(do="next") == ended
        driver.do(do="start", url=live.url, workflow="simple_learning", params={"level": 1})
        assert driver.do(do="next")["type"] == "workflow_started"
        assert driver.do(do="leave") == {"saw": "left", "state": "cancelled"}


def test_driver_decodes(driver: Driver) -> None:
    unknown = '{"type":"later","n":123456789012345678901}'
    seen = driver.do(do="decode", **{"as": "ServerMessage", "frame": unknown})
    assert seen == {"saw": "decoded", "type": "Unknown", "value": json.loads(unknown)}
    info = driver.do(do="decode", **{"as": "WorkflowInfo", "frame": '{"name":"a","description":"b"}'})
    assert info == {"saw": "decoded", "type": "WorkflowInfo", "value": {"name": "a", "description": "b"}}
    error = (ROOT / "spec" / "vectors" / "messages" / "error.json").read_text(encoding="utf-8")
    full = json.loads(error)["cases"][0]
    seen = driver.do(do="decode", **{"as": "ServerMessage", "frame": full["frame"]})
    assert (seen["type"], seen["value"]) == ("Error", full["expect"])
    assert driver.do(do="decode", **{"as": "ServerMessage", "frame": "{}"})["saw"] == "refused"
    assert driver.do(do="dance")["saw"] == "unsupported"
