/** The shell that puts a classic conversation on its WebSocket. */

import type { ServerMessage } from "./_generated/messages.js";
import type { Question } from "./_generated/tables.js";
import { Conversation, type ConversationOptions } from "./conversation.js";
import { MalformedMessage, NotAsked } from "./errors.js";
import type { WebSocketLike } from "./opening.js";
import type { ConversationProtocol } from "./protocol.js";

/** The end of a connection: what the close frame says. */
type End = { readonly code: number; readonly reason: string };

/** What waits to be read: a text frame, something binary, or the end. */
type Input = string | End | null;

/** A conversation that is as long as its connection. */
export class ClassicConversation extends Conversation {
  readonly #socket: WebSocketLike;
  readonly #protocol: ConversationProtocol;
  readonly #inputs: Input[] = [];
  readonly #closed: Promise<End>;

  /** Send the first frame. `socket` is open. */
  constructor(
    socket: WebSocketLike,
    protocol: ConversationProtocol,
    options: ConversationOptions = {},
  ) {
    super(protocol, options);
    this.#socket = socket;
    this.#protocol = protocol;
    socket.onmessage = ({ data }: { data: unknown }) =>
      this.#push(typeof data === "string" ? data : null);
    this.#closed = new Promise((resolve) => {
      socket.onclose = ({ code, reason }: End) => {
        this.#push({ code, reason });
        resolve({ code, reason });
      };
    });
    socket.send(protocol.start());
    this.changed();
  }

  async answer(value: string | readonly string[], question?: Question): Promise<null> {
    if (question && question !== this.question)
      throw new NotAsked("in classic only the oldest open question can be answered");
    const frame = this.#protocol.answer(value);
    if (this.#socket.readyState > 1) {
      const { code, reason } = await this.#closed;
      throw this.#protocol.unsent(code, reason);
    }
    this.#socket.send(frame);
    return null;
  }

  cancel(): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    this.#protocol.leave();
    this.done.abort();
    this.#socket.close(1000);
    this.changed();
    await this.#closed;
  }

  protected get over(): boolean {
    const { ending, state } = this.#protocol;
    return !!ending || state === "completed" || state === "cancelled";
  }

  protected read(): ServerMessage | undefined {
    if (this.#protocol.ending) throw this.#protocol.ending;
    if (this.over) return undefined;
    const input = this.#inputs.shift();
    if (input === undefined) return undefined;
    if (input === null)
      throw new MalformedMessage("a binary frame: the protocol has text frames only", "");
    if (typeof input !== "string") {
      this.#protocol.disconnected(input.code, input.reason);
      this.changed();
      return this.read();
    }
    const message = this.#protocol.receive(input);
    // The end is the end, whether or not the server closes after it.
    if (message.type === "workflow_completed") this.#socket.close(1000);
    this.changed();
    return message;
  }

  #push(input: Input): void {
    this.#inputs.push(input);
    this.changed();
  }
}
