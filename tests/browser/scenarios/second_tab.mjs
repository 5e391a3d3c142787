/** Two tabs hold one conversation: what one answers, the other shows; what opens it is in no address. */

import assert from "node:assert/strict";

import { browse, sees, start, state, transcript } from "../browser.mjs";

await browse(async (page, shot) => {
  const addresses = [];
  const watch = (tab) => {
    tab.on("request", (request) => addresses.push(request.url()));
    tab.on("websocket", (socket) => addresses.push(socket.url()));
    tab.on("framenavigated", (frame) => addresses.push(frame.url()));
  };
  page.context().on("page", watch);
  watch(page);

  await start(page, "choices");
  const level = { name: "How hard should it be?" };
  await page.getByRole("group", level).waitFor();
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", { name: "Open in a second tab" }).click();
  const second = await opened;
  await second.getByRole("group", level).waitFor();
  assert.deepEqual(await transcript(second), await transcript(page));

  // Answered in the second tab: the first says so, and asks no more.
  await second.getByRole("button", { name: "Easy" }).click();
  await sees(page, "You, in another tab");
  assert.equal(await page.getByRole("group", level).count(), 0);
  for (const tab of [page, second])
    await tab.getByRole("group", { name: "Which subjects?" }).waitFor();
  await shot("second-tab-first");
  await shot("second-tab-second", second);

  // And the other way round; a reload does not forget whose answer it was.
  await second.reload();
  await second.getByRole("group", { name: "Which subjects?" }).waitFor();
  await page.getByRole("button", { name: "Send none" }).click();
  for (const tab of [page, second]) await state(tab, "Finished");
  const whole = (await transcript(page)).map((text) => text.split("\n")[0]);
  const other = (await transcript(second)).map((text) => text.split("\n")[0]);
  assert.deepEqual(
    whole.filter((who) => who.startsWith("You")),
    ["You, in another tab", "You"],
  );
  assert.deepEqual(
    other.filter((who) => who.startsWith("You")),
    ["You", "You, in another tab"],
  );
  assert.equal(whole.length, other.length);

  const secret = await page.evaluate(
    () => /"resume_token":"([^"]+)"/.exec(Object.values(sessionStorage).join())[1],
  );
  assert(addresses.length > 10);
  for (const address of [...addresses, second.url()])
    assert(!address.includes(secret), `the secret is in ${address}`);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  assert.equal(new URL(second.url()).hash, "");
});

// A link that no open tab knows.
await browse(
  async (page, shot) => {
    await page
      .getByRole("status")
      .filter({ hasText: "No other tab of this browser has it open." })
      .waitFor();
    await page.getByRole("button", { name: "secret" }).waitFor();
    await shot("second-tab-unknown");
  },
  { path: "/#join=00000000-0000-4000-8000-000000000000" },
);
