package io.github.fastagencyprotocol.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.fastagencyprotocol.sdk.FakeServer.Response;
import java.math.BigInteger;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60) // A safety net; nothing here waits for time to pass.
class RequestsTest {
  private static final Retry QUICK = new Retry(3, Duration.ofMillis(1), Duration.ofSeconds(1));

  private static FakeServer server() throws Exception {
    return new FakeServer(peer -> peer.close(1000, ""));
  }

  private static ClientBuilder client(FakeServer server) {
    return FastAgencyClient.builder(server.url()).retry(Retry.NEVER);
  }

  private static RequestRefusedException refusal(Response response) throws Exception {
    try (FakeServer server = server().answering(request -> response)) {
      return assertThrows(RequestRefusedException.class, () -> client(server).build().discovery());
    }
  }

  @Test
  void listsTheWorkflows() throws Exception {
    String list = "[{\"name\":\"a\",\"description\":\"Ж\"},{\"name\":\"b\",\"description\":\"\"}]";
    try (FakeServer server = server().answering(request -> Response.of(200, list))) {
      FastAgencyClient client = FastAgencyClient.create(server.url() + "/prefix/");
      assertEquals("Ж", client.discovery().get(0).description());
      assertEquals("/prefix/fastagency/discovery", server.requests.get(0).path());
      assertEquals(
          "fastagency-sdk-java/" + SdkVersion.VERSION,
          server.requests.get(0).headers().get("User-Agent"));
    }
  }

  @Test
  void announcesEachConversationWithAnIdOfItsOwn() throws Exception {
    try (FakeServer server = server()) {
      FastAgencyClient client = client(server).userId("me").build();
      BigInteger big = BigInteger.TWO.pow(64).add(BigInteger.ONE);
      client.start("w", Map.of("big", big)).close();
      client.start("w").close();
      var first = new ObjectMapper().readTree(server.requests.get(0).body());
      assertEquals("w", first.get("workflow_name").asText());
      assertEquals("me", first.get("user_id").asText());
      assertEquals(big, first.get("params").get("big").bigIntegerValue());
      var second = new ObjectMapper().readTree(server.requests.get(2).body());
      assertNotEquals(first.get("workflow_uuid"), second.get("workflow_uuid"));
      assertEquals(36, first.get("workflow_uuid").asText().length());
    }
  }

  @Test
  void asksForFreshHeadersEachTime() throws Exception {
    AtomicInteger count = new AtomicInteger();
    try (FakeServer server = server()) {
      FastAgencyClient client =
          client(server)
              .headers(() -> Map.of("X-Key", "k" + count.incrementAndGet(), "user-agent", "mine"))
              .discoveryPath("d")
              .initiateWorkflowPath("/i")
              .webSocketPath("/other/ws")
              .build();
      client.discovery();
      client.start("w").close();
      assertEquals(
          List.of("/d k1 mine", "/i k2 mine", "/other/ws k3 mine"),
          server.requests.stream()
              .map(
                  it ->
                      it.path()
                          + " "
                          + it.headers().get("X-Key")
                          + " "
                          + it.headers().get("User-Agent"))
              .toList());
    }
  }

  @Test
  void saysWhyARequestWasRefused() throws Exception {
    assertEquals("404: gone", refusal(Response.of(404, "{\"detail\":\"gone\"}")).getMessage());
    String issues = "{\"detail\":[{\"type\":\"t\",\"loc\":[\"body\",1,\"x\"],\"msg\":\"Bad\"}]}";
    assertEquals("body.1.x: Bad", refusal(Response.of(422, issues)).detail());
    assertEquals("no reason given", refusal(Response.of(502, "<html>")).detail());
    Response moved = new Response(302, "Location: /there\r\n", new byte[0]);
    assertEquals("no reason given (it points to /there)", refusal(moved).detail());
  }

  @Test
  void readsWhenToTryAgain() throws Exception {
    assertEquals(Duration.ofSeconds(7), retryAfter("7").orElseThrow());
    assertEquals(Duration.ZERO, retryAfter("Sun, 06 Nov 1994 08:49:37 GMT").orElseThrow());
    assertTrue(retryAfter("soon").isEmpty());
    assertTrue(retryAfter("99999999999999999999").isEmpty());
  }

