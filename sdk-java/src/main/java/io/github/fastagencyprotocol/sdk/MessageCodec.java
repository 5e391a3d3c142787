package io.github.fastagencyprotocol.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.fastagencyprotocol.sdk.internal.JsonText;
import io.github.fastagencyprotocol.sdk.internal.Mismatch;
import io.github.fastagencyprotocol.sdk.json.WireObject;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import java.util.function.Function;

/** Text frames to messages and back. */
public final class MessageCodec {
  private MessageCodec() {}

  /**
   * Decodes one text frame from a server. A frame without {@code type} is a {@code text_message};
   * fields that are not known are ignored; a type that is not known comes back as {@link
   * ServerMessage.Unknown}.
   *
   * @param text the frame
   * @return the message, with defaults filled in
   * @throws MalformedMessageException when the frame is no JSON object, or is a known type with a
   *     missing field or one of the wrong type
   */
  public static ServerMessage decode(String text) {
    return decode(text, ServerMessage::fromJson);
  }

  /**
   * Decodes any other type of the protocol, for example with {@code WorkflowInfo::fromJson}.
   *
   * @param <T> the type
   * @param text the JSON
   * @param type what reads the type
   * @return what the JSON says, with defaults filled in
   * @throws MalformedMessageException when it says something else
   */
  public static <T> T decode(String text, Function<? super JsonNode, ? extends T> type) {
    try {
      return type.apply(JsonText.parse(text));
    } catch (Mismatch mismatch) {
      throw new MalformedMessageException(mismatch.getMessage(), text);
    }
  }

  /**
   * Encodes a message or a frame as strict JSON.
   *
   * @param message the message
   * @return the JSON, on one line
   * @throws IllegalArgumentException for what JSON cannot say (spec FA-CLA-7): NaN, infinities,
   *     text that is not Unicode, and nesting deeper than 500 levels
   */
  public static String encode(WireObject message) {
    return JsonText.write(message.toJson());
  }
}
