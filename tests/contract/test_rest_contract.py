"""The REST side against the canonical OpenAPI document, in every configuration that a status needs."""

from __future__ import annotations

import functools

import pytest
from contract.contract_apps import CONFIGURATIONS
from contract.rest_contract import Examination, examine
from wire_spec import Openapi

_CHECKS = {
    "allow_header_conformance",
    "content_type_conformance",
    "ensure_resource_availability",
    "missing_required_header",
    "negative_data_rejection",
    "not_a_server_error",
    "positive_data_acceptance",
    "response_headers_conformance",
    "response_schema_conformance",
    "status_code_conformance",
    "unsupported_method",
    "use_after_free",
}


@functools.cache
def examination_of(name: str) -> Examination:
    """Examine a server in the configuration of that name, once in a run."""
    with CONFIGURATIONS[name]() as app:
        if name == "plain":
            return examine(app)
        return examine(app, max_examples=3, thorough=False, server_errors=(503, 504))


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_server_keeps_the_contract(name: str) -> None:
    examination = examination_of(name)
    assert examination.faults == []
    assert examination.checks >= _CHECKS
    assert examination.phases >= {"examples", "coverage", "fuzzing", "stateful"}


def test_the_links_of_the_document_are_followed() -> None:
    assert examination_of("plain").linked_requests > 0


def test_every_documented_status_is_seen_somewhere() -> None:
    documented = {
        (path, method, int(status))
        for path, item in Openapi().paths.items()
        for method, operation in item.items()
        for status in operation["responses"]
    }
    seen = set().union(*(examination_of(name).statuses for name in CONFIGURATIONS))
    assert documented - seen == set()
