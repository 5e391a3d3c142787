"""The example servers: every workflow of the demo to its end, and the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import demo_server
import demo_workflows
import httpx
import pytest
import student_teacher
from autogen_chats import converse, of_type
from fastagency_sdk._generated.tables import MESSAGE_CLASSES
from live_server import serve

ANSWERS: dict[str, list[str]] = {
    "simple_learning": ["prime numbers"],
    "quiz": ["Ann", "", "2,11,17", "hush"],
    "prime_check": ["97"],
    "review": ["rivers", "shorter", "exit"],
    "panel": ["I choose who speaks", "bridges", "Sceptic", "Historian", ""],
    "tutor": ["fractions", "go on"],
    "async_learning": ["sets"],
    "storyteller": ["Ada", "Open the door"],
    "failing": [],
}


def test_the_workflows_show_all_ten_message_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_workflows, "WORD_SECONDS", 0)
    assert set(demo_server.wf.names) == set(ANSWERS)
    seen: dict[str, list[dict[str, Any]]] = {}
    with serve(demo_server.create_app()) as live:
        for name, answers in ANSWERS.items():
            seen[name] = converse(live, name, *answers)
    types = {message["type"] for messages in seen.values() for message in messages}
    # those that a workflow says; the others are of `fastagency.v1` itself
    assert types == {kind for kind, model in MESSAGE_CLASSES.items() if "content" in model.model_fields}
    assert seen["quiz"][-1]["content"]["result"] == "right"
    assert "hush" not in str(seen["quiz"])
    assert of_type(seen["prime_check"], "function_call_execution")[0]["content"]["retval"] == "97 is prime"
    assert len(of_type(seen["failing"], "error")) == 1


def test_student_and_teacher_alone() -> None:
    with serve(student_teacher.app) as live:
        assert converse(live, "simple_learning", "knots")[-1]["content"]["result"].startswith("[offline]")


@pytest.mark.parametrize("built", [False, True])
def test_the_page(built: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if built:
        (tmp_path / "index.js").write_text("export {};")
    monkeypatch.setattr(demo_server, "SDK", tmp_path)
    with serve(demo_server.create_app()) as live, httpx.Client(base_url=live.url) as client:
        page, script = client.get("/"), client.get("/sdk/index.js")
        other = client.get("/app.js")
    assert (page.status_code, script.status_code, other.status_code) == (
        (200, 200, 200) if built else (503, 404, 200)
    )
    assert ("make demo" in page.text) is not built
