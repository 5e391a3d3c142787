"""A conversation as a sequence diagram: a lifeline for each side, an arrow a step, the state beside it."""

from __future__ import annotations

from .conversation import Conversation, Step
from .svg import Drawing, text_width

__all__ = ["sequence_drawing"]

_WIDTH = 800
_LEFT, _RIGHT = 60.0, 610.0
_STATE, _STATE_WIDTH = 640.0, 150.0
_TOP, _ROW, _BOTTOM = 56.0, 46.0, 20.0
_FONT, _INSET = 12.5, 26.0
_SOME = 6
"""Characters of a text that are worth drawing, when not all of it fits."""


def sequence_drawing(conversation: Conversation) -> str:
    """Return the conversation as an inline SVG; every step links to its entry in the list below it.

    Raises ValueError when the conversation has more than two clients, for whom there is no room.
    """
    clients, server = _lifelines(conversation)
    steps = conversation.steps
    height = _TOP + _ROW * len(steps) + _BOTTOM
    drawing = Drawing(
        f"sequence-{conversation.id}",
        f"Sequence diagram: {conversation.title}",
        f"{len(steps)} steps between {', '.join(conversation.clients).lower()} and server."
        " The list below tells each in words.",
    )
    for x, label in (*zip(clients, conversation.clients, strict=True), (server, "Server")):
        drawing.line([(x, 40), (x, height - 8)], "lifeline")
        drawing.box(x - 45, 8, 90, 32, "actor")
        drawing.text(x, 29, label, "actor-label")
    _states(drawing, steps, height)
    for index, step in enumerate(steps):
        number = index + 1
        drawing.begin_link(
            f"#{conversation.id}-{number}", f"Step {number}: {step.label} {step.detail}".strip()
        )
        _step(drawing, step, number, _y(index), [clients[it] for it in step.clients], server)
        drawing.end_link()
    return drawing.render(_WIDTH, height)


def _lifelines(conversation: Conversation) -> tuple[list[float], float]:
    """Return where the clients' lifelines stand, and the server's: between two clients, beside one."""
    match len(conversation.clients):
        case 1:
            return [_LEFT], _RIGHT
        case 2:
            return [_LEFT, _RIGHT], (_LEFT + _RIGHT) / 2
        case count:
            raise ValueError(f"{conversation.id}: a drawing has room for two clients, not for {count}")


def _y(index: int) -> float:
    return _TOP + _ROW * index + 30


def _step(drawing: Drawing, step: Step, number: int, y: float, clients: list[float], server: float) -> None:
    """Draw a step: an arrow for each client that takes part, and the dot with its number where it begins."""
    css = "failed" if step.failed else "asks" if step.asks or step.kind == "text" else "plain"
    for client in clients:
        _arrow(drawing, step, css, y, client, server)
    start = clients[0] if step.sender == "client" or step.kind == "drop" else server
    if step.kind == "drop":
        _cross(drawing, (clients[0] + server) / 2, y, css)
    if step.kind == "log":
        label = f"{step.label} {step.detail}"
        drawing.text(server - _INSET, y - 7, label, f"label {css}", "end")
        drawing.text(server - _INSET, y + 9, f"logged as {step.seq}", "detail", "end")
    drawing.dot(start, y, 10, f"number {css}")
    drawing.text(start, y + 4, str(number), "number-label")


def _arrow(drawing: Drawing, step: Step, css: str, y: float, client: float, server: float) -> None:
    start, end = (client, server) if step.sender == "client" else (server, client)
    gap = 3 if end > start else -3
    if step.kind == "drop":
        drawing.line([(client, y), (server, y)], f"arrow {css} {step.kind}")
    else:
        drawing.line([(start, y), (end - gap, y)], f"arrow {css} {step.kind}", arrow=True)
    if step.kind == "call":
        drawing.line([(end, y + 9), (start + gap, y + 9)], "arrow plain reply", arrow=True)
    left, right = min(client, server) + _INSET, max(client, server) - _INSET
    detail = f"→ {step.detail}" if step.kind == "call" else step.detail
    place = "" if step.seq is None else f"seq {step.seq}"
    room = right - left - text_width(f"{step.label}  {place}", _FONT)
    drawing.text(left, y - 7, step.label, f"label {css}", "start")
    if detail := _fitting(detail, room):
        drawing.text(left + text_width(step.label + " ", _FONT), y - 7, detail, "detail", "start")
    if place:
        drawing.text(right, y - 7, place, "detail", "end")


def _fitting(text: str, room: float) -> str:
    """Return as much of `text` as fits into `room` pixels, "" when that would not say much."""
    if text_width(text, _FONT) <= room:
        return text
    end = "…”" if text.endswith("”") else "…"
    characters = int(room / text_width(".", _FONT)) - len(end)
    return text[:characters].rstrip() + end if characters >= _SOME else ""


def _cross(drawing: Drawing, x: float, y: float, css: str) -> None:
    """Draw the place where a connection breaks."""
    for slope in (-7, 7):
        drawing.line([(x - 7, y - slope), (x + 7, y + slope)], f"arrow {css}")


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
