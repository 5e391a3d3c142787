package io.github.fastagencyprotocol.sdk;

/** Frames for tests. */
final class Messages {
  private Messages() {}

  static String message(String type, String content) {
    return "{\"workflow_uuid\":\""
        + FakeServer.UUID
        + "\",\"uuid\":\"m\",\"type\":\""
        + type
        + "\",\"content\":"
        + content
        + "}";
  }

  static String text(String body) {
    return message("text_message", "{\"body\":\"" + body + "\"}");
  }

  static String choice(String choices, String rest) {
    return message("multiple_choice", "{\"choices\":" + choices + rest + "}");
  }
}
