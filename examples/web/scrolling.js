/** Keeps the newest message in sight, unless the reader has scrolled up. */

const NEAR = 80;

export class Scrolling {
  #section;
  #newer;
  #following = true;

  /** `section` is what grows; `newer` is the button that tells of messages below. */
  constructor(section, newer) {
    this.#section = section;
    this.#newer = newer;
    newer.addEventListener("click", () => this.toEnd());
    addEventListener("scroll", () => this.#set(atEnd()), { passive: true });
    // Pictures that load late and a form that opens change the height; whoever was at the end stays there.
    new ResizeObserver(() => this.#following && this.toEnd()).observe(document.body);
  }

  /** Something was added: show it, or tell that it is there. */
  grown() {
    if (this.#following) this.toEnd();
    else this.#newer.hidden = false;
  }

  /** Go to the end, and stay there. */
  toEnd() {
    if (this.#section.hidden) return;
    scrollTo({ top: document.documentElement.scrollHeight });
    this.#set(true);
  }

  #set(following) {
    this.#following = following;
    if (following) this.#newer.hidden = true;
  }
}

function atEnd() {
  return innerHeight + scrollY >= document.documentElement.scrollHeight - NEAR;
}
