package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.ConversationProtocol.End;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.ErrorMessage;
import io.github.fastagencyprotocol.sdk.messages.InitiatedWorkflow;
import io.github.fastagencyprotocol.sdk.messages.Question;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.WorkflowCompleted;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One conversation with one workflow, from {@link FastAgencyClient#start}. Iterate over its
 * messages, or subscribe to them with {@link #publisher}; {@link #answer(String) answer} its
 * questions; {@link #close} it, best with try-with-resources.
 *
 * <p>Reading ends after {@code workflow_completed} and the close. It throws {@link
 * ConversationRefusedException} when the server closed with a code that says what was wrong, {@link
 * ConversationLostException} when the connection ended first, and {@link MalformedMessageException}
 * for a frame that is not what it should be; after that one, reading can go on. A message of an
 * unknown type comes as {@link ServerMessage.Unknown}. Every message goes to one reader only.
 *
 * <p>Any thread may call any method. A thread that is interrupted while it waits gets a {@link
 * CancellationException}, keeps its interrupt status, and loses no message.
 */
public final class Conversation implements Iterable<ServerMessage>, AutoCloseable {
  /** More than any program runs, and few enough nanoseconds to count with. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  /** Held by whoever reads, from taking a frame until the state is as of its message. */
  private final ReentrantLock reading = new ReentrantLock();

  /** Guards the state, the inbox and the rest. Never held for long. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition arrived = lock.newCondition();
  private final Inbox inbox;
  private final ConversationProtocol protocol;
  private final ConversationSocket socket;
  private final MessagePublisher publisher;
  private final Duration closeTimeout;
  private final ReentrantLock sending = new ReentrantLock();
  private @Nullable CompletableFuture<@Nullable Void> lastWait;
  private volatile @Nullable String lastFrame;
  private boolean left;

  Conversation(InitiatedWorkflow initiated, Settings settings) {
    protocol = new ConversationProtocol(initiated);
    inbox = new Inbox(settings.maxMessageSize());
    closeTimeout = settings.closeTimeout();
    socket =
        new ConversationSocket(new Arrivals(), settings.maxMessageSize(), settings.pingInterval());
    publisher = new MessagePublisher(this::poll, settings.executor());
  }

  /** Returns what listens to the WebSocket that is to be opened. */
  ConversationSocket socket() {
    return socket;
  }

  /** Sends the first frame. The socket is open. */
  void begin() {
    String frame = locked(protocol::start);
    try {
      socket.send(frame);
    } catch (InterruptedException error) {
      close();
      throw interrupted();
    } catch (ExecutionException error) {
      // A server that closed already is no error here: the listener hears of it too, with the code,
      // and reading tells why.
      return;
    }
  }

  /**
   * Returns the conversation's id.
   *
   * @return the id, as the server named it
   */
  public String workflowUuid() {
    return protocol.workflowUuid();
  }

  /**
   * Returns where the conversation stands (spec FA-LIF), as of the last message that was read, as
   * far as a client can tell.
   *
   * @return {@code COMPLETED} when {@code workflow_completed} came, which does not say that the
   *     workflow succeeded; {@code FAILED} when the server refused the conversation; {@code
   *     CANCELLED} when the connection ended first, by either side
   */
  public ConversationState state() {
    return locked(protocol::state);
  }

  /**
   * Returns the question that the next answer answers: the oldest that is open.
   *
   * @return empty when nothing is asked
   */
  public Optional<Question> question() {
    return locked(protocol::question);
  }

  /**
   * Returns what the workflow returned.
   *
   * @return empty before its end, and when it returned nothing
   */
  public Optional<String> result() {
    return locked(protocol::result);
  }

  /**
   * Returns the last {@code error} message that was read.
   *
   * @return empty when none was
   */
  public Optional<ErrorMessage> lastError() {
    return locked(protocol::lastError);
  }

  /**
   * Returns the text of the frame that was read last, exactly as it came. Fields that this version
   * does not know are in it.
   *
   * @return empty when none was read
   */
  public Optional<String> lastFrame() {
    return Optional.ofNullable(lastFrame);
  }

  /**
   * Waits for the next message, however long that takes.
   *
   * @return empty when the conversation is over
   * @throws MalformedMessageException for a frame that is not what it should be
   * @throws ConversationException when the conversation cannot go on; again each time
   * @throws CancellationException when this thread is interrupted
   */
  public Optional<ServerMessage> next() {
    try {
      return read(null);
    } catch (TimeoutException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * Waits for the next message for some time.
   *
   * @param timeout how long to wait; zero takes what is there already
   * @return empty when the conversation is over
   * @throws TimeoutException when nothing came in time; the conversation goes on and nothing is
   *     lost
   * @throws MalformedMessageException for a frame that is not what it should be
   * @throws ConversationException when the conversation cannot go on; again each time
   * @throws CancellationException when this thread is interrupted
   */
  public Optional<ServerMessage> next(Duration timeout) throws TimeoutException {
    return read(timeout);
  }

  /**
   * Returns an iterator over what is not read yet. Its {@code hasNext} waits for a message, and
   * throws what {@link #next()} throws. A loop that is left early leaves the conversation open.
   *
   * @return the iterator
   */
  @Override
  public Iterator<ServerMessage> iterator() {
    return new MessageIterator(this::next);
  }

  /**
   * Returns the messages as a publisher. It takes one subscriber at a time, reads no further than
   * that one asks for, and calls it on the client's executor. What {@link #next()} would throw goes
   * to {@code onError}, which ends the subscription; after a {@link MalformedMessageException},
   * whoever subscribes again gets what follows. Cancelling leaves the conversation open.
   *
   * @return always the same
   */
  public Flow.Publisher<ServerMessage> publisher() {
    return publisher;
  }

  /**
   * Answers the open question: with a text, or a choice. An empty answer takes the question's
   * default. Nothing confirms that an answer arrived but what follows.
   *
   * @param value the text
   * @throws NotAskedException when nothing is asked, and when the question does not allow the
   *     value; it stays open then
   * @throws ConversationException when the conversation has ended
   * @throws CancellationException when this thread is interrupted
   */
  public void answer(String value) {
    answer(question -> Answers.frame(question, value));
  }

  /**
   * Answers a question that lets several choices be picked.
   *
   * @param values the choices; there may be none
   * @throws NotAskedException when nothing is asked, and when the question does not allow the
   *     values; it stays open then
   * @throws ConversationException when the conversation has ended
   * @throws CancellationException when this thread is interrupted
   */
  public void answer(Collection<String> values) {
    answer(question -> Answers.frame(question, values));
  }

  /**
   * Leaves the conversation: closes the connection and waits for that, for the client's close
   * timeout at most. Before its end that ends the workflow (spec FA-CLA-6). Afterwards reading just
   * ends. The second time does nothing.
   */
  @Override
  public void close() {
    boolean first =
        locked(
            () -> {
              boolean before = left;
              left = true;
              protocol.leave();
              inbox.clear();
              stopLastWait();
              arrived.signalAll();
              return !before;
            });
    if (first) {
      socket.close(closeTimeout);
      publisher.wake();
    }
  }

  private void answer(Function<Question, String> frame) {
    // One at a time from the question to the socket, so that answers cannot overtake each other.
    sending.lock();
    try {
      String text = locked(() -> protocol.answer(frame));
      End over = socket.end();
      if (over != null) {
        throw unsent(over);
      }
      socket.send(text);
    } catch (ExecutionException error) {
      End over = socket.end();
      throw unsent(over != null ? over : new End(ConversationProtocol.NO_CLOSE_FRAME, "", false));
    } catch (InterruptedException error) {
      throw interrupted();
    } finally {
      sending.unlock();
    }
  }

  private FastAgencyException unsent(End over) {
    return locked(() -> protocol.unsent(over));
  }

  private Optional<ServerMessage> read(@Nullable Duration timeout) throws TimeoutException {
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

  private <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
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
