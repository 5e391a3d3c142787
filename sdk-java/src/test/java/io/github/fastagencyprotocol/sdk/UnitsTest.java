package io.github.fastagencyprotocol.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is pure: addresses, waits, and joined answers. */
class UnitsTest {
  private static final FastAgencyException GONE = new ServerUnreachableException("gone", null);

  private static Endpoints endpoints(String url) {
    return Endpoints.of(url, "/d", "i", "/w/s");
  }

  @Test
  void addressesAreBelowTheBase() {
    Endpoints found = endpoints(" https://host:1/a/b// ");
    assertEquals(URI.create("https://host:1/a/b/d"), found.discovery());
    assertEquals(URI.create("https://host:1/a/b/i"), found.initiateWorkflow());
    assertEquals(URI.create("wss://host:1/a/b/w/s"), found.webSocket());
    assertEquals(URI.create("http://[::1]/d"), endpoints("WS://[::1]").discovery());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "host",
        "ftp://host",
        "http://",
        "http:///a",
        "http://h?q",
        "http://h#f",
        "http://h:x"
      })
  void whatIsNoAddressIsRefused(String url) {
    assertThrows(IllegalArgumentException.class, () -> endpoints(url));
  }

  @Test
  void credentialsInAnAddressAreRefusedAndNotRepeated() {
    for (String url : List.of("http://me:secret@host", "ftp://me:secret@host")) {
      Exception error = assertThrows(IllegalArgumentException.class, () -> endpoints(url));
      assertFalse(error.getMessage().contains("secret"));
    }
  }

  @Test
  void waitsGrowUpToTheLongest() {
    Retry retry = new Retry(100, Duration.ofMillis(250), Duration.ofSeconds(5));
    assertEquals(Duration.ofMillis(125), retry.delay(1, GONE, () -> 0.5).orElseThrow());
    assertEquals(Duration.ofMillis(500), retry.delay(3, GONE, () -> 0.5).orElseThrow());
    assertEquals(Duration.ofMillis(2500), retry.delay(99, GONE, () -> 0.5).orElseThrow());
    assertTrue(retry.delay(100, GONE, () -> 0.5).isEmpty());
    assertTrue(retry.delay(1, new RequestRefusedException(500, "", null), () -> 0).isEmpty());
    assertThrows(IllegalArgumentException.class, () -> new Retry(0, Duration.ZERO, Duration.ZERO));
  }

  @Test
  void joinedAnswersAreTakenApart() {
    assertEquals(Optional.of(List.of("a", "b")), Answers.split("a,b", List.of("a", "b")));
    assertEquals(Optional.of(List.of("a,b", "c")), Answers.split("a,b,c", List.of("a,b", "c")));
    assertEquals(Optional.of(List.of()), Answers.split("", List.of("a")));
    assertEquals(Optional.of(List.of("")), Answers.split("", List.of("")));
    assertEquals(Optional.empty(), Answers.split("a,", List.of("a")));
    // Exponentially many splits, none of which fits.
    String text = "a,".repeat(2_000) + "b";
    assertEquals(Optional.empty(), Answers.split(text, List.of("a", "a,a", "a,a,a")));
  }
}
