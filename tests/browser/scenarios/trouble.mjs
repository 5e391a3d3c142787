/** What a good server never does: unknown types, malformed frames, refusals, drops. The socket is the test's own, in
 * classic, where a drop is the end. */

import assert from "node:assert/strict";

import { browse, classicOnly, connection, sees, start, state } from "../browser.mjs";

const envelope = {
  workflow_uuid: "0".repeat(32),
  sender: "Workflow",
  recipient: null,
  auto_reply: false,
  uuid: "1",
};
const frame = (type, content) => JSON.stringify({ ...envelope, type, content });

/** Hold the workflow `secret` on a socket whose server is this function. */
async function against(server, check, options) {
  await browse(async (page, shot) => {
    await classicOnly(page);
    await page.routeWebSocket(/\/fastagency\/ws$/, (socket) => {
      socket.onMessage((text) => server(socket, text));
    });
    await start(page, "secret");
    await check(page, shot);
  }, options);
}

// A type that the page does not know is shown, folded; the conversation goes on.
await against(
  (socket, text) => {
    if (text.startsWith("{")) {
      socket.send(frame("hologram", { shape: "<b>cube</b>" }));
      socket.send(frame("text_input", { prompt: "Go on?" }));
    } else {
      socket.send(frame("workflow_completed", { result: text }));
      socket.close({ code: 1000 });
    }
  },
  async (page, shot) => {
    await page.getByText("A message of a type that this page does not know: hologram").click();
    await page.getByText('"shape": "<b>cube</b>"').waitFor();
    await page.getByLabel("Go on?").fill("two\nlines");
    await page.getByRole("button", { name: "Send" }).click();
    await state(page, "Finished");
    await shot("trouble-unknown");
  },
);

// A drop in the middle of a question closes the question, says so, and offers a new start.
await against(
  (socket) => {
    socket.send(frame("text_input", { prompt: "Still there?" }));
    setTimeout(() => socket.close({ code: 1001 }), 300);
  },
  async (page, shot) => {
    await page.getByLabel("Still there?").waitFor();
    await page.getByRole("alert").filter({ hasText: "The connection was lost" }).waitFor();
    await sees(page, "Close code 1001.");
    await connection(page, "lost");
    assert.equal(await page.getByLabel("Still there?").count(), 0);
    await shot("trouble-lost");
    await page.getByRole("button", { name: "Start it again" }).click();
    await page.getByLabel("Still there?").waitFor();
  },
);

// A refusal shows what the server said.
await against(
  (socket) => {
    socket.send(frame("error", { short: "This conversation was started before.", long: null }));
    socket.close({ code: 4009 });
  },
  async (page, shot) => {
    await page
      .getByRole("alert")
      .filter({ hasText: "The server ended the conversation" })
      .waitFor();
    await sees(page, "4009");
    await shot("trouble-refused");
  },
);

// A malformed frame is a sentence, not a blank page; the conversation goes on.
await against(
  (socket) => socket.send(frame("text_message", { body: 5 })),
  async (page) => {
    await page.getByRole("alert").filter({ hasText: "content.body: must be" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await state(page, "Cancelled");
    await page.getByRole("button", { name: "Other workflows" }).click();
    await page.getByRole("heading", { name: "Pick a workflow" }).waitFor();
  },
);

// Requests that get no answer: a sentence, and a way to ask again.
await browse(
  async (page, shot) => {
    await page.route("**/fastagency/discovery", (route) => route.abort());
    await page.reload();
    await page.getByRole("alert").filter({ hasText: "does not answer. Is it running?" }).waitFor();
    await shot("trouble-unreachable");
    await page.unroute("**/fastagency/discovery");
    await page.getByRole("button", { name: "Ask again" }).click();
    await page.getByRole("button", { name: "secret" }).waitFor();
  },
  { expectedErrors: ["net::ERR_FAILED"] },
);

// Parameters that are no JSON object never leave the page.
await browse(async (page) => {
  await page.getByText("Parameters").click();
  await page.getByLabel("A JSON object that the workflow is started with").fill("[1]");
  await start(page, "secret");
  await page.getByRole("alert").filter({ hasText: "it is no JSON object" }).waitFor();
});
