"""Small specs, one language feature each, and the Python that they give: compared, imported and fed vectors.

`UPDATE_GOLDEN=1` writes the output anew; look at the difference before committing it.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from copied_spec import PROJECT
from fastagency_generators.emit import Source, walk
from fastagency_generators.emitters.python import models
from fastagency_generators.emitters.python_tables import PythonTables
from fastagency_generators.emitters.vectors import VectorsTarget
from fastagency_generators.ir.build import build
from fastagency_generators.spec.lint import lint
from fastagency_generators.spec.load import load_spec
from vector_judge import Vector, judge, vectors

GOLDEN = PROJECT / "tests" / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/input"))


def source_of(case: str, folder: Path) -> Source:
    """The base spec with the case's own schemas, linted and built."""
    shutil.copytree(GOLDEN / "base", folder)
    shutil.copytree(GOLDEN / case / "input", folder, dirs_exist_ok=True)
    spec = load_spec(folder)
    assert lint(spec) == []
    return Source(spec, build(spec))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def source(case: str, tmp_path: Path) -> Source:
    return source_of(case, tmp_path / "spec")


@pytest.fixture
def package(case: str) -> Iterator[ModuleType]:
    """The committed output, imported as a package of its own."""
    name = "golden_" + case.replace("-", "_")
    folder = GOLDEN / case / "output"
    module = ModuleType(name)
    module.__path__ = [str(folder)]
    sys.modules[name] = module
    yield module
    for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] == name]:
        del sys.modules[loaded]


def test_output_is_as_it_was(case: str, source: Source) -> None:
    files = {
        file.path: file.text
        for file in (*models(source), *walk(source.protocol, PythonTables(source.protocol)))
    }
    output = GOLDEN / case / "output"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        for path, text in files.items():
            (output / path).write_text(text, encoding="utf-8")
    assert files == {path.name: path.read_text(encoding="utf-8") for path in sorted(output.glob("*.py"))}


def test_imported_output_takes_and_refuses_the_vectors(
    package: ModuleType, source: Source, tmp_path: Path
) -> None:
    tables = importlib.import_module(f"{package.__name__}.tables")
    for file in VectorsTarget().generate(source):
        (tmp_path / file.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file.path).write_text(file.text, encoding="utf-8")

    def codec(frame: str) -> tuple[str, Any]:
        raw = json.loads(frame, parse_constant=_refuse)
        if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
            raise ValueError("no type")
        if raw["type"] not in tables.MESSAGE_CLASSES:
            return "Unknown", raw
        # The SDK's codec goes both ways too: a field that is an enum comes as a string in JSON alone.
        message = tables.MESSAGE_CLASSES[raw["type"]].model_validate_json(frame, strict=True)
        return type(message).__name__, json.loads(message.model_dump_json(by_alias=True))

    found: list[Vector] = vectors("messages", tmp_path / "spec" / "vectors")
    assert len(found) > 30
    assert [fault for fault in (judge(vector, codec) for vector in found) if fault is not None] == []


@pytest.mark.parametrize("case", ["secrets"], indirect=True)
def test_what_is_printed_shows_no_secret(package: ModuleType) -> None:
    messages = importlib.import_module(f"{package.__name__}.messages")
    frame = (GOLDEN / "secrets" / "frame.json").read_text(encoding="utf-8")
    note = messages.Note.model_validate_json(frame, strict=True)
    assert json.loads(note.model_dump_json(by_alias=True)) == json.loads(frame)
    for printed in (repr(note), str(note), f"{note.content}"):
        assert "hush" not in printed
        assert printed.count("seen") == 4


def _refuse(name: str) -> Any:
    raise ValueError(name)
