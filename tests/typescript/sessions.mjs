/**
 * Conversations that survive, with the server at URL: node sessions.mjs URL SCENE
 *
 * Prints one JSON line a step. The process ends by itself: nothing may keep it alive once the conversations are closed.
 */

import { Client, Cursor, ServerUnreachable } from "../../sdk-typescript/dist/node.js";

const [url, scene] = process.argv.slice(2);
const client = new Client(url, { reconnect: { firstDelay: 20, longestDelay: 200 } });
const say = (...what) => console.log(JSON.stringify(what));

/** Read up to the next question. */
async function question(conversation) {
  for await (const message of conversation)
    if (message.type === "text_input" && conversation.isOpen(message)) return message;
}

/** Start, again where it was cut off before anything had started. */
async function begun(...all) {
  for (;;)
    try {
      return await client.start(...all);
    } catch (error) {
      if (!(error instanceof ServerUnreachable)) throw error;
    }
}

/** Read on, and say what comes. */
async function readOn(name, conversation) {
  for await (const message of conversation) {
    const elsewhere =
      message.type === "answer_accepted" ? conversation.answeredElsewhere(message) : undefined;
    say(name, message.type, message.content?.body ?? message.value, elsewhere);
  }
  say(name, conversation.state, conversation.outcome, conversation.connection);
}

const scenes = {
  async tabs() {
    const first = await client.start("awaiting");
    await question(first);
    const stored = JSON.stringify(first.cursor);
    const second = await client.resume(Cursor.parse(stored), { fromStart: true });
    await question(second);
    await second.answer("mine");
    await readOn("second", second);
    await readOn("first", first);
    await Promise.all([first.close(), second.close()]);
  },

  async cancel() {
    const conversation = await client.start("awaiting");
    await question(conversation);
    await conversation.cancel("enough");
    await readOn("only", conversation);
    await conversation.close();
  },

  async leave() {
    const conversation = await client.start("awaiting");
    await question(conversation);
    await conversation.close();
    say(conversation.state, conversation.connection);
    const again = await client.resume(conversation.cursor);
    await again.cancel();
    await readOn("again", again);
  },

  /** Behind a proxy that cuts connections all the time. */
  async cut() {
    const states = [];
    const onConnection = (state) => states.push(state);
    const conversation = await begun("counting", { pause: 0.1 }, { onConnection });
    const bodies = [];
    for await (const message of conversation) {
      if (message.type === "text_message") bodies.push(message.content.body);
      if (message.type === "text_input" && conversation.isOpen(message)) {
        await conversation.answer(message.content.prompt, message);
      }
    }
    await conversation.close();
    say(bodies, states.includes("reconnecting"), states.at(-1));
  },
};
await scenes[scene]();
