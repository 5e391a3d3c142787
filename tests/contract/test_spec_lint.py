"""The linters of the spec: none has anything to say about it, and each finds what is planted for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def run_linter(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command of `make lint-spec`."""
    command = [sys.executable, str(REPOSITORY / "docs" / "lint_spec.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", autouse=True)
def node_packages() -> None:
    """The Node packages of docs/, which `make lint-spec` installs too."""
    if not (REPOSITORY / "docs" / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=REPOSITORY / "docs", check=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the spec, to plant faults in."""
    shutil.copytree(REPOSITORY / "spec", tmp_path / "spec")
    (tmp_path / "docs").mkdir()
    shutil.copy(REPOSITORY / "docs" / "redocly.yaml", tmp_path / "docs")
    return tmp_path


def plant(path: Path, old: str, new: str) -> None:
    """Replace one piece of a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_spec_has_no_fault() -> None:
    result = run_linter()
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        f"lint-spec: {linter}: no faults" for linter in ("redocly", "schemas", "asyncapi")
    ]
    assert result.returncode == 0


def broken_openapi_example(spec: Path) -> None:
    plant(
        spec / "openapi.yaml", "description: Student and teacher learning chat", "descr: Student and teacher"
    )


def operation_without_an_id(spec: Path) -> None:
    plant(spec / "openapi.yaml", "      operationId: discovery\n", "")


def unused_component(spec: Path) -> None:
    plant(
        spec / "openapi.yaml",
        "components:\n",
        "components:\n  schemas:\n    Nobody: {type: string, title: Nobody}\n",
    )


def unknown_key_in_asyncapi(spec: Path) -> None:
    plant(spec / "asyncapi.yaml", "    action: receive\n", "    action: receive\n    acton: send\n")


def wrong_metaschema(spec: Path) -> None:
    plant(spec / "schemas" / "WorkflowInfo.yaml", "required: [name, description]", "required: name")


def wrong_example(spec: Path) -> None:
    plant(spec / "schemas" / "Error.yaml", "examples: [false]", "examples: ['no']")


def wrong_default(spec: Path) -> None:
    plant(spec / "schemas" / "MultipleChoiceContent.yaml", "default: true", "default: 1")


def undescribed_field(spec: Path) -> None:
    plant(spec / "schemas" / "WorkflowInfo.yaml", "description: One line for people.", "x-note: One line.")


def missing_file(spec: Path) -> None:
    plant(spec / "schemas" / "TextInput.yaml", "$ref: TextInputContent.yaml", "$ref: TextInputContents.yaml")


def key_twice(spec: Path) -> None:
    plant(spec / "schemas" / "Answer.yaml", "type: string", "type: string\ntype: integer")


def keyword_of_one_draft(spec: Path) -> None:
    plant(spec / "schemas" / "Answer.yaml", "type: string", "type: string\n$defs: {}")


def operation_with_another_channels_message(spec: Path) -> None:
    plant(
        spec / "asyncapi.yaml",
        "      $ref: '#/channels/answers'",
        "      $ref: '#/channels/answers'\n    messages: [{$ref: '#/channels/messages/messages/Error'}]",
    )


def unreadable_asyncapi(spec: Path) -> None:
    plant(spec / "asyncapi.yaml", "asyncapi: 3.0.0", "asyncapi: 3.9.0")


Planter = Callable[[Path], None]


@pytest.mark.parametrize(
    ("linter", "planted"),
    [
        (
            "redocly",
            {
                broken_openapi_example: "no-invalid-media-type-examples",
                operation_without_an_id: "operation-operationId",
                unused_component: "no-unused-components",
                unknown_key_in_asyncapi: "Property `acton` is not expected here",
            },
        ),
        (
            "schemas",
            {
                wrong_metaschema: "WorkflowInfo.yaml#/required: 'name' is not of type 'array'",
                wrong_example: "Error.yaml#/properties/auto_reply/examples/0: 'no' is not of type 'boolean'",
                wrong_default: "MultipleChoiceContent.yaml#/properties/single/default: 1 is not of",
                missing_file: "TextInput.yaml#/properties/content: nothing is at TextInputContents.yaml",
                key_twice: "Answer.yaml: a key occurs twice",
            },
        ),
        (
            "schemas",
            {
                undescribed_field: "WorkflowInfo.yaml#/properties/description: has no description",
                keyword_of_one_draft: "Answer.yaml#/$defs: 2020-12 and draft-07 do not both say this",
            },
        ),
        (
            "asyncapi",
            {operation_with_another_channels_message: "asyncapi3-operation-messages-from-referred-channel"},
        ),
        ("asyncapi", {unreadable_asyncapi: "asyncapi-is-asyncapi"}),
    ],
)
def test_each_linter_finds_what_is_planted(root: Path, linter: str, planted: dict[Planter, str]) -> None:
    for planter in planted:
        planter(root / "spec")
    result = run_linter("--root", str(root), linter)
    assert result.returncode == 1
    found = {planter.__name__ for planter, words in planted.items() if words in result.stdout}
    assert found == {planter.__name__ for planter in planted}, result.stdout
