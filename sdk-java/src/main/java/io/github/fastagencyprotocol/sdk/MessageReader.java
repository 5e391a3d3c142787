package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.ConversationProtocol.End;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.WorkflowCompleted;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where what arrives on a socket meets the threads that read it: the locks of a conversation, its
 * inbox, and reading step by step.
 */
final class MessageReader {
  /** More than any program runs, and few enough nanoseconds to count with. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  /** Held by whoever reads, from taking a frame until the state is as of its message. */
  private final ReentrantLock reading = new ReentrantLock();

  /** Guards the protocol, the inbox and the rest. Never held for long. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition arrived = lock.newCondition();
  private final Inbox inbox;
  private final ConversationProtocol protocol;
  private final ConversationSocket socket;
  private final MessagePublisher publisher;
  private final Duration closeTimeout;
  private @Nullable CompletableFuture<@Nullable Void> lastWait;
  private volatile @Nullable String lastFrame;
  private boolean left;

  MessageReader(ConversationProtocol protocol, Settings settings) {
    this.protocol = protocol;
    closeTimeout = settings.closeTimeout();
    inbox = new Inbox(settings.maxMessageSize());
    socket = new ConversationSocket(new Arrivals(), settings);
    publisher = new MessagePublisher(this::poll, settings.executor());
  }

  /** Returns what listens to the WebSocket. */
  ConversationSocket socket() {
    return socket;
  }

  /** Returns what delivers messages to a subscriber. */
  MessagePublisher publisher() {
    return publisher;
  }

  /** Returns the text of the frame that was read last; null when none was. */
  @Nullable String lastFrame() {
    return lastFrame;
  }

  /** Notes that this side leaves: reading ends. Returns whether it is the first time. */
  boolean leave() {
    return locked(
        () -> {
          boolean before = left;
          left = true;
          protocol.leave();
          inbox.clear();
          stopLastWait();
          arrived.signalAll();
          return !before;
        });
  }

  /** Does something with the protocol that no other thread may disturb. */
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
        Step step = step();
        while (step == null) {
          if (!awaitArrival(timeout == null ? Long.MAX_VALUE : deadline - System.nanoTime())) {
            throw late();
          }
          step = step();
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
      return step();
    } finally {
      reading.unlock();
    }
  }

  private boolean awaitArrival(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long rest = nanos;
      while (!left && inbox.isEmpty() && inbox.end() == null) {
        if (rest <= 0) {
          return false;
        }
        rest = arrived.awaitNanos(rest);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private static TimeoutException late() {
    return new TimeoutException("no message came in time");
  }

  /**
   * One step of reading.
   *
   * @param message the message; null says that the conversation is over
   */
  record Step(@Nullable ServerMessage message) {}

  /** Whoever calls it holds {@link #reading}. Returns null when there is nothing to take yet. */
  private @Nullable Step step() {
    Inbox.Frame frame = take();
    if (frame instanceof Inbox.Binary binary) {
      throw protocol.receiveBinary(binary.data());
    }
    if (frame instanceof Inbox.Text text) {
      lastFrame = text.text();
      // Without the lock, which what arrives must never wait for very long.
      ServerMessage message = MessageCodec.decode(text.text());
      return locked(
          () -> {
            protocol.receive(message);
            if (message instanceof WorkflowCompleted) {
              startLastWait();
            }
            return new Step(message);
          });
    }
    return locked(this::ended) ? new Step(null) : null;
  }

  private Inbox.@Nullable Frame take() {
    boolean room;
    Inbox.Frame frame;
    lock.lock();
    try {
      frame = inbox.poll();
      room = inbox.takeRoom();
    } finally {
      lock.unlock();
    }
    if (room) {
      socket.resume(); // Without the lock: the JDK may call the listener from in there.
    }
    return frame;
  }

  /** Returns whether the conversation is over. Throws why, where that is not as it should be. */
  private boolean ended() {
    End end = inbox.end();
    if (left || end == null) {
      return left;
    }
    if (!inbox.isEmpty()) {
      return false; // It arrived just now, before the end did.
    }
    protocol.disconnected(end);
    Optional<ConversationException> ending = protocol.ending();
    if (ending.isPresent()) {
      throw ending.get();
    }
    return true;
  }

  /** After the last message the server closes. One that does not is not waited for very long. */
  private void startLastWait() {
    if (lastWait == null && inbox.end() == null) {
      lastWait =
          new CompletableFuture<@Nullable Void>()
              .completeOnTimeout(null, closeTimeout.toNanos(), TimeUnit.NANOSECONDS);
      lastWait.thenRun(socket::cut);
    }
  }

  private void stopLastWait() {
    if (lastWait != null) {
      lastWait.cancel(false);
    }
  }

  static CancellationException interrupted() {
    Thread.currentThread().interrupt();
    return new CancellationException("the thread was interrupted while it waited");
  }

  /** Puts what arrives where readers find it, and wakes them. */
  private final class Arrivals implements ConversationSocket.Receiver {
    @Override
    public boolean text(String text) {
      return put(new Inbox.Text(text));
    }

    @Override
    public boolean binary(byte[] data) {
      return put(new Inbox.Binary(data));
    }

    @Override
    public void ended(End end) {
      locked(
          () -> {
            inbox.end(end);
            stopLastWait();
            arrived.signalAll();
            return end;
          });
      publisher.wake();
    }

    private boolean put(Inbox.Frame frame) {
      boolean room =
          locked(
              () -> {
                if (left) {
                  return true; // It is thrown away.
                }
                boolean more = inbox.put(frame);
                arrived.signal();
                return more;
              });
      publisher.wake();
      return room;
    }
  }
}
