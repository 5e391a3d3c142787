"""The blocking client. `aio` is the same with `await`: change both together."""

from __future__ import annotations

import contextlib
import ssl as ssl_module
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, NoReturn, Self

import httpx
from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.asyncio.client import connect as async_connect
from websockets.exceptions import ConcurrencyError, ConnectionClosed, WebSocketException
from websockets.protocol import State
from websockets.sync.client import ClientConnection, connect

from ._generated.messages import AnswerAccepted, Error, InitiatedWorkflow, Outcome, WorkflowInfo
from ._generated.rest import discovery, initiate_workflow
from ._generated.tables import CHANNEL_PATH, DISCOVERY_PATH, INITIATE_WORKFLOW_PATH, ConversationState
from ._socket import close_of, connect_arguments, why_not_open
from ._websockets13 import FORGETS, KeepingConnection
from .answers import Question
from .codec import Message
from .connection_state import ConnectionState
from .cursor import Cursor
from .errors import DialectNotTaken, RequestRefused, ServerUnreachable
from .options import MAX_MESSAGE_SIZE, Dialect, Options
from .protocol import ConversationProtocol
from .reconnect import Reconnect
from .rest import FAILURES, failure, initiate_request, initiated_of, workflows_of
from .retry import Retry
from .session import SUBPROTOCOL, SessionProtocol
from .session_aio import OnConnection
from .session_sync import BlockingSession
from .urls import Endpoints

__all__ = ["Client", "Conversation", "Headers"]

Headers = Mapping[str, str] | Callable[[], Mapping[str, str]]
"""Headers for every request and socket, or what returns them: called each time, so that credentials are
fresh.
"""


class Client:
    """A client of one server.

    `url` is where the server is: http, https, ws or wss, with a path prefix if it has one. The three paths
    are the defaults of the server's adapter. `user_id` is sent along for servers that want one; it opens
    nothing. Times are in seconds and explained, with the other limits, at `options.Options`. `http_client` is
    used for the requests, with its own timeouts, and stays open; `transport` is one for a client made here.
    `ssl` is the context for https and wss.

    Raises ValueError for a `url` that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Headers | None = None,
        user_id: str | None = None,
        discovery_path: str = DISCOVERY_PATH,
        initiate_workflow_path: str = INITIATE_WORKFLOW_PATH,
        ws_path: str = CHANNEL_PATH,
        timeout: float | None = 10.0,
        open_timeout: float | None = 10.0,
        close_timeout: float | None = 5.0,
        message_timeout: float | None = None,
        ping_interval: float | None = 20.0,
        max_message_size: int | None = MAX_MESSAGE_SIZE,
        retry: Retry = Retry(),  # noqa: B008 - frozen
        reconnect: Reconnect = Reconnect(),  # noqa: B008 - frozen
        on_connection: OnConnection | None = None,
        dialect: Dialect = "auto",
        ssl: ssl_module.SSLContext | None = None,
        http_client: httpx.Client | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._options = Options(
            endpoints=Endpoints.of(url, discovery_path, initiate_workflow_path, ws_path),
            user_id=user_id,
            timeout=timeout,
            open_timeout=open_timeout,
            close_timeout=close_timeout,
            message_timeout=message_timeout,
            ping_interval=ping_interval,
            max_message_size=max_message_size,
            retry=retry,
            reconnect=reconnect,
            dialect=dialect,
            ssl=ssl,
        )
        self._on_connection = on_connection
        self._headers = headers
        self._owns_http = http_client is None
        self._http = http_client or httpx.Client(
            transport=transport, verify=True if ssl is None else ssl, timeout=timeout
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections for requests. Conversations close themselves."""
        if self._owns_http:
            self._http.close()

    def discovery(self) -> list[WorkflowInfo]:
        """Return the workflows that the server offers.

        A server that cannot be reached or is full is asked again, as `retry` says. Raises ServerUnreachable,
        RequestRefused, and MalformedMessage for an answer that is no list of workflows.
        """
        tried = 0
        while True:
            tried += 1
            try:
                return self._discovery()
            except (ServerUnreachable, RequestRefused) as error:
                delay = self._options.retry.delay(tried, error)
                if delay is None:
                    raise
            time.sleep(delay)

    def start(self, name: str, params: Mapping[str, Any] | None = None) -> Conversation:
        """Return a conversation with the workflow `name`, to be entered with `with`: that starts it.

        `params` are the workflow's parameters, any JSON object.
        """
        return Conversation(self, name, params or {})

    def resume(self, cursor: Cursor, *, from_start: bool = False) -> Conversation:
        """Return the conversation that `cursor` stands in, to be entered with `with`: it goes on after the
        cursor, or, with `from_start`, shows everything that the server still holds (spec FA-RES).

        Entering raises as that of `start` does; iterating raises ConversationRefused with the code 4010 when
        the conversation is gone.
        """
        return Conversation(self, "", {}, cursor.from_start() if from_start else cursor)

    def _discovery(self) -> list[WorkflowInfo]:
        url = self._options.endpoints.discovery
        headers = self._fresh_headers()
        try:
            answer = discovery.sync_detailed(client=self._http, path=url, headers=headers)
        except FAILURES as error:
            raise failure(url, error) from error
        return workflows_of(answer)

    def _initiate(self, name: str, params: Mapping[str, Any]) -> InitiatedWorkflow:
        url = self._options.endpoints.initiate_workflow
        body = initiate_request(name, params, self._options.user_id)
        headers = self._fresh_headers()
        try:
            answer = initiate_workflow.sync_detailed(client=self._http, body=body, path=url, headers=headers)
        except FAILURES as error:
            raise failure(url, error) from error
        return initiated_of(answer)

    def _open_socket(self) -> ClientConnection:
        url = self._options.endpoints.ws
        arguments = connect_arguments(connect, self._options, self._fresh_headers())
        try:
            socket: ClientConnection = connect(url, **arguments)
        except (OSError, WebSocketException) as error:
            raise why_not_open(url, error) from error
        return socket

    def _speaks_sessions(self, initiated: InitiatedWorkflow) -> bool:
        return self._options.dialect == "auto" and SUBPROTOCOL in (initiated.subprotocols or ())

    def _session(self, begin: InitiatedWorkflow | Cursor) -> BlockingSession:
        return BlockingSession(begin, self._reopen, self._options.reconnect, self._on_connection)

    async def _reopen(self) -> AsyncConnection:
        url = self._options.endpoints.ws
        headers = self._fresh_headers()
        arguments = connect_arguments(async_connect, self._options, headers, SUBPROTOCOL)
        if FORGETS:
            arguments["create_connection"] = KeepingConnection
        try:
            socket = await async_connect(url, **arguments)
        except (OSError, WebSocketException) as error:
            raise why_not_open(url, error) from error
        if socket.subprotocol != SUBPROTOCOL:
            await socket.close()
            raise DialectNotTaken(url)
        return socket

    def _fresh_headers(self) -> Mapping[str, str]:
        headers = self._headers() if callable(self._headers) else self._headers
        return headers or {}


