/** Which answers a question takes, and how they stand on the wire (spec FA-CLA-4). */

import type { Question } from "./_generated/tables.js";
import { NotAsked } from "./errors.js";

/**
 * Return the raw text frame that answers `question` with `value`.
 *
 * A `text_input` takes any string. A `multiple_choice` takes one of its choices, or a list of any number of them
 * where several may be picked; an empty answer stands for its default. Throws `NotAsked` when the question does not
 * allow the value. No error holds the value of a `text_input`, which may be a password.
 */
export function answerFrame(question: Question, value: string | readonly string[]): string {
  // A lone half of a surrogate pair cannot be written as UTF-8; a socket would silently replace it.
  if (/\p{Cs}/u.test(String(value))) throw new NotAsked("the answer cannot be written as UTF-8");
  if (question.type === "text_input") {
    if (typeof value !== "string") throw new NotAsked("a text_input takes one string");
    return value;
  }
  const { choices, default: fallback, single } = question.content;
  const picked = typeof value !== "string" ? value : value || choices.includes("") ? [value] : [];
  if (!picked.length && (fallback !== null || !single)) return "";
  if (single && picked.length !== 1) throw new NotAsked("pick exactly one of the choices");
  for (const each of picked)
    if (!choices.includes(each))
      throw new NotAsked(`${JSON.stringify(each)} is none of the choices`);
  return picked.join(",");
}
