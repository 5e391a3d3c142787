"""The frames of a client of `fastagency.v1`, judged by `spec/schemas` and by what they must hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from wire_spec import schema_faults, strict_json

from .messages import differs
from .observed import one_form
from .results import Mismatch
from .wire import Received

__all__ = ["check_answer", "check_cancel", "check_resume", "check_start", "is_acknowledge", "parsed"]


def parsed(frame: Received) -> dict[str, Any]:
    """The JSON object of a text frame. Raises Mismatch."""
    if frame.kind != "text":
        raise Mismatch(f"the client sent a {frame.kind} frame")
    try:
        value = strict_json(frame.data)
    except ValueError as error:
        raise Mismatch(f"the client's frame is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Mismatch(f"the client's frame is no JSON object: {frame}")
    return value


def is_acknowledge(frame: Received) -> bool:
    """Whether it is an `acknowledge`, which a client may send at any time."""
    try:
        value = json.loads(frame.data)
    except ValueError:
        return False
    return (
        isinstance(value, dict) and value.get("type") == "acknowledge" and not _faults("Acknowledge", value)
    )


def check_start(frame: Received, initiated: Mapping[str, Any]) -> dict[str, Any]:
    """The frame starts what was announced, with its token (spec FA-RES-7). Returns it; raises Mismatch."""
    fields = {
        "name": initiated["name"],
        "params": initiated["params"],
        "resume_token": initiated["resume_token"],
    }
    return _check(frame, "StartWorkflow", {"type": "start_workflow", **fields}, initiated["workflow_uuid"])


def check_resume(frame: Received, cursor: Mapping[str, Any], after: Sequence[int]) -> int:
    """The frame resumes at one of these places (spec FA-RES-2). Returns which; raises Mismatch."""
    fields = {key: cursor[key] for key in ("resume_token", "epoch")}
    value = _check(frame, "ResumeWorkflow", {"type": "resume_workflow", **fields}, cursor["workflow_uuid"])
    if value["after_seq"] not in after:
        raise Mismatch(
            f"the client resumes after {value['after_seq']}, not after {' or '.join(map(str, after))}"
        )
    return int(value["after_seq"])


def check_answer(frame: Received, given: Mapping[str, Any]) -> None:
    """The frame is this answer (spec FA-ANS-1). Raises Mismatch."""
    _check(frame, "AnswerFrame", {"type": "answer", **given})


def check_cancel(frame: Received, wanted: Mapping[str, Any]) -> None:
    """The frame cancels (spec FA-CAN-1), for this reason. Raises Mismatch."""
    value = _check(frame, "CancelWorkflow", {"type": "cancel_workflow"})
    if value.get("reason") != wanted.get("reason"):
        raise Mismatch(f"the reason is {value.get('reason')!r}, not {wanted.get('reason')!r}")


def _check(frame: Received, name: str, fields: Mapping[str, Any], uuid: str | None = None) -> dict[str, Any]:
    value = parsed(frame)
    seen = {key: value[key] for key in fields if key in value}
    if (how := differs(seen, dict(fields))) is not None:
        raise Mismatch(f"the client's frame {fields['type']}: {how}")
    if faults := _faults(name, value):
        raise Mismatch(f"the client's frame {fields['type']}: {faults[0]}")
    if uuid is not None and one_form(value["workflow_uuid"]) != one_form(uuid):
        raise Mismatch(f"the client's frame names the conversation {value['workflow_uuid']}, not {uuid}")
    return value


def _faults(name: str, value: Any) -> list[str]:
    return list(schema_faults(f"schemas/{name}.yaml", value))
