package io.github.fastagencyprotocol.sdk;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs tasks one after the other, in their order, on another executor's threads. */
final class SerialExecutor implements Executor {
  private final Executor executor;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();

  SerialExecutor(Executor executor) {
    this.executor = executor;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (waiting.getAndIncrement() == 0) {
      executor.execute(this::runOne);
    }
  }

  private void runOne() {
    try {
      tasks.remove().run();
    } finally {
      // What a task throws is the executor's to report; those after it run all the same.
      if (waiting.decrementAndGet() > 0) {
        executor.execute(this::runOne);
      }
    }
  }
}
