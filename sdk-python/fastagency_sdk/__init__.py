"""Typed clients for FastAgency workflows: `AsyncClient`, and `Client`, which is the same without `async`."""

from __future__ import annotations

from . import _generated
from ._generated import *  # noqa: F403 - the types of the protocol, as many as the spec has
from ._generated.tables import PROTOCOL_VERSION, CloseCode, ConversationState
from .aio import AsyncClient, AsyncConversation
from .answers import Question
from .codec import Message, Unknown, raw_text
from .errors import (
    ConversationError,
    ConversationLost,
    ConversationRefused,
    FastAgencyError,
    MalformedMessage,
    NotAsked,
    RequestRefused,
    ServerUnreachable,
)
from .retry import Retry
from .sync import Client, Conversation

__all__ = [
    "PROTOCOL_VERSION",
    "AsyncClient",
    "AsyncConversation",
    "Client",
    "CloseCode",
    "Conversation",
    "ConversationError",
    "ConversationLost",
    "ConversationRefused",
    "ConversationState",
    "FastAgencyError",
    "MalformedMessage",
    "Message",
    "NotAsked",
    "Question",
    "RequestRefused",
    "Retry",
    "ServerUnreachable",
    "Unknown",
    "raw_text",
]
__all__ += _generated.__all__
