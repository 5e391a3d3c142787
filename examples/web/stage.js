/** The parts of the page that show a conversation: the bar above it, the transcript, and the form below. */

import { Connection } from "./connection.js";
import { countdown } from "./countdown.js";
import { byId, h } from "./dom.js";
import { form } from "./questions.js";
import { Scrolling } from "./scrolling.js";

const STATES = {
  working: "Working",
  asking: "Your turn",
  cancelling: "Cancelling",
  completed: "Finished",
  failed: "Failed",
  cancelled: "Cancelled",
};
const OVER = ["completed", "failed", "cancelled", "lost"];

const [bar, title, state, second, cancel, leave] = [
  "bar",
  "title",
  "state",
  "second",
  "cancel",
  "leave",
].map(byId);
const [section, transcript, working, composer, newer] = [
  "conversation",
  "transcript",
  "working",
  "composer",
  "newer",
].map(byId);
const connection = new Connection(bar, byId("connection"));
const scrolling = new Scrolling(section, newer);

/** Show an empty conversation with this name; null: show none. */
export function open(name) {
  document.title = title.textContent = name ?? "Conversations";
  section.hidden = name === null;
  newer.hidden = true;
  clear();
  setState(null);
  setConnection(name === null ? null : "connecting");
  setSecond(null);
  cancel.hidden = name === null;
  scrolling.toEnd();
}

/** Let the keyboard begin at the top. */
export function focusTitle() {
  title.focus({ preventScroll: true });
}

/** Drop what is shown. */
export function clear() {
  transcript.replaceChildren();
  closeQuestion();
}

/** Add an entry to the transcript. */
export function add(entry) {
  transcript.append(entry);
  scrolling.grown();
}

/** Show where the workflow stands: a name of `STATES`, `lost`, or null while that is not known. */
export function setState(name) {
  const over = OVER.includes(name);
  state.textContent = STATES[name] ?? "";
  bar.dataset.state = name ?? "";
  working.hidden = name === "asking" || over;
  cancel.disabled = name === "cancelling";
  if (over) cancel.hidden = second.hidden = true;
  if (over) leave.hidden = false;
  leave.textContent = over ? "Back" : "Leave";
}

/** Show a state of the SDK's `ConnectionState`, or null for none. */
export function setConnection(name) {
  connection.show(name);
}

/** Offer what a conversation that survives allows: to leave it, and to open it at `address` too. Null: neither. */
export function setSecond(address) {
  leave.hidden = second.hidden = address === null;
  if (address !== null) second.href = address;
}

/**
 * Ask a question. `send(value)` is called with the answer, `clock` tells the time until it closes. `before`: an answer
 * to it that was not taken, and `why`.
 */
export function ask(question, send, clock, { before = null, why = null } = {}) {
  setState("asking");
  const element = form(question, send);
  const field = element.querySelector("#answer");
  if (field && typeof before === "string" && !question.content.password) field.value = before;
  const { expires_at } = question.content;
  composer.replaceChildren(...(expires_at === null ? [] : [countdown(expires_at, clock)]), element);
  if (why !== null) refuse(why);
  composer.hidden = false;
  document.body.style.setProperty("--composer", `${composer.offsetHeight}px`);
  (
    element.querySelector("[data-focus]") ?? element.querySelector("button, input, textarea")
  )?.focus();
  scrolling.grown();
}

/** Say why the answer to the question was not taken; the question stays. */
export function refuse(why) {
  composer.querySelector(".refused")?.remove();
  composer.append(h("p", { class: "refused", role: "alert", text: why }));
}

/** Nothing is asked any more. */
export function closeQuestion() {
  const hadFocus = composer.contains(document.activeElement);
  composer.hidden = true;
  composer.replaceChildren();
  document.body.style.setProperty("--composer", "0px");
  if (hadFocus) focusTitle();
}

/** Show the newest message. */
export function toEnd() {
  scrolling.toEnd();
}
