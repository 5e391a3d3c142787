"""What agent frameworks say, turned into the protocol's messages.

`ambient(ui)` is entered around every workflow run. It makes the conversation that is being held the place
where AutoGen's agents print and ask, without the workflow's author doing anything for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..ui import UI, AsyncUI

__all__ = ["ambient"]


@contextmanager
def ambient(ui: UI | AsyncUI) -> Iterator[None]:
    """Send what AutoGen's agents say and ask in this context to `ui`.

    Enter it in the thread (blocking workflow) or in the task (`async def` workflow) that runs the workflow.
    It does nothing when `autogen` has not been imported: importing it takes seconds, which a process
    without it should not pay.
    """
    if "autogen" not in sys.modules:
        yield
        return
    from .streams import conversation_stream

    with conversation_stream(ui):
        yield
