"""Is this text a valid answer to a `multiple_choice`? (spec FA-CLA-4)"""

from __future__ import annotations

from collections.abc import Sequence

from fastagency_sdk.answers import split_choices

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
    return None if split_choices(text, choices) is None else text
