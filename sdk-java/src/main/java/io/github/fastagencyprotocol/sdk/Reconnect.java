package io.github.fastagencyprotocol.sdk;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleSupplier;

/**
 * How a conversation of {@code fastagency.v1} comes back after its connection ended (spec FA-LIV-2,
 * FA-CLS).
 *
 * <p>The wait before attempt n is drawn between nothing and {@code firstDelay} times 2 to the power
 * of n - 1, where n counts the attempts since something arrived. Nothing is tried any more once the
 * conversation must be gone: when the server's own time for that has passed since the last session,
 * or {@code patience} where there was none yet.
 *
 * @param firstDelay bounds the first wait
 * @param longestDelay bounds each wait
 * @param patience how long it is tried to have a session at all
 * @param shouldRetry overrides what a close code says
 */
public record Reconnect(
    Duration firstDelay, Duration longestDelay, Duration patience, ShouldRetry shouldRetry) {
  /** Waits of up to half a second, doubled up to 30 seconds; a patience of 30 seconds. */
  public static final Reconnect DEFAULT =
      new Reconnect(
          Duration.ofMillis(500),
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          (code, reason, attempt) -> Verdict.AS_THE_CODE_SAYS);

  private static final Set<Integer> BACK_OFF = Set.of(1001, End.NO_CLOSE_FRAME, 1011, 1012);

  // No number of attempts makes the power overflow.
  private static final int MOST_DOUBLINGS = 60;

  /** What to do after a connection ended. */
  public enum Verdict {
    /** Try again. */
    YES,
    /** Give up. */
    NO,
    /** What the close code says (spec FA-CLS). */
    AS_THE_CODE_SAYS
  }

  /**
   * Says whether to try again. It is called while the conversation stands still, so it must not
   * block. What it throws is thrown to whoever reads the conversation, which it ends.
   */
  @FunctionalInterface
  public interface ShouldRetry {
    /**
     * Decides after a connection ended.
     *
     * @param code the close code; 1006 for a connection that broke, or could not be opened
     * @param reason the close frame's reason; empty when there is none
     * @param attempt the number of the attempt that would follow, from 1
     * @return what to do
     */
    Verdict decide(int code, String reason, int attempt);
  }

  /**
   * Checks that no time is negative.
   *
   * @param firstDelay bounds the first wait
   * @param longestDelay bounds each wait
   * @param patience how long it is tried to have a session at all
   * @param shouldRetry overrides what a close code says
   */
  public Reconnect {
    if (firstDelay.isNegative() || longestDelay.isNegative() || patience.isNegative()) {
      throw new IllegalArgumentException("delays cannot be negative");
    }
    Objects.requireNonNull(shouldRetry, "shouldRetry");
  }

  /**
   * Returns the same with other bounds of the waits.
   *
   * @param first bounds the first wait
   * @param longest bounds each wait
   * @return a new one
   */
  public Reconnect withDelays(Duration first, Duration longest) {
    return new Reconnect(first, longest, patience, shouldRetry);
  }

  /**
   * Returns the same with another patience.
   *
   * @param time how long it is tried to have a session at all
   * @return a new one
   */
  public Reconnect withPatience(Duration time) {
    return new Reconnect(firstDelay, longestDelay, time, shouldRetry);
  }

  /**
   * Returns the same with another override of what close codes say.
   *
   * @param override says whether to try again
   * @return a new one
   */
  public Reconnect withShouldRetry(ShouldRetry override) {
    return new Reconnect(firstDelay, longestDelay, patience, override);
  }

  /**
   * Returns how long to wait before an attempt.
   *
   * @param end how the last connection ended
   * @param attempt the number of the attempt, from 1
   * @param draw returns a number from 0 up to 1
   * @return empty to give up
   */
  Optional<Duration> delay(End end, int attempt, DoubleSupplier draw) {
    int code = end.code();
    boolean wanted =
        switch (shouldRetry.decide(code, end.reason(), attempt)) {
          case YES -> true;
          case NO -> false;
          case AS_THE_CODE_SAYS -> comesBackAfter(end);
        };
    if (!wanted) {
      return Optional.empty();
    }
    if (attempt == 1 && code >= 4200 && code < 4300) {
      return Optional.of(Duration.ZERO); // At once: the server asked for it.
    }
    double bound =
        Math.min(
            longestDelay.toNanos(),
            firstDelay.toNanos() * Math.pow(2, Math.min(attempt - 1, MOST_DOUBLINGS)));
    return Optional.of(Duration.ofNanos((long) (draw.getAsDouble() * bound)));
  }

  private static boolean comesBackAfter(End end) {
    boolean asked = !end.byClient() && end.code() >= 4100 && end.code() < 4300;
    return asked || BACK_OFF.contains(end.code());
  }
}
