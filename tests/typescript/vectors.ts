/**
 * Decode vectors: reads `[{folder, type, frame}]` from stdin, writes one outcome each, `{kind, value, exact}` or
 * `{refused}`, as a JSON list. `exact` says whether the frame's own text is at hand.
 */

import { text } from "node:stream/consumers";

import type { ServerMessage } from "../../sdk-typescript/src/_generated/messages.ts";
import * as generated from "../../sdk-typescript/src/_generated/rules.ts";
import { decode, decodeAs, rawText } from "../../sdk-typescript/src/codec.ts";
import { MalformedMessage } from "../../sdk-typescript/src/errors.ts";
import type { Rule } from "../../sdk-typescript/src/rules.ts";

const rules: Readonly<Record<string, Rule>> = generated;
const names = new Map(Object.entries(rules).map(([name, rule]) => [rule, name]));

function message(frame: string): object {
  const decoded: ServerMessage = decode(frame);
  const exact = rawText(decoded) === frame;
  if (decoded.type === "unknown") return { kind: "Unknown", value: decoded.raw, exact };
  const rule = generated.ServerMessage.of[decoded.type];
  return { kind: rule && names.get(rule), value: decoded, exact };
}

function body(type: string, frame: string): object {
  const rule = rules[type];
  if (!rule) throw new Error(`there is no rule ${type}`);
  return { kind: type, value: decodeAs(rule, frame), exact: true };
}

const cases = JSON.parse(await text(process.stdin)) as {
  folder: string;
  type: string;
  frame: string;
}[];
const outcomes = cases.map(({ folder, type, frame }) => {
  try {
    return folder === "messages" ? message(frame) : body(type, frame);
  } catch (error) {
    if (error instanceof MalformedMessage) return { refused: error.message };
    throw error;
  }
});
console.log(JSON.stringify(outcomes));
