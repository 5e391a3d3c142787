import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { test } from "node:test";

import { RequestRefused, ServerUnreachable } from "../../../sdk-typescript/src/errors.ts";
import { closePayload } from "../../../sdk-typescript/src/frames.ts";
import { NodeWebSocket } from "../../../sdk-typescript/src/websocket.ts";
import { openClassic } from "./fixtures.ts";
import { serverFrame } from "./server_frame.ts";

type Peer = {
  readonly socket: Duplex;
  readonly request: IncomingMessage;
  received(): Promise<Buffer>;
};

/** Serve one raw handshake, then do what the test says; returns what the client saw. */
async function against(
  server: (peer: Peer) => Promise<void> | void,
  client: (socket: NodeWebSocket) => void,
  accept = (key: string) =>
    createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64"),
  { offers = [], chosen = "" }: { offers?: string[]; chosen?: string } = {},
): Promise<{ messages: unknown[]; errors: string[]; code: number; reason: string }> {
  const listening: Server = createServer();
  listening.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    const key = request.headers["sec-websocket-key"] ?? "";
    socket.on("error", () => undefined);
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept(key)}\r\n${chosen && `Sec-WebSocket-Protocol: ${chosen}\r\n`}\r\n`,
    );
    const received = () =>
      new Promise<Buffer>((resolve) =>
        socket.once("data", (data: Buffer) => resolve(unmasked(data))),
      );
    void server({ socket, request, received });
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const { port } = listening.address() as AddressInfo;
  const messages: unknown[] = [];
  const errors: string[] = [];
  const end = await new Promise<{ code: number; reason: string }>((resolve) => {
    const socket = new NodeWebSocket(`ws://127.0.0.1:${port}/ws?x=1`, offers, {
      headers: { cookie: "a=b" },
    });
    socket.onmessage = ({ data }: { data: unknown }) => messages.push(data);
    socket.onerror = ({ message }: { message: string }) => errors.push(message);
    socket.onclose = resolve;
    client(socket);
  });
  listening.close();
  listening.closeAllConnections();
  return { messages, errors, code: end.code, reason: end.reason };
}

