"""reservations.py: each id is started once (spec FA-CLA-3)."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from fastagency_sdk._generated.messages import InitiateWorkflow
from fastagency_server.errors import AlreadyStarted, NotAllowed, Overloaded
from fastagency_server.reservations import _UUID, Reservations, parse_uuid
from fastagency_server.settings import Settings

DASHED = "6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b"
HEX = DASHED.replace("-", "")


@pytest.mark.parametrize("text", [DASHED, HEX, DASHED.upper()])
def test_hex_and_dashed_are_one_uuid(text: str) -> None:
    assert parse_uuid(text) == UUID(DASHED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        HEX[:-1],
        HEX + "0",
        HEX + "\n",
        "{" + DASHED + "}",
        "urn:uuid:" + DASHED,
        "g" * 32,
        "1_" + "2" * 30,
        "+" + "2" * 31,
        " " + "2" * 31,
        "0x" + "2" * 30,
        "----" + "3" * 32,
        DASHED.replace("-", "--", 1),
        "-" + HEX,
        "\u0661" * 32,
        "\uff11" * 32,
    ],
)
def test_other_texts_are_none(text: str) -> None:
    assert parse_uuid(text) is None


def test_the_pattern_is_the_published_one() -> None:
    published = InitiateWorkflow.model_json_schema()["properties"]["workflow_uuid"]["pattern"]
    assert published == f"^{_UUID.pattern}$"


def test_a_free_uuid_is_honoured_once() -> None:
    reservations = Reservations(Settings())
    assert reservations.reserve(HEX, None, 0) == UUID(DASHED)
    assert reservations.reserve(DASHED, None, 0) != UUID(DASHED)
    assert reservations.reserve("my own idea", None, 0).version == 4


def test_a_used_uuid_is_not_honoured() -> None:
    reservations = Reservations(Settings())
    reservations.start(UUID(HEX), None, 0)
    assert reservations.reserve(HEX, None, 0) != UUID(HEX)
    reservations.end(UUID(HEX))
    assert reservations.reserve(HEX, None, 0) != UUID(HEX)


def test_each_uuid_is_started_once() -> None:
    reservations = Reservations(Settings())
    reservations.reserve(HEX, "ann", 0)
    reservations.start(UUID(HEX), "ann", 0)
    with pytest.raises(AlreadyStarted):
        reservations.start(UUID(HEX), "ann", 0)
    reservations.end(UUID(HEX))
    with pytest.raises(AlreadyStarted):
        reservations.start(UUID(HEX), "ann", 0)


def test_a_uuid_that_could_not_run_can_be_started_again_by_its_user() -> None:
    reservations = Reservations(Settings())
    reservations.start(UUID(HEX), "ann", 0)
    reservations.withdraw(UUID(HEX), "ann", 0)
    assert reservations.running == 0
    with pytest.raises(NotAllowed):
        reservations.start(UUID(HEX), "bob", 0)
    reservations.start(UUID(HEX), "ann", 0)


def test_a_reservation_belongs_to_its_user() -> None:
    reservations = Reservations(Settings())
    reservations.reserve(HEX, "ann", 0)
    for stranger in ("bob", None):
        with pytest.raises(NotAllowed):
            reservations.start(UUID(HEX), stranger, 0)
    reservations.start(UUID(HEX), "ann", 0)


def test_a_uuid_that_nobody_announced_can_be_started() -> None:
    Reservations(Settings()).start(uuid4(), "bob", 0)


def test_a_reservation_expires() -> None:
    reservations = Reservations(Settings(reservation_seconds=10))
    reservations.reserve(HEX, "ann", 0)
    with pytest.raises(NotAllowed):
        reservations.start(UUID(HEX), "bob", 9.9)
    reservations.start(UUID(HEX), "bob", 10)


def test_memory_is_bounded() -> None:
    reservations = Reservations(Settings(max_reservations=2, remembered_uuids=2))
    for _ in range(5):
        reservations.reserve("", None, 0)
    uuids = [uuid4() for _ in range(3)]
    for uuid in uuids:
        reservations.start(uuid, None, 0)
        reservations.end(uuid)
    assert len(reservations._reserved) == 2
    assert list(reservations._used) == uuids[1:]
    reservations.start(uuids[0], None, 0)


def test_a_running_conversation_is_never_forgotten() -> None:
    reservations = Reservations(Settings(remembered_uuids=1))
    running = uuid4()
    reservations.start(running, None, 0)
    for _ in range(3):
        other = uuid4()
        reservations.start(other, None, 0)
        reservations.end(other)
    with pytest.raises(AlreadyStarted):
        reservations.start(running, None, 0)


def test_the_number_of_running_conversations_is_limited() -> None:
    reservations = Reservations(Settings(max_conversations=1))
    first, second = uuid4(), uuid4()
    reservations.start(first, None, 0)
    assert reservations.running == 1
    with pytest.raises(Overloaded):
        reservations.start(second, None, 0)
    reservations.end(first)
    reservations.start(second, None, 0)


def test_settings_refuse_a_limit_that_is_not_positive() -> None:
    with pytest.raises(ValueError, match="max_frame_bytes"):
        Settings(max_frame_bytes=0)
