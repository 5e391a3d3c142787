"""Is this text a valid answer to a `multiple_choice`? (spec FA-CLA-4)"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["chosen"]


def chosen(text: str, choices: Sequence[str], *, default: str | None, single: bool) -> str | None:
    """Return the answer that `text` stands for, or None when it is invalid.

    An empty text stands for `default`, where there is one. `single`: exactly one of the choices (or the
    default, which need not be one of them). Otherwise: choices joined with `,`; the empty text is the empty
    selection.
    """
    if text == "" and default is not None:
        return default
    if text in choices or text == default:
        return text
    if single:
        return None
    return text if text == "" or _is_joined(text, choices) else None


def _is_joined(text: str, choices: Sequence[str]) -> bool:
    """Say whether `text` is some of the choices joined with `,`, when a choice may hold a comma itself.

    Walks over the places where a choice can begin, each once, so it takes at most len(text) * len(choices)
    steps.
    """
    starts = [0]
    seen = {0}
    while starts:
        start = starts.pop()
        for choice in choices:
            if not text.startswith(choice, start):
                continue
            end = start + len(choice)
            if end == len(text):
                return True
            if text[end] == "," and end + 1 not in seen:
                seen.add(end + 1)
                starts.append(end + 1)
    return False
