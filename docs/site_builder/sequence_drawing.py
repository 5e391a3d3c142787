"""A conversation as a sequence diagram: two lifelines, one arrow a step, and the state at the side."""

from __future__ import annotations

from .conversation import Conversation, Step
from .svg import Drawing, text_width

__all__ = ["sequence_drawing"]

_WIDTH = 800
_CLIENT, _SERVER = 60.0, 610.0
_STATE, _STATE_WIDTH = 640.0, 150.0
_TOP, _ROW, _BOTTOM = 56.0, 46.0, 20.0


def sequence_drawing(conversation: Conversation) -> str:
    """Return the conversation as an inline SVG; every step links to its entry in the list below it."""
    steps = conversation.steps
    height = _TOP + _ROW * len(steps) + _BOTTOM
    drawing = Drawing(
        f"sequence-{conversation.id}",
        f"Sequence diagram: {conversation.title}",
        f"{len(steps)} steps between client and server. The list below tells each in words.",
    )
    for x, label in ((_CLIENT, "Client"), (_SERVER, "Server")):
        drawing.line([(x, 40), (x, height - 8)], "lifeline")
        drawing.box(x - 45, 8, 90, 32, "actor")
        drawing.text(x, 29, label, "actor-label")
    _states(drawing, steps, height)
    for index, step in enumerate(steps):
        number = index + 1
        drawing.begin_link(
            f"#{conversation.id}-{number}", f"Step {number}: {step.label} {step.detail}".strip()
        )
        _arrow(drawing, step, number, _y(index))
        drawing.end_link()
    return drawing.render(_WIDTH, height)


def _y(index: int) -> float:
    return _TOP + _ROW * index + 30


def _arrow(drawing: Drawing, step: Step, number: int, y: float) -> None:
    css = "failed" if step.failed else "asks" if step.asks or step.kind == "text" else "plain"
    start, end = (_CLIENT, _SERVER) if step.sender == "client" else (_SERVER, _CLIENT)
    gap = 3 if end > start else -3
    drawing.line([(start, y), (end - gap, y)], f"arrow {css} {step.kind}", arrow=True)
    if step.kind == "call":
        drawing.line([(end, y + 9), (start + gap, y + 9)], "arrow plain reply", arrow=True)
    drawing.dot(start, y, 10, f"number {css}")
    drawing.text(start, y + 4, str(number), "number-label")
    detail = f"“{step.detail}”" if step.detail and step.kind in ("json", "text") else step.detail
    if step.kind == "call":
        detail = f"→ {detail}"
    left = _CLIENT + 26
    drawing.text(left, y - 7, step.label, f"label {css}", "start")
    if detail:
        drawing.text(left + text_width(step.label + " ", 12.5), y - 7, detail, "detail", "start")


def _states(drawing: Drawing, steps: tuple[Step, ...], height: float) -> None:
    """Draw a band for each stretch of steps that leaves the conversation in one state."""
    start = 0
    while start < len(steps):
        end = start
        while end + 1 < len(steps) and steps[end + 1].state == steps[start].state:
            end += 1
        state = steps[start].state
        if state:
            top = _y(start)
            bottom = _y(end + 1) if end + 1 < len(steps) else height - 8
            drawing.box(_STATE, top + 1.5, _STATE_WIDTH, bottom - top - 3, f"band state-{state}", 5)
            drawing.text(_STATE + _STATE_WIDTH / 2, (top + bottom) / 2 + 4, state, "band-label")
        start = end + 1
