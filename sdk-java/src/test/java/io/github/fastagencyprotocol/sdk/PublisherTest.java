package io.github.fastagencyprotocol.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60) // A safety net; nothing here waits for time to pass.
class PublisherTest {
  private static Conversation start(FakeServer server) {
    return FastAgencyClient.create(server.url()).start("w");
  }

  private static void complete(Peer peer) throws IOException {
    peer.say("workflow_completed", "{}");
    peer.close(1000, "");
  }

  @Test
  void deliversWhatIsAskedForAndNoMore() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.text(Messages.text("one"));
          peer.text(Messages.text("two"));
          complete(peer);
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = start(server)) {
      Recorder recorder = Recorder.on(conversation);
      recorder.request(1);
      assertEquals("text_message", recorder.take());
      assertNull(recorder.seen().poll(50, TimeUnit.MILLISECONDS));
      recorder.request(Long.MAX_VALUE);
      recorder.request(Long.MAX_VALUE);
      assertEquals("text_message", recorder.take());
      assertEquals("workflow_completed", recorder.take());
      assertEquals("complete", recorder.take());
    }
  }

  @Test
  void goesOnWithANewSubscriptionAfterAMalformedMessage() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.text("[]");
          complete(peer);
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = start(server)) {
      Recorder first = Recorder.on(conversation);
      first.request(5);
      assertInstanceOf(MalformedMessageException.class, first.take());
      Recorder second = Recorder.on(conversation);
      second.request(5);
      assertEquals("workflow_completed", second.take());
      assertEquals("complete", second.take());
      assertEquals(0, first.seen().size());
    }
  }

  @Test
  void tellsHowItEnded() throws Exception {
    try (FakeServer server = new FakeServer(peer -> peer.close(4004, ""));
        Conversation conversation = start(server)) {
      Recorder recorder = Recorder.on(conversation);
      recorder.request(1);
      assertInstanceOf(ConversationRefusedException.class, recorder.take());
    }
  }

  @Test
  void cancellingLeavesTheRestToOthers() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.text(Messages.text("one"));
          complete(peer);
        };
    try (FakeServer server = new FakeServer(script);
        Conversation conversation = start(server)) {
      Recorder recorder = Recorder.on(conversation);
      recorder.request(1);
      assertEquals("text_message", recorder.take());
      recorder.cancel();
      assertEquals("workflow_completed", conversation.next().orElseThrow().type());
      assertEquals(0, recorder.seen().size());
    }
  }

  @Test
  void takesOneSubscriberAtATimeAndPositiveRequests() throws Exception {
    try (FakeServer server = new FakeServer(PublisherTest::complete);
        Conversation conversation = start(server)) {
      Recorder first = Recorder.on(conversation);
      assertInstanceOf(IllegalStateException.class, Recorder.on(conversation).take());
      first.request(0);
      assertInstanceOf(IllegalArgumentException.class, first.take());
    }
  }

  @Test
  void leavingCompletesIt() throws Exception {
    FakeServer.Script script =
        peer -> {
          peer.read();
          peer.frame(Peer.CLOSE, true, peer.read().payload());
        };
    try (FakeServer server = new FakeServer(script)) {
      Conversation conversation = start(server);
      Recorder recorder = Recorder.on(conversation);
      recorder.request(1);
      conversation.close();
      assertEquals("complete", recorder.take());
    }
  }
}
