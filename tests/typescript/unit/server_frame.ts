/** Frames as a server writes them. */

import { Buffer } from "node:buffer";

/** One frame, not masked. `first` is its first byte: the final bit and the opcode. */
export function serverFrame(first: number, payload: Uint8Array | string): Buffer {
  const body = Buffer.from(payload);
  const size = body.length;
  if (size < 126) return Buffer.concat([Buffer.from([first, size]), body]);
  const head = Buffer.alloc(size < 0x10000 ? 4 : 10);
  head[0] = first;
  head[1] = size < 0x10000 ? 126 : 127;
  if (size < 0x10000) head.writeUInt16BE(size, 2);
  else head.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([head, body]);
}
