package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.SessionProtocol.Next;
import io.github.fastagencyprotocol.sdk.messages.SessionReady;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of a session, one after the other. It has no thread of its own: it is called by the
 * JDK's threads when something arrives or a time is over, and returns at once.
 */
final class SessionSockets {
  private final Settings settings;
  private final SocketOpener opener;
  private final MessageReader reader;

  /** Held from asking the protocol for frames until the socket has them in their order. */
  private final ReentrantLock sending = new ReentrantLock();

  // Guarded by the reader's lock.
  private final SessionProtocol protocol;
  private final Inbox<Arrival> inbox;
  private final ConnectionObservers observers;

  /** The socket that the protocol knows of; null while there is none. */
  private @Nullable ConversationSocket current;

  /** The one time that is waited for: the next attempt, or the end of a silence. */
  private @Nullable CompletableFuture<@Nullable Void> timer;

  private boolean left;
  private boolean over;

  /**
   * Makes one without a socket.
   *
   * @param protocol the conversation
   * @param reader has the lock, and wakes who reads
   * @param inbox where what arrives is put
   * @param observers who is shown the connection
   * @param settings the client's
   * @param opener opens further sockets
   */
  SessionSockets(
      SessionProtocol protocol,
      MessageReader reader,
      Inbox<Arrival> inbox,
      ConnectionObservers observers,
      Settings settings,
      SocketOpener opener) {
    this.protocol = protocol;
    this.reader = reader;
    this.inbox = inbox;
    this.observers = observers;
    this.settings = settings;
    this.opener = opener;
  }

  /** Returns what receives from a socket that has opened. */
  ConversationSocket.Receiver receiver(ConversationSocket opened) {
    return new Arrivals(opened);
  }

  /** Returns whether the server has taken the dialect on a socket (spec FA-NEG-4). */
  static boolean isTaken(ConversationSocket opened) {
    return opened.subprotocol().equals(SessionProtocol.SUBPROTOCOL);
  }

  // --- for whoever holds the lock

  /** Returns the socket that there is; null while there is none. */
  @Nullable ConversationSocket current() {
    return current;
  }

  /** Returns whether nothing will arrive any more. */
  boolean isOver() {
    return over;
  }

  /** Returns whether this side has left. */
  boolean isLeft() {
    return left;
  }

  /** Leaves for good, and returns the socket that is still to be closed; null for none. */
  @Nullable ConversationSocket leave() {
    ConversationSocket last = current;
    left = true;
    current = null;
    stopTimer();
    return last;
  }

  private void follow(Next next) {
    stopTimer();
    next.rest().forEach(inbox::put);
    Duration delay = next.delay();
    if (delay == null) {
      over = true;
    } else {
      after(delay.toNanos(), settings.executor(), this::reconnect);
    }
    show();
  }

  /** Begins to wait for the end of a silence that is too long (spec FA-LIV-1). */
  private void watch(ConversationSocket socket) {
    long rest = protocol.deadline() - now();
    after(Math.max(rest, 0), Runnable::run, () -> endSilence(socket));
  }

  /** After the last message the server closes. One that does not is not waited for very long. */
  private void watchLast(ConversationSocket socket) {
    after(settings.closeTimeout().toNanos(), Runnable::run, socket::cut);
  }

  private void after(long nanos, Executor where, Runnable action) {
    stopTimer();
    CompletableFuture<@Nullable Void> waiting =
        new CompletableFuture<@Nullable Void>()
            .completeOnTimeout(null, nanos, TimeUnit.NANOSECONDS);
    timer = waiting;
    waiting
        .thenRunAsync(action, where)
        .whenComplete(
            (done, error) -> {
              if (error != null && !waiting.isCancelled()) {
                failed(error);
              }
            });
  }

  private void stopTimer() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  private void show() {
    observers.show(protocol.connection());
  }

  // --- what happens without the lock

  private void endSilence(ConversationSocket socket) {
    boolean silent =
        reader.locked(
            () -> {
              if (current != socket) {
                return false;
              }
              if (inbox.isFull()) {
                protocol.listening(now()); // Nothing is read, so silence proves nothing.
              }
              if (protocol.deadline() - now() > 0) {
                watch(socket);
                return false;
              }
              return true;
            });
    if (silent) {
      socket.cut();
    }
  }

