/** The entry to a server: what it offers, and starting a conversation. */

import { operations, type Operations } from "./_generated/rest.js";
import { webSocketPath } from "./_generated/tables.js";
import { ClassicConversation } from "./classic.js";
import { decodeAs, encode } from "./codec.js";
import type { Conversation, ConversationOptions } from "./conversation.js";
import type { Cursor } from "./cursor.js";
import { ServerUnreachable } from "./errors.js";
import { openSocket, type WebSocketConstructor, type WebSocketLike } from "./opening.js";
import { ConversationProtocol } from "./protocol.js";
import type { Reconnect } from "./reconnect.js";
import { refusal } from "./refusals.js";
import { ResumableConversation, type Connect } from "./resumable.js";
import { delayOf, type Retry } from "./retry.js";
import type { JsonObject } from "./rules.js";
import { SessionProtocol, SUBPROTOCOL } from "./session.js";
import { sleep } from "./sleep.js";
import { newUuid } from "./uuid.js";

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
  /** When discovery is tried again. No other request ever is. */
  readonly retry?: Retry;
  /** How a conversation of `fastagency.v1` comes back after its connection ended. */
  readonly reconnect?: Reconnect;
  /**
   * `auto`, by default: `fastagency.v1` where the server speaks it, classic elsewhere. `classic`: that alone, for example
   * behind a proxy that takes subprotocols away, which browsers do not forgive.
   */
  readonly dialect?: "auto" | "classic";
  /** What makes requests, instead of the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** What opens sockets, instead of the platform's `WebSocket`. */
  readonly WebSocket?: WebSocketConstructor;
}

/** Options of a single call. */
export interface CallOptions {
  /** Gives the call up: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `Client.resume`. */
export interface ResumeOptions extends ConversationOptions {
  /**
   * Whether to read the whole conversation, as far as the server still holds it, instead of going on after the cursor:
   * for a page that shows nothing of it yet.
   */
  readonly fromStart?: boolean;
}

const TIMEOUT = 10_000;

/** Gives the ticket for the next socket, null where none is needed. */
type Tickets = (signal: AbortSignal | undefined) => Promise<string | null>;

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
    options: ConversationOptions = {},
  ): Promise<Conversation> {
    const initiated = await this.#announce(name, params, options);
    const { dialect = "auto" } = this.#options;
    const extended = dialect === "auto" && initiated.subprotocols?.includes(SUBPROTOCOL);
    const tickets = this.#tickets(initiated.ticket, name);
    const protocols = extended ? [SUBPROTOCOL] : [];
    return this.#open(protocols, tickets, options.signal, (socket) =>
      // Without an echo the server is in classic, whatever was offered (spec FA-NEG-4).
      extended && socket.protocol === SUBPROTOCOL
        ? this.#hold(socket, initiated, this.#connector(tickets), options)
        : new ClassicConversation(socket, new ConversationProtocol(initiated), options),
    );
  }

  /**
   * Return the conversation that `cursor` stands in: it goes on after the cursor (spec FA-RES). Where the server cannot
   * go on from there, and with `fromStart`, a `session_ready` comes first, which says: drop what you showed.
   *
   * Throws as `start` does; reading throws a `ConversationRefused` with the code 4010 when the conversation is gone.
   */
  async resume(cursor: Cursor, options: ResumeOptions = {}): Promise<Conversation> {
    const connect = this.#connector(this.#tickets());
    const begin = options.fromStart ? cursor.fromStart() : cursor;
    return connect((socket) => this.#hold(socket, begin, connect, options), options.signal);
  }

  /** What opens a conversation's socket. `headers` are those of now; a browser's cannot send them. */
  protected webSocket(_headers: RequestHeaders): WebSocketConstructor {
    return this.#options.WebSocket ?? globalThis.WebSocket;
  }

  /** Whether what `webSocket` returns sends the headers that it was given. */
  protected get sendsHeaders(): boolean {
    return false;
  }

  #hold(
    socket: WebSocketLike,
    begin: Result<"initiate_workflow"> | Cursor,
    connect: Connect,
    options: ConversationOptions,
  ): Conversation {
    const { reconnect = {} } = this.#options;
    const protocol = new SessionProtocol(begin, reconnect, performance.now());
    return new ResumableConversation(socket, protocol, connect, options);
  }

  #connector(tickets: Tickets): Connect {
    return (begin, signal) =>
      this.#open([SUBPROTOCOL], tickets, signal, (socket) => {
        if (socket.protocol === SUBPROTOCOL) return begin(socket);
        throw new ServerUnreachable(`the server does not speak ${SUBPROTOCOL}`);
      });
  }

  async #open<T>(
    protocols: readonly string[],
    tickets: Tickets,
    signal: AbortSignal | undefined,
    begin: (socket: WebSocketLike) => T,
  ): Promise<T> {
    const { paths, timeout = TIMEOUT } = this.#options;
    const url = this.#url.replace(/^http/, "ws") + (paths?.webSocket ?? webSocketPath);
    const ticket = await tickets(signal);
    const WebSocket = this.webSocket(await this.#headers());
    return openSocket(WebSocket, { url, protocols, ticket, timeout, signal }, begin);
  }

  /**
   * A ticket opens one socket, so each further one takes another conversation to be announced, and left (spec FA-SEC-5).
   * `first` is the ticket at hand, null where the server has none, undefined while that is not known; `name` is a
   * workflow, any of discovery by default.
   */
  #tickets(first?: string | null, name?: string): Tickets {
    let needed = !this.sendsHeaders && first !== null;
    return async (signal) => {
      if (!needed) return null;
      let ticket = first;
      first = undefined;
      if (ticket === undefined) {
        name ??= (await this.discovery({ signal }))[0]?.name;
        ticket = name === undefined ? null : (await this.#announce(name, {}, { signal })).ticket;
      }
      needed = ticket !== null;
      return ticket;
    };
  }

  #announce(
    name: string,
    params: JsonObject,
    options: CallOptions,
  ): Promise<Result<"initiate_workflow">> {
    const { paths, userId = null } = this.#options;
    const request = { workflow_name: name, workflow_uuid: newUuid(), user_id: userId, params };
    return this.#request("initiate_workflow", paths?.initiateWorkflow, request, options);
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
