/**
 * Hold one conversation with the TypeScript SDK and print each message as a line of JSON.
 *
 *   node driver.mjs --url URL --workflow NAME [--params JSON] [--answers JSON] [--close-after N] [--raw] [--platform]
 *
 * `--answers` is a list: one entry a question, a string or a list of strings. With `--close-after` the client leaves
 * after that many messages; with `--raw` it prints the frames' own text; `--echo-length N` is an answer of N
 * letters, too long for a command line. With `--platform` the socket
 * is Node's own. Exit code 0: it came to its end. 1: an error, printed to stderr as JSON. 3: a question
 * was asked, and there was no answer left.
 */

import { parseArgs } from "node:util";

import { Client, rawText } from "../../sdk-typescript/dist/node.js";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    workflow: { type: "string" },
    params: { type: "string", default: "{}" },
    answers: { type: "string", default: "[]" },
    "close-after": { type: "string", default: "0" },
    "echo-length": { type: "string", default: "0" },
    platform: { type: "boolean", default: false },
    raw: { type: "boolean", default: false },
  },
});

const answers = JSON.parse(values.answers);
if (values["echo-length"] !== "0") answers.push("ß".repeat(Number(values["echo-length"])));
const closeAfter = Number(values["close-after"]);
let seen = 0;
let conversation;
try {
  const WebSocket = values.platform ? { WebSocket: globalThis.WebSocket } : {};
  const client = new Client(values.url, WebSocket);
  conversation = await client.start(values.workflow, JSON.parse(values.params));
  for await (const message of conversation) {
    console.log(values.raw ? rawText(message) : JSON.stringify(message));
    if (++seen === closeAfter) await conversation.close();
    else if (conversation.question === message) {
      if (!answers.length) {
        await conversation.close();
        process.exitCode = 3;
      } else await conversation.answer(answers.shift());
    }
  }
} catch (error) {
  const { name, message, code, reason, detail, status, retryAfter } = error;
  console.error(JSON.stringify({ name, message, code, reason, detail, status, retryAfter }));
  process.exitCode = 1;
} finally {
  await conversation?.close();
}
