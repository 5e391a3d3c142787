package io.github.fastagencyprotocol.sdk.conformance;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.fastagencyprotocol.sdk.ConnectionState;
import io.github.fastagencyprotocol.sdk.Conversation;
import io.github.fastagencyprotocol.sdk.FastAgencyClient;
import io.github.fastagencyprotocol.sdk.FastAgencyException;
import io.github.fastagencyprotocol.sdk.Reconnect;
import io.github.fastagencyprotocol.sdk.ServerUnreachableException;
import io.github.fastagencyprotocol.sdk.messages.MessageBody;
import io.github.fastagencyprotocol.sdk.messages.Outcome;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.TextInput;
import io.github.fastagencyprotocol.sdk.messages.TextMessage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Holds many conversations with the workflow {@code faults}, and counts what went wrong: {@code
 * faults URL --conversations N --at-once K}. Every other one is read by a subscriber instead of a
 * loop. Prints one JSON line; the exit status is 0 when every conversation finished and nothing was
 * lost, repeated, out of order or answered wrongly.
 */
public final class Faults {
  private static final int MESSAGES = 20;
  private static final int QUESTIONS = 5;

  /** What is counted: the names of the fault run's table. */
  private static final List<String> COUNTED =
      List.of(
          "finished",
          "lost",
          "repeated",
          "out_of_order",
          "answers_lost",
          "answers_doubled",
          "reconnects");

  private final Map<String, AtomicInteger> count = new LinkedHashMap<>();
  private final FastAgencyClient client;

  private Faults(String url, ExecutorService executor) {
    COUNTED.forEach(name -> count.put(name, new AtomicInteger()));
    client =
        FastAgencyClient.builder(url)
            .reconnect(Reconnect.DEFAULT.withDelays(Duration.ofMillis(50), Duration.ofMillis(500)))
            .executor(executor)
            .build();
  }

  /** Holds them all. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    List<String> given = Arrays.asList(arguments);
    int conversations = Integer.parseInt(given.get(given.indexOf("--conversations") + 1));
    int atOnce = Integer.parseInt(given.get(given.indexOf("--at-once") + 1));
    ExecutorService executor = Executors.newCachedThreadPool();
    ExecutorService users = Executors.newFixedThreadPool(atOnce);
    Faults faults = new Faults(given.get(0), executor);
    for (int number = 0; number < conversations; number++) {
      boolean subscribes = number % 2 == 1;
      users.execute(() -> faults.converse(subscribes));
    }
    users.shutdown();
    users.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    executor.shutdown();
    System.out.println(new JsonMapper().writeValueAsString(faults.found(conversations)));
    System.exit(faults.isClean(conversations) ? 0 : 1);
  }

  private Map<String, Integer> found(int conversations) {
    Map<String, Integer> found = new LinkedHashMap<>();
    found.put("conversations", conversations);
    count.forEach((name, number) -> found.put(name, number.get()));
    return found;
  }

  private boolean isClean(int conversations) {
    return count.get("finished").get() == conversations
        && count.entrySet().stream()
            .filter(it -> !List.of("finished", "reconnects").contains(it.getKey()))
            .allMatch(it -> it.getValue().get() == 0);
  }

  private void add(String name) {
    count.get(name).incrementAndGet();
  }

  private void converse(boolean subscribes) {
    try (Conversation conversation = start()) {
      conversation.onConnection(
          state -> {
            if (state == ConnectionState.RECONNECTING) {
              add("reconnects");
            }
          });
      List<String> bodies = Collections.synchronizedList(new ArrayList<>());
      if (subscribes) {
        Reader reader = new Reader(conversation, bodies);
        conversation.publisher().subscribe(reader);
        reader.done.join();
      } else {
        for (ServerMessage message : conversation) {
          take(conversation, message, bodies);
        }
      }
      judge(List.copyOf(bodies), conversation.workflowUuid());
      if (conversation.outcome().filter(Outcome.COMPLETED::equals).isPresent()) {
        add("finished");
      }
    } catch (RuntimeException error) {
      System.err.println(error);
    }
  }

  /** What cannot be announced yet is announced again: nothing has started. */
  private Conversation start() {
    while (true) {
      try {
        return client.start("faults", Map.of("messages", MESSAGES, "questions", QUESTIONS));
      } catch (ServerUnreachableException cut) {
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException error) {
      throw new IllegalStateException(error);
    }
  }

  /** Notes what was said, and answers what was asked. */
  private static void take(Conversation conversation, ServerMessage message, List<String> bodies) {
    if (message instanceof TextMessage text
        && text.content().body() instanceof MessageBody.Text body) {
      bodies.add(body.value());
    } else if (message instanceof TextInput input && conversation.isOpen(input)) {
      String number = String.valueOf(input.content().prompt()).substring(1);
      conversation.answer(input, conversation.workflowUuid() + "-" + number);
    }
  }

  /** Compares what a conversation showed with what it must have said. */
  private void judge(List<String> bodies, String uuid) {
    List<String> expected = expected(uuid);
    if (bodies.equals(expected)) {
      return;
    }
    for (String body : expected) {
      boolean answer = body.startsWith("a");
      int times = Collections.frequency(bodies, body);
      if (times == 0) {
        add(answer ? "answers_lost" : "lost");
      } else if (times > 1) {
        add(answer ? "answers_doubled" : "repeated");
      }
    }
    List<String> shown = expected.stream().filter(bodies::contains).toList();
    if (!shown.equals(List.copyOf(new LinkedHashSet<>(bodies)))) {
      add("out_of_order");
    }
  }

  private static List<String> expected(String uuid) {
    List<String> expected = new ArrayList<>();
    int between = MESSAGES / QUESTIONS;
    for (int number = 0; number < MESSAGES; number++) {
      expected.add("m" + number);
      if ((number + 1) % between == 0) {
        int question = (number + 1) / between - 1;
        expected.add("a" + question + ":" + uuid + "-" + question);
      }
    }
    return expected;
  }

  /** A subscriber that takes one message after the other. */
  private static final class Reader implements Flow.Subscriber<ServerMessage> {
    final CompletableFuture<Boolean> done = new CompletableFuture<>();
    private final Conversation conversation;
    private final List<String> bodies;
    private Flow.Subscription subscription;

    Reader(Conversation conversation, List<String> bodies) {
      this.conversation = conversation;
      this.bodies = bodies;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      subscription.request(1);
    }

    @Override
    public void onNext(ServerMessage message) {
      try {
        take(conversation, message, bodies);
        subscription.request(1);
      } catch (FastAgencyException error) {
        onError(error);
      }
    }

    @Override
    public void onError(Throwable error) {
      done.completeExceptionally(error);
    }

    @Override
    public void onComplete() {
      done.complete(true);
    }
  }
}
