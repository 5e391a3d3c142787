package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.MessageReader.Step;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A conversation's messages as a {@link Flow.Publisher} for one subscriber at a time. */
final class MessagePublisher implements Flow.Publisher<ServerMessage> {
  private final Supplier<@Nullable Step> source;
  private final Executor executor;
  private final AtomicReference<@Nullable Subscription> current = new AtomicReference<>();

  /**
   * Makes one without a subscriber.
   *
   * @param source takes one step of reading; returns null when there is nothing yet
   * @param executor calls the subscriber
   */
  MessagePublisher(Supplier<@Nullable Step> source, Executor executor) {
    this.source = source;
    this.executor = executor;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super ServerMessage> subscriber) {
    Objects.requireNonNull(subscriber, "subscriber");
    Subscription subscription = new Subscription(subscriber);
    if (current.compareAndSet(null, subscription)) {
      subscriber.onSubscribe(subscription);
      return;
    }
    subscriber.onSubscribe(subscription.refused());
    subscriber.onError(new IllegalStateException("the conversation has a subscriber already"));
  }

  /** Says that there may be something to read. */
  void wake() {
    Subscription subscription = current.get();
    if (subscription != null) {
      subscription.schedule();
    }
  }

  private final class Subscription implements Flow.Subscription {
    private final Flow.Subscriber<? super ServerMessage> subscriber;
    private final AtomicLong demand = new AtomicLong();

    /** Counts the reasons to look again. Whoever makes it 1 runs the loop, alone. */
    private final AtomicInteger reasons = new AtomicInteger();

    private volatile boolean over;
    private volatile @Nullable Throwable fault;

    Subscription(Flow.Subscriber<? super ServerMessage> subscriber) {
      this.subscriber = subscriber;
    }

    Subscription refused() {
      over = true;
      return this;
    }

    @Override
    public void request(long count) {
      if (count <= 0) {
        fault = new IllegalArgumentException("only a positive number can be requested");
      } else {
        demand.accumulateAndGet(
            count, (before, more) -> before + more < 0 ? Long.MAX_VALUE : before + more);
      }
      schedule();
    }

    @Override
    public void cancel() {
      end();
    }

    void schedule() {
      if (!over && reasons.getAndIncrement() == 0) {
        executor.execute(this::run);
      }
    }

    private void run() {
      int seen = reasons.get();
      do {
        deliver();
        seen = reasons.addAndGet(-seen);
      } while (seen > 0);
    }

    private void deliver() {
      try {
        while (!over) {
          Throwable wrong = fault;
          if (wrong != null) {
            end();
            subscriber.onError(wrong);
            return;
          }
          if (demand.get() == 0) {
            return;
          }
          Step step;
          try {
            step = source.get();
          } catch (RuntimeException error) {
            end();
            subscriber.onError(error);
            return;
          }
          if (step == null) {
            return;
          }
          ServerMessage message = step.message();
          if (message == null) {
            end();
            subscriber.onComplete();
            return;
          }
          demand.updateAndGet(before -> before == Long.MAX_VALUE ? before : before - 1);
          subscriber.onNext(message);
        }
      } catch (FastAgencyException error) {
        end();
        subscriber.onError(error);
      }
    }

    private void end() {
      over = true;
      current.compareAndSet(this, null);
    }
  }
}
