"""Typed clients for FastAgency workflows: `AsyncClient`, and `Client`, which is the same without `async`."""

from __future__ import annotations

from . import _generated
from ._generated import *  # noqa: F403 - the types of the protocol, as many as the spec has
from ._generated.tables import PROTOCOL_VERSION, CloseCode, ConversationState
from .aio import AsyncClient, AsyncConversation
from .answers import Question
from .codec import Message, Unknown, raw_text
from .connection_state import ConnectionState
from .cursor import Cursor
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
from .reconnect import Reconnect
from .retry import Retry
from .sync import Client, Conversation
from .texts import TextAssembler

__all__ = [
    "PROTOCOL_VERSION",
    "AsyncClient",
    "AsyncConversation",
    "Client",
    "CloseCode",
    "ConnectionState",
    "Conversation",
    "ConversationError",
    "ConversationLost",
    "ConversationRefused",
    "ConversationState",
    "Cursor",
    "FastAgencyError",
    "MalformedMessage",
    "Message",
    "NotAsked",
    "Question",
    "Reconnect",
    "RequestRefused",
    "Retry",
    "ServerUnreachable",
    "TextAssembler",
    "Unknown",
    "raw_text",
]
__all__ += _generated.__all__
