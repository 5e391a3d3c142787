/**
 * A WebSocket for Node: the part of the browsers' that the SDK uses, on `node:http`. Node 20 has none; that of later
 * ones (undici's) can lose the last message of a server that ends without a close frame, as FastAgency's own does, and
 * has no place for headers in the standard's terms. So there is one for every Node.
 */

import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";

import { NO_CLOSE_FRAME } from "./endings.js";
import type { RequestRefused } from "./errors.js";
import { closePayload, encodeFrame, FrameError, FrameReader, NO_STATUS, Opcode } from "./frames.js";
import type { WebSocketLike } from "./opening.js";
import { refusal } from "./refusals.js";

const HANDSHAKE_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const LARGEST_MESSAGE = 16 * 1024 * 1024;
/** How much of an answer with an error status is read, in characters. */
const LONGEST_REFUSAL = 64 * 1024;
/** How long the server may take to close the connection once both sides have said so, in milliseconds. */
const CLOSE_TIMEOUT = 5_000;

/** What a socket may be told. */
export interface NodeWebSocketOptions {
  /** Headers of the opening request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The largest message that is taken, in bytes; 16 MiB by default. */
  readonly maxMessageSize?: number | undefined;
}

export class NodeWebSocket implements WebSocketLike {
  binaryType = "arraybuffer";
  onopen: WebSocketLike["onopen"] = null;
  onmessage: WebSocketLike["onmessage"] = null;
  onerror: WebSocketLike["onerror"] = null;
  onclose: WebSocketLike["onclose"] = null;
  /** The subprotocol that the server chose, empty for none. */
  protocol = "";
  readonly #request: ClientRequest;
  readonly #reader: FrameReader;
  #socket: Duplex | null = null;
  #sentClose = false;
  #deaf = false;
  #ended = false;
  #code = NO_CLOSE_FRAME;
  #reason = "";
  #closing: NodeJS.Timeout | undefined;

  /** Start to connect to `url` (`ws:` or `wss:`), and offer subprotocols. Throws a TypeError when it is no URL. */
  constructor(url: string, protocols: readonly string[] = [], options: NodeWebSocketOptions = {}) {
    this.#reader = new FrameReader(options.maxMessageSize ?? LARGEST_MESSAGE);
    const address = new URL(url.replace(/^ws/, "http"));
    const offer = protocols.length ? { "sec-websocket-protocol": protocols.join(", ") } : {};
    const key = randomBytes(16).toString("base64");
    const accept = createHash("sha1")
      .update(key + HANDSHAKE_GUID)
      .digest("base64");
    this.#request = (address.protocol === "https:" ? httpsRequest : httpRequest)(address, {
      headers: {
        ...options.headers,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": key,
        ...offer,
      },
    });
    this.#request.on("error", (error) => this.#fail(error.message));
    this.#request.on("response", (response: IncomingMessage) => this.#refuse(response));
    this.#request.on("upgrade", (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      const { upgrade = "", "sec-websocket-accept": accepted, ...others } = response.headers;
      const chosen = others["sec-websocket-protocol"];
      const unasked =
        others["sec-websocket-extensions"] ?? (chosen !== undefined && !protocols.includes(chosen));
      if (upgrade.toLowerCase() !== "websocket" || accepted !== accept || unasked) {
        socket.destroy();
        this.#fail("the server's handshake is not that of a WebSocket");
      } else {
        this.protocol = chosen ?? "";
        this.#open(socket, head);
      }
    });
    this.#request.end();
  }

  /** As the browsers' count: connecting, open, closing, closed. */
  get readyState(): number {
    if (this.#ended) return 3;
    if (!this.#socket) return 0;
    return this.#sentClose || this.#deaf || !this.#socket.writable ? 2 : 1;
  }

  /** Send a text frame. Like the browsers', it drops what comes after the close. */
  send(text: string): void {
    if (!this.#socket) throw new Error("the WebSocket is not open yet");
    if (!this.#sentClose) this.#socket.write(encodeFrame(Opcode.Text, Buffer.from(text)));
  }

  /** Close with `code`, and wait for the server to do the same. */
  close(code = 1000, reason = ""): void {
    if (!this.#socket) {
      this.#request.destroy();
      this.#fail("it was closed before it was open");
    } else {
      this.#sendClose(code, reason);
      this.resume(); // or the server's answer would never be read
    }
  }

  /** Stop reading; the server has to wait once what is on its way has filled up. */
  pause(): void {
    this.#socket?.pause();
  }

  /** Read on. */
  resume(): void {
    this.#socket?.resume();
  }

  #open(socket: Duplex, head: Buffer): void {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.end());
    socket.on("close", () => this.#end());
    this.onopen?.({ type: "open" });
    if (head.length) this.#receive(head);
  }

  #receive(bytes: Buffer): void {
    if (this.#deaf) return;
    try {
      for (const event of this.#reader.push(bytes)) {
        if (event.type === "text") this.onmessage?.({ type: "message", data: event.text });
        else if (event.type === "binary") this.onmessage?.({ type: "message", data: event.data });
        else if (event.type === "ping") this.#socket?.write(encodeFrame(Opcode.Pong, event.data));
        else {
          this.#deaf = true;
          [this.#code, this.#reason] = [event.code, event.reason];
          this.#sendClose(event.code);
          this.#socket?.end();
          return;
        }
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      // Like the browsers', a connection that the other side broke counts as one without a close frame.
      this.#deaf = true;
      this.onerror?.({ type: "error", message: error.message, code: error.code });
      this.#sendClose(error.code, error.message);
      this.#socket?.end();
    }
  }

  #sendClose(code: number, reason = ""): void {
    if (this.#sentClose) return;
    this.#sentClose = true;
    const payload = code === NO_STATUS ? Buffer.alloc(0) : closePayload(code, reason);
    this.#socket?.write(encodeFrame(Opcode.Close, payload));
    this.#closing = setTimeout(() => this.#socket?.destroy(), CLOSE_TIMEOUT).unref();
  }

  /** The server answered instead of opening: read what it says, as far as a sentence goes, and fail with it. */
  #refuse(response: IncomingMessage): void {
    const { statusCode = 0, statusMessage = "", headers } = response;
    let body = "";
    const fail = () => {
      const refused = refusal(statusCode, statusMessage, headers["retry-after"] ?? null, body);
      this.#fail(`the server answered ${statusCode} instead of opening`, refused);
      this.#request.destroy();
    };
    response.setEncoding("utf8");
    response.on("data", (text: string) => {
      body += text;
      if (body.length > LONGEST_REFUSAL) fail();
    });
    response.on("close", fail);
  }

  #fail(message: string, refused?: RequestRefused): void {
    if (this.#ended || this.#socket) return;
    this.onerror?.({ type: "error", message, refused });
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#closing);
    this.onclose?.({ type: "close", code: this.#code, reason: this.#reason });
  }
}
