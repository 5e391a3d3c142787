/** session.ts: a conversation of `fastagency.v1` from the client's side, without sockets or clocks. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import { Cursor } from "../../../sdk-typescript/src/cursor.ts";
import {
  ConversationLost,
  ConversationRefused,
  MalformedMessage,
  NotAsked,
} from "../../../sdk-typescript/src/errors.ts";
import { UUID } from "./fixtures.ts";
import {
  accepted,
  alive,
  choices,
  chunk,
  frame,
  live,
  logged,
  malformed,
  over,
  question,
  ready,
  rejected,
  replayed,
  STARTED,
  Talk,
  TOKEN,
} from "./session_fixtures.ts";

const cursor = (epoch: string, seq: number) => ({
  workflow_uuid: UUID,
  resume_token: TOKEN,
  epoch,
  after_seq: seq,
});

test("spec FA-RES-7: a start brings its token, and is said again until there is a session", () => {
  const talk = new Talk();
  assert.equal(talk.protocol.connection, "connecting");
  assert.equal(talk.protocol.state, "created");
  assert.deepEqual([talk.protocol.cursor, talk.protocol.question], [null, null]);
  const first = talk.open();
  assert.deepEqual(first, {
    type: "start_workflow",
    workflow_uuid: UUID,
    name: "quiz",
    params: { level: 3 },
    resume_token: TOKEN,
  });
  assert.notEqual(talk.drop(), null);
  assert.deepEqual(talk.open(ready("reset", { head_seq: 1 }), logged(1), replayed(1)), first);
  // Nothing was shown before, so nothing is to be dropped.
  assert.deepEqual(talk.types(), ["text_message"]);
  assert.deepEqual(talk.protocol.cursor?.toJSON(), cursor("e1", 1));
});

test("spec FA-CLS-2: a start that is refused for now is said again, and nothing is to be dropped", () => {
  for (const mode of ["fresh", "reset"]) {
    const talk = new Talk();
    talk.open(frame("error", { workflow_uuid: UUID, uuid: "e", content: { short: "Full." } }));
    assert.notEqual(talk.drop(4100), null);
    talk.open(ready(mode), logged(1), replayed(1));
    assert.deepEqual(talk.types(), ["error", "text_message"]);
  }
});

test("spec FA-RES-2: a resume says where it stands, and a replay is read once it is complete", () => {
  const talk = live(logged(1), logged(2));
  talk.drop();
  assert.equal(talk.protocol.connection, "reconnecting");
  const first = talk.open(ready("replay", { head_seq: 3 }));
  assert.deepEqual(first, { type: "resume_workflow", ...cursor("e1", 2) });
  talk.hear(logged(3));
  assert.deepEqual(talk.seqs(), [1, 2]);
  assert.equal(talk.protocol.connection, "reconnecting");
  talk.hear(replayed(3));
  assert.deepEqual(talk.seqs(), [1, 2, 3]);
  assert.equal(talk.protocol.connection, "live");
});

test("spec FA-RES-5: what is known is dropped, and a gap resumes", () => {
  const talk = live(logged(1), logged(2), logged(2), logged(1));
  assert.deepEqual(talk.seqs(), [1, 2]);
  talk.hear(logged(4), logged(5));
  assert.ok(talk.protocol.broken);
  assert.deepEqual(talk.seqs(), [1, 2]);
  assert.notEqual(talk.drop(1000), null);
  assert.equal(talk.open().after_seq, 2);
  assert.ok(!talk.protocol.broken);
});

test("spec FA-RES-5: the cursor moves on an unknown type, and on a malformed frame in its place", () => {
  const talk = live(frame("later_type", { seq: 1 }), malformed(2));
  assert.deepEqual(talk.types(), ["unknown", "malformed"]);
  assert.equal(talk.protocol.cursor?.afterSeq, 2);
  talk.hear(logged(3), malformed(), "no JSON");
  assert.ok(!talk.protocol.broken);
  assert.equal(talk.protocol.cursor?.afterSeq, 3);
  assert.deepEqual(talk.types().slice(2), ["text_message", "malformed", "malformed"]);
  talk.hear(malformed(5));
  assert.ok(talk.protocol.broken, "a malformed frame beyond a gap is fetched again with the gap");
});

test("a malformed frame of a replay comes at its place", () => {
  const talk = live(logged(1));
  talk.drop();
  talk.open(ready("replay"), logged(2), malformed(3), logged(4));
  assert.deepEqual(talk.types(), ["text_message"]);
  talk.hear(replayed(4));
  assert.deepEqual(talk.types().slice(1), ["text_message", "malformed", "text_message"]);
});

test("a binary frame is malformed", () => {
  const talk = live();
  talk.protocol.receive(null, talk.now);
  talk.read();
  assert.ok(talk.last instanceof MalformedMessage);
});

test("spec FA-RES-3: a reset tells the user to drop what was shown", () => {
  const talk = live(logged(1), question(2));
  talk.drop();
  talk.receive(ready("reset", { oldest_seq: 5, epoch: "e2" }), logged(5), replayed(5));
  // The user has read nothing of it yet, so the cursor is in the old log.
  assert.deepEqual(talk.protocol.cursor?.toJSON(), cursor("e1", 2));
  talk.read(1);
  assert.equal(talk.last.type, "session_ready");
  assert.deepEqual(talk.protocol.cursor?.toJSON(), cursor("e2", 4));
  talk.read();
  assert.equal(talk.protocol.question, null);
  assert.deepEqual(talk.protocol.cursor?.toJSON(), cursor("e2", 5));
});

test("spec FA-RES-3: after a reset a question is asked anew", () => {
  const talk = live(question(1));
  talk.drop();
  talk.receive(ready("reset"), question(1), replayed(1));
  talk.read(1);
  assert.equal(talk.protocol.question, null);
  talk.read();
  assert.equal(talk.protocol.question, talk.last);
});

test("a reset before anything was read, but not before it was received, is told too", () => {
  const talk = new Talk();
  talk.receive(ready("fresh"), logged(1));
  talk.drop();
  talk.receive(ready("reset", { epoch: "e2" }), logged(1), replayed(1));
  talk.read();
  assert.deepEqual(talk.types(), ["text_message", "session_ready", "text_message"]);
});

test("a replay that breaks goes on where it broke", () => {
  const talk = live(logged(1));
  talk.drop();
  talk.open(ready("replay"), logged(2), logged(3));
  talk.drop();
  assert.deepEqual(talk.seqs(), [1]);
  assert.equal(talk.protocol.cursor?.afterSeq, 1);
  assert.equal(talk.open(ready("replay"), logged(4)).after_seq, 3);
  talk.hear(replayed(4), logged(5));
  assert.deepEqual(talk.seqs(), [1, 2, 3, 4, 5]);
});

test("a replay that breaks and is reset is read from the reset on", () => {
  const talk = live(logged(1));
  talk.drop();
  talk.open(ready("replay"), logged(2), logged(3));
  talk.drop();
  talk.open(ready("reset", { oldest_seq: 3 }), logged(3), logged(4), replayed(4));
  assert.deepEqual(talk.types(), ["text_message", "session_ready", "text_message", "text_message"]);
  assert.equal(talk.protocol.cursor?.afterSeq, 4);
});

test("a reset that breaks is still told, once", () => {
  const talk = live(logged(1));
  talk.drop();
  talk.open(ready("reset", { oldest_seq: 5 }), logged(5));
  talk.drop();
  talk.open(ready("replay"), logged(6), replayed(6));
  assert.deepEqual(talk.types().slice(1), ["session_ready", "text_message", "text_message"]);
});

test("a replay that breaks for good is read before the error", () => {
  const talk = live(logged(1));
  talk.drop();
  talk.open(ready("replay"), logged(2));
  const gone = frame("error", { workflow_uuid: UUID, uuid: "e", content: { short: "Gone." } });
  talk.drop();
  talk.receive(gone);
  assert.equal(talk.drop(4010), null);
  assert.throws(() => talk.read(), ConversationRefused);
  assert.deepEqual(talk.types().slice(1), ["text_message", "error"]);
});

test("a replay that breaks after the end has ended", () => {
  const talk = live(logged(1));
  talk.drop();
  talk.open(ready("replay"), logged(2), over(3));
  assert.ok(!talk.protocol.complete);
  assert.equal(talk.drop(1006), null);
  talk.read();
  assert.deepEqual(talk.seqs(), [1, 2, 3]);
  assert.equal(talk.protocol.ending, null);
  assert.equal(talk.protocol.state, "completed");
});

test("the state is what was read, not what was received", () => {
  const talk = live();
  talk.receive(question(1), over(2, "failed"));
  assert.deepEqual([talk.protocol.state, talk.protocol.outcome], ["running", null]);
  assert.equal(talk.drop(1000), null);
  assert.deepEqual([talk.protocol.state, talk.protocol.connection], ["running", "live"]);
  talk.read(1);
  assert.equal(talk.protocol.state, "running", "its question is closed already");
  talk.read();
  assert.deepEqual([talk.protocol.state, talk.protocol.connection], ["failed", "ended"]);
  assert.deepEqual([talk.protocol.result, talk.protocol.outcome], ["done", "failed"]);
});

test("the error of a conversation that was given up comes after its messages", () => {
  const talk = live();
  talk.receive(logged(1), question(2));
  talk.drop(4003, "why");
  assert.equal(talk.protocol.connection, "lost");
  talk.read(1);
  assert.equal(talk.protocol.state, "running");
  assert.throws(() => talk.read(), ConversationRefused);
  assert.throws(() => talk.read(), ConversationRefused);
  assert.equal(talk.protocol.state, "failed");
  assert.throws(() => talk.protocol.answer("late"), ConversationRefused);
});

test("spec FA-ANS-1: an answer is sent again until it is settled", () => {
  const talk = live(question(1));
  assert.equal(talk.protocol.state, "awaiting_answer");
  const answerId = talk.protocol.answer("Ada");
  const [first] = talk.sent();
  assert.deepEqual(first, {
    type: "answer",
    question_uuid: "q1",
    answer_id: answerId,
    value: "Ada",
  });
  assert.deepEqual(talk.sent(), []);
  assert.throws(() => talk.protocol.answer("twice"), NotAsked);
  assert.equal(talk.protocol.state, "running");
  talk.drop();
  assert.deepEqual(talk.sent(), []);
  talk.open(ready("replay"));
  assert.deepEqual(talk.sent(), [], "not before the replay has told what became of it");
  talk.hear(replayed(1));
  assert.deepEqual(talk.sent(), [first]);
  talk.hear(accepted(2, answerId));
  assert.ok(!talk.protocol.answeredElsewhere(talk.last));
  talk.drop();
  talk.open(ready("replay"), replayed(2));
  assert.deepEqual(talk.sent(), []);
});

test("spec FA-ANS-1: an answer that the replay settles is not sent again", () => {
  const talk = live(question(1));
  const answerId = talk.protocol.answer("Ada");
  talk.sent();
  talk.drop();
  talk.open(ready("replay"), accepted(2, answerId), replayed(2));
  assert.deepEqual(talk.sent(), []);
});

test("spec FA-ANS-4: an acceptance that is said again settles the answer, and is not read again", () => {
  const talk = live(question(1));
  const answerId = talk.protocol.answer("Ada");
  talk.drop();
  // The log was trimmed beyond the acceptance, so the answer is sent again.
  talk.open(ready("reset", { oldest_seq: 5 }), logged(5), replayed(5));
  assert.equal(talk.sent().length, 1);
  talk.hear(accepted(2, answerId));
  assert.equal(talk.last.type, "text_message");
  talk.drop();
  talk.open(ready("replay"), replayed(5));
  assert.deepEqual(talk.sent(), []);
});

test("answers can be given while there is no connection", () => {
  const talk = live(question(1));
  talk.drop();
  talk.protocol.answer("Ada");
  talk.open(ready("replay"), replayed(1));
  assert.deepEqual(
    talk.sent().map(({ value }) => value as unknown),
    ["Ada"],
  );
});

test("spec FA-ANS-7: several choices are a list", () => {
  for (const [single, given, sent] of [
    [false, ["b", "a"], ["b", "a"]],
    [false, [], []],
    [false, "a,b", "a,b"],
    [true, ["a"], "a"],
  ] as const) {
    const talk = live(choices(1, single));
    talk.protocol.answer(given);
    assert.deepEqual(talk.sent()[0].value, sent);
  }
  assert.throws(() => live(choices(1, false)).protocol.answer(["c"]), NotAsked);
});

test("a question can be named; one that is closed cannot be answered", () => {
  const talk = live(question(1), question(2, "q2"));
  const [first, second] = talk.seen as any[];
  talk.protocol.answer("to the second", second);
  assert.equal(talk.sent()[0].question_uuid, "q2");
  assert.equal(talk.protocol.question, first);
  assert.throws(() => talk.protocol.answer("again", second), NotAsked);
  talk.receive(accepted(3, "other"));
  assert.throws(() => talk.protocol.answer("late", first), NotAsked);
});

test("a question counts as asked once it was read", () => {
  const talk = live();
  talk.receive(question(1));
  assert.equal(talk.protocol.question, null);
  assert.throws(() => talk.protocol.answer("early"), NotAsked);
  talk.read();
  assert.equal(talk.protocol.question, talk.last);
});

for (const [reason, open] of [
  ["invalid_value", true],
  ["question_closed", false],
  ["unknown_question", false],
] as const)
  test(`spec FA-ANS-3: an answer that is rejected with ${reason} comes back`, () => {
    const talk = live(question(1));
    const asked = talk.last;
    talk.hear(rejected(talk.protocol.answer("Ada"), reason));
    assert.equal(talk.last.type, "answer_rejected");
    assert.equal(talk.protocol.isOpen(asked), open);
    assert.equal(talk.protocol.state, open ? "awaiting_answer" : "running");
    talk.drop();
    talk.open(ready("replay"), replayed(1));
    assert.deepEqual(talk.sent(), []);
  });

test("spec FA-RES-6: answered elsewhere", () => {
  const talk = live(question(1));
  const mine = talk.protocol.answer("mine");
  talk.hear(accepted(2, "of another tab"));
  assert.ok(talk.protocol.answeredElsewhere(talk.last));
  assert.equal(talk.protocol.question, null);
  talk.drop();
  talk.open(ready("replay"), replayed(2));
  assert.deepEqual(talk.sent(), [], "it cannot be taken any more");
  talk.hear(rejected(mine, "question_closed"), question(3, "q2"), accepted(4, null, "q2"));
  assert.ok(!talk.protocol.answeredElsewhere(talk.last), "its time ran out: nobody answered");
});

test("a replayed question is known to be answered when it is read", () => {
  const talk = new Talk(new Cursor(UUID, TOKEN, "e1", 0));
  const read: [string, boolean][] = [];
  talk.receive(ready("reset"), question(1), accepted(2, "x"), question(3, "q2"), replayed(3));
  for (let message; (message = talk.protocol.read());)
    if (message.type === "text_input") read.push([message.uuid, talk.protocol.isOpen(message)]);
  assert.deepEqual(read, [
    ["q1", false],
    ["q2", true],
  ]);
});

test("a secret is in nothing that is printed", () => {
  const talk = live(question(1, "q1", { password: true }));
  talk.protocol.answer("hunter2");
  const printed = inspect([talk.protocol, talk.protocol.cursor], { depth: 9, showHidden: true });
  assert.ok(!printed.includes("hunter2") && !printed.includes(TOKEN), printed);
  assert.ok(!`${talk.protocol.cursor}`.includes(TOKEN));
});

test("spec FA-CAN-1: a cancel is sent until the end has come", () => {
  const talk = live(logged(1));
  talk.drop();
  talk.protocol.cancel("enough");
  const cancel = { type: "cancel_workflow", reason: "enough" };
  for (let time = 0; time < 2; time++) {
    talk.open(ready("replay"), replayed(1));
    assert.deepEqual(talk.sent(), [cancel]);
    assert.deepEqual(talk.sent(), []);
    talk.drop();
  }
  talk.open(ready("replay"), replayed(1));
  talk.hear(over(2, "cancelled"));
  assert.ok(talk.protocol.complete);
  assert.deepEqual(talk.sent(), []);
  assert.deepEqual([talk.protocol.outcome, talk.protocol.state], ["cancelled", "cancelled"]);
  assert.equal(talk.drop(1000), null);
  assert.equal(talk.protocol.ending, null);
  assert.equal(talk.protocol.connection, "ended");
});

test("spec FA-CAN-1: a cancel is not sent after the end, also where a replay brings it", () => {
  for (const cancelled of ["before", "inside"]) {
    const talk = live(logged(1));
    if (cancelled === "before") talk.protocol.cancel();
    talk.drop();
    talk.open(ready("replay", { state: "completed" }), over(2));
    if (cancelled === "inside") talk.protocol.cancel();
    talk.hear(replayed(2));
    assert.deepEqual(talk.sent(), [], cancelled);
  }
});

for (const state of ["completed", "failed", "cancelled"])
  test(`spec FA-RES-9: a conversation that was ${state}, and read, ends as it did`, () => {
    const talk = new Talk(new Cursor(UUID, TOKEN, "e1", 3));
    talk.open(ready("replay", { head_seq: 3, state }), replayed(3));
    assert.deepEqual([talk.protocol.state, talk.protocol.outcome], ["running", null]);
    assert.equal(talk.drop(1000), null);
    assert.equal(talk.protocol.read(), undefined);
    assert.ok(talk.protocol.over);
    const { protocol } = talk;
    assert.deepEqual([protocol.state, protocol.outcome, protocol.result], [state, state, null]);
    assert.deepEqual([protocol.connection, protocol.ending], ["ended", null]);
    assert.throws(() => protocol.answer("late"), NotAsked);
  });

test("spec FA-RES-9: what a reset drops is told before the end that had been read", () => {
  const talk = new Talk(new Cursor(UUID, TOKEN, "e1", 3));
  talk.receive(ready("reset", { oldest_seq: 4, state: "failed" }), replayed(3));
  assert.equal(talk.drop(1000), null);
  assert.deepEqual([talk.protocol.over, talk.protocol.connection], [false, "live"]);
  talk.read();
  assert.deepEqual(talk.types(), ["session_ready"]);
  assert.deepEqual([talk.protocol.state, talk.protocol.connection], ["failed", "ended"]);
});

for (const [title, state, code, byClient, frames] of [
  ["while the workflow runs", "running", 1000, false, [replayed(3)]],
  ["while something is asked", "awaiting_answer", 1000, false, [replayed(3)]],
  ["in a state that is not known", "later_state", 1000, false, [replayed(3)]],
  ["before the replay is complete", "completed", 1000, false, []],
  ["with another code", "completed", 1008, false, [replayed(3)]],
  ["by this side", "completed", 1000, true, [replayed(3)]],
] as const)
  test(`spec FA-CLS-3: a close ${title} is a loss`, () => {
    const talk = new Talk(new Cursor(UUID, TOKEN, "e1", 3));
    talk.open(ready("replay", { head_seq: 3, state }), ...frames);
    assert.equal(talk.drop(code, "", byClient), null);
    assert.ok(talk.protocol.ending instanceof ConversationLost);
    assert.equal(talk.protocol.connection, "lost");
  });

for (const [kind, codes] of [
  [ConversationRefused, [4000, 4001, 4003, 4004, 4008, 4009, 4010, 4099, 1007, 1009]],
  [ConversationLost, [1000, 1002, 1005, 1008, 3000]],
] as const)
  for (const code of codes)
    test(`spec FA-CLS: ${code} is final`, () => {
      const talk = live(logged(1));
      assert.equal(talk.drop(code, "why"), null);
      const { ending } = talk.protocol;
      assert.ok(ending instanceof kind);
      assert.deepEqual([ending.code, ending.reason], [code, "why"]);
    });

for (const code of [1001, 1006, 1011, 1012, 4100, 4101, 4199])
  test(`spec FA-CLS: after ${code} it backs off`, () => {
    const delay = live(logged(1)).drop(code);
    assert.ok(delay !== null && delay >= 0 && delay <= 1000);
  });

for (const code of [4200, 4201, 4299])
  test(`spec FA-CLS: after ${code} it resumes at once, the first time`, () => {
    const talk = live(logged(1));
    assert.equal(talk.drop(code), 0);
    assert.notEqual(talk.drop(code), null);
  });

test("spec FA-CLS: when this side closed, since the server broke the protocol, nothing is tried", () => {
  for (const code of [1002, 1007, 1009]) {
    const talk = live(logged(1));
    assert.equal(talk.drop(code, "too large", true), null);
    assert.ok(talk.protocol.ending instanceof ConversationLost);
    assert.match(talk.protocol.ending.message, /too large/);
  }
});

test("spec FA-LIV-2: waits grow until there is progress", () => {
  const attempts: number[] = [];
  const shouldRetry = (_: number, __: string, attempt: number) => {
    attempts.push(attempt);
    return undefined;
  };
  const talk = new Talk(STARTED, { shouldRetry });
  talk.drop();
  talk.drop();
  talk.open(ready("reset"), logged(1));
  talk.drop();
  talk.open(ready("replay"));
  talk.drop();
  talk.open(ready("replay"), replayed(1));
  talk.drop();
  assert.deepEqual(attempts, [1, 2, 1, 2, 1]);
});

for (const [code, wanted] of [
  [4004, true],
  [1006, false],
] as const)
  test(`shouldRetry wins over ${code}`, () => {
    const asked: unknown[] = [];
    const shouldRetry = (...all: unknown[]) => {
      asked.push(all);
      return wanted;
    };
    const talk = new Talk(STARTED, { shouldRetry });
    talk.open(ready("fresh"));
    assert.equal(talk.drop(code, "why") !== null, wanted);
    assert.deepEqual(asked, [[code, "why", 1]]);
  });

test("spec FA-LIV-2: it gives up when the conversation must be gone", () => {
  const talk = live(logged(1));
  for (const [now, more] of [
    [100_000, true],
    [155_000, true],
    [161_000, false],
  ] as const) {
    talk.now = now;
    assert.equal(talk.drop() !== null, more);
  }
  assert.ok(talk.protocol.ending instanceof ConversationLost);
  assert.equal(talk.protocol.connection, "lost");
  assert.throws(() => talk.protocol.answer("too late"), ConversationLost);
});

test("without a session it is patient for as long as its user says", () => {
  const talk = new Talk(STARTED, { patience: 5000, firstDelay: 0 });
  talk.open();
  talk.now += 5000;
  assert.notEqual(talk.drop(), null);
  talk.now += 1;
  assert.equal(talk.drop(), null);
});

test("spec FA-LIV-1: silence", () => {
  const talk = live(logged(1));
  assert.equal(talk.protocol.deadline, 115_000);
  talk.now = 110_000;
  talk.hear(alive());
  assert.equal(talk.protocol.deadline, 125_000);
  assert.deepEqual(talk.types(), ["text_message"]);
  talk.protocol.listen(120_000);
  assert.equal(talk.protocol.deadline, 135_000);
});

test("what is skipped is fetched again", () => {
  const talk = live(logged(1));
  talk.protocol.skip(talk.now);
  talk.hear(logged(3));
  assert.ok(talk.protocol.broken);
  talk.drop(1000);
  assert.equal(talk.open(ready("replay"), logged(2), logged(3), replayed(3)).after_seq, 1);
  assert.deepEqual(talk.seqs(), [1, 2, 3]);
});

test("spec FA-CAN-3: who leaves is done, and can come back", () => {
  const talk = live(logged(1), question(2));
  talk.receive(logged(3));
  talk.protocol.leave();
  assert.equal(talk.drop(1000), null);
  assert.equal(talk.protocol.read(), undefined);
  assert.deepEqual([talk.protocol.state, talk.protocol.connection], ["cancelled", "ended"]);
  assert.throws(() => talk.protocol.answer("late"), NotAsked);
  assert.deepEqual(talk.protocol.cursor?.toJSON(), cursor("e1", 2));
});

test("spec FA-SEC-3: no error holds a token", () => {
  const talk = live();
  talk.hear(ready("later"));
  assert.ok(talk.last instanceof MalformedMessage);
  assert.ok(!inspect(talk.last).includes(TOKEN));
});

test("chunks of a text come as they are", () => {
  const talk = live(chunk("Prime "), chunk("numbers"));
  assert.deepEqual(talk.types(), ["text_chunk", "text_chunk"]);
  assert.equal(talk.protocol.cursor?.afterSeq, 0);
});
