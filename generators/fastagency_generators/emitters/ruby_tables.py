"""Ruby: the part of the protocol that is data."""

from __future__ import annotations

from ..ir.model import Lifecycle, Protocol, Ref
from ..ir.names import constant
from ..writer import Writer
from .ruby_layout import collection, comment, literal, symbol, symbols, words_array

__all__ = ["write_table_signatures", "write_tables"]


def write_tables(out: Writer, protocol: Protocol, names: dict[str, str]) -> None:
    """Write the version, the channel, the types, the close codes and the lifecycle."""
    comment(out, "The version of the protocol.", 1)
    out.line(f"PROTOCOL_VERSION = {literal(protocol.version)}")
    out.blank()
    comment(out, "The path of the WebSocket, unless the server is configured with another.", 1)
    out.line(f"CHANNEL_PATH = {literal(protocol.channel.path)}")
    out.blank()
    comment(out, "The messages that ask the user something and wait for the answer.", 1)
    asking = [message.payload for message in protocol.channel.from_server if message.asks]
    questions = [names[payload.name] for payload in asking if isinstance(payload, Ref)]
    collection(out, "QUESTIONS = ", questions, "[]", 1, ".freeze")
    out.blank()
    comment(out, "Every type, by its name in the spec.", 1)
    entries = [f"{literal(node.name)} => {names[node.name]}" for node in protocol.types]
    collection(out, "TYPES = ", entries, "{}", 1, ".freeze")
    _write_close_codes(out, protocol)
    _write_lifecycle(out, protocol.lifecycle)


def _write_close_codes(out: Writer, protocol: Protocol) -> None:
    out.blank()
    comment(out, "With which codes the server closes, and what a client does next (spec FA-CLS).", 1)
    with out.block("module CloseCode", "end"):
        for code in protocol.close_codes:
            comment(out, code.meaning, 2)
            out.line(f"{constant(code.name)} = {code.code}")
        out.blank()
        comment(out, "What each code means.", 2)
        meanings = [f"{code.code} => {literal(code.meaning)}" for code in protocol.close_codes]
        collection(out, "MEANINGS = ", meanings, "{}", 2, ".freeze")
        out.blank()
        comment(out, "What a client does after each code: nothing, or try again after a while.", 2)
        actions = [f"{code.code} => {symbol(code.client)}" for code in protocol.close_codes]
        collection(out, "ACTIONS = ", actions, "{}", 2, ".freeze")


def _write_lifecycle(out: Writer, lifecycle: Lifecycle) -> None:
    out.blank()
    comment(out, "Where a conversation stands, and how it moves on (spec FA-LIF).", 1)
    comment(out, "", 1)
    for state in lifecycle.states:
        comment(out, f"`{state.name}`: {state.description}", 1)
    with out.block("module Lifecycle", "end"):
        comment(out, "Every state.", 2)
        out.line(f"STATES = {symbols(state.name for state in lifecycle.states)}.freeze")
        out.blank()
        comment(out, "The states after which nothing follows.", 2)
        final = symbols(state.name for state in lifecycle.states if state.final)
        out.line(f"FINAL_STATES = {final}.freeze")
        out.blank()
        comment(out, "Which types of frame are legal in which state, by sender.", 2)
        with out.block("LEGAL_FRAMES = {", "}.freeze"):
            for number, state in enumerate(lifecycle.states, start=1):
                with out.block(f"{state.name}: {{", "}" + ("," if number < len(lifecycle.states) else "")):
                    out.line(f"client: {words_array(state.client)},")
                    out.line(f"server: {words_array(state.server)}")
        out.blank()
        comment(out, "How a conversation moves from state to state: on a type of frame, or on an event.", 2)
        steps = [
            f"{{ from: {symbol(step.source)}, on: {literal(step.on)}, to: {symbol(step.target)} }}"
            for step in lifecycle.transitions
        ]
        with out.block("TRANSITIONS = [", "].freeze"):
            for step in steps[:-1]:
                out.line(f"{step},")
            out.lines(*steps[-1:])


def write_table_signatures(out: Writer, protocol: Protocol) -> None:
    """Write the signatures of all this."""
    out.lines("PROTOCOL_VERSION: String", "CHANNEL_PATH: String")
    out.lines("QUESTIONS: Array[singleton(Value)]", "TYPES: Hash[String, Types::_Type]", "")
    with out.block("module CloseCode", "end"):
        for code in protocol.close_codes:
            out.line(f"{constant(code.name)}: {code.code}")
        out.lines("MEANINGS: Hash[Integer, String]", "ACTIONS: Hash[Integer, Symbol]")
    out.blank()
    with out.block("module Lifecycle", "end"):
        states = " | ".join(symbol(state.name) for state in protocol.lifecycle.states)
        out.lines(f"type state = {states}", "")
        out.lines("STATES: Array[state]", "FINAL_STATES: Array[state]")
        out.line("LEGAL_FRAMES: Hash[state, { client: Array[String], server: Array[String] }]")
        out.line("TRANSITIONS: Array[{ from: state, on: String, to: state }]")
