package io.github.fastagencyprotocol.sdk;

import org.jspecify.annotations.Nullable;

/** There is no connection to the server, or it broke before there was a conversation. */
public final class ServerUnreachableException extends FastAgencyException {
  private static final long serialVersionUID = 1L;

  ServerUnreachableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
