/**
 * One conversation of `fastagency.v1` from the client's side, as a pure state machine over all its connections. It does
 * no I/O and has no clock; `resumable.ts` puts it on sockets. Times are milliseconds of any clock that never goes back.
 */

import type {
  AnswerAccepted,
  CancelWorkflow,
  Error as ErrorMessage,
  InitiatedWorkflow,
  Outcome,
  ResumeWorkflow,
  ServerMessage,
  SessionReady,
  StartWorkflow,
} from "./_generated/messages.js";
import type { ConversationState, Question } from "./_generated/tables.js";
import { isQuestion } from "./answers.js";
import { decode, encode } from "./codec.js";
import type { ConnectionState } from "./connection.js";
import { Cursor } from "./cursor.js";
import { endingOf, NO_CLOSE_FRAME } from "./endings.js";
import {
  ConversationRefused,
  MalformedMessage,
  NotAsked,
  type ConversationError,
} from "./errors.js";
import { PATIENCE, reconnectDelay, type Reconnect } from "./reconnect.js";
import { endOf, seqOf, Standing, type End, type Given } from "./standing.js";
import { AnswersUnderWay } from "./underway.js";

/** What a client offers where it was advertised (spec FA-NEG-2). */
export const SUBPROTOCOL = "fastagency.v1";

/** After how many heartbeats without one the connection is dead (spec FA-LIV-1). */
const SILENCES = 1.5;

/**
 * A conversation, over as many connections as it takes.
 *
 * For each socket: send `firstFrame`, give every frame to `receive`, and send what `outgoing` returns; when it has
 * ended, `disconnected` says what is next. The user's side takes the messages with `read`, in order; the cursor, the
 * state and the open question are those after the last message that was read.
 */
export class SessionProtocol {
  /** The conversation's id. */
  readonly workflowUuid: string;
  /** Why no connection is tried any more before the end; null otherwise. */
  ending: ConversationError | null = null;
  readonly #initiated: InitiatedWorkflow | null = null;
  readonly #reconnect: Reconnect;

  // The session, as it was received, and when (in milliseconds).
  #token: string;
  #epoch = "";
  #seq = 0;
  #resumable = false;
  #live = false;
  #replaying = false;
  #gap = false;
  #completed = false;
  #ended: End | null = null; // if it was over when this session began
  #lastError: ErrorMessage | null = null;
  readonly #open = new Map<string, Question>();
  #attempt = 0;
  #goneSince: number;
  #heard: number;
  #silence: number;
  #detached: number;

  /** A replay that is not complete yet: it is read only then, so that `isOpen` is right. */
  #held: Given[] = [];
  /** Whether the user may have something on show that a reset makes wrong. */
  #shown = false;

  // What the user has read, and done.
  readonly #standing = new Standing();
  readonly #answers = new AnswersUnderWay();
  #told = false;
  #left = false;
  #cancelling: string | null = null;
  #cancelSent = false;

  /** `begin` is what the server answered to `initiate_workflow`, or where to go on. */
  constructor(begin: InitiatedWorkflow | Cursor, reconnect: Reconnect, now: number) {
    this.#reconnect = reconnect;
    this.#goneSince = this.#heard = now;
    this.#silence = this.#detached = reconnect.patience ?? PATIENCE;
    if (begin instanceof Cursor) {
      this.workflowUuid = begin.workflowUuid;
      this.#token = begin.resumeToken;
      this.#epoch = this.#standing.epoch = begin.epoch;
      this.#seq = this.#standing.seq = begin.afterSeq;
      this.#resumable = this.#shown = true;
    } else {
      this.#initiated = begin;
      this.workflowUuid = begin.workflow_uuid;
      this.#token = begin.resume_token ?? "";
    }
  }

  // --- what a user asks

