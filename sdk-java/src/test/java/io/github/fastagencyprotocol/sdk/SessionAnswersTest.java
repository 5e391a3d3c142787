package io.github.fastagencyprotocol.sdk;

import static io.github.fastagencyprotocol.sdk.SessionFrames.accepted;
import static io.github.fastagencyprotocol.sdk.SessionFrames.cursor;
import static io.github.fastagencyprotocol.sdk.SessionFrames.logged;
import static io.github.fastagencyprotocol.sdk.SessionFrames.password;
import static io.github.fastagencyprotocol.sdk.SessionFrames.question;
import static io.github.fastagencyprotocol.sdk.SessionFrames.ready;
import static io.github.fastagencyprotocol.sdk.SessionFrames.rejected;
import static io.github.fastagencyprotocol.sdk.SessionFrames.replay;
import static io.github.fastagencyprotocol.sdk.SessionFrames.replayed;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.fastagencyprotocol.sdk.messages.AnswerAccepted;
import io.github.fastagencyprotocol.sdk.messages.AnswerRejected;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.MultipleChoice;
import io.github.fastagencyprotocol.sdk.messages.Question;
import io.github.fastagencyprotocol.sdk.messages.TextInput;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers are sent at least once and taken exactly once (spec FA-ANS). */
class SessionAnswersTest {
  @Test
  void anAnswerIsSentAgainUntilItIsSettled() {
    Talk talk = Talk.live(question(1, "q1"));
    assertEquals(ConversationState.AWAITING_ANSWER, talk.protocol.state());
    String id = talk.answer("Ada");
    assertEquals(ConversationState.RUNNING, talk.protocol.state());
    List<JsonNode> first = talk.sent();
    assertEquals(
        "[{\"type\":\"answer\",\"question_uuid\":\"q1\",\"answer_id\":\"%s\",\"value\":\"Ada\"}]"
            .formatted(id),
        first.toString());
    assertEquals(List.of(), talk.sent());
    assertThrows(NotAskedException.class, () -> talk.answer("twice"));
    talk.drop();
    assertEquals(List.of(), talk.sent());
    talk.open(replay(1));
    assertEquals(List.of(), talk.sent(), "not before the replay has told what became of it");
    talk.hear(replayed(1));
    assertEquals(first, talk.sent());
    talk.hear(accepted(2, id, "q1"));
    assertFalse(
        talk.protocol.answeredElsewhere(assertInstanceOf(AnswerAccepted.class, talk.last())));
    talk.drop();
    talk.open(replay(2), replayed(2));
    assertEquals(List.of(), talk.sent());
  }

  @Test
  void anAnswerThatTheReplaySettlesIsNotSentAgain() {
    Talk talk = Talk.live(question(1, "q1"));
    String id = talk.answer("Ada");
    talk.sent();
    talk.drop();
    talk.open(replay(2), accepted(2, id, "q1"), replayed(2));
    assertEquals(List.of(), talk.sent());
  }

  @Test
  void anAcceptanceThatIsRepeatedSettlesAndIsNotShownAgain() {
    Talk talk = Talk.live(question(1, "q1"));
    String id = talk.answer("Ada");
    talk.hear(accepted(2, id, "q1"), accepted(2, id, "q1"));
    assertEquals(List.of("text_input", "answer_accepted"), talk.types());
    // Of an answer that this client does not know to be taken: from a log that was trimmed.
    talk.hear(question(3, "q2"));
    String other = talk.answer("Bob");
    talk.hear(accepted(2, other, "q2"));
    assertEquals(3, talk.seen.size());
    talk.drop();
    talk.open(replay(3), replayed(3));
    assertEquals(List.of(), talk.sent());
  }

  @Test
  void answersCanBeGivenWhileThereIsNoConnection() {
    Talk talk = Talk.live(question(1, "q1"));
    talk.drop();
    talk.answer("Ada");
    talk.open(replay(1), replayed(1));
    assertEquals("Ada", talk.sent().get(0).get("value").textValue());
  }

  @ParameterizedTest
  @CsvSource({"invalid_value, true", "question_closed, false", "unknown_question, false"})
  void aRejectedAnswerComesBack(String reason, boolean open) {
    Talk talk = Talk.live(question(1, "q1"));
    Question asked = talk.protocol.question().orElseThrow();
    String id = talk.answer("Ada");
    talk.hear(rejected(id, "q1", reason));
    assertInstanceOf(AnswerRejected.class, talk.last());
    assertEquals(open, talk.protocol.isOpen(asked));
    assertEquals(open, talk.protocol.question().isPresent());
    assertEquals(open, talk.protocol.state() == ConversationState.AWAITING_ANSWER);
    talk.drop();
    talk.open(replay(1), replayed(1));
    assertEquals(List.of(), talk.sent());
  }

