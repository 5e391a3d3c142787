package io.github.fastagencyprotocol.sdk;

import java.util.Map;
import java.util.TreeMap;

/** The headers of a request or a socket. */
final class Headers {
  private static final String USER_AGENT = "fastagency-sdk-java/" + SdkVersion.VERSION;

  private Headers() {}

  /** Returns the client's headers as they are now, with our own name unless they have another. */
  static Map<String, String> fresh(Settings settings) {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.put("User-Agent", USER_AGENT);
    headers.putAll(settings.headers().get());
    return headers;
  }
}
