"""What each of AutoGen's events becomes in the protocol's messages.

The mapping looks at an event's `type` string and at the attributes of its content only. So it needs no
AutoGen installed, serves its releases from 0.9 on alike, and an event that it does not know is no error.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json, to_json

from ..envelope import new_uuid

__all__ = ["AUTOMATIC", "Call", "Mapper", "content_of", "event_type", "is_asking", "printed"]

logger = logging.getLogger(__name__)

AUTOMATIC = "(automatic)"
"""The choice that leaves it to AutoGen who speaks next. AutoGen's own code for it is an empty answer."""

_ASKING = frozenset({"input_request", "async_input_request"})
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_REPLYING_AS = re.compile(r"^Replying as (.+?)\. Provide feedback to ")
_WHICH_SPEAKER = "Enter the number of the next speaker"


@dataclass(frozen=True)
class Call:
    """One call into the user interface: the `method` of `UI` or `AsyncUI`, and its keyword `arguments`."""

    method: str
    arguments: dict[str, Any]


@dataclass
class Writing:
    """A reply while a model writes it, in pieces that name neither the agent nor the message they will be."""

    uuid: str = ""
    pieces: list[str] = field(default_factory=list)

    def piece(self, text: str) -> Call:
        """The `text_chunk` that a piece becomes (spec FA-FRM-3)."""
        if not self.pieces:
            self.uuid = new_uuid()
        self.pieces.append(text)
        return _call("text_chunk", None, None, uuid=self.uuid, delta=text)

    def whole(self, said: Any) -> tuple[str | None, list[Call]]:
        """The uuid for the message that says `said`, and what goes before it.

        It is that of the pieces when they end with it: in front of it may stand what a model wrote that no
        agent said, for example who speaks next. Pieces of something else are taken back.
        """
        written, uuid = "".join(self.pieces), self.uuid
        self.pieces, self.uuid = [], ""
        if not written:
            return None, []
        if isinstance(said, str) and said and written.endswith(said):
            return uuid, []
        return None, [_call("text_chunk", None, None, uuid=uuid, delta="", replace=True)]


@dataclass
class Mapper:
    """The mapping for one conversation. It remembers what later events refer to but do not repeat.

    Events of one conversation may come from several threads; each step is atomic enough for that (a dict
    entry, an assignment).
    """

    functions: dict[str, str] = field(default_factory=dict)
    """The function's name by `call_id`: a result carries the id alone."""
    speakers: list[str] | None = None
    """Who can be chosen to speak next, while AutoGen asks for it by number."""
    writing: Writing = field(default_factory=Writing)
    """The reply that a model is writing."""

    def calls(self, event: Any) -> list[Call]:
        """The messages that `event` becomes: often one, sometimes none, one a call for several tool calls.

        Never raises: an event of an unexpected shape is logged and dropped.
        """
        kind = event_type(event)
        content = content_of(event)
        handler = _HANDLERS.get(kind)
        if handler is None:
            logger.debug("dropped an event that has no message: %s", kind)
            return []
        try:
            return handler(self, content)
        except Exception:
            # What another library puts into an event must never end a conversation.
            logger.warning("dropped an event of an unexpected shape: %s", kind, exc_info=True)
            return []

    def question(self, prompt: str, password: bool = False) -> Call:
        """The question that AutoGen's request for input becomes."""
        if self.speakers and prompt.startswith(_WHICH_SPEAKER):
            choices = [*self.speakers, AUTOMATIC]
            return _call(
                "multiple_choice", None, "User", prompt="Who speaks next?", choices=choices, default=AUTOMATIC
            )
        agent = _REPLYING_AS.match(prompt)
        sender = agent.group(1) if agent else "Workflow"
        return _call("text_input", sender, "User", prompt=prompt.strip(), password=password)

    def reply(self, question: Call, answer: str) -> str:
        """What AutoGen is told, given the user's `answer` to `question`."""
        if question.method != "multiple_choice":
            return answer
        chosen = self.speakers.index(answer) + 1 if self.speakers and answer in self.speakers else ""
        self.speakers = None
        return str(chosen)


def is_asking(event: Any) -> bool:
    """Whether the agents wait for an answer to this event."""
    return event_type(event) in _ASKING


def content_of(event: Any) -> Any:
    """What an event says. Published events carry it in an object of its own; an unwrapped event is its own
    content.
    """
    content = getattr(event, "content", None)
    return event if content is None or isinstance(content, str | int | float | list) else content


def event_type(event: Any) -> str:
    """The type of an event in snake case, for example `tool_call`; for an unwrapped one it is taken from
    its class's name.
    """
    kind = getattr(event, "type", None)
    if isinstance(kind, str):
        return kind
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    return re.sub(r"_(event|message)$", "", words)


# --- one function a kind of event --------------------------------------------


def _stream(mapper: Mapper, content: Any) -> list[Call]:
    return [mapper.writing.piece(content.content)] if content.content else []


def _text(mapper: Mapper, content: Any) -> list[Call]:
    uuid, calls = mapper.writing.whole(content.content)
    said = _call("text_message", *_between(content), body=_body(content.content))
    return [*calls, said if uuid is None else Call(said.method, said.arguments | {"uuid": uuid})]


def _tool_call(mapper: Mapper, content: Any) -> list[Call]:
    said = getattr(content, "content", None)
    calls = _text(mapper, content) if said else mapper.writing.whole(None)[1]
    if getattr(content, "function_call", None):
        calls.append(_suggestion(content, content.function_call, None))
    for proposed in getattr(content, "tool_calls", None) or []:
        if proposed.id and proposed.function.name:
            mapper.functions[proposed.id] = proposed.function.name
        calls.append(_suggestion(content, proposed.function, proposed.id))
    return calls


