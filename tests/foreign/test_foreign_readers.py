"""Readers that are not ours take the published bundles, and make of them what a user would expect."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from node_tools import ROOT, run
from wire_spec import SPEC, Asyncapi, load_yaml, schema_faults

BUNDLES = ROOT / "server" / "fastagency_server" / "_generated"
FOREIGN = ROOT / ".venv-foreign" / "bin"
NODE = ROOT / "tests" / "node_modules" / ".bin"

MESSAGES = [path.removeprefix("schemas/").removesuffix(".yaml") for path in Asyncapi().references.values()]
"""The names of the messages of a server."""

# Both Python readers write models with datamodel-code-generator, which itself recommends these settings:
# its defaults spell a pattern as a call in an annotation, which no type checker takes, and will change.
DATAMODEL_SETTINGS = """
[tool.datamodel-codegen]
use-annotated = true
formatters = ["builtin"]
disable-timestamp = true
"""


def example(name: str) -> dict[str, Any]:
    """A message made of the examples in its schemas."""
    properties = load_yaml(SPEC / "schemas" / f"{name}.yaml")["properties"]
    message = {field: example_of(schema) for field, schema in properties.items()}
    if not name.endswith("Content"):
        assert schema_faults(f"schemas/{name}.yaml", message) == []
    return message


def example_of(schema: dict[str, Any]) -> Any:
    """A field's value: its first example, a whole object, or the first value of an enum."""
    if "examples" in schema:
        return schema["examples"][0]
    name = schema["$ref"].removesuffix(".yaml")
    named = load_yaml(SPEC / "schemas" / f"{name}.yaml")
    return example(name) if "properties" in named else named["enum"][0]


def classes(module: Path) -> set[str]:
    """The names of the classes in a Python file."""
    return {node.name for node in ast.parse(module.read_text()).body if isinstance(node, ast.ClassDef)}


def takes_the_examples(python: Path, folder: Path, module: str) -> None:
    """Have the generated models of `module` read an example of each message and write it again, unchanged."""
    (folder / "examples.json").write_text(json.dumps({name: example(name) for name in MESSAGES}))
    (folder / "read_examples.py").write_text(
        f"import json\nimport {module} as models\n"
        "for name, message in json.load(open('examples.json')).items():\n"
        "    read = getattr(models, name).model_validate(message)\n"
        "    again = read.model_dump(mode='json', exclude_unset=True)\n"
        "    assert again == message, (again, message)\n"
        "print('all read')\n"
    )
    assert run(python, "read_examples.py", cwd=folder).stdout == "all read\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty project whose settings datamodel-code-generator reads."""
    (tmp_path / "pyproject.toml").write_text(DATAMODEL_SETTINGS)
    return tmp_path


