package io.github.fastagencyprotocol.sdk;

import static io.github.fastagencyprotocol.sdk.SessionFrames.INITIATED;
import static io.github.fastagencyprotocol.sdk.SessionFrames.fresh;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.fastagencyprotocol.sdk.internal.JsonText;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A session's machine, a clock that is moved by hand, and a user who reads everything. */
final class Talk {
  static final Reconnect POLICY =
      Reconnect.DEFAULT.withDelays(Duration.ofSeconds(1), Duration.ofSeconds(30));

  /** What the user was given; null for a malformed frame. */
  final List<ServerMessage> seen = new ArrayList<>();

  final SessionProtocol protocol;

  /** The time, in seconds. */
  double now = 100;

  Talk(Reconnect reconnect) {
    protocol = new SessionProtocol(INITIATED, reconnect, () -> 0.5, nanos());
  }

  Talk(Cursor cursor) {
    protocol = new SessionProtocol(cursor, POLICY, () -> 0.5, nanos());
  }

  /** Returns one that has a session. */
  static Talk live(String... frames) {
    Talk talk = new Talk(POLICY);
    talk.open(fresh());
    talk.hear(frames);
    return talk;
  }

  long nanos() {
    return (long) (now * 1e9);
  }

  /** Opens a socket, and returns its first frame. */
  JsonNode open(String... frames) {
    JsonNode first = JsonText.parse(protocol.firstFrame(nanos()));
    hear(frames);
    return first;
  }

  void hear(String... frames) {
    for (String frame : frames) {
      read(receive(frame));
    }
  }

  List<Arrival> receive(String frame) {
    return protocol.receive(Arrival.of(frame), nanos());
  }

  void read(List<Arrival> arrivals) {
    for (Arrival arrival : arrivals) {
      protocol.delivered(arrival);
      seen.add(arrival.message());
    }
  }

  SessionProtocol.Next drop() {
    return drop(End.NO_CLOSE_FRAME);
  }

  SessionProtocol.Next drop(int code) {
    return protocol.disconnected(new End(code, "", false), nanos());
  }

  List<JsonNode> sent() {
    return protocol.outgoing().stream().map(JsonText::parse).toList();
  }

  String answer(String value) {
    return protocol.answer(null, Answers.reply(value));
  }

  ServerMessage last() {
    return seen.get(seen.size() - 1);
  }

  /** Returns the types of what was given, with {@code malformed} for what is none. */
  List<String> types() {
    return seen.stream().map(it -> it == null ? "malformed" : it.type()).toList();
  }

  /** Returns the bodies and types of what was given: {@code m3} for the text at 3. */
  List<String> bodies() {
    return seen.stream()
        .map(
            it -> {
              if (it == null) {
                return "malformed";
              }
              JsonNode body = it.toJson().at("/content/body");
              return body.isTextual() ? body.textValue() : it.type();
            })
        .toList();
  }
}
