package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.MessageReader.Step;
import io.github.fastagencyprotocol.sdk.SessionProtocol.Next;
import io.github.fastagencyprotocol.sdk.messages.AnswerAccepted;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.ErrorMessage;
import io.github.fastagencyprotocol.sdk.messages.Outcome;
import io.github.fastagencyprotocol.sdk.messages.Question;
import io.github.fastagencyprotocol.sdk.messages.SessionReady;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A conversation of {@code fastagency.v1}: the shell around a {@link SessionProtocol}, which holds
 * one socket after the other. It has no thread of its own: it is called by the JDK's threads when
 * something arrives or a time is over, and returns at once.
 */
final class SessionDialogue implements Dialogue, MessageReader.Source {
  private final Settings settings;
  private final SocketOpener opener;
  private final Executor executor;
  private final MessageReader reader;
  private volatile @Nullable String lastFrame;

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
   * @param settings the client's
   * @param opener opens further sockets
   */
  SessionDialogue(SessionProtocol protocol, Settings settings, SocketOpener opener) {
    this.protocol = protocol;
    this.settings = settings;
    this.opener = opener;
    executor = settings.executor();
    reader = new MessageReader(this, executor);
    inbox = new Inbox<>(settings.maxMessageSize());
    observers = new ConnectionObservers(executor);
  }

  /** Returns what receives from a socket that has opened. */
  ConversationSocket.Receiver receiver(ConversationSocket opened) {
    return new Arrivals(opened);
  }

  // --- what a user asks

  @Override
  public String workflowUuid() {
    return protocol.workflowUuid();
  }

  @Override
  public ConversationState state() {
    return reader.locked(protocol::state);
  }

  @Override
  public Optional<Question> question() {
    return reader.locked(protocol::question);
  }

  @Override
  public boolean isOpen(Question question) {
    return reader.locked(() -> protocol.isOpen(question));
  }

  @Override
  public Optional<String> result() {
    return reader.locked(() -> protocol.view().result());
  }

  @Override
  public Optional<Outcome> outcome() {
    return reader.locked(() -> protocol.view().outcome());
  }

  @Override
  public Optional<ErrorMessage> lastError() {
    return reader.locked(() -> protocol.view().lastError());
  }

  @Override
  public Optional<String> lastFrame() {
    return Optional.ofNullable(lastFrame);
  }

  @Override
  public ConnectionState connection() {
    return reader.locked(protocol::connection);
  }

  @Override
  public Optional<Cursor> cursor() {
    return reader.locked(protocol::cursor);
  }

  @Override
  public boolean answeredElsewhere(AnswerAccepted accepted) {
    return reader.locked(() -> protocol.answeredElsewhere(accepted));
  }

  @Override
  public MessageReader reader() {
    return reader;
  }

  @Override
  public void observe(Consumer<? super ConnectionState> observer) {
    locked(() -> observers.add(observer, protocol.connection()));
  }

  // --- what a user does

  @Override
  public Optional<String> answer(@Nullable Question question, Reply reply) {
    String id = reader.locked(() -> protocol.answer(question, reply));
    flush();
    return Optional.of(id);
  }

  @Override
  public void cancel(@Nullable String reason) {
    locked(() -> protocol.cancel(reason));
    flush();
  }

  @Override
  public void close() {
    ConversationSocket socket =
        reader.locked(
            () -> {
              ConversationSocket last = current;
              left = true;
              protocol.leave();
              current = null;
              inbox.clear();
              stopTimer();
              show();
              return last;
            });
    if (socket != null) {
      socket.close();
    }
    reader.wake();
  }

  @Override
  public @Nullable Step step() {
    Taken taken = reader.locked(this::take);
    if (taken.paused() != null) {
      taken.paused().resume(); // Without the lock: the JDK may call the listener from in there.
    }
    Arrival arrival = taken.arrival();
    if (arrival == null) {
      return reader.locked(this::end);
    }
    lastFrame = arrival.text();
    if (arrival.message() == null) {
      throw arrival.fault();
    }
    return new Step(arrival.message());
  }

  @Override
  public boolean hasNews() {
    return left || over || !inbox.isEmpty();
  }

  /**
   * What a step has taken.
   *
   * @param arrival null when there was nothing
   * @param paused the socket that may be read from again; null for none
   */
  private record Taken(@Nullable Arrival arrival, @Nullable ConversationSocket paused) {}

  private Taken take() {
    Arrival arrival = inbox.poll();
    if (arrival != null) {
      protocol.delivered(arrival);
      show();
    }
    boolean room = inbox.takeRoom();
    if (room) {
      protocol.listening(now());
    }
    return new Taken(arrival, room ? current : null);
  }

  /** Returns the step after the last message; null when that has not come. */
  private @Nullable Step end() {
    if (left) {
      return new Step(null);
    }
    if (!over || !inbox.isEmpty()) {
      return null;
    }
    Optional<RuntimeException> ending = protocol.deliverEnd();
    if (ending.isPresent()) {
      throw ending.get();
    }
    return new Step(null);
  }

  // --- what comes next. Whoever calls these holds the lock.

  private void follow(Next next) {
    stopTimer();
    next.rest().forEach(inbox::put);
    Duration delay = next.delay();
    if (delay == null) {
      over = true;
    } else {
      after(delay.toNanos(), executor, this::reconnect);
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
    ConversationSocket next =
        new ConversationSocket(
            opened -> isTaken(opened) ? receiver(opened) : ConversationSocket.Receiver.NONE,
            settings);
    opener
        .open(next, SessionProtocol.SUBPROTOCOL)
        .handle((opened, error) -> settle(next, opened, error))
        .exceptionally(this::failed);
  }

  /** Returns whether the server has taken the dialect on a socket (spec FA-NEG-4). */
  static boolean isTaken(ConversationSocket opened) {
    return opened.subprotocol().equals(SessionProtocol.SUBPROTOCOL);
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
    locked(
        () -> {
          if (!left && !over) {
            follow(protocol.giveUp(() -> why));
          }
        });
    reader.wake();
    return null;
  }

  /**
   * Sends what is to be sent now. What cannot be is sent again after the resume (spec FA-ANS-1).
   */
  private void flush() {
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
