/** A password on a phone: hidden while it is typed, and nowhere on the page afterwards. */

import assert from "node:assert/strict";

import { browse, sees, start, state } from "../browser.mjs";

await browse(
  async (page, shot) => {
    await start(page, "secret");
    const field = page.getByLabel("The password?");
    await field.fill("open sesame");
    assert.equal(await field.getAttribute("type"), "password");
    await shot("secret-phone");
    await page.getByRole("button", { name: "Show" }).click();
    assert.equal(await field.getAttribute("type"), "text");
    await page.getByRole("button", { name: "Hide" }).click();
    await field.press("Enter");
    await sees(page, "A secret of 11 letters.");
    await state(page, "Finished");
    assert(!(await page.content()).includes("open sesame"), "the secret is still on the page");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert(!wide, "the page is wider than the phone");
    await shot("secret-phone-end");
  },
  { viewport: { width: 390, height: 780 }, colorScheme: "dark" },
);
