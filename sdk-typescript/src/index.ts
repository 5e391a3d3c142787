/** What applications import. */

export type * from "./_generated/messages.js";
export type { Error as ErrorMessage } from "./_generated/messages.js";
export type * from "./_generated/rest.js";
export * from "./_generated/tables.js";
export {
  Client,
  type CallOptions,
  type ClientOptions,
  type RequestHeaders,
  type Paths,
} from "./client.js";
export { decode, encode, rawText } from "./codec.js";
export { Conversation, type WebSocketConstructor, type WebSocketLike } from "./conversation.js";
export * from "./errors.js";
export { ConversationProtocol } from "./protocol.js";
export type { Retry } from "./retry.js";
export type { Json, JsonObject } from "./rules.js";
