/** Every kind of message that asks for nothing, in both colour schemes; HTML in them stays text. */

import assert from "node:assert/strict";

import { browse, entry, sees, start, state } from "../browser.mjs";

for (const [colorScheme, subject] of [
  ["light", "Fractions"],
  ["dark", "Nothing <b>bold</b>"],
])
  await browse(
    async (page, shot) => {
      await start(page, "tour");
      await state(page, "Your turn");
      await sees(page, "Lesson 1");

      const lesson = entry(page, "Prime numbers").first();
      assert.deepEqual(await lesson.locator("ol > li").allTextContents(), [
        "Two is the only even one.",
        "There is no largest.",
      ]);
      assert.equal(await lesson.locator("strong").textContent(), "exactly two");
      assert.equal(await lesson.locator("a").getAttribute("href"), "https://example.org/primes");
      assert.equal(await page.locator("img[src=x]").count(), 0);
      assert.equal(await page.title(), "tour");

      // Results stand with the call of their call_id, though they came in the other order.
      const calls = page.locator(".call");
      assert.equal(await calls.count(), 2);
      assert.match(await calls.nth(0).innerText(), /is_prime\(number=97\)[^]*yes/);
      assert.match(await calls.nth(1).innerText(), /factors\(number=91\)[^]*\[7,13\]/);

      const picture = page.getByRole("img", { name: "A slope from dark to light" });
      assert.equal(
        await picture.evaluate((image) => image.decode().then(() => image.naturalWidth)),
        240,
      );
      await page.getByRole("button", { name: "Show the picture from example.org" }).waitFor();
      await sees(page, "A part of a type that this page does not show: audio");
      await sees(page, "The calculator was slow");
      await shot(`tour-${colorScheme}`);

      const field = page.getByLabel("What is next?");
      assert(await field.evaluate((element) => element === document.activeElement));
      await page.getByRole("button", { name: subject, exact: true }).click();
      await state(page, "Finished");
      await sees(page, subject);
      await sees(page, "The workflow is finished");
      assert.equal(await page.locator("#transcript b", { hasText: /^bold$/ }).count(), 0);
      const shown = await page.evaluate(
        () => innerHeight + scrollY >= document.documentElement.scrollHeight - 2,
      );
      assert(shown, "the newest message is not in sight");
      await shot(`tour-${colorScheme}-end`);
    },
    { colorScheme },
  );
