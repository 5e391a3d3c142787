package io.github.fastagencyprotocol.sdk;

import static io.github.fastagencyprotocol.sdk.SessionFrames.completed;
import static io.github.fastagencyprotocol.sdk.SessionFrames.fresh;
import static io.github.fastagencyprotocol.sdk.SessionFrames.replay;
import static io.github.fastagencyprotocol.sdk.SessionFrames.replayed;
import static io.github.fastagencyprotocol.sdk.SessionFrames.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.fastagencyprotocol.sdk.messages.ConversationState;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nothing of a session is left behind: no socket, no thread, no timer. */
@Timeout(60) // A safety net; nothing here waits for time to pass.
class SessionLeavingTest {
  private static final Reconnect IN_AN_HOUR =
      new Reconnect(
          Duration.ofHours(1),
          Duration.ofHours(1),
          Duration.ofHours(9),
          (code, reason, attempt) -> Reconnect.Verdict.AS_THE_CODE_SAYS);

  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

  private String heard() throws InterruptedException {
    String text = seen.poll(30, TimeUnit.SECONDS);
    assertNotNull(text, "nothing was heard");
    return text;
  }

  private static ClientBuilder client(FakeServer server, Reconnect reconnect) {
    return FastAgencyClient.builder(server.url()).reconnect(reconnect);
  }

  private static Conversation start(FakeServer server, Reconnect reconnect) {
    return client(server, reconnect).build().start("quiz");
  }

