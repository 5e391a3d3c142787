/** A choice of one and a choice of several, with the keyboard alone, and by taking none. */

import assert from "node:assert/strict";

import { browse, sees, start, state } from "../browser.mjs";

await browse(async (page, shot) => {
  await start(page, "choices");
  const level = page.getByRole("group", { name: "How hard should it be?" });
  await level.waitFor();
  assert.deepEqual(await level.getByRole("button").allInnerTexts(), [
    "Easy",
    "Medium\ndefault",
    "Hard",
  ]);
  const focused = await page.evaluate(() => document.activeElement.innerText);
  assert.match(focused, /^Medium/);
  await shot("choice-single");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await sees(page, "Hard");

  const subjects = page.getByRole("group", { name: "Which subjects?" });
  await subjects.waitFor();
  await page.keyboard.press("Space");
  await subjects.getByLabel("Lines, curves").check();
  await page.getByRole("button", { name: "Send 2 of 3" }).waitFor();
  await shot("choice-several");
  await page.getByRole("button", { name: "Send 2 of 3" }).click();
  await sees(page, "Hard: [Primes,Lines, curves]");
  await state(page, "Finished");
  await shot("choice-end");

  await page.getByRole("button", { name: "Start it again" }).click();
  await page.getByRole("button", { name: "Easy" }).click();
  await page.getByRole("button", { name: "Send none" }).click();
  await sees(page, "Easy: []");
});
