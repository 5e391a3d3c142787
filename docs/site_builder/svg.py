"""The few shapes that the drawings are made of. Colours are CSS classes, so they follow the page's theme."""

from __future__ import annotations

from html import escape

__all__ = ["Drawing", "text_width"]

_CHARACTER = 0.602
"""The width of a character of the monospaced font, in ems."""


def text_width(text: str, size: float) -> float:
    """Return the width of `text` in the drawings' monospaced font of `size` pixels."""
    return len(text) * size * _CHARACTER


class Drawing:
    """Collects shapes in the order in which they are painted, and renders one inline SVG element."""

    def __init__(self, name: str, title: str, description: str) -> None:
        self._name = name
        self._title = title
        self._description = description
        self._shapes: list[str] = []

    def line(self, points: list[tuple[float, float]], css: str, arrow: bool = False) -> None:
        """Draw a line through `points`; with `arrow`, its end has a head in the line's colour."""
        path = " ".join(f"{'L' if index else 'M'}{x:g} {y:g}" for index, (x, y) in enumerate(points))
        self.path(path, css, arrow)

    def path(self, path: str, css: str, arrow: bool = False) -> None:
        """Draw an SVG path; with `arrow`, its end has a head in the line's colour."""
        head = f' marker-end="url(#{self._name}-head)"' if arrow else ""
        self._shapes.append(f'<path class="{css}" d="{path}"{head}/>')

    def box(self, x: float, y: float, width: float, height: float, css: str, radius: float = 8) -> None:
        """Draw a rectangle with round corners."""
        self._shapes.append(
            f'<rect class="{css}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}"/>'
        )

    def dot(self, x: float, y: float, radius: float, css: str) -> None:
        """Draw a filled circle."""
        self._shapes.append(f'<circle class="{css}" cx="{x:g}" cy="{y:g}" r="{radius:g}"/>')

    def text(self, x: float, y: float, text: str, css: str, anchor: str = "middle") -> None:
        """Write one line; `anchor` is `start`, `middle` or `end`, `y` its base line."""
        self._shapes.append(
            f'<text class="{css}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def begin_link(self, target: str, label: str) -> None:
        """Make what is drawn until `end_link` a link to `target`; `label` is what is read aloud."""
        self._shapes.append(f'<a href="{escape(target)}" aria-label="{escape(label)}">')

    def end_link(self) -> None:
        """End the link that `begin_link` began."""
        self._shapes.append("</a>")

    def render(self, width: float, height: float) -> str:
        """Return the SVG element, `width` by `height` pixels, for use inside an HTML page."""
        name = self._name
        return "\n".join(
            [
                f'<svg class="drawing" viewBox="0 0 {width:g} {height:g}"'
                f' width="{width:g}" height="{height:g}"'
                f' role="group" aria-labelledby="{name}-title {name}-description">',
                f'<title id="{name}-title">{escape(self._title)}</title>',
                f'<desc id="{name}-description">{escape(self._description)}</desc>',
                f'<defs><marker id="{name}-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"'
                ' markerHeight="8" orient="auto" markerUnits="userSpaceOnUse">'
                '<path d="M0 0 L8 4 L0 8 z" fill="context-stroke"/></marker></defs>',
                *self._shapes,
                "</svg>",
            ]
        )
