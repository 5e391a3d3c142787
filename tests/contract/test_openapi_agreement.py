"""What the application says of itself (`/openapi.json`, made by FastAPI) and the canonical document agree."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contract.contract_apps import application
from contract.rest_contract import OPENAPI
from wire_spec import Openapi, lookup

# For people; two documents may word it differently.
_WORDS = {"description", "example", "examples", "summary", "title", "x-dialect", "x-secret"}


def normalised(schema: Any, document: dict[str, Any]) -> Any:
    """A schema without words, its references resolved, and one spelling where JSON Schema has several."""
    if isinstance(schema, list):
        return [normalised(part, document) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        _, *path = schema["$ref"].split("/")
        target: Any = document
        for step in path:
            target = target[step]
        return normalised(target, document)
    result: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword == "properties":
            result[keyword] = {name: normalised(child, document) for name, child in value.items()}
        elif keyword == "required":
            result[keyword] = sorted(value)
        elif keyword == "default" and value is None:
            pass  # what FastAPI leaves out of a response's schema
        elif keyword not in _WORDS:
            result[keyword] = normalised(value, document)
    return _one_spelling(result)


def _one_spelling(schema: dict[str, Any]) -> dict[str, Any]:
    """`anyOf` of plain types, at most one of them with more to say, as a list of types; a list of types
    sorted."""
    branches = schema.get("anyOf", schema.get("oneOf"))
    if branches is not None and sum(branch.keys() != {"type"} for branch in branches) <= 1:
        rest = {keyword: value for keyword, value in schema.items() if keyword not in ("anyOf", "oneOf")}
        for branch in branches:
            rest |= branch
        return {**rest, "type": sorted(branch["type"] for branch in branches)}
    if isinstance(schema.get("type"), list):
        return {**schema, "type": sorted(schema["type"])}
    return schema


def operations(document: dict[str, Any]) -> dict[str, Any]:
    """What a client depends on, operation by operation."""
    found: dict[str, Any] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            body = operation.get("requestBody")
            found[operation["operationId"]] = {
                "path": path,
                "method": method,
                "parameters": operation.get("parameters", []),
                "request": None
                if body is None
                else {"required": body.get("required", False), **_content(body, document)},
                "responses": {
                    status: _response(response, document)
                    for status, response in operation["responses"].items()
                },
            }
    return found


def _response(response: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    headers = {
        name: (header.get("required", False), normalised(header["schema"], document))
        for name, header in response.get("headers", {}).items()
    }
    return {"headers": headers, **_content(response, document)}


def _content(holder: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    return {kind: normalised(media["schema"], document) for kind, media in holder["content"].items()}


@pytest.fixture(scope="module")
def canonical() -> dict[str, Any]:
    """The published bundle."""
    document: dict[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def own() -> dict[str, Any]:
    """What FastAPI makes of the routes. Through JSON, as a client gets it."""
    document: dict[str, Any] = json.loads(json.dumps(application().openapi()))
    return document


def test_both_have_the_same_operations(canonical: dict[str, Any], own: dict[str, Any]) -> None:
    assert operations(own).keys() == operations(canonical).keys() == {"discovery", "initiate_workflow"}


@pytest.mark.parametrize("name", ["discovery", "initiate_workflow"])
def test_an_operation_is_the_same_in_both(name: str, canonical: dict[str, Any], own: dict[str, Any]) -> None:
    said, documented = operations(own)[name], operations(canonical)[name]
    for part in ("path", "method", "parameters", "request"):
        assert said[part] == documented[part], part
    assert said["responses"].keys() == documented["responses"].keys()
    for status, response in documented["responses"].items():
        assert said["responses"][status] == response, status


def test_a_difference_is_seen(canonical: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(canonical))
    changed["components"]["schemas"]["InitiatedWorkflow"]["properties"]["name"]["type"] = "integer"
    assert operations(changed)["discovery"] == operations(canonical)["discovery"]
    assert operations(changed)["initiate_workflow"] != operations(canonical)["initiate_workflow"]


def test_the_bundle_is_the_spec(canonical: dict[str, Any]) -> None:
    """Every schema of the bundle is that of its source file, but for the way of its refs."""

    def plain(schema: Any) -> Any:
        if isinstance(schema, dict):
            return {
                keyword: value.rsplit("/", 1)[-1].removesuffix(".yaml") if keyword == "$ref" else plain(value)
                for keyword, value in schema.items()
            }
        return [plain(part) for part in schema] if isinstance(schema, list) else schema

    assert canonical["paths"].keys() == Openapi().paths.keys()
    for name, schema in canonical["components"]["schemas"].items():
        assert plain(schema) == plain(lookup(f"schemas/{name}.yaml")), name
