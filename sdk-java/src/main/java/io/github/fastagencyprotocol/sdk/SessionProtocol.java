package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.AnswerAccepted;
import io.github.fastagencyprotocol.sdk.messages.AnswerRejected;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.ErrorMessage;
import io.github.fastagencyprotocol.sdk.messages.InitiatedWorkflow;
import io.github.fastagencyprotocol.sdk.messages.KeepAlive;
import io.github.fastagencyprotocol.sdk.messages.Question;
import io.github.fastagencyprotocol.sdk.messages.RejectionReason;
import io.github.fastagencyprotocol.sdk.messages.ReplayCompleted;
import io.github.fastagencyprotocol.sdk.messages.ResumeWorkflow;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.SessionMode;
import io.github.fastagencyprotocol.sdk.messages.SessionReady;
import io.github.fastagencyprotocol.sdk.messages.StartWorkflow;
import io.github.fastagencyprotocol.sdk.messages.WorkflowCompleted;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One conversation of {@code fastagency.v1} from the client's side, as a pure state machine over
 * all its connections: it does no I/O, knows no threads and has no clock. {@link SessionDialogue}
 * is the shell, which opens a socket, sends {@link #firstFrame}, gives every frame to {@link
 * #receive} and sends what {@link #outgoing} returns; when the socket has ended, {@link
 * #disconnected} says what is next.
 *
 * <p>Times are in nanoseconds of any one clock that never goes back, as {@link System#nanoTime}.
 */
final class SessionProtocol {
  /** What a client offers where it was advertised (spec FA-NEG-2). */
  static final String SUBPROTOCOL = "fastagency.v1";

  /** After how many heartbeats without one the connection is dead (spec FA-LIV-1). */
  private static final double SILENCES = 1.5;

  private static final double NANOS = 1e9;

  /** The HTTP statuses of an opening that no other attempt would change. */
  private static final Set<Integer> FINAL_STATUSES = Set.of(401, 403, 404);

  /**
   * What follows the end of a connection.
   *
   * @param delay how long to wait before another one; null when none follows
   * @param rest what the user is still given where none follows: a replay that broke off
   */
  record Next(@Nullable Duration delay, List<Arrival> rest) {}

  private final String workflowUuid;
  private final @Nullable StartWorkflow start;
  private final SessionQuestions questions = new SessionQuestions();
  private final Outbox outbox = new Outbox();
  private final SessionView view;
  private final Comeback comeback;

  private final SessionLog log;

  private @Nullable String token;
  private boolean resumable;
  private boolean live;
  private boolean left;
  private boolean over;
  private long heard;
  private long silence;

  private @Nullable WorkflowCompleted completed;
  private @Nullable ErrorMessage lastError;
  private @Nullable Supplier<? extends RuntimeException> ending;

  /** Begins a conversation that {@code initiate_workflow} has announced. */
  SessionProtocol(InitiatedWorkflow initiated, Reconnect reconnect, DoubleSupplier draw, long now) {
    workflowUuid = initiated.workflowUuid();
    token = initiated.resumeToken();
    start = new StartWorkflow(workflowUuid, initiated.name(), initiated.params(), token);
    log = new SessionLog("", 0, false);
    view = new SessionView(questions, "", 0);
    comeback = new Comeback(reconnect, draw, now);
    silence = reconnect.patience().toNanos();
    heard = now;
  }

  /** Takes a conversation up again where a cursor stands. */
  SessionProtocol(Cursor cursor, Reconnect reconnect, DoubleSupplier draw, long now) {
    workflowUuid = cursor.workflowUuid();
    token = cursor.resumeToken();
    start = null;
    resumable = true;
    log = new SessionLog(cursor.epoch(), cursor.afterSeq(), true);
    view = new SessionView(questions, cursor.epoch(), cursor.afterSeq());
    comeback = new Comeback(reconnect, draw, now);
    silence = reconnect.patience().toNanos();
    heard = now;
  }

  // --- what a user asks

  String workflowUuid() {
    return workflowUuid;
  }

  /** Returns the state of the connection (spec FA-LIF-3). */
  ConnectionState connection() {
    if (ending != null) {
      return ConnectionState.LOST;
    }
    if (left || view.isCompleted()) {
      return ConnectionState.ENDED;
    }
    if (live || over) {
      return ConnectionState.LIVE;
    }
    return resumable ? ConnectionState.RECONNECTING : ConnectionState.CONNECTING;
  }

  /** Returns where the conversation stands (spec FA-LIF), as of what the user was given. */
  ConversationState state() {
    Optional<ConversationState> last = view.ending();
    if (last.isPresent()) {
      return last.get();
    }
    if (left) {
      return ConversationState.CANCELLED;
    }
    if (!resumable) {
      return ConversationState.CREATED;
    }
    return questions.isWaiting() ? ConversationState.AWAITING_ANSWER : ConversationState.RUNNING;
  }

  /** Returns the oldest question that was shown, is open, and has no answer under way. */
  Optional<Question> question() {
    return questions.oldest(this::isOpen);
  }

  /** Returns whether a question still takes an answer of this client. */
  boolean isOpen(Question question) {
    return questions.isOpen(question) && !outbox.answers(SessionQuestions.uuid(question));
  }

  /** Returns whether the answer of another socket was taken (spec FA-RES-6). */
  boolean answeredElsewhere(AnswerAccepted accepted) {
    return accepted.answerId() != null && !outbox.isMine(accepted.answerId());
  }

  /** Returns what the user has seen of the conversation. */
  SessionView view() {
    return view;
  }

  /** Returns where the user stands; empty before the first session. */
  Optional<Cursor> cursor() {
    String secret = token;
    return resumable && secret != null
        ? Optional.of(view.cursor(workflowUuid, secret))
        : Optional.empty();
  }

  // --- what a user does

  /**
   * Keeps an answer until the server accepts or rejects it (spec FA-ANS-1). {@link #outgoing} has
   * the frame.
   *
   * @param asked the question; null for the oldest open one
   * @return the answer's id
   * @throws NotAskedException when nothing is asked, or the question is closed or does not allow
   *     the value
   */
  String answer(@Nullable Question asked, Reply reply) {
    if (ending != null) {
      throw ending.get();
    }
    if (completed != null || left) {
      throw new NotAskedException("the conversation is over");
    }
    Question question = asked != null ? asked : question().orElse(null);
    if (question == null) {
      throw new NotAskedException("nothing is asked");
    }
    if (!isOpen(question)) {
      throw new NotAskedException("the question is closed");
    }
    String uuid = SessionQuestions.uuid(question);
    String id = outbox.add(uuid, reply.value(question));
    questions.settled(uuid);
    return id;
  }

  /** Cancels the conversation, now or as soon as there is a session again (spec FA-CAN-1). */
  void cancel(@Nullable String reason) {
    if (completed == null && ending == null && !left) {
      outbox.cancel(reason);
    }
  }

  /** Notes that this side closes the connection for good; the conversation goes on (FA-CAN-3). */
  void leave() {
    left = true;
    outbox.clear();
  }

  /** Notes that the user was given something: the cursor moves on. */
  void delivered(Arrival arrival) {
    view.delivered(arrival);
  }

  /** Notes that the user is told how it ended, and returns the exception for that, if it is one. */
  Optional<RuntimeException> deliverEnd() {
    Optional<RuntimeException> why = Optional.ofNullable(ending).map(Supplier::get);
    why.map(it -> it instanceof ConversationRefusedException)
        .map(refused -> refused ? ConversationState.FAILED : ConversationState.CANCELLED)
        .ifPresent(view::ended);
    return why;
  }

  // --- what a connection does

  /** Returns the first frame of a new socket (spec FA-RES-7). */
  String firstFrame(long now) {
    heard = now;
    log.connected();
    if (start != null && !resumable) {
      return MessageCodec.encode(start);
    }
    String secret = token == null ? "" : token;
    return MessageCodec.encode(new ResumeWorkflow(workflowUuid, secret, log.epoch(), log.seq()));
  }

  /** Returns the frames to be sent now: answers that were not sent here yet, then a cancel. */
  List<String> outgoing() {
    return live ? outbox.unsent() : List.of();
  }

  /** Returns when the connection is dead if nothing is heard until then (spec FA-LIV-1). */
  long deadline() {
    return heard + silence;
  }

  /** Notes that the shell reads on after a pause of its own: silence counts from here. */
  void listening(long now) {
    heard = now;
  }

  /** Returns whether the socket is to be closed: the log has a gap (spec FA-RES-5). */
  boolean broken() {
    return log.hasGap();
  }

  /** Returns whether the last message has arrived. */
  boolean isCompleted() {
    return completed != null;
  }

  /** Takes a frame and returns what the user is given, in order. */
  List<Arrival> receive(Arrival arrival, long now) {
    heard = now;
    if (log.hasGap()) {
      return List.of();
    }
    ServerMessage message = arrival.message();
    if (message == null) {
      // Its place in the log counts as read: it would be no better the next time.
      return arrival.place() == null || advance(arrival.place()) ? out(arrival) : List.of();
    }
    if (message instanceof SessionReady ready) {
      begin(ready, arrival);
      return List.of();
    }
    if (message instanceof ReplayCompleted) {
      goLive(now);
      return handOut(log.complete());
    }
    if (message instanceof KeepAlive) {
      return List.of();
    }
    if (message instanceof AnswerRejected rejected) {
      note(rejected);
      return out(arrival);
    }
    if (message instanceof AnswerAccepted accepted) {
      // Whether it is new or said again: the answer is settled (spec FA-ANS-4).
      outbox.settle(accepted.answerId());
    }
    if (arrival.place() != null && !advance(arrival.place())) {
      return List.of();
    }
    note(message);
    return out(arrival);
  }

  /** Notes that the connection ended, and returns what is next (spec FA-CLS). */
  Next disconnected(End how, long now) {
    if (live || log.isReplaying()) {
      comeback.here(now);
    }
    live = false;
    boolean read = completed == null && view.endRead(log, how);
    log.disconnected();
    outbox.disconnected();
    if (completed != null || read || left) {
      over = true;
      return new Next(null, handOut(log.release()));
    }
    End end = log.hasGap() ? End.BROKEN : how;
    Optional<Duration> delay = comeback.delay(end, now);
    ErrorMessage said = lastError;
    return delay
        .map(wait -> new Next(wait, List.of()))
        .orElseGet(() -> giveUp(() -> end.exception(said)));
  }

  /** Notes that no connection could be opened, and returns what is next. */
  Next notOpened(FastAgencyException why, long now) {
    if (why instanceof RequestRefusedException refused
        && FINAL_STATUSES.contains(refused.status())) {
      String said = "the socket was refused with " + refused.getMessage();
      return giveUp(
          () -> new ConversationRefusedException(said, End.NO_CLOSE_FRAME, "", refused.detail()));
    }
    return disconnected(End.BROKEN, now);
  }

  /** Notes that no connection will be tried any more, and why: a new exception each time. */
  Next giveUp(Supplier<? extends RuntimeException> why) {
    ending = why;
    outbox.clear();
    return new Next(null, handOut(log.release()));
  }

  // --- messages

  private void begin(SessionReady ready, Arrival arrival) {
    token = ready.resumeToken();
    resumable = true;
    silence = (long) (SILENCES * ready.heartbeatSeconds() * NANOS);
    comeback.detachedAfter((long) (ready.detachedSeconds() * NANOS));
    if (log.begin(ready, arrival)) {
      view.begin(log);
    }
    if (ready.mode() == SessionMode.FRESH) {
      goLive(heard);
    } else if (ready.mode() == SessionMode.RESET) {
      questions.closeAll();
    }
  }

  private void goLive(long now) {
    live = true;
    comeback.progress();
    comeback.here(now);
  }

  private boolean advance(long next) {
    boolean isNext = log.advance(next);
    if (isNext) {
      comeback.progress();
    }
    return isNext;
  }

  private List<Arrival> out(Arrival arrival) {
    return handOut(log.add(arrival));
  }

  private List<Arrival> handOut(List<Arrival> arrivals) {
    for (Arrival arrival : arrivals) {
      if (arrival.message() instanceof Question question && isOpen(question)) {
        questions.handedOut(question);
      }
    }
    return arrivals;
  }

  private void note(ServerMessage message) {
    if (message instanceof Question question) {
      questions.asked(question);
    } else if (message instanceof AnswerAccepted accepted) {
      questions.closed(accepted.questionUuid());
      outbox.dropAnswersTo(accepted.questionUuid());
    } else if (message instanceof AnswerRejected rejected) {
      outbox.settle(rejected.answerId());
      if (rejected.reason() != RejectionReason.INVALID_VALUE) {
        questions.closed(rejected.questionUuid());
      }
    } else if (message instanceof WorkflowCompleted last) {
      completed = last;
      questions.closeAll();
      outbox.clear();
    } else if (message instanceof ErrorMessage error) {
      lastError = error;
    }
  }
}
