package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.AnswerAccepted;
import io.github.fastagencyprotocol.sdk.messages.AnswerRejected;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.ErrorMessage;
import io.github.fastagencyprotocol.sdk.messages.Outcome;
import io.github.fastagencyprotocol.sdk.messages.Question;
import io.github.fastagencyprotocol.sdk.messages.RejectionReason;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.SessionReady;
import io.github.fastagencyprotocol.sdk.messages.WorkflowCompleted;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A session as the user has seen it so far, who may be slow to read: what has been received beyond
 * that changes nothing here.
 */
final class SessionView {
  /** The end of a conversation that was read before, and where in the log it is. */
  private record PastEnd(Outcome outcome, String epoch, long seq) {}

  private final SessionQuestions questions;
  private String epoch;
  private long seq;
  private @Nullable WorkflowCompleted completed;
  private @Nullable PastEnd past;
  private @Nullable ErrorMessage lastError;
  private @Nullable ConversationState ending;

  SessionView(SessionQuestions questions, String epoch, long seq) {
    this.questions = questions;
    this.epoch = epoch;
    this.seq = seq;
  }

  /** Notes that a log begins of which the user has seen nothing, and nothing of another one. */
  void begin(SessionLog log) {
    epoch = log.epoch();
    seq = log.seq();
  }

  /** Notes that the user was given something. */
  void delivered(Arrival arrival) {
    ServerMessage message = arrival.message();
    if (message instanceof SessionReady reset) {
      epoch = reset.epoch();
      seq = reset.oldestSeq() - 1;
      questions.dropped();
      return;
    }
    if (message instanceof Question question) {
      questions.shown(question);
    } else if (message instanceof AnswerAccepted accepted) {
      questions.settled(accepted.questionUuid());
    } else if (message instanceof AnswerRejected rejected) {
      rejected(rejected);
    } else if (message instanceof WorkflowCompleted last) {
      completed = last;
    } else if (message instanceof ErrorMessage error) {
      lastError = error;
    }
    Long place = arrival.place();
    if (place != null) {
      seq = Math.max(seq, place);
    }
  }

  /** Notes that the user was told that reading cannot go on. */
  void ended(ConversationState how) {
    ending = how;
  }

  /**
   * Notes the end of a connection. Where it tells that the user had read the conversation's end
   * before (spec FA-RES-9), nothing is to be seen any more, or a reset at most.
   *
   * @return whether it tells that
   */
  boolean endRead(SessionLog log, End how) {
    past =
        log.endRead(how).map(outcome -> new PastEnd(outcome, log.epoch(), log.seq())).orElse(null);
    return past != null;
  }

  /** Returns whether the user has seen the last message, now or before. */
  boolean isCompleted() {
    return completed != null || (past != null && past.seq() == seq && past.epoch().equals(epoch));
  }

  /** Returns how the conversation ended; empty while it has not. */
  Optional<ConversationState> ending() {
    if (!isCompleted()) {
      return Optional.ofNullable(ending);
    }
    return Optional.of(
        switch (outcome().orElse(Outcome.COMPLETED)) {
          case COMPLETED -> ConversationState.COMPLETED;
          case FAILED -> ConversationState.FAILED;
          case CANCELLED -> ConversationState.CANCELLED;
        });
  }

  Optional<String> result() {
    return Optional.ofNullable(completed).map(message -> message.content().result());
  }

  Optional<Outcome> outcome() {
    if (completed != null) {
      return Optional.ofNullable(completed.content().outcome());
    }
    return isCompleted() ? Optional.ofNullable(past).map(PastEnd::outcome) : Optional.empty();
  }

  Optional<ErrorMessage> lastError() {
    return Optional.ofNullable(lastError);
  }

  /** Returns where the user stands. */
  Cursor cursor(String workflowUuid, String token) {
    return new Cursor(workflowUuid, token, epoch, seq);
  }

  private void rejected(AnswerRejected rejected) {
    if (rejected.reason() == RejectionReason.INVALID_VALUE) {
      questions.waitsAgain(rejected.questionUuid());
    } else {
      questions.settled(rejected.questionUuid());
    }
  }
}
