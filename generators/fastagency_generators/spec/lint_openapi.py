"""The OpenAPI document: operations with JSON bodies that are named types or lists of them."""

from __future__ import annotations

import re

from .lint_rules import Rules, is_named_type, is_raw_text
from .load import Fault, Node, Spec

__all__ = ["lint_openapi"]

_ROOT = {"openapi", "info", "servers", "tags", "security", "paths", "components"}
_COMPONENTS = {"responses"}
_PATH = {"get", "put", "post", "delete", "patch", "summary", "description"}
_OPERATION = {"operationId", "tags", "summary", "description", "requestBody", "responses", "security"}
_BODY = {"description", "required", "content"}
_RESPONSE = {"description", "content", "headers", "links"}
_MEDIA = {"schema", "example", "examples"}
_HEADER = {"description", "schema", "required", "example", "examples"}
_HEADER_SCHEMA = {"type", "minimum", "maximum", "examples", "description"}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def lint_openapi(spec: Spec) -> list[Fault]:
    """Return the faults of the OpenAPI document."""
    rules = _OpenApi(spec)
    root = spec.openapi
    rules.keywords(root, _ROOT, "the document")
    components = root.find("components")
    if components is not None:
        rules.keywords(components, _COMPONENTS, "the components; a schema belongs into schemas/")
    paths = root.find("paths")
    if rules.mapping(paths, root, "`paths`") and paths is not None:
        for path, item in paths.items():
            if "{" in path:
                rules.fault(item, "a path with parameters: the generator has no way to say them")
            rules.keywords(item, _PATH, "a path")
            for method in _PATH - {"summary", "description"}:
                if method in item:
                    rules.operation(item.at(method))
    return rules.faults


class _OpenApi(Rules):
    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.names: dict[str, Node] = {}

    def operation(self, node: Node) -> None:
        self.keywords(node, _OPERATION, "an operation")
        name = node.get("operationId")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self.fault(node, "an operation needs an operationId in snake_case")
        elif self.names.setdefault(name, node) != node:
            self.fault(node.at("operationId"), f"a second operation of the name {name!r}")
        for key in ("summary", "description"):
            self.text(node, key, "an operation")
        body = node.find("requestBody")
        if body is not None:
            self.keywords(body, _BODY, "a request body")
            schema = self.schema(body)
            if body.get("required") is not True:
                self.fault(body, "a request body must say `required: true`")
            if schema is not None and "$ref" not in schema:
                self.fault(schema, "an inline type: a request body must refer to a named type")
        responses = node.find("responses")
        if self.mapping(responses, node, "`responses` of an operation") and responses is not None:
            for status, response in responses.items():
                self.response(status, response)

    def response(self, status: str, node: Node) -> None:
        if not re.fullmatch(r"[1-5][0-9][0-9]", status):
            self.fault(node, f"{status!r} is no status: name each one, without ranges or a default")
        target = self.target(node)
        if target is None:
            return
        self.keywords(target, _RESPONSE, "a response")
        self.text(target, "description", "a response")
        if "content" in target:
            self.schema(target)
        headers = target.find("headers")
        for _, header in headers.items() if headers else ():
            self.keywords(header, _HEADER, "a header")
            self.text(header, "description", "a header")
            schema = header.find("schema")
            if not self.mapping(schema, header, "`schema` of a header") or schema is None:
                continue
            self.keywords(schema, _HEADER_SCHEMA, "a header")
            if schema.get("type") not in ("string", "integer", "number", "boolean"):
                self.fault(schema, "a header must be a string, integer, number or boolean")

    def schema(self, node: Node) -> Node | None:
        """Check the content of a body or response, and return the node of its schema."""
        content = node.find("content")
        if not self.mapping(content, node, "`content`") or content is None:
            return None
        for kind, media in content.items():
            if kind != "application/json":
                self.fault(media, f"the generator knows application/json alone, not {kind}")
                continue
            self.keywords(media, _MEDIA, "a body")
            schema = media.find("schema")
            if self.mapping(schema, media, "`schema` of a body") and schema is not None:
                self.body(schema)
                return schema
        return None

    def body(self, schema: Node) -> None:
        """A body is a named type, or a list of them."""
        if "$ref" in schema:
            named = schema
        elif schema.get("type") == "array" and isinstance(schema.get("items"), dict):
            self.keywords(schema, {"title", "description", "type", "items"}, "a list as a body")
            named = schema.at("items")
        else:
            named = schema
        target = self.target(named)
        if target is None:
            return
        if not is_named_type(target):
            self.fault(named, "an inline type: give it a file of its own in schemas/ and refer to it")
        elif is_raw_text(target):
            self.fault(named, f"{target.file} is a raw text frame, not a JSON body")
