package io.github.fastagencyprotocol.sdk;

import static io.github.fastagencyprotocol.sdk.SessionFrames.accepted;
import static io.github.fastagencyprotocol.sdk.SessionFrames.completed;
import static io.github.fastagencyprotocol.sdk.SessionFrames.cursor;
import static io.github.fastagencyprotocol.sdk.SessionFrames.fresh;
import static io.github.fastagencyprotocol.sdk.SessionFrames.malformed;
import static io.github.fastagencyprotocol.sdk.SessionFrames.question;
import static io.github.fastagencyprotocol.sdk.SessionFrames.ready;
import static io.github.fastagencyprotocol.sdk.SessionFrames.replay;
import static io.github.fastagencyprotocol.sdk.SessionFrames.replayed;
import static io.github.fastagencyprotocol.sdk.SessionFrames.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.fastagencyprotocol.sdk.Reconnect.Verdict;
import io.github.fastagencyprotocol.sdk.internal.JsonText;
import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.Outcome;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.TextInput;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60) // A safety net; nothing here waits for time to pass.
class SessionDialogueTest {
  static final Reconnect AT_ONCE = Reconnect.DEFAULT.withDelays(Duration.ZERO, Duration.ZERO);

  /** What a script tells its test. */
  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

  private static ClientBuilder client(FakeServer server) {
    return FastAgencyClient.builder(server.url()).pingInterval(null).reconnect(AT_ONCE);
  }

  private String heard() throws InterruptedException {
    String text = seen.poll(30, TimeUnit.SECONDS);
    assertNotNull(text, "the server heard nothing");
    return text;
  }

  private void say(Peer peer, String... frames) throws IOException {
    for (String frame : frames) {
      peer.text(frame);
    }
  }

  /** A server whose sockets do one script after the other, the last one for all that follow. */
  private static FakeServer server(FakeServer.Script... scripts) throws IOException {
    AtomicInteger sockets = new AtomicInteger();
    return new FakeServer(
            peer -> scripts[Math.min(sockets.getAndIncrement(), scripts.length - 1)].run(peer))
        .withSessions();
  }

  @Test
  void aConversationSurvivesItsConnection() throws Exception {
    AtomicInteger credentials = new AtomicInteger();
    FakeServer.Script first =
        peer -> {
          seen.add(peer.read().text());
          say(peer, fresh(), text(1), question(2, "q1"));
          seen.add(peer.read().text());
          peer.drop();
        };
    FakeServer.Script second =
        peer -> {
          seen.add(peer.read().text());
          say(peer, replay(2), replayed(2));
          String answer = peer.read().text();
          seen.add(answer);
          String id = JsonText.parse(answer).get("answer_id").textValue();
          say(peer, accepted(3, id, "q1"), completed(4, "completed"));
          peer.close(1000, "");
        };
    try (FakeServer server = server(first, second);
        Conversation conversation =
            client(server)
                .headers(() -> Map.of("X-Key", "" + credentials.incrementAndGet()))
                .build()
                .start("quiz")) {
      List<String> types = new ArrayList<>();
      String id = "";
      for (ServerMessage message : conversation) {
        types.add(message.type());
        if (message instanceof TextInput input) {
          assertTrue(conversation.isOpen(input));
          assertEquals(2, conversation.cursor().orElseThrow().afterSeq());
          id = conversation.answer(input, "Ada").orElseThrow();
          assertFalse(conversation.isOpen(input));
        }
      }
      assertEquals(
          List.of("text_message", "text_input", "answer_accepted", "workflow_completed"), types);
      assertEquals(Outcome.COMPLETED, conversation.outcome().orElseThrow());
      assertEquals(ConversationState.COMPLETED, conversation.state());
      assertEquals(ConnectionState.ENDED, conversation.connection());
      assertTrue(heard().startsWith("{\"type\":\"start_workflow\""));
      String answer = heard();
      assertEquals(id, JsonText.parse(answer).get("answer_id").textValue());
      JsonNode resumed = JsonText.parse(heard());
      assertEquals("resume_workflow", resumed.get("type").textValue());
      assertEquals(2, resumed.get("after_seq").intValue());
      assertEquals(answer, heard(), "sent again, as it was");
      assertTrue(conversation.next().isEmpty());
      assertEquals(1, server.requests.size() - server.sockets().size(), "one announcement");
      assertEquals(
          List.of("2 fastagency.v1", "3 fastagency.v1"),
          server.sockets().stream()
              .map(FakeServer.Request::headers)
              .map(it -> it.get("X-Key") + " " + it.get("Sec-WebSocket-Protocol"))
              .toList());
    }
  }

