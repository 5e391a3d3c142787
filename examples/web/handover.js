/**
 * Handing a conversation to a second tab. What opens it goes from tab to tab over a channel of this origin, so it is in
 * no address, no history and no file: the address names the conversation alone, and that opens nothing.
 */

const JOIN = /^#join=([\w-]+)$/;
/** How long the other tab may take, in milliseconds. */
const PATIENCE = 3000;

/** Passes conversations between the tabs that talk to one server. */
export class Handover {
  #channel;
  #find;

  /** `find(uuid)` returns what this tab keeps of a conversation, or null. */
  constructor(server, find) {
    this.#channel = new BroadcastChannel(`conversations with ${server}`);
    this.#find = find;
    this.#channel.addEventListener("message", ({ data }) => this.#asked(data));
  }

  /** The address that opens a conversation in a second tab. */
  address(uuid) {
    return `${location.pathname}${location.search}#join=${uuid}`;
  }

  /** The conversation that the page's own address asks for, null for none. It is asked for once. */
  wanted() {
    const uuid = JOIN.exec(location.hash)?.[1] ?? null;
    if (uuid) history.replaceState(null, "", location.pathname + location.search);
    return uuid;
  }

  /** Ask the other tabs for a conversation; null when none of them has it. */
  ask(uuid) {
    return new Promise((resolve) => {
      const done = (kept) => {
        clearTimeout(timer);
        this.#channel.removeEventListener("message", listen);
        resolve(kept);
      };
      const listen = ({ data }) => data.given?.uuid === uuid && done(data.given);
      const timer = setTimeout(done, PATIENCE, null);
      this.#channel.addEventListener("message", listen);
      this.#channel.postMessage({ wanted: uuid });
    });
  }

  #asked({ wanted }) {
    const kept = wanted && this.#find(wanted);
    // The answers are those of this tab, not of the one that asks.
    if (kept) this.#channel.postMessage({ given: { ...kept, mine: [] } });
  }
}
