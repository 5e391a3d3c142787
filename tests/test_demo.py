"""What `make demo` runs, as a newcomer runs it."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest
from copied_spec import PROJECT
from node_tools import built_sdk


def demo(port: int) -> subprocess.CompletedProcess[str]:
    """Run the demo on a port until it ends."""
    command = [sys.executable, str(PROJECT / "examples/demo.py"), "--once", "--port", str(port)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_demo_holds_a_conversation(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    built_sdk()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    run = demo(free_port)
    assert run.returncode == 0, run.stderr
    assert f"http://localhost:{free_port}/ " in run.stdout
    assert run.stdout.count("[offline]") > 5
    assert "Teacher_Agent → Student_Agent" in run.stdout
    assert "demo: left the quiz at its first question, message 3." in run.stdout
    assert "demo: came back; it still asks: Under which name do you play?" in run.stdout
    assert run.stdout.count("demo: the answer arrived once, as 'Ada'") == 1
    assert "demo: it ended as cancelled." in run.stdout
    assert "Traceback" not in run.stderr


def test_a_port_that_is_taken_is_named(free_port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()
        run = demo(free_port)
    assert run.returncode == 1
    assert run.stderr == f"demo: port {free_port} is taken; give another one with --port.\n"
