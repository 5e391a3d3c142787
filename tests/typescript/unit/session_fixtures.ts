/** Frames of `fastagency.v1`, and a machine with a clock that is moved by hand. */

import type {
  InitiatedWorkflow,
  ServerMessage,
} from "../../../sdk-typescript/src/_generated/messages.ts";
import type { Cursor } from "../../../sdk-typescript/src/cursor.ts";
import { MalformedMessage } from "../../../sdk-typescript/src/errors.ts";
import type { Reconnect } from "../../../sdk-typescript/src/reconnect.ts";
import { SessionProtocol } from "../../../sdk-typescript/src/session.ts";
import { INITIATED, UUID } from "./fixtures.ts";

export const TOKEN = "t".repeat(32);
export const STARTED: InitiatedWorkflow = {
  ...INITIATED,
  workflow_uuid: UUID,
  resume_token: TOKEN,
  ticket: null,
};
const TIME = "2026-01-01T00:00:00Z";

export function frame(type: string, fields: object): string {
  return JSON.stringify({ type, ...fields });
}

/** A `session_ready`; heartbeats every 10 s, and kept for 60 s without a socket. */
export function ready(mode: string, more: object = {}): string {
  return frame("session_ready", {
    workflow_uuid: UUID,
    mode,
    epoch: "e1",
    oldest_seq: 1,
    head_seq: 0,
    state: "running",
    resume_token: TOKEN,
    heartbeat_seconds: 10,
    detached_seconds: 60,
    ...more,
  });
}

/** A logged message. */
export function logged(seq: number, type = "text_message", more: object = {}): string {
  const content = type === "text_message" ? { body: `m${seq}` } : {};
  return frame(type, {
    workflow_uuid: UUID,
    uuid: `u${seq}`,
    content,
    seq,
    timestamp: TIME,
    ...more,
  });
}

export function question(seq: number, uuid = "q1", more: object = {}): string {
  const content = { prompt: "Name?", suggestions: [], password: false, ...more };
  return logged(seq, "text_input", { uuid, content });
}

export function choices(seq: number, single: boolean): string {
  const content = { prompt: "Which?", choices: ["a", "b"], default: null, single };
  return logged(seq, "multiple_choice", { uuid: "q1", content });
}

export function accepted(seq: number, answerId: string | null, uuid = "q1"): string {
  const fields = { question_uuid: uuid, answer_id: answerId, value: "v" };
  return frame("answer_accepted", { seq, timestamp: TIME, ...fields });
}

export function rejected(answerId: string, reason: string): string {
  return frame("answer_rejected", { question_uuid: "q1", answer_id: answerId, reason });
}

export function over(seq: number, outcome = "completed"): string {
  return logged(seq, "workflow_completed", { content: { result: "done", outcome } });
}

export const replayed = (seq: number) => frame("replay_completed", { through_seq: seq });
export const malformed = (seq?: number) =>
  frame("text_message", { seq, workflow_uuid: UUID, uuid: "u", content: { body: 5 } });
export const chunk = (delta: string, replace = false) =>
  frame("text_chunk", { message_uuid: "t1", delta, replace });
export const alive = () => frame("keep_alive", { workflow_uuid: UUID, uuid: "k", content: {} });

/** What the user is given: a message, or the error for one. */
export type Seen = ServerMessage | MalformedMessage;

/** A machine, a clock, and a user who reads when told to. Times are in milliseconds. */
export class Talk {
  now = 100_000;
  readonly protocol: SessionProtocol;
  readonly seen: Seen[] = [];

  constructor(begin: InitiatedWorkflow | Cursor = STARTED, reconnect: Reconnect = {}) {
    this.protocol = new SessionProtocol(begin, reconnect, this.now);
  }

  /** Open a connection, and hear these frames on it. Returns the first frame. */
  open(...frames: string[]): any {
    const first: unknown = JSON.parse(this.protocol.firstFrame(this.now));
    this.hear(...frames);
    return first;
  }

  /** Receive frames, and read everything. */
  hear(...frames: string[]): this {
    this.receive(...frames);
    this.read();
    return this;
  }

  receive(...frames: string[]): void {
    for (const text of frames) this.protocol.receive(text, this.now);
  }

  /** Read, at most so many. */
  read(most = Infinity): void {
    while (most-- > 0)
      try {
        const message = this.protocol.read();
        if (!message) return;
        this.seen.push(message);
      } catch (error) {
        if (!(error instanceof MalformedMessage)) throw error;
        this.seen.push(error);
      }
  }

  /** The connection ends. Returns what `disconnected` does. */
  drop(code = 1006, reason = "", byClient = false): number | null {
    return this.protocol.disconnected(code, reason, this.now, byClient);
  }

  sent(): any[] {
    return this.protocol.outgoing().map((text) => JSON.parse(text) as unknown);
  }

  types(): string[] {
    return this.seen.map((each) => (each instanceof MalformedMessage ? "malformed" : each.type));
  }

  seqs(): unknown[] {
    return this.seen.map((each) => ("seq" in each ? each.seq : undefined));
  }

  /** The last message. */
  get last(): any {
    return this.seen.at(-1);
  }
}

/** A conversation that is live, and has read these. */
export function live(...frames: string[]): Talk {
  const talk = new Talk(STARTED, { firstDelay: 1000 });
  talk.open(ready("fresh"), ...frames);
  return talk;
}
