package io.github.fastagencyprotocol.sdk;

import java.time.Duration;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/** When the next connection of a session is tried, and until when (spec FA-LIV-2). */
final class Comeback {
  private final Reconnect reconnect;
  private final DoubleSupplier draw;
  private int attempt;
  private long goneSince;
  private long detached;

  /**
   * Makes one before the first session.
   *
   * @param reconnect what the user wants
   * @param draw returns a number from 0 up to 1
   * @param now the time, in nanoseconds
   */
  Comeback(Reconnect reconnect, DoubleSupplier draw, long now) {
    this.reconnect = reconnect;
    this.draw = draw;
    goneSince = now;
    detached = reconnect.patience().toNanos();
  }

  /** Notes how many nanoseconds the conversation waits without a session (spec FA-CAN-2). */
  void detachedAfter(long nanos) {
    detached = nanos;
  }

  /** Notes that there is a session, or was one until now. */
  void here(long now) {
    goneSince = now;
  }

  /** Notes that something of the conversation arrived. */
  void progress() {
    attempt = 0;
  }

  /** Returns how long to wait after a connection ended; empty to give up. */
  Optional<Duration> delay(End end, long now) {
    attempt++;
    return reconnect
        .delay(end, attempt, draw)
        .filter(delay -> now - goneSince + delay.toNanos() <= detached);
  }
}
