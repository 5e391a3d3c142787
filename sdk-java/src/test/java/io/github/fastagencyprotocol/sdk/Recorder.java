package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A subscriber that puts what it is told into a queue, and asks for nothing by itself. */
final class Recorder implements Flow.Subscriber<ServerMessage> {
  private final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
  private Flow.Subscription subscription;

  /** Returns one that has subscribed to a conversation. */
  static Recorder on(Conversation conversation) {
    Recorder recorder = new Recorder();
    conversation.publisher().subscribe(recorder);
    return recorder;
  }

  void request(long count) {
    subscription.request(count);
  }

  void cancel() {
    subscription.cancel();
  }

  /** Returns what it was told and did not take yet. */
  BlockingQueue<Object> seen() {
    return seen;
  }

  /** Takes a message's type, an exception, or {@code complete}. */
  Object take() throws InterruptedException {
    return seen.poll(20, TimeUnit.SECONDS);
  }

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
}
