"""The program in the README that holds a conversation over the network's faults: it runs as it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastagency_server import UI, FastAPIAdapter, Workflows
from live_server import serve
from server.serving import application

README = Path(__file__).parents[2] / "sdk-python" / "README.md"


def program() -> dict[str, Any]:
    found = re.search(
        r"<!-- sessions -->\n```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert found is not None
    names: dict[str, Any] = {"__name__": "readme"}
    exec(compile(found.group(1), "README.md", "exec"), names)
    return names


def workflows() -> Workflows:
    found = Workflows()

    @found.register(name="simple_learning", description="Streams, asks and tells")
    def simple_learning(ui: UI, params: dict[str, Any]) -> str:
        del params
        ui.text_chunk("Teacher", uuid="t1", delta="What shall ")
        ui.text_chunk("Teacher", uuid="t1", delta="we learn?")
        ui.text_message("Teacher", uuid="t1", body="What shall we learn?")
        return ui.text_input(prompt="Subject?")

    return found


async def test_it_runs_and_comes_back(capsys: pytest.CaptureFixture[str]) -> None:
    readme = program()
    saved: list[str] = []
    readme["save"] = saved.append
    with serve(application(FastAPIAdapter(provider=workflows()))) as live:
        assert await readme["chat"](live.url, None) == "completed"
        first = capsys.readouterr().out.splitlines()
        assert await readme["chat"](live.url, saved[2]) == "completed"
    assert first[0] == "[connecting]"
    assert first[-1] == "[ended]"
    assert {"[live]", "… What shall ", "… What shall we learn?", "Teacher: What shall we learn?"} <= set(
        first
    )
    assert "Teacher: What shall we learn?" in capsys.readouterr().out
    assert json.loads(saved[-1]).keys() == {"workflow_uuid", "resume_token", "epoch", "after_seq"}
