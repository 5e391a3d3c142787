/** A text is shown while it is written, and the whole message takes its place. */

import assert from "node:assert/strict";

import { browse, entry, start, state, transcript } from "../browser.mjs";

await browse(
  async (page, shot) => {
    await start(page, "story");
    const send = page.getByRole("button", { name: "Send" });
    const draft = page.locator(".draft");
    await page.getByLabel("Read on, to part 2?").waitFor();
    await draft.filter({ hasText: /and wrote each\s*$/ }).waitFor();
    const first = (await draft.innerText()).length;
    await shot("streaming-part");

    await send.click();
    await page.getByLabel("Read on, to part 3?").waitFor();
    await draft.filter({ hasText: "After the ninety-seventh he stopped:" }).waitFor();
    assert((await draft.innerText()).length > first, "the text has not grown");
    assert.equal(await draft.locator("strong").innerText(), "ninety-seventh");
    await shot("streaming-more");

    // Whoever comes in the middle gets what is written so far.
    await page.reload();
    await page.getByLabel("Read on, to part 3?").waitFor();
    await draft.filter({ hasText: "A lighthouse keeper" }).waitFor();
    assert.equal(await entry(page, "lighthouse").count(), 1);

    await send.click();
    await state(page, "Finished");
    assert.equal(await draft.count(), 0);
    await entry(page, "the sea had answered.").waitFor();
    assert.equal(await entry(page, "lighthouse").count(), 1, "the text stands twice");
    // In the place of the draft: before the answer that let it go on.
    const said = await transcript(page);
    const place = said.findIndex((text) => text.includes("lighthouse"));
    assert(place < said.findLastIndex((text) => text.startsWith("You")), said.join("\n"));
    await shot("streaming-end");
  },
  { viewport: { width: 390, height: 780 } },
);
