package io.github.fastagencyprotocol.sdk;

import static io.github.fastagencyprotocol.sdk.SessionFrames.TOKEN;
import static io.github.fastagencyprotocol.sdk.SessionFrames.chunk;
import static io.github.fastagencyprotocol.sdk.SessionFrames.completed;
import static io.github.fastagencyprotocol.sdk.SessionFrames.cursor;
import static io.github.fastagencyprotocol.sdk.SessionFrames.fresh;
import static io.github.fastagencyprotocol.sdk.SessionFrames.inState;
import static io.github.fastagencyprotocol.sdk.SessionFrames.keepAlive;
import static io.github.fastagencyprotocol.sdk.SessionFrames.logged;
import static io.github.fastagencyprotocol.sdk.SessionFrames.malformed;
import static io.github.fastagencyprotocol.sdk.SessionFrames.question;
import static io.github.fastagencyprotocol.sdk.SessionFrames.ready;
import static io.github.fastagencyprotocol.sdk.SessionFrames.replay;
import static io.github.fastagencyprotocol.sdk.SessionFrames.replayed;
import static io.github.fastagencyprotocol.sdk.SessionFrames.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.fastagencyprotocol.sdk.Reconnect.Verdict;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.Outcome;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.SessionReady;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The log, the cursor and the connections; answers have a test of their own. */
class SessionProtocolTest {
  @Test
  void aStartBringsItsTokenAndMayBeRepeated() {
    Talk talk = new Talk(Talk.POLICY);
    assertEquals(ConnectionState.CONNECTING, talk.protocol.connection());
    assertEquals(ConversationState.CREATED, talk.protocol.state());
    assertTrue(talk.protocol.cursor().isEmpty());
    JsonNode first = talk.open();
    assertEquals("start_workflow", first.get("type").textValue());
    assertEquals(TOKEN, first.get("resume_token").textValue());
    assertEquals("{\"level\":1}", first.get("params").toString());
    assertNotNull(talk.drop().delay());
    assertEquals(first, talk.open(ready("reset", "e1", 1, 1), text(1), replayed(1)));
    // Nothing was shown before, so nothing is to be dropped.
    assertEquals(List.of("m1"), talk.bodies());
  }

  @Test
  void aResumeSaysWhereItStands() {
    Talk talk = Talk.live(text(1), text(2));
    assertEquals(cursor("e1", 2), talk.protocol.cursor().orElseThrow());
    talk.drop();
    assertEquals(ConnectionState.RECONNECTING, talk.protocol.connection());
    JsonNode first = talk.open(replay(3));
    assertEquals("resume_workflow", first.get("type").textValue());
    assertEquals("e1", first.get("epoch").textValue());
    assertEquals(2, first.get("after_seq").intValue());
    assertEquals(TOKEN, first.get("resume_token").textValue());
    talk.hear(text(3));
    assertEquals(List.of("m1", "m2"), talk.bodies(), "held back until the replay is complete");
    talk.hear(replayed(3));
    assertEquals(List.of("m1", "m2", "m3"), talk.bodies());
    assertEquals(ConnectionState.LIVE, talk.protocol.connection());
  }

  @Test
  void whatIsKnownIsDroppedAndAGapResumes() {
    Talk talk = Talk.live(text(1), text(2), text(2), text(1));
    assertEquals(List.of("m1", "m2"), talk.bodies());
    talk.hear(text(4), text(5));
    assertTrue(talk.protocol.broken());
    assertEquals(List.of("m1", "m2"), talk.bodies());
    assertNotNull(talk.protocol.disconnected(new End(1000, "", true), talk.nanos()).delay());
    assertEquals(2, talk.open().get("after_seq").intValue());
    assertFalse(talk.protocol.broken());
  }

  @Test
  void anUnknownTypeMovesTheCursorAndAMalformedMessageToo() {
    Talk talk = Talk.live("{\"type\":\"later_type\",\"seq\":1}");
    assertInstanceOf(ServerMessage.Unknown.class, talk.last());
    talk.hear(malformed(2));
    assertNull(talk.last());
    assertEquals(2, talk.protocol.cursor().orElseThrow().afterSeq());
    talk.hear("no JSON", malformed(2), text(3));
    assertFalse(talk.protocol.broken());
    assertEquals(List.of("later_type", "malformed", "malformed", "m3"), talk.bodies());
    assertEquals(3, talk.protocol.cursor().orElseThrow().afterSeq());
  }

