/** When to open the next socket of a conversation: a pure computation (spec FA-LIV-2, FA-CLS). */

import { NO_CLOSE_FRAME } from "./endings.js";

/**
 * How a conversation of `fastagency.v1` comes back after its connection ended. Everything may be left out.
 *
 * Nothing is tried any more once the conversation must be gone: the server's `detached_seconds` after the last session,
 * or `patience` where there was none yet.
 */
export interface Reconnect {
  /** The longest wait before the first attempt, in milliseconds; it doubles with every further one. 500 by default. */
  readonly firstDelay?: number;
  /** The longest wait of all, in milliseconds. 30000 by default. */
  readonly longestDelay?: number;
  /** How long to try while there was no session yet, in milliseconds. 30000 by default. */
  readonly patience?: number;
  /**
   * Whether to try again, in place of what the close code says; undefined: as it says. `code` is 1006 for a connection
   * that broke or could not be opened, `attempt` counts from 1 since the last progress.
   */
  readonly shouldRetry?: (code: number, reason: string, attempt: number) => boolean | undefined;
}

/** How long a client without a session is patient, in milliseconds, unless it says otherwise. */
export const PATIENCE = 30_000;

/**
 * The milliseconds to wait before attempt number `attempt`, or null to give up. `code` and `reason` are what the last
 * connection ended with. `draw` returns a number from 0 up to 1, so that many clients do not come back at once.
 */
export function reconnectDelay(
  { firstDelay = 500, longestDelay = 30_000, shouldRetry }: Reconnect,
  code: number,
  reason: string,
  attempt: number,
  draw = Math.random,
): number | null {
  const backsOff = [1001, NO_CLOSE_FRAME, 1011, 1012].includes(code);
  const usual = backsOff || (code >= 4100 && code < 4300);
  if (!(shouldRetry?.(code, reason, attempt) ?? usual)) return null;
  // At once, since the server asked for it; but not again and again.
  if (attempt === 1 && code >= 4200 && code < 4300) return 0;
  return draw() * Math.min(longestDelay, firstDelay * 2 ** Math.min(attempt - 1, 60));
}
