package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.MessageReader.Step;
import io.github.fastagencyprotocol.sdk.messages.AnswerAccepted;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.ErrorMessage;
import io.github.fastagencyprotocol.sdk.messages.Outcome;
import io.github.fastagencyprotocol.sdk.messages.Question;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A conversation of {@code fastagency.v1}: the shell around a {@link SessionProtocol}, between its
 * {@link SessionSockets} and the user.
 */
final class SessionDialogue implements Dialogue, MessageReader.Source {
  private final MessageReader reader;
  private final SessionSockets sockets;
  private volatile @Nullable String lastFrame;

  // Guarded by the reader's lock.
  private final SessionProtocol protocol;
  private final Inbox<Arrival> inbox;
  private final ConnectionObservers observers;

  /**
   * Makes one without a socket.
   *
   * @param protocol the conversation
   * @param settings the client's
   * @param opener opens further sockets
   */
  SessionDialogue(SessionProtocol protocol, Settings settings, SocketOpener opener) {
    this.protocol = protocol;
    reader = new MessageReader(this, settings.executor());
    inbox = new Inbox<>(settings.maxMessageSize());
    observers = new ConnectionObservers(settings.executor());
    sockets = new SessionSockets(protocol, reader, inbox, observers, settings, opener);
  }

  /** Returns what receives from a socket that has opened. */
  ConversationSocket.Receiver receiver(ConversationSocket opened) {
    return sockets.receiver(opened);
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
    reader.locked(
        () -> {
          observers.add(observer, protocol.connection());
          return observer;
        });
  }

  // --- what a user does

  @Override
  public Optional<String> answer(@Nullable Question question, Reply reply) {
    String id = reader.locked(() -> protocol.answer(question, reply));
    sockets.flush();
    return Optional.of(id);
  }

  @Override
  public void cancel(@Nullable String reason) {
    reader.locked(
        () -> {
          protocol.cancel(reason);
          return protocol;
        });
    sockets.flush();
  }

  @Override
  public void close() {
    ConversationSocket socket =
        reader.locked(
            () -> {
              protocol.leave();
              inbox.clear();
              show();
              return sockets.leave();
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
    return sockets.isLeft() || sockets.isOver() || !inbox.isEmpty();
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
      protocol.listening(System.nanoTime());
    }
    return new Taken(arrival, room ? sockets.current() : null);
  }

  /** Returns the step after the last message; null when that has not come. */
  private @Nullable Step end() {
    if (sockets.isLeft()) {
      return new Step(null);
    }
    if (!sockets.isOver() || !inbox.isEmpty()) {
      return null;
    }
    Optional<RuntimeException> ending = protocol.deliverEnd();
    if (ending.isPresent()) {
      throw ending.get();
    }
    return new Step(null);
  }

  private void show() {
    observers.show(protocol.connection());
  }
}
