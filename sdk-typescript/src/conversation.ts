/// <reference lib="esnext.disposable" preserve="true" />

/** The shell that puts a conversation on a WebSocket. */

import type { Error as ErrorMessage, ServerMessage } from "./_generated/messages.js";
import type { ConversationState, Question } from "./_generated/tables.js";
import { MalformedMessage, ServerUnreachable, type RequestRefused } from "./errors.js";
import { ConversationProtocol } from "./protocol.js";

/** What the SDK needs of a WebSocket: a small part of the browsers' own. */
export interface WebSocketLike {
  /** 2 or 3 once it is closing or closed, and drops what is sent. */
  readonly readyState: number;
  binaryType: string;
  onopen: ((event: any) => unknown) | null;
  onmessage: ((event: any) => unknown) | null;
  /** Of the event, `message` is used, and `refused`, a `RequestRefused`; a browser has neither. */
  onerror: ((event: any) => unknown) | null;
  onclose: ((event: any) => unknown) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** A WebSocket's class. */
export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** The end of a connection: what the close frame says. */
type End = { readonly code: number; readonly reason: string };

/** What waits to be read: a text frame, something binary, or the end (which stays, for every reader). */
type Input = string | End | null;

export interface Conversation extends AsyncDisposable {}

/**
 * One conversation with one workflow: an async iterable of the server's messages.
 *
 * Reading ends after `workflow_completed`; when the connection ends before, it throws a `ConversationRefused` or a
 * `ConversationLost`, each time. `break` leaves the conversation open: a new `for await` goes on where the last one
 * stopped. Every message goes to one reader only. Messages that nobody has read yet are kept in memory, in order,
 * since a browser cannot slow a socket down; a question counts as asked once it was read.
 */
export class Conversation implements AsyncIterable<ServerMessage> {
  readonly #socket: WebSocketLike;
  readonly #protocol: ConversationProtocol;
  readonly #inputs: Input[] = [];
  readonly #closed: Promise<End>;
  #waiting: (() => void)[] = [];
  #aborted = false;
  #reason: unknown;

  static {
    // Browsers that do not know `await using` yet have no such symbol.
    if (Symbol.asyncDispose)
      this.prototype[Symbol.asyncDispose] = function (this: Conversation) {
        return this.close();
      };
  }

  /** Use `Client.start`. The socket is open and the first frame is sent. */
  constructor(socket: WebSocketLike, protocol: ConversationProtocol, signal?: AbortSignal) {
    this.#socket = socket;
    this.#protocol = protocol;
    socket.onmessage = ({ data }: { data: unknown }) =>
      this.#push(typeof data === "string" ? data : null);
    const abort = () => {
      this.#aborted = true;
      this.#reason = signal?.reason;
      void this.close();
    };
    this.#closed = new Promise((resolve) => {
      socket.onclose = ({ code, reason }: End) => {
        signal?.removeEventListener("abort", abort);
        this.#push({ code, reason });
        resolve({ code, reason });
      };
    });
    signal?.addEventListener("abort", abort);
  }

  /** The conversation's id, as the server named it. */
  get workflowUuid(): string {
    return this.#protocol.initiated.workflow_uuid;
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

  /** The last `error` message that was read, null when none was. */
  get lastError(): ErrorMessage | null {
    return this.#protocol.lastError;
  }

  /**
   * Answer the open question: with a text, a choice, or a list of choices where several may be picked.
   *
   * Resolves when the socket has taken the frame. Rejects with `NotAsked` when nothing is asked or when the question
   * does not allow the value (it stays open then), and with the conversation's error when that has ended, even if its
   * end was not read yet: the messages before it still can be.
   */
  async answer(value: string | readonly string[]): Promise<void> {
    const frame = this.#protocol.answer(value);
    if (this.#socket.readyState > 1) {
      const { code, reason } = await this.#closed;
      throw this.#protocol.unsent(code, reason);
    }
    this.#socket.send(frame);
  }

  /** Leave the conversation and wait until the socket is closed. The workflow stops; reading just ends. */
  async close(): Promise<void> {
    this.#protocol.leave();
    this.#socket.close(1000);
    this.#wake();
    await this.#closed;
  }

  /** Read the messages. A frame that is not what its type says throws `MalformedMessage`; reading can go on after it. */
  [Symbol.asyncIterator](): AsyncIterator<ServerMessage, undefined> {
    return { next: () => this.#next() };
  }

  async #next(): Promise<IteratorResult<ServerMessage, undefined>> {
    for (;;) {
      if (this.#aborted) throw this.#reason;
      const { state } = this.#protocol;
      if (this.#protocol.ending) throw this.#protocol.ending;
      if (state === "completed" || state === "cancelled") return { done: true, value: undefined };
      if (this.#inputs.length) {
        const value = this.#take(this.#inputs.shift() as Input);
        if (value) return { done: false, value };
      } else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #take(input: Input): ServerMessage | undefined {
    if (input === null)
      throw new MalformedMessage("a binary frame: the protocol has text frames only", "");
    if (typeof input !== "string") {
      this.#protocol.disconnected(input.code, input.reason);
      this.#wake();
      return undefined;
    }
    const message = this.#protocol.receive(input);
    // The end is the end, whether or not the server closes after it.
    if (message.type === "workflow_completed") this.#socket.close(1000);
    return message;
  }

  #push(input: Input): void {
    this.#inputs.push(input);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/**
 * Open a socket at `url`, send the first frame, and return the conversation on it. Throws `ServerUnreachable` when the
 * socket does not open within `timeout` milliseconds, `RequestRefused` when it is answered with an error status (in a
 * browser, which does not tell, `ServerUnreachable` too), and the signal's reason when that aborts.
 */
export function openConversation(
  WebSocket: WebSocketConstructor,
  url: string,
  protocol: ConversationProtocol,
  timeout: number,
  signal?: AbortSignal,
): Promise<Conversation> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    let why = "";
    const abort = () => {
      reject(signal?.reason);
      socket.close();
    };
    const timer = setTimeout(() => {
      why = `within ${timeout} ms`;
      socket.close();
    }, timeout);
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    signal?.addEventListener("abort", abort);
    let refused: RequestRefused | undefined;
    socket.onerror = (event: { message?: string; refused?: RequestRefused }) => {
      why ||= event.message ?? "";
      refused = event.refused;
    };
    socket.onclose = () => {
      settle();
      reject(refused ?? new ServerUnreachable(`no WebSocket opens at ${url} ${why}`.trim()));
    };
    socket.onopen = () => {
      settle();
      const conversation = new Conversation(socket, protocol, signal);
      socket.send(protocol.start());
      resolve(conversation);
    };
  });
}
