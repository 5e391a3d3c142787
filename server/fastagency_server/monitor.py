"""What goes on in one adapter: counted, and told to the log with the conversation's uuid."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

from fastagency_sdk._generated.tables import ConversationState

from .conversation import Conversation

__all__ = ["Monitor"]

logger = logging.getLogger(__name__)

_CLASSIC = "classic"
_RESUMABLE = "fastagency.v1"


class Monitor:
    """Plain numbers, which `metrics` shows to OpenTelemetry and anybody may read.

    Everything in here is called on the event loop's thread. Records of the log carry `workflow_uuid`, and
    what else they tell, as attributes (`extra`): `logs.JsonFormatter` writes them as JSON. No parameter,
    answer, token or ticket is among them.
    """

    def __init__(self) -> None:
        self.started: Counter[str] = Counter()
        """Conversations, by dialect."""
        self.ended: Counter[str] = Counter()
        """Conversations of which nothing runs any more, by outcome: completed, failed or cancelled."""
        self.resumes: Counter[str] = Counter()
        """Sockets that came back, by mode: replay or reset."""
        self.closes: Counter[tuple[str, int]] = Counter()
        """Ended connections, by who closed (`server` or `client`) and the code."""
        self.messages = 0
        """Frames that were handed to sockets."""
        self.answer_seconds: list[Callable[[float], None]] = []
        """Called with the seconds that each answer took, from the question on."""
        self._running: set[Conversation] = set()

    def states(self) -> Counter[ConversationState]:
        """How many conversations there are by state. Those that a cancel ended, and whose workflow has not
        noticed yet, are among them."""
        return Counter(conversation.state for conversation in tuple(self._running))

    def conversation_started(self, conversation: Conversation) -> None:
        """A workflow runs."""
        dialect = _RESUMABLE if conversation.resumable else _CLASSIC
        self.started[dialect] += 1
        self._running.add(conversation)
        conversation.answered = self._answered
        self._tell("a conversation started", conversation, dialect=dialect)

    def conversation_ended(self, conversation: Conversation) -> None:
        """Nothing of a workflow runs any more."""
        if conversation not in self._running:
            return
        self._running.discard(conversation)
        self.ended[conversation.state] += 1
        self._tell("a conversation ended", conversation, outcome=str(conversation.state))

    def resumed(self, conversation: Conversation, mode: str) -> None:
        """A socket came back to a conversation."""
        self.resumes[mode] += 1
        self._tell("a conversation was resumed", conversation, mode=mode)

    def closed(self, workflow_uuid: str | None, by: str, code: int) -> None:
        """A connection ended; `by` is `server` or `client`."""
        self.closes[by, code] += 1
        logger.debug("a connection ended", extra={"workflow_uuid": workflow_uuid, "by": by, "code": code})

    def _answered(self, seconds: float) -> None:
        for told in self.answer_seconds:
            told(seconds)

    def _tell(self, what: str, conversation: Conversation, **facts: Any) -> None:
        about = {"workflow_uuid": conversation.workflow_uuid, "workflow": conversation.opening.name, **facts}
        logger.info(what, extra=about)
