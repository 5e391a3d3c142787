import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../../../sdk-typescript/src/client.ts";
import { RequestRefused, ServerUnreachable } from "../../../sdk-typescript/src/errors.ts";
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
