"""What the offline model says: a pure function from a chat completion request to a reply.

It is no language model. It is deterministic, keeps to the subject that the user named, speaks as a student,
a teacher or a helper as its system message tells, calls an offered tool once, and marks what it says with
`[offline]`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["MARK", "Reply", "ToolCall", "reply_to"]

MARK = "[offline]"
"""Stands before everything that the offline model says. Control words (a speaker's name, TERMINATE) go
without.
"""

_STUDENT = (
    "I would like to learn about {subject}. Where does one best begin, and what is a small example?",
    "That helps. So with {subject} I look at one small case before the general rule. What is the next step?",
    "Let me try: I take one case of {subject}, change one thing, and say what follows. Is that the way?",
    "I think I have it. What do people most often get wrong about {subject}?",
)
_TEACHER = (
    "A good choice. With {subject}, start from the words: say in one sentence what each of them means,"
    " then look at the smallest example that you can check by hand.",
    "Right. The next step in {subject} is to ask what stays the same when the example changes. Write down two"
    " cases and compare them.",
    "Yes. Now turn it round: can you find a case of {subject} where the rule fails? If you cannot, you have"
    " the idea of a proof.",
    "The usual mistake in {subject} is to trust a pattern after three examples. Test it on a strange case"
    " before you believe it.",
)
_HELPER = (
    "About {subject}: let us first settle what we want to know, and how we would notice that we know it.",
    "One more thought on {subject}: split it into two parts that can be checked apart from each other.",
    "To sum up where we are with {subject}: the parts are named, one is checked, and the other is next.",
    "Seen from the other side, {subject} is a question of what we leave out, and whether it matters.",
    "So far, what was said about {subject} holds. The next thing to try is a case that could refute it.",
)
_VOICES = (("student", _STUDENT), ("teacher", _TEACHER), ("tutor", _TEACHER))

_SELECT_ROLE = re.compile(
    r"select the next (?:role|speaker) from\s+`?\[?(.+?)\]?`? to (?:play|speak)", re.IGNORECASE
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class ToolCall:
    """A call that the model proposes: the tool's `name` and the `arguments` as a JSON text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Reply:
    """One reply: a `text`, or `calls`. `legacy`: the call is for the older `functions` instead of `tools`."""

    text: str | None = None
    calls: Sequence[ToolCall] = field(default_factory=tuple)
    legacy: bool = False


def reply_to(request: dict[str, Any]) -> Reply:
    """The reply to one chat completion request, an object as the OpenAI API describes it. The same request,
    the same reply.
    """
    messages = [message for message in request.get("messages") or [] if isinstance(message, dict)]
    said = [message for message in messages if message.get("role") not in ("system", "developer")]
    last = text_of(messages[-1]) if messages else ""
    subject = _subject(said)

    if roles := _roles_to_select(messages):
        return Reply(_next_role(roles, said))
    if "summarize" in last.lower():
        return Reply(
            f"{MARK} The conversation was about {subject}: begin with a small example, compare two cases,"
            " then test the rule."
        )
    if said and said[-1].get("role") in ("tool", "function"):
        return Reply(f"{MARK} The tool says: {text_of(said[-1]).rstrip('.')}. That settles this point.")
    if (call := _tool_call(request, said, subject)) is not None:
        return call
    turn = sum(message.get("role") == "assistant" and bool(text_of(message)) for message in said)
    instructions = " ".join(text_of(message) for message in messages if message not in said)
    heard = [text_of(message).strip() for message in said if message.get("role") == "user"]
    # Told nothing twice: nobody has anything left to say. Without this two agents would go on for ever.
    if heard[-2:] == ["", ""] or ("TERMINATE" in instructions and turn >= 2):
        return Reply("TERMINATE")
    voice = next((lines for word, lines in _VOICES if word in instructions.lower()), None)
    # The helpers of a group chat have had as many turns each, but have not heard as many messages.
    line = voice[turn % len(voice)] if voice else _HELPER[(len(said) - 1 + turn) % len(_HELPER)]
    return Reply(f"{MARK} {line.format(subject=subject)}")


def text_of(message: dict[str, Any]) -> str:
    """The text of a message, whose content is a string, a list of parts or null."""
    content = message.get("content")
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict)).strip()
    return "" if content is None else str(content)


def _subject(said: Sequence[dict[str, Any]]) -> str:
    """What the conversation is about: the first thing that was said in it, shortened."""
    first = next(
        (text for message in said if (text := text_of(message).replace(MARK, "").strip())), "this subject"
    )
    line = " ".join(first.split()).rstrip(".?!")
    return line if len(line) <= 80 else line[:77].rsplit(" ", 1)[0] + "…"


def _roles_to_select(messages: Sequence[dict[str, Any]]) -> list[str]:
    """The names in a group chat's request to select the next speaker; empty when this is no such request."""
    for message in (*messages[-1:], *messages[:1]):
        if found := _SELECT_ROLE.search(text_of(message)):
            return [name.strip(" '\"`") for name in found.group(1).split(",")]
    return []


def _next_role(roles: Sequence[str], said: Sequence[dict[str, Any]]) -> str:
    """Taking turns: the one after whoever spoke last."""
    speaker = next((message["name"] for message in reversed(said) if message.get("name") in roles), roles[-1])
    return roles[(roles.index(speaker) + 1) % len(roles)]


def _tool_call(request: dict[str, Any], said: Sequence[dict[str, Any]], subject: str) -> Reply | None:
    """A call of the first tool that is offered; None when none is, or when one was called before."""
    if any(message.get("tool_calls") or message.get("function_call") for message in said):
        return None
    offered = [
        tool.get("function", {}) for tool in request.get("tools") or [] if tool.get("type") == "function"
    ]
    legacy = [] if offered else list(request.get("functions") or [])
    for function in [*offered, *legacy]:
        arguments = json.dumps(_example(function.get("parameters") or {}, said, subject), ensure_ascii=False)
        digest = hashlib.sha256(f"{function['name']} {arguments}".encode()).hexdigest()[:12]
        return Reply(calls=(ToolCall(f"call_{digest}", function["name"], arguments),), legacy=bool(legacy))
    return None


def _example(schema: dict[str, Any], said: Sequence[dict[str, Any]], subject: str) -> Any:
    """A plausible value for a JSON Schema: what it suggests itself, else a number or the subject that was
    spoken of.
    """
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if schema.get(key):
            return schema[key][0]
    for option in [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
        if option.get("type") != "null":
            return _example(option, said, subject)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        wanted = schema.get("required") or list(properties)
        return {name: _example(properties.get(name, {}), said, subject) for name in wanted}
    if kind == "array":
        return [_example(schema.get("items", {}), said, subject)]
    if kind in ("integer", "number"):
        spoken = [found for message in said for found in _NUMBER.findall(text_of(message))]
        number = float(spoken[-1]) if spoken else 7.0
        number = min(max(number, schema.get("minimum", number)), schema.get("maximum", number))
        return int(number) if kind == "integer" else number
    return {"boolean": True, "null": None}.get(str(kind), subject)
