"""The golden specs as Java: compared, checked for layout, compiled, and fed vectors.

`UPDATE_GOLDEN=1` writes the output anew; look at the difference before committing it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from fastagency_generators.emit import Source, walk
from fastagency_generators.emitters.java import JavaEmitter
from fastagency_generators.emitters.java_layout import javadoc, pattern, text
from fastagency_generators.emitters.vectors import VectorsTarget
from fastagency_generators.ir.build import build
from fastagency_generators.ir.model import Enum, EnumValue, Field, Object, Scalar, ScalarKind
from fastagency_generators.spec.load import load_spec
from fastagency_generators.writer import Writer
from java_tools import ROOT, SDK, built_sdk, java, maven
from vector_judge import Vector, judge, vectors

GOLDEN = ROOT / "tests" / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/input"))
PACKAGE = "io.github.fastagencyprotocol.sdk.messages"
STRING = Scalar(ScalarKind.STRING)


def source_of(case: str, folder: Path) -> Source:
    """The base spec with the case's own schemas, built."""
    shutil.copytree(GOLDEN / "base", folder)
    shutil.copytree(GOLDEN / case / "input", folder, dirs_exist_ok=True)
    spec = load_spec(folder)
    return Source(spec, build(spec))


def package_of(case: str) -> str:
    """The package that a case is compiled into, so that all fit into one class path."""
    return f"golden.{case.replace('-', '_')}"


@pytest.mark.parametrize("case", CASES)
def test_output_is_as_it_was(case: str, tmp_path: Path) -> None:
    """The output is the committed one; every file of it is marked as generated."""
    source = source_of(case, tmp_path / "spec")
    made = walk(source.protocol, JavaEmitter(source.protocol))
    files = {Path(file.path).name: file.text for file in made}
    output = GOLDEN / case / "java"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        for name, content in files.items():
            (output / name).write_text(content, encoding="utf-8")
    assert files == {path.name: path.read_text(encoding="utf-8") for path in output.iterdir()}
    assert all("@generated" in content.splitlines()[0] for content in files.values())


def test_layout_is_google_java_formats(tmp_path: Path) -> None:
    """The formatter would change nothing, and finds a fault that is planted."""
    for file in ("pom.xml", ".mvn"):
        (shutil.copytree if (SDK / file).is_dir() else shutil.copy)(SDK / file, tmp_path / file)
    sources = tmp_path / "src" / "main" / "java"
    for case in CASES:
        shutil.copytree(GOLDEN / case / "java", sources / case)
    maven("--quiet", "spotless:check", folder=tmp_path)

    (sources / CASES[0] / "ProtocolInfo.java").write_text("class ProtocolInfo { }\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="format violations"):
        maven("--quiet", "spotless:check", folder=tmp_path)


@pytest.fixture(scope="module")
def classpath(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Every case compiled without a warning, each as a package of its own, with what decodes vectors."""
    folder = tmp_path_factory.mktemp("golden")
    sources: list[Path] = [Path(__file__).parent / "GoldenVectors.java"]
    for case in CASES:
        for path in (GOLDEN / case / "java").iterdir():
            copy = folder / "source" / case / path.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            renamed = path.read_text(encoding="utf-8").replace(PACKAGE, package_of(case))
            copy.write_text(renamed, encoding="utf-8")
            sources.append(copy)
    command = ["javac", "-Xlint:all", "-Xlint:-processing", "-Werror", "-d", folder / "classes"]
    done = subprocess.run(
        [*map(str, command), "-cp", built_sdk(), *map(str, sources)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return f"{folder / 'classes'}:{built_sdk()}"


def observed(classpath: str, tasks: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """What the generated classes make of the tasks."""
    lines = java(["GoldenVectors"], "".join(json.dumps(task) + "\n" for task in tasks), classpath)
    return [json.loads(line) for line in lines.rstrip("\n").split("\n")]


@pytest.mark.parametrize("case", CASES)
def test_output_takes_and_refuses_the_vectors(case: str, classpath: str, tmp_path: Path) -> None:
    """The classes of a case decode and encode as the vectors of its spec say."""
    for made in VectorsTarget().generate(source_of(case, tmp_path / "spec")):
        (tmp_path / made.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / made.path).write_text(made.text, encoding="utf-8")
    found: list[Vector] = vectors("messages", tmp_path / "spec" / "vectors")
    assert len(found) > 30
    union = f"{package_of(case)}.NoteMessage"
    seen = observed(classpath, [{"class": union, "frame": vector.case["frame"]} for vector in found])
    wrong = []
    for vector, one in zip(found, seen, strict=True):

        def codec(_: str, one: dict[str, Any] = one) -> tuple[str, Any]:
            if "refused" in one:
                raise ValueError(one["refused"])
            return one["type"], one["value"]

        wrong.append(judge(vector, codec))
    assert [fault for fault in wrong if fault is not None] == []


def test_strings_show_no_secret(classpath: str) -> None:
    """`toString` of a record, and of those that it stands in, leaves out what the spec calls secret."""
    frame = (GOLDEN / "secrets" / "frame.json").read_text(encoding="utf-8")
    (seen,) = observed(classpath, [{"class": f"{package_of('secrets')}.NoteMessage", "frame": frame}])
    assert seen["value"] == json.loads(frame)
    assert "hush" not in seen["shown"]
    assert seen["shown"].count("seen") == 4
    assert "token=…, hint=…, value=…" in seen["shown"]


def test_names_that_would_be_one_are_refused(tmp_path: Path) -> None:
    """Two fields, or two values, that Java could not tell apart."""
    protocol = source_of(CASES[0], tmp_path / "spec").protocol
    emitter = JavaEmitter(protocol)
    fields = tuple(
        Field(name, STRING, "Bad.", required=True, nullable=False) for name in ("one_two", "oneTwo")
    )
    with pytest.raises(ValueError, match=r"Note\.yaml: two fields are 'oneTwo' in Java"):
        emitter.write_object(Object("Note", "Bad.", fields, False, "Note.yaml"))
    values = (EnumValue("a-b", ""), EnumValue("a_b", ""))
    with pytest.raises(ValueError, match=r"Note\.yaml: two values are 'A_B' in Java"):
        emitter.write_enum(Enum("Note", "Bad.", values, "Note.yaml"))
    extra = Field("other_fields", STRING, "Bad.", required=True, nullable=False)
    with pytest.raises(ValueError, match=r"Note\.yaml: Java keeps"):
        emitter.write_object(Object("Note", "Bad.", (extra,), True, "Note.yaml"))


def test_patterns_mean_the_same_in_java() -> None:
    """`$` is the very end, and what stands in brackets is only characters."""
    assert pattern(r"^[a-z$[&]+\$$") == r"^[a-z$\[\&]+\$\z"
    assert pattern(r"[\]$]$") == r"[\]$]\z"


def test_texts_and_comments_are_only_that() -> None:
    """Neither a literal nor a comment ends early, and no Unicode escape begins where none is meant."""
    assert text('a"b\\u0041\n') == r'"a\"b\\u0041\n"'
    out = Writer("  ")
    javadoc(out, r"Ends */ here, \u000a, <b> & `{x}` @see `a*/b` `{`", depth=0)
    assert out.text() == (
        "/** Ends *&#47; here, &#92;u000a, &lt;b&gt; &amp; {@code {x}} &#64;see 'a*&#47;b' '{' */\n"
    )
