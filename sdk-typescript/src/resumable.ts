/** The shell that puts a conversation of `fastagency.v1` on one WebSocket after the other. */

import type { ServerMessage } from "./_generated/messages.js";
import type { Question } from "./_generated/tables.js";
import { Conversation, type ConversationOptions } from "./conversation.js";
import { NO_CLOSE_FRAME } from "./endings.js";
import { ConversationRefused, RequestRefused } from "./errors.js";
import type { WebSocketLike } from "./opening.js";
import type { SessionProtocol } from "./session.js";
import { sleep } from "./sleep.js";

/** Messages that are kept for a user who does not read; beyond it no socket is read. */
const READ_AHEAD = 256;
/** The longest that a timer can be set for, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** The answers to an opening that trying again does not change. */
const FINAL_STATUSES = [401, 403, 404];

/** Opens a socket with fresh credentials, and returns what `begin` makes of it the moment it is open. */
export type Connect = <T>(
  begin: (socket: WebSocketLike) => T,
  signal: AbortSignal | undefined,
) => Promise<T>;

/** A conversation that outlives its connections. */
export class ResumableConversation extends Conversation {
  readonly #protocol: SessionProtocol;
  readonly #connect: Connect;
  #socket: WebSocketLike | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer looks again whether anything was heard. */
  #alarm = 0;
  /** The user does not read, so neither does this. */
  #full = false;
  /** What is still to be waited for when this is closed. */
  readonly #unsettled = new Set<Promise<unknown>>();

  /** Send the first frame. `socket` is open; `connect` opens those that follow. */
  constructor(
    socket: WebSocketLike,
    protocol: SessionProtocol,
    connect: Connect,
    options: ConversationOptions = {},
  ) {
    super(protocol, options);
    this.#protocol = protocol;
    this.#connect = connect;
    this.changed();
    this.#hold(socket);
  }

  async answer(value: string | readonly string[], question?: Question): Promise<string> {
    const answerId = this.#protocol.answer(value, question);
    this.#flush();
    return answerId;
  }

  async cancel(reason?: string): Promise<void> {
    this.#protocol.cancel(reason);
    this.#flush();
  }

  async close(): Promise<void> {
    this.#protocol.leave();
    this.done.abort();
    this.#letGo();
    this.changed();
    await Promise.all(this.#unsettled);
  }

  protected get over(): boolean {
    return this.#protocol.over;
  }

  protected read(): ServerMessage | undefined {
    try {
      return this.#protocol.read();
    } finally {
      this.changed();
      if (this.#full && this.#protocol.unread <= READ_AHEAD / 2) this.#readOn();
    }
  }

  /** Carry the conversation on on a socket that is open. */
  #hold(socket: WebSocketLike): void {
    let broke: { code: number; message: string } | null = null;
    this.#socket = socket;
    this.#full = false;
    socket.onmessage = ({ data }: { data: unknown }) =>
      this.#take(socket, typeof data === "string" ? data : null);
    socket.onerror = (event: { code?: number; message: string }) => {
      if (event.code) broke = { code: event.code, message: event.message };
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
      this.#socket = null;
      if (broke) this.#down(broke.code, broke.message, true);
      else this.#down(code, reason);
    };
    socket.send(this.#protocol.firstFrame(performance.now()));
    this.#watch();
  }

  #take(socket: WebSocketLike, text: string | null): void {
    const protocol = this.#protocol;
    const now = performance.now();
    // A socket that cannot be paused is still listened to, so that it lives and answers can be sent; what it brings is
    // fetched again by a resume once the user reads on.
    if (this.#full && !socket.pause) return protocol.skip(now);
    protocol.receive(text, now);
    if (protocol.deadline < this.#alarm) this.#watch();
    this.#flush();
    this.changed();
    if (protocol.complete) this.#drop(1000);
    else if (protocol.broken) this.#drop(NO_CLOSE_FRAME);
    else if (protocol.unread >= READ_AHEAD) {
      this.#full = true;
      socket.pause?.();
    }
  }

  #readOn(): void {
    this.#full = false;
    if (this.#protocol.broken) this.#drop(NO_CLOSE_FRAME);
    else {
      this.#protocol.listen(performance.now());
      this.#socket?.resume?.();
    }
  }

  #flush(): void {
    // What the socket does not carry to the server any more is sent again after the resume (spec FA-ANS-1).
    for (const frame of this.#socket ? this.#protocol.outgoing() : []) this.#socket?.send(frame);
  }

  /** Drop the socket when nothing is heard for too long (spec FA-LIV-1). */
  #watch(): void {
    clearTimeout(this.#timer);
    this.#alarm = this.#protocol.deadline;
    const look = () => {
      if (this.#full && this.#socket?.pause) this.#protocol.listen(performance.now());
      if (this.#protocol.deadline <= performance.now()) this.#drop(NO_CLOSE_FRAME);
      else this.#watch();
    };
    this.#timer = setTimeout(look, Math.min(this.#alarm - performance.now(), LONGEST_TIMER));
  }

  /** Close the socket, and go on without waiting for it. */
  #drop(code: number): void {
    this.#letGo();
    this.#down(code, "");
  }

  #letGo(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onmessage = socket.onerror = null;
    this.#until(new Promise((resolve) => (socket.onclose = resolve)));
    socket.close(1000);
  }

  /** The connection has ended. */
  #down(code: number, reason: string, byClient = false): void {
    clearTimeout(this.#timer);
    const delay = this.#protocol.disconnected(code, reason, performance.now(), byClient);
    this.changed();
    this.#until(this.#comeBack(delay));
  }

  #until(promise: Promise<unknown>): void {
    this.#unsettled.add(promise);
    void promise.finally(() => this.#unsettled.delete(promise));
  }

  async #comeBack(delay: number | null): Promise<void> {
    const { signal } = this.done;
    while (delay !== null)
      try {
        await sleep(delay, signal, true);
        return await this.#connect((socket) => this.#hold(socket), signal);
      } catch (error) {
        if (signal.aborted) return;
        delay = this.#notOpened(error);
        this.changed();
      }
  }

  /** No socket could be opened, or there were no credentials for it. Returns when to try again. */
  #notOpened(error: unknown): number | null {
    const protocol = this.#protocol;
    let delay: number | null = null;
    if (error instanceof RequestRefused && FINAL_STATUSES.includes(error.status)) {
      const why = `the conversation cannot be opened again: ${error.message}`;
      protocol.giveUp(new ConversationRefused(why, NO_CLOSE_FRAME, "", error.detail));
    } else delay = protocol.disconnected(NO_CLOSE_FRAME, "", performance.now());
    if (protocol.ending) protocol.ending.cause = error;
    return delay;
  }
}
