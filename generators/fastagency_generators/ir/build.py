"""The spec, once it is known to be sound, as the IR.

`spec.lint` comes first: it refuses everything that this module could not carry over, so nothing is guessed
here.
"""

from __future__ import annotations

import posixpath
from typing import Any

from ..spec.load import Node, Spec
from . import model as ir

__all__ = ["build"]

_SCALARS = {kind.value: kind for kind in ir.ScalarKind}
_METHODS = ("get", "put", "post", "delete", "patch")


def build(spec: Spec) -> ir.Protocol:
    """Return the protocol that the spec describes. The spec must have passed `lint`."""
    builder = _Builder(spec)
    channel = builder.channel()
    operations = builder.operations()
    return ir.Protocol(
        version=spec.asyncapi.get("info")["version"],
        types=builder.ordered_types(),
        operations=operations,
        channel=channel,
        close_codes=_close_codes(spec.asyncapi),
        lifecycle=_lifecycle(spec.asyncapi),
    )


class _Builder:
    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.types: dict[str, ir.NamedType] = {}

    def ordered_types(self) -> tuple[ir.NamedType, ...]:
        """Every named type, each after those it refers to.

        The channel's messages were met first, then the bodies of the operations; the rest (the union of all
        messages) follows by file name.
        """
        for schema in self.spec.schemas():
            if not _is_raw_text(schema):
                self.named(schema)
        return tuple(self.types.values())

    def named(self, schema: Node) -> ir.Ref:
        """Add the named type that stands in a schema file, after those it refers to, and return its name."""
        name: str = schema.get("title")
        if name not in self.types:
            node: ir.NamedType
            if "discriminator" in schema:
                node = self.union(schema)
            elif "oneOf" in schema:
                node = self.kind_union(schema)
            elif "enum" in schema:
                node = _enum(schema)
            else:
                node = self.object(schema)
            self.types[name] = node
        return ir.Ref(name)

    def object(self, schema: Node) -> ir.Object:
        required, secret = schema.get("required", []), schema.get("x-secret", [])
        properties = schema.find("properties")
        fields = [] if properties is None else list(properties.items())
        return ir.Object(
            name=schema.get("title"),
            description=_text(schema.get("description")),
            fields=tuple(self.field(name, node, name in required, name in secret) for name, node in fields),
            open=schema.get("additionalProperties") is True,
            source=schema.file,
        )

    def field(self, name: str, node: Node, required: bool, secret: bool) -> ir.Field:
        kind, nullable = self.type(node)
        target = self.spec.resolve(node)
        examples = node.get("examples") or target.get("examples") or [None]
        return ir.Field(
            name=name,
            type=kind,
            description=_text(node.get("description") or target.get("description")),
            required=required,
            nullable=nullable,
            has_default="default" in node,
            default=node.get("default"),
            example=examples[0],
            secret=secret,
        )

    def type(self, node: Node) -> tuple[ir.Type, bool]:
        """Return the type that a schema stands for, and whether it may be null."""
        if "$ref" in node:
            return self.named(self.spec.resolve(node)), False
        if "oneOf" in node:
            branch = next(branch for branch in node.at("oneOf").children() if "$ref" in branch)
            return self.named(self.spec.resolve(branch)), True
        kinds = node.get("type")
        if kinds is None:
            return ir.Json(ir.JsonKind.VALUE), True
        kinds = kinds if isinstance(kinds, list) else [kinds]
        nullable = "null" in kinds
        kind = next(kind for kind in kinds if kind != "null")
        if kind == "array":
            return ir.ListOf(self.type(node.at("items"))[0]), nullable
        if kind == "object":
            return ir.Json(ir.JsonKind.OBJECT), nullable
        return _scalar(kind, node), nullable

    def union(self, schema: Node) -> ir.Union:
        discriminator = schema.at("discriminator")
        mapping: dict[str, str] = discriminator.get("mapping")
        by_file = {posixpath.normpath(posixpath.join("schemas", file)): tag for tag, file in mapping.items()}
        branches = [self.spec.resolve(branch) for branch in schema.at("oneOf").children()]
        return ir.Union(
            name=schema.get("title"),
            description=_text(schema.get("description")),
            tag_field=discriminator.get("propertyName"),
            variants=tuple(ir.Variant(by_file[branch.file], self.named(branch)) for branch in branches),
            default_tag=schema.get("x-default-type"),
            source=schema.file,
        )

    def kind_union(self, schema: Node) -> ir.KindUnion:
        return ir.KindUnion(
            name=schema.get("title"),
            description=_text(schema.get("description")),
            branches=tuple(self.type(branch)[0] for branch in schema.at("oneOf").children()),
            source=schema.file,
        )

    def channel(self) -> ir.Channel:
        asyncapi = self.spec.asyncapi
        from_server: list[ir.Message] = []
        from_client: list[ir.Message] = []
        for _, operation in asyncapi.at("operations").items():
            # The document describes the server: what it receives comes from the client.
            direction = from_server if operation.get("action") == "send" else from_client
            channel = self.spec.resolve(operation.at("channel"))
            direction += [self.message(self.spec.resolve(node)) for _, node in channel.at("messages").items()]
        _, channel = next(asyncapi.at("channels").items())
        return ir.Channel(channel.get("address"), tuple(from_server), tuple(from_client))

    def message(self, node: Node) -> ir.Message:
        schema = self.spec.resolve(node.at("payload"))
        raw_text = _is_raw_text(schema)
        return ir.Message(
            name=node.pointer.rsplit("/", 1)[1],
            type=node.get("name"),
            title=node.get("title"),
            summary=_text(node.get("summary")),
            payload=_scalar("string", schema) if raw_text else self.named(schema),
            asks=schema.get("x-asks", False),
            raw_text=raw_text,
        )

    def operations(self) -> tuple[ir.Operation, ...]:
        return tuple(
            self.operation(path, method, item.at(method))
            for path, item in self.spec.openapi.at("paths").items()
            for method in _METHODS
            if method in item
        )

    def operation(self, path: str, method: str, node: Node) -> ir.Operation:
        body = node.find("requestBody")
        request = None if body is None else self.type(_json_schema(body))[0]
        assert request is None or isinstance(request, ir.Ref)  # lint: a request body is a $ref
        return ir.Operation(
            name=node.get("operationId"),
            method=method,
            path=path,
            summary=_text(node.get("summary")),
            description=_text(node.get("description")),
            request=request,
            responses=tuple(
                self.response(int(status), answer) for status, answer in node.at("responses").items()
            ),
        )

    def response(self, status: int, node: Node) -> ir.Response:
        node = self.spec.resolve(node)
        headers = node.find("headers")
        return ir.Response(
            status=status,
            description=_text(node.get("description")),
            body=self.type(_json_schema(node))[0] if "content" in node else None,
            headers=tuple(
                ir.Header(
                    name, _text(header.get("description")), _scalar(header.at("schema").get("type"), header)
                )
                for name, header in (headers.items() if headers else ())
            ),
        )


