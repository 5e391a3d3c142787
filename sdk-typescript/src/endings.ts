/** What the end of a connection means: an error, by the close code (spec FA-CLS). */

import type { Error as ErrorMessage } from "./_generated/messages.js";
import { CloseCode, closeCodes } from "./_generated/tables.js";
import { ConversationLost, ConversationRefused, type ConversationError } from "./errors.js";

/** What RFC 6455 calls a connection that ended without a close frame. */
export const NO_CLOSE_FRAME = 1006;

/**
 * The error for a connection that ended with `code` before the workflow did: a `ConversationRefused` for a code that
 * says what was wrong, a `ConversationLost` for every other. `lastError` is the last `error` message that came;
 * `byClient` says that this side closed, because the server broke the WebSocket protocol.
 */
export function endingOf(
  code: number,
  reason: string,
  lastError: ErrorMessage | null,
  byClient = false,
): ConversationError {
  const { short, long } = lastError?.content ?? {};
  const detail = [short, long].filter(Boolean).join(": ");
  const { meaning, client } = closeCodes[code] ?? {};
  const why = byClient ? reason : [meaning, reason, detail].filter(Boolean).join(" ");
  // Where a client would resume, there is no refusal: the conversation goes on elsewhere.
  const resumes = client ? client === "resume" : code >= 4200 && code < 4300;
  const ours = code >= 4000 && code < 5000 && !resumes;
  if (!byClient && (ours || code === CloseCode.FrameTooBig || code === CloseCode.NotUtf8))
    return new ConversationRefused(`${code}: ${why}`, code, reason, detail || null);
  return new ConversationLost(
    `the connection ended before the workflow did (${code}) ${why}`.trim(),
    code,
    reason,
  );
}