def _tool_response(mapper: Mapper, content: Any) -> list[Call]:
    results = [(result.tool_call_id, result.content) for result in content.tool_responses]
    return [
        _call(
            "function_call_execution",
            *_between(content),
            function_name=mapper.functions.pop(call_id, None) if call_id else None,
            call_id=call_id,
            retval=_json(retval),
        )
        for call_id, retval in results or [(None, content.content)]
    ]


def _function_response(_: Mapper, content: Any) -> list[Call]:
    about = {"function_name": content.name, "call_id": None, "retval": _json(content.content)}
    return [_call("function_call_execution", *_between(content), **about)]


def _function_runs(mapper: Mapper, content: Any) -> list[Call]:
    # The result comes again with the tool response: told once, there. Here only the name is learnt.
    if content.call_id and content.func_name:
        mapper.functions[content.call_id] = content.func_name
    return []


def _select_speaker(mapper: Mapper, content: Any) -> list[Call]:
    mapper.speakers = [str(agent) for agent in content.agents or []] or None
    return []


def _speaker_tries_exceeded(mapper: Mapper, _: Any) -> list[Call]:
    mapper.speakers = None
    return [_note("Speaker", "Nobody was chosen: the next speaker is selected automatically.")]


def _next_speaker(_: Mapper, content: Any) -> list[Call]:
    return [_note("Next speaker", content.speaker)] if getattr(content, "verbose", True) else []


def _termination(_: Mapper, content: Any) -> list[Call]:
    return [_note("Chat ended", content.termination_reason, *_between(content))]


def _code_block(_: Mapper, content: Any) -> list[Call]:
    return [_note(f"Running {content.language or 'code'}", content.code, None, content.recipient)]


def _handoff(_: Mapper, content: Any) -> list[Call]:
    source = getattr(content.source_agent, "name", content.source_agent)
    return [_note("Handoff", f"{source} → {content.transition_target.display_name()}")]


def _safeguard(_: Mapper, content: Any) -> list[Call]:
    return [_note("Safeguard", content.message, content.source_agent, content.target_agent)]


def _print(_: Mapper, content: Any) -> list[Call]:
    return printed(content.sep.join(map(str, content.objects)))


def _error(_: Mapper, content: Any) -> list[Call]:
    fault = content.error
    short = type(fault).__name__ if isinstance(fault, BaseException) else "An agent failed"
    return [_call("error", None, None, short=short, long=str(fault))]


_HANDLERS: dict[str, Callable[[Mapper, Any], list[Call]]] = {
    "stream": _stream,
    "text": _text,
    "tool_call": _tool_call,
    "function_call": _tool_call,
    "tool_response": _tool_response,
    "function_response": _function_response,
    "execute_function": _function_runs,
    "executed_function": _function_runs,
    "select_speaker": _select_speaker,
    "select_speaker_try_count_exceeded": _speaker_tries_exceeded,
    "group_chat_run_chat": _next_speaker,
    "termination": _termination,
    "execute_code_block": _code_block,
    "after_works_transition": _handoff,
    "on_context_condition_transition": _handoff,
    "on_condition_l_l_m_transition": _handoff,
    "reply_result_transition": _handoff,
    "safeguard": _safeguard,
    "print": _print,
    "error": _error,
}
"""What has a message. The rest (usage summaries, bookkeeping) has none."""


# --- building blocks ----------------------------------------------------------


def printed(text: str) -> list[Call]:
    """The messages that text printed to AutoGen's stream becomes: none when it is blank."""
    plain = _ANSI.sub("", text).strip()
    return [_call("text_message", None, None, body=plain)] if plain else []


def _call(method: str, sender: str | None, recipient: str | None, **arguments: Any) -> Call:
    return Call(method, {"sender": sender, "recipient": recipient, **arguments})


def _note(heading: str, body: Any, sender: str | None = None, recipient: str | None = None) -> Call:
    return _call("system_message", sender, recipient, message={"heading": heading, "body": _json(body)})


def _between(content: Any) -> tuple[str | None, str | None]:
    return getattr(content, "sender", None), getattr(content, "recipient", None)


def _suggestion(content: Any, function: Any, call_id: str | None) -> Call:
    about = {"function_name": function.name, "call_id": call_id, "arguments": _arguments(function.arguments)}
    return _call("suggested_function_call", *_between(content), **about)


def _arguments(text: Any) -> dict[str, Any]:
    """A proposed call's arguments, which a model writes as JSON; what is no JSON object is kept under
    `unparsable`.
    """
    if isinstance(text, dict):
        return {str(name): _json(value) for name, value in text.items()}
    if text is None or not str(text).strip():
        return {}
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (TypeError, ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"unparsable": str(text)}


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")  # spec FA-CLA-7


def _body(said: Any) -> str | list[dict[str, Any]] | None:
    """A text message's body: text, a list of content parts, or None for an agent that had nothing to say."""
    if said is None or isinstance(said, str):
        return said
    if isinstance(said, list):
        return [_part(part) for part in said]
    return str(said)


def _part(part: Any) -> dict[str, Any]:
    if isinstance(part, dict):
        return {"type": "text" if "text" in part else "unknown"} | {
            str(key): _json(value) for key, value in part.items()
        }
    return {"type": "text", "text": str(part)}


def _json(value: Any) -> Any:
    """`value` as JSON can say it; numbers that are not finite and foreign objects become text (spec
    FA-CLA-7).
    """
    return from_json(to_json(value, inf_nan_mode="strings", serialize_unknown=True))
