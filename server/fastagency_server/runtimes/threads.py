"""Threads that AutoGen or a tool starts: one that ends because the conversation is over ends quietly."""

from __future__ import annotations

import logging
import threading

from ..errors import ConversationClosed

__all__ = ["quiet_when_closed"]

logger = logging.getLogger(__name__)


def quiet_when_closed() -> None:
    """Log a thread that ends with `ConversationClosed` at debug, instead of a traceback on standard error.

    `agent.run()` runs its tools in a thread of its own. A tool that calls into `ui` after the socket has
    dropped ends that thread (spec FA-CLA-6), as it should: nobody is to be alarmed. All other exceptions go
    to the hook that was there.
    """
    inner = threading.excepthook
    if isinstance(inner, _Hook):
        return
    threading.excepthook = _Hook(inner)


class _Hook:
    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __call__(self, args: threading.ExceptHookArgs, /) -> None:
        if issubclass(args.exc_type, ConversationClosed):
            logger.debug("thread %s: the conversation is over", args.thread.name if args.thread else "?")
        elif callable(self._inner):
            self._inner(args)
