"""strictjson.py: what clients may send (spec FA-CLA-7)."""

from __future__ import annotations

import pytest
from fastagency_server.strictjson import MAX_DEPTH, loads


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        ("9007199254740993", 9007199254740993),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\xc3\xa9"', "é"),
        ("[" * MAX_DEPTH + "]" * MAX_DEPTH, None),
        ("[" + "[],[]," * 500 + "0]", None),
    ],
)
def test_it_reads_strict_json(text: str | bytes, value: object) -> None:
    assert loads(text) == value or value is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("NaN", "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ("1e999", "too large"),
        ('"\\ud83d"', "surrogate"),
        ('{"\\uD83D": 1}', "surrogate"),
        (b"\xff", "not UTF-8 at byte 0"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested more than 200 deep"),
        ("[" * 100_000, "nested too deeply"),
        ("1" * 5000, "^the number 1{20}… has 5000 digits, too many$"),
        ("-" + "1" * 5000, "has 5000 digits, too many$"),
        ("\ufeff{}", "^it begins with a byte order mark$"),
        (b"\xef\xbb\xbf{}", "^it begins with a byte order mark$"),
    ],
)
def test_it_refuses_everything_else(text: str | bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        loads(text)
