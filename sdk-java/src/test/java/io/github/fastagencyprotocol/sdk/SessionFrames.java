package io.github.fastagencyprotocol.sdk;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.fastagencyprotocol.sdk.messages.InitiatedWorkflow;
import java.util.List;

/** Frames of {@code fastagency.v1} for tests. */
final class SessionFrames {
  static final String TOKEN = "t".repeat(32);

  static final InitiatedWorkflow INITIATED =
      new InitiatedWorkflow(
          null,
          FakeServer.UUID,
          "quiz",
          JsonNodeFactory.instance.objectNode().put("level", 1),
          List.of(SessionProtocol.SUBPROTOCOL),
          TOKEN,
          null);

  private static final String TIME = "\"timestamp\":\"2026-01-01T00:00:00Z\"";

  private SessionFrames() {}

  static Cursor cursor(String epoch, long afterSeq) {
    return new Cursor(FakeServer.UUID, TOKEN, epoch, afterSeq);
  }

  static String ready(String mode, String epoch, long oldest, long head) {
    return ready(mode, epoch, oldest, head, 10);
  }

  static String ready(String mode, String epoch, long oldest, long head, double heartbeat) {
    return "{\"type\":\"session_ready\",\"workflow_uuid\":\"%s\",\"mode\":\"%s\",\"epoch\":\"%s\","
            .formatted(FakeServer.UUID, mode, epoch)
        + "\"oldest_seq\":%d,\"head_seq\":%d,\"state\":\"running\",\"resume_token\":\"%s\","
            .formatted(oldest, head, TOKEN)
        + "\"heartbeat_seconds\":%s,\"detached_seconds\":60}".formatted(heartbeat);
  }

  static String fresh() {
    return ready("fresh", "e1", 1, 0);
  }

  static String replay(long head) {
    return ready("replay", "e1", 1, head);
  }

  /** Returns a session_ready that says another state. */
  static String inState(String state, String ready) {
    return ready.replace("\"running\"", "\"" + state + "\"");
  }

  static String replayed(long through) {
    return "{\"type\":\"replay_completed\",\"through_seq\":" + through + "}";
  }

  static String logged(long seq, String type, String uuid, String content) {
    return ("{\"type\":\"%s\",\"workflow_uuid\":\"%s\",\"uuid\":\"%s\",\"seq\":%d,%s,"
            + "\"content\":%s}")
        .formatted(type, FakeServer.UUID, uuid, seq, TIME, content);
  }

  static String text(long seq) {
    return logged(seq, "text_message", "u" + seq, "{\"body\":\"m" + seq + "\"}");
  }

  static String malformed(long seq) {
    return logged(seq, "text_message", "u" + seq, "{\"body\":5}");
  }

  static String question(long seq, String uuid) {
    return logged(seq, "text_input", uuid, "{\"prompt\":\"Name?\",\"suggestions\":[]}");
  }

  static String password(long seq, String uuid) {
    String content = "{\"prompt\":\"Word?\",\"suggestions\":[],\"password\":true}";
    return logged(seq, "text_input", uuid, content);
  }

  static String completed(long seq, String outcome) {
    String content = "{\"result\":\"done\",\"outcome\":\"" + outcome + "\"}";
    return logged(seq, "workflow_completed", "c", content);
  }

  static String accepted(long seq, String answerId, String question) {
    String id = answerId == null ? "null" : "\"" + answerId + "\"";
    return ("{\"type\":\"answer_accepted\",\"seq\":%d,%s,\"question_uuid\":\"%s\","
            + "\"answer_id\":%s,\"value\":\"v\"}")
        .formatted(seq, TIME, question, id);
  }

  static String rejected(String answerId, String question, String reason) {
    return ("{\"type\":\"answer_rejected\",\"question_uuid\":\"%s\",\"answer_id\":\"%s\","
            + "\"reason\":\"%s\"}")
        .formatted(question, answerId, reason);
  }

  static String chunk(String uuid, String delta, boolean replace) {
    return "{\"type\":\"text_chunk\",\"message_uuid\":\"%s\",\"delta\":\"%s\",\"replace\":%s}"
        .formatted(uuid, delta, replace);
  }

  static String keepAlive() {
    return "{\"type\":\"keep_alive\",\"workflow_uuid\":\"%s\",\"uuid\":\"k\",\"content\":{}}"
        .formatted(FakeServer.UUID);
  }
}
