/** How answers look in the transcript: while they are under way, and what became of them. */

import { h } from "./dom.js";

/** The answers of one transcript. A question has at most one entry of an answer. */
export class Answers {
  #questions = new Map();
  #underWay = new Map();

  /** A question was asked. Returns the entry of an answer that is still under way to it, or null. */
  asked(question) {
    this.#questions.set(question.uuid, question);
    return this.#underWay.get(question.uuid)?.entry ?? null;
  }

  /** Return the entry for an answer that this page gives. With an id it is under way until the server has taken it. */
  given(question, value, id) {
    const entry = answer(value, isSecret(question), "You");
    if (id === null) return entry;
    entry.classList.add("under-way");
    this.#underWay.set(question.uuid, { id, value, entry });
    return entry;
  }

  /**
   * A question is closed. Return the entry that says with what, or null where it stands already. `elsewhere`: another
   * tab gave the answer.
   */
  accepted({ question_uuid, answer_id, value }, elsewhere) {
    const mine = this.#underWay.get(question_uuid);
    this.#underWay.delete(question_uuid);
    if (mine?.id === answer_id) {
      mine.entry.classList.remove("under-way");
      return null;
    }
    mine?.entry.remove();
    if (answer_id === null) return expired(value);
    const secret = isSecret(this.#questions.get(question_uuid));
    return answer(value, secret, elsewhere ? "You, in another tab" : "You");
  }

  /** An answer was not taken. Take its entry away, and return the value, null where it was not this page's. */
  rejected({ question_uuid, answer_id }) {
    const mine = this.#underWay.get(question_uuid);
    if (mine?.id !== answer_id) return null;
    this.#underWay.delete(question_uuid);
    mine.entry.remove();
    return mine.value;
  }

  /** The question with this uuid, undefined for one that was not asked here. */
  question(uuid) {
    return this.#questions.get(uuid);
  }

  /** What was shown is out of date; what is under way still is. */
  reset() {
    this.#questions.clear();
  }
}

/** A secret has no text here, not even its length. */
function answer(value, secret, who) {
  const text = secret ? "••••••" : Array.isArray(value) ? value.join(", ") : value;
  return h(
    "li",
    { class: "said mine", "aria-label": secret ? "A secret, kept out of this transcript" : null },
    h("p", { class: "who", text: who }),
    h("div", { class: "body" }, h("p", { class: text ? "" : "faint", text: text || "(nothing)" })),
  );
}

function expired(value) {
  const went = value === null ? "" : `the default was taken: ${[value].flat().join(", ")}`;
  return h("li", { class: "aside" }, h("b", { text: "Time ran out" }), h("span", { text: went }));
}

function isSecret(question) {
  return question?.type === "text_input" && question.content.password;
}
