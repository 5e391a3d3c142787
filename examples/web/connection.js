/** Shows how the conversation is connected. */

const WORDS = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  lost: "Connection lost",
  ended: "Ended",
};

/** How long a connection may be away before it is worth a word, in milliseconds. */
const GRACE = 1000;

/** The indicator in the bar. A short reconnect is not shown at all: nothing is lost by it. */
export class Connection {
  #bar;
  #words;
  #timer;

  /** `bar` gets the state as `data-connection`; `words` says it. */
  constructor(bar, words) {
    this.#bar = bar;
    this.#words = words;
  }

  /** Show a state of the SDK's `ConnectionState`, or null for none. */
  show(state) {
    clearTimeout(this.#timer);
    if (state === "reconnecting") this.#timer = setTimeout(() => this.#say(state), GRACE);
    else this.#say(state);
  }

  #say(state) {
    this.#bar.dataset.connection = state ?? "";
    this.#words.textContent = WORDS[state] ?? "";
  }
}
