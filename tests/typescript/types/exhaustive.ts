/** A switch over every type of message compiles, and narrows each; `never` proves that none is left. */

import type { ServerMessage } from "fastagency-sdk";

export function title(message: ServerMessage): string {
  switch (message.type) {
    case "text_message":
      return typeof message.content.body === "string" ? message.content.body : "parts";
    case "suggested_function_call":
      return message.content.call_id ?? Object.keys(message.content.arguments).join();
    case "function_call_execution":
      return JSON.stringify(message.content.retval);
    case "text_input":
      return message.content.password ? "secret" : message.content.suggestions.join();
    case "multiple_choice":
      return message.content.single ? "one" : message.content.choices.join();
    case "system_message":
      return JSON.stringify(message.content.message["heading"]);
    case "keep_alive":
      return message.uuid;
    case "workflow_started":
      return message.content.name ?? "";
    case "workflow_completed":
      return message.content.result ?? "";
    case "error":
      return message.content.short ?? message.content.long ?? "";
    case "session_ready":
      return message.mode;
    case "replay_completed":
      return String(message.through_seq);
    case "text_chunk":
      return message.delta;
    case "answer_accepted":
      return message.answer_id ?? "";
    case "answer_rejected":
      return message.reason;
    case "unknown":
      return message.claimedType + JSON.stringify(message.raw["content"]);
    default:
      return message satisfies never;
  }
}