  @Test
  void answeredElsewhere() {
    Talk talk = Talk.live(question(1, "q1"));
    String mine = talk.answer("mine");
    talk.hear(accepted(2, "of another tab", "q1"));
    assertTrue(talk.protocol.answeredElsewhere((AnswerAccepted) talk.last()));
    assertTrue(talk.protocol.question().isEmpty());
    assertEquals(List.of(), talk.sent());
    talk.hear(rejected(mine, "q1", "question_closed"), question(3, "q2"), accepted(4, null, "q2"));
    // Its time ran out: nobody answered.
    assertFalse(talk.protocol.answeredElsewhere((AnswerAccepted) talk.last()));
  }

  @Test
  void aReplayedQuestionIsKnownToBeAnsweredWhenItIsShown() {
    Talk talk = new Talk(cursor("e1", 0));
    talk.open(ready("reset", "e1", 1, 3), question(1, "q1"), accepted(2, "x", "q1"));
    talk.receive(question(3, "q2"));
    List<String> seen = new ArrayList<>();
    for (Arrival arrival : talk.receive(replayed(3))) {
      talk.read(List.of(arrival));
      if (arrival.message() instanceof TextInput input) {
        boolean open = talk.protocol.isOpen(input);
        seen.add(input.uuid() + " " + open + " " + talk.protocol.state().wireValue());
      }
    }
    assertEquals(List.of("q1 false running", "q2 true awaiting_answer"), seen);
  }

  @Test
  void theStateIsAsOfWhatTheUserWasGiven() {
    Talk talk = Talk.live();
    List<Arrival> asked = talk.receive(question(1, "q1"));
    assertEquals(ConversationState.RUNNING, talk.protocol.state());
    assertTrue(talk.protocol.question().isEmpty());
    List<Arrival> answered = talk.receive(accepted(2, "of another tab", "q1"));
    talk.read(asked);
    assertEquals(ConversationState.AWAITING_ANSWER, talk.protocol.state());
    assertTrue(talk.protocol.question().isEmpty(), "an answer would come too late");
    talk.read(answered);
    assertEquals(ConversationState.RUNNING, talk.protocol.state());
  }

  @Test
  void aGivenQuestionIsAnswered() {
    Talk talk = Talk.live(question(1, "q1"), question(2, "q2"));
    Question second = (Question) talk.seen.get(1);
    talk.protocol.answer(second, Answers.reply("second"));
    assertEquals("q2", talk.sent().get(0).get("question_uuid").textValue());
    assertThrows(
        NotAskedException.class, () -> talk.protocol.answer(second, Answers.reply("twice")));
    talk.answer("first");
    assertEquals("q1", talk.sent().get(0).get("question_uuid").textValue());
  }

  @Test
  void choicesAreAList() {
    String several = "{\"choices\":[\"a\",\"b,c\"],\"single\":false}";
    Talk talk = Talk.live(logged(1, "multiple_choice", "q1", several));
    Question question = assertInstanceOf(MultipleChoice.class, talk.last());
    assertThrows(
        NotAskedException.class, () -> talk.protocol.answer(null, Answers.reply(List.of("c"))));
    assertTrue(talk.protocol.isOpen(question));
    talk.protocol.answer(null, Answers.reply(List.of("b,c", "a")));
    assertEquals("[\"b,c\",\"a\"]", talk.sent().get(0).get("value").toString());
    talk.hear(logged(2, "multiple_choice", "q2", "{\"choices\":[\"a\"]}"));
    talk.protocol.answer(null, Answers.reply(List.of("a")));
    assertEquals("\"a\"", talk.sent().get(0).get("value").toString());
  }

  @Test
  void aPasswordIsInNothingThatIsPrintedAndGoneWhenItIsSettled() throws Exception {
    Talk talk = Talk.live(password(1, "q1"));
    String id = talk.answer("hunter2");
    assertFalse(printed(talk.protocol, 3).contains("hunter2"));
    talk.hear(rejected(id, "q1", "invalid_value"));
    RuntimeException refused =
        assertThrows(
            NotAskedException.class,
            () -> talk.protocol.answer(null, Answers.reply(List.of("hunter2"))));
    assertFalse(refused.toString().contains("hunter2"));
    talk.answer("hunter2");
    talk.drop(4003); // Given up: nobody will ask for it again.
    talk.open(replay(1), replayed(1));
    assertEquals(List.of(), talk.sent());
  }

  /** Returns what a debugger or a logger would show of an object's fields. */
  private static String printed(Object object, int depth) throws Exception {
    StringBuilder text = new StringBuilder(String.valueOf(object));
    boolean ours = object != null && object.getClass().getName().startsWith("io.github");
    if (ours && depth > 0) {
      for (Field field : Arrays.asList(object.getClass().getDeclaredFields())) {
        field.setAccessible(true);
        if (!field.isSynthetic()) {
          text.append(field.getName()).append('=').append(printed(field.get(object), depth - 1));
        }
      }
    }
    return text.toString();
  }
}
