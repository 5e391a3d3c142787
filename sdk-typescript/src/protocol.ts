/**
 * One classic conversation from the client's side, as a pure state machine: text that arrived goes in, messages and frames
 * to send come out. It does no I/O; `classic.ts` puts it on a socket.
 */

import type {
  Error as ErrorMessage,
  InitiatedWorkflow,
  ServerMessage,
  WorkflowCompleted,
} from "./_generated/messages.js";
import { CloseCode, type ConversationState, type Question } from "./_generated/tables.js";
import { answerFrame, isQuestion } from "./answers.js";
import { decode, encode } from "./codec.js";
import type { ConnectionState } from "./connection.js";
import { endingOf } from "./endings.js";
import {
  ConversationRefused,
  NotAsked,
  type ConversationError,
  type FastAgencyError,
} from "./errors.js";

/**
 * A conversation that `initiate_workflow` has announced.
 *
 * Call `start` once and send what it returns; then give each text frame to `receive`, and the end of the connection
 * to `disconnected`. Methods that return a frame leave the sending to the caller.
 */
export class ConversationProtocol {
  /** The last `error` message that came, null when none did. */
  lastError: ErrorMessage | null = null;
  /** Why the conversation ended before its time, null when it did not. */
  ending: ConversationError | null = null;
  #started = false;
  #left = false;
  #closed = false;
  #completed: WorkflowCompleted | null = null;
  readonly #questions: Question[] = [];

  /** `initiated` is what the server answered to `initiate_workflow`. */
  constructor(readonly initiated: InitiatedWorkflow) {}

  /** The conversation's id, as the server named it. */
  get workflowUuid(): string {
    return this.initiated.workflow_uuid;
  }

  /**
   * Where the conversation stands (spec FA-LIF), as far as a client can tell: `completed` says that
   * `workflow_completed` came, not that the workflow succeeded; `failed` that the server refused the conversation;
   * `cancelled` that the connection ended first, by either side.
   */
  get state(): ConversationState {
    if (this.#completed) return "completed";
    if (this.ending instanceof ConversationRefused) return "failed";
    if (this.#closed || this.#left) return "cancelled";
    if (!this.#started) return "created";
    return this.#questions.length ? "awaiting_answer" : "running";
  }

  /** The oldest question that is not answered yet, null when nothing is asked. */
  get question(): Question | null {
    return this.#questions[0] ?? null;
  }

  /** Null: classic does not say how the workflow ended. */
  get outcome(): null {
    return null;
  }

  /** Null: in classic there is nothing to resume. */
  get cursor(): null {
    return null;
  }

  /** The state of the connection (spec FA-LIF-3). In classic a drop is a loss (spec FA-NEG-3). */
  get connection(): ConnectionState {
    if (this.#completed || this.#left) return "ended";
    if (this.ending) return "lost";
    return this.#started ? "live" : "connecting";
  }

  /** Whether a question still takes an answer. */
  isOpen(question: Question): boolean {
    return this.#questions.includes(question);
  }

  /** False: classic does not say whose answer was taken. */
  answeredElsewhere(): boolean {
    return false;
  }

  /** What the workflow returned. Null before its end, and when it returned nothing. */
  get result(): string | null {
    return this.#completed?.content.result ?? null;
  }

  /** The first frame: what `initiate_workflow` answered, but for what only `fastagency.v1` has (spec FA-CLA-8). */
  start(): string {
    this.#started = true;
    const { user_id, workflow_uuid, name, params } = this.initiated;
    return encode({ user_id, workflow_uuid, name, params });
  }

  /**
   * Take a text frame and return its message. Throws `MalformedMessage` for a frame that is not what its type says;
   * the conversation stands as before it.
   */
  receive(text: string): ServerMessage {
    const message = decode(text);
    if (message.type === "workflow_completed") {
      this.#completed = message;
      this.#questions.length = 0;
    } else if (message.type === "error") this.lastError = message;
    // Nothing follows the end, so a question after it cannot be answered (spec FA-LIF).
    else if (isQuestion(message) && !this.#completed) this.#questions.push(message);
    return message;
  }

  /**
   * Return the frame that answers the open question. Throws `NotAsked` when nothing is asked or when the question
   * does not allow the value (it stays open then), and the conversation's own error when that has ended.
   */
  answer(value: string | readonly string[]): string {
    if (this.ending) throw this.ending;
    const question = this.#questions[0];
    if (!question) throw new NotAsked(`nothing is asked: the conversation is ${this.state}`);
    const frame = answerFrame(question, value);
    this.#questions.shift();
    return frame;
  }

  /** Note that this side closes the connection: what ends afterwards is not lost. */
  leave(): void {
    this.#left = true;
    this.#questions.length = 0;
  }

  /**
   * Note that the connection ended, with the close frame's code and reason.
   *
   * After `workflow_completed` every end is a normal one: FastAgency's own server sends no close frame, so that
   * clients see 1006 there (spec FA-CLA-1 mends it). Before it, a code that says what was wrong makes `ending` a
   * `ConversationRefused`, every other one a `ConversationLost`.
   */
  disconnected(code: number, reason: string): void {
    this.#closed = true;
    this.#questions.length = 0;
    if (!this.#completed && !this.#left) this.ending ??= endingOf(code, reason, this.lastError);
  }

  /**
   * What it means that an answer could not be sent because the connection had closed, with the close frame's code and
   * reason. It changes nothing: messages may have come before the close, and they are still to be read.
   */
  unsent(code: number, reason: string): FastAgencyError {
    if (code === CloseCode.Finished)
      return new NotAsked(
        "the server ended the conversation before the answer came; read on to see how",
      );
    return endingOf(code, reason, this.lastError);
  }
}
