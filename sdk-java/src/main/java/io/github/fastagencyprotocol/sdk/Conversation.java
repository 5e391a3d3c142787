package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.ConversationProtocol.End;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.ErrorMessage;
import io.github.fastagencyprotocol.sdk.messages.InitiatedWorkflow;
import io.github.fastagencyprotocol.sdk.messages.Question;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

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
  private final ConversationProtocol protocol;
  private final MessageReader reader;
  private final ConversationSocket socket;
  private final ReentrantLock sending = new ReentrantLock();

  Conversation(InitiatedWorkflow initiated, Settings settings) {
    protocol = new ConversationProtocol(initiated);
    reader = new MessageReader(protocol, settings);
    socket = reader.socket();
  }

  /** Returns what listens to the WebSocket that is to be opened. */
  ConversationSocket socket() {
    return socket;
  }

  /** Sends the first frame. The socket is open. */
  void begin() {
    String frame = reader.locked(protocol::start);
    try {
      socket.send(frame);
    } catch (InterruptedException error) {
      close();
      throw MessageReader.interrupted();
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
    return reader.locked(protocol::state);
  }

  /**
   * Returns the question that the next answer answers: the oldest that is open.
   *
   * @return empty when nothing is asked
   */
  public Optional<Question> question() {
    return reader.locked(protocol::question);
  }

  /**
   * Returns what the workflow returned.
   *
   * @return empty before its end, and when it returned nothing
   */
  public Optional<String> result() {
    return reader.locked(protocol::result);
  }

  /**
   * Returns the last {@code error} message that was read.
   *
   * @return empty when none was
   */
  public Optional<ErrorMessage> lastError() {
    return reader.locked(protocol::lastError);
  }

  /**
   * Returns the text of the frame that was read last, exactly as it came. Fields that this version
   * does not know are in it.
   *
   * @return empty when none was read
   */
  public Optional<String> lastFrame() {
    return Optional.ofNullable(reader.lastFrame());
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
      return reader.read(null);
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
    return reader.read(timeout);
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
    return reader.publisher();
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
    if (reader.leave()) {
      socket.close();
      reader.publisher().wake();
    }
  }

  private void answer(Function<Question, String> frame) {
    // One at a time from the question to the socket, so that answers cannot overtake each other.
    sending.lock();
    try {
      String text = reader.locked(() -> protocol.answer(frame));
      End over = socket.end();
      if (over != null) {
        throw unsent(over);
      }
      socket.send(text);
    } catch (ExecutionException error) {
      End over = socket.end();
      throw unsent(over != null ? over : new End(ConversationProtocol.NO_CLOSE_FRAME, "", false));
    } catch (InterruptedException error) {
      throw MessageReader.interrupted();
    } finally {
      sending.unlock();
    }
  }

  private FastAgencyException unsent(End over) {
    return reader.locked(() -> protocol.unsent(over));
  }
}