  @Test
  void aSubscriberDoesNotNoticeACut() throws Exception {
    FakeServer.Script first =
        peer -> {
          peer.read();
          say(peer, fresh(), text(1));
          peer.drop();
        };
    FakeServer.Script second =
        peer -> {
          peer.read();
          say(peer, replay(3), text(2), completed(3, "completed"), replayed(3));
          peer.close(1000, "");
        };
    try (FakeServer server = server(first, second);
        Conversation conversation = client(server).build().start("quiz")) {
      Recorder recorder = Recorder.on(conversation);
      recorder.request(Long.MAX_VALUE);
      assertEquals("text_message", recorder.take());
      assertEquals("text_message", recorder.take());
      assertEquals("workflow_completed", recorder.take());
      assertEquals("complete", recorder.take());
    }
  }

  @Test
  void whatIsNotTakenIsSpokenInClassic() throws Exception {
    FakeServer.Script script =
        peer -> {
          seen.add(peer.read().text());
          peer.say("workflow_completed", "{\"result\":\"done\"}");
          peer.close(1000, "");
        };
    try (FakeServer server = new FakeServer(script).advertisingSessions();
        Conversation conversation = client(server).build().start("quiz")) {
      assertEquals("workflow_completed", conversation.next().orElseThrow().type());
      assertTrue(conversation.next().isEmpty());
      assertTrue(conversation.cursor().isEmpty());
      assertTrue(conversation.outcome().isEmpty());
      assertEquals(ConnectionState.ENDED, conversation.connection());
      String first = heard();
      assertFalse(first.contains("type") || first.contains("resume_token"), first);
      assertEquals(1, server.sockets().size());
    }
  }

