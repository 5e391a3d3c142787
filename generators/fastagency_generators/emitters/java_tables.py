"""Java: the part of the protocol that is data."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..ir.model import CloseCode, Lifecycle, Operation, Protocol, Ref
from ..ir.names import constant
from ..writer import Writer
from .java_layout import WIDTH, Call, Code, declaration, javadoc, statement, text
from .java_types import JSON

__all__ = ["write_operations", "write_tables"]


def write_operations(out: Writer, operations: Sequence[Operation]) -> None:
    """Write the enum of the REST operations."""
    javadoc(out, "The REST operations.", depth=0)
    constants = []
    for operation in operations:
        statuses = ", ".join(
            f"{response.status} ({response.description.rstrip('.')})" for response in operation.responses
        )
        said = f"{operation.summary.rstrip('.')}. {operation.description}\n\nAnswers: {statuses}."
        arguments = (text(operation.method.upper()), text(operation.path))
        constants.append((said, constant(operation.name), arguments))
    parts = [
        ("String", "method", "Returns the HTTP method.", "its name, in upper case"),
        ("String", "path", "Returns the path, unless the server is configured with another.", "the path"),
    ]
    _write_enum(out, "Operation", constants, parts)


def write_tables(protocol: Protocol, names: dict[str, str]) -> list[tuple[str, Writer]]:
    """Write the version, the channel, what asks, the close codes and the lifecycle, each by its class."""
    tables = [
        ("ProtocolInfo", _info(protocol)),
        ("CloseCode", _close_codes(protocol.close_codes)),
        ("ConversationState", _states(protocol.lifecycle)),
        ("Lifecycle", _lifecycle(protocol.lifecycle)),
    ]
    asking = [
        names[message.payload.name]
        for message in protocol.channel.from_server
        if message.asks and isinstance(message.payload, Ref)
    ]
    if asking:
        tables.append(("Question", _question(asking)))
    return tables


def _question(asking: list[str]) -> Writer:
    out = Writer("  ")
    javadoc(out, "A message that asks the user something and waits for the answer.", depth=0)
    head = f"public sealed interface Question extends {out.use(JSON, 'WireObject')}"
    lines = Writer("  ")
    declaration(lines, head, [("permits", sorted(asking))], depth=0)
    text_of = lines.text().rstrip("\n")
    out.lines(*f"{text_of}}}".split("\n"))
    return out


def _info(protocol: Protocol) -> Writer:
    out = Writer("  ")
    javadoc(out, "What identifies the protocol.", depth=0)
    with out.block("public final class ProtocolInfo {", "}"):
        javadoc(out, "The version of the protocol.", depth=1)
        statement(out, "public static final String VERSION = ", text(protocol.version), depth=1)
        out.blank()
        javadoc(out, "The path of the WebSocket, unless the server is configured with another.", depth=1)
        statement(out, "public static final String WEB_SOCKET_PATH = ", text(protocol.channel.path), depth=1)
        out.blank()
        out.line("private ProtocolInfo() {}")
    return out


def _close_codes(codes: Sequence[CloseCode]) -> Writer:
    out = Writer("  ")
    javadoc(out, "With which code the server closes (spec FA-CLS).", depth=0)
    actions = sorted({code.client for code in codes})
    constants = [
        (
            code.meaning,
            constant(code.name),
            (str(code.code), text(code.meaning), f"Action.{constant(code.client)}"),
        )
        for code in codes
    ]
    parts = [
        ("int", "code", "Returns the code.", "the code, as it stands in the close frame"),
        ("String", "meaning", "Returns what the code means.", "one or two sentences"),
        ("Action", "action", "Returns what a client does next.", "what to do"),
    ]

    def more() -> None:
        optional = out.use("java.util", "Optional")
        javadoc(
            out,
            "Returns the close code of a number.",
            [("@param code", "the number"), ("@return", "the close code, empty when the protocol has none")],
            depth=1,
        )
        with out.block(f"public static {optional}<CloseCode> of(int code) {{", "}"):
            loop, found = "for (CloseCode known : values()) {", "if (known.code == code) {"
            with out.block(loop, "}"), out.block(found, "}"):
                out.line(f"return {optional}.of(known);")
            out.line(f"return {optional}.empty();")
        out.blank()
        javadoc(out, "What a client does after a close.", depth=1)
        with out.block("public enum Action {", "}"):
            for number, action in enumerate(actions, start=1):
                javadoc(out, _ACTIONS.get(action, f"`{action}`."), depth=2)
                out.line(constant(action) + ("," if number < len(actions) else ""))

    _write_enum(out, "CloseCode", constants, parts, more)
    return out


_ACTIONS = {
    "none": "Nothing: the same would happen again.",
    "retry": "Try again after a while.",
    "resume": "Connect again and go on with the conversation.",
}


def _states(lifecycle: Lifecycle) -> Writer:
    out = Writer("  ")
    javadoc(out, "Where a conversation stands (spec FA-LIF).", depth=0)
    constants = []
    for state in lifecycle.states:
        arguments: tuple[Code, ...] = (
            text(state.name),
            "true" if state.final else "false",
            Call(f"{out.use('java.util', 'Set')}.of", tuple(map(text, state.client))),
            Call(f"{out.use('java.util', 'Set')}.of", tuple(map(text, state.server))),
        )
        constants.append((state.description, constant(state.name), arguments))
    parts = [
        ("String", "wireValue", "Returns the state as the spec calls it.", "its name, in lower case"),
        ("boolean", "isFinal", "Returns whether nothing follows any more.", "whether it is the end"),
        ("Set<String>", "clientFrames", "Returns what a client may send.", "types of frame"),
        ("Set<String>", "serverFrames", "Returns what a server may send.", "types of frame"),
    ]
    _write_enum(out, "ConversationState", constants, parts)
    return out


def _lifecycle(lifecycle: Lifecycle) -> Writer:
    out = Writer("  ")
    javadoc(out, "How a conversation moves from state to state (spec FA-LIF).", depth=0)
    with out.block("public final class Lifecycle {", "}"):
        javadoc(out, "The state in which a conversation begins.", depth=1)
        initial = f"ConversationState.{constant(lifecycle.initial)}"
        statement(out, "public static final ConversationState INITIAL = ", initial, depth=1)
        out.blank()
        javadoc(out, "Every step that there is.", depth=1)
        steps = tuple(
            Call(
                "new Transition",
                (
                    f"ConversationState.{constant(step.source)}",
                    text(step.on),
                    f"ConversationState.{constant(step.target)}",
                ),
            )
            for step in lifecycle.transitions
        )
        made = Call(f"{out.use('java.util', 'List')}.of", steps)
        statement(out, "public static final List<Transition> TRANSITIONS = ", made, depth=1)
        out.blank()
        out.line("private Lifecycle() {}")
        out.blank()
        tags = [
            ("@param from", "the state before"),
            ("@param on", "a type of frame, or an event"),
            ("@param to", "the state after"),
        ]
        javadoc(out, "One step.", tags, depth=1)
        out.line("public record Transition(ConversationState from, String on, ConversationState to) {}")
    return out


def _write_enum(
    out: Writer,
    name: str,
    constants: Sequence[tuple[str, str, tuple[Code, ...]]],
    parts: Sequence[tuple[str, str, str, str]],
    more: Callable[[], None] | None = None,
) -> None:
    """Write an enum: its constants (said, name, arguments), and its parts (type, name, said, returned)."""
    with out.block(f"public enum {name} {{", "}"):
        for number, (said, constant_name, arguments) in enumerate(constants, start=1):
            javadoc(out, said, depth=1)
            end = ";" if number == len(constants) else ","
            statement(out, "", Call(constant_name, arguments), end, depth=1)
        out.blank()
        for kind, part, _, _ in parts:
            out.line(f"private final {kind} {part};")
        out.blank()
        parameters = ", ".join(f"{kind} {part}" for kind, part, _, _ in parts)
        _write_constructor(out, name, parameters, [part for _, part, _, _ in parts])
        for kind, part, said, returned in parts:
            out.blank()
            javadoc(out, said, [("@return", returned)], depth=1)
            with out.block(f"public {kind} {part}() {{", "}"):
                out.line(f"return {part};")
        if more is not None:
            out.blank()
            more()


def _write_constructor(out: Writer, name: str, parameters: str, parts: list[str]) -> None:
    line = f"{name}({parameters}) {{"
    if len(line) + 2 <= WIDTH:
        out.line(line)
    else:
        out.lines(f"{name}(", f"    {parameters}) {{")
    with out.indented():
        out.lines(*(f"this.{part} = {part};" for part in parts))
    out.line("}")
