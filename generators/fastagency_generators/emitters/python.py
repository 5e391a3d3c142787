"""Python: the messages, the tables and the REST client of `fastagency_sdk`.

The models come from datamodel-code-generator, the REST client from openapi-python-client; the tables are
ours. The two tools take most of a run's time to import, so the REST client is made in a second process
meanwhile.
"""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from typing import Any, ClassVar

from ..emit import MARK, GenerationFailed, OutputFile, Source, walk
from ..ir.model import Object, Protocol, Ref
from ..writer import Writer
from .bundle import bundle, inlined
from .python_partial import partial_module
from .python_tables import PythonTables

__all__ = ["PythonTarget", "models"]


# A short process with much to import: without the garbage collector it is a fifth faster.
_REST_PROGRAM = (
    f"import gc; gc.disable(); from {__package__}.python_rest import main; raise SystemExit(main())"
)


class PythonTarget:
    """Generates the package `_generated` of the Python SDK."""

    name: ClassVar[str] = "python"
    roots: ClassVar[tuple[str, ...]] = ("sdk-python/fastagency_sdk/_generated",)

    def generate(self, source: Source) -> list[OutputFile]:
        """Return every module of the package. Raises `GenerationFailed` when one of the tools complains."""
        rest = _start_rest(source)
        try:
            package = [
                _package(source.protocol),
                *models(source),
                *walk(source.protocol, PythonTables(source.protocol)),
            ]
            package += _finish_rest(rest)
        finally:
            if rest.poll() is None:
                rest.kill()
                rest.communicate()
        return [OutputFile(f"{self.roots[0]}/{file.path}", file.text) for file in package]


def _package(protocol: Protocol) -> OutputFile:
    """Return `__init__.py`, which exports every named type: the SDK exports what this does."""
    names = sorted(node.name for node in protocol.types)
    out = Writer()
    out.lines('"""The protocol in Python.', "", MARK, '"""', "")
    with out.block("from .messages import (", ")"):
        out.lines(*(f"{name}," for name in names))
    out.line()
    with out.block("__all__ = [", "]"):
        out.lines(*(f'"{name}",' for name in names))
    return OutputFile("__init__.py", out.text())


def models(source: Source) -> list[OutputFile]:
    """Return `messages.py`, and the `partial.py` that it needs when some field may be absent."""
    # A third of a second that `--help` and a fault in the spec need not pay for.
    from datamodel_code_generator import InputFileType, OpenAPIScope, generate
    from datamodel_code_generator.enums import DataModelType
    from datamodel_code_generator.format import Formatter, PythonVersion

    types = source.protocol.types
    by_file = {schema.file: schema for schema in source.spec.schemas()}
    schemas = inlined(source.spec, [by_file[node.source] for node in types])
    document = {
        # The tool takes a set of types with references among them only inside an OpenAPI document.
        "openapi": "3.1.0",
        "info": {"title": "messages", "version": source.protocol.version},
        "paths": {},
        "components": {"schemas": _without_repr(schemas)},
    }
    partial = _partial_fields(source.protocol)
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        text = generate(
            document,
            input_file_type=InputFileType.OpenAPI,
            openapi_scopes=[OpenAPIScope.Schemas],
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            formatters=[Formatter.BUILTIN],
            builtin_format_line_length=110,  # or it takes the one of whatever pyproject.toml is near
            use_double_quotes=True,
            custom_file_header=f"# {MARK}",
            disable_timestamp=True,
            use_annotated=True,
            strict_nullable=True,
            use_title_as_name=True,
            use_type_alias=True,
            use_one_literal_as_default=True,
            enable_faux_immutability=True,
            use_schema_description=True,
            use_standard_collections=True,
            use_union_operator=True,
            capitalise_enum_members=True,
            allow_population_by_field_name=True,
            field_extra_keys_without_x_prefix={"x-repr"},
            base_class_map=dict.fromkeys(partial, "partial.Partial"),
        )
    if complaints:
        raise GenerationFailed([f"datamodel-code-generator: {complaint.message}" for complaint in complaints])
    assert isinstance(text, str)  # no output path was given
    text = _with_required_tags(text.rstrip("\n") + "\n", source.protocol)
    if not partial:
        return [OutputFile("messages.py", text)]
    # The tool takes absolute imports only, but the package must not depend on its own place.
    absolute, relative = "from partial import Partial\n", "from .partial import Partial\n"
    if text.count(absolute) != 1:
        raise GenerationFailed([f"datamodel-code-generator: expected one line {absolute!r}"])
    return [OutputFile("messages.py", text.replace(absolute, relative)), partial_module(partial)]


def _without_repr(schemas: dict[str, Any]) -> dict[str, Any]:
    """Say `x-repr: false` of each secret field, which the tool passes on to pydantic as `repr=False`."""
    for schema in schemas.values():
        for name in schema.get("x-secret", []):
            schema["properties"][name]["x-repr"] = False
    return schemas


def _with_required_tags(text: str, protocol: Protocol) -> str:
    """Take the default from the tag of each frame of a client: no union looks at it, so its reader must.

    The tool gives every constant a default (`use_one_literal_as_default`), required or not.
    """
    for message in protocol.channel.from_client:
        node = protocol.type_named(message.payload.name) if isinstance(message.payload, Ref) else None
        if not isinstance(node, Object):
            continue
        tag = f"    ] = {json.dumps(message.type)}\n"
        head, start, rest = text.partition(f"class {node.name}(")
        body, end, tail = rest.partition("\n\n\n")
        text = head + start + body.replace(tag, "    ]\n", 1) + end + tail
    return text


def _partial_fields(protocol: Protocol) -> dict[str, tuple[tuple[str, bool], ...]]:
    """The objects with fields that may be absent and have no default: their names, and if null is legal."""
    found = {
        node.name: tuple(
            (it.name, it.nullable) for it in node.fields if not it.required and not it.has_default
        )
        for node in protocol.types
        if isinstance(node, Object)
    }
    return {name: fields for name, fields in found.items() if fields}


def _start_rest(source: Source) -> subprocess.Popen[str]:
    """Start the process that makes the REST client."""
    process = subprocess.Popen(
        [sys.executable, "-c", _REST_PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdin is not None  # a pipe was asked for
    process.stdin.write(json.dumps(bundle(source.spec, "openapi")))
    process.stdin.close()
    process.stdin = None  # so that communicate does not flush it again
    return process


def _finish_rest(process: subprocess.Popen[str]) -> list[OutputFile]:
    """Wait for the REST client's files. Raises `GenerationFailed` with what the process complained of."""
    output, complaints = process.communicate()
    if process.returncode != 0:
        raise GenerationFailed([f"openapi-python-client: {line}" for line in complaints.strip().splitlines()])
    files: dict[str, Any] = json.loads(output)
    return [OutputFile(path, text) for path, text in files.items()]
