/** What this tab keeps of its conversations, so that neither a reload nor a way back to the list loses one. */

/**
 * What there is to know of a conversation: its `uuid`, the workflow's `name`, the `params` as they were typed, the
 * `cursor` as the SDK writes it, and in `mine` the ids of the answers that this tab gave.
 *
 * @typedef {{ uuid: string, name: string, params: string, cursor: object, mine: string[] }} Kept
 */

/**
 * The tab's own storage: a reload finds it, another tab does not. A cursor opens its conversation, so it is in no
 * address and in nothing that outlives the tab, and it is kept for one server alone.
 */
export class Shelf {
  #key;
  #storage = tabStorage();

  /** `server` is the address of the server that the conversations are with. */
  constructor(server) {
    this.#key = `conversations with ${server}`;
  }

  /** The conversation that is on the page, null while there is none. */
  get current() {
    const { current, kept } = this.#read();
    return kept[current] ?? null;
  }

  /** The conversations that were left and not ended. */
  get left() {
    const { current, kept } = this.#read();
    return Object.values(kept).filter(({ uuid }) => uuid !== current);
  }

  /** What is kept of a conversation, null for one that is not here. */
  find(uuid) {
    return this.#read().kept[uuid] ?? null;
  }

  /** Keep a conversation as the one that is on the page. */
  keep(conversation) {
    const { kept } = this.#read();
    const { uuid } = conversation;
    this.#write({ current: uuid, kept: { ...kept, [uuid]: conversation } });
  }

  /** No conversation is on the page any more. */
  putBack() {
    this.#write({ ...this.#read(), current: null });
  }

  /** Drop a conversation that is over. */
  forget(uuid) {
    const { current, kept } = this.#read();
    delete kept[uuid];
    this.#write({ current: current === uuid ? null : current, kept });
  }

  #read() {
    return JSON.parse(this.#storage.getItem(this.#key) ?? '{"current":null,"kept":{}}');
  }

  #write(value) {
    this.#storage.setItem(this.#key, JSON.stringify(value));
  }
}

/** A browser that is told to store nothing throws at the mere name; there a conversation is kept until the reload. */
function tabStorage() {
  try {
    return sessionStorage;
  } catch {
    const items = new Map();
    return {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => items.set(key, value),
    };
  }
}