  @Test
  void theCursorMovesWithWhatTheUserWasGiven() {
    Talk talk = Talk.live(text(1));
    List<Arrival> unread = new ArrayList<>(talk.receive(text(2)));
    assertEquals(1, talk.protocol.cursor().orElseThrow().afterSeq());
    talk.drop();
    assertEquals(2, talk.open(ready("reset", "e2", 7, 7), text(7)).get("after_seq").intValue());
    // The log is another one already, but not for the user.
    assertEquals(cursor("e1", 1), talk.protocol.cursor().orElseThrow());
    unread.addAll(talk.receive(replayed(7)));
    talk.read(unread.subList(0, 1));
    assertEquals(cursor("e1", 2), talk.protocol.cursor().orElseThrow());
    talk.read(unread.subList(1, 2));
    assertEquals(cursor("e2", 6), talk.protocol.cursor().orElseThrow());
    talk.read(unread.subList(2, 3));
    assertEquals(cursor("e2", 7), talk.protocol.cursor().orElseThrow());
  }

  @Test
  void aReplayThatBreaksOffLosesNothing() {
    Talk talk = Talk.live(text(1));
    talk.drop();
    talk.open(replay(5), text(2), malformed(3));
    talk.drop();
    assertEquals(List.of("m1"), talk.bodies());
    assertEquals(3, talk.open(replay(5)).get("after_seq").intValue());
    talk.hear(text(4), text(5), replayed(5));
    assertEquals(List.of("m1", "m2", "malformed", "m4", "m5"), talk.bodies());
  }

  @Test
  void aResetDropsTheReplayThatBrokeOff() {
    Talk talk = Talk.live(text(1));
    talk.drop();
    talk.open(replay(3), text(2));
    talk.drop();
    talk.open(ready("reset", "e2", 4, 4), text(4), replayed(4));
    assertEquals(List.of("m1", "session_ready", "m4"), talk.bodies());
  }

  @Test
  void aResetThatBreaksOffIsStillTold() {
    Talk talk = Talk.live(text(1));
    talk.drop();
    talk.open(ready("reset", "e2", 1, 2), text(1));
    talk.drop();
    talk.open(ready("replay", "e2", 1, 2), text(2), replayed(2));
    assertEquals(List.of("m1", "session_ready", "m1", "m2"), talk.bodies());
  }

  @ParameterizedTest
  @ValueSource(ints = {1006, 4010})
  void theEndInAReplayThatBreaksOffIsAnEnd(int code) {
    Talk talk = Talk.live(text(1));
    talk.drop();
    talk.open(replay(3), text(2), completed(3, "completed"));
    SessionProtocol.Next next = talk.drop(code);
    assertNull(next.delay());
    talk.read(next.rest());
    assertEquals(List.of("m1", "m2", "workflow_completed"), talk.bodies());
    assertTrue(talk.protocol.deliverEnd().isEmpty());
    assertEquals("done", talk.protocol.view().result().orElseThrow());
    assertEquals(ConversationState.COMPLETED, talk.protocol.state());
    assertEquals(ConnectionState.ENDED, talk.protocol.connection());
  }

  @Test
  void aReplayThatNothingFollowsIsShownBeforeTheLoss() {
    Talk talk = Talk.live(text(1));
    talk.drop();
    talk.open(replay(3), text(2));
    SessionProtocol.Next next = talk.drop(4010);
    assertEquals(ConversationState.RUNNING, talk.protocol.state(), "the user has not seen the end");
    talk.read(next.rest());
    assertEquals(List.of("m1", "m2"), talk.bodies());
    assertInstanceOf(ConversationRefusedException.class, talk.protocol.deliverEnd().orElseThrow());
    assertEquals(ConversationState.FAILED, talk.protocol.state());
  }

  @Test
  void whatWasReceivedAndNotReadYetIsDroppedByAResetToo() {
    Talk talk = Talk.live();
    talk.receive(text(1)); // The user is busy.
    talk.drop();
    talk.open(ready("reset", "e1", 1, 1), text(1), replayed(1));
    assertEquals(List.of("session_ready", "m1"), talk.bodies());
  }

  @Test
  void aResetTellsTheUserToDropWhatWasShown() {
    Talk talk = Talk.live(text(1), question(2, "q1"));
    talk.drop();
    talk.open(ready("reset", "e2", 5, 5), text(5), replayed(5));
    assertInstanceOf(SessionReady.class, talk.seen.get(2));
    assertTrue(talk.protocol.question().isEmpty());
    assertEquals(ConversationState.RUNNING, talk.protocol.state());
    assertEquals(cursor("e2", 5), talk.protocol.cursor().orElseThrow());
  }

