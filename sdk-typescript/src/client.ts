/** The entry to a server: what it offers, and starting a conversation. */

import { operations, type Operations } from "./_generated/rest.js";
import { webSocketPath } from "./_generated/tables.js";
import { decodeAs, encode } from "./codec.js";
import { openConversation, type Conversation, type WebSocketConstructor } from "./conversation.js";
import { ServerUnreachable } from "./errors.js";
import { ConversationProtocol } from "./protocol.js";
import { refusal } from "./refusals.js";
import { delayOf, type Retry } from "./retry.js";
import type { JsonObject } from "./rules.js";

/** The paths of a server's three routes. */
export interface Paths {
  readonly discovery: string;
  readonly initiateWorkflow: string;
  readonly webSocket: string;
}

/** Header names and values. */
export type RequestHeaders = Readonly<Record<string, string>>;

/** How a client reaches its server. Everything may be left out. */
export interface ClientOptions {
  /** Where the routes are, for a server that is configured with other paths. */
  readonly paths?: Partial<Paths>;
  /**
   * Headers of every request, or what returns them: called each time, so that credentials are fresh. In Node they go
   * with the WebSocket too; browsers cannot do that.
   */
  readonly headers?: RequestHeaders | (() => RequestHeaders | Promise<RequestHeaders>);
  /** Sent along for servers that want one; it opens nothing. */
  readonly userId?: string;
  /** How long a request, or the opening of a WebSocket, may take, in milliseconds. 10000 by default. */
  readonly timeout?: number;
  /**
   * The largest message that is taken, in bytes; 16 MiB by default. Only in Node: a browser's WebSocket sets its own
   * limit.
   */
  readonly maxMessageSize?: number;
  /** When discovery is tried again. Nothing else ever is. */
  readonly retry?: Retry;
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

const TIMEOUT = 10_000;

type Result<Name extends keyof Operations> = Operations[Name]["responses"][200];

/** A client of one server. It holds no connection of its own: conversations do. */
export class Client {
  readonly #url: string;
  readonly #options: ClientOptions;

  /**
   * `url` is the server's, for example `http://localhost:8008`; a path in it stands before every route's path. It may
   * be http, https, ws or wss: what counts is whether it is encrypted. Throws a TypeError for any other, and for one
   * with a user, a password, a query or a fragment.
   */
  constructor(url: string | URL, options: ClientOptions = {}) {
    this.#url = baseUrl(url);
    this.#options = options;
  }

  /**
   * List the workflows that the server offers. A server that cannot be reached or is full is asked again, as `retry`
   * says. Throws `ServerUnreachable`, `RequestRefused` or `MalformedMessage`.
   */
  async discovery(options: CallOptions = {}): Promise<Result<"discovery">> {
    const { paths, retry = {} } = this.#options;
    for (let tried = 1; ; tried++) {
      try {
        return await this.#request("discovery", paths?.discovery, undefined, options);
      } catch (error) {
        const delay = delayOf(retry, tried, error);
        if (delay === null || options.signal?.aborted) throw error;
        await sleep(delay, options.signal);
      }
    }
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
    const { paths, userId = null, timeout = TIMEOUT } = this.#options;
    const request: Operations["initiate_workflow"]["request"] = {
      workflow_name: name,
      workflow_uuid: newUuid(),
      user_id: userId,
      params,
    };
    const initiated = await this.#request(
      "initiate_workflow",
      paths?.initiateWorkflow,
      request,
      options,
    );
    const url = this.#url.replace(/^http/, "ws") + (paths?.webSocket ?? webSocketPath);
    const WebSocket = this.webSocket(await this.#headers());
    const protocol = new ConversationProtocol(initiated);
    return openConversation(WebSocket, url, protocol, timeout, options.signal);
  }

  /** What opens a conversation's socket. `headers` are those of now; a browser's cannot send them. */
  protected webSocket(_headers: RequestHeaders): WebSocketConstructor {
    return this.#options.WebSocket ?? globalThis.WebSocket;
  }

  async #headers(): Promise<RequestHeaders> {
    const { headers = {} } = this.#options;
    return typeof headers === "function" ? headers() : headers;
  }

  async #request<Name extends keyof Operations>(
    name: Name,
    path: string | undefined,
    body: Operations[Name]["request"],
    { signal }: CallOptions,
  ): Promise<Result<Name>> {
    const { method, path: usualPath, result } = operations[name];
    const { fetch = globalThis.fetch, timeout = TIMEOUT } = this.#options;
    const url = this.#url + (path ?? usualPath);
    const headers = await this.#headers();
    const late = AbortSignal.timeout(timeout);
    // Following a redirect would repeat the request, credentials and all, perhaps at another host (spec FA-NEG-3).
    const init: RequestInit = { method, headers: { ...headers }, redirect: "manual" };
    init.signal = signal ? AbortSignal.any([signal, late]) : late;
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
    const { status, statusText } = response;
    if (status !== 200)
      throw refusal(
        status,
        // Browsers do not tell the status of a redirect.
        status ? statusText : "a redirect, which is not followed",
        response.headers.get("retry-after"),
        text,
      );
    return decodeAs<Result<Name>>(result, text);
  }
}

/** The address that stands before every route's path. No error repeats `url`, which may hold a password. */
function baseUrl(url: string | URL): string {
  let parts: URL;
  try {
    // A page's own query is not part of what a relative address is relative to.
    parts = new URL(url, globalThis.location?.href.replace(/[?#].*/, ""));
  } catch {
    throw new TypeError("the base URL is no URL");
  }
  const { protocol, username, password, host, pathname, search, hash } = parts;
  const secure = /^(?:http|ws)(s?):$/.exec(protocol)?.[1];
  if (secure === undefined)
    throw new TypeError("a base URL must start with http://, https://, ws:// or wss://");
  if (username || password)
    throw new TypeError("a base URL cannot have a user or a password: send them in headers");
  if (search || hash) throw new TypeError("a base URL cannot have a query or a fragment");
  return `http${secure}://${host}${pathname.replace(/\/+$/, "")}`;
}

/** Wait. Throws the signal's reason when it aborts before. */
function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
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
