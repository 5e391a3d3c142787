import assert from "node:assert/strict";
import { test } from "node:test";

import {
  read,
  type ObjectRule,
  type Rule,
  type UnionRule,
} from "../../../sdk-typescript/src/rules.ts";

const point: ObjectRule = {
  is: "object",
  fields: {
    x: { is: "integer" },
    label: { is: "string", nullable: true, default: null },
    tags: { is: "list", of: { is: "string", minLength: 2 }, default: [] },
    note: { is: "string", optional: true },
  },
};

test("defaults are filled in, absent optional fields stay absent, unknown fields are dropped", () => {
  assert.deepEqual(read(point, { x: 1, more: 2 }), { x: 1, label: null, tags: [] });
});

test("a default list is fresh each time", () => {
  const first = read(point, { x: 1 }) as { tags: string[] };
  first.tags.push("mine");
  assert.deepEqual(read(point, { x: 1 }), { x: 1, label: null, tags: [] });
});

test("absent is not null", () => {
  assert.throws(() => read(point, { label: "a" }), /^TypeError: x: must be there$/);
  assert.throws(() => read(point, { x: null }), /x: must be an integer/);
  assert.throws(() => read(point, { x: 1, note: null }), /note: must be a string/);
  assert.throws(() => read(point, { x: 1, tags: null }), /tags: must be a list/);
});

test("the first field at fault is named, with its place", () => {
  assert.throws(
    () => read(point, { x: 1, tags: ["ok", 2] }),
    /tags\.1: must be a string of at least 2/,
  );
  assert.throws(() => read(point, { x: 1.5 }), /x: must be an integer/);
  assert.throws(() => read(point, []), /the value: must be an object/);
});

test("an open object keeps what it does not know, __proto__ included", () => {
  const open: ObjectRule = { is: "object", fields: { type: { is: "string" } }, open: true };
  const value = read(open, JSON.parse('{"type": "t", "more": 1, "__proto__": {"x": 1}}')) as object;
  assert.deepEqual(Object.keys(value), ["type", "more", "__proto__"]);
  assert.equal("x" in value, false);
});

test("inherited names are no fields and no tags", () => {
  const field: ObjectRule = { is: "object", fields: { ["constructor" as string]: { is: "any" } } };
  assert.throws(() => read(field, {}), /constructor: must be there/);
  const union: UnionRule = { is: "union", tag: "type", of: { point }, absent: "point" };
  const raw = { type: "constructor", x: 1 };
  assert.deepEqual(read(union, raw), { type: "unknown", claimedType: "constructor", raw });
});

test("a union takes its default tag for none, and refuses one that is no string", () => {
  const union: UnionRule = { is: "union", tag: "kind", of: { point }, absent: "point" };
  assert.deepEqual(read(union, { x: 1 }), { x: 1, label: null, tags: [] });
  assert.throws(() => read(union, { kind: null, x: 1 }), /kind: must be a string/);
  assert.throws(
    () => read({ is: "union", tag: "kind", of: { point } }, { x: 1 }),
    /kind: must be a string/,
  );
});

test("kinds are told apart by JSON kind alone", () => {
  const either = {
    is: "kind",
    of: [{ is: "string" }, { is: "integer" }, { is: "list", of: { is: "boolean" } }],
  } as const;
  assert.deepEqual(read(either, "a"), "a");
  assert.deepEqual(read(either, 3), 3);
  assert.throws(() => read(either, [true, 1]), /1: must be a boolean/);
  for (const wrong of [null, true, {}, 1.5])
    assert.throws(() => read(either, wrong), /must be a string or an integer/);
});

test("patterns, lengths in code points and closed lists of strings", () => {
  assert.throws(() => read({ is: "string", pattern: /^[0-9]+$/u }, "12\n"), /like/);
  assert.equal(read({ is: "string", minLength: 2 }, "ab"), "ab");
  assert.throws(() => read({ is: "string", minLength: 2 }, "\u{1f600}"), /at least 2/);
  assert.throws(() => read({ is: "string", of: ["a", "b"] }, "c"), /must be "a" or "b"/);
});

test("scalars are never converted", () => {
  for (const [is, wrong] of [
    ["string", 1],
    ["integer", "1"],
    ["number", "1"],
    ["boolean", 0],
    ["map", []],
    ["map", null],
  ] as const)
    assert.throws(
      () => read({ is } as Rule, wrong),
      TypeError,
      `${is} took ${JSON.stringify(wrong)}`,
    );
});

test("a number that no double can hold is refused wherever any JSON may stand", () => {
  const any: Rule = { is: "any" };
  const open: ObjectRule = { is: "object", fields: {}, open: true };
  const tagged: UnionRule = { is: "union", tag: "type", of: {} };
  const cases: [Rule, string][] = [
    [any, "1e999"],
    [any, '[{"a": -1e999}]'],
    [{ is: "map" }, '{"a": [1, 1e999]}'],
    [{ is: "number" }, "1e999"],
    [{ is: "integer" }, "-1e999"],
    [open, '{"a": 1e999}'],
    [tagged, '{"type": "later", "a": 1e999}'],
  ];
  for (const [rule, text] of cases)
    assert.throws(
      () => read(rule, JSON.parse(text)),
      /must be (JSON whose|a number|an integer)/,
      text,
    );
  assert.deepEqual(read(any, JSON.parse('[1e308, "Infinity", null]')), [1e308, "Infinity", null]);
});
