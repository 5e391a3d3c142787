/**
 * A page in the system's Chromium, watched: a scenario fails when a tab asks anything outside its origin, or when
 * a console holds an error.
 *
 * Scenarios are started as `node SCENARIO URL FOLDER`: the server's address, and where screenshots go.
 */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { chromium } from "playwright-core";

const [url, folder] = process.argv.slice(2);

/**
 * Run `scenario(page, shot, url)`. `options` are those of a Playwright context; `path` is what to open, and `base` where,
 * when not at the server itself.
 */
export async function browse(
  scenario,
  { path = "/", base = url, expectedErrors = [], ...options } = {},
) {
  mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  const faults = [];
  try {
    const context = await browser.newContext({
      viewport: { width: 1100, height: 850 },
      ...options,
    });
    const origin = new URL(base).origin;
    const watchAddress = (address) => {
      const { protocol, host } = new URL(address);
      if (protocol === "data:") return;
      if (`${protocol.replace(/^ws/, "http")}//${host}` !== origin)
        faults.push(`asked outside: ${address}`);
    };
    // Every tab, those that the page opens too.
    context.on("page", (page) => {
      page.setDefaultTimeout(20_000);
      page.on("pageerror", (error) => faults.push(`the page threw: ${error.message}`));
      page.on("console", (message) => {
        const text = message.text();
        if (message.type() === "error" && !expectedErrors.some((each) => text.includes(each)))
          faults.push(`console: ${text}`);
      });
      page.on("request", (request) => watchAddress(request.url()));
      page.on("websocket", (socket) => watchAddress(socket.url()));
    });
    const page = await context.newPage();
    await page.goto(new URL(path, base).href);
    const shot = (name, tab = page) => tab.screenshot({ path: join(folder, `${name}.png`) });
    await scenario(page, shot, url);
  } finally {
    await browser.close();
  }
  assert.deepEqual(faults, []);
}

/** Start the workflow of that name on the page. */
export async function start(page, name) {
  await page
    .getByRole("button", { name })
    .and(page.locator(`:has(code:text-is("${name}"))`))
    .click();
}

/** The transcript's entries that hold this text. */
export function entry(page, text) {
  return page.getByRole("log").getByRole("listitem").filter({ hasText: text });
}

/** Wait until the transcript shows this text. */
export async function sees(page, text) {
  await entry(page, text).last().waitFor();
}

/** Wait until the page's state is this. */
export async function state(page, text) {
  await page.locator("#state").filter({ hasText: text }).waitFor();
}

/** Wait until the page shows this state of its connection. */
export async function connection(page, state) {
  await page.locator(`#bar[data-connection="${state}"]`).waitFor();
}

/** The transcript's entries, each as the lines that are visible. */
export async function transcript(page) {
  return page.getByRole("log").locator("> li").allInnerTexts();
}

/** Let the page meet a server that speaks classic alone: what it says of other dialects is taken away. */
export async function classicOnly(page) {
  await page.route("**/fastagency/initiate_workflow", async (route) => {
    const response = await route.fetch();
    const { subprotocols, resume_token, ...classic } = await response.json();
    await route.fulfill({ response, json: classic });
  });
}
