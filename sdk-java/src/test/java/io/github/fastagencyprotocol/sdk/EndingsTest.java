package io.github.fastagencyprotocol.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60) // A safety net; nothing here waits for time to pass.
class EndingsTest {
  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

  private static ClientBuilder client(FakeServer server) {
    return FastAgencyClient.builder(server.url()).pingInterval(null);
  }

  private static <T extends ConversationException> T ending(Class<T> kind, FakeServer.Script script)
      throws Exception {
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = client(server).maxMessageSize(10_000).build().start("w")) {
      return assertThrows(kind, () -> conversation.forEach(message -> {}));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1007, 1009, 4000, 4004, 4100, 4150, 4999})
  void aCodeThatSaysWhatWasWrongIsARefusal(int code) throws Exception {
    ConversationRefusedException refused =
        ending(
            ConversationRefusedException.class,
            peer -> {
              peer.read();
              peer.say("error", "{\"short\":\"No.\",\"long\":\"Not here.\"}");
              peer.close(code, "why");
            });
    assertEquals(code, refused.code());
    assertEquals("why", refused.reason());
    assertEquals("No: Not here", refused.detail().orElseThrow());
    assertEquals(code == 4100 || code == 4150, refused.mayRetry());
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 1001, 1011, 1012, 4200})
  void anyOtherCodeIsALoss(int code) throws Exception {
    ConversationLostException lost =
        ending(ConversationLostException.class, peer -> peer.close(code, ""));
    assertEquals(code, lost.code());
  }

  @Test
  void theEndIsToldAgain() throws Exception {
    try (FakeServer server = new FakeServer(peer -> peer.close(4004, ""));
        Conversation conversation = client(server).build().start("w")) {
      ConversationException first =
          assertThrows(ConversationRefusedException.class, conversation::next);
      ConversationException second =
          assertThrows(ConversationRefusedException.class, conversation::next);
      assertNotSame(first, second);
      assertEquals(ConversationState.FAILED, conversation.state());
      assertThrows(ConversationRefusedException.class, () -> conversation.answer("late"));
    }
  }

  @Test
  void anEndWithoutACloseFrameIsNeverMissed() throws Exception {
    // The JDK's WebSocket can forget an end that comes right after a message: many tries.
    int tries = 200;
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.raw(new byte[0]);
          for (int number = 0; number < 3; number++) {
            peer.text(Messages.text("tick"));
          }
          peer.drop();
        };
    try (FakeServer server = new FakeServer(script)) {
      FastAgencyClient client = client(server).build();
      for (int count = 0; count < tries; count++) {
        try (Conversation conversation = client.start("w")) {
          for (int number = 0; number < 3; number++) {
            assertEquals("text_message", conversation.next().orElseThrow().type());
          }
          ConversationLostException lost =
              assertThrows(
                  ConversationLostException.class, () -> conversation.next(Duration.ofSeconds(20)));
          assertEquals(1006, lost.code());
          assertEquals(ConversationState.CANCELLED, conversation.state());
        }
      }
    }
  }

  @Test
  void afterTheLastMessageEveryEndIsNormal() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.say("workflow_completed", "{}");
          peer.drop();
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = client(server).build().start("w")) {
      assertEquals("workflow_completed", conversation.next().orElseThrow().type());
      assertTrue(conversation.next().isEmpty());
      assertTrue(conversation.result().isEmpty());
      assertEquals(ConversationState.COMPLETED, conversation.state());
    }
  }

  @Test
  void aServerThatDoesNotCloseIsNotWaitedForVeryLong() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.say("workflow_completed", "{}");
          assertThrows(java.io.IOException.class, () -> peer.read());
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation =
            client(server).closeTimeout(Duration.ofMillis(50)).build().start("w")) {
      conversation.next();
      assertTrue(conversation.next().isEmpty());
    }
  }

  @Test
  void aMessageThatIsTooBigEndsIt() throws Exception {
    // In parts that are each small enough.
    byte[] part = "é".repeat(2_000).getBytes(StandardCharsets.UTF_8);
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.frame(Peer.TEXT, false, part);
          peer.frame(Peer.CONTINUATION, false, part);
          peer.frame(Peer.CONTINUATION, false, part);
          seen.add("closed with " + peer.read().closeCode());
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = client(server).maxMessageSize(10_000).build().start("w")) {
      assertEquals(1009, assertThrows(ConversationLostException.class, conversation::next).code());
      // While the server is still there to read it.
      assertEquals("closed with 1008", seen.poll(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void aMessageOfTheGreatestSizeIsTaken() throws Exception {
    String frame = Messages.text("é");
    int size = frame.getBytes(StandardCharsets.UTF_8).length;
    FakeServer.Script script =
        peer -> {
          peer.text(frame);
          peer.text(frame + " ");
          peer.read();
          peer.read();
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = client(server).maxMessageSize(size).build().start("w")) {
      assertEquals("text_message", conversation.next().orElseThrow().type());
      assertEquals(1009, assertThrows(ConversationLostException.class, conversation::next).code());
    }
  }

  @Test
  void textThatIsNotUtf8EndsIt() throws Exception {
    ConversationLostException lost =
        ending(
            ConversationLostException.class,
            peer -> {
              peer.read();
              peer.frame(Peer.TEXT, true, new byte[] {'"', (byte) 0xff, '"'});
              untilItEnds(peer);
            });
    assertEquals(1007, lost.code());
  }

  /**
   * The JDK closes with the code, and now and then only the connection: it is cut at the same time.
   */
  private static void untilItEnds(Peer peer) {
    assertThrows(
        IOException.class,
        () -> {
          while (peer.read().opcode() >= 0) {}
        });
  }

  @Test
  void aBrokenFrameEndsIt() throws Exception {
    ConversationLostException lost =
        ending(
            ConversationLostException.class,
            peer -> {
              peer.read();
              peer.raw(new byte[] {(byte) 0xf1, 0});
              untilItEnds(peer);
            });
    assertEquals(1002, lost.code());
  }

  @Test
  void aServerThatIsSilentIsFoundOut() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          assertEquals(Peer.PING, peer.read().opcode());
          assertThrows(
              java.io.IOException.class,
              () -> {
                while (peer.read().opcode() >= 0) {}
              });
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation =
            FastAgencyClient.builder(server.url())
                .pingInterval(Duration.ofMillis(50))
                .build()
                .start("w")) {
      ConversationLostException lost =
          assertThrows(ConversationLostException.class, conversation::next);
      assertEquals(1011, lost.code());
    }
  }

  @Test
  void aServerThatAnswersPingsIsNot() throws Exception {
    int pings = 20;
    FakeServer.Script script =
        peer -> {
          peer.read();
          for (int count = 0; count < pings; count++) {
            assertEquals(Peer.PING, peer.read().opcode());
            peer.frame(Peer.PONG, true, new byte[0]);
          }
          peer.say("workflow_completed", "{}");
          peer.close(1000, "");
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation =
            FastAgencyClient.builder(server.url())
                .pingInterval(Duration.ofMillis(200))
                .build()
                .start("w")) {
      assertFalse(conversation.next().isEmpty());
    }
  }
}
