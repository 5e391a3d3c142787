/**
 * Holds many conversations with the workflow `faults`, and counts what went wrong, after `npm run build`:
 *
 *   node faults.mjs URL --conversations N --at-once K
 *
 * Prints one JSON line. The exit status is 0 when every conversation finished and nothing was lost, repeated, out of
 * order or answered wrongly.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { Client, FastAgencyError, ServerUnreachable } from "../dist/node.js";

const MESSAGES = 20;
const QUESTIONS = 5;
const WRONG = ["lost", "repeated", "out_of_order", "answers_lost", "answers_doubled"];

const {
  positionals: [url],
  values,
} = parseArgs({
  allowPositionals: true,
  options: {
    conversations: { type: "string", default: "500" },
    "at-once": { type: "string", default: "100" },
  },
});
const conversations = Number(values.conversations);
const client = new Client(url, {
  reconnect: { firstDelay: 50, longestDelay: 500 },
  retry: { attempts: 10 },
});
const count = Object.fromEntries(["finished", ...WRONG, "reconnects"].map((name) => [name, 0]));
let left = conversations;
await Promise.all(Array.from({ length: Number(values["at-once"]) }, work));
console.log(JSON.stringify({ conversations, ...count }));
if (count.finished !== conversations || WRONG.some((name) => count[name])) process.exitCode = 1;

/** Hold one conversation after the other, until there were enough. */
async function work() {
  while (left-- > 0) {
    const conversation = await begin();
    try {
      await read(conversation);
    } catch (error) {
      if (!(error instanceof FastAgencyError)) throw error;
      console.error(`${conversation.workflowUuid}: ${error.name}: ${error.message}`);
    } finally {
      await conversation.close();
    }
  }
}

/** Start a conversation. What cannot be announced yet is announced again: nothing has started. */
async function begin() {
  const onConnection = (state) => (count.reconnects += state === "reconnecting");
  for (;;)
    try {
      const params = { messages: MESSAGES, questions: QUESTIONS };
      return await client.start("faults", params, { onConnection });
    } catch (error) {
      if (!(error instanceof ServerUnreachable)) throw error;
      await sleep(50);
    }
}

/** Answer every question, and judge what was said. */
async function read(conversation) {
  const { workflowUuid } = conversation;
  const bodies = [];
  for await (const message of conversation)
    if (message.type === "text_message") bodies.push(message.content.body);
    else if (message.type === "text_input" && conversation.isOpen(message))
      await conversation.answer(`${workflowUuid}-${message.content.prompt.slice(1)}`, message);
  judge(bodies, workflowUuid);
  count.finished += conversation.outcome === "completed";
}

/** Compare what a conversation showed with what it must have said. */
function judge(bodies, uuid) {
  const expected = [];
  const between = MESSAGES / QUESTIONS;
  for (let number = 0; number < MESSAGES; number++) {
    expected.push(`m${number}`);
    const question = (number + 1) / between - 1;
    if (Number.isInteger(question)) expected.push(`a${question}:${uuid}-${question}`);
  }
  for (const body of expected) {
    const times = bodies.filter((each) => each === body).length;
    const [lost, repeated] = body.startsWith("a")
      ? ["answers_lost", "answers_doubled"]
      : ["lost", "repeated"];
    if (!times) count[lost]++;
    else if (times > 1) count[repeated]++;
  }
  const order = expected.filter((body) => bodies.includes(body));
  if (JSON.stringify(order) !== JSON.stringify([...new Set(bodies)])) count.out_of_order++;
}
