package io.github.fastagencyprotocol.sdk;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who wants to know of the connection's state. Each is told of every change, in order, on the
 * client's executor. Whoever uses it holds the conversation's lock.
 */
final class ConnectionObservers {
  private final List<Consumer<? super ConnectionState>> observers = new ArrayList<>();
  private final Executor executor;
  private @Nullable ConnectionState shown;

  ConnectionObservers(Executor executor) {
    this.executor = new SerialExecutor(executor);
  }

  /** Adds one, and tells it the state as it is. */
  void add(Consumer<? super ConnectionState> observer, ConnectionState now) {
    show(now);
    observers.add(observer);
    executor.execute(() -> observer.accept(now));
  }

  /** Tells all of the state, if it has changed. */
  void show(ConnectionState now) {
    if (now != shown) {
      shown = now;
      observers.forEach(observer -> executor.execute(() -> observer.accept(now)));
    }
  }
}
