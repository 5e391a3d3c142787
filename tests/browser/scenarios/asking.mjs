/** What becomes of questions: their time runs out, and an answer that is not taken leaves them open. */

import assert from "node:assert/strict";

import { browse, sees, start, state, transcript } from "../browser.mjs";

// The last minute is counted down, and the answer in time is taken.
await browse(async (page, shot) => {
  await start(page, "timed");
  const left = page.getByRole("timer");
  await left.filter({ hasText: /^\d+ s left to answer$/ }).waitFor();
  const seconds = parseInt(await left.innerText());
  assert(seconds > 0 && seconds <= 50, `${seconds} s`);
  await shot("asking-countdown");
  await left.filter({ hasNotText: `${seconds} s` }).waitFor();
  await page.getByRole("button", { name: "Left" }).click();
  await sees(page, "You went: Left");
});

// Nobody answers: the question closes, and the default is taken.
await browse(async (page, shot) => {
  await page.getByText("Parameters").click();
  await page.getByRole("textbox").fill('{"seconds": 1}');
  await start(page, "timed");
  await sees(page, "Time ran outthe default was taken: Right");
  await sees(page, "You went: Right");
  await state(page, "Finished");
  await shot("asking-expired");
  const whole = await transcript(page);
  await page.reload();
  await state(page, "Finished");
  assert.deepEqual(await transcript(page), whole);
});

// A server that takes no answer twice: on the way to it, the first one is made wrong.
await browse(
  async (page, shot) => {
    let wrong = true;
    await page.routeWebSocket(/\/fastagency\/ws$/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((text) => {
        const frame = JSON.parse(text);
        if (frame.type !== "answer" || !wrong) return server.send(text);
        wrong = false;
        server.send(JSON.stringify({ ...frame, value: "Up" }));
      });
    });
    await start(page, "timed");
    await page.getByRole("button", { name: "Left" }).click();
    await page.getByRole("alert").filter({ hasText: "The answer was not taken." }).waitFor();
    await state(page, "Your turn");
    await page.getByRole("timer").waitFor();
    assert(!(await transcript(page)).some((text) => text.startsWith("You")), "it looks taken");
    await shot("asking-rejected");
    await page.getByRole("button", { name: "Left" }).click();
    await sees(page, "You went: Left");
  },
  { viewport: { width: 390, height: 780 }, colorScheme: "dark" },
);
