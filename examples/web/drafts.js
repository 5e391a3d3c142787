/** Texts that are shown while they are written, until the whole message takes their place. */

import { TextAssembler } from "./sdk/index.js";

/** The unfinished texts of one transcript. */
export class Drafts {
  #texts = new TextAssembler();
  #entries = new Map();
  #render;

  /** `render(chunk, text)` returns the entry of a text so far. */
  constructor(render) {
    this.#render = render;
  }

  /** Note any message. For a chunk, return the entry when it is new; null when it grows one that stands already. */
  take(message) {
    const text = this.#texts.add(message);
    if (text === null) return null;
    const entry = this.#entries.get(message.message_uuid);
    if (entry) {
      entry.text = text;
      this.#draw(message, entry);
      return null;
    }
    const element = this.#render(message, text);
    this.#entries.set(message.message_uuid, { element, text, drawing: false });
    return element;
  }

  /** Put the whole message in the place of its draft. Returns whether there was one. */
  finish(uuid, element) {
    const entry = this.#entries.get(uuid);
    this.#entries.delete(uuid);
    entry?.element.replaceWith(element);
    return entry !== undefined;
  }

  /** The conversation is over: nobody writes on. */
  stop() {
    for (const { element } of this.#entries.values()) element.classList.remove("draft");
    this.#entries.clear();
  }

  /** Once a frame is enough, however fast the pieces come. */
  #draw(message, entry) {
    if (entry.drawing) return;
    entry.drawing = true;
    requestAnimationFrame(() => {
      entry.drawing = false;
      const drawn = this.#render(message, entry.text);
      entry.element.replaceChildren(...drawn.childNodes);
    });
  }
}
