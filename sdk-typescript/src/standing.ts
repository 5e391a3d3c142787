/** Where the user of a conversation of `fastagency.v1` stands: after the last message that was read. */

import type { Error as ErrorMessage, ServerMessage } from "./_generated/messages.js";
import { isQuestion } from "./answers.js";
import { MalformedMessage } from "./errors.js";

/** What the user is given: a message, or the error for a frame that is none. */
export type Given = ServerMessage | MalformedMessage;

export class Standing {
  /** The name of the log that `seq` counts in. */
  epoch = "";
  /** The place of the last message in the log. */
  seq = 0;
  /** The end, once it was read. */
  end: Extract<ServerMessage, { type: "workflow_completed" }>["content"] | null = null;
  lastError: ErrorMessage | null = null;
  readonly #asked = new Set<string>();

  /** Whether the question with this uuid was read. */
  wasAsked(uuid: string): boolean {
    return this.#asked.has(uuid);
  }

  /** The user is given this. */
  give(given: Given): void {
    this.seq = Math.max(this.seq, seqOf(given) ?? 0);
    if (given instanceof MalformedMessage) return;
    if (isQuestion(given)) this.#asked.add(given.uuid);
    else if (given.type === "error") this.lastError = given;
    else if (given.type === "workflow_completed") this.end = given.content;
    else if (given.type === "session_ready") {
      // A reset: what was read before is no part of this log (spec FA-RES-3).
      this.#asked.clear();
      this.epoch = given.epoch;
      this.seq = given.oldest_seq - 1;
    }
  }
}

/** A message's place in the log (spec FA-RES-1), null for what is not logged. */
export function seqOf(given: Given): number | null {
  let fields: object | null = given;
  if (given instanceof MalformedMessage) fields = parsed(given.text);
  else if (given.type === "unknown") fields = given.raw;
  const seq = (fields as { seq?: unknown } | null)?.seq;
  return Number.isInteger(seq) ? (seq as number) : null;
}

/** The JSON of a frame that is malformed, null where it is none. */
function parsed(text: string): object | null {
  try {
    return JSON.parse(text) as object | null;
  } catch {
    return null;
  }
}
