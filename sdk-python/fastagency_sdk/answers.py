"""Which answers a question takes, and how they stand on the wire (spec FA-CLA-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ._generated.messages import MultipleChoice, TextInput
from .errors import NotAsked

__all__ = ["SEPARATOR", "Question", "frame_for", "split_choices"]

Question = TextInput | MultipleChoice
"""A message that asks for an answer."""

SEPARATOR = ","
"""What stands between several choices on the wire. A choice that holds it is not escaped."""


def frame_for(question: Question, value: str | Iterable[str]) -> str:
    """Return the raw text frame that answers `question` with `value`.

    A `text_input` takes any string. A `multiple_choice` takes one of its choices, or any number of them where
    several may be picked; an empty answer stands for its default. Raises NotAsked when the question does not
    allow the value. No error holds the value, which may be a password.
    """
    if isinstance(question, TextInput):
        if not isinstance(value, str):
            raise NotAsked("a text_input takes one string")
        return _sendable(value)
    picked = _picked(question, value)
    if any(not isinstance(choice, str) for choice in picked):
        raise NotAsked("a choice is a string")
    content = question.content
    if not picked and (content.default is not None or not content.single):
        return ""
    if content.single and len(picked) != 1:
        raise NotAsked(f"pick exactly one of {_listed(content.choices)}")
    # The default need not be one of the choices.
    wrong = [choice for choice in picked if choice not in content.choices and choice != content.default]
    if wrong:
        raise NotAsked(f"{wrong[0]!r} is none of the choices {_listed(content.choices)}")
    return _sendable(SEPARATOR.join(picked))


def split_choices(text: str, choices: Sequence[str]) -> list[str] | None:
    """Take a joined answer apart: the choices whose joined form `text` is, or None when it is no such form.

    A choice that itself holds a comma is found too. An empty text is no choice at all, unless one is empty.
    """
    if text in choices:
        return [text]
    if text == "":
        return []
    # reachable[end] is the choice that ends there with everything before it matched too: linear in the text
    # for a given list, where trying every split would be exponential.
    reachable: dict[int, tuple[int, str]] = {}
    starts = [0]
    seen = {0}
    while starts:
        start = starts.pop()
        for choice in choices:
            if not text.startswith(choice, start):
                continue
            end = start + len(choice)
            if end == len(text):
                return [*_walk_back(reachable, start), choice]
            if text.startswith(SEPARATOR, end) and end + 1 not in seen:
                seen.add(end + 1)
                reachable[end + 1] = (start, choice)
                starts.append(end + 1)
    return None


def _walk_back(reachable: dict[int, tuple[int, str]], start: int) -> list[str]:
    path: list[str] = []
    while start:
        start, choice = reachable[start]
        path.append(choice)
    return path[::-1]


def _picked(question: MultipleChoice, value: str | Iterable[str]) -> list[str]:
    if not isinstance(value, str):
        return list(value)
    if question.content.single:
        return [value] if value or value in question.content.choices else []
    split = split_choices(value, question.content.choices)
    return [value] if split is None else split


def _listed(choices: Sequence[str]) -> str:
    return ", ".join(repr(choice) for choice in choices) or "(there are none)"


def _sendable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        # "from None": the original error holds the text, and this one may be a password.
        raise NotAsked("the answer cannot be written as UTF-8") from None
    return text
