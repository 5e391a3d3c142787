package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.SessionReady;
import io.github.fastagencyprotocol.sdk.messages.TextChunk;
import io.github.fastagencyprotocol.sdk.messages.TextMessage;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Puts the pieces of streamed texts together (spec FA-FRM-3). Give it every message of one
 * conversation. It holds only the texts that are still being written, and is not for several
 * threads at once.
 */
public final class TextAssembler {
  private final Map<String, String> texts = new HashMap<>();

  /** Makes one that holds no text. */
  public TextAssembler() {}

  /**
   * Takes a message. The {@code text_message} that has the whole text ends a text, and a {@code
   * session_ready} drops all.
   *
   * @param message the message
   * @return the text so far after a {@code text_chunk}, empty for every other message
   */
  public Optional<String> add(ServerMessage message) {
    if (message instanceof TextChunk chunk) {
      String before = chunk.replace() ? "" : texts.getOrDefault(chunk.messageUuid(), "");
      String text = before + chunk.delta();
      texts.put(chunk.messageUuid(), text);
      return Optional.of(text);
    }
    if (message instanceof TextMessage whole) {
      texts.remove(whole.uuid());
    } else if (message instanceof SessionReady) {
      texts.clear();
    }
    return Optional.empty();
  }
}
