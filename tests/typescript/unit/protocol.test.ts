import assert from "node:assert/strict";
import { test } from "node:test";

import { encode, rawText } from "../../../sdk-typescript/src/codec.ts";
import {
  ConversationLost,
  ConversationRefused,
  MalformedMessage,
  NotAsked,
} from "../../../sdk-typescript/src/errors.ts";
import { ConversationProtocol } from "../../../sdk-typescript/src/protocol.ts";
import { choice, completed, error, FIRST, INITIATED, input, text } from "./fixtures.ts";

function running(): ConversationProtocol {
  const protocol = new ConversationProtocol(INITIATED);
  protocol.start();
  return protocol;
}

test("the first frame is what the server answered", () => {
  const protocol = new ConversationProtocol(INITIATED);
  assert.equal(protocol.state, "created");
  assert.deepEqual(JSON.parse(protocol.start()), FIRST);
  assert.equal(protocol.state, "running");
});

test("a question is answered once, as raw text", () => {
  const protocol = running();
  const question = protocol.receive(input());
  assert.equal(protocol.question, question);
  assert.equal(protocol.state, "awaiting_answer");
  assert.equal(protocol.answer('say "hi"'), 'say "hi"');
  assert.equal(protocol.state, "running");
  assert.throws(() => protocol.answer("again"), NotAsked);
});

test("questions are answered in their order", () => {
  const protocol = running();
  protocol.receive(input());
  protocol.receive(choice());
  assert.equal(protocol.answer("anything"), "anything");
  assert.throws(() => protocol.answer("anything"), NotAsked);
  assert.equal(protocol.answer("b"), "b");
});

test("spec FA-CLA-4: a choice of one", () => {
  const protocol = running();
  protocol.receive(choice());
  for (const wrong of ["d", "", "a,b", ["a", "b"], []])
    assert.throws(() => protocol.answer(wrong), NotAsked);
  assert.equal(protocol.state, "awaiting_answer");
  assert.equal(protocol.answer(["a"]), "a");
  protocol.receive(choice({ default: "b" }));
  assert.equal(protocol.answer(""), "");
});

test("spec FA-CLA-4: a choice of several", () => {
  const protocol = running();
  protocol.receive(choice({ single: false, choices: ["a", "b, c"] }));
  assert.throws(() => protocol.answer(["a", "x"]), /"x" is none of the choices/);
  assert.equal(protocol.answer(["b, c", "a"]), "b, c,a");
  protocol.receive(choice({ single: false }));
  assert.equal(protocol.answer([]), "");
  protocol.receive(choice({ single: false }));
  assert.equal(protocol.answer("c"), "c");
});

test("no error holds a password", () => {
  const protocol = running();
  protocol.receive(input({ password: true }));
  assert.throws(
    () => protocol.answer("pass\ud800word"),
    (thrown: Error) => thrown instanceof NotAsked && !thrown.message.includes("pass\ud800"),
  );
  assert.equal(protocol.state, "awaiting_answer");
});

test("a malformed frame leaves the conversation as it was", () => {
  const protocol = running();
  protocol.receive(input());
  for (const bad of [
    "",
    "{",
    "[]",
    "null",
    "NaN",
    text(3),
    '{"type": 5}',
    '{"type": "keep_alive"}',
  ])
    assert.throws(
      () => protocol.receive(bad),
      (thrown) => thrown instanceof MalformedMessage && thrown.text === bad,
    );
  assert.equal(protocol.state, "awaiting_answer");
});

test("a frame's own text is at hand, for integers that JavaScript rounds", () => {
  const frame = text("x").replace('"body":"x"', '"body":"x","more":9007199254740993');
  assert.equal(rawText(running().receive(frame)), frame);
});

test("spec FA-CLS: after workflow_completed every close is the normal end", () => {
  for (const code of [1000, 1006, 1011]) {
    const protocol = running();
    protocol.receive(completed("42"));
    protocol.disconnected(code, "");
    assert.equal(protocol.ending, null);
    assert.equal(protocol.state, "completed");
    assert.equal(protocol.result, "42");
    assert.throws(() => protocol.answer("late"), NotAsked);
  }
});

test("spec FA-CLS: a code that says what was wrong is a refusal, with the server's words", () => {
  for (const code of [4000, 4004, 4009, 4100, 1007, 1009]) {
    const protocol = running();
    protocol.receive(error("No such workflow.", "Ask discovery."));
    protocol.disconnected(code, "why");
    const { ending } = protocol;
    assert(ending instanceof ConversationRefused);
    assert.equal(ending.code, code);
    assert.equal(ending.reason, "why");
    assert.equal(ending.detail, "No such workflow.: Ask discovery.");
    assert.equal(protocol.state, "failed");
    assert.throws(() => protocol.answer("x"), ConversationRefused);
  }
});

test("every other close before the end is a loss", () => {
  for (const code of [1000, 1001, 1005, 1006, 1011]) {
    const protocol = running();
    protocol.receive(input());
    protocol.disconnected(code, "");
    assert(protocol.ending instanceof ConversationLost);
    assert.equal(protocol.ending.code, code);
    assert.equal(protocol.state, "cancelled");
    assert.equal(protocol.question, null);
  }
});

test("what this side left is not lost", () => {
  const protocol = running();
  protocol.receive(input());
  protocol.leave();
  protocol.disconnected(1006, "");
  assert.equal(protocol.ending, null);
  assert.equal(protocol.state, "cancelled");
  assert.throws(() => protocol.answer("x"), NotAsked);
});

test("spec FA-CLA-7: what JSON cannot say is refused, not changed", () => {
  for (const value of [NaN, Infinity, -Infinity])
    assert.throws(() => encode({ a: [value] }), TypeError);
  assert.throws(() => encode({ a: 1n }), TypeError);
  assert.equal(encode({ a: [1.5, "ü"] }), '{"a":[1.5,"ü"]}');
});
