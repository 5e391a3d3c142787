/** The page: lists the workflows of a server, and holds a conversation with one of them. */

import {
  Client,
  ConversationError,
  rawText,
  RequestRefused,
  ServerUnreachable,
} from "./sdk/index.js";

import { byId, h } from "./dom.js";
import { exactly } from "./exact.js";
import { notice, Renderer } from "./messages.js";
import { form } from "./questions.js";
import { Scrolling } from "./scrolling.js";

const server = new URLSearchParams(location.search).get("server") ?? location.origin;
const client = new Client(server);
const [title, state, leave] = ["title", "state", "leave"].map(byId);
const [start, workflows, startNotice, params] = [
  "start",
  "workflows",
  "start-notice",
  "params",
].map(byId);
const [section, transcript, working, composer, newer] = [
  "conversation",
  "transcript",
  "working",
  "composer",
  "newer",
].map(byId);

const STATES = {
  connecting: "Connecting",
  working: "Working",
  asking: "Your turn",
  finished: "Finished",
  ended: "Ended",
};

/** The conversation on the page; null while there is none. Whoever goes on after an await checks that it still is. */
let current = null;
const scrolling = new Scrolling(section, newer);

byId("server").textContent = new URL(server, location.href).host;
leave.addEventListener("click", () => void showStart());
await showStart();

async function showStart() {
  const left = current;
  current = null;
  void left?.close();
  document.title = title.textContent = "Conversations";
  setState(null);
  section.hidden = leave.hidden = newer.hidden = true;
  composer.hidden = true;
  composer.replaceChildren();
  start.hidden = false;
  scrollTo({ top: 0 });
  if (left) title.focus();
  await listWorkflows();
}

async function listWorkflows() {
  startNotice.replaceChildren();
  workflows.replaceChildren(h("li", { class: "faint", text: "Asking the server…" }));
  try {
    const offered = await client.discovery();
    workflows.replaceChildren(
      ...offered.map(({ name, description }) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", class: "workflow", onclick: () => void begin(name) },
            h("b", { text: description || name }),
            h("code", { text: name }),
          ),
        ),
      ),
    );
    if (!offered.length)
      workflows.append(h("li", { class: "faint", text: "The server offers no workflows." }));
  } catch (error) {
    workflows.replaceChildren();
    const again = h("button", {
      type: "button",
      class: "primary",
      text: "Ask again",
      onclick: () => void listWorkflows(),
    });
    startNotice.replaceChildren(
      h("ul", { class: "bare" }, notice("The workflows cannot be listed", explain(error), again)),
    );
  }
}

async function begin(name) {
  let given;
  try {
    given = JSON.parse(params.value.trim() || "{}");
    if (given === null || typeof given !== "object" || Array.isArray(given))
      throw new Error("it is no JSON object");
  } catch (error) {
    startNotice.replaceChildren(
      h("ul", { class: "bare" }, notice("The parameters cannot be sent", error.message)),
    );
    return;
  }
  startNotice.replaceChildren();
  document.title = title.textContent = name;
  start.hidden = true;
  section.hidden = leave.hidden = false;
  transcript.replaceChildren();
  setState("connecting");
  scrolling.toEnd();
  title.focus();
  await hold(name, given);
}

async function hold(name, given) {
  const renderer = new Renderer();
  const again = () =>
    h("button", {
      type: "button",
      class: "primary",
      text: "Start it again",
      onclick: () => void begin(name),
    });
  const others = () =>
    h("button", {
      type: "button",
      class: "quiet",
      text: "Other workflows",
      onclick: () => void showStart(),
    });
  const giveUp = new AbortController();
  const mine = { close: async () => giveUp.abort() };
  current = mine;
  try {
    const conversation = await client.start(name, given, { signal: giveUp.signal });
    setState("working");
    for await (const message of conversation) {
      if (current !== mine) return;
      const entry = renderer.render(exactly(message, rawText(message)));
      if (entry) add(entry);
      if (conversation.question === message) ask(conversation, renderer);
      if (message.type === "workflow_completed") {
        setState(renderer.failed ? "ended" : "finished");
        closeComposer();
        add(h("li", { class: "actions" }, again(), others()));
      }
    }
  } catch (error) {
    if (current !== mine) return;
    setState("ended");
    closeComposer();
    add(notice(headline(error), explain(error), again(), others()));
  }
}

function ask(conversation, renderer) {
  setState("asking");
  const open = conversation.question;
  const send = async (value, secret) => {
    if (conversation.question !== open) return;
    try {
      await conversation.answer(value);
    } catch (error) {
      // The connection may be gone already; reading tells, and shows it.
      composer.querySelector(".refused")?.remove();
      composer.append(h("p", { class: "refused", role: "alert", text: error.message }));
      return;
    }
    closeComposer();
    setState("working");
    add(renderer.answered(value, secret));
    scrolling.toEnd();
  };
  const element = form(open, send);
  composer.replaceChildren(element);
  composer.hidden = false;
  document.body.style.setProperty("--composer", `${composer.offsetHeight}px`);
  (
    element.querySelector("[data-focus]") ?? element.querySelector("button, input, textarea")
  )?.focus();
}

function closeComposer() {
  const hadFocus = composer.contains(document.activeElement);
  composer.hidden = true;
  composer.replaceChildren();
  if (hadFocus) title.focus({ preventScroll: true });
}

function setState(name) {
  state.textContent = name ? STATES[name] : "";
  state.dataset.state = name ?? "";
  leave.textContent = name === "finished" || name === "ended" ? "Back" : "Leave";
  working.hidden = name !== "working" && name !== "connecting";
}

function add(entry) {
  transcript.append(entry);
  scrolling.grown();
}

function headline(error) {
  if (error instanceof ConversationError)
    return error.name === "ConversationRefused"
      ? "The server ended the conversation"
      : "The connection was lost";
  return "The conversation could not go on";
}

/** Say in a sentence what happened and what it means. */
function explain(error) {
  if (error instanceof ServerUnreachable)
    return `The server at ${new URL(server, location.href).host} does not answer. Is it running?`;
  if (error instanceof RequestRefused)
    return `The server said: ${error.detail} (status ${error.status})`;
  if (error.name === "ConversationLost")
    return `The workflow has stopped, and what was said so far stays above. (Close code ${error.code}.)`;
  return error.message;
}
