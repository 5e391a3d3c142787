package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.MessageReader.Step;
import io.github.fastagencyprotocol.sdk.messages.AnswerAccepted;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.ErrorMessage;
import io.github.fastagencyprotocol.sdk.messages.InitiatedWorkflow;
import io.github.fastagencyprotocol.sdk.messages.Outcome;
import io.github.fastagencyprotocol.sdk.messages.Question;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.WorkflowCompleted;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A conversation of classic: one socket, and with its end the conversation is over. */
final class ClassicDialogue implements Dialogue, MessageReader.Source {
  /** A frame as it arrived. It is decoded by whoever reads it. */
  private sealed interface Frame extends Inbox.Item permits Text, Binary {}

  private record Text(String text) implements Frame {
    @Override
    public int size() {
      return text.length();
    }
  }

  private record Binary(byte[] data) implements Frame {
    @Override
    public int size() {
      return data.length;
    }
  }

  private final ConversationProtocol protocol;
  private final MessageReader reader;
  private final ReentrantLock sending = new ReentrantLock();
  private final Duration closeTimeout;
  private volatile @Nullable ConversationSocket socket;
  private volatile @Nullable String lastFrame;

  // Guarded by the reader's lock, as the protocol is.
  private final Inbox<Frame> inbox;
  private final ConnectionObservers observers;
  private @Nullable End end;
  private @Nullable CompletableFuture<@Nullable Void> lastWait;
  private boolean left;

  /**
   * Makes one that has not begun.
   *
   * @param initiated what {@code initiate_workflow} answered
   * @param settings the client's
   */
  ClassicDialogue(InitiatedWorkflow initiated, Settings settings) {
    protocol = new ConversationProtocol(initiated);
    reader = new MessageReader(this, settings.executor());
    closeTimeout = settings.closeTimeout();
    inbox = new Inbox<>(settings.maxMessageSize());
    observers = new ConnectionObservers(settings.executor());
  }

  /** Returns what receives from the socket, which has opened. */
  ConversationSocket.Receiver receiver(ConversationSocket opened) {
    socket = opened;
    return new Arrivals();
  }

  /** Sends the first frame. The socket is open. */
  void begin() {
    String frame = reader.locked(protocol::start);
    try {
      socket().send(frame);
    } catch (InterruptedException error) {
      close();
      throw MessageReader.interrupted();
    } catch (ExecutionException error) {
      // A server that closed already is no error here: the listener hears of it too, with the code,
      // and reading tells why.
      return;
    }
  }

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
    return reader.locked(protocol::result);
  }

  @Override
  public Optional<Outcome> outcome() {
    return Optional.empty(); // Classic does not say.
  }

  @Override
  public Optional<ErrorMessage> lastError() {
    return reader.locked(protocol::lastError);
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
    return Optional.empty();
  }

  @Override
  public boolean answeredElsewhere(AnswerAccepted accepted) {
    return false;
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

  @Override
  public Optional<String> answer(@Nullable Question question, Reply reply) {
    // One at a time from the question to the socket, so that answers cannot overtake each other.
    sending.lock();
    try {
      String text = reader.locked(() -> protocol.answer(question, reply));
      End over = socket().end();
      if (over != null) {
        throw unsent(over);
      }
      socket().send(text);
      return Optional.empty();
    } catch (ExecutionException error) {
      End over = socket().end();
      throw unsent(over != null ? over : End.BROKEN);
    } catch (InterruptedException error) {
      throw MessageReader.interrupted();
    } finally {
      sending.unlock();
    }
  }

  /** In classic there is no other word for it (spec FA-CLA-6). */
  @Override
  public void cancel(@Nullable String reason) {
    close();
  }

  @Override
  public void close() {
    boolean first = reader.locked(this::leave);
    if (first) {
      socket().close();
      reader.wake();
    }
  }

  @Override
  public @Nullable Step step() {
    Frame frame = take();
    if (frame instanceof Binary binary) {
      throw protocol.receiveBinary(binary.data());
    }
    if (frame instanceof Text text) {
      lastFrame = text.text();
      // Without the lock, which what arrives must never wait for very long.
      ServerMessage message = MessageCodec.decode(text.text());
      return reader.locked(
          () -> {
            protocol.receive(message);
            if (message instanceof WorkflowCompleted) {
              startLastWait();
            }
            observers.show(protocol.connection());
            return new Step(message);
          });
    }
    return reader.locked(this::isOver) ? new Step(null) : null;
  }

  @Override
  public boolean hasNews() {
    return left || !inbox.isEmpty() || end != null;
  }

  private @Nullable Frame take() {
    boolean[] room = new boolean[1];
    Frame frame =
        reader.locked(
            () -> {
              Frame oldest = inbox.poll();
              room[0] = inbox.takeRoom();
              return oldest;
            });
    if (room[0]) {
      socket().resume(); // Without the lock: the JDK may call the listener from in there.
    }
    return frame;
  }

  /** Returns whether the conversation is over. Throws why, where that is not as it should be. */
  private boolean isOver() {
    End how = end;
    if (left || how == null) {
      return left;
    }
    if (!inbox.isEmpty()) {
      return false; // It arrived just now, before the end did.
    }
    protocol.disconnected(how);
    observers.show(protocol.connection());
    Optional<ConversationException> ending = protocol.ending();
    if (ending.isPresent()) {
      throw ending.get();
    }
    return true;
  }

  private boolean leave() {
    boolean first = !left;
    left = true;
    protocol.leave();
    inbox.clear();
    stopLastWait();
    observers.show(protocol.connection());
    return first;
  }

  /** After the last message the server closes. One that does not is not waited for very long. */
  private void startLastWait() {
    if (lastWait == null && end == null) {
      lastWait =
          new CompletableFuture<@Nullable Void>()
              .completeOnTimeout(null, closeTimeout.toNanos(), TimeUnit.NANOSECONDS);
      lastWait.thenRun(socket()::cut);
    }
  }

  private void stopLastWait() {
    if (lastWait != null) {
      lastWait.cancel(false);
    }
  }

  private FastAgencyException unsent(End over) {
    return reader.locked(() -> protocol.unsent(over));
  }

  private ConversationSocket socket() {
    ConversationSocket opened = socket;
    if (opened == null) {
      throw new IllegalStateException("the conversation has not begun");
    }
    return opened;
  }

  /** Puts what arrives where readers find it, and wakes them. */
  private final class Arrivals implements ConversationSocket.Receiver {
    @Override
    public boolean text(String text) {
      return put(new Text(text));
    }

    @Override
    public boolean binary(byte[] data) {
      return put(new Binary(data));
    }

    @Override
    public void ended(End how) {
      reader.locked(
          () -> {
            end = how;
            stopLastWait();
            return how;
          });
      reader.wake();
    }

    private boolean put(Frame frame) {
      boolean room = reader.locked(() -> left || inbox.put(frame)); // What comes late is dropped.
      reader.wake();
      return room;
    }
  }
}
