/** Frames and sockets for the tests, made by hand. */

import { ClassicConversation } from "../../../sdk-typescript/src/classic.ts";
import type { Conversation } from "../../../sdk-typescript/src/conversation.ts";
import {
  openSocket,
  type WebSocketConstructor,
  type WebSocketLike,
} from "../../../sdk-typescript/src/opening.ts";
import { ConversationProtocol } from "../../../sdk-typescript/src/protocol.ts";

export const UUID = "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b";

/** The first frame of the classic dialect. */
export const FIRST = {
  user_id: null,
  workflow_uuid: "6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b",
  name: "quiz",
  params: { level: 3 },
};

/** What a server answers that speaks both dialects, and guards its sockets. */
export const INITIATED = {
  ...FIRST,
  subprotocols: ["fastagency.v1"],
  resume_token: "a-secret",
  ticket: "another-secret",
};

/** Open a classic conversation. */
export function openClassic(
  WebSocket: WebSocketConstructor,
  url: string,
  timeout: number,
  signal?: AbortSignal,
): Promise<Conversation> {
  const options = signal ? { signal } : {};
  return openSocket(
    WebSocket,
    { url, protocols: [], timeout, signal },
    (socket) => new ClassicConversation(socket, new ConversationProtocol(INITIATED), options),
  );
}

/** A frame as a server writes it. */
export function frame(type: string, content: object): string {
  const envelope = { sender: "Workflow", recipient: "User", auto_reply: false, uuid: "a1" };
  return JSON.stringify({ workflow_uuid: UUID, ...envelope, content, type });
}

export const text = (body: unknown) => frame("text_message", { body });
export const input = (more: object = {}) =>
  frame("text_input", { prompt: "?", suggestions: [], password: false, ...more });
export const choice = (more: object = {}) =>
  frame("multiple_choice", {
    prompt: "?",
    choices: ["a", "b", "c"],
    default: null,
    single: true,
    ...more,
  });
export const completed = (result: string | null = "done") =>
  frame("workflow_completed", { result });
export const error = (short: string | null, long: string | null) => frame("error", { short, long });

/** A socket that does what the test says. */
export class FakeSocket implements WebSocketLike {
  static last: FakeSocket;
  readyState = 0;
  binaryType = "";
  onopen: WebSocketLike["onopen"] = null;
  onmessage: WebSocketLike["onmessage"] = null;
  onerror: WebSocketLike["onerror"] = null;
  onclose: WebSocketLike["onclose"] = null;
  protocol = "";
  readonly sent: string[] = [];
  closedWith: number | undefined;

  constructor(
    readonly url: string,
    readonly protocols: string[] = [],
  ) {
    FakeSocket.last = this;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(code?: number): void {
    this.closedWith = code;
    this.readyState = 2;
    queueMicrotask(() => this.drop(code ?? 1005));
  }

  open(protocol = ""): void {
    this.readyState = 1;
    this.protocol = protocol;
    this.onopen?.({});
  }

  say(...frames: unknown[]): void {
    for (const data of frames) this.onmessage?.({ data });
  }

  drop(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}
