/** What applications import in Node: the same as in a browser, with a WebSocket where Node has none of its own. */

import { Client as PlainClient, type ClientOptions } from "./client.js";
import type { WebSocketConstructor } from "./conversation.js";
import { NodeWebSocket } from "./websocket.js";

export * from "./index.js";

/** A WebSocket's class that takes headers, as Node's do. */
type WithHeaders = new (
  url: string,
  options: { readonly headers?: Readonly<Record<string, string>> },
) => InstanceType<WebSocketConstructor>;

/** A client of one server. It holds no connection of its own: conversations do. */
export class Client extends PlainClient {
  /** As in a browser. The headers go with the WebSocket too. */
  constructor(url: string | URL, options: ClientOptions = {}) {
    super(url, { WebSocket: withHeaders(options), ...options });
  }
}

function withHeaders({ headers = {} }: ClientOptions): WebSocketConstructor {
  const Platform = (globalThis.WebSocket as unknown as WithHeaders | undefined) ?? NodeWebSocket;
  return function (url: string) {
    return new Platform(url, { headers });
  } as unknown as WebSocketConstructor;
}
