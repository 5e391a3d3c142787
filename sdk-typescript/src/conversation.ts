/// <reference lib="esnext.disposable" preserve="true" />

/** What a conversation is to its user, in both dialects. */

import type {
  AnswerAccepted,
  Error as ErrorMessage,
  Outcome,
  ServerMessage,
} from "./_generated/messages.js";
import type { ConversationState, Question } from "./_generated/tables.js";
import type { ConnectionState } from "./connection.js";
import type { Cursor } from "./cursor.js";

/** Options of one conversation. */
export interface ConversationOptions {
  /** Ends the conversation, or gives its start up. What it was waiting for throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told of every change of the connection's state. */
  readonly onConnection?: (state: ConnectionState) => void;
}

/** What the state machine of either dialect tells; `Conversation` explains it. */
export interface Protocol {
  readonly workflowUuid: string;
  readonly state: ConversationState;
  readonly question: Question | null;
  readonly result: string | null;
  readonly outcome: Outcome | null;
  readonly lastError: ErrorMessage | null;
  readonly connection: ConnectionState;
  readonly cursor: Cursor | null;
  isOpen(question: Question): boolean;
  answeredElsewhere(accepted: AnswerAccepted): boolean;
}

export interface Conversation extends AsyncDisposable {}

/**
 * One conversation with one workflow: an async iterable of the server's messages.
 *
 * Reading ends after `workflow_completed`; when the conversation cannot go on before, it throws a `ConversationRefused`
 * or a `ConversationLost`, each time. `break` leaves the conversation open: a new `for await` goes on where the last one
 * stopped. Every message goes to one reader only. A question counts as asked once it was read.
 *
 * On a server that speaks `fastagency.v1` the conversation comes back by itself when its connection ends, and `close`
 * leaves the workflow running. On any other, the connection's end is the conversation's (spec FA-NEG-3, FA-CLA-6), and
 * messages that nobody has read yet are kept in memory, since a browser cannot slow a socket down.
 *
 * Use `Client.start` and `Client.resume`.
 */
export abstract class Conversation implements AsyncIterable<ServerMessage> {
  readonly #protocol: Protocol;
  readonly #onConnection: ConversationOptions["onConnection"];
  #connection: ConnectionState | null = null;
  #waiting: (() => void)[] = [];
  #aborted = false;
  #reason: unknown;
  /**
   * Aborts when nothing is to be waited for any more.
   *
   * @internal
   */
  protected readonly done = new AbortController();

  static {
    // Browsers that do not know `await using` yet have no such symbol.
    if (Symbol.asyncDispose)
      this.prototype[Symbol.asyncDispose] = function (this: Conversation) {
        return this.close();
      };
  }

  /** @internal */
  protected constructor(protocol: Protocol, { signal, onConnection }: ConversationOptions) {
    this.#protocol = protocol;
    this.#onConnection = onConnection;
    const abort = () => {
      this.#aborted = true;
      this.#reason = signal?.reason;
      void this.close();
    };
    signal?.addEventListener("abort", abort, { signal: this.done.signal });
  }

  /** The conversation's id, as the server named it. */
  get workflowUuid(): string {
    return this.#protocol.workflowUuid;
  }

  /** Where the conversation stands, as of the last message that was read (spec FA-LIF). */
  get state(): ConversationState {
    return this.#protocol.state;
  }

  /** The question that the next `answer` answers, null when nothing is asked. */
  get question(): Question | null {
    return this.#protocol.question;
  }

  /** What the workflow returned. Null before its end, and when it returned nothing. */
  get result(): string | null {
    return this.#protocol.result;
  }

  /** How the workflow ended. Null before its end, and in classic, which does not say. */
  get outcome(): Outcome | null {
    return this.#protocol.outcome;
  }

  /** The last `error` message that was read, null when none was. */
  get lastError(): ErrorMessage | null {
    return this.#protocol.lastError;
  }

  /** The state of the connection, to be shown (spec FA-LIF-3). */
  get connection(): ConnectionState {
    return this.#protocol.connection;
  }

  /**
   * Where this conversation stands, to be stored and given to `Client.resume`: after the last message that was read.
   * Null before the first session, and in classic.
   */
  get cursor(): Cursor | null {
    return this.#protocol.cursor;
  }

  /** Whether a question still takes an answer. */
  isOpen(question: Question): boolean {
    return this.#protocol.isOpen(question);
  }

  /** Whether somebody else's answer was taken, in another tab for example (spec FA-RES-6). */
  answeredElsewhere(accepted: AnswerAccepted): boolean {
    return this.#protocol.answeredElsewhere(accepted);
  }

  /**
   * Answer a question, by default the oldest open one: with a text, a choice, or a list of choices where several may be
   * picked.
   *
   * In `fastagency.v1` it gives the answer's id, which `answer_accepted` and `answer_rejected` repeat; the answer arrives
   * exactly once, also when the connection ends meanwhile (spec FA-ANS). In classic it gives null when the socket has
   * taken the frame, and only the oldest question can be answered.
   *
   * Rejects with `NotAsked` when nothing is asked, the question is closed or does not allow the value (it stays open
   * then), and with the conversation's error when that has ended, even if its end was not read yet: the messages before
   * it still can be.
   */
  abstract answer(value: string | readonly string[], question?: Question): Promise<string | null>;

  /**
   * Cancel the conversation; `reason` is for the server's log. In `fastagency.v1` the messages end with a
   * `workflow_completed` of the outcome `cancelled` (spec FA-CAN-1). In classic it is `close`, which has the same effect
   * on the workflow (spec FA-CLA-6).
   */
  abstract cancel(reason?: string): Promise<void>;

  /**
   * Leave the conversation and wait until the socket is closed; reading just ends. In classic the workflow stops. In
   * `fastagency.v1` it goes on, and `cursor` brings the conversation back (spec FA-CAN-3).
   */
  abstract close(): Promise<void>;

  /** Read the messages. A frame that is not what its type says throws `MalformedMessage`; reading can go on after it. */
  [Symbol.asyncIterator](): AsyncIterator<ServerMessage, undefined> {
    return { next: () => this.#next() };
  }

  /**
   * The next message, undefined while there is none. Throws what the iteration does.
   *
   * @internal
   */
  protected abstract read(): ServerMessage | undefined;

  /**
   * Whether nothing more can be read.
   *
   * @internal
   */
  protected abstract get over(): boolean;

  /**
   * Tell everyone who waits that something has changed.
   *
   * @internal
   */
  protected changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
    const { connection } = this;
    if (connection === this.#connection) return;
    this.#connection = connection;
    // Not from here: what it does, or throws, is no part of what has just changed.
    if (this.#onConnection) queueMicrotask(() => this.#onConnection?.(connection));
  }

  async #next(): Promise<IteratorResult<ServerMessage, undefined>> {
    for (;;) {
      if (this.#aborted) throw this.#reason;
      try {
        const value = this.read();
        if (value) return { done: false, value };
        if (this.over) return { done: true, value: undefined };
      } finally {
        if (this.over) this.done.abort();
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
