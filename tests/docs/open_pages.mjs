// Opens pages in Chromium and prints, as JSON by address: what each asked for beyond itself, what went wrong in
// its console, whether it is wider than its window, and where its links lead.
//
//   node open_pages.mjs CHROMIUM SCREENSHOTS PREFIX ADDRESS...
//
// With a folder for SCREENSHOTS, on a desktop in light and on a phone in dark; without (""), on a desktop only.
import { chromium } from "playwright-core";

const [executablePath, screenshots, prefix, ...addresses] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  // No name but the loopback's resolves: a page that needs the network would be broken, and its request seen.
  args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
const devices = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const looks = [["desktop", "light"], ...(screenshots ? [["phone", "dark"]] : [])];
const report = {};
try {
  for (const [device, colorScheme] of looks) {
    const context = await browser.newContext({ viewport: devices[device], colorScheme });
    for (const address of addresses) {
      report[address] ??= { requests: [], problems: [], tooWide: [], links: [], text: "" };
      const seen = report[address];
      const page = await context.newPage();
      page.on("request", (request) => {
        if (!request.url().startsWith(prefix) && !request.url().startsWith("data:")) seen.requests.push(request.url());
      });
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) seen.problems.push(message.text());
      });
      page.on("pageerror", (error) => seen.problems.push(String(error)));
      await page.goto(address, { waitUntil: "load" });
      // The reference pages draw a part when it comes near the window.
      for (let before = -1, height = 0; before !== height; ) {
        before = height;
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        await page.waitForTimeout(250);
        height = await page.evaluate(() => document.documentElement.scrollHeight);
      }
      const [wide, text, links] = await page.evaluate(() => [
        document.documentElement.scrollWidth > innerWidth,
        document.body.innerText,
        [...document.querySelectorAll("a[href]")].map((link) => link.getAttribute("href")),
      ]);
      if (wide) seen.tooWide.push(device);
      seen.text ||= text;
      seen.links.push(...links);
      await page.evaluate(() => scrollTo(0, 0));
      const name = new URL(address).pathname.split("/").pop().replace(".html", "");
      if (screenshots) {
        await page.screenshot({ path: `${screenshots}/docs-${name}-${device}-${colorScheme}.png`, fullPage: true });
      }
      await page.close();
    }
    await context.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(report));
