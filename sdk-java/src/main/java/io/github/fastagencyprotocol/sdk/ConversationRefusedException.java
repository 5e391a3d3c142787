package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.CloseCode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The server closed with a code that says what was wrong (spec FA-CLS). */
public final class ConversationRefusedException extends ConversationException {
  private static final long serialVersionUID = 1L;

  /** What the last error message said. */
  private final @Nullable String detail;

  ConversationRefusedException(String message, int code, String reason, @Nullable String detail) {
    super(message, code, reason);
    this.detail = detail;
  }

  /**
   * Returns the text of the last {@code error} message before the close.
   *
   * @return empty when there was none
   */
  public Optional<String> detail() {
    return Optional.ofNullable(detail);
  }

  /**
   * Returns whether the same conversation may be tried again later, for example on a server that
   * was full. The spec's table says so for the codes that it knows, the range for the others (spec
   * FA-CLS: 41xx).
   *
   * @return whether it makes sense to try again
   */
  public boolean mayRetry() {
    return CloseCode.of(code())
        .map(known -> known.action() == CloseCode.Action.RETRY)
        .orElse(code() >= 4100 && code() < 4200);
  }
}
