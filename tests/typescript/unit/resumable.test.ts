/** resumable.ts: the shell around a session, on sockets that do what the test says. */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConnectionState } from "../../../sdk-typescript/src/connection.ts";
import type { ConversationOptions } from "../../../sdk-typescript/src/conversation.ts";
import {
  ConversationLost,
  ConversationRefused,
  MalformedMessage,
  RequestRefused,
  ServerUnreachable,
} from "../../../sdk-typescript/src/errors.ts";
import type { Reconnect } from "../../../sdk-typescript/src/reconnect.ts";
import { ResumableConversation, type Connect } from "../../../sdk-typescript/src/resumable.ts";
import { SessionProtocol } from "../../../sdk-typescript/src/session.ts";
import { FakeSocket } from "./fixtures.ts";
import {
  accepted,
  logged,
  malformed,
  over,
  question,
  ready,
  replayed,
  STARTED,
} from "./session_fixtures.ts";

/** A conversation with the sockets that were opened for it; `failing` are the errors of the next openings. */
class Stage {
  readonly sockets: FakeSocket[] = [];
  readonly states: ConnectionState[] = [];
  readonly failing: unknown[] = [];
  openings = 0;
  readonly conversation: ResumableConversation;

  constructor(
    reconnect: Reconnect = { firstDelay: 0 },
    options: ConversationOptions = {},
    readonly Socket: new (url: string) => FakeSocket = FakeSocket,
  ) {
    const onConnection = (state: ConnectionState) => this.states.push(state);
    this.conversation = new ResumableConversation(
      this.open(),
      new SessionProtocol(STARTED, reconnect, performance.now()),
      this.connect,
      { onConnection, ...options },
    );
  }

  readonly connect: Connect = async (begin, signal) => {
    this.openings++;
    if (this.failing.length) throw await this.failing.shift();
    signal?.throwIfAborted();
    return begin(this.open());
  };

  open(): FakeSocket {
    const socket = new this.Socket("ws://x/ws");
    socket.open();
    this.sockets.push(socket);
    return socket;
  }

  /** The socket of now. */
  get socket(): FakeSocket {
    return this.sockets.at(-1) as FakeSocket;
  }

  /** What the socket of now was sent, but for its first frame. */
  get sent(): any[] {
    return this.socket.sent.slice(1).map((text) => JSON.parse(text) as unknown);
  }

  /** Read so many messages. */
  async read(count: number): Promise<any[]> {
    const seen: unknown[] = [];
    const messages = this.conversation[Symbol.asyncIterator]();
    while (seen.length < count) seen.push((await messages.next()).value);
    return seen;
  }

  async types(): Promise<string[]> {
    const seen: string[] = [];
    for await (const message of this.conversation) seen.push(message.type);
    return seen;
  }
}

