"""Rust: the part of the protocol that is data."""

from __future__ import annotations

from ..ir.model import Lifecycle, Protocol, Ref, Transition, Type, Union
from ..ir.names import pascal
from ..writer import Writer
from .rust_layout import arm, doc, list_arm, literal, type_name, variant_name

__all__ = ["write_tables"]


def write_tables(out: Writer, protocol: Protocol) -> None:
    """Write the version, the channel, the messages that ask, the close codes and the lifecycle."""
    doc(out, "The version of the protocol.")
    out.line(f"pub const PROTOCOL_VERSION: &str = {literal(protocol.version)};")
    out.blank()
    doc(out, "The path of the WebSocket, unless the server is configured with another.")
    out.line(f"pub const WEB_SOCKET_PATH: &str = {literal(protocol.channel.path)};")
    _write_question(out, protocol)
    _write_close_codes(out, protocol)
    _write_actions(out, protocol)
    _write_states(out, protocol.lifecycle)
    _write_transitions(out, protocol.lifecycle)


def _write_question(out: Writer, protocol: Protocol) -> None:
    asking = {
        it.payload.name for it in protocol.channel.from_server if it.asks and isinstance(it.payload, Ref)
    }
    sent: set[Type] = {it.payload for it in protocol.channel.from_server}
    unions = [node for node in protocol.types if isinstance(node, Union)]
    union = next((it for it in unions if sent <= {variant.type for variant in it.variants}), None)
    if not asking or union is None:
        return
    names = [variant.type.name for variant in union.variants if variant.type.name in asking]
    module = "super::messages"
    out.blank()
    doc(out, "A message that asks the user something and waits for the answer.")
    out.line("#[derive(Debug, Clone, PartialEq)]")
    out.line("#[non_exhaustive]")
    with out.block("pub enum Question {", "}"):
        for name in names:
            doc(out, protocol.type_named(name).description, 1)
            out.line(f"{pascal(name)}({out.use(module, type_name(name))}),")
    out.blank()
    own = out.use(module, type_name(union.name))
    with out.block("impl Question {", "}"):
        doc(out, "The question that a message asks; None for one that asks nothing.", 1)
        with (
            out.block(f"pub fn of(message: &{own}) -> Option<Question> {{", "}"),
            out.block("match message {", "}"),
        ):
            for name in names:
                value = f"Some(Question::{pascal(name)}(question.clone()))"
                arm(out, f"{own}::{pascal(name)}(question) =>", value, 3)
            out.line("_ => None,")


def _write_close_codes(out: Writer, protocol: Protocol) -> None:
    codes = protocol.close_codes
    names = [variant_name(code.name) for code in codes]
    out.blank()
    doc(out, "With which code the server closes.")
    out.line("#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]")
    out.line("#[non_exhaustive]")
    out.line("#[repr(u16)]")
    with out.block("pub enum CloseCode {", "}"):
        for code, name in zip(codes, names, strict=True):
            doc(out, code.meaning, 1)
            out.line(f"{name} = {code.code},")
    out.blank()
    with out.block("impl CloseCode {", "}"):
        doc(out, "The code of this number; None for a number that the protocol gives no meaning.", 1)
        head = "pub fn from_number(number: u16) -> Option<CloseCode> {"
        with out.block(head, "}"), out.block("match number {", "}"):
            for code, name in zip(codes, names, strict=True):
                out.line(f"{code.code} => Some(CloseCode::{name}),")
            out.line("_ => None,")
        out.blank()
        doc(out, "What the code means, as one or two sentences.", 1)
        with out.block("pub fn meaning(self) -> &'static str {", "}"), out.block("match self {", "}"):
            for code, name in zip(codes, names, strict=True):
                arm(out, f"CloseCode::{name} =>", literal(code.meaning), 3)
        out.blank()
        doc(out, "What a client does next.", 1)
        with out.block("pub fn action(self) -> ClientAction {", "}"), out.block("match self {", "}"):
            for action in sorted({code.client for code in codes}):
                same = [
                    f"CloseCode::{name}"
                    for code, name in zip(codes, names, strict=True)
                    if code.client == action
                ]
                _alternatives(out, same, f"ClientAction::{variant_name(action)}")


