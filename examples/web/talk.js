/** One conversation on the page, from its start, or its return, to its end. */

import { MalformedMessage, rawText } from "./sdk/index.js";

import { ServerClock } from "./countdown.js";
import { h } from "./dom.js";
import { exactly } from "./exact.js";
import { notice, Renderer } from "./messages.js";
import * as stage from "./stage.js";

/** Reads a conversation, shows it, and sends the answers. */
export class Talk {
  #kept;
  #page;
  #conversation = null;
  #renderer = new Renderer();
  #clock = new ServerClock();
  #giveUp = new AbortController();
  #asked = null;
  #survives = false;
  #left = false;
  #cancelled = false;

  /**
   * `kept` is what the tab keeps of the conversation, without `uuid` and `cursor` while it is new. Of `page` it needs
   * `keep(kept)`, which stores that; `address(uuid)`, for a second tab; `actions(kept)`, the buttons at the end; and
   * `broken(error, kept)`, which tells why the conversation cannot go on.
   */
  constructor(kept, page) {
    this.#kept = kept;
    this.#page = page;
  }

  /** Show the conversation that `begin(options)` starts or resumes, until its end or until it is left. */
  async hold(begin) {
    stage.open(this.#kept.name);
    const onConnection = (state) => this.#left || stage.setConnection(state);
    try {
      this.#conversation = await begin({ signal: this.#giveUp.signal, onConnection });
      stage.setState("working");
      await this.#read();
      // In classic nobody says that it ended when this side ends it.
      if (!this.#left && this.#renderer.outcome === null)
        this.#end({ result: null, outcome: "cancelled" });
    } catch (error) {
      if (this.#left) return;
      stage.setState("lost");
      stage.setConnection(this.#conversation?.connection ?? null);
      stage.closeQuestion();
      this.#page.broken(error, this.#kept);
    }
  }

  /** Whether the workflow has ended. */
  get over() {
    return this.#renderer.outcome !== null;
  }

  /** The conversation's id, undefined while it has none that survives. */
  get uuid() {
    return this.#kept.uuid;
  }

  /** Leave the conversation. One that survives goes on. */
  leave() {
    this.#left = true;
    this.#giveUp.abort();
  }

  /** End the workflow. Returns whether there was one. */
  cancel() {
    if (!this.#conversation) return false;
    this.#cancelled = true;
    stage.closeQuestion();
    stage.setState("cancelling");
    void this.#conversation.cancel("cancelled on the page");
    return true;
  }

  async #read() {
    for (;;)
      try {
        for await (const message of this.#conversation) {
          if (this.#left) return;
          if (message.type !== "text_chunk") this.#keep();
          this.#take(message);
        }
        return;
      } catch (error) {
        // One message cannot be read; those after it can.
        if (this.#left || !(error instanceof MalformedMessage)) throw error;
        stage.add(notice("A message could not be read", error.message));
      }
  }

  /** Show one message, live or replayed. */
  #take(message) {
    const { answers } = this.#renderer;
    if (message.type === "session_ready") {
      stage.clear();
      this.#asked = null;
      if (!this.#cancelled) stage.setState("working");
    }
    this.#clock.heard(message.timestamp);
    if (message.type === "workflow_completed") return this.#end(message.content);
    const entry = this.#renderer.render(exactly(message, rawText(message)));
    if (entry) stage.add(entry);
    if (message.type === "answer_accepted") this.#accepted(message);
    else if (message.type === "answer_rejected") this.#rejected(message);
    else if (message.type === "text_input" || message.type === "multiple_choice") {
      const underWay = answers.asked(message);
      if (underWay) stage.add(underWay);
      if (this.#conversation.isOpen(message)) this.#ask(message);
    }
  }

  #ask(question, again) {
    if (this.#cancelled) return;
    this.#asked = question;
    const send = async (value) => {
      if (this.#asked !== question) return;
      let id;
      try {
        id = await this.#conversation.answer(value, question);
      } catch (error) {
        // The connection may be gone already; reading tells, and shows it.
        stage.refuse(error.message);
        return;
      }
      if (id !== null) this.#kept.mine.push(id);
      this.#keep();
      stage.add(this.#renderer.answers.given(question, value, id));
      this.#closed(question.uuid);
      stage.toEnd();
    };
    stage.ask(question, send, this.#clock, again);
  }

  #closed(uuid) {
    if (this.#asked?.uuid !== uuid) return;
    this.#asked = null;
    this.#renderer.answered();
    stage.closeQuestion();
    if (!this.#cancelled) stage.setState("working");
  }

  #accepted(message) {
    // The SDK's `answeredElsewhere` knows this client's answers; this tab was another client before a reload.
    const elsewhere = !this.#kept.mine.includes(message.answer_id);
    const entry = this.#renderer.answers.accepted(message, elsewhere);
    if (entry) stage.add(entry);
    this.#closed(message.question_uuid);
  }

  #rejected(message) {
    const { answers } = this.#renderer;
    const before = answers.rejected(message);
    if (before === null) return;
    const question = answers.question(message.question_uuid);
    const why = `The answer was not taken. ${message.detail ?? ""}`.trim();
    if (question && this.#conversation.isOpen(question)) this.#ask(question, { before, why });
    else stage.add(notice("The answer came too late", message.detail ?? "The question is closed."));
  }

  #end(content) {
    stage.closeQuestion();
    stage.add(this.#renderer.ended(content));
    stage.setState(this.#renderer.outcome);
    stage.add(h("li", { class: "actions" }, ...this.#page.actions(this.#kept)));
  }

  /** Let the page store where the conversation stands, once it can be resumed. */
  #keep() {
    const { cursor, workflowUuid: uuid } = this.#conversation;
    if (!cursor) return;
    if (!this.#survives) stage.setSecond(this.#page.address(uuid));
    this.#survives = true;
    Object.assign(this.#kept, { uuid, cursor: cursor.toJSON() });
    this.#page.keep(this.#kept);
  }
}
