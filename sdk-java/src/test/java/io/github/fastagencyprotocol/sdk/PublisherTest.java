package io.github.fastagencyprotocol.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60) // A safety net; nothing here waits for time to pass.
class PublisherTest {
  /** Puts what it is told into a queue, and asks for nothing by itself. */
  private static final class Recorder implements Flow.Subscriber<ServerMessage> {
    final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
    Flow.Subscription subscription;

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
    }

    @Override
    public void onNext(ServerMessage message) {
      seen.add(message.type());
    }

    @Override
    public void onError(Throwable error) {
      seen.add(error);
    }

    @Override
    public void onComplete() {
      seen.add("complete");
    }

    Object take() throws InterruptedException {
      return seen.poll(20, TimeUnit.SECONDS);
    }
  }

  private static Recorder subscribed(Conversation conversation) {
    Recorder recorder = new Recorder();
    conversation.publisher().subscribe(recorder);
    return recorder;
  }

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
      Recorder recorder = subscribed(conversation);
      recorder.subscription.request(1);
      assertEquals("text_message", recorder.take());
      assertNull(recorder.seen.poll(50, TimeUnit.MILLISECONDS));
      recorder.subscription.request(Long.MAX_VALUE);
      recorder.subscription.request(Long.MAX_VALUE);
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
      Recorder first = subscribed(conversation);
      first.subscription.request(5);
      assertInstanceOf(MalformedMessageException.class, first.take());
      Recorder second = subscribed(conversation);
      second.subscription.request(5);
      assertEquals("workflow_completed", second.take());
      assertEquals("complete", second.take());
      assertEquals(0, first.seen.size());
    }
  }

  @Test
  void tellsHowItEnded() throws Exception {
    try (FakeServer server = new FakeServer(peer -> peer.close(4004, ""));
        Conversation conversation = start(server)) {
      Recorder recorder = subscribed(conversation);
      recorder.subscription.request(1);
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
      Recorder recorder = subscribed(conversation);
      recorder.subscription.request(1);
      assertEquals("text_message", recorder.take());
      recorder.subscription.cancel();
      assertEquals("workflow_completed", conversation.next().orElseThrow().type());
      assertEquals(0, recorder.seen.size());
    }
  }

  @Test
  void takesOneSubscriberAtATimeAndPositiveRequests() throws Exception {
    try (FakeServer server = new FakeServer(PublisherTest::complete);
        Conversation conversation = start(server)) {
      Recorder first = subscribed(conversation);
      assertInstanceOf(IllegalStateException.class, subscribed(conversation).take());
      first.subscription.request(0);
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
      Recorder recorder = subscribed(conversation);
      recorder.subscription.request(1);
      conversation.close();
      assertEquals("complete", recorder.take());
    }
  }
}
