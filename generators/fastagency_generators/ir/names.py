"""Names in the casings that languages want, from names as a person wrote them in the spec."""

from __future__ import annotations

import re

__all__ = ["camel", "constant", "pascal", "snake", "words"]

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+[0-9]*|[0-9]+")


def words(name: str) -> list[str]:
    """Split a name of any casing into lower-case words.

    `workflow_uuid`, `WorkflowUuid`, `workflowUUID` and `workflow-uuid` all give `["workflow", "uuid"]`;
    digits stay with the word before them. Raises ValueError when there is no letter or digit in the name.
    """
    found = [word.lower() for word in _WORD.findall(name)]
    if not found:
        raise ValueError(f"no word in the name {name!r}")
    return found


def snake(name: str) -> str:
    """Return the name as `snake_case`."""
    return "_".join(words(name))


def constant(name: str) -> str:
    """Return the name as `CONSTANT_CASE`."""
    return snake(name).upper()


def pascal(name: str) -> str:
    """Return the name as `PascalCase`."""
    return "".join(word.capitalize() for word in words(name))


def camel(name: str) -> str:
    """Return the name as `camelCase`."""
    first, *rest = words(name)
    return first + "".join(word.capitalize() for word in rest)
