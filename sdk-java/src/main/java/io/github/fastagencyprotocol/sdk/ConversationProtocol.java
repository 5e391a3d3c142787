package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.CloseCode;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.ErrorMessage;
import io.github.fastagencyprotocol.sdk.messages.InitiateWorkflow;
import io.github.fastagencyprotocol.sdk.messages.InitiatedWorkflow;
import io.github.fastagencyprotocol.sdk.messages.Question;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.WorkflowCompleted;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One conversation of classic from the client's side, as a pure state machine: it does no I/O and
 * knows no threads. {@link ClassicDialogue} is the shell that puts it on a socket.
 */
final class ConversationProtocol {
  private final InitiatedWorkflow initiated;
  private final Deque<Question> questions = new ArrayDeque<>();
  private boolean started;
  private boolean left;
  private boolean closed;
  private @Nullable End abruptEnd;
  private @Nullable WorkflowCompleted completed;
  private @Nullable ErrorMessage lastError;

  ConversationProtocol(InitiatedWorkflow initiated) {
    this.initiated = initiated;
  }

  String workflowUuid() {
    return initiated.workflowUuid();
  }

  /** Returns where the conversation stands (spec FA-LIF), as far as a client can tell. */
  ConversationState state() {
    if (completed != null) {
      return ConversationState.COMPLETED;
    }
    if (abruptEnd != null && abruptEnd.isRefusal()) {
      return ConversationState.FAILED;
    }
    if (closed || left) {
      return ConversationState.CANCELLED;
    }
    if (!started) {
      return ConversationState.CREATED;
    }
    return questions.isEmpty() ? ConversationState.RUNNING : ConversationState.AWAITING_ANSWER;
  }

  /** Returns the oldest question that is not answered yet. */
  Optional<Question> question() {
    return Optional.ofNullable(questions.peek());
  }

  /** Returns whether a question still takes an answer. */
  boolean isOpen(Question question) {
    return questions.contains(question);
  }

  /** Returns the state of the connection (spec FA-LIF-3). A drop is a loss (spec FA-NEG-3). */
  ConnectionState connection() {
    if (completed != null || left) {
      return ConnectionState.ENDED;
    }
    if (closed) {
      return ConnectionState.LOST;
    }
    return started ? ConnectionState.LIVE : ConnectionState.CONNECTING;
  }

  /** Returns what the workflow returned. */
  Optional<String> result() {
    return Optional.ofNullable(completed).map(message -> message.content().result());
  }

  /** Returns the last {@code error} message that came. */
  Optional<ErrorMessage> lastError() {
    return Optional.ofNullable(lastError);
  }

  /** Returns why reading cannot go on: a new exception each time. */
  Optional<ConversationException> ending() {
    return Optional.ofNullable(abruptEnd).map(end -> end.exception(lastError));
  }

  /** Returns the first frame: what {@code initiate_workflow} answered, as it is. */
  String start() {
    if (started) {
      throw new IllegalStateException("a conversation starts once");
    }
    started = true;
    return MessageCodec.encode(
        new InitiateWorkflow(
            initiated.userId(), initiated.workflowUuid(), initiated.name(), initiated.params()));
  }

  /** Takes note of a message that was read. */
  void receive(ServerMessage message) {
    if (state().isFinal()) {
      return; // Nothing is legal any more (spec FA-LIF), so it changes nothing either.
    }
    if (message instanceof Question question) {
      questions.add(question);
    } else if (message instanceof WorkflowCompleted last) {
      completed = last;
      questions.clear();
    } else if (message instanceof ErrorMessage error) {
      lastError = error;
    }
  }

  /** Takes a binary frame and returns the fault that it is: the protocol has none from servers. */
  MalformedMessageException receiveBinary(byte[] data) {
    return new MalformedMessageException(
        "a binary frame: the protocol has text frames only",
        new String(data, StandardCharsets.UTF_8));
  }

  /**
   * Returns the frame that answers the open question.
   *
   * @param asked the question; null for the oldest open one, which alone can be answered here
   * @throws NotAskedException when nothing is asked, when another question is to be answered first,
   *     and when the question does not allow the answer: it stays open then
   * @throws ConversationException when the conversation has ended
   */
  String answer(@Nullable Question asked, Reply reply) {
    if (abruptEnd != null) {
      throw abruptEnd.exception(lastError);
    }
    if (completed != null) {
      throw new NotAskedException("the workflow is over");
    }
    if (closed || left) {
      throw new NotAskedException("the conversation was left");
    }
    Question question = questions.peek();
    if (question == null) {
      throw new NotAskedException("nothing is asked");
    }
    if (asked != null && !asked.equals(question)) {
      throw new NotAskedException("only the oldest open question can be answered");
    }
    String text = reply.frame(question);
    questions.remove();
    return text;
  }

  /** Notes that this side closes the connection: what ends afterwards is not lost. */
  void leave() {
    left = true;
    questions.clear();
  }

  /**
   * Notes that the connection ended. After {@code workflow_completed} every end is normal:
   * FastAgency's own server sends no close frame, so that clients see 1006 there (spec FA-CLA-1
   * mends it). Before it, a code that says what was wrong is a refusal, every other end a loss
   * (spec FA-CLS).
   */
  void disconnected(End end) {
    closed = true;
    questions.clear();
    if (completed == null && !left && abruptEnd == null) {
      abruptEnd = end;
    }
  }

  /**
   * Returns what it means that a frame could not be sent because the connection had ended. It
   * changes nothing: messages may have come before the end, and they are still to be read.
   */
  FastAgencyException unsent(End end) {
    if (end.code() == CloseCode.FINISHED.code() && !end.byClient()) {
      return new NotAskedException(
          "the server ended the conversation before the answer came; read on to see how");
    }
    return end.exception(lastError);
  }
}
