/** Whole numbers over 2^53 are shown with all their digits, and texts that look like them stay texts. */

import assert from "node:assert/strict";

import { browse, start, state } from "../browser.mjs";

const BIG = "1152921504606846977";

await browse(async (page, shot) => {
  await start(page, "big");
  await state(page, "Finished");
  for (const summary of await page.getByRole("log").locator("summary").all()) await summary.click();
  const transcript = await page.getByRole("log").innerText();
  for (const shown of [
    `{"id":${BIG}}`,
    `find(id=${BIG}, text="${BIG}")`,
    `-${BIG}`,
    `[${BIG},1.5,{"a\\\\\\"":1${"0".repeat(20)}}]`,
    `"${BIG}", as a text`,
  ])
    assert(transcript.includes(shown), `${shown} is not in ${transcript}`);
  await shot("big");
});
