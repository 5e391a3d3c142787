"""The golden specs as Ruby: compared, checked for layout, loaded, and fed vectors.

`UPDATE_GOLDEN=1` writes the output anew; look at the difference before committing it.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from fastagency_generators.emit import Source, walk
from fastagency_generators.emitters.ruby import RubyEmitter
from fastagency_generators.emitters.ruby_layout import pattern
from fastagency_generators.emitters.vectors import VectorsTarget
from fastagency_generators.ir.build import build
from fastagency_generators.ir.model import Enum, EnumValue, Field, Object, Protocol, Scalar, ScalarKind
from fastagency_generators.spec.load import load_spec
from language_tools import need
from ruby_tools import HERE, ROOT, SDK, rubocop, run
from vector_judge import judge, vectors

GOLDEN = ROOT / "tests" / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/input"))


def source_of(case: str, folder: Path) -> Source:
    """The base spec with the case's own schemas, built."""
    shutil.copytree(GOLDEN / "base", folder)
    shutil.copytree(GOLDEN / case / "input", folder, dirs_exist_ok=True)
    spec = load_spec(folder)
    return Source(spec, build(spec))


def emitted(source: Source) -> dict[str, str]:
    """The Ruby of a spec, by the file's name."""
    files = walk(source.protocol, RubyEmitter(source.protocol))
    return {Path(file.path).name: file.text for file in files}


@pytest.mark.parametrize("case", CASES)
def test_output_is_as_it_was(case: str, tmp_path: Path) -> None:
    """The output is the committed one; every file of it is marked as generated."""
    files = emitted(source_of(case, tmp_path / "spec"))
    output = GOLDEN / case / "ruby"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        for name, text in files.items():
            (output / name).write_text(text, encoding="utf-8")
    assert files == {path.name: path.read_text(encoding="utf-8") for path in sorted(output.iterdir())}
    assert all("@generated" in text[:100] for text in files.values())


@pytest.mark.parametrize("case", CASES)
def test_loaded_output_takes_and_refuses_the_vectors(case: str, tmp_path: Path) -> None:
    """Ruby loads it without a warning, and its classes judge the vectors right."""
    need("ruby")
    for made in VectorsTarget().generate(source_of(case, tmp_path / "spec")):
        (tmp_path / made.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / made.path).write_text(made.text, encoding="utf-8")
    found = vectors("messages", tmp_path / "spec" / "vectors")
    assert len(found) > 30
    asked = json.dumps([["NoteMessage", vector.case["frame"]] for vector in found])
    done = run("ruby", "-w", HERE / "vectors.rb", SDK, GOLDEN / case / "ruby", input=asked)
    assert done.stderr == ""
    outcomes = json.loads(done.stdout)

    wrong = []
    for vector, outcome in zip(found, outcomes, strict=True):

        def codec(_: str, outcome: dict[str, object] = outcome) -> tuple[str, object]:
            if "refused" in outcome:
                raise ValueError(outcome["refused"])
            return str(outcome["kind"]), outcome["value"]

        wrong.append(judge(vector, codec))
    assert [fault for fault in wrong if fault is not None] == []


def test_inspection_shows_no_secret() -> None:
    """`inspect` of a value, and of those that it stands in, leaves out what the spec calls secret."""
    need("ruby")
    frame = (GOLDEN / "secrets" / "frame.json").read_text(encoding="utf-8")
    asked = json.dumps([["NoteMessage", frame]])
    (seen,) = json.loads(
        run("ruby", "-w", HERE / "vectors.rb", SDK, GOLDEN / "secrets" / "ruby", input=asked).stdout
    )
    assert seen["value"] == json.loads(frame)
    assert "hush" not in seen["shown"]
    assert seen["shown"].count("seen") == 4
    assert "token: …, hint: …, value: …" in seen["shown"]


def test_layout_is_final() -> None:
    """Rubocop finds nothing in any golden output."""
    need("ruby")
    rubocop(*(GOLDEN / case / "ruby" for case in CASES))


@pytest.mark.parametrize("case", CASES)
def test_signatures_are_valid(case: str, tmp_path: Path) -> None:
    """RBS takes the signatures, beside those of the SDK's own classes that they stand on."""
    need("ruby")
    values = (SDK / "sig" / "values.rbs").read_text(encoding="utf-8")
    (tmp_path / "values.rbs").write_text(values.replace("server_message", "note_message"), encoding="utf-8")
    operation = "module FastAgency\n  class Operation\n  end\nend\n"
    (tmp_path / "operation.rbs").write_text(operation, encoding="utf-8")
    for path in (GOLDEN / case / "ruby").glob("*.rbs"):
        shutil.copy(path, tmp_path)
    done = run("ruby", HERE / "rbs.rb", "-I", tmp_path, "validate", "--silent")
    assert done.stdout + done.stderr == ""


def _string(name: str) -> Field:
    return Field(name, Scalar(ScalarKind.STRING), "A field.", required=True, nullable=False)


@pytest.fixture
def protocol(tmp_path: Path) -> Protocol:
    return source_of(CASES[0], tmp_path / "spec").protocol


def test_two_fields_of_one_name_are_refused(protocol: Protocol) -> None:
    node = Object("Bad", "Bad.", (_string("aName"), _string("a_name")), False, "Bad.yaml")
    with pytest.raises(ValueError, match=r"Bad\.yaml: 'aName' and 'a_name' are both `a_name`"):
        RubyEmitter(protocol).write_object(node)


def test_two_values_of_one_name_are_refused(protocol: Protocol) -> None:
    node = Enum("Bad", "Bad.", (EnumValue("a-b", ""), EnumValue("a b", "")), "Bad.yaml")
    with pytest.raises(ValueError, match=r"Bad\.yaml: 'a-b' and 'a b' are both `A_B`"):
        RubyEmitter(protocol).write_enum(node)


def test_a_type_that_would_hide_one_of_ruby_gets_another_name(protocol: Protocol) -> None:
    """`String` inside of the module must stay Ruby's."""
    node = Object("String", "A string.", (_string("hash"),), False, "String.yaml")
    emitter = RubyEmitter(replace(protocol, types=(*protocol.types, node)))
    emitter.write_object(node)
    text = next(file.text for file in emitter.files() if file.path.endswith("messages.rb"))
    assert "class StringValue < Value" in text
    assert 'attribute :hash_, Types::STRING, key: "hash"' in text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("^a$", r"/\Aa\z/"),
        (r"^[^$]\$\^$", r"/\A[^$]\$\^\z/"),
        (r"^a/b$", 'Regexp.new("\\\\Aa/b\\\\z")'),
        ("^#{2}$", 'Regexp.new("\\\\A\\#{2}\\\\z")'),
    ],
)
def test_patterns_match_the_whole_text_and_not_a_line(source: str, expected: str) -> None:
    assert pattern(source) == expected
