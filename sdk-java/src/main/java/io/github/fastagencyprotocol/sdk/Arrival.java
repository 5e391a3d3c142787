package io.github.fastagencyprotocol.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.fastagencyprotocol.sdk.internal.JsonText;
import io.github.fastagencyprotocol.sdk.internal.Mismatch;
import io.github.fastagencyprotocol.sdk.messages.AnswerRejected;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.TextChunk;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A frame of a session as it arrived: a message, or why it is none. It is not a record, whose text
 * would have secrets in it.
 */
final class Arrival implements Inbox.Item {
  private final String text;
  private final @Nullable Long seq;
  private final @Nullable ServerMessage message;
  private final String fault;

  private Arrival(String text, @Nullable Long seq, @Nullable ServerMessage message, String fault) {
    this.text = text;
    this.seq = seq;
    this.message = message;
    this.fault = fault;
  }

  /** Reads a text frame. */
  static Arrival of(String text) {
    Long seq = null;
    try {
      JsonNode json = JsonText.parse(text);
      JsonNode number = json.path("seq");
      if (number.isIntegralNumber() && number.canConvertToLong()) {
        seq = number.longValue();
      }
      return new Arrival(text, seq, ServerMessage.fromJson(json), "");
    } catch (Mismatch mismatch) {
      return new Arrival(text, seq, null, String.valueOf(mismatch.getMessage()));
    }
  }

  /** Takes a binary frame, which the protocol does not have from servers (spec FA-FRM-1). */
  static Arrival of(byte[] data) {
    String fault = "a binary frame: the protocol has text frames only";
    return new Arrival(new String(data, StandardCharsets.UTF_8), null, null, fault);
  }

  /** Returns the frame's text. */
  String text() {
    return text;
  }

  /** Returns the frame's place in the log; null for what is not logged (spec FA-FRM-3). */
  @Nullable Long place() {
    boolean never = message instanceof TextChunk || message instanceof AnswerRejected;
    return never ? null : seq;
  }

  /** Returns the message; null when the frame is not what its type says. */
  @Nullable ServerMessage message() {
    return message;
  }

  /** Returns why the frame is no message. */
  MalformedMessageException fault() {
    return new MalformedMessageException(fault, text);
  }

  @Override
  public int size() {
    return text.length();
  }
}
