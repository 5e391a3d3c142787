/** How each type of message looks in the transcript. */

import { Answers } from "./answers.js";
import { h, json } from "./dom.js";
import { Drafts } from "./drafts.js";
import { stringify } from "./exact.js";
import { markdown } from "./markdown.js";

/**
 * Makes the entries of one conversation's transcript; calls of functions are joined with their results, texts with
 * what was shown of them while they were written.
 */
export class Renderer {
  #calls = new Map();
  #drafts = new Drafts((chunk, text) => spoken(chunk, markdown(text), "draft"));
  #error = null;
  #failed = false;
  /** The entries of answers. */
  answers = new Answers();
  /** How the workflow ended: as `outcome` in the protocol; in classic, which has none, by what was said last. */
  outcome = null;

  /** Return the entry for a message, or null when there is nothing to add (it may change an earlier entry). */
  render(message) {
    const growing = this.#drafts.take(message);
    switch (message.type) {
      case "text_chunk":
        return growing;
      case "text_message": {
        const entry = spoken(message, body(message.content.body));
        return this.#drafts.finish(message.uuid, entry) ? null : entry;
      }
      case "suggested_function_call":
        return this.#proposal(message);
      case "function_call_execution":
        return this.#result(message);
      case "text_input":
      case "multiple_choice":
        return spoken(
          message,
          markdown(message.content.prompt ?? "Your answer, please."),
          "question",
        );
      case "system_message":
        return aside(message.content.message);
      case "keep_alive":
        return null;
      case "workflow_started":
        return started(message.content);
      case "workflow_completed":
        return this.ended(message.content);
      case "error":
        this.#failed = true;
        this.#error = message.content;
        return failure(message.content);
      case "session_ready":
        return this.#reset(message);
      case "unknown":
        return details(
          `A message of a type that this page does not know: ${message.claimedType}`,
          message.raw,
        );
    }
  }

  /** An answer was taken: what went wrong before it is not why the conversation ends. */
  answered() {
    this.#failed = false;
  }

  /** Return the entry for the end of the workflow. */
  ended({ result, outcome }) {
    this.#drafts.stop();
    this.outcome = outcome ?? (this.#failed ? "failed" : "completed");
    return completed(result, this.outcome, this.#error);
  }

  /** The conversation comes anew; the entries so far are no part of it any more (spec FA-RES-3). */
  #reset({ oldest_seq }) {
    this.#calls.clear();
    this.#drafts.stop();
    this.answers.reset();
    this.#error = null;
    this.#failed = false;
    return oldest_seq > 1
      ? aside({ body: "The server no longer holds what was said before." })
      : null;
  }

  #proposal({ sender, content }) {
    const outcome = h("div", { class: "outcome pending", text: "No result yet" });
    const card = h(
      "li",
      { class: "call" },
      h("p", { class: "who", text: sender ? `${sender} calls` : "A call" }),
      h("p", { class: "signature" }, h("code", { text: signature(content) })),
      outcome,
    );
    if (content.call_id !== null) this.#calls.set(content.call_id, outcome);
    return card;
  }

  #result({ content }) {
    const outcome = this.#calls.get(content.call_id);
    const value = [h("span", { class: "arrow", text: "Result" }), returned(content.retval)];
    if (outcome) {
      this.#calls.delete(content.call_id);
      outcome.className = "outcome";
      outcome.replaceChildren(...value);
      return null;
    }
    return h(
      "li",
      { class: "call" },
      h("p", { class: "who", text: "A function ran" }),
      h(
        "p",
        { class: "signature" },
        h("code", { text: content.function_name ?? content.call_id ?? "(no name)" }),
      ),
      h("div", { class: "outcome" }, value),
    );
  }
}

/** Return an entry about the connection or the page itself, with an action. */
export function notice(title, text, ...actions) {
  return h(
    "li",
    { class: "card bad" },
    h("div", { role: "alert" }, h("p", { class: "card-title", text: title }), h("p", { text })),
    actions.length ? h("p", { class: "actions" }, actions) : null,
  );
}

/** Return an entry about the page itself that is no trouble. */
export function remark(title, text) {
  return h(
    "li",
    { class: "card still", role: "status" },
    h("p", { class: "card-title", text: title }),
    h("p", { text }),
  );
}

