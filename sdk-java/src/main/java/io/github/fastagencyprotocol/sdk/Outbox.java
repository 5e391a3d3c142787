package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.AnswerFrame;
import io.github.fastagencyprotocol.sdk.messages.AnswerValue;
import io.github.fastagencyprotocol.sdk.messages.CancelWorkflow;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the server has to be told, and may not know yet: the answers that are neither accepted nor
 * rejected (spec FA-ANS-1), and a cancel. Answers may be passwords: they are in memory until they
 * are settled, and in no text that is printed.
 */
final class Outbox {
  private static final class Pending {
    final String questionUuid;
    final String frame;
    boolean sent;

    Pending(String questionUuid, String frame) {
      this.questionUuid = questionUuid;
      this.frame = frame;
    }
  }

  private final Map<String, Pending> pending = new LinkedHashMap<>();
  private final Set<String> mine = new HashSet<>();
  private @Nullable String cancel;
  private boolean cancelSent;

  /** Keeps an answer, and returns the id that it gets. */
  String add(String questionUuid, AnswerValue value) {
    String id = UUID.randomUUID().toString();
    String frame = MessageCodec.encode(new AnswerFrame(questionUuid, id, value));
    pending.put(id, new Pending(questionUuid, frame));
    mine.add(id);
    return id;
  }

  /** Returns whether an answer to a question is under way. */
  boolean answers(String questionUuid) {
    return pending.values().stream().anyMatch(it -> it.questionUuid.equals(questionUuid));
  }

  /** Returns whether an answer is, or was, of this client. */
  boolean isMine(String answerId) {
    return mine.contains(answerId);
  }

  /** Forgets an answer that was accepted or rejected. */
  void settle(@Nullable String answerId) {
    if (answerId != null) {
      pending.remove(answerId);
    }
  }

  /** Forgets the answers to a question that is closed. */
  void dropAnswersTo(String questionUuid) {
    pending.values().removeIf(it -> it.questionUuid.equals(questionUuid));
  }

  /** Keeps a cancel, which is said until the conversation has ended (spec FA-CAN-1). */
  void cancel(@Nullable String reason) {
    cancel = MessageCodec.encode(new CancelWorkflow(reason));
    cancelSent = false;
  }

  /** Forgets all: nobody will be told any more. */
  void clear() {
    pending.clear();
    cancel = null;
  }

  /** Notes that the connection ended: nobody knows what of it arrived. */
  void disconnected() {
    pending.values().forEach(it -> it.sent = false);
    cancelSent = false;
  }

  /** Returns the frames that were not sent on this connection yet, the cancel last. */
  List<String> unsent() {
    List<String> frames = new ArrayList<>();
    for (Pending answer : pending.values()) {
      if (!answer.sent) {
        answer.sent = true;
        frames.add(answer.frame);
      }
    }
    if (cancel != null && !cancelSent) {
      cancelSent = true;
      frames.add(cancel);
    }
    return frames;
  }
}
