/** How long a question can still be answered. */

import { h } from "./dom.js";

/** From how many milliseconds on the time is shown. */
const SHOWN = 60_000;

/**
 * The server's clock, as far as its messages tell: they say when they were written, and none arrives before that. The
 * one that was on its way for the shortest time tells it best.
 */
export class ServerClock {
  #ahead = Infinity;

  /** A message arrived that was written at `timestamp`, null where it does not say. */
  heard(timestamp) {
    if (timestamp) this.#ahead = Math.min(this.#ahead, Date.now() - Date.parse(timestamp));
  }

  /** The milliseconds until a time of the server's. */
  until(time) {
    return Date.parse(time) - Date.now() + (Number.isFinite(this.#ahead) ? this.#ahead : 0);
  }
}

/** Return an element that counts the last minute before `expiresAt` down, for as long as it is on the page. */
export function countdown(expiresAt, clock) {
  const words = h("span");
  const element = h("p", { class: "countdown", role: "timer", hidden: true }, h("i"), words);
  const tick = () => {
    const left = Math.max(0, clock.until(expiresAt));
    element.hidden = left > SHOWN;
    element.style.setProperty("--left", String(left / SHOWN));
    words.textContent = left ? `${Math.ceil(left / 1000)} s left to answer` : "Closing";
    if (left) setTimeout(() => element.isConnected && tick(), left % 1000 || 1000);
  };
  // Not before it is on the page.
  queueMicrotask(tick);
  return element;
}
