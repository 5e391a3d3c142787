/** A conversation outlives a reload, the way back to the list, and its own end. */

import assert from "node:assert/strict";

import { browse, sees, start, state, transcript } from "../browser.mjs";

await browse(async (page, shot) => {
  await start(page, "choices");
  await page.getByRole("button", { name: "Hard" }).click();
  const subjects = page.getByRole("group", { name: "Which subjects?" });
  await subjects.waitFor();
  const before = await transcript(page);

  // In the middle of a question: all is there again, once, and the answer is still the page's own.
  await page.reload();
  await subjects.waitFor();
  assert.deepEqual(await transcript(page), before);
  assert(before.includes("You\n\nHard"), JSON.stringify(before));
  await state(page, "Your turn");
  await shot("reload");

  // Left, it goes on; from the list it comes back.
  await page.getByRole("button", { name: "Leave" }).click();
  const left = page.getByRole("list", { name: "Conversations that go on" }).getByRole("button");
  await left.filter({ hasText: "choices" }).waitFor();
  await page.getByRole("button", { name: "secret" }).waitFor();
  await shot("reload-left");
  await page.reload();
  await left.click();
  await subjects.getByLabel("Primes").check();
  await page.getByRole("button", { name: "Send 1 of 3" }).click();
  await sees(page, "Hard: [Primes]");
  await state(page, "Finished");
  const whole = await transcript(page);

  // Over, it can still be read, for as long as the server holds it.
  await page.reload();
  await state(page, "Finished");
  assert.deepEqual(await transcript(page), whole);
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByRole("button", { name: "secret" }).waitFor();
  assert.equal(await left.count(), 0);
});

// What the server does not hold, or not for whoever asks, is no longer offered.
await browse(async (page, shot) => {
  await start(page, "secret");
  await page.getByLabel("The password?").waitFor();
  await page.evaluate(() => {
    for (const [key, value] of Object.entries(sessionStorage))
      sessionStorage.setItem(key, value.replace(/("resume_token":")[^"]+/, `$1${"0".repeat(32)}`));
  });
  await page.reload();
  await page.getByRole("status").filter({ hasText: "“secret” is over" }).waitFor();
  await shot("reload-gone");
  await page.reload();
  await page.getByRole("heading", { name: "Pick a workflow" }).waitFor();
  assert.equal(await page.evaluate(() => JSON.stringify(sessionStorage).includes("token")), false);
});
