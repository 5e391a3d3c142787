/** Where the user of a conversation of `fastagency.v1` stands: after the last message that was read. */

import type {
  Error as ErrorMessage,
  Outcome,
  ServerMessage,
  WorkflowCompletedContent,
} from "./_generated/messages.js";
import { finalStates } from "./_generated/tables.js";
import { isQuestion } from "./answers.js";
import { MalformedMessage } from "./errors.js";

/** What the user is given: a message, or the error for a frame that is none. */
export type Given = ServerMessage | MalformedMessage;

/** How a workflow ended, and what it returned. */
export type End = Pick<WorkflowCompletedContent, "outcome" | "result">;

export class Standing {
  /** The name of the log that `seq` counts in. */
  epoch = "";
  /** The place of the last message in the log. */
  seq = 0;
  /** What waits to be read. */
  readonly waiting: Given[] = [];
  /** The end of a conversation all of which had been read before (spec FA-RES-9). */
  readBefore: End | null = null;
  #end: End | null = null;
  lastError: ErrorMessage | null = null;
  readonly #asked = new Set<string>();

  /** Whether the question with this uuid was read. */
  wasAsked(uuid: string): boolean {
    return this.#asked.has(uuid);
  }

  /** The end, once it was read, now or before. */
  get end(): End | null {
    return this.#end ?? (this.waiting.length ? null : this.readBefore);
  }

  /** Give the user what comes next, if anything does. */
  next(): Given | undefined {
    const given = this.waiting.shift();
    if (given) this.#give(given);
    return given;
  }

  #give(given: Given): void {
    this.seq = Math.max(this.seq, seqOf(given) ?? 0);
    if (given instanceof MalformedMessage) return;
    if (isQuestion(given)) this.#asked.add(given.uuid);
    else if (given.type === "error") this.lastError = given;
    else if (given.type === "workflow_completed") this.#end = given.content;
    else if (given.type === "session_ready") {
      // A reset: what was read before is no part of this log (spec FA-RES-3).
      this.#asked.clear();
      this.epoch = given.epoch;
      this.seq = given.oldest_seq - 1;
    }
  }
}

/** The end of a conversation in this state (spec FA-LIF), null for one that is not over. What it returned is not known. */
export function endOf(state: string): End | null {
  const over = (finalStates as readonly string[]).includes(state);
  return over ? { outcome: state as Outcome, result: null } : null;
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
