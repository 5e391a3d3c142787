/** Must not compile: a message is read-only, has no such field, and its text may be null. */

import type { TextMessage } from "fastagency-sdk";

export function wrong(message: TextMessage): number {
  message.sender = "nobody";
  void message.contents;
  return message.content.body.length;
}