/** Let everything happen that needs no time. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("a conversation over two sockets", async () => {
  const stage = new Stage();
  assert.equal(JSON.parse(stage.socket.sent[0] ?? "").type, "start_workflow");
  stage.socket.say(ready("fresh"), logged(1));
  await stage.read(1);
  stage.socket.drop(1006);
  await settled();
  const resume = JSON.parse(stage.socket.sent[0] ?? "");
  assert.deepEqual([resume.type, resume.after_seq], ["resume_workflow", 1]);
  stage.socket.say(ready("replay"), logged(2), replayed(2), over(3));
  assert.deepEqual(await stage.types(), ["text_message", "workflow_completed"]);
  assert.deepEqual(await stage.types(), []);
  assert.equal(stage.socket.closedWith, 1000);
  assert.equal(stage.conversation.outcome, "completed");
  assert.deepEqual(stage.states, ["connecting", "live", "reconnecting", "live", "ended"]);
  await stage.conversation.close();
  assert.equal(stage.openings, 1);
});

test("an answer is sent at once, and again on the next socket until it is settled", async () => {
  const stage = new Stage();
  stage.socket.say(ready("fresh"), question(1));
  await stage.read(1);
  const answerId = await stage.conversation.answer("Ada");
  const [answer] = stage.sent;
  assert.deepEqual([answer.answer_id, answer.value], [answerId, "Ada"]);
  stage.socket.drop(1001);
  await settled();
  assert.deepEqual(stage.sent, []);
  stage.socket.say(ready("replay"), replayed(1));
  assert.deepEqual(stage.sent, [answer]);
  stage.socket.say(accepted(2, answerId));
  const [told] = await stage.read(1);
  assert.ok(!stage.conversation.answeredElsewhere(told));
  await stage.conversation.close();
});

test("a cancel while there is no connection is sent on the next", async () => {
  const stage = new Stage();
  stage.socket.say(ready("fresh"));
  stage.socket.drop();
  await stage.conversation.cancel("enough");
  await settled();
  stage.socket.say(ready("replay"), replayed(0));
  assert.deepEqual(stage.sent, [{ type: "cancel_workflow", reason: "enough" }]);
  stage.socket.say(over(1, "cancelled"));
  await stage.types();
  assert.equal(stage.conversation.state, "cancelled");
});

test("a gap closes the socket and resumes", async () => {
  const stage = new Stage();
  stage.socket.say(ready("fresh"), logged(1), logged(3));
  const [first] = stage.sockets;
  await settled();
  assert.equal(first?.closedWith, 1000);
  assert.equal(JSON.parse(stage.socket.sent[0] ?? "").after_seq, 1);
  first?.onmessage?.({ data: logged(2, "text_message", { content: { body: "stale" } }) });
  stage.socket.say(ready("replay"), logged(2), logged(3), replayed(3), over(4));
  const read = await stage.read(3);
  assert.deepEqual(
    read.map(({ content }) => content.body as unknown),
    ["m1", "m2", "m3"],
  );
  assert.deepEqual(await stage.types(), ["workflow_completed"]);
});

test("spec FA-LIV-1: silence drops the socket and resumes", async () => {
  const stage = new Stage();
  stage.socket.say(ready("fresh", { heartbeat_seconds: 0.01 }));
  const [first] = stage.sockets;
  while (stage.openings === 0) await settled();
  assert.equal(first?.closedWith, 1000);
  assert.equal(stage.conversation.connection, "reconnecting");
  await stage.conversation.close();
});

test("what cannot be opened is tried again, and a refusal is final", async () => {
  const stage = new Stage();
  stage.socket.say(ready("fresh"), logged(1));
  const refused = new RequestRefused(403, "Not from here.");
  stage.failing.push(new ServerUnreachable("down"), new TypeError("no token"), refused);
  stage.socket.drop();
  const seen: string[] = [];
  await assert.rejects(
    async () => {
      for await (const message of stage.conversation) seen.push(message.type);
    },
    (thrown) =>
      thrown instanceof ConversationRefused &&
      thrown.detail === "Not from here." &&
      thrown.cause === refused,
  );
  assert.deepEqual(seen, ["text_message"]);
  assert.equal(stage.openings, 3);
  assert.equal(stage.conversation.state, "failed");
  assert.deepEqual(stage.states.at(-1), "lost");
});

test("it gives up when its user says so", async () => {
  const shouldRetry = (_: number, __: string, attempt: number) => attempt < 3;
  const stage = new Stage({ firstDelay: 0, shouldRetry });
  const down = new ServerUnreachable("down");
  stage.failing.push(down, down, down, down);
  stage.socket.drop();
  await assert.rejects(
    stage.types(),
    (thrown) => thrown instanceof ConversationLost && thrown.cause === down,
  );
  assert.equal(stage.openings, 2);
  await assert.rejects(stage.conversation.answer("late"), ConversationLost);
});

test("what this side closed with is final", async () => {
  const stage = new Stage();
  stage.socket.say(ready("fresh"));
  stage.socket.onerror?.({ message: "a message is larger than 10 bytes", code: 1009 });
  stage.socket.drop(1006);
  await assert.rejects(
    stage.types(),
    (thrown) => thrown instanceof ConversationLost && thrown.code === 1009,
  );
  assert.equal(stage.openings, 0);
});

test("reading goes on after a malformed frame and after a binary one", async () => {
  const stage = new Stage();
  stage.socket.say(ready("fresh"), malformed(1), new ArrayBuffer(2), over(2));
  await assert.rejects(stage.types(), MalformedMessage);
  await assert.rejects(stage.types(), MalformedMessage);
  assert.deepEqual(await stage.types(), ["workflow_completed"]);
});

test("spec FA-CAN-3: closing leaves the workflow, and ends every wait", async () => {
  for (const prepare of [
    () => undefined,
    (stage: Stage) => stage.socket.drop(), // between two sockets
    (stage: Stage) => stage.socket.say(logged(5)), // while one is closing
  ]) {
    const stage = new Stage({ firstDelay: 60_000, longestDelay: 60_000 });
    stage.socket.say(ready("fresh"));
    const reading = stage.types();
    prepare(stage);
    await stage.conversation.close();
    assert.deepEqual(await reading, []);
    assert.deepEqual(stage.sent, [], "no cancel");
    assert.equal(stage.socket.readyState, 3);
    assert.deepEqual(
      [stage.conversation.state, stage.conversation.connection],
      ["cancelled", "ended"],
    );
    assert.equal(stage.openings, 0);
  }
});

test("closing waits until the socket is closed", async () => {
  const stage = new Stage();
  stage.socket.close = () => undefined;
  let closed = false;
  const closing = stage.conversation.close().then(() => (closed = true));
  await settled();
  assert.ok(!closed);
  stage.socket.drop(1000);
  await closing;
});

test("a refusal that comes after the close is none", async () => {
  const stage = new Stage();
  let refuse: (error: unknown) => void = () => undefined;
  stage.failing.push(new Promise((resolve) => (refuse = resolve)));
  stage.socket.say(ready("fresh"));
  stage.socket.drop();
  await settled();
  const closing = stage.conversation.close();
  refuse(new RequestRefused(403, "Too late."));
  await closing;
  assert.equal(stage.conversation.connection, "ended");
  assert.deepEqual(await stage.types(), []);
});

test("a signal after the end changes nothing", async () => {
  const control = new AbortController();
  const stage = new Stage({}, { signal: control.signal });
  stage.socket.say(ready("fresh"), over(1));
  await stage.types();
  control.abort(new Error("enough"));
  assert.deepEqual(await stage.types(), []);
  assert.equal(stage.conversation.state, "completed");
});

test("a signal ends it with its reason, also between two sockets", async () => {
  const control = new AbortController();
  const options = { signal: control.signal };
  const stage = new Stage({ firstDelay: 60_000, longestDelay: 60_000 }, options);
  stage.socket.say(ready("fresh"));
  stage.socket.drop();
  const reading = stage.types();
  control.abort(new Error("enough"));
  await assert.rejects(reading, /enough/);
  assert.equal(stage.openings, 0);
});

/** A socket that can be paused. */
class PausingSocket extends FakeSocket {
  paused = false;
  pause = () => void (this.paused = true);
  resume = () => void (this.paused = false);
}