  @Test
  void classicIsSpokenWhereItIsAskedFor() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.drop();
        };
    try (FakeServer server = server(script).taking("");
        Conversation conversation = client(server).dialect(Dialect.CLASSIC).build().start("quiz")) {
      assertThrows(ConversationLostException.class, conversation::next);
      assertEquals(ConnectionState.LOST, conversation.connection());
      assertNull(server.sockets().get(0).headers().get("Sec-WebSocket-Protocol"));
    }
  }

  @Test
  void nothingIsResumedInClassic() throws Exception {
    try (FakeServer server = new FakeServer(peer -> peer.close(1000, ""))) {
      FastAgencyClient client = client(server).build();
      assertThrows(ServerUnreachableException.class, () -> client.resume(cursor("e1", 1)));
    }
  }

  @Test
  void aCursorBringsAConversationBack() throws Exception {
    FakeServer.Script script =
        peer -> {
          seen.add(JsonText.parse(peer.read().text()).get("after_seq").toString());
          say(peer, ready("reset", "e1", 1, 1), text(1), replayed(1), completed(2, "completed"));
          peer.close(1000, "");
        };
    try (FakeServer server = server(script);
        Conversation conversation = client(server).build().resume(cursor("e1", 1).fromStart())) {
      List<String> types = new ArrayList<>();
      conversation.forEach(message -> types.add(message.type()));
      assertEquals(List.of("session_ready", "text_message", "workflow_completed"), types);
      assertEquals("0", heard());
      assertTrue(server.requests.size() == 1, "nothing is announced again");
    }
  }

  @Test
  void theSameFirstFrameIsSentUntilThereIsASession() throws Exception {
    FakeServer.Script first =
        peer -> {
          seen.add(peer.read().text());
          peer.close(4100, "full");
        };
    FakeServer.Script second =
        peer -> {
          seen.add(peer.read().text());
          peer.drop();
        };
    FakeServer.Script third =
        peer -> {
          seen.add(peer.read().text());
          say(peer, fresh(), completed(1, "completed"));
          peer.close(1000, "");
        };
    try (FakeServer server = server(first, second, third);
        Conversation conversation = client(server).build().start("quiz")) {
      assertEquals("workflow_completed", conversation.next().orElseThrow().type());
      String frame = heard();
      assertEquals(frame, heard());
      assertEquals(frame, heard());
      assertEquals(1, server.requests.size() - server.sockets().size());
    }
  }

  @Test
  void aSilentConnectionIsDroppedAndResumed() throws Exception {
    FakeServer.Script silent =
        peer -> {
          peer.read();
          say(peer, ready("fresh", "e1", 1, 0, 0.05));
          assertThrows(IOException.class, peer::read);
        };
    FakeServer.Script second =
        peer -> {
          peer.read();
          say(peer, replay(0), replayed(0), completed(1, "completed"));
          peer.close(1000, "");
        };
    // With the patience of before the first session, the test's own bound would end it.
    Reconnect patient = AT_ONCE.withPatience(Duration.ofHours(1));
    try (FakeServer server = server(silent, second);
        Conversation conversation = client(server).reconnect(patient).build().start("quiz")) {
      assertEquals("workflow_completed", conversation.next().orElseThrow().type());
    }
  }

  @Test
  void aGapIsDroppedAndResumed() throws Exception {
    FakeServer.Script gap =
        peer -> {
          peer.read();
          say(peer, fresh(), text(1), text(3));
          assertThrows(IOException.class, peer::read);
        };
    FakeServer.Script second =
        peer -> {
          seen.add(JsonText.parse(peer.read().text()).get("after_seq").toString());
          say(peer, replay(3), malformed(2), completed(3, "completed"), replayed(3));
          peer.close(1000, "");
        };
    try (FakeServer server = server(gap, second);
        Conversation conversation = client(server).build().start("quiz")) {
      assertEquals(text(1), read(conversation));
      assertThrows(MalformedMessageException.class, conversation::next);
      assertEquals(2, conversation.cursor().orElseThrow().afterSeq());
      assertEquals(completed(3, "completed"), read(conversation));
      assertEquals("1", heard());
    }
  }

  private static String read(Conversation conversation) {
    conversation.next().orElseThrow();
    return conversation.lastFrame().orElseThrow();
  }

  @Test
  void aServerThatDoesNotCloseAfterTheEndIsNotWaitedForVeryLong() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          say(peer, fresh(), completed(1, "completed"));
          assertThrows(IOException.class, peer::read);
        };
    try (FakeServer server = server(script);
        Conversation conversation =
            client(server).closeTimeout(Duration.ofMillis(50)).build().start("quiz")) {
      conversation.next();
      assertTrue(conversation.next().isEmpty());
    }
  }

  @Test
  void aRefusedReopeningIsTheEnd() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          say(peer, fresh(), text(1));
          peer.close(4201, "");
        };
    String initiated = MessageCodec.encode(SessionFrames.INITIATED);
    AtomicInteger sockets = new AtomicInteger();
    try (FakeServer server = server(script)) {
      server.answering(
          request ->
              request.path().endsWith("/ws") && sockets.incrementAndGet() > 1
                  ? FakeServer.Response.of(403, "{\"detail\":\"no\"}")
                  : FakeServer.Response.of(200, initiated));
      try (Conversation conversation = client(server).build().start("quiz")) {
        assertEquals("text_message", conversation.next().orElseThrow().type());
        ConversationRefusedException refused =
            assertThrows(ConversationRefusedException.class, conversation::next);
        assertTrue(refused.getMessage().contains("403"), refused.getMessage());
        assertEquals("no", refused.detail().orElseThrow());
        assertThrows(ConversationRefusedException.class, conversation::next);
        assertEquals(ConversationState.FAILED, conversation.state());
        assertEquals(2, sockets.get());
      }
    }
  }

  @Test
  void otherStatusesAreTriedAgain() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          say(peer, fresh());
          peer.drop();
        };
    FakeServer.Script second =
        peer -> {
          peer.read();
          say(peer, replay(0), replayed(0), completed(1, "completed"));
          peer.close(1000, "");
        };
    String initiated = MessageCodec.encode(SessionFrames.INITIATED);
    AtomicInteger sockets = new AtomicInteger();
    try (FakeServer server = server(script, second)) {
      server.answering(
          request -> {
            boolean socket = request.path().endsWith("/ws");
            int number = socket ? sockets.incrementAndGet() : 0;
            return FakeServer.Response.of(number == 2 || number == 3 ? 503 : 200, initiated);
          });
      try (Conversation conversation = client(server).build().start("quiz")) {
        assertEquals("workflow_completed", conversation.next().orElseThrow().type());
        assertEquals(4, sockets.get());
      }
    }
  }

  @Test
  void whatTheUsersOwnCodeThrowsIsTheirs() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          say(peer, fresh(), text(1));
          peer.drop();
        };
    RuntimeException theirs = new RuntimeException("the user's session is over");
    AtomicInteger asked = new AtomicInteger();
    try (FakeServer server = server(script);
        Conversation conversation =
            client(server)
                .headers(
                    () -> {
                      if (asked.incrementAndGet() > 2) {
                        throw theirs;
                      }
                      return Map.of();
                    })
                .build()
                .start("quiz")) {
      assertEquals("text_message", conversation.next().orElseThrow().type());
      assertSame(theirs, assertThrows(RuntimeException.class, conversation::next));
      assertSame(theirs, assertThrows(RuntimeException.class, conversation::next));
      Recorder recorder = Recorder.on(conversation);
      recorder.request(1);
      assertSame(theirs, recorder.take());
    }
    try (FakeServer server = server(script);
        Conversation conversation =
            client(server)
                .reconnect(
                    AT_ONCE.withShouldRetry(
                        (code, reason, attempt) -> {
                          throw theirs;
                        }))
                .build()
                .start("quiz")) {
      assertEquals("text_message", conversation.next().orElseThrow().type());
      assertSame(theirs, assertThrows(RuntimeException.class, conversation::next));
      assertEquals(ConnectionState.LOST, conversation.connection());
    }
  }

  @Test
  void anAnswerToTheFirstFrameIsNeverTooEarly() throws Exception {
    // The JDK's WebSocket can break on what arrives while it still opens: many tries.
    FakeServer.Script script =
        peer -> {
          peer.read();
          say(peer, fresh(), text(1));
          peer.drop();
        };
    Reconnect never = AT_ONCE.withShouldRetry((code, reason, attempt) -> Verdict.NO);
    try (FakeServer server = server(script)) {
      FastAgencyClient client = client(server).reconnect(never).build();
      for (int tries = 0; tries < 200; tries++) {
        try (Conversation conversation = client.start("quiz")) {
          assertEquals("text_message", conversation.next().orElseThrow().type());
          assertThrows(ConversationLostException.class, conversation::next);
        }
      }
    }
  }

  @Test
  void theConnectionIsShown() throws Exception {
    BlockingQueue<String> cue = new LinkedBlockingQueue<>();
    FakeServer.Script first =
        peer -> {
          peer.read();
          say(peer, fresh(), text(1));
          await(cue);
          peer.close(4200, "");
        };
    FakeServer.Script second =
        peer -> {
          peer.read();
          say(peer, replay(1), replayed(1), completed(2, "completed"));
          peer.close(1000, "");
        };
    try (FakeServer server = server(first, second);
        Conversation conversation =
            client(server).executor(SessionDialogueTest::forgiving).build().start("quiz")) {
      conversation.next();
      conversation.onConnection(
          state -> {
            throw new IllegalStateException("an observer's own fault stops no other");
          });
      conversation.onConnection(state -> seen.add(state.wireValue()));
      assertEquals("live", heard());
      cue.add("go");
      assertEquals("reconnecting", heard());
      assertEquals("live", heard());
      conversation.next();
      assertEquals("ended", heard());
    }
  }

  @Test
  void aUserWhoDoesNotReadHoldsTheServerBackAndCanStillCancel() throws Exception {
    int count = 20_000;
    String padding = " ".repeat(2_000);
    AtomicInteger sent = new AtomicInteger();
    FakeServer.Script script =
        peer -> {
          peer.read();
          say(peer, fresh(), question(1, "q1"));
          Thread listener =
              new Thread(
                  () -> {
                    try {
                      seen.add(peer.read().text());
                      seen.add(peer.read().text());
                    } catch (IOException error) {
                      seen.add(error.toString());
                    }
                  });
          listener.start();
          while (sent.get() < count) {
            say(peer, text(sent.incrementAndGet() + 1) + padding);
          }
          say(peer, completed(count + 2, "cancelled"));
          peer.close(1000, "");
        };
    try (FakeServer server = server(script);
        Conversation conversation = client(server).build().start("quiz")) {
      conversation.next();
      int before = -1;
      while (sent.get() == 0 || sent.get() != before) {
        before = sent.get();
        Thread.sleep(300); // However long it is: who need not wait gets on.
      }
      assertTrue(before < count, "the server never had to wait");
      conversation.answer("Ada");
      conversation.cancel("enough");
      assertTrue(heard().contains("Ada"));
      assertTrue(heard().contains("enough"));
      int messages = 0;
      for (ServerMessage message : conversation) {
        messages++;
      }
      assertEquals(count + 1, messages);
      assertEquals(ConversationState.CANCELLED, conversation.state());
    }
  }

  /** Runs a task in a thread of its own, which says nothing of what is thrown at it. */
  private static void forgiving(Runnable task) {
    Thread thread = new Thread(task);
    thread.setUncaughtExceptionHandler((where, error) -> {});
    thread.start();
  }

  static void await(BlockingQueue<String> cue) {
    try {
      cue.poll(30, TimeUnit.SECONDS);
    } catch (InterruptedException error) {
      throw new IllegalStateException(error);
    }
  }
}