  private static java.util.Optional<Duration> retryAfter(String value) throws Exception {
    return refusal(new Response(503, "Retry-After: " + value + "\r\n", new byte[0])).retryAfter();
  }

  @Test
  void triesDiscoveryAgainButNothingElse() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    try (FakeServer server =
        server()
            .answering(
                request ->
                    asked.incrementAndGet() < 3
                        ? new Response(503, "Retry-After: 0\r\n", new byte[0])
                        : FakeServer.usual(request))) {
      FastAgencyClient client = client(server).retry(QUICK).build();
      assertEquals(List.of(), client.discovery());
      assertEquals(3, asked.get());
      asked.set(0);
      assertThrows(RequestRefusedException.class, () -> client.start("w"));
      assertEquals(1, asked.get());
    }
  }

  @Test
  void doesNotWaitForAServerThatAsksForTooMuch() throws Exception {
    try (FakeServer server =
        server().answering(request -> new Response(503, "Retry-After: 3600\r\n", new byte[0]))) {
      FastAgencyClient client = client(server).retry(QUICK).build();
      assertThrows(RequestRefusedException.class, client::discovery);
      assertEquals(1, server.requests.size());
    }
  }

  @Test
  void refusesAnAnswerThatIsNotWhatItShouldBe() throws Exception {
    for (byte[] body :
        List.of(
            "{}".getBytes(StandardCharsets.UTF_8),
            "[{\"name\":1,\"description\":\"\"}]".getBytes(StandardCharsets.UTF_8),
            new byte[] {'[', '"', (byte) 0xff, '"', ']'})) {
      try (FakeServer server = server().answering(request -> new Response(200, "", body))) {
        assertThrows(MalformedMessageException.class, () -> client(server).build().discovery());
        assertThrows(MalformedMessageException.class, () -> client(server).build().start("w"));
      }
    }
  }

  @Test
  void saysThatNobodyIsThere() throws Exception {
    FakeServer server = server();
    server.close();
    assertThrows(ServerUnreachableException.class, () -> client(server).build().discovery());
    assertThrows(ServerUnreachableException.class, () -> client(server).build().start("w"));
  }

  @Test
  void doesNotWaitForAnAnswerForEver() throws Exception {
    CountDownLatch gaveUp = new CountDownLatch(1);
    FakeServer.Response late = Response.of(200, "[]");
    try (FakeServer server =
        server()
            .answering(
                request -> {
                  awaitQuietly(gaveUp);
                  return late;
                })) {
      FastAgencyClient client = client(server).timeout(Duration.ofMillis(100)).build();
      assertThrows(ServerUnreachableException.class, client::discovery);
      gaveUp.countDown();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException error) {
      throw new IllegalStateException(error);
    }
  }

  @Test
  void saysWhyTheSocketWasRefused() throws Exception {
    try (FakeServer server =
        server()
            .answering(
                request ->
                    request.path().endsWith("/ws")
                        ? Response.of(403, "")
                        : FakeServer.usual(request))) {
      RequestRefusedException refused =
          assertThrows(RequestRefusedException.class, () -> client(server).build().start("w"));
      assertEquals(403, refused.status());
    }
  }

  @Test
  void takesAnHttpClientOfTheCallers() throws Exception {
    try (FakeServer server = server()) {
      HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(9)).build();
      client(server).httpClient(http).build().start("w").close();
      assertEquals(2, server.requests.size());
    }
  }

  @Test
  void refusesParametersThatJsonCannotSay() throws Exception {
    try (FakeServer server = server()) {
      FastAgencyClient client = client(server).build();
      for (Object bad : List.of(Double.NaN, Float.POSITIVE_INFINITY, "\ud800", new Object())) {
        assertThrows(IllegalArgumentException.class, () -> client.start("w", Map.of("bad", bad)));
      }
      assertEquals(0, server.requests.size());
    }
  }

  @Test
  void anInterruptedThreadDoesNotWait() throws Exception {
    try (FakeServer server = server()) {
      Thread.currentThread().interrupt();
      assertThrows(CancellationException.class, () -> client(server).build().discovery());
      assertTrue(Thread.interrupted());
    }
  }
}
