"""The protocol as the tests read it: straight from `spec/`, with nothing of the project's own code between.

Only PyYAML and jsonschema stand between the YAML files and a verdict, so a fault in the generator, in the
generated models or in the codec cannot hide itself.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

__all__ = [
    "HEX_UUID",
    "SPEC",
    "Asyncapi",
    "NameTwice",
    "Openapi",
    "load_yaml",
    "lookup",
    "schema_faults",
    "strict_faults",
    "strict_json",
]

SPEC = Path(__file__).resolve().parent.parent / "spec"
"""The folder of the canonical spec."""

HEX_UUID = re.compile(r"[0-9a-f]{32}")
"""How a server writes a UUID: 32 lower-case hex digits (used with `fullmatch`)."""

_BASE = "https://spec.invalid/"  # a scheme that relative references are joined to; nothing is fetched


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans: `on` and `no` are words, as in every other reader of the spec."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def load_yaml(path: Path) -> Any:
    """Read one YAML file of the spec. Raises OSError, or yaml.YAMLError."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)


@functools.cache
def registry() -> Registry[Any]:
    """Every schema file and both documents, each under its place in `spec/`, so that relative `$ref`s
    resolve.
    """
    files = [*sorted((SPEC / "schemas").glob("*.yaml")), SPEC / "openapi.yaml", SPEC / "asyncapi.yaml"]
    resources = [
        (_BASE + file.relative_to(SPEC).as_posix(), DRAFT202012.create_resource(load_yaml(file)))
        for file in files
    ]
    return Registry().with_resources(resources)


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    # JSON Schema's expressions are ECMAScript's: there `$` is the end, in Python also the place before a last
    # line feed.
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


@functools.cache
def _validator(reference: str) -> Any:
    return _Validator({"$ref": urljoin(_BASE, reference)}, registry=registry())


def schema_faults(reference: str, value: Any) -> list[str]:
    """What JSON Schema says against `value`, one line a fault; `reference` is relative to `spec/`."""
    errors = sorted(
        _validator(reference).iter_errors(value), key=lambda error: list(map(str, error.absolute_path))
    )
    return [
        f"{'.'.join(map(str, error.absolute_path)) or '(whole)'}: {_shorten(error.message)}"
        for error in errors
    ]


def strict_faults(reference: str, value: Any, *, extended: bool = False) -> list[str]:
    """`schema_faults`, and besides: every declared field is there, and no other.

    Fields that the spec marks with `x-dialect` are optional where `extended` is true, and forbidden otherwise
    (spec FA-CLA-8).

    What a server may send is narrower than what a reader must take: decoders of existing clients are
    closed, one field more raises there. Objects whose schema says `additionalProperties: true` are open in
    both directions.
    """
    return schema_faults(reference, value) or list(_closed(_BASE, {"$ref": reference}, value, "", extended))


def _closed(base: str, schema: Mapping[str, Any], value: Any, path: str, extended: bool) -> Iterator[str]:
    if "$ref" in schema:
        found = registry().resolver(base).lookup(schema["$ref"])
        yield from _closed(urljoin(base, schema["$ref"]), found.contents, value, path, extended)
        return
    for branch in schema.get("oneOf", ()):
        if _Validator({"$id": base, **branch}, registry=registry()).is_valid(value):
            yield from _closed(base, branch, value, path, extended)
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            yield from _closed(base, schema["items"], item, f"{path}{place}.", extended)
    properties = schema.get("properties")
    if not isinstance(value, dict) or properties is None or schema.get("additionalProperties") is True:
        return
    of_dialect = {name for name, schema in properties.items() if "x-dialect" in schema}
    for name in sorted(properties.keys() - of_dialect - value.keys()):
        yield f"{path}{name}: the field is missing"
    for name in sorted(of_dialect & value.keys() if not extended else ()):
        yield f"{path}{name}: classic has no such field"
    for name in sorted(value.keys() - properties.keys()):
        yield f"{path}{name}: the field is not in the schema"
    for name in sorted(properties.keys() & value.keys()):
        yield from _closed(base, properties[name], value[name], f"{path}{name}.", extended)


class NameTwice(ValueError):
    """A JSON object holds one name twice: legal JSON by its grammar, and read differently by different
    readers.
    """


def strict_json(text: str | bytes) -> Any:
    """Decode JSON as every reader can: no NaN, no Infinity, no name twice in one object.

    Raises ValueError (`NameTwice` for the last).
    """
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_twice)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise NameTwice("a name occurs twice in one object")
    return result


def _shorten(text: str) -> str:
    return text if len(text) <= 300 else text[:300] + " …"


class Asyncapi:
    """What the AsyncAPI document and the union of messages say about the socket."""

    def __init__(self) -> None:
        document = load_yaml(SPEC / "asyncapi.yaml")
        union = load_yaml(SPEC / "schemas" / "ServerMessage.yaml")
        self.path: str = document["channels"]["messages"]["address"]
        self.default_type: str = union["x-default-type"]
        self.references: dict[str, str] = {
            kind: f"schemas/{file}" for kind, file in union["discriminator"]["mapping"].items()
        }
        """Where the schema of each type of message is, relative to `spec/`."""
        self.asking: frozenset[str] = frozenset(
            kind for kind, file in self.references.items() if load_yaml(SPEC / file).get("x-asks")
        )
        self.extended: frozenset[str] = frozenset(
            document["components"]["messages"][key]["name"]
            for key in document["channels"]["sessionMessages"]["messages"]
        )
        """The types that only `fastagency.v1` has."""
        self.close_codes: dict[int, str] = {
            entry["code"]: entry["name"] for entry in document["x-close-codes"]
        }
        lifecycle = document["x-lifecycle"]
        self.server_frames: dict[str, frozenset[str]] = {
            state["name"]: frozenset(state["server"]) for state in lifecycle["states"]
        }
        self.first_message: str = next(
            entry["first_message"] for entry in lifecycle["transitions"] if "first_message" in entry
        )


class Openapi:
    """What the OpenAPI document says about the REST operations."""

    def __init__(self) -> None:
        self.paths: dict[str, dict[str, Any]] = load_yaml(SPEC / "openapi.yaml")["paths"]
        """The path items: each documented method in lower case with its operation."""

    def response(self, path: str, method: str, status: int) -> str | None:
        """A reference to the documented response of that status, relative to `spec/`, or None."""
        response = self.paths[path][method]["responses"].get(str(status))
        if response is None:
            return None
        if "$ref" in response:
            return f"openapi.yaml{response['$ref']}"
        return f"openapi.yaml#/paths/{path.replace('/', '~1')}/{method}/responses/{status}"

    def request_body(self, path: str, method: str) -> str | None:
        """A reference to the schema of the request's JSON body, relative to `spec/`. None: it has no body."""
        if "requestBody" not in self.paths[path][method]:
            return None
        place = path.replace("/", "~1")
        return f"openapi.yaml#/paths/{place}/{method}/requestBody/content/application~1json/schema"


def lookup(reference: str) -> Any:
    """The part of the spec that a reference, relative to `spec/`, points to."""
    return registry().resolver(_BASE).lookup(reference).contents
