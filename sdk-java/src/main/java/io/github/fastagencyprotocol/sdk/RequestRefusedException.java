package io.github.fastagencyprotocol.sdk;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request, or the opening of the WebSocket, was answered with an error status. */
public final class RequestRefusedException extends FastAgencyException {
  private static final long serialVersionUID = 1L;

  /** The HTTP status. */
  private final int status;

  /** What the server said. */
  private final String detail;

  /** How long to wait before the next try. */
  private final @Nullable Duration retryAfter;

  RequestRefusedException(int status, String detail, @Nullable Duration retryAfter) {
    super(status + ": " + detail, null);
    this.status = status;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }

  /**
   * Returns the HTTP status.
   *
   * @return the number
   */
  public int status() {
    return status;
  }

  /**
   * Returns what the server said.
   *
   * @return one sentence
   */
  public String detail() {
    return detail;
  }

  /**
   * Returns how long to wait before the next try.
   *
   * @return empty when the server does not say
   */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
