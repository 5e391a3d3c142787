import assert from "node:assert/strict";
import { test } from "node:test";

import type { Question } from "../../../sdk-typescript/src/_generated/tables.ts";
import { answerFrame } from "../../../sdk-typescript/src/answers.ts";
import { decode } from "../../../sdk-typescript/src/codec.ts";
import { NotAsked } from "../../../sdk-typescript/src/errors.ts";
import { choice, input } from "./fixtures.ts";

type Value = string | readonly string[];

const ask = (content: object) => decode(choice(content)) as Question;

const TEXT = decode(input()) as Question;
const PLAIN = ask({ choices: ["a", "b"] });
const ONE = ask({ choices: ["a", "b,c", ""] });
const DEFAULTED = ask({ choices: ["a", "b"], default: "b" });
const OUTSIDE = ask({ choices: ["a", "b"], default: "other" });
const NONE = ask({ choices: [] });
const MANY = ask({ choices: ["a", "b", "c,d"], single: false });
const MANY_EMPTY = ask({ choices: ["a", ""], single: false });
const MANY_OUTSIDE = ask({ choices: ["a", "b"], default: "other", single: false });

test("spec FA-CLA-4: what a question takes", () => {
  const cases: [Question, Value, string][] = [
    [TEXT, "anything, \n😀", "anything, \n😀"],
    [TEXT, "", ""],
    [PLAIN, "a", "a"],
    [PLAIN, ["b"], "b"],
    [ONE, "b,c", "b,c"],
    [ONE, "", ""],
    [DEFAULTED, "", ""],
    [DEFAULTED, [], ""],
    [OUTSIDE, "other", "other"],
    [OUTSIDE, ["other"], "other"],
    [OUTSIDE, "", ""],
    [MANY, [], ""],
    [MANY, "", ""],
    [MANY, "a", "a"],
    [MANY, "a,b", "a,b"],
    [MANY, "c,d", "c,d"],
    [MANY, "b,c,d,a", "b,c,d,a"],
    [MANY, ["b", "a"], "b,a"],
    [MANY, ["c,d", "a"], "c,d,a"],
    [MANY, ["a", "a"], "a,a"],
    [MANY, new Set(["a", "b"]) as unknown as string[], "a,b"],
    [MANY_EMPTY, "a,", "a,"],
    [MANY_OUTSIDE, "", ""],
    [MANY_OUTSIDE, "other", "other"],
    [MANY_OUTSIDE, ["other", "a"], "other,a"],
  ];
  for (const [question, value, frame] of cases) assert.equal(answerFrame(question, value), frame);
});

test("spec FA-CLA-4: what a question refuses", () => {
  const cases: [Question, Value, RegExp][] = [
    [TEXT, ["a"], /one string/],
    [TEXT, "\ud800", /UTF-8/],
    [PLAIN, "c", /none of the choices/],
    [PLAIN, "A", /none of the choices/],
    [PLAIN, "a,b", /none of the choices/],
    [PLAIN, "", /exactly one/],
    [PLAIN, [], /exactly one/],
    [PLAIN, ["a", "b"], /exactly one/],
    [NONE, "a", /none of the choices/],
    [NONE, "", /exactly one/],
    [MANY, "x", /none of the choices/],
    [MANY, "a,x", /none of the choices/],
    [MANY, "a,", /none of the choices/],
    [MANY, ",", /none of the choices/],
    [MANY, ["a", "x"], /none of the choices/],
    [MANY_OUTSIDE, "other,a", /none of the choices/],
  ];
  for (const [question, value, why] of cases)
    assert.throws(
      () => answerFrame(question, value),
      (thrown) => thrown instanceof NotAsked && why.test(thrown.message),
      JSON.stringify(value),
    );
});

test("a long text that almost splits is refused in no time", () => {
  const question = ask({ choices: ["a", "a,a", "a,a,a"], single: false });
  assert.throws(() => answerFrame(question, `${"a,".repeat(2000)}x`), NotAsked);
});
