"""The AsyncAPI document: the channels of one socket, their messages, and that the schemas say the same."""

from __future__ import annotations

import re

from .lint_lifecycle import lint_lifecycle
from .lint_rules import Rules, is_named_type, is_raw_text
from .load import Fault, Node, Spec

__all__ = ["lint_asyncapi"]

_ROOT = {
    "asyncapi",
    "info",
    "defaultContentType",
    "servers",
    "channels",
    "operations",
    "components",
    "x-close-codes",
    "x-lifecycle",
}
_CHANNEL = {"address", "title", "summary", "description", "servers", "messages", "bindings"}
_OPERATION = {"action", "title", "summary", "description", "channel"}
_MESSAGE = {"name", "title", "summary", "description", "contentType", "payload", "examples"}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def lint_asyncapi(spec: Spec) -> list[Fault]:
    """Return the faults of the AsyncAPI document, and where it and the schemas disagree."""
    rules = _AsyncApi(spec)
    root = spec.asyncapi
    rules.keywords(root, _ROOT, "the document")
    rules.versions()
    if all(
        rules.mapping(root.find(key), root, f"`{key}`") for key in ("channels", "operations", "components")
    ):
        rules.channels()
        rules.messages()
        rules.operations()
        rules.union()
    return rules.faults + lint_lifecycle(spec, rules.sent, rules.received)


class _AsyncApi(Rules):
    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.root = spec.asyncapi
        self.components: dict[str, Node] = {}
        """The messages under components, by the key that they have there."""
        self.sent: dict[str, Node] = {}
        """The messages that a server sends, by type."""
        self.received: dict[str, Node] = {}
        """The messages that a client sends, by type."""

    def versions(self) -> None:
        ours, theirs = ((doc.get("info") or {}).get("version") for doc in (self.root, self.spec.openapi))
        if not isinstance(ours, str):
            self.fault(self.root, "info needs a version, a string")
        elif ours != theirs:
            self.fault(self.root.at("info"), f"the version {ours!r} is not the OpenAPI document's {theirs!r}")

    def channels(self) -> None:
        """All channels are one socket; a channel lists messages by their key under components."""
        channels = dict(self.root.at("channels").items())
        first = next((channel.get("address") for channel in channels.values()), None)
        for channel in channels.values():
            self.keywords(channel, _CHANNEL, "a channel")
            self.text(channel, "address", "a channel")
            if channel.get("address") != first:
                self.fault(channel, f"the generator knows one socket, and its address is {first!r}")
            listed = channel.find("messages")
            if self.mapping(listed, channel, "`messages` of a channel") and listed is not None:
                for key, message in listed.items():
                    target = self.target(message)
                    if target is not None and target.pointer != f"/components/messages/{key}":
                        self.fault(message, f"must refer to #/components/messages/{key}")

    def messages(self) -> None:
        """Each message has a name for programs, two texts for people, and a named type."""
        components = self.root.at("components")
        self.keywords(components, {"messages"}, "the components; a schema belongs into schemas/")
        messages = components.find("messages")
        names: dict[str, str] = {}
        for key, message in messages.items() if messages else ():
            self.components[key] = message
            self.keywords(message, _MESSAGE, "a message")
            for text in ("title", "summary"):
                self.text(message, text, "a message")
            name = message.get("name")
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                self.fault(message, "a message needs a name in snake_case: its type on the wire")
            elif names.setdefault(name, key) != key:
                self.fault(
                    message.at("name"), f"a second message of the name {name!r}: {names[name]} has it too"
                )
            self.payload(message)

    def payload(self, message: Node) -> None:
        payload = message.find("payload")
        if not self.mapping(payload, message, "`payload` of a message") or payload is None:
            return
        schema = self.target(payload)
        if schema is None:
            return
        raw = message.get("contentType") == "text/plain"
        if not is_named_type(schema):
            self.fault(payload, "an inline object: give it a file of its own in schemas/ and refer to it")
        elif is_raw_text(schema) != raw:
            self.fault(
                message, f"contentType must be text/plain exactly when {schema.file} is a plain string"
            )
        elif not raw and schema.get("type") != "object":
            self.fault(payload, f"{schema.file} is neither an object nor a raw text frame")

    def operations(self) -> None:
        """Each channel has the one operation that sends or receives all of its messages."""
        used: set[Node] = set()
        for _, operation in self.root.at("operations").items():
            self.keywords(operation, _OPERATION, "an operation; its messages are those of its channel")
            if operation.get("action") not in ("send", "receive"):
                self.fault(operation, "action must be send (by the server) or receive")
            reference = operation.find("channel")
            if not self.mapping(reference, operation, "`channel` of an operation") or reference is None:
                continue
            channel = self.target(reference)
            if channel is None:
                continue
            if channel in used:
                self.fault(reference, "another operation has this channel; give each a channel of its own")
            used.add(channel)
            listed = channel.find("messages")
            by_type = self.sent if operation.get("action") == "send" else self.received
            for _, message in listed.items() if listed else ():
                resolved = self.target(message)
                if resolved is not None:
                    by_type[str(resolved.get("name"))] = resolved
        for _, channel in self.root.at("channels").items():
            if channel not in used:
                self.fault(channel, "no operation has this channel")
        for message in self.components.values():
            if message.get("name") not in self.sent and message.get("name") not in self.received:
                self.fault(message, "no channel lists this message")

    def union(self) -> None:
        """The union of all that a server sends must say the same as the channel."""
        unions = [schema for schema in self.spec.schemas() if "discriminator" in schema]
        if len(unions) != 1:
            self.fault(
                self.root,
                f"exactly one union of all server messages is needed in schemas/, not {len(unions)}",
            )
        for union in unions:
            mapping = union.at("discriminator").find("mapping")
            tags = mapping.value if mapping is not None and isinstance(mapping.value, dict) else {}
            for tag, entry in mapping.items() if mapping is not None else ():
                if tag not in self.sent:
                    self.fault(entry, f"no channel that the server sends on lists a message named {tag!r}")
            for name, message in self.sent.items():
                payload = message.find("payload")
                schema = self.target(payload) if payload is not None else None
                if schema is None:
                    continue
                if name not in tags:
                    self.fault(message, f"{union.file} has no tag {name!r} in its discriminator's mapping")
                elif not schema.file.endswith(f"/{tags[name]}"):
                    self.fault(
                        message.at("payload"), f"{union.file} maps {name!r} to {tags[name]}, not to this"
                    )
