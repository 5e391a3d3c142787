/** The server has let go of what this page would go on from: the page drops what it showed, and shows what there is. */

import assert from "node:assert/strict";

import { Client, Cursor } from "../../../sdk-typescript/dist/node.js";
import { browse, connection, entry, sees, start, state } from "../browser.mjs";
import { Network } from "../network.mjs";

const server = process.argv[2];
const network = await Network.before(server);

await browse(
  async (page, shot) => {
    await start(page, "long");
    await page.getByLabel("Shall it begin?").waitFor();
    const kept = await page.evaluate(() => Object.values(sessionStorage)[0]);
    const { cursor } = Object.values(JSON.parse(kept).kept)[0];
    network.down();
    await connection(page, "reconnecting");

    // Another client goes on, until the log has moved past this page.
    const other = await new Client(server).resume(Cursor.parse(JSON.stringify(cursor)), {
      fromStart: true,
    });
    for await (const message of other) {
      if (message.type !== "text_input") continue;
      if (message.content.prompt === "Was it long?") break;
      if (other.isOpen(message)) await other.answer("yes", message);
    }

    network.up();
    await connection(page, "live");
    await sees(page, "The server no longer holds what was said before.");
    assert.equal(await entry(page, "Shall it begin?").count(), 0, "what was shown still stands");
    assert.equal(await page.getByLabel("Shall it begin?").count(), 0);
    assert.equal(await entry(page, "This is line 39.").count(), 1);
    await page.evaluate(() => scrollTo(0, 0));
    await shot("reset");
    await page.getByLabel("Was it long?").fill("rather");
    await page.getByRole("button", { name: "Send" }).click();
    await state(page, "Finished");
    await other.close();
  },
  { base: network.url, expectedErrors: ["net::ERR_", "WebSocket"] },
);
network.close();
