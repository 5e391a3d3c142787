package io.github.fastagencyprotocol.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import io.github.fastagencyprotocol.sdk.messages.MessageBody;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.TextInput;
import io.github.fastagencyprotocol.sdk.messages.TextMessage;
import io.github.fastagencyprotocol.sdk.messages.WorkflowCompleted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60) // A safety net; nothing here waits for time to pass.
class ConversationTest {
  private static final Duration NET = Duration.ofSeconds(30);

  /** What a script tells its test. */
  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

  private static Conversation start(FakeServer server) {
    return FastAgencyClient.builder(server.url()).pingInterval(null).build().start("w");
  }

  private static void complete(Peer peer) throws java.io.IOException {
    peer.say("workflow_completed", "{\"result\":\"done\"}");
    peer.close(1000, "");
  }

  private String heard() throws InterruptedException {
    String text = seen.poll(NET.toSeconds(), TimeUnit.SECONDS);
    assertTrue(text != null, "the server heard nothing");
    return text;
  }

  @Test
  void holdsAConversation() throws Exception {
    FakeServer.Script script =
        peer -> {
          seen.add(peer.read().text());
          peer.say("text_input", "{\"prompt\":\"Name?\"}");
          seen.add(peer.read().text());
          peer.say("text_message", "{\"body\":\"Hello\"}");
          complete(peer);
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = start(server)) {
      List<String> types = new ArrayList<>();
      for (ServerMessage message : conversation) {
        types.add(message.type());
        if (message instanceof TextInput input) {
          assertEquals(ConversationState.AWAITING_ANSWER, conversation.state());
          assertEquals(input, conversation.question().orElseThrow());
          conversation.answer("world, \"quoted\" ключ");
        }
        if (message instanceof TextMessage text) {
          assertEquals(new MessageBody.Text("Hello"), text.content().body());
        }
      }
      assertEquals(List.of("text_input", "text_message", "workflow_completed"), types);
      assertEquals(ConversationState.COMPLETED, conversation.state());
      assertEquals("done", conversation.result().orElseThrow());
      assertEquals(
          "{\"user_id\":null,\"workflow_uuid\":\""
              + FakeServer.UUID
              + "\",\"name\":\"w\",\"params\":{\"n\":1}}",
          heard());
      assertEquals("world, \"quoted\" ключ", heard());
      assertTrue(conversation.next().isEmpty());
      assertThrows(NotAskedException.class, () -> conversation.answer("late"));
    }
  }

