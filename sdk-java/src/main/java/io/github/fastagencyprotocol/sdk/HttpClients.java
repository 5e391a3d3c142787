package io.github.fastagencyprotocol.sdk;

import java.net.http.HttpClient;
import java.time.Duration;

/** The JDK's HTTP clients as the SDK needs them. */
final class HttpClients {
  private HttpClients() {}

  /** Returns a client for requests and sockets, with a bound on how long connecting may take. */
  static HttpClient create(Duration connectTimeout) {
    // HTTP/1.1: over plain HTTP the JDK would otherwise offer to upgrade to HTTP/2 each time.
    return directly(HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1))
        .connectTimeout(connectTimeout)
        .build();
  }

  /** Returns a client for sockets with the settings of another one. */
  static HttpClient forSockets(HttpClient other) {
    HttpClient.Builder builder =
        directly(HttpClient.newBuilder())
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(other.followRedirects())
            .sslContext(other.sslContext())
            .sslParameters(other.sslParameters());
    other.connectTimeout().ifPresent(builder::connectTimeout);
    other.proxy().ifPresent(builder::proxy);
    other.authenticator().ifPresent(builder::authenticator);
    other.cookieHandler().ifPresent(builder::cookieHandler);
    return builder.build();
  }

  /**
   * Has the listener of a WebSocket called by the thread that reads the connection. Through any
   * other executor, a connection that ends without a close frame right after a message may do so
   * before the listener could ask for more, and the JDK then forgets the end (seen in 17):
   * FastAgency's own server ends like this. The listener here never blocks, so it may run there.
   */
  private static HttpClient.Builder directly(HttpClient.Builder builder) {
    return builder.executor(Runnable::run);
  }
}