@pytest.fixture(scope="module")
def asyncapi_python(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """What asyncapi-python generated: the folder that holds it, and what was printed."""
    generator = FOREIGN / "asyncapi-python-codegen"
    assert generator.exists(), "there is no .venv-foreign: run `make test`, or `make .venv-foreign/.stamp`"
    folder = tmp_path_factory.mktemp("asyncapi_python")
    (folder / "pyproject.toml").write_text(DATAMODEL_SETTINGS)
    return folder, run(generator, BUNDLES / "asyncapi.json", "generated", cwd=folder)


def test_asyncapi_python_types_every_message(
    asyncapi_python: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, result = asyncapi_python
    assert result.stderr == ""
    notes = [
        line
        for line in result.stdout.splitlines()
        if line.startswith((" ", "⚠️")) and "Generated:" not in line
    ]
    assert notes == []
    assert "✅ Type checking passed" in result.stdout
    models = folder / "generated" / "messages" / "json" / "__init__.py"
    assert classes(models) >= {*MESSAGES, "InitiateWorkflow", "Answer"}
    takes_the_examples(FOREIGN / "python", folder, "generated.messages.json")


def test_what_asyncapi_python_generates_type_checks(
    asyncapi_python: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = asyncapi_python
    (folder / "use.py").write_text(
        "from generated.messages.json import MultipleChoice\n"
        "def choices(message: MultipleChoice) -> list[str]:\n"
        "    return message.content.choices or []\n"
    )
    assert run(FOREIGN / "mypy", "--strict", "use.py", cwd=folder).stdout.startswith("Success")
    (folder / "misuse.py").write_text(
        "from generated.messages.json import MultipleChoice\n"
        "def choices(message: MultipleChoice) -> int:\n"
        "    return message.content.choices\n"
    )
    misuse = run(FOREIGN / "mypy", "--strict", "misuse.py", cwd=folder, check=False)
    assert misuse.returncode == 1
    assert "misuse.py:3: error: Incompatible return value type" in misuse.stdout


def test_datamodel_code_generator_reads_the_asyncapi_document(folder: Path) -> None:
    python = Path(sys.executable)
    command: list[str | Path] = [python, "-W", "error", "-m", "datamodel_code_generator"]
    arguments = ["--input-file-type", "asyncapi", "--output-model-type", "pydantic_v2.BaseModel"]
    result = run(
        *command, "--input", BUNDLES / "asyncapi.json", "--output", "models.py", *arguments, cwd=folder
    )
    assert (result.stdout, result.stderr) == ("", "")
    assert classes(folder / "models.py") >= {*MESSAGES, "InitiateWorkflow", "Answer", "ContentPart"}
    takes_the_examples(python, folder, "models")
    assert run(python, "-m", "mypy", "--strict", "models.py", cwd=folder).stdout.startswith("Success")


def test_datamodel_code_generator_reads_the_openapi_document(folder: Path) -> None:
    python = Path(sys.executable)
    command: list[str | Path] = [python, "-W", "error", "-m", "datamodel_code_generator"]
    arguments = ["--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel"]
    result = run(
        *command, "--input", BUNDLES / "openapi.json", "--output", "models.py", *arguments, cwd=folder
    )
    assert (result.stdout, result.stderr) == ("", "")
    assert classes(folder / "models.py") >= {"WorkflowInfo", "InitiateWorkflowRequest", "InitiatedWorkflow"}


USE = """
import type { components, operations, paths } from "./rest";

type Discovery = paths["/fastagency/discovery"]["get"]["responses"];
export const names = (workflows: Discovery[200]["content"]["application/json"]): string[] =>
  workflows.map(({ name }) => name);

type Initiate = operations["initiate_workflow"];
export const request: Initiate["requestBody"]["content"]["application/json"] = {
  workflow_name: "simple_learning",
  workflow_uuid: "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b",
  user_id: null,
  params: { level: "beginner" },
};
export const user = (it: components["schemas"]["InitiatedWorkflow"]): string | null => it.user_id;
export const issue = (it: Initiate["responses"][422]["content"]["application/json"]): string =>
  it.detail[0].msg;
export const wait = (headers: Initiate["responses"][503]["headers"]): number => headers["Retry-After"];
"""


def test_openapi_typescript_types_every_operation(tmp_path: Path) -> None:
    generator = NODE / "openapi-typescript"
    assert generator.exists(), "tests/ has no node_modules: run `make test`, or `npm ci` there"
    result = run(generator, BUNDLES / "openapi.json", "-o", tmp_path / "rest.ts")
    printed = (result.stdout + result.stderr).strip().splitlines()
    assert [line[:2] for line in printed] == ["✨ ", "🚀 "], printed  # its name and what it did; no warning
    text = (tmp_path / "rest.ts").read_text()
    document = json.loads((BUNDLES / "openapi.json").read_text())
    for name in document["components"]["schemas"]:
        assert f"        {name}: " in text, name
    for path in document["paths"]:
        assert f'"{path}": {{' in text, path
    (tmp_path / "use.ts").write_text(USE)
    run(NODE / "tsc", "--strict", "--noEmit", tmp_path / "use.ts")
    (tmp_path / "misuse.ts").write_text(USE.replace("user_id: null,", ""))
    misuse = run(NODE / "tsc", "--strict", "--noEmit", tmp_path / "misuse.ts", check=False)
    assert "Property 'user_id' is missing" in misuse.stdout