  @Test
  void answersQuestionsInOrderAndOnlyAsTheyAllow() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.text(Messages.choice("[\"a\",\"b\"]", ",\"default\":\"b\""));
          peer.text(Messages.choice("[\"a\",\"b\"]", ",\"single\":false"));
          for (int frames = 0; frames < 3; frames++) {
            seen.add(peer.read().text());
          }
          complete(peer);
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = start(server)) {
      assertThrows(NotAskedException.class, () -> conversation.answer("too early"));
      conversation.next();
      conversation.next();
      assertThrows(NotAskedException.class, () -> conversation.answer("c"));
      assertThrows(NotAskedException.class, () -> conversation.answer(List.of("a", "b")));
      conversation.answer("");
      conversation.answer(List.of("b", "a"));
      assertEquals(ConversationState.RUNNING, conversation.state());
      assertInstanceOf(WorkflowCompleted.class, conversation.next().orElseThrow());
      heard(); // the first frame
      assertEquals("", heard());
      assertEquals("b,a", heard());
    }
  }

  @Test
  void aTimeoutLosesNothing() throws Exception {
    BlockingQueue<String> cue = new LinkedBlockingQueue<>();
    FakeServer.Script script =
        peer -> {
          await(cue);
          peer.text(Messages.text("one"));
          complete(peer);
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = start(server)) {
      assertThrows(TimeoutException.class, () -> conversation.next(Duration.ZERO));
      assertThrows(TimeoutException.class, () -> conversation.next(Duration.ofMillis(20)));
      cue.add("go");
      assertEquals("text_message", conversation.next(NET).orElseThrow().type());
      assertEquals(Messages.text("one"), conversation.lastFrame().orElseThrow());
      // More nanoseconds than a long has.
      Duration forEver = Duration.ofSeconds(Long.MAX_VALUE);
      assertEquals("workflow_completed", conversation.next(forEver).orElseThrow().type());
    }
  }

  @Test
  void readsOnAfterAFrameThatIsNotWhatItShouldBe() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.text("{\"type\":\"text_input\"}");
          peer.frame(Peer.BINARY, true, new byte[] {'h', 'i', (byte) 0xff});
          peer.text("{\"type\":\"audio_message\",\"content\":[9007199254740993]}");
          complete(peer);
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = start(server)) {
      MalformedMessageException malformed =
          assertThrows(MalformedMessageException.class, conversation::next);
      assertEquals("workflow_uuid: is missing", malformed.getMessage());
      assertEquals("{\"type\":\"text_input\"}", malformed.text());
      assertTrue(conversation.question().isEmpty());
      malformed = assertThrows(MalformedMessageException.class, conversation::next);
      assertEquals("hi\ufffd", malformed.text());
      ServerMessage.Unknown unknown =
          assertInstanceOf(ServerMessage.Unknown.class, conversation.next().orElseThrow());
      assertEquals("audio_message", unknown.type());
      assertEquals("[9007199254740993]", unknown.raw().get("content").toString());
      assertEquals("workflow_completed", conversation.next().orElseThrow().type());
    }
  }

  @Test
  void putsPartsTogetherAndAnswersPings() throws Exception {
    byte[] whole = Messages.text("ключ 🔑").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    FakeServer.Script script =
        peer -> {
          peer.read();
          // Each byte in a frame of its own, in the middle of characters too, and a ping between.
          for (int index = 0; index < whole.length; index++) {
            peer.frame(
                index == 0 ? Peer.TEXT : Peer.CONTINUATION,
                index == whole.length - 1,
                new byte[] {whole[index]});
          }
          peer.frame(Peer.PING, true, new byte[] {1, 2});
          seen.add(peer.read().opcode() + "");
          complete(peer);
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = start(server)) {
      TextMessage message = assertInstanceOf(TextMessage.class, conversation.next().orElseThrow());
      assertEquals(new MessageBody.Text("ключ 🔑"), message.content().body());
      assertEquals(Peer.PONG + "", heard());
    }
  }

  @Test
  void leavingClosesTheSocketAndEndsReading() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.text(Messages.text("unread"));
          Peer.Frame close = peer.read();
          seen.add(close.opcode() + " " + close.closeCode());
          peer.frame(Peer.CLOSE, true, close.payload());
        };
    try (FakeServer server = new FakeServer(script)) {
      Conversation conversation = start(server);
      conversation.close();
      conversation.close();
      assertEquals("8 1000", heard());
      assertEquals(ConversationState.CANCELLED, conversation.state());
      assertTrue(conversation.next().isEmpty());
      assertThrows(NotAskedException.class, () -> conversation.answer("late"));
    }
  }

  @Test
  void leavingWakesWhoReads() throws Exception {
    try (FakeServer server =
        new FakeServer(
            peer -> {
              while (peer.read().opcode() != Peer.CLOSE) {}
            })) {
      Conversation conversation =
          FastAgencyClient.builder(server.url())
              .closeTimeout(Duration.ofMillis(50))
              .build()
              .start("w");
      Thread reader = new Thread(() -> seen.add("ended: " + conversation.next()));
      reader.start();
      while (reader.getState() != Thread.State.TIMED_WAITING && reader.isAlive()) {
        Thread.onSpinWait();
      }
      conversation.close();
      assertEquals("ended: Optional.empty", heard());
      reader.join();
    }
  }

  @Test
  void anInterruptedReaderLosesNothing() throws Exception {
    BlockingQueue<String> cue = new LinkedBlockingQueue<>();
    FakeServer.Script script =
        peer -> {
          await(cue);
          complete(peer);
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = start(server)) {
      Thread.currentThread().interrupt();
      assertThrows(CancellationException.class, conversation::next);
      assertTrue(Thread.interrupted());
      cue.add("go");
      assertEquals("workflow_completed", conversation.next().orElseThrow().type());
    }
  }

  @Test
  void readsNoFurtherAheadThanItHasRoomFor() throws Exception {
    int count = 20_000;
    String padding = "x".repeat(2_000);
    AtomicInteger sent = new AtomicInteger();
    FakeServer.Script script =
        peer -> {
          while (sent.get() < count) {
            peer.text(Messages.text(sent.get() + padding));
            sent.incrementAndGet();
          }
          complete(peer);
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = start(server)) {
      // 40 MB are more than the sockets' buffers and 256 messages hold: the server has to wait.
      int before = -1;
      while (sent.get() == 0 || sent.get() != before) {
        before = sent.get();
        Thread.sleep(300); // However long it is: who need not wait gets on.
      }
      assertTrue(before < count, "the server never had to wait");
      Iterator<ServerMessage> messages = conversation.iterator();
      for (int number = 0; number < count; number++) {
        TextMessage message = (TextMessage) messages.next();
        assertEquals(new MessageBody.Text(number + padding), message.content().body());
      }
      assertEquals("workflow_completed", messages.next().type());
    }
  }

  private static void await(BlockingQueue<String> cue) {
    try {
      cue.poll(NET.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException error) {
      throw new IllegalStateException(error);
    }
  }
}
