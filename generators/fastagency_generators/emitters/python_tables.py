"""Python: the protocol's data (version, close codes, lifecycle, messages by type) as `tables.py`."""

from __future__ import annotations

import json

from ..emit import MARK, OutputFile
from ..ir.model import Enum, KindUnion, Lifecycle, Object, Operation, Protocol, Ref, Union
from ..ir.names import constant
from ..writer import Writer

__all__ = ["PythonTables"]


class PythonTables:
    """An emitter of `tables.py`. It passes the types by: they are datamodel-code-generator's part."""

    def __init__(self, protocol: Protocol) -> None:
        self._out = Writer()
        self._out.lines(f"# {MARK}", f'"""The protocol as data, version {protocol.version}."""', "")
        self._out.lines(
            "from __future__ import annotations",
            "",
            "from collections.abc import Mapping",
            "from enum import IntEnum, StrEnum",
            "from typing import Final, Literal",
            "",
            "from pydantic import BaseModel",
            "",
            "from . import messages",
        )

    def write_enum(self, node: Enum) -> None:
        """Nothing: `messages.py` has it."""

    def write_object(self, node: Object) -> None:
        """Nothing: `messages.py` has it."""

    def write_union(self, node: Union) -> None:
        """Nothing: `messages.py` has it."""

    def write_kind_union(self, node: KindUnion) -> None:
        """Nothing: `messages.py` has it."""

    def write_operations(self, operations: tuple[Operation, ...]) -> None:
        """Write the paths of the REST operations."""
        for operation in operations:
            self._constant(f"{constant(operation.name)}_PATH", _quoted(operation.path))
            self._doc(f"Where `{operation.name}` is, unless the server is configured with another path.")

    def write_tables(self, protocol: Protocol) -> None:
        """Write everything else."""
        channel = protocol.channel
        self._constant("CHANNEL_PATH", _quoted(channel.path))
        self._doc("Where the WebSocket is, unless the server is configured with another path.")
        self._constant("PROTOCOL_VERSION", _quoted(protocol.version))
        self._doc("The version of the protocol that this package speaks.")
        self._close_codes(protocol)
        self._lifecycle(protocol.lifecycle)
        self._messages(protocol)

    def files(self) -> list[OutputFile]:
        """Return `tables.py`."""
        return [OutputFile("tables.py", self._out.text())]

    def _close_codes(self, protocol: Protocol) -> None:
        out = self._out
        out.blank(2)
        with out.block("class CloseCode(IntEnum):"):
            out.line('"""Why a server closed the WebSocket (spec FA-CLS)."""')
            for code in protocol.close_codes:
                out.blank()
                out.line(f"{constant(code.name)} = {code.code}")
                self._doc(code.meaning)
        out.blank(2)
        out.line('ClientAction = Literal["none", "retry", "resume"]')
        self._doc("What a client does after a close: nothing, try again later, or resume.")
        members = [(f"CloseCode.{constant(code.name)}", code) for code in protocol.close_codes]
        self._mapping(
            "CLOSE_CODE_MEANINGS",
            "Mapping[CloseCode, str]",
            [(name, _quoted(it.meaning)) for name, it in members],
        )
        self._doc("Each close code's meaning, in a sentence for people.")
        self._mapping(
            "CLIENT_ACTIONS",
            "Mapping[CloseCode, ClientAction]",
            [(name, _quoted(it.client)) for name, it in members],
        )
        self._doc("What a client does after each close code.")

    def _lifecycle(self, lifecycle: Lifecycle) -> None:
        out = self._out
        out.blank(2)
        with out.block("class ConversationState(StrEnum):"):
            out.line('"""Where a conversation stands (spec FA-LIF)."""')
            for state in lifecycle.states:
                out.blank()
                out.line(f"{constant(state.name)} = {_quoted(state.name)}")
                self._doc(state.description)
        self._constant("INITIAL_STATE", _state(lifecycle.initial), blank=2)
        self._doc("The state of a conversation whose socket was just opened.")
        final = [_state(state.name) for state in lifecycle.states if state.final]
        self._set("FINAL_STATES", "ConversationState", final)
        self._doc("The states that a conversation never leaves.")
        self._sets("CLIENT_FRAMES", [(it.name, it.client) for it in lifecycle.states])
        self._doc("What a client may send in each state, by message type.")
        self._sets("SERVER_FRAMES", [(it.name, it.server) for it in lifecycle.states])
        self._doc("What a server may send in each state, by message type.")
        moves = [(f"({_state(it.source)}, {_quoted(it.on)})", it) for it in lifecycle.transitions]
        self._mapping(
            "TRANSITIONS",
            "Mapping[tuple[ConversationState, str], ConversationState]",
            [(move, _state(it.target)) for move, it in moves],
        )
        self._doc("The next state, by the present one and a message type or an event.")
        self._mapping(
            "FIRST_MESSAGES",
            "Mapping[tuple[ConversationState, str], str]",
            [(move, _quoted(it.first_message)) for move, it in moves if it.first_message is not None],
        )
        self._doc(
            "The type of the message that the server sends first after a transition, where that is fixed."
        )

    def _messages(self, protocol: Protocol) -> None:
        union = next(node for node in protocol.types if isinstance(node, Union))
        self._constant("DEFAULT_TYPE", "None" if union.default_tag is None else _quoted(union.default_tag))
        self._doc("What a server's frame without a type counts as.")
        asking = [_quoted(message.type) for message in protocol.channel.from_server if message.asks]
        self._set("ASKING_TYPES", "str", asking)
        self._doc("The types of the messages that ask the user something.")
        classes = [
            (_quoted(message.type), f"messages.{message.payload.name}")
            for message in protocol.channel.from_server
            if isinstance(message.payload, Ref)
        ]
        self._mapping("MESSAGE_CLASSES", "Mapping[str, type[BaseModel]]", classes)
        self._doc("The class of each message that a server sends, by its type.")

    def _constant(self, name: str, value: str, blank: int = 1) -> None:
        self._out.blank(blank)
        self._out.line(f"{name}: Final = {value}")

    def _sets(self, name: str, rows: list[tuple[str, tuple[str, ...]]]) -> None:
        """Write a mapping from states to sets of message types."""
        self._out.blank()
        with self._out.block(f"{name}: Final[Mapping[ConversationState, frozenset[str]]] = {{", "}"):
            for state, types in rows:
                self._value(f"{_state(state)}: ", [_quoted(it) for it in types], ",")

    def _value(self, head: str, values: list[str], tail: str) -> None:
        """Write a set, on one line when it is short."""
        if len(values) < 2:
            self._out.line(f"{head}frozenset({f'{{{values[0]}}}' if values else ''}){tail}")
            return
        with self._out.block(f"{head}frozenset(", f"){tail}"), self._out.block("{", "}"):
            for value in values:
                self._out.line(f"{value},")

    def _mapping(self, name: str, annotation: str, rows: list[tuple[str, str]]) -> None:
        self._out.blank()
        with self._out.block(f"{name}: Final[{annotation}] = {{", "}"):
            for key, value in rows:
                self._out.line(f"{key}: {value},")

    def _set(self, name: str, item: str, values: list[str]) -> None:
        self._out.blank()
        self._value(f"{name}: Final[frozenset[{item}]] = ", values, "")

    def _doc(self, text: str) -> None:
        """Write a docstring: of the attribute above it."""
        flat = " ".join(text.split()).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        self._out.line(f'"""{flat}{" " if flat.endswith(chr(34)) else ""}"""')


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _state(name: str) -> str:
    return f"ConversationState.{constant(name)}"
