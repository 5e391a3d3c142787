"""One edit in `spec/` reaches every language: a type is added, a type goes, and mistakes are refused.

The project that is built here is a copy: its spec is edited, everything is generated anew, and each client is
built and fed the new vectors through the driver that it ships for the conformance suite.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conformance.registry import Entry, entries
from conformance.subject import Subject
from conformance.vectors import needs
from copied_spec import PROJECT, CopiedSpec
from language_tools import need
from planted_mistakes import MISTAKES
from readme_edit import extended_spec
from vector_judge import Vector, judge, vectors

CLIENTS = [entry for entry in entries() if entry.role == "client"]
LEFT_OUT = shutil.ignore_patterns("node_modules", "dist", "target", "__pycache__", ".*", "*.egg-info")
"""What is built or installed: it is built anew from the new sources, or linked."""

REMOVED = "system_message"
REMOVED_FRAME = (
    '{"workflow_uuid":"6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b","sender":"Workflow","recipient":"User",'
    '"auto_reply":false,"uuid":"0b7c1e5a9d3f4e2b8a6c5d4e3f2a1b06","content":{"message":{"heading":"Two"}},'
    '"type":"system_message"}'
)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> CopiedSpec:
    """A copy of the project after the README's edit, generated."""
    return project_of(extended_spec(tmp_path_factory.mktemp("extended")))


@pytest.fixture(scope="module")
def reduced(tmp_path_factory: pytest.TempPathFactory) -> CopiedSpec:
    """A copy of the project whose spec has no `system_message`, generated."""
    spec = CopiedSpec(tmp_path_factory.mktemp("reduced"))
    for name in ("SystemMessage", "SystemMessageContent"):
        (spec.spec / "schemas" / f"{name}.yaml").unlink()
    spec.replace("schemas/ServerMessage.yaml", "  - $ref: SystemMessage.yaml\n", "")
    spec.replace("schemas/ServerMessage.yaml", "    system_message: SystemMessage.yaml\n", "")
    asyncapi = spec.spec / "asyncapi.yaml"
    text = asyncapi.read_text(encoding="utf-8")
    component = text[text.index("    SystemMessage:\n      name") : text.index("    KeepAlive:\n      name")]
    listed = "      SystemMessage:\n        $ref: '#/components/messages/SystemMessage'\n"
    for part, times in ((component, 1), (listed, 1), ("        - system_message\n", 2)):
        assert text.count(part) == times, part
        text = text.replace(part, "")
    asyncapi.write_text(text, encoding="utf-8")
    return project_of(spec)


def project_of(spec: CopiedSpec) -> CopiedSpec:
    """Put the clients beside an edited spec, and generate everything."""
    for folder in sorted(PROJECT.glob("sdk-*")):
        shutil.copytree(folder, spec.root / folder.name, ignore=LEFT_OUT)
        if (folder / "node_modules").exists():
            (spec.root / folder.name / "node_modules").symlink_to(folder / "node_modules")
    if (built := PROJECT / "sdk-rust" / "target").exists():
        # Its dependencies are built already; only the crate itself is built anew.
        subprocess.run(["cp", "-al", built, spec.root / "sdk-rust" / "target"], check=True)
    assert spec.run() == 0
    return spec


def built(client: Entry, project: CopiedSpec, monkeypatch: pytest.MonkeyPatch) -> Subject:
    """Build a client of the project; return its driver."""
    if client.language:
        need(client.language)
    (project.root / "test-output" / "conformance").mkdir(parents=True, exist_ok=True)
    if client.build:
        ran = subprocess.run(
            shlex.split(client.build),
            cwd=project.root,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert ran.returncode == 0, f"{client.build}: {ran.stdout}{ran.stderr}"
    monkeypatch.setenv("PYTHONPATH", str(project.root / "sdk-python"))
    return Subject(command=client.runs["plain"], folder=project.root)


async def faults(subject: Subject, found: list[Vector]) -> list[str]:
    """Put vectors to a driver, those left out that it does not claim, and return what it does wrong."""
    await subject.start()
    try:
        claimed = [vector for vector in found if needs(vector) <= subject.features]
        assert len(claimed) > 0.9 * len(found)
        return [fault for vector in claimed if (fault := await fault_at(subject, vector)) is not None]
    finally:
        await subject.stop()


async def fault_at(subject: Subject, vector: Vector) -> str | None:
    kind = vector.kind if vector.file[0].isupper() else "ServerMessage"
    seen = await subject.ask({"do": "decode", "as": kind, "frame": vector.case["frame"]})
    assert seen["saw"] in ("decoded", "refused"), seen

    def codec(_: str) -> tuple[str, object]:
        if seen["saw"] == "refused":
            raise ValueError(seen["why"])
        return seen["type"], seen["value"]

    return judge(vector, codec)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_a_new_type_and_field_reach_every_client(
    client: Entry, extended: CopiedSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = vectors("messages", extended.spec / "vectors") + vectors("types", extended.spec / "vectors")
    images = [it for it in found if it.file == "image_message"]
    assert len(images) > 50
    assert {it.case["valid"] for it in images} == {True, False}
    assert [it for it in found if it.file == "error" and '"hint"' in it.case["frame"]]
    assert asyncio.run(faults(built(client, extended, monkeypatch), found)) == []


def test_python_exports_the_new_type(extended: CopiedSpec) -> None:
    program = "from fastagency_sdk import ImageFit, ImageMessage; print(ImageFit.COVER.value)"
    environment = {**os.environ, "PYTHONPATH": str(extended.root / "sdk-python")}
    said = subprocess.check_output([sys.executable, "-c", program], env=environment, text=True)
    assert said == "cover\n"


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_a_type_that_is_removed_is_unknown_to_every_client(
    client: Entry, reduced: CopiedSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = built(client, reduced, monkeypatch)
    found = vectors("messages", reduced.spec / "vectors")
    assert REMOVED not in {vector.file for vector in found}

    async def decoded() -> dict[str, object]:
        await subject.start()
        try:
            return await subject.ask({"do": "decode", "as": "ServerMessage", "frame": REMOVED_FRAME})
        finally:
            await subject.stop()

    assert asyncio.run(decoded())["type"] == "Unknown"
    assert asyncio.run(faults(subject, found)) == []


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_at_its_place(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mistake = MISTAKES[name]
    copied = extended_spec(tmp_path)
    copied.replace(mistake.file, mistake.old, mistake.new)
    assert copied.run() == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.startswith(f"{copied.spec}/{mistake.refusal}")], lines
    assert copied.outputs() == [], "something was written"


def test_there_are_mistakes_enough() -> None:
    assert len(MISTAKES) >= 20
