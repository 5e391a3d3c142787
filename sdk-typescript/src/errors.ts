/**
 * The errors of the SDK.
 *
 * FastAgencyError
 * ├── ServerUnreachable          no connection to the server, or it broke before there was a conversation
 * ├── RequestRefused             a request was answered with an error status
 * ├── MalformedMessage           the server sent something that is not what it should be
 * ├── ConversationError          the conversation cannot go on
 * │   ├── ConversationRefused    the server closed with a code that says what was wrong
 * │   └── ConversationLost       the connection ended before the workflow did
 * └── NotAsked                   an answer while nothing is asked, or one that the question does not allow
 */

/** Every error that the SDK raises. */
export class FastAgencyError extends Error {
  override name = "FastAgencyError";
}

/** There is no connection to the server, or it broke before there was a conversation. */
export class ServerUnreachable extends FastAgencyError {
  override name = "ServerUnreachable";
}

/**
 * A request, or in Node the opening of a WebSocket, was answered with an error status.
 *
 * `status` is the HTTP status (0 for a redirect in a browser, which does not tell it), `detail` what the server said,
 * `retryAfter` seconds to wait before the next try (null: not said).
 */
export class RequestRefused extends FastAgencyError {
  override name = "RequestRefused";

  constructor(
    readonly status: number,
    readonly detail: string,
    readonly retryAfter: number | null = null,
  ) {
    super(`${status}: ${detail}`);
  }
}

/** The server sent a frame or a response that is not what it should be. `text` is what arrived. */
export class MalformedMessage extends FastAgencyError {
  override name = "MalformedMessage";

  constructor(
    why: string,
    readonly text: string,
  ) {
    super(why);
  }
}

/**
 * The conversation cannot go on.
 *
 * `code` and `reason` are those of the close frame; `code` is 1006 when none came (RFC 6455, 7.1.5).
 */
export class ConversationError extends FastAgencyError {
  override name = "ConversationError";

  constructor(
    message: string,
    readonly code: number,
    readonly reason: string,
  ) {
    super(message);
  }
}

/**
 * The server closed with a code that says what was wrong (spec FA-CLS).
 *
 * `detail` is the text of the last `error` message before the close, null when there was none.
 */
export class ConversationRefused extends ConversationError {
  override name = "ConversationRefused";

  constructor(
    message: string,
    code: number,
    reason: string,
    readonly detail: string | null,
  ) {
    super(message, code, reason);
  }
}

/** The connection ended before the workflow did. The client never runs a workflow again by itself (spec FA-NEG-3). */
export class ConversationLost extends ConversationError {
  override name = "ConversationLost";
}

/** An answer while nothing is asked, or one that the question does not allow. */
export class NotAsked extends FastAgencyError {
  override name = "NotAsked";
}
