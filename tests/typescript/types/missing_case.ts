/** Must not compile: the switch forgets `keep_alive`. */

import type { ServerMessage } from "fastagency-sdk";

export function title(message: ServerMessage): string {
  switch (message.type) {
    case "text_message":
    case "suggested_function_call":
    case "function_call_execution":
    case "text_input":
    case "multiple_choice":
    case "system_message":
    case "workflow_started":
    case "workflow_completed":
    case "error":
    case "session_ready":
    case "replay_completed":
    case "text_chunk":
    case "answer_accepted":
    case "answer_rejected":
    case "unknown":
      return message.type;
    default:
      return message satisfies never;
  }
}
