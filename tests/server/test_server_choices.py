"""choices.py: is this text a valid answer? (spec FA-CLA-4)"""

from __future__ import annotations

import pytest
from fastagency_server.choices import chosen

LEVELS = ["Easy", "Medium", "Hard"]
PLACES = ["Paris, France", "Rome", "Paris", "France"]


@pytest.mark.parametrize(
    ("text", "choices", "default", "expected"),
    [
        ("Easy", LEVELS, None, "Easy"),
        ("easy", LEVELS, None, None),
        (" Easy", LEVELS, None, None),
        ("Easy,Hard", LEVELS, None, None),
        ("", LEVELS, None, None),
        ("", LEVELS, "Hard", "Hard"),
        ("", ["", "a"], None, ""),
        ("Other", LEVELS, "Other", "Other"),
        ("Paris, France", PLACES, None, "Paris, France"),
        ("x", [], None, None),
    ],
)
def test_single(text: str, choices: list[str], default: str | None, expected: str | None) -> None:
    assert chosen(text, choices, default=default, single=True) == expected


@pytest.mark.parametrize(
    ("text", "choices", "default", "expected"),
    [
        ("", LEVELS, None, ""),
        ("", LEVELS, "Hard", "Hard"),
        ("Easy", LEVELS, None, "Easy"),
        ("Easy,Hard", LEVELS, None, "Easy,Hard"),
        ("Hard,Easy", LEVELS, None, "Hard,Easy"),
        ("Easy, Hard", LEVELS, None, None),
        ("Easy,", LEVELS, None, None),
        (",Easy", LEVELS, None, None),
        ("Easy,Nope", LEVELS, None, None),
        ("Paris, France,Rome", PLACES, None, "Paris, France,Rome"),
        ("Rome,Paris, France", PLACES, None, "Rome,Paris, France"),
        ("Paris,France", PLACES, None, "Paris,France"),
        ("Paris, Rome", PLACES, None, None),
        ("a,", ["a", ""], None, "a,"),
        ("x", [], None, None),
        ("", [], None, ""),
    ],
)
def test_several(text: str, choices: list[str], default: str | None, expected: str | None) -> None:
    assert chosen(text, choices, default=default, single=False) == expected


def test_a_hostile_answer_is_read_in_linear_time() -> None:
    choices = ["a", "a,a", "a,a,a", "a,a,a,a"]
    assert chosen("a," * 20_000 + "b", choices, default=None, single=False) is None
