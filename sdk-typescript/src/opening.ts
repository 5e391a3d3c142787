/** Opening a WebSocket, of whatever make. */

import { ServerUnreachable, type RequestRefused } from "./errors.js";

/** What the SDK needs of a WebSocket: a small part of the browsers' own. */
export interface WebSocketLike {
  /** 2 or 3 once it is closing or closed, and drops what is sent. */
  readonly readyState: number;
  /** The subprotocol that the server chose. Empty, or not there: none. */
  readonly protocol?: string;
  binaryType: string;
  onopen: ((event: any) => unknown) | null;
  onmessage: ((event: any) => unknown) | null;
  /**
   * Of the event, `message` is used, `refused` (a `RequestRefused`), and `code`, with which this side closes because the
   * server broke the WebSocket protocol; a browser has none of them.
   */
  onerror: ((event: any) => unknown) | null;
  onclose: ((event: any) => unknown) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  /** Stop reading, so that the server has to wait. A browser's cannot. */
  pause?(): void;
  /** Read on. */
  resume?(): void;
}

/** A WebSocket's class. `protocols` are the subprotocols to offer. */
export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike;

/** Where a socket is opened, and how. */
export interface Opening {
  readonly url: string;
  /** The subprotocols to offer. */
  readonly protocols: readonly string[];
  /** The single-use secret that stands for headers (spec FA-SEC-5), null for none. */
  readonly ticket?: string | null;
  /** How long it may take, in milliseconds. */
  readonly timeout: number;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Open a socket, and return what `begin` makes of it the moment it is open. When `begin` throws, the socket is closed.
 *
 * Throws `ServerUnreachable` when the socket does not open in time, `RequestRefused` when it is answered with an error
 * status (in a browser, which does not tell, `ServerUnreachable` too), and the signal's reason when that aborts.
 */
export function openSocket<T>(
  WebSocket: WebSocketConstructor,
  { url, protocols, ticket, timeout, signal }: Opening,
  begin: (socket: WebSocketLike) => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const query = ticket ? `?ticket=${encodeURIComponent(ticket)}` : "";
    const socket = new WebSocket(url + query, [...protocols]);
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
      // Without the query: a ticket is a secret.
      reject(refused ?? new ServerUnreachable(`no WebSocket opens at ${url} ${why}`.trim()));
    };
    socket.onopen = () => {
      settle();
      try {
        resolve(begin(socket));
      } catch (error) {
        reject(error);
        socket.close();
      }
    };
  });
}