  @Test
  void theEndIsNotedAsTheUserReadsIt() {
    Talk talk = Talk.live(text(1));
    List<Arrival> last = talk.receive(completed(2, "failed"));
    assertTrue(talk.protocol.isCompleted());
    assertEquals(ConversationState.RUNNING, talk.protocol.state());
    assertEquals(ConnectionState.LIVE, talk.protocol.connection());
    assertNull(talk.drop(1000).delay());
    assertEquals(ConnectionState.LIVE, talk.protocol.connection());
    talk.read(last);
    assertEquals(ConversationState.FAILED, talk.protocol.state());
    assertEquals(Outcome.FAILED, talk.protocol.view().outcome().orElseThrow());
    assertTrue(talk.protocol.deliverEnd().isEmpty());
  }

  @Test
  void cancellingIsSaidUntilItHasHappened() {
    Talk talk = Talk.live(text(1));
    talk.drop();
    talk.protocol.cancel("enough");
    String cancel = "[{\"type\":\"cancel_workflow\",\"reason\":\"enough\"}]";
    for (int tries = 0; tries < 2; tries++) {
      talk.open(replay(1), replayed(1));
      assertEquals(cancel, talk.sent().toString());
      assertEquals(List.of(), talk.sent());
      talk.drop(); // Nobody knows whether it arrived.
    }
    talk.open(replay(2), completed(2, "cancelled"), replayed(2));
    assertEquals(ConversationState.CANCELLED, talk.protocol.state());
    assertEquals(ConnectionState.ENDED, talk.protocol.connection());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cancellingIsNotSaidAfterTheEnd(boolean inTheReplay) {
    Talk talk = Talk.live(text(1));
    if (!inTheReplay) {
      talk.protocol.cancel("enough");
    }
    talk.drop();
    talk.open(replay(2), completed(2, "completed"));
    if (inTheReplay) {
      talk.protocol.cancel("enough");
    }
    talk.hear(replayed(2));
    assertEquals(List.of(), talk.sent());
  }

  @ParameterizedTest
  @EnumSource(Outcome.class)
  void whatWasOverAndReadEndsAsItDid(Outcome outcome) {
    Talk talk = new Talk(cursor("e1", 3));
    talk.open(inState(outcome.wireValue(), replay(3)), replayed(3));
    assertEquals(ConversationState.RUNNING, talk.protocol.state());
    assertTrue(talk.protocol.view().outcome().isEmpty());
    assertNull(talk.drop(1000).delay());
    assertTrue(talk.protocol.deliverEnd().isEmpty());
    assertEquals(outcome.wireValue(), talk.protocol.state().wireValue());
    assertEquals(outcome, talk.protocol.view().outcome().orElseThrow());
    assertTrue(talk.protocol.view().result().isEmpty());
    assertEquals(ConnectionState.ENDED, talk.protocol.connection());
    assertThrows(NotAskedException.class, () -> talk.answer("late"));
  }

  @Test
  void aResetIsToldBeforeTheEndThatWasRead() {
    Talk talk = new Talk(cursor("e1", 3));
    talk.open();
    talk.receive(inState("failed", ready("reset", "e2", 4, 3)));
    List<Arrival> unread = talk.receive(replayed(3));
    assertNull(talk.drop(1000).delay());
    assertEquals(ConversationState.RUNNING, talk.protocol.state());
    assertEquals(ConnectionState.LIVE, talk.protocol.connection());
    talk.read(unread);
    assertEquals(List.of("session_ready"), talk.bodies());
    assertEquals(ConversationState.FAILED, talk.protocol.state());
    assertEquals(ConnectionState.ENDED, talk.protocol.connection());
  }

  @Test
  void aStartThatIsOverWithNothingHeldEndsToo() {
    Talk talk = new Talk(Talk.POLICY);
    talk.open(inState("completed", ready("reset", "e1", 4, 3)), replayed(3));
    assertNull(talk.drop(1000).delay());
    assertEquals(ConversationState.COMPLETED, talk.protocol.state());
    assertEquals(cursor("e1", 3), talk.protocol.cursor().orElseThrow());
  }

  @ParameterizedTest
  @CsvSource({
    "running, true, 1000, false",
    "awaiting_answer, true, 1000, false",
    "later_state, true, 1000, false",
    "completed, false, 1000, false",
    "completed, true, 1008, false",
    "completed, true, 1000, true",
  })
  void theSameCloseIsALossOtherwise(String state, boolean whole, int code, boolean byClient) {
    Talk talk = new Talk(cursor("e1", 3));
    talk.open(inState(state, replay(3)));
    talk.hear(whole ? replayed(3) : keepAlive());
    assertNull(talk.protocol.disconnected(new End(code, "", byClient), talk.nanos()).delay());
    assertInstanceOf(ConversationLostException.class, talk.protocol.deliverEnd().orElseThrow());
    assertEquals(ConnectionState.LOST, talk.protocol.connection());
  }

  @ParameterizedTest
  @ValueSource(ints = {4000, 4001, 4003, 4004, 4008, 4009, 4010, 4099, 1007, 1009})
  void codesThatRefuse(int code) {
    Talk talk = Talk.live(text(1));
    assertNull(talk.drop(code).delay());
    assertInstanceOf(ConversationRefusedException.class, talk.protocol.deliverEnd().orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 1002, 1008, 3000})
  void codesThatLose(int code) {
    Talk talk = Talk.live(text(1));
    assertNull(talk.drop(code).delay());
    assertInstanceOf(ConversationLostException.class, talk.protocol.deliverEnd().orElseThrow());
    assertEquals(ConnectionState.LOST, talk.protocol.connection());
    assertEquals(ConversationState.CANCELLED, talk.protocol.state());
  }

  @ParameterizedTest
  @ValueSource(ints = {1001, 1006, 1011, 1012, 4100, 4101, 4199})
  void codesToBackOffOn(int code) {
    assertEquals(Duration.ofMillis(500), Talk.live(text(1)).drop(code).delay());
  }

  @ParameterizedTest
  @ValueSource(ints = {4200, 4201, 4299})
  void codesToResumeAtOnceOn(int code) {
    Talk talk = Talk.live(text(1));
    assertEquals(Duration.ZERO, talk.drop(code).delay());
    assertEquals(Duration.ofSeconds(1), talk.drop(code).delay());
  }

  @ParameterizedTest
  @CsvSource({"1007", "1009", "1002"})
  void whatThisSideCannotReadIsNotTriedAgain(int code) {
    Talk talk = Talk.live(text(1));
    assertNull(talk.protocol.disconnected(new End(code, "", true), talk.nanos()).delay());
  }

  @Test
  void delaysGrowAndBeginAgainAfterProgress() {
    Talk talk = Talk.live(text(1));
    List<Duration> waits = new ArrayList<>();
    for (int tries = 0; tries < 8; tries++) {
      waits.add(talk.drop().delay());
    }
    assertEquals(
        List.of(500, 1000, 2000, 4000, 8000, 15000, 15000, 15000),
        waits.stream().map(Duration::toMillis).map(Long::intValue).toList());
    talk.open(replay(2), text(2));
    assertEquals(Duration.ofMillis(500), talk.drop().delay());
    assertEquals(Duration.ofSeconds(1), talk.drop().delay());
    talk.open(replay(2), replayed(2));
    assertEquals(Duration.ofMillis(500), talk.drop().delay());
  }

  @Test
  void noNumberOfAttemptsIsTooMuch() {
    assertEquals(
        Duration.ofSeconds(30),
        Talk.POLICY.delay(End.BROKEN, Integer.MAX_VALUE, () -> 1.0).orElseThrow());
    assertEquals(Duration.ZERO, Talk.POLICY.delay(End.BROKEN, 1, () -> 0.0).orElseThrow());
    Duration negative = Duration.ofSeconds(-1);
    assertThrows(IllegalArgumentException.class, () -> Talk.POLICY.withPatience(negative));
  }

  @ParameterizedTest
  @CsvSource({"4004, YES, true", "1006, NO, false", "1006, AS_THE_CODE_SAYS, true"})
  void shouldRetryWins(int code, Verdict verdict, boolean again) {
    List<String> asked = new ArrayList<>();
    Talk talk =
        new Talk(
            Talk.POLICY.withShouldRetry(
                (number, reason, attempt) -> {
                  asked.add(number + " " + reason + " " + attempt);
                  return verdict;
                }));
    talk.open(fresh());
    End end = new End(code, "why", false);
    assertEquals(again, talk.protocol.disconnected(end, talk.nanos()).delay() != null);
    assertEquals(List.of(code + " why 1"), asked);
  }

  @Test
  void itGivesUpWhenTheConversationMustBeGone() {
    Talk talk = Talk.live(text(1));
    assertNotNull(talk.drop().delay());
    talk.now = 155;
    assertNotNull(talk.drop().delay());
    talk.now = 161;
    assertNull(talk.drop().delay());
    assertEquals(ConnectionState.LOST, talk.protocol.connection());
    assertThrows(ConversationLostException.class, () -> talk.answer("too late"));
  }

  @Test
  void itGivesUpWhenThereIsNoSessionInTime() {
    Talk talk = new Talk(Talk.POLICY.withPatience(Duration.ofSeconds(5)));
    ServerUnreachableException gone = new ServerUnreachableException("gone", null);
    assertNotNull(talk.protocol.notOpened(gone, talk.nanos()).delay());
    talk.now = 104.5;
    assertNull(talk.protocol.notOpened(gone, talk.nanos()).delay());
    assertInstanceOf(ConversationLostException.class, talk.protocol.deliverEnd().orElseThrow());
  }

  @ParameterizedTest
  @CsvSource({"401, false", "403, false", "404, false", "500, true", "503, true"})
  void aSocketThatIsRefusedForGoodIsNotTriedAgain(int status, boolean again) {
    Talk talk = Talk.live(text(1));
    talk.drop();
    RequestRefusedException refused = new RequestRefusedException(status, "no", null);
    assertEquals(again, talk.protocol.notOpened(refused, talk.nanos()).delay() != null);
    assertEquals(again, talk.protocol.deliverEnd().isEmpty());
    if (!again) {
      assertEquals(ConversationState.FAILED, talk.protocol.state());
    }
  }

  @Test
  void silenceIsCounted() {
    Talk talk = Talk.live(text(1));
    assertEquals((long) (115 * 1e9), talk.protocol.deadline());
    talk.now = 110;
    talk.hear(keepAlive());
    assertEquals((long) (125 * 1e9), talk.protocol.deadline());
    assertEquals(List.of("m1"), talk.bodies());
    talk.now = 120;
    talk.protocol.listening(talk.nanos());
    assertEquals((long) (135 * 1e9), talk.protocol.deadline());
  }

  @Test
  void textsAreAssembled() {
    TextAssembler texts = new TextAssembler();
    Talk talk = Talk.live(chunk("u1", "Prime ", false), chunk("u1", "numbers", false));
    assertEquals("Prime ", texts.add(talk.seen.get(0)).orElseThrow());
    assertEquals("Prime numbers", texts.add(talk.seen.get(1)).orElseThrow());
    talk.hear(chunk("u1", "Again", true), text(1), chunk("u1", "new", false));
    assertEquals("Again", texts.add(talk.seen.get(2)).orElseThrow());
    assertTrue(texts.add(talk.seen.get(3)).isEmpty());
    assertEquals("new", texts.add(talk.seen.get(4)).orElseThrow());
    talk.drop();
    talk.open(ready("reset", "e2", 1, 0), replayed(0), chunk("u1", "more", false));
    assertTrue(texts.add(talk.seen.get(5)).isEmpty());
    assertEquals("more", texts.add(talk.seen.get(6)).orElseThrow());
  }

  @Test
  void aCursorThereAndBack() {
    Cursor cursor = cursor("e1", 7);
    assertEquals(
        "{\"workflow_uuid\":\"%s\",\"resume_token\":\"%s\",\"epoch\":\"e1\",\"after_seq\":7}"
            .formatted(FakeServer.UUID, TOKEN),
        cursor.encode());
    assertEquals(cursor, Cursor.decode(cursor.encode()));
    assertEquals(cursor("e1", 0), cursor.fromStart());
    assertFalse(cursor.toString().contains(TOKEN));
    for (String wrong :
        List.of(
            "[]",
            "{}",
            cursor.encode().replace("7", "true"),
            cursor.encode().replace("\"e1\"", "1"),
            cursor.encode() + "}")) {
      String why =
          assertThrows(IllegalArgumentException.class, () -> Cursor.decode(wrong)).getMessage();
      assertTrue(why.startsWith("this is no cursor: "), why);
      assertFalse(why.contains(TOKEN));
    }
  }

  @Test
  void whatIsLeftIsOver() {
    Talk talk = Talk.live(question(1, "q1"));
    talk.protocol.leave();
    assertNull(talk.drop(1000).delay());
    assertEquals(ConnectionState.ENDED, talk.protocol.connection());
    assertEquals(ConversationState.CANCELLED, talk.protocol.state());
    assertTrue(talk.protocol.deliverEnd().isEmpty());
    assertEquals(cursor("e1", 1), talk.protocol.cursor().orElseThrow());
    assertThrows(NotAskedException.class, () -> talk.answer("late"));
  }

  @Test
  void errorsAreRemembered() {
    String error = "{\"short\":\"No.\",\"long\":\"Not here.\"}";
    Talk talk = Talk.live(logged(1, "error", "e", error));
    assertEquals("No.", talk.protocol.view().lastError().orElseThrow().content().shortText());
    talk.drop(4003);
    RuntimeException end = talk.protocol.deliverEnd().orElseThrow();
    assertEquals("No: Not here", ((ConversationRefusedException) end).detail().orElseThrow());
  }
}