  @Test
  void leavingClosesTheSocketAndCancelsNothing() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.text(fresh());
          peer.text(text(1));
          peer.text(text(2));
          Peer.Frame close = peer.read();
          seen.add(close.opcode() + " " + close.closeCode());
          peer.frame(Peer.CLOSE, true, close.payload());
        };
    try (FakeServer server = new FakeServer(script).withSessions()) {
      Conversation conversation = start(server, SessionDialogueTest.AT_ONCE);
      conversation.next();
      conversation.onConnection(state -> seen.add(state.wireValue()));
      conversation.close();
      conversation.close();
      assertEquals(ConnectionState.ENDED, conversation.connection());
      assertEquals(ConversationState.CANCELLED, conversation.state());
      assertEquals(1, conversation.cursor().orElseThrow().afterSeq());
      assertTrue(conversation.next().isEmpty());
      assertThrows(NotAskedException.class, () -> conversation.answer("late"));
      assertEquals(Set.of("live", "ended", "8 1000"), Set.of(heard(), heard(), heard()));
      assertEquals(1, server.sockets().size());
    }
  }

  @Test
  void aCancelGoesOutBeforeTheClose() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.text(fresh());
          peer.text(text(1));
          seen.add(peer.read().text());
          Peer.Frame close = peer.read();
          seen.add(close.opcode() + " " + close.closeCode());
          peer.frame(Peer.CLOSE, true, close.payload());
        };
    try (FakeServer server = new FakeServer(script).withSessions()) {
      Conversation conversation = start(server, SessionDialogueTest.AT_ONCE);
      conversation.next();
      conversation.cancel();
      conversation.close();
      assertEquals("{\"type\":\"cancel_workflow\",\"reason\":null}", heard());
      assertEquals("8 1000", heard());
    }
  }

  @Test
  void leavingWakesWhoReadsAndWhoSubscribed() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.text(fresh());
          peer.frame(Peer.CLOSE, true, peer.read().payload());
        };
    try (FakeServer server = new FakeServer(script).withSessions()) {
      Conversation conversation = start(server, SessionDialogueTest.AT_ONCE);
      Thread reader = new Thread(() -> seen.add("ended: " + conversation.next()));
      reader.start();
      while (reader.getState() != Thread.State.TIMED_WAITING && reader.isAlive()) {
        Thread.onSpinWait();
      }
      conversation.close();
      assertEquals("ended: Optional.empty", heard());
      reader.join();
      Recorder recorder = Recorder.on(conversation);
      recorder.request(1);
      assertEquals("complete", recorder.take());
    }
  }

  @Test
  void noTimerKeepsAConversationThatWasLeftWhileItWaited() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.text(fresh().replace("\"detached_seconds\":60", "\"detached_seconds\":90000"));
          peer.text(text(1));
          peer.drop();
        };
    try (FakeServer server = new FakeServer(script).withSessions()) {
      untilItIsGone(leftWhileItWaits(server));
      assertEquals(1, server.sockets().size());
    }
  }

  /** The collector takes its time; the test's own bound ends it. */
  private static void untilItIsGone(WeakReference<?> left) throws InterruptedException {
    while (left.get() != null) {
      System.gc();
      Thread.sleep(20);
    }
  }

  /** Returns what a timer, if there were one, would keep: something of the settings. */
  private static WeakReference<?> leftWhileItWaits(FakeServer server) throws Exception {
    Map<String, String> headers = new HashMap<>();
    Supplier<Map<String, String>> ours = () -> headers;
    Conversation conversation = client(server, IN_AN_HOUR).headers(ours).build().start("quiz");
    conversation.next();
    while (conversation.connection() != ConnectionState.RECONNECTING) {
      Thread.sleep(1);
    }
    conversation.close();
    assertTrue(conversation.next().isEmpty());
    return new WeakReference<>(headers);
  }

  @Test
  void noTimerKeepsAConversationThatHasEnded() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.text(fresh());
          peer.text(completed(1, "completed"));
          peer.close(1000, "");
        };
    try (FakeServer server = new FakeServer(script).withSessions()) {
      untilItIsGone(ended(server));
    }
  }

  private static WeakReference<?> ended(FakeServer server) {
    Map<String, String> headers = new HashMap<>();
    Supplier<Map<String, String>> ours = () -> headers;
    ClientBuilder patient = client(server, IN_AN_HOUR).closeTimeout(Duration.ofHours(1));
    Conversation conversation = patient.headers(ours).build().start("quiz");
    conversation.forEach(message -> {});
    return new WeakReference<>(headers);
  }

  @Test
  void whatOpensAfterItWasLeftIsClosedAgain() throws Exception {
    BlockingQueue<String> cue = new LinkedBlockingQueue<>();
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.text(fresh());
          peer.drop();
        };
    String initiated = MessageCodec.encode(SessionFrames.INITIATED);
    AtomicInteger opened = new AtomicInteger();
    FakeServer.Script late =
        peer -> {
          if (opened.incrementAndGet() == 1) {
            script.run(peer);
          } else {
            assertThrows(java.io.IOException.class, peer::read);
            seen.add("closed");
          }
        };
    AtomicInteger sockets = new AtomicInteger();
    try (FakeServer server = new FakeServer(late).withSessions()) {
      server.answering(
          request -> {
            if (request.path().endsWith("/ws") && sockets.incrementAndGet() == 2) {
              seen.add("opening");
              SessionDialogueTest.await(cue);
            }
            return FakeServer.Response.of(200, initiated);
          });
      Conversation conversation = start(server, SessionDialogueTest.AT_ONCE);
      assertEquals("opening", heard());
      conversation.close();
      cue.add("go");
      assertEquals("closed", heard());
    }
  }

  @Test
  void noThreadOutlivesAConversation() throws Exception {
    Set<Thread> ours = ConcurrentHashMap.newKeySet();
    ExecutorService executor =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task);
              ours.add(thread);
              return thread;
            });
    AtomicInteger sockets = new AtomicInteger();
    FakeServer.Script script =
        peer -> {
          peer.read();
          if (sockets.incrementAndGet() % 2 == 1) {
            peer.text(fresh());
            peer.text(text(1));
            peer.drop();
            return;
          }
          peer.text(replay(2));
          peer.text(completed(2, "completed"));
          peer.text(replayed(2));
          peer.close(1000, "");
        };
    try (FakeServer server = new FakeServer(script).withSessions()) {
      FastAgencyClient client =
          FastAgencyClient.builder(server.url())
              .executor(executor)
              .reconnect(SessionDialogueTest.AT_ONCE)
              .build();
      converse(client); // What the JDK starts once, it keeps: for the client, and for all.
      Set<Thread> before = others(ours);
      for (int count = 0; count < 20; count++) {
        converse(client);
        assertEquals(Set.of(), more(before, ours), "a thread that the conversation left behind");
      }
      assertTrue(executor.shutdownNow().isEmpty(), "a task that the conversation left behind");
    }
  }

  private static void converse(FastAgencyClient client) {
    try (Conversation conversation = client.start("quiz")) {
      int messages = 0;
      while (conversation.next().isPresent()) {
        messages++;
      }
      assertEquals(2, messages);
    }
  }

  private static Set<Thread> more(Set<Thread> before, Set<Thread> ours) {
    Set<Thread> now = others(ours);
    now.removeAll(before);
    return now;
  }

  /** Returns the threads of the JDK and of the SDK: not those of the executor, or of the server. */
  private static Set<Thread> others(Set<Thread> ours) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !ours.contains(thread))
        .filter(thread -> !thread.getName().startsWith(FakeServer.THREADS))
        .collect(Collectors.toSet());
  }
}
