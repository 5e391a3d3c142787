package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.AnswerAccepted;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.ErrorMessage;
import io.github.fastagencyprotocol.sdk.messages.Outcome;
import io.github.fastagencyprotocol.sdk.messages.Question;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * One conversation with one workflow, from {@link FastAgencyClient#start} or {@link
 * FastAgencyClient#resume}. Iterate over its messages, or subscribe to them with {@link
 * #publisher}; {@link #answer(String) answer} its questions; {@link #close} it, best with
 * try-with-resources.
 *
 * <p>Reading ends after {@code workflow_completed} and the close. It throws {@link
 * ConversationRefusedException} when the server closed with a code that says what was wrong, {@link
 * ConversationLostException} when the connection ended first, and {@link MalformedMessageException}
 * for a frame that is not what it should be; after that one, reading can go on. A message of an
 * unknown type comes as {@link ServerMessage.Unknown}. Every message goes to one reader only.
 *
 * <p>With a server that speaks {@code fastagency.v1} the conversation comes back by itself when its
 * connection ends, nothing is lost or repeated, and closing it early leaves the workflow running;
 * {@link #cancel} ends it. A {@code session_ready} among the messages says that the server could
 * not go on where this client stood: drop what was shown, all that is held follows (spec FA-RES-3).
 * With any other server the connection's end is the conversation's (spec FA-NEG-3, FA-CLA-6).
 *
 * <p>Any thread may call any method. A thread that is interrupted while it waits gets a {@link
 * CancellationException}, keeps its interrupt status, and loses no message.
 */
public final class Conversation implements Iterable<ServerMessage>, AutoCloseable {
  private final Dialogue dialogue;

  Conversation(Dialogue dialogue) {
    this.dialogue = dialogue;
  }

  /**
   * Returns the conversation's id.
   *
   * @return the id, as the server named it
   */
  public String workflowUuid() {
    return dialogue.workflowUuid();
  }

  /**
   * Returns where the conversation stands (spec FA-LIF), as of the last message that was read, as
   * far as a client can tell.
   *
   * @return after {@code workflow_completed} what its outcome says, and {@code COMPLETED} in
   *     classic, which does not say that the workflow succeeded; {@code FAILED} when the server
   *     refused the conversation; {@code CANCELLED} when it was lost, or left
   */
  public ConversationState state() {
    return dialogue.state();
  }

  /**
   * Returns the question that the next answer answers: the oldest that is open.
   *
   * @return empty when nothing is asked
   */
  public Optional<Question> question() {
    return dialogue.question();
  }

  /**
   * Returns what the workflow returned.
   *
   * @return empty before its end, and when it returned nothing
   */
  public Optional<String> result() {
    return dialogue.result();
  }

  /**
   * Returns how the workflow ended.
   *
   * @return empty before its end, and in classic, which does not say
   */
  public Optional<Outcome> outcome() {
    return dialogue.outcome();
  }

  /**
   * Returns whether a question still takes an answer: nobody's was accepted, and none of this
   * client is under way. After a resume, questions come again that were answered long ago.
   *
   * @param question the question
   * @return whether it is open
   */
  public boolean isOpen(Question question) {
    return dialogue.isOpen(question);
  }

  /**
   * Returns whether the answer of somebody else was taken, in another tab for example (spec
   * FA-RES-6).
   *
   * @param accepted the message that tells of it
   * @return false when it was this client's, and when the question's time was over
   */
  public boolean answeredElsewhere(AnswerAccepted accepted) {
    return dialogue.answeredElsewhere(accepted);
  }

  /**
   * Returns the state of the connection, to be shown (spec FA-LIF-3).
   *
   * @return the state as it is now
   */
  public ConnectionState connection() {
    return dialogue.connection();
  }

  /**
   * Has an observer told of the state of the connection: as it is, and then of every change, in
   * order and one at a time, on the client's executor.
   *
   * @param observer takes the state
   */
  public void onConnection(Consumer<? super ConnectionState> observer) {
    dialogue.observe(Objects.requireNonNull(observer));
  }

  /**
   * Returns where this conversation stands, after the last message that was read: to be stored, and
   * given to {@link FastAgencyClient#resume}.
   *
   * @return empty before the first session, and in classic
   */
  public Optional<Cursor> cursor() {
    return dialogue.cursor();
  }

  /**
   * Returns the last {@code error} message that was read.
   *
   * @return empty when none was
   */
  public Optional<ErrorMessage> lastError() {
    return dialogue.lastError();
  }

  /**
   * Returns the text of the frame that was read last, exactly as it came. Fields that this version
   * does not know are in it.
   *
   * @return empty when none was read
   */
  public Optional<String> lastFrame() {
    return dialogue.lastFrame();
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
      return dialogue.reader().read(null);
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
    return dialogue.reader().read(timeout);
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
    return dialogue.reader().publisher();
  }

  /**
   * Answers the open question: with a text, or a choice. An empty answer takes the question's
   * default.
   *
   * <p>In {@code fastagency.v1} the answer arrives exactly once, also when the connection drops
   * meanwhile, and also while there is none (spec FA-ANS); {@code answer_accepted} or {@code
   * answer_rejected} follows. In classic nothing confirms that it arrived but what follows.
   *
   * @param value the text
   * @return the answer's id, which those two messages repeat; empty in classic
   * @throws NotAskedException when nothing is asked, and when the question does not allow the
   *     value; it stays open then
   * @throws ConversationException when the conversation has ended
   * @throws CancellationException when this thread is interrupted
   */
  public Optional<String> answer(String value) {
    return dialogue.answer(null, Answers.reply(value));
  }

  /**
   * Answers a question that lets several choices be picked, as {@link #answer(String)} does.
   *
   * @param values the choices; there may be none
   * @return the answer's id; empty in classic
   * @throws NotAskedException when nothing is asked, and when the question does not allow the
   *     values; it stays open then
   * @throws ConversationException when the conversation has ended
   * @throws CancellationException when this thread is interrupted
   */
  public Optional<String> answer(Collection<String> values) {
    return dialogue.answer(null, Answers.reply(values));
  }

  /**
   * Answers a certain question, as {@link #answer(String)} does. In classic that has to be the
   * oldest that is open.
   *
   * @param question the question
   * @param value the text
   * @return the answer's id; empty in classic
   * @throws NotAskedException when the question is not open, or does not allow the value
   * @throws ConversationException when the conversation has ended
   * @throws CancellationException when this thread is interrupted
   */
  public Optional<String> answer(Question question, String value) {
    return dialogue.answer(Objects.requireNonNull(question), Answers.reply(value));
  }

  /**
   * Answers a certain question with several choices, as {@link #answer(Question, String)} does.
   *
   * @param question the question
   * @param values the choices; there may be none
   * @return the answer's id; empty in classic
   * @throws NotAskedException when the question is not open, or does not allow the values
   * @throws ConversationException when the conversation has ended
   * @throws CancellationException when this thread is interrupted
   */
  public Optional<String> answer(Question question, Collection<String> values) {
    return dialogue.answer(Objects.requireNonNull(question), Answers.reply(values));
  }

  /** Cancels the conversation, as {@link #cancel(String)} does, without a reason. */
  public void cancel() {
    dialogue.cancel(null);
  }

  /**
   * Cancels the conversation. In {@code fastagency.v1} its messages end with a {@code
   * workflow_completed} of the outcome {@code cancelled} (spec FA-CAN-1); while there is no
   * connection, that waits for the next one. In classic it closes the conversation, which has the
   * same effect on the workflow (spec FA-CLA-6).
   *
   * @param reason why, for the server's log
   */
  public void cancel(String reason) {
    dialogue.cancel(Objects.requireNonNull(reason));
  }

  /**
   * Leaves the conversation: closes the connection and waits for that, for the client's close
   * timeout at most. In {@code fastagency.v1} the workflow goes on, and {@link #cursor} brings the
   * conversation back (spec FA-CAN-3); in classic that ends the workflow (spec FA-CLA-6).
   * Afterwards reading just ends. The second time does nothing.
   */
  @Override
  public void close() {
    dialogue.close();
  }
}
