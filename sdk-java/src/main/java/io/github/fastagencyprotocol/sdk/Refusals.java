package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.ErrorResponse;
import io.github.fastagencyprotocol.sdk.messages.LocationPart;
import io.github.fastagencyprotocol.sdk.messages.ValidationErrorResponse;
import io.github.fastagencyprotocol.sdk.messages.ValidationIssue;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What it means that a server does not answer as it should. */
final class Refusals {
  private static final int SWITCHING_PROTOCOLS = 101;

  private Refusals() {}

  /**
   * Returns an answer with another status than 200 as an exception. Any proxy may have written it.
   */
  static RequestRefusedException of(int status, HttpHeaders headers, byte[] body) {
    String detail = detail(new String(body, StandardCharsets.UTF_8));
    String pointing =
        headers.firstValue("Location").map(to -> " (it points to " + to + ")").orElse("");
    return new RequestRefusedException(status, detail + pointing, retryAfter(headers));
  }

  /** Returns what it means that a WebSocket did not open. */
  static FastAgencyException ofHandshake(URI uri, Throwable error) {
    if (error instanceof WebSocketHandshakeException refused
        && refused.getResponse().statusCode() != SWITCHING_PROTOCOLS) {
      HttpResponse<?> response = refused.getResponse();
      // The JDK reads the body as a string, but promises nothing.
      String body = response.body() instanceof String text ? text : "";
      return of(response.statusCode(), response.headers(), body.getBytes(StandardCharsets.UTF_8));
    }
    return unreachable(uri, error);
  }

  static ServerUnreachableException unreachable(URI uri, @Nullable Throwable error) {
    String why = error == null || error.getMessage() == null ? "" : ": " + error.getMessage();
    String kind = error == null ? "" : " (" + error.getClass().getSimpleName() + why + ")";
    return new ServerUnreachableException(uri + ": no connection" + kind, error);
  }

  private static String detail(String body) {
    try {
      return MessageCodec.decode(body, ErrorResponse::fromJson).detail();
    } catch (MalformedMessageException notThatOne) {
      return validationDetail(body);
    }
  }

  private static String validationDetail(String body) {
    try {
      return MessageCodec.decode(body, ValidationErrorResponse::fromJson).detail().stream()
          .map(Refusals::issue)
          .collect(Collectors.joining("; "));
    } catch (MalformedMessageException noneOfOurs) {
      return "no reason given";
    }
  }

  private static String issue(ValidationIssue issue) {
    String place =
        issue.loc().stream()
            .map(LocationPart::toJson)
            .map(part -> part.asText())
            .collect(Collectors.joining("."));
    return place + ": " + issue.msg();
  }

  /** Returns what {@code Retry-After} asks for: seconds, or a date (RFC 9110, 10.2.3). */
  private static @Nullable Duration retryAfter(HttpHeaders headers) {
    String value = headers.firstValue("Retry-After").orElse("").strip();
    if (value.matches("[0-9]{1,15}")) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      Instant when = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(Instant.now(), when);
      return wait.isNegative() ? Duration.ZERO : wait;
    } catch (DateTimeParseException error) {
      return null;
    }
  }
}
