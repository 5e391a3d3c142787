"""TypeScript: the part of the protocol that is data."""

from __future__ import annotations

from ..ir.model import Lifecycle, Protocol, Ref
from ..ir.names import pascal
from ..writer import Writer
from .typescript_layout import array, comment, entry, literal, union

__all__ = ["write_tables"]


def write_tables(out: Writer, protocol: Protocol) -> None:
    """Write the version, the channel, the types that ask, the close codes and the lifecycle."""
    comment(out, "The version of the protocol.")
    out.line(f"export const protocolVersion = {literal(protocol.version)};")
    out.blank()
    comment(out, "The path of the WebSocket, unless the server is configured with another.")
    out.line(f"export const webSocketPath = {literal(protocol.channel.path)};")
    _write_asking(out, protocol)
    _write_close_codes(out, protocol)
    _write_lifecycle(out, protocol.lifecycle)


def _write_asking(out: Writer, protocol: Protocol) -> None:
    asking = [message for message in protocol.channel.from_server if message.asks]
    out.blank()
    comment(out, "A message that asks the user something and waits for the answer.")
    names = [message.payload.name for message in asking if isinstance(message.payload, Ref)]
    union(out, "export type Question", [out.use("./messages.js", name) for name in names] or ["never"])
    out.blank()
    comment(out, "The types of the messages that ask.")
    array(out, "export const askingTypes = ", [literal(message.type) for message in asking], " as const;", 0)


def _write_close_codes(out: Writer, protocol: Protocol) -> None:
    out.blank()
    comment(out, "With which code the server closes.")
    with out.block("export const CloseCode = {", "} as const;"):
        for code in protocol.close_codes:
            comment(out, code.meaning, 1)
            out.line(f"{pascal(code.name)}: {code.code},")
    out.line("export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];")
    out.blank()
    actions = sorted({code.client for code in protocol.close_codes})
    comment(out, "What a client does after a close: nothing, or try again after a while.")
    union(out, "export type ClientAction", map(literal, actions))
    out.blank()
    comment(out, "What each close code means, and what a client does next.")
    out.line("export const closeCodes: Readonly<")
    out.line("  Record<number, { readonly meaning: string; readonly client: ClientAction }>")
    with out.block("> = {", "};"):
        for code in protocol.close_codes:
            entry(
                out, str(code.code), [("meaning", literal(code.meaning)), ("client", literal(code.client))], 1
            )


def _write_lifecycle(out: Writer, lifecycle: Lifecycle) -> None:
    out.blank()
    states = " ".join(f"`{state.name}`: {state.description}" for state in lifecycle.states)
    comment(out, f"Where a conversation stands. {states}")
    union(out, "export type ConversationState", [literal(state.name) for state in lifecycle.states])
    out.blank()
    comment(out, "The states after which nothing follows.")
    final = [literal(state.name) for state in lifecycle.states if state.final]
    array(out, "export const finalStates: readonly ConversationState[] = ", final, ";", 0)
    out.blank()
    comment(out, "Which types of frame are legal in which state, by sender.")
    with out.block("export const legalFrames = {", "} as const;"):
        for state in lifecycle.states:
            with out.block(f"{state.name}: {{", "},"):
                array(out, "client: ", map(literal, state.client), ",", 2)
                array(out, "server: ", map(literal, state.server), ",", 2)
    out.blank()
    comment(out, "How a conversation moves from state to state: on a type of frame, or on an event.")
    steps = [{"from": step.source, "on": step.on, "to": step.target} for step in lifecycle.transitions]
    array(out, "export const transitions = ", map(literal, steps), " as const;", 0)
