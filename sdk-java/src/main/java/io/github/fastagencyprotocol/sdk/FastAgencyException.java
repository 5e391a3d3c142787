package io.github.fastagencyprotocol.sdk;

import org.jspecify.annotations.Nullable;

/** Every exception that the SDK throws about a server or a conversation. */
public abstract sealed class FastAgencyException extends RuntimeException
    permits ServerUnreachableException,
        RequestRefusedException,
        MalformedMessageException,
        ConversationException,
        NotAskedException {
  private static final long serialVersionUID = 1L;

  FastAgencyException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
