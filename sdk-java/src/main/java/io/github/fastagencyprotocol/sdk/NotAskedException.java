package io.github.fastagencyprotocol.sdk;

/** An answer while nothing is asked, or one that the question does not allow. */
public final class NotAskedException extends FastAgencyException {
  private static final long serialVersionUID = 1L;

  NotAskedException(String message) {
    super(message, null);
  }
}