function spoken({ sender, recipient }, content, kind = "") {
  const who = h("p", { class: "who" }, h("b", { text: sender ?? "Workflow" }));
  if (recipient) who.append(h("span", { class: "to", text: ` to ${recipient}` }));
  return h(
    "li",
    { class: `said ${kind}` },
    h("span", {
      class: `avatar hue-${hue(sender ?? "")}`,
      "aria-hidden": "true",
      text: initials(sender ?? "W"),
    }),
    who,
    h("div", { class: "body" }, content),
  );
}

/** A body is a text, a list of parts, or nothing. */
function body(value) {
  if (value === null || value === "") return [h("p", { class: "faint", text: "(nothing)" })];
  return typeof value === "string" ? markdown(value) : value.flatMap(part);
}

function part(value) {
  if (value.type === "text") return markdown(value.text ?? "");
  const image = value.type === "image_url" ? (value.image_url?.url ?? value.image_url) : null;
  if (typeof image === "string") return [picture(image, value.image_url?.detail)];
  return [details(`A part of a type that this page does not show: ${value.type}`, value, "div")];
}

/** Pictures of this page's origin show at once; another server learns of the reader only after a click. */
function picture(url, alt) {
  const show = (src) => h("img", { src, alt: alt ?? "A picture in the message", loading: "lazy" });
  if (/^data:image\/(?:png|jpeg|gif|webp)[;,]/.test(url)) return show(url);
  const address = URL.canParse(url, location.href) ? new URL(url, location.href) : null;
  if (!address || !/^https?:$/.test(address.protocol))
    return h("p", { class: "faint", text: "(a picture whose address is not one of the web)" });
  if (address.origin === location.origin) return show(address.href);
  const button = h("button", {
    type: "button",
    class: "quiet",
    text: `Show the picture from ${address.host}`,
  });
  button.addEventListener("click", () => button.replaceWith(show(address.href)));
  return button;
}

function signature({ function_name, arguments: given }) {
  const list = Object.entries(given).map(([name, value]) => `${name}=${stringify(value)}`);
  return `${function_name ?? "(no name)"}(${list.join(", ")})`;
}

function returned(value) {
  if (typeof value === "string") return h("div", { class: "value" }, markdown(value));
  if (value === null || typeof value !== "object") return h("code", { text: String(value) });
  return json(value);
}

function aside(message) {
  const title = message.heading ?? message.operation;
  const text = message.body ?? message.content;
  if (typeof title !== "string" && typeof text !== "string")
    return details("From the system", message);
  return h(
    "li",
    { class: "aside" },
    typeof title === "string" ? h("b", { text: title }) : null,
    typeof text === "string" ? h("span", { text }) : null,
  );
}

function started({ name, description, params }) {
  const entry = h(
    "li",
    { class: "aside" },
    h("b", { text: name ?? "A workflow" }),
    h("span", { text: description ?? "" }),
  );
  if (Object.keys(params).length)
    entry.append(h("details", {}, h("summary", { text: "Parameters" }), json(params)));
  return entry;
}

const ENDS = {
  completed: { kind: "good", title: "The workflow is finished", nothing: "It returned nothing." },
  failed: { kind: "bad", title: "The workflow failed" },
  cancelled: { kind: "still", title: "Cancelled", nothing: "The workflow was stopped." },
};

function completed(result, outcome, error) {
  const { kind, title, nothing } = ENDS[outcome];
  const entry = h("li", { class: `card ${kind}` }, h("p", { class: "card-title", text: title }));
  if (outcome === "failed" && repeats(result, error)) return entry;
  if (result) entry.append(h("div", {}, markdown(result)));
  else if (nothing) entry.append(h("p", { class: "faint", text: nothing }));
  return entry;
}

/** Whether a result says nothing but what the error said: servers put the one into the other. */
function repeats(result, error) {
  const rest = [error?.long, error?.short].reduce(
    (text, part) => text.replace(part ?? "", ""),
    result ?? "",
  );
  return !/[\p{L}\p{N}]/u.test(rest);
}

function failure({ short, long }) {
  const said = h(
    "div",
    { role: "alert" },
    h("p", { class: "card-title", text: short ?? "An error" }),
  );
  if (long) said.append(h("p", { class: "long", text: long }));
  return h("li", { class: "card bad" }, said);
}

function details(summary, value, tag = "li") {
  return h(tag, { class: "aside" }, h("details", {}, h("summary", { text: summary }), json(value)));
}

function initials(name) {
  const words = name.split(/[\s_.-]+/).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => [...word][0].toUpperCase())
    .join("");
}

/** One of six colours, always the same for a name. */
function hue(name) {
  return [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 997, 7) % 6;
}
