/** The page: lists the workflows of a server, and holds a conversation with one of them. */

import {
  Client,
  ConversationError,
  Cursor,
  RequestRefused,
  ServerUnreachable,
} from "./sdk/index.js";

import { byId, h } from "./dom.js";
import { Handover } from "./handover.js";
import { Shelf } from "./kept.js";
import { notice, remark } from "./messages.js";
import * as stage from "./stage.js";
import { Talk } from "./talk.js";

const server = new URLSearchParams(location.search).get("server") ?? location.origin;
const { host } = new URL(server, location.href);
const client = new Client(server);
const shelf = new Shelf(server);
const handover = new Handover(server, (uuid) => shelf.find(uuid));
const [start, left, workflows, startNotice, params] = [
  "start",
  "left",
  "workflows",
  "start-notice",
  "params",
].map(byId);

/** The close code for a conversation that the server does not hold, or not for this user (spec FA-RES-4). */
const GONE = 4010;

/** The conversation on the page, null while there is none. */
let talk = null;

/** What a conversation needs of the page. */
const page = {
  keep: (kept) => shelf.keep(kept),
  address: (uuid) => handover.address(uuid),
  actions: ({ name, params: given }) => [
    button("primary", "Start it again", () => begin(name, given)),
    button("quiet", "Other workflows", () => showStart()),
  ],
  broken,
};

byId("server").textContent = host;
byId("leave").addEventListener("click", () => void showStart());
byId("cancel").addEventListener("click", () => {
  if (!talk?.cancel()) void showStart();
});
await open();

/** Show what the page's address or this tab's past asks for, else the list. */
async function open() {
  const wanted = handover.wanted();
  if (wanted === null) return shelf.current ? resume(shelf.current) : showStart();
  stage.open("A conversation");
  start.hidden = true;
  const kept = await handover.ask(wanted);
  if (kept) return resume(kept);
  await showStart();
  show(
    remark("The conversation cannot be shown here", "No other tab of this browser has it open."),
  );
}

async function showStart() {
  const was = talk;
  talk = null;
  was?.leave();
  if (was?.over) shelf.forget(was.uuid);
  else shelf.putBack();
  stage.open(null);
  start.hidden = false;
  startNotice.replaceChildren();
  scrollTo({ top: 0 });
  if (was) stage.focusTitle();
  listLeft();
  await listWorkflows();
}

/** The conversations that go on without this page. */
function listLeft() {
  left.replaceChildren(
    ...shelf.left.map((kept) =>
      item(kept.name, "Goes on without you. Return to it", () => resume(kept)),
    ),
  );
}

async function listWorkflows() {
  workflows.replaceChildren(h("li", { class: "faint", text: "Asking the server…" }));
  try {
    const offered = await client.discovery();
    workflows.replaceChildren(
      ...offered.map(({ name, description }) =>
        item(description || name, h("code", { text: name }), () => pick(name)),
      ),
    );
    if (!offered.length)
      workflows.append(h("li", { class: "faint", text: "The server offers no workflows." }));
  } catch (error) {
    workflows.replaceChildren();
    const again = button("primary", "Ask again", () => {
      startNotice.replaceChildren();
      void listWorkflows();
    });
    show(notice("The workflows cannot be listed", explain(error), again));
  }
}

function pick(name) {
  try {
    const given = JSON.parse(params.value.trim() || "{}");
    if (given === null || typeof given !== "object" || Array.isArray(given))
      throw new Error("it is no JSON object");
  } catch (error) {
    return show(notice("The parameters cannot be sent", error.message));
  }
  return begin(name, params.value);
}

/** Start a workflow with parameters as they were typed. */
function begin(name, given) {
  const values = JSON.parse(given.trim() || "{}");
  return hold({ name, params: given, mine: [] }, (options) => client.start(name, values, options));
}

/** Go on with a conversation, and show all of it: nothing of it is on the page. */
function resume(kept) {
  shelf.keep(kept);
  const cursor = Cursor.parse(JSON.stringify(kept.cursor));
  return hold(kept, (options) => client.resume(cursor, { ...options, fromStart: true }));
}

async function hold(kept, connect) {
  talk?.leave();
  talk = new Talk(kept, page);
  startNotice.replaceChildren();
  start.hidden = true;
  const held = talk.hold(connect);
  stage.focusTitle();
  await held;
}

/** A conversation cannot go on: say why, and what there is to do. */
async function broken(error, kept) {
  if (kept.cursor && error.code === GONE) {
    shelf.forget(kept.uuid);
    await showStart();
    return show(remark(`“${kept.name}” is over`, "The server no longer holds that conversation."));
  }
  const [restart, others] = page.actions(kept);
  const goesOn = kept.cursor && error.name !== "ConversationRefused";
  const first = goesOn ? button("primary", "Try again", () => resume(kept)) : restart;
  stage.add(notice(headline(error), explain(error, kept), first, others));
}

/** Show an entry above the list. */
function show(entry) {
  startNotice.replaceChildren(h("ul", { class: "bare" }, entry));
  startNotice.scrollIntoView({ block: "nearest" });
}

function button(kind, text, press) {
  return h("button", { type: "button", class: kind, text, onclick: () => void press() });
}

function item(title, note, press) {
  const small = typeof note === "string" ? h("span", { class: "faint", text: note }) : note;
  const inside = [h("b", { text: title }), small];
  return h(
    "li",
    {},
    h("button", { type: "button", class: "workflow", onclick: () => void press() }, inside),
  );
}

function headline(error) {
  if (error instanceof ConversationError)
    return error.name === "ConversationRefused"
      ? "The server ended the conversation"
      : "The connection was lost";
  return error instanceof ServerUnreachable
    ? "The conversation is out of reach"
    : "The conversation could not go on";
}

/** Say in a sentence what happened and what it means. */
function explain(error, kept) {
  if (error instanceof ServerUnreachable)
    return `The server at ${host} does not answer. Is it running?`;
  if (error instanceof RequestRefused)
    return `The server said: ${error.detail} (status ${error.status})`;
  if (error.name !== "ConversationLost") return error.message;
  return kept?.cursor
    ? `The server at ${host} did not answer any more. What was said so far stays above.`
    : `The workflow has stopped, and what was said so far stays above. (Close code ${error.code}.)`;
}
