/** The network goes away: the page says so when it lasts, takes answers meanwhile, and nothing is lost or twice. */

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { browse, connection, sees, start, state, transcript } from "../browser.mjs";
import { Network } from "../network.mjs";

const network = await Network.before(process.argv[2]);
const expectedErrors = ["net::ERR_", "WebSocket"]; // the browser's own words on what was cut
const options = { base: network.url, expectedErrors };

await browse(async (page, shot) => {
  await start(page, "choices");
  const hard = page.getByRole("button", { name: "Hard" });
  await hard.waitFor();
  await connection(page, "live");
  network.down();
  await connection(page, "reconnecting");
  await shot("cut-reconnecting");
  await page.setViewportSize({ width: 390, height: 780 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert(!wide, "the page is wider than the phone");
  await shot("cut-reconnecting-phone");

  // The question is still there, and its answer waits for the network.
  await hard.click();
  await page.locator(".under-way").filter({ hasText: "Hard" }).waitFor();
  await page
    .locator(".under-way .body")
    .evaluate((body) => Promise.all(body.getAnimations().map(({ finished }) => finished)));
  await shot("cut-answered");
  network.up();
  await connection(page, "live");
  const subjects = page.getByRole("group", { name: "Which subjects?" });
  await subjects.waitFor();
  assert.equal(await page.locator(".under-way").count(), 0);

  // Once more, with the page's user away until it is back.
  network.down();
  await connection(page, "reconnecting");
  network.up();
  await connection(page, "live");
  await page.getByRole("button", { name: "Send none" }).click();
  await sees(page, "Hard: []");
  await state(page, "Finished");
  assert.deepEqual(
    (await transcript(page)).map((text) => text.replace(/\s+/g, " ")),
    [
      "choicesA choice of one, and a choice of several",
      "Workflow to User How hard should it be?",
      "You Hard",
      "Workflow to User Which subjects?",
      "You (nothing)",
      "The workflow is finished Hard: []",
      "Start it again Other workflows",
    ],
  );
  await shot("cut-end");
}, options);

// A connection that is back at once is not worth a word.
await browse(async (page) => {
  await page.clock.install();
  await page.reload();
  await start(page, "choices");
  await connection(page, "live");
  await page.evaluate(() => {
    window.words = [];
    const shown = document.querySelector("#connection");
    new MutationObserver(() => window.words.push(shown.textContent)).observe(shown, {
      childList: true,
    });
  });
  await page.clock.pauseAt(Date.now() + 60_000);
  const opened = network.opened;
  network.cut();
  // Half a second of the page's clock is the longest that the client waits; the word comes after a whole one.
  for (let passed = 0; network.opened === opened && passed < 900; passed += 20) {
    await sleep(20);
    await page.clock.runFor(20);
  }
  assert.equal(network.opened, opened + 1);
  await page.clock.resume();
  await page.getByRole("button", { name: "Easy" }).click();
  await page.getByRole("group", { name: "Which subjects?" }).waitFor();
  const words = await page.evaluate(() => window.words);
  assert(!words.includes("Reconnecting"), `the page said ${words}`);
}, options);

// A conversation whose server is away when the page is loaded again is not given up.
await browse(async (page, shot) => {
  await start(page, "choices");
  await page.getByRole("button", { name: "Hard" }).waitFor();
  network.refused = "/fastagency/ws";
  await page.reload();
  await page.getByRole("alert").filter({ hasText: "does not answer. Is it running?" }).waitFor();
  await shot("cut-reload");
  network.refused = null;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Hard" }).click();
  await page.getByRole("group", { name: "Which subjects?" }).waitFor();
}, options);

network.close();
