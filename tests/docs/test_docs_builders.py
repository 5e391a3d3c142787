"""The builders of the pages refuse what the spec does not allow, and draw so that all can be read."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from fastagency_generators.ir import model as ir
from fastagency_generators.ir.build import build
from fastagency_generators.spec.load import load_spec
from site_builder import examples
from site_builder.close_codes import ranges
from site_builder.conversation import IllegalStep
from site_builder.dialects import SESSION, Dialects
from site_builder.page import inline
from site_builder.sequence_drawing import sequence_drawing
from site_builder.state_drawing import state_drawing
from site_builder.walk import load

SPEC = load_spec(Path(__file__).parents[2] / "spec")
PROTOCOL = build(SPEC)
DIALECTS = Dialects(SPEC, PROTOCOL)

Steps = list[dict[str, Any]]
BEGIN: Steps = [
    {"open": True},
    {"send": "start_workflow"},
    {"receive": "session_ready", "changes": {"mode": "fresh"}},
    {"receive": "workflow_started"},
    {"receive": "text_input"},
]
ANSWER: dict[str, Any] = {"send": "answer", "changes": {"value": "Fractions"}}
RESUME: Steps = [{"open": True}, {"send": "resume_workflow"}, {"receive": "session_ready"}]


def walk(folder: Path, steps: Steps, dialect: str = SESSION, **more: Any) -> Any:
    """Return the one conversation that has these steps."""
    noted = [{**step, "note": ""} for step in steps]
    text = {"id": "it", "title": "", "intro": "", "dialect": dialect, "steps": noted} | more
    (folder / "it.yaml").write_text(repr([text]), encoding="utf-8")
    (result,) = load(PROTOCOL, DIALECTS, folder / "it.yaml", examples.replies(PROTOCOL))
    return result


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ([{"dance": True}], "no step is called 'dance'"),
        ([{"send": "start_workflow"}], "has no socket"),
        ([{"open": True}, {"open": True}], "has a socket already"),
        ([{"open": True}, {"send": "resume_workflow"}], "nothing leads on from 'created'"),
        ([{"open": True}, ANSWER], "may not send 'answer' in the state 'created'"),
        ([{"open": True}, {"send": "initiate_workflow"}], "fastagency.v1 has no 'initiate_workflow'"),
        ([{"drop": True}], "no socket that could drop"),
        ([*BEGIN, {"answer": "Fractions"}], "fastagency.v1 has no 'raw_answer'"),
        ([*BEGIN, {"send": "start_workflow"}], "may not send 'start_workflow'"),
        ([*BEGIN, {"meanwhile": "text_message"}], "somebody listens"),
        ([*BEGIN, {"drop": True}, {"meanwhile": "keep_alive"}], "not logged"),
        ([*BEGIN, {"drop": True}, {"receive": "text_message", "client": 1}], "no session"),
        ([*BEGIN, {"replay": 2}], "has 2 and is given 2"),
        (
            [*BEGIN, {"drop": True}, {"meanwhile": "text_message"}, *RESUME, {"receive": "text_message"}],
            "given 4",
        ),
        ([*BEGIN, {"replay": 3}], "the log has no message 3"),
        ([*BEGIN, {"close": 1000}], "'awaiting_answer', which is not final"),
        ([*BEGIN, ANSWER, {"receive": "answer_accepted", "again": True}], "no 'answer_accepted' before"),
    ],
)
def test_a_step_that_cannot_be_is_refused(tmp_path: Path, steps: Steps, fault: str) -> None:
    with pytest.raises(IllegalStep, match=re.escape(fault)) as raised:
        walk(tmp_path, steps)
    assert f"it, step {len(steps)}: " in str(raised.value)


@pytest.mark.parametrize("step", [{"send": "start_workflow"}, {"receive": "session_ready"}])
def test_classic_has_nothing_of_the_other_dialect(tmp_path: Path, step: dict[str, Any]) -> None:
    with pytest.raises(IllegalStep, match="classic has no"):
        walk(tmp_path, [{"open": True}, step], dialect="")


def test_a_frame_of_classic_has_no_field_of_the_other_dialect(tmp_path: Path) -> None:
    steps: Steps = [{"open": True}, {"send": "initiate_workflow"}, {"receive": "workflow_started"}]
    steps += [{"receive": "workflow_completed"}]
    frame = walk(tmp_path, steps, dialect="").steps[-1].body
    assert set(frame["content"]) == {"result"}
    assert not {"seq", "timestamp"} & set(frame)


def test_what_is_logged_goes_to_all_that_listen(tmp_path: Path) -> None:
    second: Steps = [
        {"open": True, "client": 2},
        {"send": "resume_workflow", "client": 2},
        {"receive": "session_ready", "client": 2},
        {"replay": 1, "client": 2},
        {"replay": 2, "client": 2},
    ]
    conversation = walk(
        tmp_path, [*BEGIN, *second, ANSWER, {"receive": "answer_accepted"}], clients=["Tab one", "Tab two"]
    )
    assert conversation.steps[-1].clients == (0, 1)
    assert conversation.steps[-1].body["answer_id"] == conversation.steps[-2].body["answer_id"]


def test_there_is_no_room_for_three_clients(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not for 3"):
        sequence_drawing(walk(tmp_path, BEGIN, clients=["One", "Two", "Three"]))


@pytest.mark.parametrize(
    "code", [ir.CloseCode(4007, "new", "", "resume"), ir.CloseCode(4300, "new", "", "none")]
)
def test_a_code_that_is_not_what_its_range_says_is_refused(code: ir.CloseCode) -> None:
    with pytest.raises(ValueError, match=str(code.code)):
        ranges((*PROTOCOL.close_codes, code))


def test_an_example_that_the_spec_does_not_give_is_asked_for() -> None:
    with pytest.raises(ValueError, match=re.escape("AnswerFrame.value: the spec has no example")):
        examples.example(PROTOCOL, "AnswerFrame")


def test_a_clause_that_is_cited_becomes_a_link() -> None:
    assert inline("Gone (spec FA-RES-4).") == 'Gone (spec <a href="protocol.html#FA-RES-4">FA-RES-4</a>).'
    assert "<a" not in inline("`FA-RES-4` XFA-RES-4 FA-RES4")
    assert inline("[FA-RES-4](ends.html)").count("<a") == 1


def labels(svg: str) -> list[tuple[float, float, float, float]]:
    """Return the left, top, right and bottom of each label of an arrow."""
    shape = r'class="edge-back" x="([-.\d]+)" y="([-.\d]+)" width="([-.\d]+)" height="([-.\d]+)"'
    return [
        (x, y, x + width, y + height)
        for x, y, width, height in (map(float, found) for found in re.findall(shape, svg))
    ]


def covered(boxes: list[tuple[float, float, float, float]]) -> list[Any]:
    """Return the pairs of boxes of which one covers a part of the other."""
    return [
        (one, two)
        for one, two in combinations(boxes, 2)
        if one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]
    ]


def test_no_label_of_the_lifecycle_covers_another() -> None:
    boxes = labels(state_drawing(PROTOCOL.lifecycle))
    assert len(boxes) >= len({it.on for it in PROTOCOL.lifecycle.transitions})
    assert covered(boxes) == []


def test_a_label_that_covers_another_would_be_found() -> None:
    crowd = tuple(ir.Transition("running", f"event_{number}", "cancelled") for number in range(9))
    lifecycle = replace(PROTOCOL.lifecycle, transitions=(*PROTOCOL.lifecycle.transitions, *crowd))
    assert covered(labels(state_drawing(lifecycle))) != []
