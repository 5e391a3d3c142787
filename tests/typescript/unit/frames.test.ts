import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";

import {
  closePayload,
  encodeFrame,
  FrameError,
  FrameReader,
  Opcode,
  type FrameEvent,
} from "../../../sdk-typescript/src/frames.ts";
import { serverFrame } from "./server_frame.ts";

function read(bytes: Buffer, step = bytes.length, limit = 1 << 24): FrameEvent[] {
  const reader = new FrameReader(limit);
  const events: FrameEvent[] = [];
  for (let at = 0; at < bytes.length; at += step)
    events.push(...reader.push(bytes.subarray(at, at + step)));
  return events;
}

function fails(code: number, ...frames: Buffer[]): void {
  assert.throws(
    () => read(Buffer.concat(frames)),
    (thrown) => thrown instanceof FrameError && thrown.code === code,
  );
}

test("frames of every length, however the bytes are cut", () => {
  for (const size of [0, 1, 125, 126, 127, 65535, 65536, 1 << 20]) {
    const text = "x".repeat(size);
    const frame = serverFrame(0x81, text);
    assert.deepEqual(read(frame), [{ type: "text", text }]);
    for (const step of size > 1000 ? [1021, 65536] : [1, 2, 3])
      assert.deepEqual(read(frame, step), [{ type: "text", text }]);
  }
});

test("several frames in one chunk, in their order", () => {
  const bytes = Buffer.concat(["a", "b", "c"].map((text) => serverFrame(0x81, text)));
  for (const step of [1, 4, bytes.length])
    assert.deepEqual(
      read(bytes, step).map((event) => (event.type === "text" ? event.text : event.type)),
      ["a", "b", "c"],
    );
});

test("a fragmented message, with a ping inside and a character across the cut", () => {
  const euro = Buffer.from("1 €");
  const bytes = Buffer.concat([
    serverFrame(0x01, euro.subarray(0, 3)),
    serverFrame(0x89, "now"),
    serverFrame(0x00, euro.subarray(3, 4)),
    serverFrame(0x80, euro.subarray(4)),
  ]);
  assert.deepEqual(read(bytes), [
    { type: "ping", data: Buffer.from("now") },
    { type: "text", text: "1 €" },
  ]);
});

test("text keeps its byte order mark", () => {
  assert.deepEqual(read(serverFrame(0x81, "\ufeffa")), [{ type: "text", text: "\ufeffa" }]);
});

test("binary, pong and close frames", () => {
  assert.deepEqual(read(serverFrame(0x82, "ab")), [{ type: "binary", data: Buffer.from("ab") }]);
  assert.deepEqual(read(serverFrame(0x8a, "x")), []);
  assert.deepEqual(read(serverFrame(0x88, "")), [{ type: "close", code: 1005, reason: "" }]);
  const payload = closePayload(4004, "no such workflow");
  assert.deepEqual(read(serverFrame(0x88, payload)), [
    { type: "close", code: 4004, reason: "no such workflow" },
  ]);
});

test("what the RFC forbids breaks the connection", () => {
  fails(1002, serverFrame(0xc1, "compressed"));
  fails(1002, serverFrame(0x83, "reserved opcode"));
  fails(1002, serverFrame(0x80, "continues nothing"));
  fails(1002, serverFrame(0x01, "begins"), serverFrame(0x81, "begins again"));
  fails(1002, serverFrame(0x09, "fragmented ping"));
  fails(1002, serverFrame(0x89, "x".repeat(126)));
  fails(1002, encodeFrame(Opcode.Text, Buffer.from("masked")));
  fails(1002, serverFrame(0x88, Buffer.from([3])));
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
    fails(1002, serverFrame(0x88, closePayload(code)));
  fails(1007, serverFrame(0x81, Buffer.from([0xff])));
  fails(1007, serverFrame(0x88, Buffer.from([0x03, 0xe8, 0xff])));
});

test("a message over the limit, at once and in pieces", () => {
  const over = (bytes: Buffer) =>
    assert.throws(
      () => read(bytes, bytes.length, 10),
      (thrown) => thrown instanceof FrameError && thrown.code === 1009,
    );
  over(serverFrame(0x81, "x".repeat(11)).subarray(0, 2));
  over(Buffer.concat([serverFrame(0x01, "x".repeat(6)), serverFrame(0x80, "x".repeat(5))]));
  assert.equal(read(serverFrame(0x81, "x".repeat(10)), 20, 10).length, 1);
});

test("a client's frames are masked, and each with a mask of its own", () => {
  for (const size of [0, 125, 126, 65535, 65536]) {
    const payload = Buffer.alloc(size, "payload");
    const frame = encodeFrame(Opcode.Text, payload);
    assert.equal((frame[1] ?? 0) & 0x80, 0x80);
    const start = frame.length - size;
    const mask = frame.subarray(start - 4, start);
    const plain = frame.subarray(start).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    assert.deepEqual(Buffer.from(plain), payload);
  }
  const masks = new Set(
    Array.from({ length: 8 }, () => encodeFrame(Opcode.Text, Buffer.from("x")).toString("hex")),
  );
  assert.equal(masks.size, 8);
});
