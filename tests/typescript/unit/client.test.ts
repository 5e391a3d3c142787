import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { inspect } from "node:util";

import { Client } from "../../../sdk-typescript/src/client.ts";
import { Cursor } from "../../../sdk-typescript/src/cursor.ts";
import {
  ConversationRefused,
  RequestRefused,
  ServerUnreachable,
} from "../../../sdk-typescript/src/errors.ts";
import { delayOf } from "../../../sdk-typescript/src/retry.ts";
import { FakeSocket, INITIATED } from "./fixtures.ts";

const QUICK = { firstDelay: 0 };

/** A `fetch` that gives these answers, one after the other, and keeps what was asked. */
function answering(...answers: (Response | Error | "never")[]) {
  const asked: { url: string; headers: unknown; body: unknown }[] = [];
  const fetch = ((url: string, init: RequestInit) => {
    asked.push({ url, headers: init.headers, body: init.body });
    const answer = answers.shift();
    if (answer instanceof Response) return Promise.resolve(answer);
    if (answer === "never")
      return new Promise((_, reject) =>
        init.signal?.addEventListener("abort", () => reject(init.signal?.reason)),
      );
    return Promise.reject(answer ?? new Error("nobody home"));
  }) as typeof globalThis.fetch;
  return { fetch, asked };
}

const full = (seconds?: string) =>
  new Response('{"detail":"Full."}', {
    status: 503,
    headers: seconds === undefined ? {} : { "retry-after": seconds },
  });

test("discovery is asked again while the server cannot be reached or is full", async () => {
  const { fetch, asked } = answering(new Error("down"), full(), full("0"), Response.json([]));
  assert.deepEqual(await new Client("http://x", { fetch, retry: QUICK }).discovery(), []);
  assert.equal(asked.length, 4);
});

test("discovery gives up after its attempts, and at once for another error", async () => {
  const down = answering();
  const client = new Client("http://x", { fetch: down.fetch, retry: { attempts: 2, ...QUICK } });
  await assert.rejects(client.discovery(), ServerUnreachable);
  assert.equal(down.asked.length, 2);
  const refused = answering(new Response("", { status: 404 }));
  await assert.rejects(
    new Client("http://x", { fetch: refused.fetch }).discovery(),
    RequestRefused,
  );
  assert.equal(refused.asked.length, 1);
});

test("a signal ends the wait before the next try", async () => {
  const control = new AbortController();
  const { fetch, asked } = answering(full("4"));
  const asking = new Client("http://x", { fetch }).discovery({ signal: control.signal });
  setTimeout(() => control.abort(new Error("enough")), 5);
  await assert.rejects(asking, /enough/);
  assert.equal(asked.length, 1);
});

test("starting is never repeated", async () => {
  const { fetch, asked } = answering(full("0"));
  await assert.rejects(new Client("http://x", { fetch }).start("quiz"), RequestRefused);
  assert.equal(asked.length, 1);
});

test("a request that takes too long is given up", async () => {
  const alive = setInterval(() => {}, 60_000); // as a connection would keep Node running
  const { fetch } = answering("never");
  const client = new Client("http://x", { fetch, timeout: 1, retry: { attempts: 1 } });
  await assert.rejects(client.discovery(), ServerUnreachable);
  clearInterval(alive);
});

