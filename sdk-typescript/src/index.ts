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
  type ResumeOptions,
  type Paths,
} from "./client.js";
export { decode, encode, rawText } from "./codec.js";
export type { ConnectionState } from "./connection.js";
export { Conversation, type ConversationOptions } from "./conversation.js";
export { Cursor } from "./cursor.js";
export * from "./errors.js";
export type { WebSocketConstructor, WebSocketLike } from "./opening.js";
export { ConversationProtocol } from "./protocol.js";
export type { Reconnect } from "./reconnect.js";
export type { Retry } from "./retry.js";
export type { Json, JsonObject } from "./rules.js";
export { SessionProtocol } from "./session.js";
export { TextAssembler } from "./texts.js";