def _json_schema(node: Node) -> Node:
    return node.at("content").at("application/json").at("schema")


def _is_raw_text(schema: Node) -> bool:
    return schema.get("type") == "string" and "enum" not in schema


def _scalar(kind: str, node: Node) -> ir.Scalar:
    return ir.Scalar(
        kind=_SCALARS[kind],
        pattern=node.get("pattern"),
        min_length=node.get("minLength"),
        const=node.get("const"),
    )


def _enum(schema: Node) -> ir.Enum:
    meanings: dict[str, str] = schema.get("x-enumDescriptions", {})
    return ir.Enum(
        name=schema.get("title"),
        description=_text(schema.get("description")),
        values=tuple(ir.EnumValue(value, _text(meanings.get(value))) for value in schema.get("enum")),
        source=schema.file,
    )


def _close_codes(asyncapi: Node) -> tuple[ir.CloseCode, ...]:
    entries: list[dict[str, Any]] = asyncapi.get("x-close-codes")
    return tuple(ir.CloseCode(it["code"], it["name"], _text(it["meaning"]), it["client"]) for it in entries)


def _lifecycle(asyncapi: Node) -> ir.Lifecycle:
    lifecycle: dict[str, Any] = asyncapi.get("x-lifecycle")
    return ir.Lifecycle(
        initial=lifecycle["initial"],
        states=tuple(
            ir.State(
                name=it["name"],
                description=_text(it["description"]),
                final=it.get("final", False),
                client=tuple(it["client"]),
                server=tuple(it["server"]),
            )
            for it in lifecycle["states"]
        ),
        transitions=tuple(
            ir.Transition(it["from"], it["on"], it["to"], it.get("first_message"))
            for it in lifecycle["transitions"]
        ),
    )


def _text(text: str | None) -> str:
    """A description without the line breaks at its ends that YAML's block styles leave."""
    return (text or "").strip()
