/**
 * RFC 6455 frames, as a pure machine: bytes go in, events and bytes to send come out. The client's side only, no
 * extensions. No part of the browsers' build.
 */

import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";

/** The opcodes of RFC 6455, 5.2. */
export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** What a frame, or the last of a fragmented message, amounts to. */
export type FrameEvent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "binary"; readonly data: Uint8Array }
  | { readonly type: "ping"; readonly data: Buffer }
  | { readonly type: "close"; readonly code: number; readonly reason: string };

/** The server broke the protocol. `code` is what to close with. */
export class FrameError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** What a close frame without a code counts as (RFC 6455, 7.1.5). */
export const NO_STATUS = 1005;

/** Write one whole frame, masked, as a client has to (RFC 6455, 5.3). */
export function encodeFrame(opcode: Opcode, payload: Uint8Array): Buffer {
  const size = payload.length;
  const extended = size < 126 ? 0 : size < 0x10000 ? 2 : 8;
  const frame = Buffer.alloc(2 + extended + 4 + size);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extended === 0 ? size : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(size, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(size), 2);
  const mask = randomBytes(4);
  mask.copy(frame, 2 + extended);
  const start = frame.length - size;
  for (let index = 0; index < size; index++)
    frame[start + index] = (payload[index] as number) ^ (mask[index & 3] as number);
  return frame;
}

/** Write a close frame's payload. A reason is cut to what fits into a control frame. */
export function closePayload(code: number, reason = ""): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return Buffer.concat([payload, Buffer.from(reason)]).subarray(0, 125);
}

/** Reads what a server sends. Messages larger than `limit` bytes break the connection with 1009. */
export class FrameReader {
  #buffer = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #size = 0;
  #opcode: Opcode | null = null;
  #needed = 2;
  #pending: Buffer[] = [];
  #pendingSize = 0;

  constructor(readonly limit: number) {}

  /** Take bytes and return what they complete. Throws `FrameError`; nothing can be read after it. */
  *push(bytes: Buffer): Generator<FrameEvent> {
    // Chunks are joined once a whole frame is there: joining at each one would copy a large frame over and over.
    this.#pending.push(bytes);
    this.#pendingSize += bytes.length;
    if (this.#buffer.length + this.#pendingSize < this.#needed) return;
    this.#buffer = Buffer.concat([this.#buffer, ...this.#pending]);
    this.#pending = [];
    this.#pendingSize = 0;
    for (;;) {
      const frame = this.#cut();
      if (!frame) return;
      const event = this.#take(frame.final, frame.opcode, frame.payload);
      if (event) yield event;
    }
  }

  #cut(): { final: boolean; opcode: number; payload: Buffer } | null {
    const buffer = this.#buffer;
    if (!this.#has(2)) return null;
    const [first, second] = [buffer[0] as number, buffer[1] as number];
    if (first & 0x70)
      throw new FrameError(1002, "a reserved bit is set, and no extension was agreed on");
    if (second & 0x80) throw new FrameError(1002, "a server's frame is masked");
    let [header, size] = [2, second & 0x7f];
    if (size >= 126) {
      header = size === 126 ? 4 : 10;
      if (!this.#has(header)) return null;
      size = header === 4 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
    }
    const opcode = first & 0x0f;
    if (opcode >= 8 && (size > 125 || !(first & 0x80)))
      throw new FrameError(1002, "a control frame is too long or fragmented");
    if (opcode < 8 && this.#size + size > this.limit)
      throw new FrameError(1009, `a message is larger than ${this.limit} bytes`);
    if (!this.#has(header + size)) return null;
    this.#buffer = buffer.subarray(header + size);
    this.#needed = 2;
    return {
      final: (first & 0x80) !== 0,
      opcode,
      payload: buffer.subarray(header, header + size),
    };
  }

  #has(size: number): boolean {
    this.#needed = size;
    return this.#buffer.length >= size;
  }

  #take(final: boolean, opcode: number, payload: Buffer): FrameEvent | null {
    switch (opcode) {
      case Opcode.Ping:
        return { type: "ping", data: payload };
      case Opcode.Pong:
        return null;
      case Opcode.Close:
        return closeEvent(payload);
      case Opcode.Text:
      case Opcode.Binary:
        if (this.#opcode !== null)
          throw new FrameError(1002, "a new message begins inside a fragmented one");
        this.#opcode = opcode;
        break;
      case Opcode.Continuation:
        if (this.#opcode === null)
          throw new FrameError(1002, "a continuation without a message to continue");
        break;
      default:
        throw new FrameError(1002, `opcode ${opcode} is reserved`);
    }
    this.#chunks.push(payload);
    this.#size += payload.length;
    if (!final) return null;
    const data = Buffer.concat(this.#chunks);
    const text = this.#opcode === Opcode.Text;
    [this.#chunks, this.#size, this.#opcode] = [[], 0, null];
    return text ? { type: "text", text: utf8(data) } : { type: "binary", data };
  }
}

function closeEvent(payload: Buffer): FrameEvent {
  if (payload.length === 0) return { type: "close", code: NO_STATUS, reason: "" };
  if (payload.length === 1) throw new FrameError(1002, "a close frame holds half a code");
  const code = payload.readUInt16BE();
  // RFC 6455, 7.4: 1004 to 1006 and 1015 never stand in a frame.
  const legal =
    (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code < 5000);
  if (!legal) throw new FrameError(1002, `${code} is no close code`);
  return { type: "close", code, reason: utf8(payload.subarray(2)) };
}

function utf8(data: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new FrameError(1007, "a text frame is not UTF-8");
  }
}
