"""AutoGen (AG2) workflows: importing this module makes sure that agents talk through the conversation only.

Works with the distributions autogen 0.14, pyautogen 0.9 and ag2; exactly one of them may be installed.
"""

from __future__ import annotations

from ..workflows import Workflows
from .distribution import require_autogen

require_autogen()

# Only now: these import AutoGen, and what is wrong with its installation has been told clearly.
from .http_client import shared_http_client  # noqa: E402
from .streams import refuse_standard_input  # noqa: E402

__all__ = ["AutoGenWorkflows", "shared_http_client"]

refuse_standard_input()


class AutoGenWorkflows(Workflows):
    """A registry of workflows whose agents are AutoGen's.

    Inside a registered function real AutoGen code runs unchanged: what the agents say becomes messages,
    what they ask becomes questions. In an `async def` workflow use AutoGen's `a_…` functions: its blocking
    ones would hold up the event loop, and they cannot ask there.
    """
