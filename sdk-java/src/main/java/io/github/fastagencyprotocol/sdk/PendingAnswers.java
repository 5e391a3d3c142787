package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.AnswerFrame;
import io.github.fastagencyprotocol.sdk.messages.AnswerValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The answers that are neither accepted nor rejected yet (spec FA-ANS-1). They may be passwords:
 * they are in memory until they are settled, and in no text that is printed.
 */
final class PendingAnswers {
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

  /** Forgets all. */
  void clear() {
    pending.clear();
  }

  /** Notes that the connection ended: nobody knows what of it arrived. */
  void disconnected() {
    pending.values().forEach(it -> it.sent = false);
  }

  /** Returns the frames that were not sent on this connection yet, in order, and notes them. */
  List<String> unsent() {
    List<String> frames = new ArrayList<>();
    for (Pending answer : pending.values()) {
      if (!answer.sent) {
        answer.sent = true;
        frames.add(answer.frame);
      }
    }
    return frames;
  }
}