const many = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => logged(from + index));

test("a user who does not read lets the server wait, and can still answer", async () => {
  const stage = new Stage({ firstDelay: 0 }, {}, PausingSocket);
  const socket = stage.socket as PausingSocket;
  socket.say(ready("fresh", { heartbeat_seconds: 0.01 }), question(1));
  await stage.read(1);
  socket.say(...many(2, 300));
  assert.ok(socket.paused);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(stage.openings, 0, "the silence is this side's");
  await stage.conversation.answer("Ada");
  assert.equal(stage.sent.length, 1);
  await stage.read(200);
  assert.ok(!socket.paused);
  assert.equal((await stage.read(99)).at(-1).seq, 300);
  await stage.conversation.close();
});

test("where a socket cannot be paused, what is too much is fetched again", async () => {
  const stage = new Stage();
  stage.socket.say(ready("fresh"), question(1));
  await stage.read(1);
  stage.socket.say(...many(2, 1000));
  await stage.conversation.answer("Ada");
  assert.equal(stage.sent.length, 1);
  await settled();
  assert.equal(stage.openings, 0);
  const read = await stage.read(256);
  await settled();
  assert.equal(stage.openings, 1);
  assert.equal(JSON.parse(stage.socket.sent[0] ?? "").after_seq, 257);
  stage.socket.say(ready("replay"), ...many(258, 300), replayed(300), over(301));
  read.push(...(await stage.read(44)));
  assert.deepEqual(
    read.map(({ seq }) => seq as unknown),
    Array.from({ length: 300 }, (_, index) => index + 2),
  );
});

test("what onConnection throws is no part of the conversation", async () => {
  const { queueMicrotask } = globalThis;
  const thrown: unknown[] = [];
  globalThis.queueMicrotask = (act) =>
    queueMicrotask(() => {
      try {
        act();
      } catch (error) {
        thrown.push(error);
      }
    });
  try {
    const onConnection = (state: ConnectionState) => {
      throw state;
    };
    const stage = new Stage({}, { onConnection });
    stage.socket.say(ready("fresh"), over(1));
    assert.deepEqual(await stage.types(), ["workflow_completed"]);
    assert.deepEqual(thrown, ["connecting", "live", "ended"]);
  } finally {
    globalThis.queueMicrotask = queueMicrotask;
  }
});
