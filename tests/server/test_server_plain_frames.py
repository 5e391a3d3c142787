"""plain_frames.py: the short way to a frame says the same as the long one, and takes nothing that it
refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastagency_server import plain_frames
from fastagency_server.envelope import encode
from fastagency_server.errors import InvalidMessage

UUID = "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b"
TEXTS = ["", "plain", 'quo"ted', "back\\slash", "new\nline", "nul\x00", "ü, 你好, 👩🏽", "\u2028", "\x7f"]
CONTENTS: list[tuple[str, dict[str, Any]]] = [
    *(("text_message", {"body": text}) for text in [*TEXTS, None]),
    ("error", {"short": "Short.", "long": None}),
    ("workflow_completed", {"result": "done"}),
    ("keep_alive", {}),
    ("workflow_started", {"name": "w", "description": None, "params": {"a": [1, {"b": 'ü"%s'}]}}),
    ("system_message", {"message": {"heading": "H", "body": "100 %"}}),
    ("text_input", {"prompt": "p", "suggestions": ["a", 'ü"'], "password": False}),
    ("multiple_choice", {"prompt": "p", "choices": ["a"], "default": None, "single": True}),
]


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_frames, "_known", {})


def said(kind: str, content: dict[str, Any], **envelope: Any) -> str:
    return encode(kind, content, workflow_uuid=UUID, **{"uuid": "u1", "sender": "Ann", **envelope})


@pytest.mark.parametrize(("kind", "content"), CONTENTS)
@pytest.mark.parametrize("envelope", [{}, {"sender": None, "recipient": "B ü", "auto_reply": True}])
def test_both_ways_say_the_same(kind: str, content: dict[str, Any], envelope: dict[str, Any]) -> None:
    long = said(kind, content, **envelope)
    assert plain_frames._known, "the short way was not opened"
    assert said(kind, content, **envelope) == long
    assert json.loads(long)["content"] == content


def test_what_is_not_plain_takes_the_long_way() -> None:
    for content in ({"body": [{"type": "text", "text": "a"}]}, {"body": type("Text", (str,), {})("a")}):
        said("text_message", content)
    said("function_call_execution", {"function_name": "f", "call_id": None, "retval": 1.5})
    said("function_call_execution", {"function_name": "f", "call_id": None, "retval": {"any": "value"}})
    assert not plain_frames._known


@pytest.mark.parametrize(
    ("content", "envelope", "named"),
    [
        ({"body": 5}, {}, "content.body"),
        ({"body": "a"}, {"sender": 5}, "sender"),
        ({"body": "a"}, {"auto_reply": None}, "auto_reply"),
        ({"body": "a"}, {"auto_reply": "yes"}, "auto_reply"),
        ({"body": "a"}, {"uuid": ""}, "uuid"),
        ({"body": "half \ud800"}, {}, "content.body"),
        ({"body": "a"}, {"sender": "half \ud800"}, "content"),
    ],
)
def test_what_was_refused_stays_refused(content: Any, envelope: dict[str, Any], named: str) -> None:
    said("text_message", {"body": "opens the short way"})
    for _ in range(2):
        with pytest.raises(InvalidMessage, match=named):
            said("text_message", content, **envelope)


@pytest.mark.parametrize(
    ("kind", "right", "wrong", "named"),
    [
        ("system_message", {"message": {}}, {"message": {5: "five"}}, "content.message"),
        ("system_message", {"message": {}}, {"message": {"not": float("nan")}}, "content.message"),
        ("system_message", {"message": {}}, {"message": {"half": "\ud800"}}, "content.message"),
        ("system_message", {"message": {}}, {"message": {"no JSON": object()}}, "content.message"),
        (
            "text_input",
            {"prompt": "p", "suggestions": [], "password": False},
            {"prompt": "p", "suggestions": [5], "password": False},
            "content.suggestions",
        ),
    ],
)
def test_what_is_inside_is_judged_each_time(
    kind: str, right: dict[str, Any], wrong: dict[str, Any], named: str
) -> None:
    said(kind, right)
    assert plain_frames._known
    for _ in range(2):
        with pytest.raises(InvalidMessage, match=named):
            said(kind, wrong)
