/** The small values of `fastagency.v1`: cursors, delays, texts in pieces, and waiting. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { decode } from "../../../sdk-typescript/src/codec.ts";
import { Cursor } from "../../../sdk-typescript/src/cursor.ts";
import { reconnectDelay } from "../../../sdk-typescript/src/reconnect.ts";
import { sleep } from "../../../sdk-typescript/src/sleep.ts";
import { TextAssembler } from "../../../sdk-typescript/src/texts.ts";
import { UUID } from "./fixtures.ts";
import { chunk, logged, ready, TOKEN } from "./session_fixtures.ts";

test("a cursor there and back", () => {
  const cursor = new Cursor(UUID, TOKEN, "e1", 7);
  const text = JSON.stringify(cursor);
  assert.deepEqual(JSON.parse(text), {
    workflow_uuid: UUID,
    resume_token: TOKEN,
    epoch: "e1",
    after_seq: 7,
  });
  assert.equal(JSON.stringify(Cursor.parse(text)), text);
  assert.equal(Cursor.parse(text).resumeToken, TOKEN);
  assert.deepEqual(cursor.fromStart().toJSON(), { ...cursor.toJSON(), after_seq: 0 });
  for (const wrong of [
    "[]",
    "{}",
    "null",
    "3",
    text.replace(":7", ":true"),
    text.replace(":7", ':"7"'),
    `${text}x`,
    "{",
  ])
    assert.throws(
      () => Cursor.parse(wrong),
      (thrown) => thrown instanceof TypeError && !thrown.message.includes("tt"),
    );
});

test("spec FA-LIV-2: delays grow up to a limit, and are drawn", () => {
  const policy = { firstDelay: 1000, longestDelay: 10_000 };
  const longest = (attempt: number, code = 1006) =>
    reconnectDelay(policy, code, "", attempt, () => 1);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 99, 9999].map((attempt) => longest(attempt)),
    [1000, 2000, 4000, 8000, 10_000, 10_000, 10_000],
  );
  assert.equal(longest(1, 4200), 0);
  assert.equal(longest(2, 4200), 2000);
  assert.equal(
    reconnectDelay(policy, 1006, "", 3, () => 0),
    0,
  );
  assert.equal(
    reconnectDelay({ firstDelay: 0 }, 1006, "", 9999, () => 1),
    0,
  );
});

test("texts are assembled", () => {
  const texts = new TextAssembler();
  const add = (frame: string) => texts.add(decode(frame));
  assert.equal(add(chunk("Prime ")), "Prime ");
  assert.equal(add(chunk("numbers")), "Prime numbers");
  assert.equal(add(chunk("Again", true)), "Again");
  assert.equal(add(logged(1, "text_message", { uuid: "t1" })), null);
  assert.equal(add(chunk("new")), "new");
  assert.equal(add(ready("reset")), null);
  assert.equal(add(chunk("newer")), "newer");
});

test("waiting ends with the time, the signal, or the network", async () => {
  await sleep(1);
  const control = new AbortController();
  const waiting = sleep(60_000, control.signal, true);
  control.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(sleep(0, control.signal), /enough/);
  const page = new EventTarget();
  const { addEventListener } = globalThis as { addEventListener?: unknown };
  Object.assign(globalThis, { addEventListener: page.addEventListener.bind(page) });
  try {
    const online = sleep(60_000, undefined, true);
    page.dispatchEvent(new Event("online"));
    await online;
  } finally {
    Object.assign(globalThis, { addEventListener });
  }
});
