/** A workflow that fails: what went wrong is shown, and it can be started again or left. */

import assert from "node:assert/strict";

import { browse, sees, start, state } from "../browser.mjs";

await browse(async (page, shot) => {
  await start(page, "failing");
  await sees(page, "So far, so good.");
  await page.getByRole("alert").filter({ hasText: "the calculator is broken" }).waitFor();
  await sees(page, "The workflow failed");
  await state(page, "Failed");
  const transcript = await page.getByRole("log").innerText();
  assert.equal(transcript.split("the calculator is broken").length - 1, 1, "it is said once");
  await shot("failing");
  await page.getByRole("button", { name: "Other workflows" }).click();
  await page.getByRole("heading", { name: "Pick a workflow" }).waitFor();
});