  /** The state of the connection (spec FA-LIF-3). */
  get connection(): ConnectionState {
    if (this.ending) return "lost";
    if (this.over) return "ended";
    if (this.#live || this.#completed || this.#standing.readBefore) return "live";
    return this.#resumable ? "reconnecting" : "connecting";
  }

  /** Where the conversation stands (spec FA-LIF). */
  get state(): ConversationState {
    const { end } = this.#standing;
    if (end) return end.outcome ?? "completed";
    if (this.over)
      return this.#told && this.ending instanceof ConversationRefused ? "failed" : "cancelled";
    if (!this.#resumable) return "created";
    return this.question ? "awaiting_answer" : "running";
  }

  /** The oldest open question that was read and has no answer under way; null when there is none. */
  get question(): Question | null {
    for (const question of this.#open.values())
      if (this.#standing.wasAsked(question.uuid) && this.isOpen(question)) return question;
    return null;
  }

  /** What the workflow returned. Null before its end, and when it returned nothing. */
  get result(): string | null {
    return this.#standing.end?.result ?? null;
  }

  /** How the workflow ended, null before its end. */
  get outcome(): Outcome | null {
    return this.#standing.end?.outcome ?? null;
  }

  /** The last `error` message that was read, null when none was. */
  get lastError(): ErrorMessage | null {
    return this.#standing.lastError;
  }

  /** Where the user stands: after the last message that was read. Null before the first session. */
  get cursor(): Cursor | null {
    const { epoch, seq } = this.#standing;
    return this.#resumable ? new Cursor(this.workflowUuid, this.#token, epoch, seq) : null;
  }

  /** Whether nothing more can be read. */
  get over(): boolean {
    return this.#left || this.#told || !!this.#standing.end;
  }

  /** How many messages wait to be read. */
  get unread(): number {
    return this.#standing.waiting.length;
  }

  /** Whether a question still takes an answer: nobody's was accepted, and none of this client is under way. */
  isOpen({ uuid }: Question): boolean {
    return this.#open.has(uuid) && !this.#answers.has(uuid);
  }

  /** Whether somebody else's answer was taken, another tab's for example (spec FA-RES-6). */
  answeredElsewhere({ answer_id }: AnswerAccepted): boolean {
    return answer_id !== null && !this.#answers.isMine(answer_id);
  }

  // --- what a user does

  /**
   * The next message, undefined while there is none. Throws `MalformedMessage` in the place of a frame that is not what
   * its type says, and `ending` after the last message.
   */
  read(): ServerMessage | undefined {
    if (this.#left || this.#standing.end) return undefined;
    const given = this.#standing.next();
    if (!given && this.ending) {
      this.#told = true;
      throw this.ending;
    }
    if (given instanceof MalformedMessage) throw given;
    return given;
  }

  /**
   * Answer a question, by default the oldest open one, and return the answer's id; `outgoing` has the frame. It is kept
   * until the server accepts or rejects it (spec FA-ANS-1).
   *
   * Throws `NotAsked` when nothing is asked, the question is closed or it does not allow the value, and `ending`.
   */
  answer(value: string | readonly string[], question: Question | null = this.question): string {
    if (this.ending) throw this.ending;
    if (!question) throw new NotAsked(`nothing is asked: the conversation is ${this.state}`);
    if (!this.isOpen(question)) throw new NotAsked("the question is closed, or answered already");
    return this.#answers.add(question, value);
  }

  /** Cancel the conversation, now or as soon as there is a session again, until its end is here (spec FA-CAN-1). */
  cancel(reason: string | null = null): void {
    const frame: CancelWorkflow = { type: "cancel_workflow", reason };
    if (!this.#completed) this.#cancelling ??= encode(frame);
  }

  /** Note that this side closes the connection for good; the conversation goes on (spec FA-CAN-3). */
  leave(): void {
    this.#left = true;
    this.#settle();
  }

  // --- what a connection does

  /** The first frame of a new socket: the same start again until there is a session (spec FA-RES-7), then a resume. */
  firstFrame(now: number): string {
    this.#heard = now;
    const [workflow_uuid, resume_token] = [this.workflowUuid, this.#token];
    if (this.#initiated && !this.#resumable) {
      const { name, params } = this.#initiated;
      const start = { workflow_uuid, name, params, resume_token };
      return encode({ type: "start_workflow", ...start } satisfies StartWorkflow);
    }
    const place = { workflow_uuid, resume_token, epoch: this.#epoch, after_seq: this.#seq };
    return encode({ type: "resume_workflow", ...place } satisfies ResumeWorkflow);
  }

  /** The frames that are to be sent now: answers that this connection has not carried yet, then a cancel. */
  outgoing(): string[] {
    if (!this.#live) return [];
    const frames = this.#answers.unsent();
    if (this.#cancelling && !this.#cancelSent) frames.push(this.#cancelling);
    this.#cancelSent = !!this.#cancelling;
    return frames;
  }

  /** When the connection is dead if nothing is heard until then (spec FA-LIV-1). */
  get deadline(): number {
    return this.#heard + this.#silence;
  }

  /** Whether the socket is to be closed and the conversation resumed: the log has a gap (spec FA-RES-5). */
  get broken(): boolean {
    return this.#gap;
  }

  /** Whether the workflow has ended and everything was received: the socket can be closed. */
  get complete(): boolean {
    return this.#completed && !this.#replaying;
  }

  /** Take a text frame, or null for a binary one. */
  receive(text: string | null, now: number): void {
    this.#heard = now;
    if (this.#gap) return;
    try {
      if (text === null)
        throw new MalformedMessage("a binary frame: the protocol has text frames only", "");
      this.#take(decode(text), now);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.#log(error);
    }
  }

  /** Note that a frame was heard but not kept: from here on the log has a gap. */
  skip(now: number): void {
    this.#heard = now;
    this.#gap = true;
  }

  /** Note that this side did not listen until now: the silence was no sign. */
  listen(now: number): void {
    this.#heard = now;
  }

  /**
   * Note that the connection ended, or could not be opened. Returns the milliseconds to wait before the next one, or
   * null when none follows: the conversation has ended, or `ending` says why (spec FA-CLS). `byClient` says that this
   * side closed, because the server broke the WebSocket protocol.
   */
  disconnected(code: number, reason: string, now: number, byClient = false): number | null {
    // All of it had been read before, so `workflow_completed` does not come again (spec FA-RES-9).
    if (this.#live && !this.#gap && !byClient && code === 1000)
      this.#standing.readBefore = this.#ended;
    if (this.#live || this.#replaying) this.#goneSince = now;
    this.#live = this.#replaying = this.#cancelSent = false;
    this.#answers.sendAgain();
    if (this.#completed || this.#standing.readBefore || this.#left) {
      this.#release();
      return null;
    }
    // What came after the gap may have explained the close, so the close alone says nothing.
    if (this.#gap) [code, byClient] = [NO_CLOSE_FRAME, false];
    this.#gap = false;
    const delay = reconnectDelay(this.#reconnect, code, reason, ++this.#attempt);
    if (delay !== null && now + delay - this.#goneSince <= this.#detached) return delay;
    this.giveUp(endingOf(code, reason, this.#lastError, byClient));
    return null;
  }

  /** Note that no connection is tried any more, and why. */
  giveUp(ending: ConversationError): void {
    this.ending = ending;
    this.#release();
    this.#settle();
  }

  // --- messages

  #take(message: ServerMessage, now: number): void {
    switch (message.type) {
      case "session_ready":
        return this.#begin(message, now);
      case "replay_completed":
        return this.#goLive(now);
      case "keep_alive":
        return;
      case "answer_accepted":
        // Said again it is nothing new, but it settles the answer (spec FA-ANS-4).
        this.#answers.accepted(message);
        break;
      case "answer_rejected":
        this.#answers.rejected(message.answer_id);
        if (message.reason !== "invalid_value") this.#open.delete(message.question_uuid);
    }
    this.#log(message);
  }

  /** Take a message to its place in the log, which counts on even where it cannot be read (spec FA-RES-5). */
  #log(given: Given): void {
    const seq = seqOf(given);
    if (seq !== null) {
      if (seq <= this.#seq) return;
      this.#gap = seq > this.#seq + 1;
      if (this.#gap) return;
      this.#seq = seq;
      this.#attempt = 0;
    }
    if (!(given instanceof MalformedMessage)) this.#note(given);
    if (this.#replaying || this.#held.length) this.#held.push(given);
    else this.#give([given]);
  }

  #begin(ready: SessionReady, now: number): void {
    this.#token = ready.resume_token;
    this.#epoch = ready.epoch;
    this.#silence = SILENCES * 1000 * ready.heartbeat_seconds;
    this.#detached = 1000 * ready.detached_seconds;
    this.#resumable = true;
    this.#ended = endOf(ready.state);
    // A replay goes on with what one that broke had brought; everything else begins anew (spec FA-RES-3).
    if (ready.mode !== "replay") {
      this.#seq = ready.oldest_seq - 1;
      this.#open.clear();
      this.#held = [];
      if (this.#shown) this.#held.push(ready);
      else [this.#standing.epoch, this.#standing.seq] = [this.#epoch, this.#seq];
    }
    this.#replaying = true;
    if (ready.mode === "fresh") this.#goLive(now);
  }

  #goLive(now: number): void {
    this.#release();
    this.#replaying = false;
    this.#live = true;
    this.#attempt = 0;
    this.#goneSince = now;
  }

  #release(): void {
    this.#give(this.#held);
    this.#held = [];
  }

  #give(given: readonly Given[]): void {
    this.#standing.waiting.push(...given);
    // The error before a refusal is no part of the log.
    this.#shown ||= this.#resumable && given.length > 0;
  }

  /** Learn from a message that was received. */
  #note(message: ServerMessage): void {
    if (isQuestion(message)) this.#open.set(message.uuid, message);
    else if (message.type === "error") this.#lastError = message;
    else if (message.type === "answer_accepted") this.#open.delete(message.question_uuid);
    else if (message.type === "workflow_completed") {
      this.#completed = true;
      this.#settle();
    }
  }

  /** Nothing is asked any more, and nothing is to be sent. */
  #settle(): void {
    this.#open.clear();
    this.#answers.clear();
    this.#cancelling = null;
  }
}
