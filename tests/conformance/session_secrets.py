"""What a client must not show: its tokens, tickets (spec FA-SEC-3) and passwords (spec FA-ANS-6)."""

from __future__ import annotations

import json
from typing import Any

from .results import Mismatch
from .stage import Rest

__all__ = ["Secrets"]


class Secrets:
    """The secrets of one case."""

    def __init__(self) -> None:
        self.tokens: set[str] = set()
        """Resume tokens and tickets."""
        self.passwords: set[str] = set()

    def check(self, seen: dict[str, Any]) -> None:
        """An observation shows none: tokens are in `session_ready` and in a cursor alone. Raises Mismatch."""
        gives_token = seen["saw"] == "cursor" or seen.get("type") == "session_ready"
        text = json.dumps(seen, ensure_ascii=False)
        if any(it in text for it in self.passwords) or (
            not gives_token and any(it in text for it in self.tokens)
        ):
            raise Mismatch(f"a secret is shown in what the client {seen['saw']!r}: {self.hidden(text)}")

    def check_request(self, request: Rest) -> None:
        """A request shows none in its line or its headers, which servers and proxies log. Raises Mismatch."""
        self.check_text(
            f"{request.path} {json.dumps(request.headers)}", "the line or the headers of a request"
        )

    def check_text(self, text: str, where: str) -> None:
        """A text holds none. Raises Mismatch."""
        if any(it in text for it in self.tokens | self.passwords):
            raise Mismatch(f"a secret is in {where}")

    def hidden(self, text: str) -> str:
        """The text without the passwords: reports are no place for them either."""
        for it in self.passwords:
            text = text.replace(it, "…")
        return text
