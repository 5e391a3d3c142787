/** Cancel ends the workflow, in every tab that holds it; leaving does not. */

import assert from "node:assert/strict";

import { browse, classicOnly, sees, start, state } from "../browser.mjs";

await browse(async (page, shot) => {
  await start(page, "choices");
  await page.getByRole("button", { name: "Easy" }).waitFor();
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", { name: "Open in a second tab" }).click();
  const second = await opened;
  await second.getByRole("button", { name: "Easy" }).waitFor();

  await page.getByRole("button", { name: "Leave" }).click();
  await page.getByRole("button", { name: "choices Goes on without you" }).click();
  await page.getByRole("button", { name: "Easy" }).waitFor();

  await page.getByRole("button", { name: "Cancel" }).click();
  for (const tab of [page, second]) {
    await state(tab, "Cancelled");
    await sees(tab, "The workflow was stopped.");
    assert.equal(await tab.getByRole("button", { name: "Easy" }).count(), 0);
    assert.equal(await tab.getByRole("button", { name: "Cancel" }).count(), 0);
  }
  await shot("cancel");
  await page.getByRole("button", { name: "Start it again" }).click();
  await page.getByRole("button", { name: "Easy" }).waitFor();
});

// In classic there is no leaving without an end, so only that is offered.
await browse(async (page, shot) => {
  await classicOnly(page);
  await start(page, "choices");
  await page.getByRole("button", { name: "Easy" }).click();
  await page.getByRole("group", { name: "Which subjects?" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Leave" }).count(), 0);
  assert.equal(await page.getByRole("link", { name: "Open in a second tab" }).count(), 0);
  await shot("cancel-classic");
  await page.getByRole("button", { name: "Cancel" }).click();
  await state(page, "Cancelled");
  await page.reload();
  await page.getByRole("heading", { name: "Pick a workflow" }).waitFor();
});
