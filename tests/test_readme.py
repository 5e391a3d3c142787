"""The README's examples, carried out as they stand there."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from copied_spec import PROJECT, CopiedSpec
from live_server import serve
from readme_edit import blocks, extended_spec


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> CopiedSpec:
    """A copy of the spec after the README's commands and its first diff."""
    return extended_spec(tmp_path_factory.mktemp("readme"))


def test_the_edit_generates_what_the_readme_shows(extended: CopiedSpec) -> None:
    assert extended.run() == 0
    shown = re.split(r"^\+\+\+ (.+)\n", blocks("diff")[1], flags=re.MULTILINE)[1:]
    files = list(pairwise(shown))[::2]
    assert {name.split("/")[0] for name, _ in files} == {path.name for path in PROJECT.glob("sdk-*")}
    for name, diff in files:
        lines = [line.removeprefix("+") for line in diff.splitlines()]
        present = PROJECT / name
        before = present.read_text(encoding="utf-8").splitlines() if present.exists() else []
        after = iter((extended.root / name).read_text(encoding="utf-8").splitlines())
        missing = [line for line in lines if line not in after]  # consumes: the order counts too
        assert missing == [], f"{name} has no such line, or not in this order"
        assert set(lines) - set(before), f"{name} had all of this before"


def test_the_mistake_is_refused_as_the_readme_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copied = CopiedSpec(tmp_path)
    running = "client: [answer, cancel_workflow, acknowledge]\n      server:\n        - text_message\n"
    copied.replace("asyncapi.yaml", running, f"{running}        - imagemessage\n")
    assert copied.run() == 1
    (shown,) = blocks("text")
    assert shown.strip() in capsys.readouterr().err
    assert copied.outputs() == []


async def test_the_server_and_the_client_hold_a_conversation(capsys: pytest.CaptureFixture[str]) -> None:
    (server,) = blocks("python", "A server")
    (client,) = blocks("python", "A client")
    module: dict[str, Any] = {}
    exec(compile(server, "README.md", "exec"), module)
    with serve(module["app"]) as live:
        assert client.count("http://localhost:8008") == 1
        here = client.replace("http://localhost:8008", live.url)
        code = compile(here, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        await eval(code, {})
    assert capsys.readouterr().out == "Workflow Hello, world!\n"
