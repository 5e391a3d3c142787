"""Names in every casing."""

from __future__ import annotations

import pytest
from fastagency_generators.ir.names import camel, constant, pascal, snake, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("workflow_uuid", ["workflow", "uuid"]),
        ("WorkflowUuid", ["workflow", "uuid"]),
        ("workflowUUID", ["workflow", "uuid"]),
        ("workflow-uuid", ["workflow", "uuid"]),
        ("UUIDOfWorkflow", ["uuid", "of", "workflow"]),
        ("not_utf8", ["not", "utf8"]),
        ("Retry-After", ["retry", "after"]),
        ("HTTPStatus2", ["http", "status2"]),
        ("x", ["x"]),
    ],
)
def test_words(name: str, expected: list[str]) -> None:
    assert words(name) == expected


def test_casings() -> None:
    name = "SuggestedFunctionCall"
    assert snake(name) == "suggested_function_call"
    assert constant(name) == "SUGGESTED_FUNCTION_CALL"
    assert camel(name) == "suggestedFunctionCall"
    assert pascal("suggested_function_call") == name


def test_casings_lead_back_to_each_other() -> None:
    for name in ("workflow_uuid", "not_utf8", "keep_alive"):
        assert snake(pascal(name)) == snake(camel(name)) == snake(constant(name)) == name


def test_name_without_a_word() -> None:
    with pytest.raises(ValueError, match="no word"):
        words("__")
