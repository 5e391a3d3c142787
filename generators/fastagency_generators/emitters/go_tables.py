"""Go: the part of the protocol that is data."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap

from ..ir.model import Lifecycle, Protocol, Ref, Union
from ..ir.names import words
from ..writer import Writer
from .go_layout import WIDTH, comment, exported, literal, sentence, unique
from .go_types import GoTypes

__all__ = ["write_tables"]


def write_tables(out: Writer, types: GoTypes, protocol: Protocol) -> None:
    """Write the version, the channel, the messages that ask, the close codes and the lifecycle."""
    comment(out, "ProtocolVersion is the version of the protocol.")
    out.line(f"const ProtocolVersion = {literal(protocol.version)}")
    out.blank()
    comment(out, "WebSocketPath is the path of the WebSocket, unless the server is configured with another.")
    out.line(f"const WebSocketPath = {literal(protocol.channel.path)}")
    _write_asking(out, types, protocol)
    _write_close_codes(out, protocol)
    _write_lifecycle(out, protocol.lifecycle)


def _write_asking(out: Writer, types: GoTypes, protocol: Protocol) -> None:
    asking = [
        message.payload.name
        for message in protocol.channel.from_server
        if message.asks and isinstance(message.payload, Ref)
    ]
    unions = (node for node in protocol.types if isinstance(node, Union))
    union = next((node for node in unions if {it.type.name for it in node.variants} >= set(asking)), None)
    if union is None:
        return
    out.blank()
    comment(out, "Question is a message that asks the user something and waits for the answer.")
    with out.block("type Question interface {", "}"):
        out.line(types.name(union.name))
        out.blank()
        out.line("isQuestion()")
    for name in asking:
        out.blank()
        out.line(f"func (*{types.name(name)}) isQuestion() {{}}")


def _write_close_codes(out: Writer, protocol: Protocol) -> None:
    codes = [(code, f"Close{exported(code.name)}") for code in protocol.close_codes]
    unique([(code.name, name) for code, name in codes], "x-close-codes")
    out.blank()
    comment(out, "CloseCode is the code of the close frame that ends a WebSocket.")
    out.line("type CloseCode int")
    out.blank()
    comment(out, "The close codes of the protocol.")
    with out.block("const (", ")"):
        for code, name in codes:
            comment(out, sentence(name, code.meaning))
            out.line(f"{name} CloseCode = {code.code}")
    out.blank()
    comment(out, "ClientAction is what a client does after a close.")
    out.line("type ClientAction string")
    actions = sorted({code.client for code in protocol.close_codes})
    out.blank()
    comment(out, "What a client does: nothing, or what the value says.")
    with out.block("const (", ")"):
        for action in actions:
            comment(out, f"Action{exported(action)} is the action {literal(action)}.")
            out.line(f"Action{exported(action)} ClientAction = {literal(action)}")
    out.blank()
    comment(out, "Known says whether the protocol has this code.")
    out.line('func (c CloseCode) Known() bool { return c.Meaning() != "" }')
    out.blank()
    comment(out, "Meaning returns what the code means, empty for one that the protocol does not have.")
    _write_switch(
        out, "c CloseCode", "Meaning", "string", [(name, literal(code.meaning)) for code, name in codes], '""'
    )
    out.blank()
    comment(
        out,
        "Action returns what a client does after the code, empty for one that the protocol does not have.",
    )
    actions_of = [(name, f"Action{exported(code.client)}") for code, name in codes]
    _write_switch(out, "c CloseCode", "Action", "ClientAction", actions_of, '""')


def _write_lifecycle(out: Writer, lifecycle: Lifecycle) -> None:
    states = [(state, f"State{exported(state.name)}") for state in lifecycle.states]
    unique([(state.name, name) for state, name in states], "x-lifecycle")
    out.blank()
    comment(out, "ConversationState is where a conversation stands.")
    out.line("type ConversationState string")
    out.blank()
    comment(out, "The states of a conversation.")
    with out.block("const (", ")"):
        for state, name in states:
            comment(out, sentence(name, state.description))
            out.line(f"{name} ConversationState = {literal(state.name)}")
    final = [(name, "true") for state, name in states if state.final]
    out.blank()
    comment(out, "Final says whether nothing follows after the state.")
    _write_switch(out, "s ConversationState", "Final", "bool", final, "false")
    for sender in ("client", "server"):
        out.blank()
        comment(
            out, f"From{exported(sender)} returns the types of frame that the {sender} may send in the state."
        )
        legal = [(name, _strings(getattr(state, sender))) for state, name in states if getattr(state, sender)]
        _write_switch(out, "s ConversationState", f"From{exported(sender)}", "[]string", legal, "nil")
    out.blank()
    comment(
        out, "Transition is a step of a conversation from state to state, on a type of frame or an event."
    )
    with out.block("type Transition struct {", "}"):
        out.line("From ConversationState")
        out.line("On   string")
        out.line("To   ConversationState")
    names = {state.name: name for state, name in states}
    out.blank()
    comment(out, "Transitions returns every step that a conversation can take.")
    with out.block("func Transitions() []Transition {", "}"), out.block("return []Transition{", "}"):
        for step in lifecycle.transitions:
            out.line(f"{{{names[step.source]}, {literal(step.on)}, {names[step.target]}}},")


def _write_switch(
    out: Writer, receiver: str, name: str, result: str, cases: Iterable[tuple[str, str]], otherwise: str
) -> None:
    """Write a method that maps its receiver, cases of one value together."""
    by_value: dict[str, list[str]] = {}
    for case, value in cases:
        by_value.setdefault(value, []).append(case)
    with out.block(f"func ({receiver}) {name}() {result} {{", "}"):
        if by_value:
            out.line(f"switch {words(receiver)[0]} {{")
            for value, names in by_value.items():
                _write_case(out, names)
                with out.indented():
                    out.line(f"return {value}")
            out.line("}")
        out.line(f"return {otherwise}")


def _write_case(out: Writer, names: list[str]) -> None:
    """Write the line `case A, B:`, on as many lines as it needs."""
    lines = wrap(f"case {', '.join(names)}:", WIDTH)
    out.line(lines[0])
    with out.indented():
        out.lines(*lines[1:])


def _strings(names: Iterable[str]) -> str:
    return f"[]string{{{', '.join(map(literal, names))}}}"
