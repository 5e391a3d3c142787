import assert from "node:assert/strict";
import { test } from "node:test";

import type { Conversation } from "../../../sdk-typescript/src/conversation.ts";
import {
  ConversationLost,
  ConversationRefused,
  MalformedMessage,
  NotAsked,
  ServerUnreachable,
} from "../../../sdk-typescript/src/errors.ts";
import {
  choice,
  completed,
  FakeSocket,
  FIRST,
  INITIATED,
  input,
  openClassic,
  text,
} from "./fixtures.ts";

/** More than any test takes, in milliseconds. */
const LONG = 60_000;

async function open(signal?: AbortSignal): Promise<[Conversation, FakeSocket]> {
  const opening = openClassic(FakeSocket, "ws://x/ws", LONG, signal);
  FakeSocket.last.open();
  return [await opening, FakeSocket.last];
}

async function types(conversation: Conversation): Promise<string[]> {
  const seen: string[] = [];
  for await (const message of conversation) seen.push(message.type);
  return seen;
}

test("the first frame is sent when the socket opens, and reading ends with the workflow", async () => {
  const [conversation, socket] = await open();
  assert.deepEqual(JSON.parse(socket.sent[0] ?? ""), FIRST);
  socket.say(text("a"), text("b"), completed());
  assert.deepEqual(await types(conversation), [
    "text_message",
    "text_message",
    "workflow_completed",
  ]);
  assert.equal(socket.closedWith, 1000);
  assert.deepEqual(await types(conversation), []);
});

test("a question counts as asked once it was read", async () => {
  const [conversation, socket] = await open();
  socket.say(input(), choice());
  await assert.rejects(conversation.answer("early"), NotAsked);
  for await (const message of conversation) {
    assert.equal(conversation.question, message);
    if (message.type === "text_input") {
      await conversation.answer("anything");
      await assert.rejects(conversation.answer("a"), NotAsked);
    } else break;
  }
  await conversation.answer("a");
  assert.deepEqual(socket.sent.slice(1), ["anything", "a"]);
});

test("break leaves the conversation open", async () => {
  const [conversation, socket] = await open();
  socket.say(text("a"), text("b"), completed());
  for await (const _ of conversation) break;
  assert.equal(socket.closedWith, undefined);
  assert.deepEqual(await types(conversation), ["text_message", "workflow_completed"]);
});

test("two readers share the messages, and both end", async () => {
  const [conversation, socket] = await open();
  const both = [types(conversation), types(conversation)];
  await Promise.resolve();
  socket.say(text("a"), text("b"), text("c"), completed());
  const seen = (await Promise.all(both)).flat();
  assert.deepEqual(seen.sort(), [
    "text_message",
    "text_message",
    "text_message",
    "workflow_completed",
  ]);
});

test("a drop throws after the messages before it, each time", async () => {
  const [conversation, socket] = await open();
  socket.say(text("a"));
  socket.drop(1006);
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const message of conversation) seen.push(message.type);
  }, ConversationLost);
  assert.deepEqual(seen, ["text_message"]);
  await assert.rejects(types(conversation), ConversationLost);
  await assert.rejects(conversation.answer("x"), ConversationLost);
});

for (const [code, kind] of [
  [4001, ConversationRefused],
  [1001, ConversationLost],
  [1006, ConversationLost],
  [1000, NotAsked],
] as const)
  test(`an answer after a close with ${code} that was not read yet is not sent`, async () => {
    const [conversation, socket] = await open();
    socket.say(input(), text("a"), text("b"));
    for await (const _ of conversation) break;
    socket.drop(code, "why");
    await assert.rejects(conversation.answer("late"), kind);
    assert.equal(socket.sent.length, 1); // the first frame
    const seen: string[] = [];
    const reading = (async () => {
      for await (const message of conversation) seen.push(message.type);
    })();
    await assert.rejects(reading, code === 4001 ? ConversationRefused : ConversationLost);
    assert.deepEqual(seen, ["text_message", "text_message"]);
  });

test("an answer while the socket is closing waits for the close code", async () => {
  const [conversation, socket] = await open();
  socket.say(input());
  for await (const _ of conversation) break;
  socket.readyState = 2;
  const answering = assert.rejects(conversation.answer("late"), ConversationRefused);
  socket.drop(4001);
  await answering;
  assert.equal(socket.sent.length, 1);
});

test("two readers both learn of a drop", async () => {
  const [conversation, socket] = await open();
  const both = [types(conversation), types(conversation)].map((reading) =>
    assert.rejects(reading, ConversationLost),
  );
  socket.drop(1001);
  await Promise.all(both);
});

test("reading goes on after a malformed frame and after a binary one", async () => {
  const [conversation, socket] = await open();
  socket.say('{"type": "keep_alive"}', new ArrayBuffer(2), completed());
  await assert.rejects(types(conversation), MalformedMessage);
  await assert.rejects(types(conversation), MalformedMessage);
  assert.deepEqual(await types(conversation), ["workflow_completed"]);
});

test("closing ends the reading without an error, and waits for the socket", async () => {
  const [conversation, socket] = await open();
  const reading = types(conversation);
  await conversation.close();
  assert.equal(socket.closedWith, 1000);
  assert.deepEqual(await reading, []);
  assert.equal(conversation.state, "cancelled");
});

test("await using closes", async () => {
  const [conversation, socket] = await open();
  {
    await using mine = conversation;
    assert.equal(mine.workflowUuid, INITIATED.workflow_uuid);
  }
  assert.equal(socket.closedWith, 1000);
});

test("a signal ends the conversation with its reason", async () => {
  const control = new AbortController();
  const [conversation, socket] = await open(control.signal);
  const reading = types(conversation);
  control.abort(new Error("enough"));
  await assert.rejects(reading, /enough/);
  assert.equal(socket.closedWith, 1000);
});

test("a signal gives up the opening", async () => {
  const control = new AbortController();
  const opening = openClassic(FakeSocket, "ws://x/ws", LONG, control.signal);
  control.abort(new Error("enough"));
  await assert.rejects(opening, /enough/);
  await assert.rejects(openClassic(FakeSocket, "ws://x/ws", LONG, control.signal), /enough/);
});

test("a socket that does not open says so", async () => {
  const opening = openClassic(FakeSocket, "ws://x/ws", LONG);
  FakeSocket.last.onerror?.({ message: "nobody home" });
  FakeSocket.last.drop();
  await assert.rejects(
    opening,
    (thrown) => thrown instanceof ServerUnreachable && /nobody home/.test(thrown.message),
  );
});

test("a socket that takes too long is given up", async () => {
  const opening = openClassic(FakeSocket, "ws://x/ws", 1);
  await assert.rejects(
    opening,
    (thrown) => thrown instanceof ServerUnreachable && /within 1 ms/.test(thrown.message),
  );
  assert.equal(FakeSocket.last.closedWith, undefined);
});
