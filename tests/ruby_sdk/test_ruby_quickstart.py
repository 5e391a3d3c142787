"""The README's quickstart of the Ruby client, run as it stands there."""

from __future__ import annotations

import re
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
        ui.text_message(sender="Teacher", recipient="Student", body=f"{subject}, {level}, {params}")
        return "taught"

    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=workflows).router)
    return app


def test_quickstart() -> None:
    need("ruby")
    readme = (SDK / "README.md").read_text(encoding="utf-8")
    quickstart = readme.split("\n## Quickstart", 1)[1].split("\n## ", 1)[0]
    (program,) = re.findall(r"^```ruby\n(.*?)^```$", quickstart, re.DOTALL | re.MULTILINE)
    assert program.count("http://localhost:8008") == 1
    with serve(application()) as live:
        done = run("ruby", "-I", SDK / "lib", "-e", program.replace("http://localhost:8008", live.url))
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "simple_learning: Student and teacher learning chat",
        "Teacher: Geometry, Easy, {}",
        "It ended with: taught",
    ]