test("headers are asked for each time, and the user is sent along", async () => {
  let count = 0;
  const headers = async () => ({ authorization: `token ${++count}` });
  const { fetch, asked } = answering(Response.json([]), Response.json(INITIATED));
  const client = new Client("http://x", { fetch, headers, userId: "ada", WebSocket: FakeSocket });
  await client.discovery();
  const starting = client.start("quiz", { a: 1 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  FakeSocket.last.open();
  await (await starting).close();
  assert.deepEqual(asked[0]?.headers, { authorization: "token 1" });
  assert.equal((asked[1]?.headers as Record<string, string>)["authorization"], "token 2");
  assert.equal(JSON.parse(asked[1]?.body as string).user_id, "ada");
  assert.equal(count, 3); // the socket's too, which a browser cannot send
});

test("delays are drawn up to a limit that doubles", () => {
  const down = new ServerUnreachable("down");
  for (const [tried, longest] of [
    [1, 250],
    [2, 500],
    [3, 1000],
    [90, 5000],
  ] as const) {
    const drawn = Array.from({ length: 200 }, () => delayOf({ attempts: 99 }, tried, down) ?? -1);
    assert.ok(Math.min(...drawn) >= 0 && Math.max(...drawn) <= longest);
    assert.ok(Math.max(...drawn) > longest / 2);
  }
  assert.equal(delayOf({}, 4, down), null);
  assert.equal(delayOf({}, 1, new RequestRefused(503, "", 3)), 3000);
  assert.equal(delayOf({}, 1, new RequestRefused(503, "", 6)), null);
  assert.equal(delayOf({}, 1, new RequestRefused(500, "", 1)), null);
});

test("spec FA-NEG-3: a redirect is refused, and nothing is sent on", async () => {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const location = `http://localhost:${(server.address() as AddressInfo).port}/elsewhere`;
    response.writeHead(307, { location }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new Client(url, { headers: { "x-key": "secret" }, retry: QUICK });
  const refused = (thrown: unknown) => thrown instanceof RequestRefused && thrown.status === 307;
  await assert.rejects(client.start("quiz"), refused);
  await assert.rejects(client.discovery(), refused);
  server.close();
  server.closeAllConnections();
  assert.deepEqual(
    asked.map((request) => request.url),
    ["/fastagency/initiate_workflow", "/fastagency/discovery"],
  );
});

test("a browser's redirect, which has no status, is refused with a sentence and asked for once", async () => {
  const opaque = Response.error(); // status 0 too
  const { fetch, asked } = answering(opaque);
  await assert.rejects(
    new Client("http://x", { fetch, retry: QUICK }).discovery(),
    (thrown) => thrown instanceof RequestRefused && /redirect/.test(thrown.message),
  );
  assert.equal(asked.length, 1);
});

test("what a base URL may be", async () => {
  for (const [base, http, ws] of [
    ["http://host:8008", "http://host:8008/", "ws://host:8008/"],
    ["https://host/a/b//", "https://host/a/b/", "wss://host/a/b/"],
    ["ws://host/@me", "http://host/@me/", "ws://host/@me/"],
    ["wss://[::1]:9", "https://[::1]:9/", "wss://[::1]:9/"],
    [" HTTP://host? ", "http://host/", "ws://host/"],
  ] as const) {
    const { fetch, asked } = answering(Response.json(INITIATED));
    const client = new Client(base, { fetch, WebSocket: FakeSocket });
    const starting = client.start("quiz");
    await new Promise((resolve) => setTimeout(resolve, 5));
    FakeSocket.last.open();
    await (await starting).close();
    assert.ok(asked[0]?.url.startsWith(`${http}fastagency/`), asked[0]?.url);
    assert.ok(FakeSocket.last.url.startsWith(`${ws}fastagency/`), FakeSocket.last.url);
  }
});

test("what a base URL may not be; no error repeats a password", () => {
  for (const [base, why] of [
    ["localhost:8008", /must start with/],
    ["ftp://host", /must start with/],
    ["file:///host", /must start with/],
    ["//host", /no URL/],
    ["", /no URL/],
    ["http://host:99999", /no URL/],
    ["http://host?x=1", /query/],
    ["http://host#x", /fragment/],
    ["http://ada:hunter2@host", /user or a password/],
    ["http://ada@host", /user or a password/],
    ["http://:hunter2@host", /user or a password/],
    ["http://ada:hunter2@host:99999", /no URL/],
    ["ftp://ada:hunter2@host", /must start with/],
  ] as const)
    assert.throws(
      () => new Client(base),
      (thrown) =>
        thrown instanceof TypeError &&
        why.test(thrown.message) &&
        !JSON.stringify([thrown.message, { ...thrown }]).includes("hunter2"),
      base,
    );
});

/** Sockets that open by themselves, in this dialect. */
function opening(protocol: string) {
  const sockets: FakeSocket[] = [];
  class OpeningSocket extends FakeSocket {
    constructor(url: string, protocols: string[] = []) {
      super(url, protocols);
      sockets.push(this);
      queueMicrotask(() => this.open(protocols.includes(protocol) ? protocol : ""));
    }
  }
  return { WebSocket: OpeningSocket, sockets };
}

const first = (socket: FakeSocket | undefined) => JSON.parse(socket?.sent[0] ?? "{}");
const announced = (more: object = {}) => Response.json({ ...INITIATED, ...more });
const settled = () => new Promise((resolve) => setTimeout(resolve, 10));

for (const [why, protocol, initiated, options, offered, sent] of [
  ["it is advertised and echoed", "fastagency.v1", {}, {}, true, "start_workflow"],
  ["it is not advertised", "fastagency.v1", { subprotocols: null }, {}, false, undefined],
  ["spec FA-NEG-4: it is not echoed", "", {}, {}, true, undefined],
  ["its user wants classic", "fastagency.v1", {}, { dialect: "classic" }, false, undefined],
] as const)
  test(`the dialect, when ${why}`, async () => {
    const { WebSocket, sockets } = opening(protocol);
    const { fetch } = answering(announced(initiated));
    const conversation = await new Client("http://x", { fetch, WebSocket, ...options }).start(
      "quiz",
    );
    assert.deepEqual(sockets[0]?.protocols, offered ? ["fastagency.v1"] : []);
    assert.equal(first(sockets[0]).type, sent);
    assert.equal(conversation.connection, sent ? "connecting" : "live");
    assert.equal(first(sockets[0]).workflow_uuid, INITIATED.workflow_uuid);
    await conversation.close();
  });

test("spec FA-SEC-5: each socket has a ticket of its own where it takes no headers", async () => {
  const { WebSocket, sockets } = opening("fastagency.v1");
  const { fetch, asked } = answering(
    announced({ ticket: "a&1" }),
    announced({ ticket: "b" }),
    announced({ ticket: "c" }),
  );
  const reconnect = { firstDelay: 0 };
  const conversation = await new Client("http://x", { fetch, WebSocket, reconnect }).start("quiz", {
    level: 3,
  });
  for (let time = 0; time < 2; time++) {
    sockets.at(-1)?.drop();
    await settled();
  }
  assert.deepEqual(
    sockets.map(({ url }) => url),
    ["a%261", "b", "c"].map((ticket) => `ws://x/fastagency/ws?ticket=${ticket}`),
  );
  // Of the others only the ticket is used: the workflow is not run again.
  assert.equal(new Set(sockets.map(({ sent }) => sent[0])).size, 1);
  const bodies = asked.map(({ body }) => JSON.parse(body as string));
  assert.deepEqual(
    bodies.map(({ workflow_name }) => workflow_name as unknown),
    ["quiz", "quiz", "quiz"],
  );
  assert.equal(new Set(bodies.map(({ workflow_uuid }) => workflow_uuid as unknown)).size, 3);
  await conversation.close();
});

test("without tickets nothing else is announced", async () => {
  const { WebSocket, sockets } = opening("fastagency.v1");
  const { fetch, asked } = answering(announced({ ticket: null }));
  const reconnect = { firstDelay: 0 };
  const conversation = await new Client("http://x", { fetch, WebSocket, reconnect }).start("quiz");
  sockets[0]?.drop();
  await settled();
  assert.deepEqual(
    sockets.map(({ url }) => url),
    ["ws://x/fastagency/ws", "ws://x/fastagency/ws"],
  );
  assert.equal(asked.length, 1);
  await conversation.close();
});

test("a socket that takes headers needs no ticket", async () => {
  const { WebSocket, sockets } = opening("fastagency.v1");
  class HeaderClient extends Client {
    protected override get sendsHeaders() {
      return true;
    }
  }
  const { fetch } = answering(announced());
  const conversation = await new HeaderClient("http://x", { fetch, WebSocket }).start("quiz");
  assert.equal(sockets[0]?.url, "ws://x/fastagency/ws");
  await conversation.close();
});

const cursor = new Cursor(INITIATED.workflow_uuid, "a-secret", "e1", 7);

test("a resume from a cursor takes its tickets from any workflow", async () => {
  const { WebSocket, sockets } = opening("fastagency.v1");
  const offered = () => Response.json([{ name: "other", description: "" }]);
  const { fetch, asked } = answering(
    offered(),
    announced({ ticket: "a" }),
    announced({ ticket: "b" }),
  );
  const client = new Client("http://x", { fetch, WebSocket, reconnect: { firstDelay: 0 } });
  const conversation = await client.resume(cursor);
  assert.deepEqual(first(sockets[0]), { type: "resume_workflow", ...cursor.toJSON() });
  assert.deepEqual(conversation.cursor?.toJSON(), cursor.toJSON());
  assert.equal(conversation.connection, "reconnecting");
  sockets[0]?.drop();
  await settled();
  assert.deepEqual(
    sockets.map(({ url }) => url.replace(/.*\?/, "")),
    ["ticket=a", "ticket=b"],
  );
  assert.deepEqual(
    asked.slice(1).map(({ body }) => JSON.parse(body as string).workflow_name as unknown),
    ["other", "other"],
  );
  await conversation.close();
});

test("a resume from the start, on a server without tickets", async () => {
  const { WebSocket, sockets } = opening("fastagency.v1");
  const { fetch, asked } = answering(Response.json([]));
  const client = new Client("http://x", { fetch, WebSocket, reconnect: { firstDelay: 0 } });
  const conversation = await client.resume(cursor, { fromStart: true });
  assert.equal(first(sockets[0]).after_seq, 0);
  sockets[0]?.drop();
  await settled();
  assert.deepEqual(
    sockets.map(({ url }) => url),
    ["ws://x/fastagency/ws", "ws://x/fastagency/ws"],
  );
  assert.equal(asked.length, 1, "the server was asked for tickets once");
  await conversation.close();
});

test("a resume where the server speaks classic alone fails, and closes the socket", async () => {
  const { WebSocket, sockets } = opening("");
  const { fetch } = answering(Response.json([]));
  await assert.rejects(
    new Client("http://x", { fetch, WebSocket }).resume(cursor),
    /does not speak fastagency\.v1/,
  );
  assert.notEqual(sockets[0]?.readyState, 1);
  assert.deepEqual(sockets[0]?.sent, []);
});

test("a ticket that is refused ends the conversation; no error holds one", async () => {
  const { WebSocket, sockets } = opening("fastagency.v1");
  const { fetch } = answering(announced(), new Response('{"detail":"Who?"}', { status: 401 }));
  const conversation = await new Client("http://x", { fetch, WebSocket }).start("quiz");
  sockets[0]?.drop();
  const read = async () => {
    for await (const _ of conversation);
  };
  await assert.rejects(read(), (thrown) => thrown instanceof ConversationRefused);
  class ClosedSocket extends FakeSocket {
    constructor(url: string) {
      super(url);
      queueMicrotask(() => this.drop());
    }
  }
  const again = answering(announced());
  await assert.rejects(
    new Client("http://x", { fetch: again.fetch, WebSocket: ClosedSocket }).start("quiz"),
    (thrown) => thrown instanceof ServerUnreachable && !inspect(thrown).includes(INITIATED.ticket),
  );
});