class Conversation:
    """One conversation: `with` starts and closes it, `for` yields its messages, `answer` replies.

    The iteration ends after `workflow_completed` and the close. It raises ConversationRefused when the server
    closed with a code that says what was wrong, ConversationLost when the connection ended first, and
    MalformedMessage for a frame that is not what it should be; after that one it may be iterated on. Messages
    of an unknown type come as `Unknown`. TimeoutError says that `message_timeout` passed; the conversation is
    still there.

    On a server that speaks `fastagency.v1` the conversation comes back by itself when its connection ends,
    and leaving `with` early leaves the workflow running; `cancel` ends it. On any other, the connection's
    end is the conversation's (spec FA-NEG-3, FA-CLA-6).
    """

    def __init__(
        self, client: Client, name: str, params: Mapping[str, Any], cursor: Cursor | None = None
    ) -> None:
        self._client = client
        self._name = name
        self._params = params
        self._cursor = cursor
        self._entered = False
        self._protocol: ConversationProtocol | SessionProtocol | None = None
        self._session: BlockingSession | None = None
        self._socket: ClientConnection | None = None

    @property
    def workflow_uuid(self) -> str | None:
        """The conversation's id as the server named it. None before it is entered."""
        return None if self._protocol is None else self._protocol.workflow_uuid

    @property
    def state(self) -> ConversationState:
        """Where the conversation stands (spec FA-LIF), as far as a client can tell: see
        `ConversationProtocol`.
        """
        return ConversationState.CREATED if self._protocol is None else self._protocol.state

    @property
    def question(self) -> Question | None:
        """The question that `answer` replies to, None when nothing is asked."""
        return None if self._protocol is None else self._protocol.question

    @property
    def result(self) -> str | None:
        """What the workflow returned. None before its end, and when it returned nothing."""
        return None if self._protocol is None else self._protocol.result

    @property
    def outcome(self) -> Outcome | None:
        """How the workflow ended, None before its end and in classic, which does not say."""
        return self._session.protocol.outcome if self._session is not None else None

    @property
    def connection(self) -> ConnectionState:
        """The state of the connection, to be shown (spec FA-LIF-3)."""
        if self._protocol is None:
            return ConnectionState.CONNECTING
        return self._protocol.connection

    @property
    def cursor(self) -> Cursor | None:
        """Where this conversation stands, to be stored and given to the client's `resume`: after the last
        message that was iterated over. None before the first session, and in classic.
        """
        return self._session.protocol.cursor if self._session is not None else None

    def is_open(self, question: Question) -> bool:
        """Say whether a question still takes an answer."""
        return self._protocol is not None and self._protocol.is_open(question)

    def answered_elsewhere(self, accepted: AnswerAccepted) -> bool:
        """Say whether somebody else's answer was taken, in another tab for example (spec FA-RES-6)."""
        return self._session is not None and self._session.protocol.answered_elsewhere(accepted)

    @property
    def last_error(self) -> Error | None:
        """The last `error` message that came, None when none did."""
        return None if self._protocol is None else self._protocol.last_error

    def __enter__(self) -> Self:
        """Announce the conversation, open the socket and send the first frame.

        Raises ServerUnreachable, RequestRefused (404 for a workflow that is not there), MalformedMessage, and
        ValueError for params that JSON cannot say.
        """
        if self._entered:
            raise RuntimeError("a conversation starts once: call start() again for another one")
        self._entered = True
        begin = self._cursor or self._client._initiate(self._name, self._params)
        if isinstance(begin, Cursor):
            self._enter_session(begin)
            return self
        if self._client._speaks_sessions(begin):
            # Not taken after all (spec FA-NEG-4): classic.
            with contextlib.suppress(DialectNotTaken):
                self._enter_session(begin)
                return self
        protocol = ConversationProtocol(begin)
        self._socket = self._client._open_socket()
        self._protocol = protocol
        try:
            # A server that closed already is no error here: the iteration tells why it did.
            with contextlib.suppress(ConnectionClosed):
                self._socket.send(protocol.start())
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Message:
        if self._session is not None:
            found = self._session.next(self._client._options.message_timeout)
            if found is None:
                raise StopIteration
            return found
        protocol, socket = self._open()
        completed = protocol.state is ConversationState.COMPLETED
        options = self._client._options
        try:
            data = socket.recv(options.close_timeout if completed else options.message_timeout)
        except ConnectionClosed as closed:
            code, reason, by_client = close_of(closed)
            self._end(protocol, code, reason, by_client, closed)
        except UnicodeDecodeError as error:
            # Releases of websockets before 14 leave it to the caller to fail the connection (RFC 6455, 8.1).
            socket.close(1007)
            self._end(protocol, 1007, "", True, error)
        except TimeoutError:
            if not completed:
                raise
            self.close()
            raise StopIteration from None
        if isinstance(data, bytes):
            raise protocol.receive_binary(data)
        return protocol.receive_text(data)

    def answer(self, value: str | Iterable[str], question: Question | None = None) -> str | None:
        """Answer a question, by default the oldest open one: with a text, a choice, or several choices.

        In `fastagency.v1` it returns the answer's id, which `answer_accepted` and `answer_rejected` repeat;
        the answer arrives exactly once, also when the connection drops meanwhile (spec FA-ANS). In classic
        it returns None, the oldest question is the only one that can be answered, and nothing confirms that
        the answer arrived but what follows.

        Raises NotAsked when nothing is asked or the question does not allow the value, and the conversation's
        error when it has ended.
        """
        if self._session is not None:
            return self._session.answer(value, question)
        protocol, socket = self._open()
        frame = protocol.answer(value)
        if (close := socket.protocol.close_rcvd) is not None:
            # Release 13 of websockets would throw away what is still unread if it were to send now.
            raise protocol.unsent(close.code, close.reason)
        try:
            socket.send(frame)
        except ConnectionClosed as closed:
            code, reason, by_client = close_of(closed)
            raise protocol.unsent(code, reason, by_client=by_client) from closed
        return None

    def cancel(self, reason: str | None = None) -> None:
        """Cancel the conversation; `reason` is for the server's log.

        In `fastagency.v1` the messages end with a `workflow_completed` of the outcome `cancelled` (spec
        FA-CAN-1). In classic it closes the socket, which has the same effect on the workflow (spec FA-CLA-6).
        """
        if self._session is not None:
            self._session.cancel(reason)
        else:
            self.close()

    def close(self) -> None:
        """Close the socket. The second time it does nothing.

        In classic that ends a workflow that still runs (spec FA-CLA-6). In `fastagency.v1` the workflow goes
        on, and `cursor` brings the conversation back (spec FA-CAN-3).
        """
        if self._session is not None:
            self._session.close()
            return
        if self._protocol is not None:
            self._protocol.leave()
        if self._socket is None or self._socket.protocol.state is State.CLOSED:
            return
        # While unread messages fill the buffer the library reads no close frame either, so they are read
        # away.
        drain = threading.Thread(target=_drain, args=(self._socket,), daemon=True)
        drain.start()
        try:
            self._socket.close()
        finally:
            drain.join(self._client._options.close_timeout)

    def _enter_session(self, begin: InitiatedWorkflow | Cursor) -> None:
        session = self._client._session(begin)
        session.open()
        self._session, self._protocol = session, session.protocol

    def _open(self) -> tuple[ConversationProtocol, ClientConnection]:
        if not isinstance(self._protocol, ConversationProtocol) or self._socket is None:
            raise RuntimeError("the conversation is not started: enter it with 'with'")
        return self._protocol, self._socket

    def _end(
        self, protocol: ConversationProtocol, code: int, reason: str, by_client: bool, cause: Exception
    ) -> NoReturn:
        ending = protocol.disconnected(code, reason, by_client=by_client)
        if ending is None:
            raise StopIteration from None
        raise ending from cause


def _drain(socket: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed, ConcurrencyError):
        while True:
            with contextlib.suppress(UnicodeDecodeError):
                socket.recv()
