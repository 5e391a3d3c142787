"""The Rust SDK beside the real server: the README's quickstart, and the driver, with and without TLS."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conformance.messages import as_read
from fastagency_server import UI, FastAPIAdapter, Workflows
from fastapi import FastAPI
from language_tools import need
from live_server import serve
from rust_sdk.rust_tools import SDK, cargo, driver

workflows = Workflows()

# The features of the SDK's own tests, so that Tokio is not built once more.
MANIFEST = f"""
[package]
name = "quickstart"
edition = "2021"

[dependencies]
fastagency-sdk = {{ path = {json.dumps(str(SDK))} }}
futures-util = {{ version = "0.3", default-features = false, features = ["sink"] }}

[dependencies.tokio]
version = "1"
default-features = false
features = ["io-std", "io-util", "macros", "rt-multi-thread"]

[profile.dev]
debug = "line-tables-only"
"""


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
def _rust() -> None:
    need("rust")


def test_quickstart_of_the_readme(tmp_path: Path) -> None:
    """It runs as it stands in a crate of its own, but for the address."""
    readme = (SDK / "README.md").read_text(encoding="utf-8")
    quickstart = re.findall(r"```rust,no_run\n(.*?)```", readme, re.DOTALL)[0]
    (tmp_path / "src").mkdir()
    (tmp_path / "Cargo.toml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "Cargo.lock").write_bytes((SDK / "Cargo.lock").read_bytes())
    with serve(real()) as live:
        assert quickstart.count("http://localhost:8008") == 1
        program = quickstart.replace("http://localhost:8008", live.url)
        (tmp_path / "src" / "main.rs").write_text(program, encoding="utf-8")
        said = cargo("run", "--quiet", "--offline", cwd=tmp_path)
    assert said.splitlines() == [
        "simple_learning - For the quickstart of the README",
        "Teacher: Fractions, Easy.",
        "It ended with: level beginner",
    ]


class Driver:
    """The driver as a process: each command is answered by one observation."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [driver()],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
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


@contextmanager
def driven(**environment: str) -> Iterator[Driver]:
    """Yield a driver, and end it as the conformance suite does."""
    started = Driver(environment)
    yield started
    started.end()


def test_driver_holds_a_conversation() -> None:
    with driven() as subject, serve(real()) as live:
        _hold(subject, live.url)
        refused = subject.do(do="start", url=live.url, workflow="no such workflow", params={})
        assert (refused["saw"], refused["error"], refused["status"]) == ("failed", "RequestRefused", 404)
        subject.do(do="start", url=live.url, workflow="simple_learning", params={"level": 1})
        assert subject.do(do="leave") == {"saw": "left", "state": "cancelled"}


def test_https_and_wss(tmp_path: Path) -> None:
    """The certificate is taken once the system trusts it, and refused before."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    with serve(real(), ssl_keyfile=str(key), ssl_certfile=str(certificate)) as live:
        url = live.url.replace("http:", "https:")
        with driven(SSL_CERT_FILE=str(certificate)) as trusting:
            _hold(trusting, url)
        with driven() as careful:
            refused = careful.do(do="discover", url=url)
            assert (refused["error"], "certificate" in refused["why"]) == ("ServerUnreachable", True)


def _hold(subject: Driver, url: str) -> None:
    assert (subject.ready["saw"], subject.ready["language"]) == ("ready", "rust")
    discovered = subject.do(do="discover", url=url)
    assert [workflow["name"] for workflow in discovered["workflows"]] == ["simple_learning"]
    _hold_in_classic(subject, url)
    _hold_a_session(subject, url)


def _hold_in_classic(subject: Driver, url: str) -> None:
    options = {"dialect": "classic"}
    started = subject.do(
        do="start", url=url, workflow="simple_learning", params={"level": "ü"}, options=options
    )
    assert started["saw"] == "started"
    assert subject.do(do="next")["type"] == "workflow_started"
    asked = subject.do(do="next")
    assert (asked["type"], asked["state"], asked["known"]) == ("text_input", "awaiting_answer", True)
    assert asked["message"] == as_read(json.loads(asked["raw"]))
    assert subject.do(do="next", timeout=0.05) == {"saw": "timeout"}
    assert subject.do(do="answer", value=["a", "b"]) == {"saw": "not_answered", "error": "NotAsked"}
    assert subject.do(do="answer", value="Primes") == {"saw": "answered"}
    assert subject.do(do="next")["message"]["content"]["choices"] == ["Easy", "Hard"]
    assert subject.do(do="answer", value=["Hard"]) == {"saw": "answered"}
    assert subject.do(do="next")["message"]["content"]["body"] == "Primes, Hard."
    assert subject.do(do="next")["state"] == "completed"
    ended = {"saw": "ended", "state": "completed", "result": "level ü", "code": 1000}
    assert subject.do(do="next") == ended
    assert subject.do(do="next") == ended


def _hold_a_session(subject: Driver, url: str) -> None:
    """The same conversation, left after its first question and resumed."""
    subject.do(do="start", url=url, workflow="simple_learning", params={"level": "ü"})
    assert subject.do(do="next")["connection"] == "live"
    asked = subject.do(do="next")
    assert (asked["type"], asked["state"], asked["open"]) == ("text_input", "awaiting_answer", True)
    cursor = subject.do(do="cursor")["cursor"]
    assert (cursor["after_seq"], set(cursor)) == (2, {"workflow_uuid", "resume_token", "epoch", "after_seq"})
    assert subject.do(do="leave")["saw"] == "left"

    subject.do(do="resume", url=url, cursor=cursor, from_start=True)
    replayed = [subject.do(do="next")["type"] for _ in range(3)]
    assert replayed == ["session_ready", "workflow_started", "text_input"]
    answered = subject.do(do="answer", value="Primes")
    accepted = subject.do(do="next")
    assert accepted["message"]["answer_id"] == answered["answer_id"]
    assert (accepted["type"], accepted["elsewhere"]) == ("answer_accepted", False)
    assert subject.do(do="next")["message"]["content"]["choices"] == ["Easy", "Hard"]
    assert subject.do(do="answer", value=["Hard"])["saw"] == "answered"
    said = [subject.do(do="next")["type"] for _ in range(3)]
    assert said == ["answer_accepted", "text_message", "workflow_completed"]
    ended = {"saw": "ended", "state": "completed", "result": "level ü", "code": 1000, "outcome": "completed"}
    assert subject.do(do="next") == ended
    assert subject.do(do="connection") == {"saw": "connection", "connection": "ended"}
