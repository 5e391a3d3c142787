/** Texts that arrive in pieces (spec FA-FRM-3). */

import type { ServerMessage } from "./_generated/messages.js";

/**
 * Puts the pieces of streamed texts together. Give it every message of a conversation.
 *
 * It holds only the texts that are still being written.
 */
export class TextAssembler {
  readonly #texts = new Map<string, string>();

  /**
   * The text so far after a `text_chunk`; null for every other message. The `text_message` that has the whole text
   * ends it, and a `session_ready` drops all.
   */
  add(message: ServerMessage): string | null {
    if (message.type === "text_message") this.#texts.delete(message.uuid);
    if (message.type === "session_ready") this.#texts.clear();
    if (message.type !== "text_chunk") return null;
    const { message_uuid, delta, replace } = message;
    const text = (replace ? "" : (this.#texts.get(message_uuid) ?? "")) + delta;
    this.#texts.set(message_uuid, text);
    return text;
  }
}
