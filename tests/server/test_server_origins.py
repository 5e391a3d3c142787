"""origins.py and tickets.py: which page may open a socket, and what tells its user."""

from __future__ import annotations

import pytest
from fastagency_server.errors import NotAllowed, NotAuthenticated
from fastagency_server.origins import check_origin
from fastagency_server.settings import Settings
from fastagency_server.tickets import Tickets

ALLOWED = ("https://app.example.org", "http://localhost:3000")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "chat.example.org"),
        ("https://chat.example.org", "chat.example.org"),
        ("https://chat.example.org", "chat.example.org:443"),
        ("http://chat.example.org", "chat.example.org:80"),
        ("http://CHAT.example.org", "chat.example.org"),
        ("http://localhost:8008", "localhost:8008"),
        ("http://[::1]:8008", "[::1]:8008"),
        ("https://app.example.org", "chat.example.org"),
        ("https://app.example.org:443", "chat.example.org"),
        ("http://localhost:3000", "chat.example.org"),
    ],
)
def test_pages_of_its_own_host_and_allowed_ones(origin: str | None, host: str) -> None:
    check_origin({"host": host} | ({} if origin is None else {"origin": origin}), ALLOWED)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example.org", "chat.example.org"),
        ("https://chat.example.org.evil.org", "chat.example.org"),
        ("https://chat.example.org:8443", "chat.example.org"),
        ("http://app.example.org", "chat.example.org"),
        ("http://localhost:3001", "chat.example.org"),
        ("null", "chat.example.org"),
        ("", ""),
        ("https://", ""),
        ("https://chat.example.org:none", "chat.example.org:none"),
    ],
)
def test_every_other_page_is_refused(origin: str, host: str) -> None:
    with pytest.raises(NotAllowed):
        check_origin({"origin": origin, "host": host}, ALLOWED)
    check_origin({"origin": origin, "host": host}, ("*",))


@pytest.mark.parametrize("origin", ["app.example.org", "https://app.example.org/path", "https://", ""])
def test_a_setting_that_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="allowed_origins"):
        Settings(allowed_origins=(origin,))


def test_a_ticket_opens_once_and_for_its_user() -> None:
    tickets = Tickets(Settings(ticket_seconds=30))
    first, second = tickets.give("ann", 0), tickets.give(None, 1)
    assert first != second
    assert tickets.redeem(first, 29.9) == "ann"
    with pytest.raises(NotAuthenticated):
        tickets.redeem(first, 29.9)
    assert tickets.redeem(second, 30.9) is None


def test_a_ticket_ages_and_there_are_not_endlessly_many() -> None:
    tickets = Tickets(Settings(ticket_seconds=30, max_reservations=2))
    old = tickets.give("ann", 0)
    with pytest.raises(NotAuthenticated):
        tickets.redeem(old, 30)
    assert len(tickets) == 0
    oldest, *_, newest = (tickets.give("ann", 40) for _ in range(3))
    assert len(tickets) == 2
    with pytest.raises(NotAuthenticated):
        tickets.redeem(oldest, 41)
    assert tickets.redeem(newest, 41) == "ann"


@pytest.mark.parametrize("guess", ["", "0" * 32, "'", "\ud800"])
def test_a_guess_is_no_ticket(guess: str) -> None:
    tickets = Tickets(Settings())
    tickets.give("ann", 0)
    with pytest.raises(NotAuthenticated):
        tickets.redeem(guess, 1)
