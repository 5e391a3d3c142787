"""The README's programs of the Ruby client, run as they stand there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from fastagency_server import UI, FastAPIAdapter, Workflows
from fastapi import FastAPI
from language_tools import need
from live_server import serve
from ruby_tools import SDK, run


def application() -> FastAPI:
    """A server with the workflow that the quickstart starts."""
    workflows = Workflows()

    @workflows.register(name="simple_learning", description="Student and teacher learning chat")
    def simple_learning(ui: UI, params: dict[str, Any]) -> str:
        subject = ui.text_input(sender="Workflow", recipient="User", prompt="What?", suggestions=["Geometry"])
        level = ui.multiple_choice(
            sender="Workflow", recipient="User", prompt="How?", choices=["Easy", "Hard"]
        )
        ui.text_chunk(sender="Teacher", uuid="said", delta=f"{subject},")
        ui.text_chunk(sender="Teacher", uuid="said", delta=f" {level}")
        ui.text_message(
            sender="Teacher", recipient="Student", body=f"{subject}, {level}, {params}", uuid="said"
        )
        return "taught"

    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=workflows).router)
    return app


def program_of(section: str, url: str) -> str:
    """The one program in a section of the README, for another server."""
    readme = (SDK / "README.md").read_text(encoding="utf-8")
    text = readme.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    (program,) = re.findall(r"^```ruby\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert program.count("http://localhost:8008") == 1
    return str(program.replace("http://localhost:8008", url))


def test_quickstart() -> None:
    need("ruby")
    with serve(application()) as live:
        done = run("ruby", "-w", "-I", SDK / "lib", "-e", program_of("Quickstart", live.url))
    assert [line for line in done.stderr.splitlines() if "-e:" in line] == []
    assert done.stdout.splitlines() == [
        "simple_learning: Student and teacher learning chat",
        "Teacher: Geometry, Easy, {}",
        "It ended with: taught",
    ]


def test_a_conversation_that_survives(tmp_path: Path) -> None:
    """It is left in the middle of a question, resumed from the start, and never started twice."""
    need("ruby")
    with serve(application()) as live:
        program = program_of("Conversations that survive", live.url)
        done = run("ruby", "-w", "-I", SDK / "lib", "-e", program, cwd=tmp_path)
    assert done.stdout.splitlines() == [
        "What was shown is out of date: the conversation comes anew.",
        "So far: Easy,",
        "So far: Easy, Easy",
        "Teacher: Easy, Easy, {}",
        "It ended: completed",
    ]
    states = [line for line in done.stderr.splitlines() if "warning:" not in line]
    assert states[-2:] == ["(live)", "(ended)"]
    assert json.loads((tmp_path / "conversation.json").read_text()).keys() == {
        "workflow_uuid",
        "resume_token",
        "epoch",
        "after_seq",
    }
    assert (tmp_path / "conversation.json").stat().st_mode & 0o077 == 0
