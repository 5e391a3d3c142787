package io.github.fastagencyprotocol.sdk;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;

/**
 * Where a server's three routes are.
 *
 * @param discovery an http or https address
 * @param initiateWorkflow an http or https address
 * @param webSocket a ws or wss address
 */
record Endpoints(URI discovery, URI initiateWorkflow, URI webSocket) {
  private static final Map<String, Boolean> SECURE =
      Map.of("http", false, "ws", false, "https", true, "wss", true);

  /**
   * Returns the addresses below a base URL, which may carry a path prefix. It may be http, https,
   * ws or wss: what counts is whether it is encrypted.
   *
   * @throws IllegalArgumentException for any other scheme, a URL without a host, and credentials, a
   *     query or a fragment, which a base URL cannot have
   */
  static Endpoints of(
      String url, String discoveryPath, String initiateWorkflowPath, String webSocketPath) {
    URI base = parsed(url);
    if (base.getRawUserInfo() != null) {
      // First of all, so that no other message repeats a password.
      throw new IllegalArgumentException(
          "a base URL cannot have credentials: give them as a header");
    }
    Boolean secure = base.getScheme() == null ? null : SECURE.get(base.getScheme().toLowerCase());
    if (secure == null) {
      throw new IllegalArgumentException(
          "'" + url + "' must start with http://, https://, ws:// or wss://");
    }
    if (base.getHost() == null) {
      throw new IllegalArgumentException("'" + url + "' names no host");
    }
    if (base.getRawQuery() != null || base.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "'" + url + "' is a base URL and cannot have a query or a fragment");
    }
    String rest = base.getRawAuthority() + base.getRawPath().replaceAll("/+$", "");
    String http = (secure ? "https://" : "http://") + rest;
    String ws = (secure ? "wss://" : "ws://") + rest;
    return new Endpoints(
        below(http, discoveryPath), below(http, initiateWorkflowPath), below(ws, webSocketPath));
  }

  private static URI parsed(String url) {
    try {
      return new URI(url.strip());
    } catch (URISyntaxException error) {
      throw new IllegalArgumentException("'" + url + "' is no URL: " + error.getReason(), error);
    }
  }

  private static URI below(String base, String path) {
    return parsed(base + "/" + path.replaceAll("^/+", ""));
  }
}
