/**
 * Puts the TypeScript client under the conformance suite: node driver.mjs, after `npm run build`.
 *
 * Commands come as JSON lines on stdin, and each gets exactly one observation, a JSON line on stdout, in order. The
 * process ends when stdin does. Conversations and frames go through the built package; the bodies of requests, whose
 * reader the package keeps to itself, through the same sources.
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import {
  askingTypes,
  Client,
  Cursor,
  decode,
  encode,
  FastAgencyError,
  MalformedMessage,
  rawText,
  TextAssembler,
} from "../dist/node.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
// No "exact_integers": JavaScript rounds those beyond 2^53, and the raw text is at hand for them.
const FEATURES = ["discover", "converse", "timeout", "decode", "raw_text", "sessions"];

const { rules, decodeAs } = await sources();
const typeNames = new Map(Object.entries(rules).map(([name, rule]) => [rule, name]));

let conversation = null;
let messages = null;
let reading = null;
let texts = null;

/** What needs a conversation. */
const CONVERSING = ["next", "answer", "cancel", "cursor", "connection", "leave"];

const acts = {
  async discover({ url, options }) {
    return { saw: "workflows", workflows: await client(url, options).discovery() };
  },

  async start({ url, workflow, params, options }) {
    await conversation?.close();
    conversation = messages = reading = null;
    return begin(await client(url, options).start(workflow, params));
  },

  async resume({ url, cursor, from_start = false, options }) {
    await conversation?.close();
    conversation = messages = reading = null;
    const stored = Cursor.parse(JSON.stringify(cursor));
    return begin(await client(url, options).resume(stored, { fromStart: from_start }));
  },

  async next({ timeout }) {
    // A read that is not over in time goes on, and the next `next` waits for it: no message is lost.
    reading ??= settled(messages.next());
    const done = await withTimeout(reading, timeout);
    if (!done) return { saw: "timeout" };
    reading = null;
    const { error, result } = done;
    if (error instanceof MalformedMessage) return { saw: "malformed", why: error.message };
    if (error) throw error;
    const { state } = conversation;
    if (result.done)
      return { saw: "ended", state, result: conversation.result, ...ofSession(null) };
    const message = result.value;
    const known = message.type !== "unknown";
    return {
      saw: "message",
      type: known ? message.type : message.claimedType,
      known,
      message: known ? JSON.parse(encode(message)) : message.raw,
      state,
      raw: rawText(message),
      ...ofSession(message),
    };
  },

  async answer({ value }) {
    try {
      const answerId = await conversation.answer(value);
      return { saw: "answered", answer_id: answerId ?? undefined };
    } catch (error) {
      if (!(error instanceof FastAgencyError)) throw error;
      return { saw: "not_answered", error: error.name };
    }
  },

  async cancel({ reason }) {
    await conversation.cancel(reason);
    return { saw: "cancelled" };
  },

  async cursor() {
    return { saw: "cursor", cursor: conversation.cursor };
  },

  async connection() {
    return { saw: "connection", connection: conversation.connection };
  },

  async leave() {
    await conversation.close();
    return { saw: "left", state: conversation.state };
  },

  async decode({ as, frame }) {
    try {
      if (as !== "ServerMessage")
        return { saw: "decoded", type: as, value: decodeAs(rules[as], frame) };
      const message = decode(frame);
      if (message.type === "unknown")
        return { saw: "decoded", type: "Unknown", value: message.raw };
      const type = typeNames.get(rules.ServerMessage.of[message.type]);
      return { saw: "decoded", type, value: JSON.parse(encode(message)) };
    } catch (error) {
      if (error.name !== "MalformedMessage") throw error;
      return { saw: "refused", why: error.message };
    }
  },
};

/** Carry out one command and return what was observed. */
async function obey({ do: what, ...command }) {
  const possible = Object.hasOwn(acts, what) && (conversation || !CONVERSING.includes(what));
  if (!possible) return { saw: "unsupported", do: what };
  try {
    return await acts[what](command);
  } catch (error) {
    if (!(error instanceof FastAgencyError)) throw error;
    const { name, code, status, reason, detail } = error;
    const facts = { code, status, reason: reason || undefined, detail: detail ?? undefined };
    return { saw: "failed", error: name, ...facts, state: conversation?.state };
  }
}

function begin(opened) {
  conversation = opened;
  messages = conversation[Symbol.asyncIterator]();
  texts = new TextAssembler();
  return { saw: "started", workflow_uuid: conversation.workflowUuid };
}

/** What only a conversation of `fastagency.v1` has to tell, after this message, or (null) after the end. */
function ofSession(message) {
  if (!conversation.cursor) return {};
  if (!message) return { outcome: conversation.outcome };
  const text = texts.add(message) ?? undefined;
  const told = { connection: conversation.connection, text };
  if (message.type === "answer_accepted") told.elsewhere = conversation.answeredElsewhere(message);
  if (askingTypes.includes(message.type)) told.open = conversation.isOpen(message);
  return told;
}

function client(
  url,
  { user_id, max_message_size, retry = { attempts: 1 }, reconnect, ...options } = {},
) {
  const named = { userId: user_id, maxMessageSize: max_message_size };
  return new Client(url, { ...options, ...named, retry, reconnect: policy(reconnect) });
}

/** The suite's words for how to come back, in the client's. */
function policy({ first_delay = 0.5, max_delay = 30, should_retry = {} } = {}) {
  const shouldRetry = (code) => should_retry[code];
  return { firstDelay: first_delay * 1000, longestDelay: max_delay * 1000, shouldRetry };
}

function settled(promise) {
  return promise.then(
    (result) => ({ result }),
    (error) => ({ error }),
  );
}

/** What `promise` gives, undefined when it takes longer than `seconds` (undefined: for ever). */
async function withTimeout(promise, seconds) {
  if (seconds === undefined) return promise;
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The package's reader of bodies, and the rules of all types. */
async function sources() {
  const contents = `export * as rules from "./src/_generated/rules.ts"; export { decodeAs } from "./src/codec.ts";`;
  const stdin = { contents, resolveDir: ROOT };
  const { outputFiles } = await build({ stdin, bundle: true, format: "esm", write: false });
  return import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  );
}

/** The lines of stdin. (`node:readline` would also cut at U+2028, which JSON may hold.) */
async function* lines() {
  let rest = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop();
    yield* parts;
  }
}

function say(observation) {
  process.stdout.write(`${JSON.stringify(observation)}\n`);
}

const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8"));
const about = { subject: "fastagency-sdk for TypeScript", language: "typescript", version };
say({ saw: "ready", ...about, features: FEATURES });
for await (const line of lines()) say(await obey(JSON.parse(line)));
await conversation?.close();
