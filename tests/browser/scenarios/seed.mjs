/** A hand-written page with the documented wire steps, prompt() included, holds its conversation. */

import assert from "node:assert/strict";

import { browse } from "../browser.mjs";

await browse(
  async (page, shot) => {
    page.on("dialog", (dialog) => dialog.accept("fractions"));
    await page.getByRole("button", { name: "Student and teacher" }).first().click();
    await page.getByText("closed with 1000").waitFor();
    const said = await page.locator("#said li").allTextContents();
    assert.equal(said[0], "Workflow -> User: workflow_started");
    assert(said.includes("Student_Agent -> Teacher_Agent: Tell me about fractions."));
    assert.match(said.at(-2), /workflow_completed$/);
    await shot("seed-page");
  },
  { path: "/seed" },
);
