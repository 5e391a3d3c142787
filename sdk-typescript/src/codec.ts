/** Text to typed values and back: the wire format, as the generated rules say it. */

import type { ServerMessage } from "./_generated/messages.js";
import * as rules from "./_generated/rules.js";
import { MalformedMessage } from "./errors.js";
import { read, type Json, type Rule } from "./rules.js";

/** What no error may hold, since errors are logged (spec FA-SEC-3). */
const SECRETS = /("(?:resume_token|ticket)"\s*:\s*")[^"]*/g;

const texts = new WeakMap<object, string>();

/**
 * Decode one text frame from a server.
 *
 * A frame without `type` is a `text_message`; fields that are not known are dropped; a type that is not known gives
 * an `Unknown`. Throws `MalformedMessage`, which names the first field at fault, when the frame is no JSON or is a
 * known type with a field missing or of the wrong type.
 */
export function decode(text: string): ServerMessage {
  const message = decodeAs<ServerMessage>(rules.ServerMessage, text);
  texts.set(message, text);
  return message;
}

/**
 * The frame that `message` was decoded from, undefined for a message that `decode` did not make.
 *
 * JavaScript rounds integers beyond 2^53. Whoever needs such a `retval` or argument to the digit reads it from this
 * text, for example with a JSON parser that gives a BigInt.
 */
export function rawText(message: ServerMessage): string | undefined {
  return texts.get(message);
}

/** Decode JSON that `rule` describes as a `T`. Throws `MalformedMessage`. */
export function decodeAs<T>(rule: Rule, text: string): T {
  try {
    return read(rule, JSON.parse(text)) as T;
  } catch (error) {
    throw new MalformedMessage((error as Error).message, text.replace(SECRETS, "$1…"));
  }
}

/** Encode as JSON. Throws a TypeError for what JSON cannot say: NaN, infinities, BigInt (spec FA-CLA-7). */
export function encode(value: unknown): string {
  return JSON.stringify(value, (name, item: Json) => {
    if (typeof item === "number" && !Number.isFinite(item))
      throw new TypeError(`${name}: ${item} is not JSON`);
    return item;
  });
}
