package io.github.fastagencyprotocol.sdk;

import java.time.Duration;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * How often, and after how long, discovery is tried again when the server cannot be reached or is
 * full. Nothing that announces or starts a workflow ever is (spec FA-NEG-3).
 *
 * <p>The wait before try n + 1 is drawn between nothing and {@code firstDelay} times 2 to the power
 * of n - 1, so that many clients do not come back at once.
 *
 * @param attempts how often to try, the first time included: 1 never repeats
 * @param firstDelay bounds the first wait
 * @param longestDelay bounds each wait; a server that asks for more than that is not waited for
 */
public record Retry(int attempts, Duration firstDelay, Duration longestDelay) {
  /** Four attempts, with waits of up to a quarter of a second, half a second and a second. */
  public static final Retry DEFAULT = new Retry(4, Duration.ofMillis(250), Duration.ofSeconds(5));

  /** Never tries again. */
  public static final Retry NEVER = new Retry(1, Duration.ZERO, Duration.ZERO);

  private static final int OVERLOADED = 503;

  // No number of tries makes the power overflow.
  private static final int MOST_DOUBLINGS = 60;

  /**
   * Checks that there is an attempt, and that no delay is negative.
   *
   * @param attempts how often to try, the first time included
   * @param firstDelay bounds the first wait
   * @param longestDelay bounds each wait
   */
  public Retry {
    if (attempts < 1 || firstDelay.isNegative() || longestDelay.isNegative()) {
      throw new IllegalArgumentException(
          "attempts must be at least 1, and delays cannot be negative");
    }
  }

  /**
   * Returns how long to wait before the next try.
   *
   * @param tried how often it was tried
   * @param error what the last try failed with
   * @param draw returns a number from 0 up to 1
   * @return empty to give up
   */
  Optional<Duration> delay(int tried, FastAgencyException error, DoubleSupplier draw) {
    if (tried >= attempts) {
      return Optional.empty();
    }
    if (error instanceof ServerUnreachableException) {
      return Optional.of(backoff(tried, draw));
    }
    if (error instanceof RequestRefusedException refused && refused.status() == OVERLOADED) {
      Duration asked = refused.retryAfter().orElseGet(() -> backoff(tried, draw));
      return asked.compareTo(longestDelay) <= 0 ? Optional.of(asked) : Optional.empty();
    }
    return Optional.empty();
  }

  private Duration backoff(int tried, DoubleSupplier draw) {
    double first = firstDelay.toNanos();
    double bound =
        Math.min(longestDelay.toNanos(), first * Math.pow(2, Math.min(tried - 1, MOST_DOUBLINGS)));
    return Duration.ofNanos((long) (draw.getAsDouble() * bound));
  }
}
