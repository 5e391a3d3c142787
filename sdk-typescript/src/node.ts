/** What applications import in Node: the same as in a browser, with a WebSocket of the SDK's own. */

import { Client as PlainClient, type ClientOptions, type RequestHeaders } from "./client.js";
import type { WebSocketConstructor } from "./opening.js";
import { NodeWebSocket } from "./websocket.js";

export * from "./index.js";

/** A client of one server. It holds no connection of its own: conversations do. */
export class Client extends PlainClient {
  readonly #options: ClientOptions;

  /** As in a browser. The headers go with the WebSocket too, unless `options` bring a WebSocket of their own. */
  constructor(url: string | URL, options: ClientOptions = {}) {
    super(url, options);
    this.#options = options;
  }

  protected override webSocket(headers: RequestHeaders): WebSocketConstructor {
    const { WebSocket, maxMessageSize } = this.#options;
    if (WebSocket) return WebSocket;
    return class extends NodeWebSocket {
      constructor(url: string, protocols?: readonly string[]) {
        super(url, protocols, { headers, maxMessageSize });
      }
    };
  }

  protected override get sendsHeaders(): boolean {
    return !this.#options.WebSocket;
  }
}