def _alternatives(out: Writer, patterns: list[str], value: str) -> None:
    """Write one arm for several patterns: on one line where it fits, otherwise one line a pattern."""
    line = f"{' | '.join(patterns)} => {value},"
    if len(line) + 12 <= 100:
        out.line(line)
        return
    out.line(patterns[0])
    for pattern in patterns[1:-1]:
        out.line(f"| {pattern}")
    out.line(f"| {patterns[-1]} => {value},")


_ACTIONS = {
    "none": "Nothing: trying again would meet the same.",
    "retry": "Try again after a while.",
    "resume": "Resume the conversation.",
}


def _write_actions(out: Writer, protocol: Protocol) -> None:
    out.blank()
    doc(out, "What a client does after a close.")
    out.line("#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]")
    out.line("#[non_exhaustive]")
    with out.block("pub enum ClientAction {", "}"):
        for action in sorted({code.client for code in protocol.close_codes}):
            doc(out, _ACTIONS[action], 1)
            out.line(f"{variant_name(action)},")


def _write_states(out: Writer, lifecycle: Lifecycle) -> None:
    out.blank()
    doc(out, "Where a conversation stands.")
    out.line("#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]")
    out.line("#[non_exhaustive]")
    with out.block("pub enum ConversationState {", "}"):
        for state in lifecycle.states:
            doc(out, state.description, 1)
            out.line(f"{variant_name(state.name)},")
    out.blank()
    with out.block("impl ConversationState {", "}"):
        doc(out, "The name of the state in the spec.", 1)
        with out.block("pub fn as_str(self) -> &'static str {", "}"), out.block("match self {", "}"):
            for state in lifecycle.states:
                out.line(f"ConversationState::{variant_name(state.name)} => {literal(state.name)},")
        out.blank()
        doc(out, "Whether nothing follows after this state.", 1)
        final = [f"ConversationState::{variant_name(it.name)}" for it in lifecycle.states if it.final]
        with out.block("pub fn is_final(self) -> bool {", "}"):
            _write_matches(out, final)
        for side, what in (("client", "the client"), ("server", "the server")):
            out.blank()
            doc(out, f"The types of frame that {what} may send in this state.", 1)
            head = f"pub fn legal_from_{side}(self) -> &'static [&'static str] {{"
            with out.block(head, "}"), out.block("match self {", "}"):
                for state in lifecycle.states:
                    legal = state.client if side == "client" else state.server
                    head = f"ConversationState::{variant_name(state.name)} =>"
                    list_arm(out, head, map(literal, legal), 3)


def _write_matches(out: Writer, patterns: list[str]) -> None:
    if not patterns:
        out.line("false")
        return
    line = f"matches!(self, {' | '.join(patterns)})"
    if len(line) + 8 <= 100 and len(line) - len("matches!()") <= 60:
        out.line(line)
        return
    with out.block("matches!(", ")"):
        out.line("self,")
        joined = " | ".join(patterns)
        if len(joined) + 12 <= 100:
            out.line(joined)
            return
        out.line(patterns[0])
        with out.indented():
            out.lines(*(f"| {pattern}" for pattern in patterns[1:]))


def _write_transitions(out: Writer, lifecycle: Lifecycle) -> None:
    out.blank()
    doc(out, "One step of a conversation from state to state.")
    out.line("#[derive(Debug, Clone, Copy, PartialEq, Eq)]")
    out.line("#[non_exhaustive]")
    with out.block("pub struct Transition {", "}"):
        doc(out, "The state before it.", 1)
        out.line("pub from: ConversationState,")
        doc(out, "The type of frame, or the event, that it happens on.", 1)
        out.line("pub on: &'static str,")
        doc(out, "The state after it.", 1)
        out.line("pub to: ConversationState,")
    out.blank()
    doc(out, "How a conversation moves from state to state.")
    head = "pub const TRANSITIONS: &[Transition] = &["
    steps = lifecycle.transitions
    if len(steps) == 1:  # rustfmt hugs a single item
        with out.block(f"{head}Transition {{", "}];"):
            _write_step(out, steps[0])
        return
    with out.block(head, "];"):
        for step in steps:
            with out.block("Transition {", "},"):
                _write_step(out, step)


def _write_step(out: Writer, step: Transition) -> None:
    out.line(f"from: ConversationState::{variant_name(step.source)},")
    out.line(f"on: {literal(step.on)},")
    out.line(f"to: ConversationState::{variant_name(step.target)},")
