"""Generated dialogues: a script that the workflow follows, and what the client does at each of its steps.

A script travels in `params`, so one server plays them all. What must come of it is said in `dialogue_oracle`.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fastagency_server import UI, AsyncUI, FastAPIAdapter, Workflows
from fastagency_server.errors import ConversationClosed
from fastapi import FastAPI
from hypothesis import strategies as st

__all__ = ["STAGES", "Dialogue", "Stage", "Step", "dialogues", "joined", "server"]

INVALID_ANSWERS: Final = 10  # spec FA-CLA-4: "after ten the workflow fails"


@dataclass(frozen=True)
class Step:
    """One step of a script and what the client does at it.

    `does`    "say": send the message `kind`; "ask": send the question `kind`; "wait": until the client has
    sent its
              unasked frames; "nan": try to send NaN; "raise": an exception.
    `content` of the message or question. `wrong`   invalid answers that the client sends first, to a
    `multiple_choice`; unasked frames, to a "wait". `answer`  what it sends then, and `means` what the
    workflow must get for it. `leaves`  instead of the answer: None, "drop" the connection, or send a "binary"
    frame.
    """

    does: str
    kind: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()
    answer: str = ""
    means: str = ""
    leaves: str | None = None


@dataclass(frozen=True)
class Dialogue:
    """A whole conversation: which workflow plays it, under which uuid, with which other parameters."""

    workflow: str
    steps: tuple[Step, ...]
    result: str | None
    envelope: dict[str, Any]
    extra: dict[str, Any]

    def params(self, stage: str) -> dict[str, Any]:
        """The parameters of the workflow: the script is among them, beside any others."""
        script = [{"does": step.does, "kind": step.kind, "content": step.content} for step in self.steps]
        return {
            **self.extra,
            "script": script,
            "stage": stage,
            "result": self.result,
            "envelope": self.envelope,
        }


class Stage:
    """Where a test and the workflow that it runs meet, beside the socket."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        """What the workflow got for its questions."""
        self.ended: str | None = None
        """How it ended: "returned", or the name of the exception that went through it."""
        self.over = threading.Event()
        self._may_go_on = threading.Semaphore(0)

    def go_on(self) -> None:
        """Let the workflow leave its "wait"."""
        self._may_go_on.release()

    def wait(self) -> None:
        """Wait for `go_on`; the bound only ends a test that would hang otherwise."""
        assert self._may_go_on.acquire(timeout=20)

    def end(self, error: BaseException | None) -> None:
        """Keep how the workflow ended."""
        self.ended = "returned" if error is None else type(error).__name__
        self.over.set()


STAGES: dict[str, Stage] = {}
"""The stages that are in use, by the name that is given as `params["stage"]`."""


def server() -> FastAPI:
    """A server with the two workflows that follow scripts: "blocking" and "async"."""
    workflows = Workflows()

    @workflows.register(name="blocking", description="Follows a script in a thread")
    def blocking(ui: UI, params: dict[str, Any]) -> str | None:
        stage = STAGES[params["stage"]]
        try:
            for step in params["script"]:
                if step["does"] == "wait":
                    stage.wait()
                else:
                    answer = _act(ui, step, params["envelope"])
                    if step["does"] == "ask":
                        stage.answers.append(answer)
        except BaseException as error:
            stage.end(error)
            raise
        stage.end(None)
        result: str | None = params["result"]
        return result

    @workflows.register(name="async", description="Follows a script in a task")
    async def following(ui: AsyncUI, params: dict[str, Any]) -> str | None:
        stage = STAGES[params["stage"]]
        try:
            for step in params["script"]:
                if step["does"] == "wait":
                    await asyncio.to_thread(stage.wait)
                else:
                    answer = await _act(ui, step, params["envelope"])
                    if step["does"] == "ask":
                        stage.answers.append(answer)
        except BaseException as error:
            stage.end(error)
            raise
        stage.end(None)
        result: str | None = params["result"]
        return result

    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=workflows).router)
    return app


def _act(ui: UI | AsyncUI, step: dict[str, Any], envelope: dict[str, Any]) -> Any:
    match step["does"]:
        case "raise":
            raise LookupError("the script says so")
        case "nan":
            return ui.system_message(message={"nested": [float("nan")]})
        case _:
            speak: Callable[..., Any] = getattr(ui, step["kind"])
            return speak(**envelope, **step["content"])


assert issubclass(ConversationClosed, BaseException)
assert not issubclass(
    ConversationClosed, Exception
)  # spec FA-CLA-6: nothing that catches Exception may swallow it


# --- what is generated --------------------------------------------------------------------

_WORDS = st.text(max_size=12)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=6,
)
_OBJECTS = st.dictionaries(_WORDS, _JSON, max_size=3)
_MAYBE = st.none() | _WORDS
_PARTS = st.lists(
    st.fixed_dictionaries({"type": st.just("text"), "text": _WORDS})
    | st.fixed_dictionaries({"type": st.just("image_url"), "image_url": _OBJECTS}),
    max_size=3,
)

_SAYINGS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "text_message": st.fixed_dictionaries({"body": _MAYBE | _PARTS}),
    "suggested_function_call": st.fixed_dictionaries(
        {"function_name": _MAYBE, "call_id": _MAYBE, "arguments": _OBJECTS}
    ),
    "function_call_execution": st.fixed_dictionaries(
        {"function_name": _MAYBE, "call_id": _MAYBE, "retval": _JSON}
    ),
    "system_message": st.fixed_dictionaries({"message": _OBJECTS}),
    "keep_alive": st.just({}),
    "error": st.fixed_dictionaries({"short": _MAYBE, "long": _MAYBE}),
}

_SAY = st.sampled_from(sorted(_SAYINGS)).flatmap(
    lambda kind: _SAYINGS[kind].map(lambda content: Step("say", kind, content))
)


def joined(text: str, choices: Sequence[str], default: str | None, single: bool) -> str | None:
    """What a `multiple_choice` makes of an answer, None when it is invalid (spec FA-CLA-4)."""
    if text == "" and default is not None:
        return default
    if single:
        return text if text in choices else None
    one = "|".join(map(re.escape, choices))
    valid = text == "" or re.fullmatch(f"(?:{one})(?:,(?:{one}))*", text) is not None
    return text if valid else None


@st.composite
def _choice(draw: st.DrawFn) -> Step:
    # Few letters and the comma, so that choices hold commas and are parts of one another.
    choices = draw(
        st.lists(st.text("ab,", min_size=1, max_size=4) | _WORDS, min_size=1, max_size=4, unique=True)
    )
    single = draw(st.booleans())
    default = draw(st.none() | st.sampled_from(choices))
    content = {"prompt": draw(_MAYBE), "choices": choices, "default": default, "single": single}
    if single:
        answer = (
            draw(st.sampled_from(choices) | st.just(""))
            if default is not None
            else draw(st.sampled_from(choices))
        )
    else:
        answer = ",".join(draw(st.lists(st.sampled_from(choices), unique=True)))
    means = joined(answer, choices, default, single)
    assert means is not None
    wrong = draw(
        st.lists(_WORDS | st.text("ab,", max_size=6), max_size=3) | st.just(["\0"] * (INVALID_ANSWERS + 1))
    )
    invalid = tuple(text for text in wrong if joined(text, choices, default, single) is None)[
        :INVALID_ANSWERS
    ]
    return Step("ask", "multiple_choice", content, invalid, answer, means, draw(_LEAVES))


# Mostly the client stays.
_LEAVES = st.sampled_from([None] * 10 + ["drop", "binary"])
_TEXT_INPUT = st.builds(
    lambda prompt, suggestions, password, answer, leaves: Step(
        "ask",
        "text_input",
        {"prompt": prompt, "suggestions": suggestions, "password": password},
        (),
        answer,
        answer,
        leaves,
    ),
    _MAYBE,
    st.lists(_WORDS, max_size=2),
    st.booleans(),
    st.text(max_size=200),
    _LEAVES,
)
_WAIT = st.builds(
    lambda frames, leaves: Step("wait", wrong=tuple(frames), leaves=leaves),
    st.lists(_WORDS, max_size=3),
    _LEAVES,
)
_STEPS = st.one_of(_SAY, _SAY, _TEXT_INPUT, _choice(), _WAIT, st.just(Step("nan")), st.just(Step("raise")))

dialogues: st.SearchStrategy[Dialogue] = st.builds(
    Dialogue,
    workflow=st.sampled_from(["blocking", "async"]),
    steps=st.lists(_STEPS, max_size=8).map(tuple),
    result=_MAYBE,
    envelope=st.fixed_dictionaries(
        {"sender": _MAYBE, "recipient": _MAYBE, "auto_reply": st.booleans()},
        optional={"uuid": st.text(min_size=1, max_size=40)},
    ),
    # spec FA-CLA-7: any keys, also those that are arguments of something on the way
    extra=st.dictionaries(
        st.sampled_from(["name", "ui", "user_id", "self", "params"]) | _WORDS, _JSON, max_size=3
    ),
)
"""Any dialogue."""