/** The payload of the one frame in these bytes. */
function unmasked(frame: Buffer): Buffer {
  const size = (frame[1] ?? 0) & 0x7f;
  const start = size === 126 ? 8 : size === 127 ? 14 : 6;
  const mask = frame.subarray(start - 4, start);
  return Buffer.from(frame.subarray(start).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
}

test("text both ways, headers, and the server's close", async () => {
  let path: string | undefined;
  let cookie: string | undefined;
  const seen = await against(
    async ({ socket, request, received }) => {
      path = request.url;
      cookie = request.headers.cookie;
      const text = await received();
      socket.write(serverFrame(0x81, `you said ${text.toString()}`));
      socket.end(serverFrame(0x88, closePayload(4004, "done")));
    },
    (socket) => (socket.onopen = () => socket.send("grüße")),
  );
  assert.deepEqual(seen, { messages: ["you said grüße"], errors: [], code: 4004, reason: "done" });
  assert.deepEqual([path, cookie], ["/ws?x=1", "a=b"]);
});

test("it says that it is closing as soon as the server's close frame is there", async () => {
  const states: number[] = [];
  const seen = await against(
    ({ socket, received }) => {
      // The connection stays open until the client's close frame came.
      void received().then(() => socket.end());
      socket.write(Buffer.concat([serverFrame(0x81, "a"), serverFrame(0x88, closePayload(4001))]));
    },
    (socket) => {
      states.push(socket.readyState);
      socket.onopen = () => states.push(socket.readyState);
      const { onclose } = socket;
      socket.onmessage = () => setImmediate(() => states.push(socket.readyState));
      socket.onclose = (event) => {
        states.push(socket.readyState);
        onclose?.(event);
      };
    },
  );
  assert.equal(seen.code, 4001);
  assert.deepEqual(states, [0, 1, 2, 3]);
});

test("frames that come with the handshake are not lost", async () => {
  const seen = await against(
    ({ socket }) => {
      socket.cork();
      socket.write(serverFrame(0x81, "early"));
      socket.end(serverFrame(0x88, closePayload(1000)));
      socket.uncork();
    },
    () => undefined,
  );
  assert.deepEqual([seen.messages, seen.code], [["early"], 1000]);
});

test("a ping is answered with its own payload", async () => {
  let pong = "";
  await against(
    async ({ socket, received }) => {
      socket.write(serverFrame(0x89, "are you there"));
      pong = (await received()).toString();
      socket.end(serverFrame(0x88, closePayload(1000)));
    },
    () => undefined,
  );
  assert.equal(pong, "are you there");
});

test("closing sends the code and waits for the server's", async () => {
  let asked = 0;
  const seen = await against(
    async ({ socket, received }) => {
      asked = (await received()).readUInt16BE();
      socket.write(serverFrame(0x81, "one more"));
      socket.end(serverFrame(0x88, closePayload(asked)));
    },
    (socket) => (socket.onopen = () => socket.close(1000)),
  );
  assert.equal(asked, 1000);
  assert.deepEqual([seen.messages, seen.code], [["one more"], 1000]);
});

test("a close without a code is 1005, a drop 1006", async () => {
  const bare = await against(
    ({ socket }) => void socket.end(serverFrame(0x88, "")),
    () => undefined,
  );
  assert.equal(bare.code, 1005);
  const drop = await against(
    ({ socket }) => void socket.destroy(),
    () => undefined,
  );
  assert.equal(drop.code, 1006);
});

test("a server that breaks the protocol is told so, and counts as a drop", async () => {
  let told = 0;
  const seen = await against(
    async ({ socket, received }) => {
      socket.write(serverFrame(0x81, Buffer.from([0xff])));
      told = (await received()).readUInt16BE();
      socket.end();
    },
    () => undefined,
  );
  assert.equal(told, 1007);
  assert.deepEqual([seen.code, seen.errors], [1006, ["a text frame is not UTF-8"]]);
});

test("a handshake that is not one", async () => {
  const seen = await against(
    () => undefined,
    () => undefined,
    () => "wrong",
  );
  assert.equal(seen.code, 1006);
  assert.match(seen.errors.join(), /handshake/);
});

for (const [offers, chosen, protocol] of [
  [["fastagency.v1"], "fastagency.v1", "fastagency.v1"],
  [["other", "fastagency.v1"], "fastagency.v1", "fastagency.v1"],
  [["fastagency.v1"], "", ""],
  [[], "fastagency.v1", null],
  [["fastagency.v1"], "other", null],
] as const)
  test(`spec FA-NEG-2: ${offers.join() || "nothing"} is offered, ${chosen || "nothing"} chosen`, async () => {
    let offered: string | undefined;
    let opened: string | null = null;
    await against(
      ({ socket, request }) => {
        offered = request.headers["sec-websocket-protocol"];
        socket.end(serverFrame(0x88, closePayload(1000)));
      },
      (socket) => (socket.onopen = () => (opened = socket.protocol)),
      undefined,
      { offers: [...offers], chosen },
    );
    assert.equal(offered, offers.length ? offers.join(", ") : undefined);
    assert.equal(opened, protocol);
  });

test("while it is paused nothing arrives, and closing needs no resume", async () => {
  let said: () => void = () => undefined;
  const received: unknown[] = [];
  const seen = await against(
    async ({ socket, received }) => {
      said = () => void socket.write(serverFrame(0x81, "late"));
      const code = (await received()).readUInt16BE();
      socket.end(serverFrame(0x88, closePayload(code)));
    },
    (socket) =>
      (socket.onopen = () => {
        socket.pause();
        said();
        setTimeout(() => {
          socket.onmessage = ({ data }: { data: unknown }) => received.push(data);
          socket.close(1000);
        }, 20);
      }),
  );
  assert.deepEqual([seen.messages, received, seen.code], [[], ["late"], 1000]);
});

test("a refusal and a closed port are told apart", async () => {
  const body = JSON.stringify({ detail: "Not from here." });
  const refusing = createServer((_, response) =>
    response.writeHead(403, { "retry-after": "3" }).end(body),
  );
  await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
  const { port } = refusing.address() as AddressInfo;
  const attempt = () => openClassic(NodeWebSocket, `ws://127.0.0.1:${port}/ws`, 60_000);
  await assert.rejects(attempt(), (error) => {
    assert(error instanceof RequestRefused);
    assert.deepEqual([error.status, error.detail, error.retryAfter], [403, "Not from here.", 3]);
    return true;
  });
  await new Promise((resolve) => refusing.close(resolve));
  await assert.rejects(attempt(), ServerUnreachable);
});

test("a refusal that never ends is cut off", async () => {
  const endless = createServer((_, response) => {
    response.writeHead(500);
    const timer = setInterval(() => response.write("x".repeat(16_384)), 1);
    response.on("close", () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => endless.listen(0, "127.0.0.1", resolve));
  const { port } = endless.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/ws`;
  const opening = openClassic(NodeWebSocket, url, 60_000);
  await assert.rejects(opening, (error) => {
    assert(error instanceof RequestRefused);
    assert.deepEqual([error.status, error.detail], [500, "x".repeat(200)]);
    return true;
  });
  await new Promise((resolve) => endless.close(resolve));
});

test("closing before it is open", async () => {
  const seen = await against(
    () => undefined,
    (socket) => socket.close(),
  );
  assert.equal(seen.code, 1006);
});
