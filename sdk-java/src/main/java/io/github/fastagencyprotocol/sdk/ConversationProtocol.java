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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One conversation from the client's side, as a pure state machine: it does no I/O and knows no
 * threads. {@link Conversation} is the shell that puts it on a socket.
 */
final class ConversationProtocol {
  /** What RFC 6455 calls a connection that ended without a close frame. */
  static final int NO_CLOSE_FRAME = 1006;

  private static final Set<Integer> REFUSALS =
      Set.of(CloseCode.NOT_UTF8.code(), CloseCode.FRAME_TOO_BIG.code());
  private static final Map<Integer, String> OUR_CLOSES =
      Map.of(
          1007, "a text frame from the server is not UTF-8",
          1009, "a message from the server is larger than maxMessageSize",
          1011, "the server did not answer a ping in time");

  /**
   * How a connection ended.
   *
   * @param code the close code; 1006 when no close frame came
   * @param reason the close frame's reason
   * @param byClient whether this side closed first, because it could not go on
   */
  record End(int code, String reason, boolean byClient) {}

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
    if (abruptEnd != null && isRefusal(abruptEnd)) {
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
    return Optional.ofNullable(abruptEnd).map(this::exception);
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
   * @param frame makes the frame for a question
   * @throws NotAskedException when nothing is asked, and when the question does not allow the
   *     answer: it stays open then
   * @throws ConversationException when the conversation has ended
   */
  String answer(Function<Question, String> frame) {
    if (abruptEnd != null) {
      throw exception(abruptEnd);
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
    String text = frame.apply(question);
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
    return exception(end);
  }

  private ConversationException exception(End end) {
    int code = end.code();
    String reason = end.reason();
    if (end.byClient()) {
      String why =
          OUR_CLOSES.getOrDefault(code, "the server broke the WebSocket protocol (" + reason + ")");
      return new ConversationLostException(
          "this client closed with " + code + ": " + why, code, reason);
    }
    if (code == NO_CLOSE_FRAME) {
      return new ConversationLostException(
          "the connection broke before the workflow was over", code, reason);
    }
    String said = lastError == null ? "" : textOf(lastError);
    String why = joined("; ", Stream.of(meaning(code), reason, said));
    if (isRefusal(end)) {
      return new ConversationRefusedException(
          "the server closed with " + code + ": " + why,
          code,
          reason,
          said.isEmpty() ? null : said);
    }
    return new ConversationLostException(
        "the server closed with " + code + " before the workflow was over: " + why, code, reason);
  }

  private static boolean isRefusal(End end) {
    int code = end.code();
    // 42xx says that the conversation goes on elsewhere, so it is no refusal (spec FA-CLS).
    boolean refusal =
        REFUSALS.contains(code) || (code >= 4000 && code < 5000 && (code < 4200 || code >= 4300));
    return refusal && !end.byClient();
  }

  private static String meaning(int code) {
    return CloseCode.of(code)
        .map(CloseCode::meaning)
        .orElse("a code that this version does not know");
  }

  private static String textOf(ErrorMessage error) {
    Stream<@Nullable String> parts =
        Stream.of(error.content().shortText(), error.content().longText());
    return joined(": ", parts.map(part -> part == null ? "" : part.replaceAll("\\.+$", "")));
  }

  private static String joined(String separator, Stream<String> parts) {
    return parts.filter(part -> !part.isEmpty()).collect(Collectors.joining(separator));
  }
}
