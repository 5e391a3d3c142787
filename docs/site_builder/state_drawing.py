"""The lifecycle of a conversation as a state diagram, laid out from `x-lifecycle` alone.

States that go on stand in the upper row, in the order in which they are reached from the initial one; final
states stand below, near the states that lead to them.
"""

from __future__ import annotations

from fastagency_generators.ir import model as ir

from .svg import Drawing, text_width

__all__ = ["state_drawing"]

_BOX, _TALL = 170.0, 48.0
_STEP, _LEFT = 320.0, 25.0
_UPPER, _LOWER = 90.0, 376.0
_FONT, _LINE = 12.0, 16.0

_Place = tuple[float, float]


def state_drawing(lifecycle: ir.Lifecycle) -> str:
    """Return the lifecycle as an inline SVG; every state links to its description."""
    places = _places(lifecycle)
    drawing = Drawing(
        "lifecycle",
        "State diagram: the lifecycle of a conversation",
        ". ".join(f"From {it.source} to {it.target} on {it.on}" for it in lifecycle.transitions),
    )
    edges: dict[tuple[str, str], list[str]] = {}
    for transition in lifecycle.transitions:
        edges.setdefault((transition.source, transition.target), []).append(transition.on)
    labels: list[tuple[_Place, list[str]]] = []
    for (source, target), events in edges.items():
        returns = (target, source) in edges
        labels.append((_edge(drawing, places[source], places[target], returns, len(events)), events))
    for place, events in labels:
        _label(drawing, place, events)
    for state in lifecycle.states:
        _state(drawing, state, places[state.name], state.name == lifecycle.initial)
    right = max(x for x, _ in places.values()) + _BOX / 2 + _LEFT
    return drawing.render(right, _LOWER + _TALL / 2 + 24)


def _places(lifecycle: ir.Lifecycle) -> dict[str, _Place]:
    """Return the centre of each state's box."""
    final = {state.name for state in lifecycle.states if state.final}
    order = [lifecycle.initial]
    for name in order:
        for it in lifecycle.transitions:
            if it.source == name and it.target not in final and it.target not in order:
                order.append(it.target)
    columns = {name: float(index) for index, name in enumerate(order)}

    def pull(name: str) -> float:
        sources = {it.source for it in lifecycle.transitions if it.target == name and it.source in columns}
        return sum(columns[source] for source in sources) / max(len(sources), 1)

    finals = sorted((state.name for state in lifecycle.states if state.final), key=pull)
    left = _LEFT + _BOX / 2 + 20
    places = {name: (left + _STEP * column, _UPPER) for name, column in columns.items()}
    return places | {name: (left + _STEP * index, _LOWER) for index, name in enumerate(finals)}


def _edge(drawing: Drawing, source: _Place, target: _Place, both_ways: bool, lines: int) -> _Place:
    """Draw an arrow between two boxes and return where the last of the `lines` of its label belongs."""
    (x1, y1), (x2, y2) = source, target
    half, tall = _BOX / 2, _TALL / 2
    if source == target:
        drawing.path(
            f"M{x1 - 34:g} {y1 - tall:g} C{x1 - 34:g} {y1 - 76:g}"
            f" {x1 + 34:g} {y1 - 76:g} {x1 + 34:g} {y1 - tall - 1:g}",
            "edge",
            arrow=True,
        )
        return x1, y1 - 66
    if y1 == y2:
        way = 1 if x2 > x1 else -1
        shift = -9.0 * way if both_ways else 0.0
        drawing.line([(x1 + way * half, y1 + shift), (x2 - way * (half + 1), y2 + shift)], "edge", arrow=True)
        below = 22.5 + _LINE * (lines - 1)
        return (x1 + x2) / 2, y1 + (below if shift > 0 else -9 + shift)
    bend = max(-1.0, min(1.0, (x2 - x1) / _STEP))
    start, end = (x1 + bend * 50, y1 + tall), (x2 - bend * 50, y2 - tall - 1)
    drawing.line([start, end], "edge", arrow=True)
    # Slanted arrows may cross halfway, so their labels stand nearer to where they start.
    along = 0.5 if start[0] == end[0] else 0.25
    return start[0] + (end[0] - start[0]) * along, start[1] + (end[1] - start[1]) * along + 4


def _label(drawing: Drawing, place: _Place, events: list[str]) -> None:
    x, y = place
    for index, event in enumerate(reversed(events)):
        width = text_width(event, _FONT) + 10
        line = y - _LINE * index
        drawing.box(x - width / 2, line - 12, width, _LINE, "edge-back", 4)
        drawing.text(x, line, event, "edge-label")


def _state(drawing: Drawing, state: ir.State, place: _Place, initial: bool) -> None:
    x, y = place
    drawing.begin_link(f"#state-{state.name}", f"State {state.name}")
    if initial:
        drawing.dot(x - _BOX / 2 - 28, y, 6, "start-dot")
        drawing.line([(x - _BOX / 2 - 22, y), (x - _BOX / 2 - 1, y)], "edge", arrow=True)
    drawing.box(x - _BOX / 2, y - _TALL / 2, _BOX, _TALL, f"state state-{state.name}")
    if state.final:
        drawing.box(x - _BOX / 2 + 4, y - _TALL / 2 + 4, _BOX - 8, _TALL - 8, "state-inner", 5)
    drawing.text(x, y + 5, state.name, "state-label")
    drawing.end_link()
