/**
 * When to ask for the list of workflows again: a pure computation. Only discovery is ever repeated; nothing that
 * announces or starts a workflow is (spec FA-NEG-3).
 */

import { RequestRefused, ServerUnreachable } from "./errors.js";

/** How often, and after how long, discovery is tried again when the server cannot be reached or is full. */
export interface Retry {
  /** Every try counts, the first one too: 1 never repeats. 4 by default. */
  readonly attempts?: number;
  /** The longest wait before the second try, in milliseconds; it doubles with every further one. 250 by default. */
  readonly firstDelay?: number;
  /**
   * The longest wait of all, in milliseconds; a server that asks for more than that is not waited for. 5000 by default.
   */
  readonly longestDelay?: number;
}

/**
 * The milliseconds to wait after try number `tried` failed with `error`, or null to give up. They are drawn from
 * nothing up to the longest wait, so that many clients do not come back at once.
 */
export function delayOf(
  { attempts = 4, firstDelay = 250, longestDelay = 5000 }: Retry,
  tried: number,
  error: unknown,
): number | null {
  const full = error instanceof RequestRefused && error.status === 503;
  if (tried >= attempts || !(full || error instanceof ServerUnreachable)) return null;
  if (full && error.retryAfter !== null) {
    const asked = error.retryAfter * 1000;
    return asked <= longestDelay ? asked : null;
  }
  return Math.random() * Math.min(longestDelay, firstDelay * 2 ** (tried - 1));
}