  private void reconnect() {
    if (reader.locked(() -> left)) {
      return; // Just now.
    }
    ConversationSocket next =
        new ConversationSocket(
            opened -> isTaken(opened) ? receiver(opened) : ConversationSocket.Receiver.NONE,
            settings);
    opener
        .open(next, SessionProtocol.SUBPROTOCOL)
        .handle((opened, error) -> settle(next, opened, error))
        .exceptionally(this::failed);
  }

  private @Nullable Void settle(
      ConversationSocket next, @Nullable WebSocket opened, @Nullable Throwable error) {
    if (opened != null && isTaken(next)) {
      return null; // What receives from it has begun already.
    }
    if (opened != null) {
      next.cut();
    }
    FastAgencyException why =
        error instanceof CompletionException wrapped
            ? (FastAgencyException) wrapped.getCause()
            : opener.notTaken();
    locked(
        () -> {
          if (!left) {
            follow(protocol.notOpened(why, now()));
          }
        });
    reader.wake();
    return null;
  }

  /**
   * Ends the conversation because code of the user failed: what returns the headers, what decides
   * whether to retry, or the executor. The exception is theirs to see.
   */
  private @Nullable Void failed(Throwable error) {
    Throwable cause = error instanceof CompletionException ? error.getCause() : error;
    RuntimeException why =
        cause instanceof RuntimeException theirs ? theirs : new IllegalStateException(cause);
    try {
      locked(
          () -> {
            if (!left && !over) {
              follow(protocol.giveUp(() -> why));
            }
          });
    } finally {
      reader.wake(); // Also where the executor does not take what observers are told.
    }
    return null;
  }

  /**
   * Sends what is to be sent now. What cannot be is sent again after the resume (spec FA-ANS-1).
   */
  void flush() {
    sending.lock();
    try {
      List<String> frames = new ArrayList<>();
      ConversationSocket socket =
          reader.locked(
              () -> {
                frames.addAll(protocol.outgoing()); // None while there is no socket.
                return current;
              });
      if (socket != null) {
        frames.forEach(socket::queue);
      }
    } finally {
      sending.unlock();
    }
  }

  private void locked(Runnable action) {
    reader.locked(
        () -> {
          action.run();
          return action;
        });
  }

  private static long now() {
    return System.nanoTime();
  }

  /** What a socket brings. Once another one is current, or none, it is of no interest. */
  private final class Arrivals implements ConversationSocket.Receiver {
    private final ConversationSocket socket;
    private volatile @Nullable String first;

    Arrivals(ConversationSocket socket) {
      this.socket = socket;
    }

    @Override
    public void opened() {
      locked(
          () -> {
            if (!left) {
              current = socket;
              first = protocol.firstFrame(now());
              watch(socket);
            }
          });
    }

    @Override
    public void begin() {
      if (first == null) {
        socket.cut(); // It was left while this opened.
      } else {
        socket.queue(first);
      }
    }

    @Override
    public boolean text(String text) {
      return take(Arrival.of(text));
    }

    @Override
    public boolean binary(byte[] data) {
      return take(Arrival.of(data));
    }

    private boolean take(Arrival arrival) {
      boolean room = reader.locked(() -> put(arrival));
      if (reader.locked(() -> current == socket && protocol.broken())) {
        socket.cut();
        return true;
      }
      flush();
      reader.wake();
      return room;
    }

    private boolean put(Arrival arrival) {
      if (current != socket) {
        return true;
      }
      boolean before = protocol.isCompleted();
      protocol.receive(arrival, now()).forEach(inbox::put);
      if (protocol.isCompleted() && !before) {
        watchLast(socket);
      } else if (arrival.message() instanceof SessionReady) {
        watch(socket); // It says how much silence is too much.
      }
      show();
      return !inbox.isFull();
    }

    @Override
    public void ended(End how) {
      try {
        locked(
            () -> {
              if (current == socket) {
                current = null;
                follow(protocol.disconnected(how, now()));
              }
            });
      } catch (RuntimeException error) {
        failed(error);
      }
      reader.wake();
    }
  }
}
