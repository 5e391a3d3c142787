"""Values that a schema of the spec accepts, and near misses, from schemathesis' generator.

Schemathesis generates request bodies; so each schema is put into a document in memory as the body of one
operation.
"""

from __future__ import annotations

import functools
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from wire_spec import SPEC, load_yaml

__all__ = ["near_misses", "valid"]


@functools.cache
def _operation(name: str) -> Any:
    schemas = {path.stem: _local(load_yaml(path)) for path in (SPEC / "schemas").glob("*.yaml")}
    schemas.pop("ServerMessage")  # its mapping holds file names
    document = {
        "openapi": "3.1.0",
        "info": {"title": "messages", "version": "1"},
        "paths": {
            "/message": {
                "post": {
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
                    },
                    "responses": {"200": {"description": "Taken."}},
                }
            }
        },
        "components": {"schemas": schemas},
    }
    return schemathesis.openapi.from_dict(document)["/message"]["POST"]


def _local(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_local(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        keyword: f"#/components/schemas/{value.removesuffix('.yaml')}" if keyword == "$ref" else _local(value)
        for keyword, value in schema.items()
    }


def _bodies(name: str, mode: GenerationMode) -> st.SearchStrategy[Any]:
    strategy: st.SearchStrategy[Any] = _operation(name).as_strategy(generation_mode=mode)
    return strategy.map(lambda case: case.body)


def valid(name: str) -> st.SearchStrategy[Any]:
    """JSON values that the schema of that name accepts."""
    return _bodies(name, GenerationMode.POSITIVE)


def near_misses(name: str) -> st.SearchStrategy[Any]:
    """Values that differ from valid ones in something; by chance one may be valid all the same."""
    return _bodies(name, GenerationMode.NEGATIVE)
