/** Where a client stands in a conversation of `fastagency.v1`: a small value to be stored, and resumed from. */

import { ResumeWorkflow } from "./_generated/rules.js";
import type { ResumeWorkflow as ResumeFrame } from "./_generated/messages.js";
import { read } from "./rules.js";

/**
 * Everything up to `afterSeq` has been read, in the log named `epoch` (spec FA-RES-1).
 *
 * `JSON.stringify` writes it and `Cursor.parse` reads it, in every language's client alike. That JSON is a secret:
 * whoever has it, and is the same user, can open the conversation (spec FA-SEC-2). What `console.log` shows of a cursor
 * leaves the token out.
 */
export class Cursor {
  readonly #resumeToken: string;

  constructor(
    /** The conversation's id. */
    readonly workflowUuid: string,
    resumeToken: string,
    /** The name of the log that `afterSeq` counts in. */
    readonly epoch: string,
    /** The number of the last message that was read, 0 for none. */
    readonly afterSeq: number,
  ) {
    this.#resumeToken = resumeToken;
  }

  /** Read what `JSON.stringify` wrote of a cursor. Throws a TypeError for what is none. */
  static parse(text: string): Cursor {
    let frame: object;
    try {
      frame = { ...(JSON.parse(text) as object), type: "resume_workflow" };
    } catch {
      throw new TypeError("a cursor is JSON"); // and no word of the text, which may hold the token
    }
    const { workflow_uuid, resume_token, epoch, after_seq } = read(
      ResumeWorkflow,
      frame,
    ) as ResumeFrame;
    return new Cursor(workflow_uuid, resume_token, epoch, after_seq);
  }

  /** The secret that opens the conversation, together with its user. */
  get resumeToken(): string {
    return this.#resumeToken;
  }

  /** The cursor that gives the whole conversation, as far as the server still holds it (spec FA-RES-3). */
  fromStart(): Cursor {
    return new Cursor(this.workflowUuid, this.#resumeToken, this.epoch, 0);
  }

  /** The four fields as they are stored. */
  toJSON(): Omit<ResumeFrame, "type"> {
    return {
      workflow_uuid: this.workflowUuid,
      resume_token: this.#resumeToken,
      epoch: this.epoch,
      after_seq: this.afterSeq,
    };
  }
}
