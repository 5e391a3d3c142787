package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where what arrives meets the threads that read it: the locks of a conversation, and reading step
 * by step.
 */
final class MessageReader {
  /**
   * One step of reading.
   *
   * @param message the message; null says that the conversation is over
   */
  record Step(@Nullable ServerMessage message) {}

  /** Where messages come from. */
  interface Source {
    /**
     * Takes a step. Called by one thread at a time, without the lock.
     *
     * @return null when there is nothing to take yet
     */
    @Nullable Step step();

    /** Returns whether there may be something to take. Whoever calls it holds the lock. */
    boolean hasNews();
  }

  /** More than any program runs, and few enough nanoseconds to count with. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  /** Held by whoever reads, from taking a frame until the state is as of its message. */
  private final ReentrantLock reading = new ReentrantLock();

  /** Guards what the source has. Never held for long. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition news = lock.newCondition();
  private final Source source;
  private final MessagePublisher publisher;

  /**
   * Makes one.
   *
   * @param source where messages come from
   * @param executor calls subscribers
   */
  MessageReader(Source source, Executor executor) {
    this.source = source;
    publisher = new MessagePublisher(this::poll, executor);
  }

  /** Returns what delivers messages to a subscriber. */
  MessagePublisher publisher() {
    return publisher;
  }

  /** Wakes whoever reads: there is something to take. Called without the lock. */
  void wake() {
    lock.lock();
    try {
      news.signalAll();
    } finally {
      lock.unlock();
    }
    publisher.wake();
  }

  /** Does something that no other thread may disturb. */
  <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the next message.
   *
   * @param timeout how long; null for ever
   * @return empty when the conversation is over
   */
  Optional<ServerMessage> read(@Nullable Duration timeout) throws TimeoutException {
    long nanos =
        timeout == null || timeout.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : timeout.toNanos();
    long deadline = System.nanoTime() + nanos;
    try {
      if (timeout == null) {
        reading.lockInterruptibly();
      } else if (!reading.tryLock(nanos, TimeUnit.NANOSECONDS)) {
        throw late(); // Another thread waits for the same messages.
      }
      try {
        Step step = source.step();
        while (step == null) {
          if (!awaitNews(timeout == null ? Long.MAX_VALUE : deadline - System.nanoTime())) {
            throw late();
          }
          step = source.step();
        }
        return Optional.ofNullable(step.message());
      } finally {
        reading.unlock();
        publisher.wake(); // It may have looked while this thread was reading.
      }
    } catch (InterruptedException error) {
      throw interrupted();
    }
  }

  /** Takes a step without waiting; null when there is nothing to take yet. */
  private @Nullable Step poll() {
    if (!reading.tryLock()) {
      return null;
    }
    try {
      return source.step();
    } finally {
      reading.unlock();
    }
  }

  private boolean awaitNews(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long rest = nanos;
      while (!source.hasNews()) {
        if (rest <= 0) {
          return false;
        }
        rest = news.awaitNanos(rest);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private static TimeoutException late() {
    return new TimeoutException("no message came in time");
  }

  static CancellationException interrupted() {
    Thread.currentThread().interrupt();
    return new CancellationException("the thread was interrupted while it waited");
  }
}
