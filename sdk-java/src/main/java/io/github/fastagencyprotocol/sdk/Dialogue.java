package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.AnswerAccepted;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.ErrorMessage;
import io.github.fastagencyprotocol.sdk.messages.Outcome;
import io.github.fastagencyprotocol.sdk.messages.Question;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A conversation in one of the dialects. {@link Conversation} explains each method. */
sealed interface Dialogue permits ClassicDialogue, SessionDialogue {
  String workflowUuid();

  ConversationState state();

  Optional<Question> question();

  boolean isOpen(Question question);

  Optional<String> result();

  Optional<Outcome> outcome();

  Optional<ErrorMessage> lastError();

  Optional<String> lastFrame();

  ConnectionState connection();

  Optional<Cursor> cursor();

  boolean answeredElsewhere(AnswerAccepted accepted);

  MessageReader reader();

  void observe(Consumer<? super ConnectionState> observer);

  Optional<String> answer(@Nullable Question question, Reply reply);

  void cancel(@Nullable String reason);

  void close();
}
