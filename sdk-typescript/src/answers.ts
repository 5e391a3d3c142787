/** Which answers a question takes, and how they stand on the wire (spec FA-CLA-4). */

import type { ServerMessage } from "./_generated/messages.js";
import { askingTypes, type Question } from "./_generated/tables.js";
import { NotAsked } from "./errors.js";

const asking: readonly string[] = askingTypes;

/** Whether a message asks the user something. */
export function isQuestion(message: ServerMessage): message is Question {
  return asking.includes(message.type);
}

/**
 * Return the raw text frame that answers `question` with `value`.
 *
 * A `text_input` takes any string. A `multiple_choice` takes one of its choices or its default, or any number of them
 * where several may be picked: as a list, or as one text with commas between them. An empty answer stands for the
 * default. Throws `NotAsked` when the question does not allow the value. No error holds the value of a `text_input`,
 * which may be a password.
 */
export function answerFrame(question: Question, value: string | readonly string[]): string {
  if (question.type === "text_input") {
    if (typeof value !== "string") throw new NotAsked("a text_input takes one string");
    return sendable(value);
  }
  const { choices, default: fallback, single } = question.content;
  const given = typeof value === "string";
  // What splits into choices is on the wire as it was given.
  if (given && !single && splits(value, choices)) return sendable(value);
  const picked = !given ? [...value] : value || choices.includes("") ? [value] : [];
  if (!picked.length && (fallback !== null || !single)) return "";
  if (single && picked.length !== 1) throw new NotAsked("pick exactly one of the choices");
  for (const each of picked)
    // The default need not be one of the choices.
    if (!choices.includes(each) && each !== fallback)
      throw new NotAsked(`${JSON.stringify(each)} is none of the choices`);
  return sendable(picked.join(","));
}

/** Whether `text` is some of the choices with commas between them. A choice that itself holds a comma is found too. */
function splits(text: string, choices: readonly string[]): boolean {
  // A set is gone through with what is added on the way, and each place once: linear in the text for given choices,
  // where trying every split would be exponential.
  const starts = new Set([0]);
  for (const start of starts)
    for (const choice of choices)
      if (text.startsWith(choice, start)) {
        const end = start + choice.length;
        if (end === text.length) return true;
        if (text[end] === ",") starts.add(end + 1);
      }
  return false;
}

/** A lone half of a surrogate pair cannot be written as UTF-8; a socket would silently replace it. */
function sendable(text: string): string {
  if (/\p{Cs}/u.test(text)) throw new NotAsked("the answer cannot be written as UTF-8");
  return text;
}
