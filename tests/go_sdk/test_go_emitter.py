"""The golden specs as Go: compared, formatted, compiled, vetted, and fed vectors.

`UPDATE_GOLDEN=1` writes the output anew; look at the difference before committing it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from copied_spec import PROJECT
from fastagency_generators.emit import Source, walk
from fastagency_generators.emitters.go import GoEmitter
from fastagency_generators.emitters.vectors import VectorsTarget
from fastagency_generators.ir.build import build
from fastagency_generators.ir.model import (
    Enum,
    EnumValue,
    Field,
    Object,
    Ref,
    Scalar,
    ScalarKind,
    Type,
    Union,
    Variant,
)
from fastagency_generators.spec.load import load_spec
from go_sdk.go_tools import SDK, go
from language_tools import need

GOLDEN = PROJECT / "tests" / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/input"))
RUNTIME = ("reader.go", "values.go", "valid.go", "fault.go", "writer.go", "optional.go")


def source_of(case: str, folder: Path) -> Source:
    """The base spec with the case's own schemas, built."""
    shutil.copytree(GOLDEN / "base", folder)
    shutil.copytree(GOLDEN / case / "input", folder, dirs_exist_ok=True)
    spec = load_spec(folder)
    return Source(spec, build(spec))


@pytest.mark.parametrize("case", CASES)
def test_output_is_as_it_was(case: str, tmp_path: Path) -> None:
    protocol = source_of(case, tmp_path / "spec").protocol
    files = {Path(file.path).name: file.text for file in walk(protocol, GoEmitter(protocol))}
    output = GOLDEN / case / "go"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        for name, text in files.items():
            (output / name).write_text(text, encoding="utf-8")
    assert files == {path.name: path.read_text(encoding="utf-8") for path in sorted(output.iterdir())}


def test_output_compiles_takes_and_refuses_the_vectors_and_prints_no_secret(tmp_path: Path) -> None:
    """Every case is a package of one module, with the SDK's runtime and its test of the vectors."""
    need("go")
    for case in CASES:
        package = tmp_path / "module" / case
        shutil.copytree(GOLDEN / case / "go", package)
        for name in RUNTIME:
            shutil.copy(SDK / name, package)
        # The union of these specs has another name, and there is no client.
        (package / "codec.go").write_text(_adapted("codec.go"), encoding="utf-8")
        (package / "errors.go").write_text(
            "package fastagency\n\n"
            + _declaration("errors.go", "type MalformedMessageError")
            + _declaration("errors.go", "func (e *MalformedMessageError) Error"),
            encoding="utf-8",
        )
        (package / "operation.go").write_text(
            "package fastagency\n\n" + _declaration("rest.go", "type operation"), encoding="utf-8"
        )
        (package / "vectors_test.go").write_text(_adapted("vectors_test.go"), encoding="utf-8")
        source = source_of(case, tmp_path / case / "source")
        for file in VectorsTarget().generate(source):
            path = tmp_path / "module" / file.path.replace("spec/vectors", f"{case}/testdata")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
    shutil.copy(Path(__file__).parent / "golden_secrets_test.go", tmp_path / "module" / "secrets")
    shutil.copy(GOLDEN / "secrets" / "frame.json", tmp_path / "module" / "secrets")
    (tmp_path / "module" / "go.mod").write_text("module golden\n\ngo 1.23\n", encoding="utf-8")
    written = [path for case in CASES for path in (GOLDEN / case / "go").iterdir()]
    done = subprocess.run(["gofmt", "-l", "-s", *written], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    go("vet", "./...", cwd=tmp_path / "module")
    said = go(
        "test",
        "-v",
        "-run",
        "^(TestMessageVectors|TestSecretsAreNotPrinted)$",
        "./...",
        cwd=tmp_path / "module",
        FASTAGENCY_VECTORS="testdata",
    )
    assert said.count("--- PASS: TestMessageVectors") == len(CASES)
    assert said.count("--- PASS: TestSecretsAreNotPrinted") == 1


def _adapted(name: str) -> str:
    """A file of the SDK for a spec whose union is `NoteMessage`, and which has few vectors."""
    text = (SDK / name).read_text(encoding="utf-8").replace("ServerMessage", "NoteMessage")
    text = re.sub(
        r"var typeCodecs = map\[string\]codec\{.*?\n\}",
        "var typeCodecs = map[string]codec{}",
        text,
        flags=re.S,
    )
    return text.replace("count < 500", "count < 30")


def _declaration(name: str, start: str) -> str:
    text = (SDK / name).read_text(encoding="utf-8")
    place = text.index(start)
    return text[place : text.index("\n}\n", place) + 3] + "\n"


def _object(*names: str, kind: Type | None = None) -> Object:
    scalar = kind or Scalar(ScalarKind.STRING)
    fields = tuple(Field(name, scalar, "Bad.", required=True, nullable=False) for name in names)
    return Object("Bad", "Bad.", fields, False, "Bad.yaml")


def test_what_go_cannot_say_is_refused(tmp_path: Path) -> None:
    """Two names that are one in Go, a pattern that Go does not know, a tag that is not fixed."""
    protocol = source_of(CASES[0], tmp_path / "spec").protocol
    emitter = GoEmitter(protocol)
    with pytest.raises(ValueError, match=r"Bad\.yaml: `user_id` and `userId` are both `UserID` in Go"):
        emitter.write_object(_object("user_id", "userId"))
    with pytest.raises(ValueError, match=r"Bad\.yaml: `a b` and `a-b` are both `BadAB` in Go"):
        emitter.write_enum(Enum("Bad", "Bad.", (EnumValue("a b", ""), EnumValue("a-b", "")), "Bad.yaml"))
    with pytest.raises(ValueError, match=r"holds '\(\?!', which Go does not know"):
        emitter.write_object(_object("a", kind=Scalar(ScalarKind.STRING, pattern="^(?!x)")))
    union = Union("Shape", "A shape.", "kind", (Variant("bad", Ref("Bad")),), None, "Shape.yaml")
    with_union = type(protocol)(**{**vars(protocol), "types": (*protocol.types, _object("a"), union)})
    with pytest.raises(ValueError, match=r"Bad\.yaml: `kind` must be a constant for Go"):
        GoEmitter(with_union).write_object(_object("a"))


def test_a_union_by_another_field_has_its_own_unknown(tmp_path: Path) -> None:
    protocol = source_of(CASES[0], tmp_path / "spec").protocol
    emitter = GoEmitter(protocol)
    emitter.write_union(
        Union("Shape", "A shape.", "kind", (Variant("circle", Ref("Circle")),), None, "Shape.yaml")
    )
    text = next(file.text for file in emitter.files() if "messages" in file.path)
    assert "type UnknownByKind struct {" in text
    assert "ClaimedKind string" in text
    assert "func (*UnknownByKind) isShape() {}" in text
