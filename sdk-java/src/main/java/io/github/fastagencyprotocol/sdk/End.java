package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.CloseCode;
import io.github.fastagencyprotocol.sdk.messages.ErrorMessage;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a connection ended, and what that means where the workflow was not over yet (spec FA-CLS).
 *
 * @param code the close code; 1006 when no close frame came
 * @param reason the close frame's reason
 * @param byClient whether this side closed first, because it could not go on
 */
record End(int code, String reason, boolean byClient) {
  /** What RFC 6455 calls a connection that ended without a close frame. */
  static final int NO_CLOSE_FRAME = 1006;

  /** A connection that broke, or could not be opened. */
  static final End BROKEN = new End(NO_CLOSE_FRAME, "", false);

  private static final Set<Integer> REFUSALS =
      Set.of(CloseCode.NOT_UTF8.code(), CloseCode.FRAME_TOO_BIG.code());
  private static final Map<Integer, String> OUR_CLOSES =
      Map.of(
          1007, "a text frame from the server is not UTF-8",
          1009, "a message from the server is larger than maxMessageSize",
          1011, "the server did not answer a ping in time");

  /**
   * Returns the exception for this end.
   *
   * @param lastError the last {@code error} message before it
   * @return a refusal for a code that says what was wrong, a loss for every other
   */
  ConversationException exception(@Nullable ErrorMessage lastError) {
    if (byClient) {
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
    String why = joined("; ", Stream.of(meaning(), reason, said));
    if (isRefusal()) {
      return new ConversationRefusedException(
          "the server closed with " + code + ": " + why,
          code,
          reason,
          said.isEmpty() ? null : said);
    }
    return new ConversationLostException(
        "the server closed with " + code + " before the workflow was over: " + why, code, reason);
  }

  /** Returns whether the code says what was wrong. */
  boolean isRefusal() {
    // A code on which a client would resume is none, in classic either: there is just nothing to
    // resume.
    boolean resumes =
        CloseCode.of(code)
            .map(known -> known.action() == CloseCode.Action.RESUME)
            .orElse(code >= 4200 && code < 4300);
    boolean refusal = REFUSALS.contains(code) || (code >= 4000 && code < 5000 && !resumes);
    return refusal && !byClient;
  }

  private String meaning() {
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
