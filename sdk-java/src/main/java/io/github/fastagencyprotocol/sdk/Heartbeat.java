package io.github.fastagencyprotocol.sdk;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Finds out that a connection is dead: pings, and expects to hear something before the next ping.
 *
 * <p>While nothing is read, because the reader has no room, pongs are not either, so silence proves
 * nothing then. The JDK's own timer thread, which all programs share, does the waiting.
 */
final class Heartbeat {
  private final @Nullable Duration interval;
  private final Runnable ping;
  private final Runnable dead;
  private @Nullable CompletableFuture<@Nullable Void> timer;
  private boolean stopped;
  private boolean reading = true;
  private boolean pinged;

  /**
   * Makes one that does nothing yet.
   *
   * @param interval how long the other side may be silent after a ping; null never pings
   * @param ping sends a ping
   * @param dead takes note that nothing was heard
   */
  Heartbeat(@Nullable Duration interval, Runnable ping, Runnable dead) {
    this.interval = interval;
    this.ping = ping;
    this.dead = dead;
  }

  /** Begins to wait for the first interval. */
  synchronized void start() {
    if (interval != null && !stopped) {
      timer =
          new CompletableFuture<@Nullable Void>()
              .completeOnTimeout(null, interval.toNanos(), TimeUnit.NANOSECONDS);
      timer.thenRun(this::beat);
    }
  }

  /** Takes note that something arrived. */
  synchronized void heard() {
    pinged = false;
  }

  /** Takes note of whether anything that arrives is read at once. */
  synchronized void reading(boolean now) {
    reading = now;
    pinged = false;
  }

  /** Ends it. Nothing is left waiting. */
  synchronized void stop() {
    stopped = true;
    if (timer != null) {
      timer.cancel(false);
    }
  }

  private void beat() {
    boolean silent;
    synchronized (this) {
      if (stopped) {
        return;
      }
      silent = pinged && reading;
      pinged = reading;
    }
    if (silent) {
      dead.run();
      return;
    }
    ping.run();
    start();
  }
}
