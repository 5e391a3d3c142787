"""The golden specs as TypeScript: compared, compiled, checked for layout, and fed vectors.

`UPDATE_GOLDEN=1` writes the output anew; look at the difference before committing it.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from fastagency_generators.emit import Source, walk
from fastagency_generators.emitters.typescript import TypeScriptEmitter
from fastagency_generators.emitters.vectors import VectorsTarget
from fastagency_generators.ir.build import build
from fastagency_generators.ir.model import Field, Object, Ref, Scalar, ScalarKind, Union, Variant
from fastagency_generators.spec.load import load_spec
from node_tools import ROOT, SDK, TSC, run
from typescript_tools import HERE, as_javascript, bundle, decoded, rounded
from vector_judge import judge, vectors

GOLDEN = ROOT / "tests" / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/input"))
PRETTIER = SDK / "node_modules" / ".bin" / "prettier"


def source_of(case: str, folder: Path) -> Source:
    """The base spec with the case's own schemas, built."""
    shutil.copytree(GOLDEN / "base", folder)
    shutil.copytree(GOLDEN / case / "input", folder, dirs_exist_ok=True)
    spec = load_spec(folder)
    return Source(spec, build(spec))


def emitted(source: Source) -> dict[str, str]:
    """The TypeScript of a spec, by the file's name."""
    files = walk(source.protocol, TypeScriptEmitter(source.protocol))
    return {Path(file.path).name: file.text for file in files}


@pytest.mark.parametrize("case", CASES)
def test_output_is_as_it_was(case: str, tmp_path: Path) -> None:
    """The output is the committed one; every file of it is marked as generated."""
    files = emitted(source_of(case, tmp_path / "spec"))
    output = GOLDEN / case / "typescript"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        for name, text in files.items():
            (output / name).write_text(text, encoding="utf-8")
    assert files == {path.name: path.read_text(encoding="utf-8") for path in sorted(output.iterdir())}
    assert all("@generated" in text.splitlines()[0] for text in files.values())


@pytest.mark.parametrize("case", CASES)
def test_output_compiles_and_takes_and_refuses_the_vectors(case: str, tmp_path: Path) -> None:
    """`tsc --strict` takes it, prettier would not change it, and its rules judge the vectors right."""
    output = GOLDEN / case / "typescript"
    run(PRETTIER, "--config", SDK / ".prettierrc.json", "--check", output, cwd=SDK)

    # The SDK's reader and the driver of the vectors, around the generated files of this spec, whose
    # union has another name.
    source, tests = tmp_path / "sdk-typescript" / "src", tmp_path / "tests" / "typescript"
    shutil.copytree(output, source / "_generated")
    tests.mkdir(parents=True)
    for file, folder in [
        *((SDK / "src" / name, source) for name in ("rules.ts", "codec.ts", "errors.ts")),
        (HERE / "vectors.ts", tests),
    ]:
        text = file.read_text(encoding="utf-8").replace("ServerMessage", "NoteMessage")
        (folder / file.name).write_text(text, encoding="utf-8")
    for name in ("tsconfig.json", "package.json"):
        shutil.copy(SDK / name, tmp_path / "sdk-typescript")
    run(TSC, "--noEmit", "--typeRoots", SDK / "node_modules" / "@types", cwd=tmp_path / "sdk-typescript")

    for made in VectorsTarget().generate(source_of(case, tmp_path / "spec")):
        (tmp_path / made.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / made.path).write_text(made.text, encoding="utf-8")
    found = [rounded(vector) for vector in vectors("messages", tmp_path / "spec" / "vectors")]
    assert len(found) > 30
    (program,) = bundle(tmp_path / "built", tests / "vectors.ts")
    wrong = []
    for vector, outcome in zip(found, decoded(program, "messages", found), strict=True):

        def codec(_: str, outcome: dict[str, object] = outcome) -> tuple[str, object]:
            if "refused" in outcome:
                raise ValueError(outcome["refused"])
            return str(outcome["kind"]), as_javascript(outcome["value"])

        wrong.append(judge(vector, codec))
    assert [fault for fault in wrong if fault is not None] == []


def test_secrets_are_pointed_out(tmp_path: Path) -> None:
    """A plain object has no debug form, so the comment of each secret field says what to do."""
    text = emitted(source_of("secrets", tmp_path / "spec"))["messages.ts"]
    assert "/** Opens it. Keep it out of logs. */\n  readonly token: string;" in text
    assert text.count("Keep it out of logs.") == 5


def test_a_tag_that_typescript_needs_for_itself_is_refused(tmp_path: Path) -> None:
    """A spec with the tag `unknown` cannot be told from what is unknown."""
    protocol = source_of(CASES[0], tmp_path / "spec").protocol
    node = Union("Bad", "Bad.", "type", (Variant("unknown", Ref("Note")),), None, "Bad.yaml")
    with pytest.raises(ValueError, match=r"Bad\.yaml: the tag 'unknown'"):
        TypeScriptEmitter(protocol).write_union(node)


def test_a_field_that_javascript_cannot_set_is_refused(tmp_path: Path) -> None:
    """`__proto__` is no field like another."""
    protocol = source_of(CASES[0], tmp_path / "spec").protocol
    field = Field("__proto__", Scalar(ScalarKind.STRING), "Bad.", required=True, nullable=False)
    with pytest.raises(ValueError, match=r"Bad\.yaml: a field `__proto__`"):
        TypeScriptEmitter(protocol).write_object(Object("Bad", "Bad.", (field,), False, "Bad.yaml"))


def test_a_union_by_another_field_has_its_own_unknown(tmp_path: Path) -> None:
    """The branch for unknown tags carries the union's tag field, whatever that is called."""
    protocol = source_of(CASES[0], tmp_path / "spec").protocol
    emitter = TypeScriptEmitter(protocol)
    emitter.write_object(Object("Circle", "Round.", (), False, "Circle.yaml"))
    emitter.write_union(
        Union("Shape", "A shape.", "kind", (Variant("circle", Ref("Circle")),), None, "Shape.yaml")
    )
    text = next(file.text for file in emitter.files() if file.path.endswith("messages.ts"))
    assert "export type Shape = Circle | UnknownByKind;" in text
    assert f"  readonly kind: {json.dumps('unknown')};" in text
