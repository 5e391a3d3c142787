/** The entry to a server: what it offers, and starting a conversation. */

import type { ErrorResponse, ValidationErrorResponse } from "./_generated/messages.js";
import { operations, type Operations } from "./_generated/rest.js";
import { webSocketPath } from "./_generated/tables.js";
import { decodeAs, encode } from "./codec.js";
import { openConversation, type Conversation, type WebSocketConstructor } from "./conversation.js";
import { RequestRefused, ServerUnreachable } from "./errors.js";
import { ConversationProtocol } from "./protocol.js";
import type { JsonObject } from "./rules.js";

/** The paths of a server's three routes. */
export interface Paths {
  readonly discovery: string;
  readonly initiateWorkflow: string;
  readonly webSocket: string;
}

/** How a client reaches its server. Everything may be left out. */
export interface ClientOptions {
  /** Where the routes are, for a server that is configured with other paths. */
  readonly paths?: Partial<Paths>;
  /** Headers of every request. In Node they go with the WebSocket too; browsers cannot do that. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What makes requests, instead of the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** What opens sockets, instead of the platform's `WebSocket`. */
  readonly WebSocket?: WebSocketConstructor;
}

/** Options of a single call. */
export interface CallOptions {
  /** Gives the call up; for `start`, the conversation too. What it was waiting for throws the signal's reason. */
  readonly signal?: AbortSignal;
}

type Result<Name extends keyof Operations> = Operations[Name]["responses"][200];

/** A client of one server. It holds no connection of its own: conversations do. */
export class Client {
  readonly #url: string;
  readonly #options: ClientOptions;

  /** `url` is the server's, for example `http://localhost:8008`; a path in it stands before every route's path. */
  constructor(url: string | URL, options: ClientOptions = {}) {
    this.#url = new URL(url, globalThis.location?.href).href
      .replace(/[?#].*/, "")
      .replace(/\/+$/, "");
    this.#options = options;
  }

  /** List the workflows that the server offers. Throws `ServerUnreachable`, `RequestRefused` or `MalformedMessage`. */
  discovery(options: CallOptions = {}): Promise<Result<"discovery">> {
    return this.#request("discovery", this.#options.paths?.discovery, undefined, options);
  }

  /**
   * Start the workflow `name` with `params` and return the conversation with it.
   *
   * Throws `RequestRefused` (404: no such workflow), `ServerUnreachable` or `MalformedMessage`, and a TypeError when
   * `params` cannot be written as JSON.
   */
  async start(
    name: string,
    params: JsonObject = {},
    options: CallOptions = {},
  ): Promise<Conversation> {
    const { paths, WebSocket = globalThis.WebSocket } = this.#options;
    const request: Operations["initiate_workflow"]["request"] = {
      workflow_name: name,
      workflow_uuid: newUuid(),
      user_id: null,
      params,
    };
    const initiated = await this.#request(
      "initiate_workflow",
      paths?.initiateWorkflow,
      request,
      options,
    );
    const url = this.#url.replace(/^http/, "ws") + (paths?.webSocket ?? webSocketPath);
    return openConversation(WebSocket, url, new ConversationProtocol(initiated), options.signal);
  }

  async #request<Name extends keyof Operations>(
    name: Name,
    path: string | undefined,
    body: Operations[Name]["request"],
    { signal }: CallOptions,
  ): Promise<Result<Name>> {
    const { method, path: usualPath, result } = operations[name];
    const { fetch = globalThis.fetch, headers } = this.#options;
    const url = this.#url + (path ?? usualPath);
    const init: RequestInit = { method, headers: { ...headers } };
    if (signal) init.signal = signal;
    if (body) {
      init.headers = { ...headers, "content-type": "application/json" };
      init.body = encode(body);
    }
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, init);
      text = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      throw new ServerUnreachable(`no answer from ${url}: ${(cause as Error).message}`, { cause });
    }
    if (response.status !== 200) throw refusal(response, text);
    return decodeAs<Result<Name>>(result, text);
  }
}

function refusal(response: Response, text: string): RequestRefused {
  const seconds = response.headers.get("retry-after");
  return new RequestRefused(
    response.status,
    detailOf(text) || response.statusText,
    seconds && /^\d+$/.test(seconds) ? Number(seconds) : null,
  );
}

/** What an error body says, as one sentence; any body at all can come from a proxy in between. */
function detailOf(text: string): string {
  try {
    const { detail } = JSON.parse(text) as ErrorResponse | ValidationErrorResponse;
    if (typeof detail === "string") return detail;
    return detail.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; ");
  } catch {
    return text.slice(0, 200);
  }
}

/** A random UUID. `crypto.randomUUID` would need a secure context, which a page on plain HTTP is not. */
function newUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
