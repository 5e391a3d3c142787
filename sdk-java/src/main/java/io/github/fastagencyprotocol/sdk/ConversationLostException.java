package io.github.fastagencyprotocol.sdk;

/**
 * The connection ended before the workflow. The client never runs it again by itself (spec
 * FA-NEG-3).
 */
public final class ConversationLostException extends ConversationException {
  private static final long serialVersionUID = 1L;

  ConversationLostException(String message, int code, String reason) {
    super(message, code, reason);
  }
}
